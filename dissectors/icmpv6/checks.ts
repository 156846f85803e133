/**
 * What documents demand of a message beyond its form, as far as the message itself tells: one entry of a table for
 * each kind of message.
 */
import { isLinkLocal, isMulticast, isSameAddress, isUnspecified } from '../core/address.ts';
import type { DiagnosticCode, DiagnosticList } from '../core/diagnostic.ts';
import { bitsOf, nameOfValue } from '../core/layout.ts';
import type { Icmpv6Definition } from './message.ts';
import type { Icmpv6Message, Icmpv6MessageOf, KnownIcmpv6Message } from './messages.ts';
import type { NdOption } from './nd-options.ts';
import { ROUTER_ADVERTISEMENT_FLAGS } from './neighbor-discovery.ts';
import { LINK_LAYER_ADDRESS_CODE } from './options/fast-handover.ts';
import { X501_NAME } from './options/send.ts';
import { RESERVED_PREFERENCE } from './router-preference.ts';
import { MULTICAST_RECORD_TYPES } from '../multicast/records.ts';

/** Where a message and its options are. */
export interface MessagePlace {
  readonly offset: number;
  readonly end: number;
  /** Offset of the first field of its row. */
  readonly fixedPart: number;
  /** Offsets of its options. */
  readonly options: readonly number[];
}

/**
 * Takes a fault.
 * @param at name of the field it is in, number of the option, or nothing for the message as a whole.
 */
type Report = (code: DiagnosticCode, at?: string | number, detail?: string) => void;

/** Number of the first option of a kind, -1 = none. */
function indexOf(options: readonly NdOption[], kind: NdOption['kind']): number {
  return options.findIndex((item) => item.kind === kind);
}

/** RFC 3971: what the options of SEND say together. */
function checkSend(options: readonly NdOption[], isSolicitation: boolean, report: Report): void {
  const signature = indexOf(options, 'rsa-signature');
  if (signature < 0) {
    // A nonce alone detects duplicates without SEND: RFC 7527 section 4.1.
    const secured = options.findIndex(({ kind }) => kind === 'cga' || kind === 'timestamp');
    if (secured >= 0) report('SEND_UNSIGNED', secured);
    return;
  }
  const after = options[signature + 1];
  // Repeated signatures are duplicates.
  if (after !== undefined && after.kind !== 'rsa-signature') {
    report('SEND_AFTER_SIGNATURE', signature + 1, after.kind);
  }
  const before = options.slice(0, signature);
  if (indexOf(before, 'timestamp') < 0) report('SEND_TIMESTAMP_MISSING', signature);
  if (isSolicitation && indexOf(before, 'nonce') < 0) report('SEND_NONCE_MISSING', signature);
}

/** RFC 4191 section 2.3: a prefix has one route. */
function checkRoutes(options: readonly NdOption[], report: Report): void {
  const seen = new Set<string>();
  for (const [index, item] of options.entries()) {
    if (item.kind !== 'route-information') continue;
    // Octets beyond those of a shorter option are zero.
    const key = `${item.prefixLength}/${String(item.prefix).replace(/(,0)+$/, '')}`;
    if (seen.has(key)) report('ROUTE_REPEATED', index);
    seen.add(key);
  }
}

/** RFC 5568 section 6.1: the access point that a message is about, and no other beside the wildcard. */
function checkAccessPoints(options: readonly NdOption[], isNamed: boolean, report: Report): void {
  const points = options.flatMap((item, index) =>
    item.kind === 'link-layer-address' ? [{ index, code: item.optionCode }] : [],
  );
  const wildcard = points.find(({ code }) => code === LINK_LAYER_ADDRESS_CODE.wildcard);
  const others = points.filter(({ code }) => code === LINK_LAYER_ADDRESS_CODE.newAccessPoint);
  if (wildcard !== undefined && others.length > 0) report('FMIPV6_WILDCARD', wildcard.index);
  // RFC 5271 section 5.1 replaces the option.
  const isReplaced = indexOf(options, 'handover-assist-information') >= 0;
  if (!isNamed && !isReplaced && wildcard === undefined && others.length === 0) {
    report('FMIPV6_OPTION_MISSING', undefined, 'New Access Point Link-Layer Address');
  }
}

