/**
 * Rules of Binding Updates and Acknowledgements that no single row can say.
 */
import { BINDING_ACKNOWLEDGEMENT_FLAGS, BINDING_UPDATE_FLAGS } from '../messages/binding.ts';
import { BINDING_AUTHORIZATION_DATA, MESSAGE_AUTHENTICATION } from '../options/authentication.ts';
import { AUTHENTICATION_SUBTYPE } from '../options/rfc4285.ts';
import { CGA_PARAMETERS, MAX_CGA_PARAMETERS, SIGNATURE } from '../options/rfc4866.ts';
import { check } from './check.ts';
import type { MessageCheck, OptionList, ReportFinding } from './check.ts';

const NONCE_INDICES = 4;
const MOBILE_NETWORK_PREFIX = 6;
const DNS_UPDATE = 17;
const BINDING_IDENTIFIER = 35;

/** Status of a Binding Acknowledgement that has no authenticator: expired nonces. RFC 6275 section 9.5.4. */
const isNonceStatus = (status: number): boolean => status >= 136 && status <= 138;

function updateFlags(flags: number, list: OptionList, report: ReportFinding): void {
  const bits = BINDING_UPDATE_FLAGS;
  const isSet = ({ mask }: { readonly mask: number }): boolean => (flags & mask) !== 0;
  const isProxy = isSet(bits.proxyRegistration);
  // RFC 6275 section 11.7.1; of a proxy RFC 5213 section 6.9.1.5.
  if (isSet(bits.homeRegistration) && !isSet(bits.acknowledge)) {
    report('BINDING_FLAGS', 'home registration (H) without Acknowledge (A)');
  }
  if (isProxy && !isSet(bits.acknowledge)) {
    report('BINDING_FLAGS', 'proxy registration (P) without Acknowledge (A)');
  }
  if (isSet(bits.keyManagementMobilityCapability) && !isSet(bits.homeRegistration)) {
    report('BINDING_FLAGS', 'K without home registration (H)');
  }
  // RFC 6602 section 4.1 and RFC 5648 section 4.2: without P and without an identifier it is neither flag.
  if (!isProxy && isSet(bits.overwrite) && !list.has(BINDING_IDENTIFIER)) {
    report('BINDING_FLAGS', 'bit 0x0040: B needs P, O needs a Binding Identifier option');
  }
}

function acknowledgementFlags(flags: number, report: ReportFinding): void {
  const bits = BINDING_ACKNOWLEDGEMENT_FLAGS;
  // RFC 6602 section 4.2.
  if ((flags & bits.bulkBindingUpdate.mask) !== 0 && (flags & bits.proxyRegistration.mask) === 0) {
    report('BINDING_FLAGS', 'B without P');
  }
}

function nonceIndices(flags: number, list: OptionList, report: ReportFinding): void {
  const index = list.indexOf(NONCE_INDICES);
  if (index < 0) return;
  if ((flags & BINDING_UPDATE_FLAGS.homeRegistration.mask) !== 0) {
    report('NONCE_INDICES', 'in a home registration', index);
  } else if (!list.has(BINDING_AUTHORIZATION_DATA)) {
    report('NONCE_INDICES', 'without Binding Authorization Data', index);
  }
}

function nonceStatus(status: number, list: OptionList, report: ReportFinding): void {
  const index = list.indexOf(BINDING_AUTHORIZATION_DATA);
  if (index >= 0 && isNonceStatus(status)) {
    report('BINDING_AUTHORIZATION', `with status ${status}`, index);
  }
}

function mobileNetworkPrefix(flags: number, list: OptionList, report: ReportFinding): void {
  const index = list.indexOf(MOBILE_NETWORK_PREFIX);
  if (index >= 0 && (flags & BINDING_UPDATE_FLAGS.mobileRouter.mask) === 0) {
    report('MOBILE_NETWORK_PREFIX', 'flag R is not set', index);
  }
}