/** RFC 3122 section 4.3: options without which a message is discarded. */
function checkInverse(
  options: readonly NdOption[],
  wanted: readonly NdOption['kind'][],
  report: Report,
): void {
  for (const kind of wanted) {
    if (indexOf(options, kind) < 0) report('IND_OPTION_MISSING', undefined, kind);
  }
}

/** RFC 3810 section 5.1.5: the unspecified address, or one that can be listened to. */
function checkGroup(address: Uint8Array, mayBeUnspecified: boolean, report: Report): void {
  if (isMulticast(address) || (mayBeUnspecified && isUnspecified(address))) return;
  report('MLD_GROUP', 'multicastAddress');
}

/** Codes of an unsolicited Proxy Router Advertisement. RFC 5568 section 6.1.2. */
const UNSOLICITED_CODES: readonly number[] = [1, 4];

type Checks = {
  readonly [K in Icmpv6Message['kind']]?: (message: Icmpv6MessageOf<K>, report: Report) => void;
};

const CHECKS: Checks = {
  'multicast-listener-query': ({ multicastAddress }, report) => {
    checkGroup(multicastAddress, true, report);
  },
  'multicast-listener-query-v2': ({ multicastAddress, numberOfSources }, report) => {
    checkGroup(multicastAddress, true, report);
    if (numberOfSources > 0 && isUnspecified(multicastAddress)) {
      report('MLD_GROUP', 'multicastAddress', 'sources without a multicast address');
    }
  },
  'multicast-listener-report': ({ multicastAddress }, report) => {
    checkGroup(multicastAddress, false, report);
  },
  'multicast-listener-done': ({ multicastAddress }, report) => {
    checkGroup(multicastAddress, false, report);
  },
  'multicast-listener-report-v2': ({ records }, report) => {
    for (const { recordType, auxData, group } of records) {
      if (nameOfValue(MULTICAST_RECORD_TYPES, recordType) === undefined) {
        report('MLD_RECORD_TYPE', 'records', `${recordType}`);
      }
      if (auxData.length > 0) report('MLD_AUXILIARY_DATA', 'records', `${auxData.length} octets`);
      if (!isMulticast(group)) report('MLD_GROUP', 'records');
    }
  },
  'router-solicitation': ({ options }, report) => {
    checkSend(options, true, report);
  },
  'router-advertisement': ({ flags, options }, report) => {
    const { homeAgent, preference } = ROUTER_ADVERTISEMENT_FLAGS;
    if (bitsOf(flags, preference.mask) === RESERVED_PREFERENCE)
      report('ROUTER_PREFERENCE', 'flags');
    const information = indexOf(options, 'home-agent-information');
    if (information >= 0 && (flags & homeAgent.mask) === 0) {
      report('HOME_AGENT_FLAG', information);
    }
    checkRoutes(options, report);
    checkSend(options, false, report);
  },
  'neighbor-solicitation': ({ targetAddress, options }, report) => {
    if (isMulticast(targetAddress)) report('ND_TARGET', 'targetAddress');
    checkSend(options, true, report);
  },
  'neighbor-advertisement': ({ targetAddress, options }, report) => {
    if (isMulticast(targetAddress)) report('ND_TARGET', 'targetAddress');
    checkSend(options, false, report);
  },
  redirect: ({ targetAddress, destinationAddress, options }, report) => {
    if (isMulticast(destinationAddress)) report('REDIRECT_DESTINATION', 'destinationAddress');
    if (!isLinkLocal(targetAddress) && !isSameAddress(targetAddress, destinationAddress)) {
      report('REDIRECT_TARGET', 'targetAddress');
    }
    checkSend(options, false, report);
  },
  'inverse-neighbor-discovery-solicitation': ({ options }, report) => {
    checkInverse(options, ['source-link-layer-address', 'target-link-layer-address'], report);
  },
  'inverse-neighbor-discovery-advertisement': ({ options }, report) => {
    checkInverse(
      options,
      ['source-link-layer-address', 'target-link-layer-address', 'target-address-list'],
      report,
    );
  },
  'mobile-prefix-advertisement': ({ options }, report) => {
    if (indexOf(options, 'prefix-information') < 0) report('MPA_PREFIX_MISSING');
  },
  'certification-path-solicitation': ({ identifier, options }, report) => {
    if (identifier === 0) report('CERTIFICATION_PATH_IDENTIFIER', 'identifier');
    const first = indexOf(options, 'trust-anchor');
    const anchor = options[first];
    if (anchor?.kind === 'trust-anchor' && anchor.nameType !== X501_NAME) {
      report('TRUST_ANCHOR_NAME', first, `name type ${anchor.nameType}`);
    }
  },
  'certification-path-advertisement': ({ allComponents, component, options }, report) => {
    // The first of N components is N-1.
    if (component >= Math.max(1, allComponents)) {
      report('CERTIFICATION_PATH_COMPONENT', 'component', `${component} of ${allComponents}`);
    }
    const anchor = indexOf(options, 'trust-anchor');
    if (anchor >= 0 && component + 1 < allComponents) report('TRUST_ANCHOR_COMPONENT', anchor);
  },
  'router-solicitation-for-proxy-advertisement': ({ options }, report) => {
    checkAccessPoints(options, false, report);
    checkSend(options, true, report);
  },
  'proxy-router-advertisement': ({ code, identifier, options }, report) => {
    if (UNSOLICITED_CODES.includes(code) && identifier !== 0) {
      report('FMIPV6_IDENTIFIER', 'identifier', `${identifier} with code ${code}`);
    }
    const names = options.some(({ kind }) => kind === 'link-layer-address');
    checkAccessPoints(options, names, report);
    checkSend(options, false, report);
  },
  'icmpv6-handover-initiate': (_message, report) => {
    report('FMIPV6_DEPRECATED');
  },
  'icmpv6-handover-acknowledge': (_message, report) => {
    report('FMIPV6_DEPRECATED');
  },
};