/** One of each subtype, MN-HA before MN-AAA, and the last of them the last option. RFC 4285 section 5. */
function authentication(list: OptionList, report: ReportFinding): void {
  if (!list.has(MESSAGE_AUTHENTICATION)) return;
  const seen = new Set<number>();
  let last = -1;
  for (let i = list.indexOf(MESSAGE_AUTHENTICATION); i >= 0;) {
    const option = list.options[i];
    if (option?.kind === 'message-authentication') {
      const { subtype } = option;
      if (seen.has(subtype)) report('AUTHENTICATION_ORDER', `subtype ${subtype} again`, i);
      if (subtype === AUTHENTICATION_SUBTYPE.mnHa && seen.has(AUTHENTICATION_SUBTYPE.mnAaa)) {
        report('AUTHENTICATION_ORDER', 'MN-HA after MN-AAA', i);
      }
      seen.add(subtype);
    }
    last = i;
    i = list.indexOf(MESSAGE_AUTHENTICATION, i);
  }
  if (last >= 0 && !list.isLast(last)) {
    report('AUTHENTICATION_ORDER', 'not the last option', last);
  }
}

/** The acknowledgement is authenticated with MN-HA. RFC 4285 section 5.2. */
function acknowledgementSubtype(list: OptionList, report: ReportFinding): void {
  if (!list.has(MESSAGE_AUTHENTICATION)) return;
  list.options.forEach((option, i) => {
    if (
      option.kind === 'message-authentication' &&
      option.subtype === AUTHENTICATION_SUBTYPE.mnAaa
    ) {
      report('AUTHENTICATION_ORDER', 'MN-AAA in an acknowledgement', i);
    }
  });
}

/** Place of the collision count in CGA Parameters, and its largest value. RFC 3972 section 3. */
const COLLISION_COUNT = 24;
const MAX_COLLISION_COUNT = 2;

/** Options 12 in one run, all but the last full, and the signature behind them. RFC 4866 sections 4.5 and 5.1. */
function cgaParameters(list: OptionList, report: ReportFinding): void {
  const { types, options } = list;
  if (!list.has(CGA_PARAMETERS) && !list.has(SIGNATURE)) return;
  let runs = 0;
  types.forEach((type, i) => {
    const next = types[i + 1];
    if (type === SIGNATURE && types[i - 1] !== CGA_PARAMETERS) {
      report('CGA_PARAMETERS_RUN', 'Signature without CGA Parameters right before it', i);
    }
    if (type !== CGA_PARAMETERS) return;
    const option = options[i];
    if (types[i - 1] !== CGA_PARAMETERS) {
      if (++runs > 1) report('CGA_PARAMETERS_RUN', 'another option in between', i);
      // RFC 3972 section 3: the octet is in the first part.
      const count =
        option?.kind === 'cga-parameters' ? (option.parameters[COLLISION_COUNT] ?? 0) : 0;
      if (count > MAX_COLLISION_COUNT) report('OPTION_VALUE', `CGA collision count ${count}`, i);
    }
    if (next !== CGA_PARAMETERS) {
      if (next !== SIGNATURE) report('CGA_PARAMETERS_RUN', 'no Signature right behind', i);
      return;
    }
    if (option?.kind === 'cga-parameters' && option.parameters.length < MAX_CGA_PARAMETERS) {
      report('CGA_PARAMETERS_RUN', `${option.parameters.length} octets before another part`, i);
    }
  });
}

function dnsUpdateStatus(list: OptionList, report: ReportFinding): void {
  if (!list.has(DNS_UPDATE)) return;
  list.options.forEach((option, i) => {
    // RFC 5026 section 8.1.
    if (option.kind === 'dns-update' && option.status !== 0) {
      report('OPTION_VALUE', `DNS Update: status ${option.status} in a Binding Update`, i);
    }
  });
}

/** Checks of Binding Updates and Binding Acknowledgements. */
export const bindingChecks: readonly MessageCheck[] = [
  check('binding-update', ({ flags }, list, report) => {
    updateFlags(flags, list, report);
    nonceIndices(flags, list, report);
    mobileNetworkPrefix(flags, list, report);
    authentication(list, report);
    cgaParameters(list, report);
    dnsUpdateStatus(list, report);
  }),
  check('binding-acknowledgement', ({ flags, status }, list, report) => {
    acknowledgementFlags(flags, report);
    nonceStatus(status, list, report);
    authentication(list, report);
    acknowledgementSubtype(list, report);
    cgaParameters(list, report);
  }),
];