/** Types of messages that are discarded when their code is not 0: RFC 4861 section 6.1, RFC 3122 section 4.3. */
const ND_TYPES: ReadonlySet<number> = new Set([133, 134, 135, 136, 137, 141, 142]);

/** Adds what is wrong with a decoded message of the right form. */
export function checkMessage(
  message: KnownIcmpv6Message,
  row: Icmpv6Definition,
  place: MessagePlace,
  diagnostics: DiagnosticList,
): void {
  const { offset, end, fixedPart, options } = place;
  const report: Report = (code, at, detail) => {
    const text = detail ?? row.name;
    if (typeof at === 'number') {
      const from = options[at] ?? offset;
      diagnostics.add(code, from, (options[at + 1] ?? end) - from, text);
      return;
    }
    const field = at === undefined ? undefined : row.layout.fields.find(({ name }) => name === at);
    if (field === undefined) {
      diagnostics.add(code, offset, end - offset, text);
      return;
    }
    const from = fixedPart + row.layout.offsetOf(field.name);
    const octets = typeof field.octets === 'number' ? field.octets : end - from;
    diagnostics.add(code, from, octets, text);
  };
  // A row without names of codes has none that are known.
  if (row.codes.length > 0 && nameOfValue(row.codes, message.code) === undefined) {
    const code = ND_TYPES.has(row.type) ? 'ND_CODE' : 'ICMPV6_CODE';
    diagnostics.add(code, offset + 1, 1, `${row.name}: code ${message.code}`);
  }
  // The table has for each kind a function of messages of that kind.
  const check = CHECKS[message.kind] as
    | ((message: KnownIcmpv6Message, report: Report) => void)
    | undefined;
  check?.(message, report);
}
