/**
 * Traffic Selector payloads of IKEv2. RFC 7296 section 3.13; what the ports hold for other protocols than
 * TCP and UDP: RFC 4301 section 4.4.1.1.
 */
import { formatAddress, formatIpv4 } from '../../core/address.ts';
import { copyOctets, u16, u8 } from '../../core/bytes.ts';
import {
  address,
  concatenate,
  groupNode,
  ipv4,
  layout,
  nameOfValue,
  reserved,
  uint16,
  uint8,
} from '../../core/layout.ts';
import type { FieldNumbers, NamedValue } from '../../core/layout.ts';
import type { FieldNode } from '../../core/node.ts';
import { NEXT_HEADER, NEXT_HEADER_NAMES } from '../../ipv6/header.ts';
import { extraData, layoutTree, payload, payloadData } from '../payload.ts';
import type { PayloadBody } from '../payload.ts';
import { findRecords, reportRun } from '../records.ts';
import type { RecordKind } from '../records.ts';

/** Most selectors decoded in one payload: their count is one octet. */
export const MAX_SELECTORS = 255;

/** Traffic selector types. RFC 7296 section 3.13.1. */
export const SELECTOR_TYPE = { ipv4Range: 7, ipv6Range: 8 } as const;

const RANGES: ReadonlySet<number> = new Set(Object.values(SELECTOR_TYPE));

const SPEC = { rfc: 7296, section: '3.13.1' } as const;

const SELECTOR_NAMES: readonly NamedValue[] = [
  { value: 7, name: 'TS_IPV4_ADDR_RANGE', spec: SPEC },
  { value: 8, name: 'TS_IPV6_ADDR_RANGE', spec: SPEC },
  { value: 9, name: 'TS_FC_ADDR_RANGE' },
  { value: 10, name: 'TS_SECLABEL' },
];

const ICMP = 1;
/** Protocols whose type takes the place of the port. */
const TYPED: ReadonlySet<number> = new Set([ICMP, NEXT_HEADER.icmpv6, NEXT_HEADER.mobility]);

/** Selector over a range of IPv4 or IPv6 addresses. */
export interface RangeSelector {
  readonly kind: 'ipv4Range' | 'ipv6Range';
  /** IP protocol; 0 = any. */
  readonly protocolId: number;
  /**
   * Ports; 0 to 65535 = any, 65535 to 0 = opaque. For ICMP and ICMPv6: type in the upper, code in the lower
   * octet; for the Mobility Header: MH Type in the upper octet, `mobilityType` gives it.
   */
  readonly startPort: number;
  readonly endPort: number;
  /** 4 or 16 octets each. */
  readonly startAddress: Uint8Array;
  readonly endAddress: Uint8Array;
}

/** A selector of another type, or of a wrong length. */
export interface UnknownSelector {
  readonly kind: 'unknown';
  /** TS Type. */
  readonly selectorType: number;
  /** Octet after the type: protocol, or reserved. */
  readonly protocolId: number;
  readonly data: Uint8Array;
}

/** A traffic selector. */
export type TrafficSelector = RangeSelector | UnknownSelector;

/** Content of a Traffic Selector payload. */
export interface TrafficSelectors {
  readonly selectors: readonly TrafficSelector[];
  /** Number of selectors as sent, when it is not the number of those that follow. */
  readonly selectorCount?: number;
  /** Octets after the count, when not zero. */
  readonly reserved?: Uint8Array;
  /** Octets behind the last selector; absent when there are none. */
  readonly rest?: Uint8Array;
}

/** MH Type of a port of a selector of protocol 135. RFC 4301 section 4.4.1.1. */
export function mobilityType(port: number): number {
  return port >>> 8;
}

function portText(value: number, { protocolId = 0 }: FieldNumbers): string {
  const name = protocolId === NEXT_HEADER.mobility ? 'MH Type' : 'type';
  if (!TYPED.has(protocolId)) return `${value}`;
  const code = value & 0xff;
  const isMobility = protocolId === NEXT_HEADER.mobility;
  return `${value} (${name} ${value >>> 8}${isMobility ? '' : `, code ${code}`})`;
}

const selectorRows = [
  uint8('selectorType', { label: 'TS Type', filter: 'isakmp.ts.type', values: SELECTOR_NAMES }),
  uint8('protocolId', {
    label: 'IP Protocol ID',
    filter: 'isakmp.ts.protoid',
    values: [{ value: 0, name: 'any' }, ...NEXT_HEADER_NAMES.filter(({ value }) => value !== 0)],
  }),
  uint16('length', { label: 'Selector Length', filter: 'isakmp.ts.selector_length' }),
] as const;
const portRows = [
  uint16('startPort', { label: 'Start Port', filter: 'isakmp.ts.start_port', format: portText }),
  uint16('endPort', { label: 'End Port', filter: 'isakmp.ts.end_port', format: portText }),
] as const;

const ipv4Selector = layout({
  name: 'Traffic Selector',
  spec: SPEC,
  fields: [
    ...selectorRows,
    ...portRows,
    ipv4('startAddress', { label: 'Starting Address', filter: 'isakmp.ts.start_ipv4' }),
    ipv4('endAddress', { label: 'Ending Address', filter: 'isakmp.ts.end_ipv4' }),
  ],
});
const ipv6Selector = layout({
  name: 'Traffic Selector',
  spec: SPEC,
  fields: [
    ...selectorRows,
    ...portRows,
    address('startAddress', { label: 'Starting Address', filter: 'isakmp.ts.start_ipv6' }),
    address('endAddress', { label: 'Ending Address', filter: 'isakmp.ts.end_ipv6' }),
  ],
});
const otherSelector = layout({ name: 'Traffic Selector', spec: SPEC, fields: selectorRows });
const count = layout({
  name: 'Traffic Selectors',
  spec: { rfc: 7296, section: '3.13' },
  fields: [
    uint8('selectorCount', { label: 'Number of TSs', filter: 'isakmp.ts.number' }),
    reserved(3, 'reserved', 'isakmp.reserved'),
  ],
});
/** The MH Type alone, so that it can be filtered. */
const mobilityTypes = layout({
  name: 'MH Type',
  spec: { rfc: 4301, section: '4.4.1.1' },
  fields: [
    uint8('start', { label: 'Start MH Type', filter: 'isakmp.ts.start_mh_type' }),
    reserved(1, 'reserved', 'isakmp.reserved'),
    uint8('end', { label: 'End MH Type', filter: 'isakmp.ts.end_mh_type' }),
  ],
});

const HEAD = otherSelector.fixedOctets;
const PORT = ipv4Selector.offsetOf('startPort');

const run: RecordKind = {
  limit: MAX_SELECTORS,
  octets(bytes, at, end) {
    if (at + HEAD > end) return -1;
    const octets = u16(bytes, at + 2);
    return octets < HEAD || at + octets > end ? -1 : octets;
  },
};

/** Format of the selector at `[from, to)`. */
function formatAt(bytes: Uint8Array, from: number, to: number) {
  const type = u8(bytes, from);
  if (type === SELECTOR_TYPE.ipv4Range && to - from === ipv4Selector.fixedOctets) {
    return ipv4Selector;
  }
  if (type === SELECTOR_TYPE.ipv6Range && to - from === ipv6Selector.fixedOctets) {
    return ipv6Selector;
  }
  return undefined;
}

function decodeSelector(bytes: Uint8Array, from: number, to: number): TrafficSelector {
  const value = formatAt(bytes, from, to)?.decode(bytes, from, to);
  if (value === undefined) {
    const [selectorType, protocolId] = [u8(bytes, from), u8(bytes, from + 1)];
    return { kind: 'unknown', selectorType, protocolId, data: copyOctets(bytes, from + HEAD, to) };
  }
  const { selectorType, protocolId, startPort, endPort, startAddress, endAddress } = value;
  const kind = selectorType === SELECTOR_TYPE.ipv4Range ? 'ipv4Range' : 'ipv6Range';
  return { kind, protocolId, startPort, endPort, startAddress, endAddress };
}

function encodeSelector(selector: TrafficSelector): Uint8Array {
  if (selector.kind === 'unknown') {
    const { selectorType, protocolId, data } = selector;
    const length = HEAD + data.length;
    return concatenate([otherSelector.encode({ selectorType, protocolId, length }), data]);
  }
  const format = selector.kind === 'ipv4Range' ? ipv4Selector : ipv6Selector;
  return format.encodeFields({
    ...selector,
    selectorType: SELECTOR_TYPE[selector.kind],
    length: format.fixedOctets,
  });
}

const addressText = (octets: Uint8Array): string =>
  octets.length === 4 ? formatIpv4(octets) : formatAddress(octets);

/** `2001:db8::1 to 2001:db8::1, Mobility Header, MH Type 5`. */
export function selectorText(selector: TrafficSelector): string {
  if (selector.kind === 'unknown') {
    return nameOfValue(SELECTOR_NAMES, selector.selectorType) ?? `type ${selector.selectorType}`;
  }
  const { protocolId, startPort, endPort, startAddress, endAddress } = selector;
  const numbers = { protocolId };
  const ports =
    startPort === 0 && endPort === 0xffff
      ? 'any port or type'
      : startPort === 0xffff && endPort === 0
        ? 'opaque'
        : `${portText(startPort, numbers)} to ${portText(endPort, numbers)}`;
  const protocol =
    protocolId === 0
      ? 'any protocol'
      : (nameOfValue(NEXT_HEADER_NAMES, protocolId) ?? `${protocolId}`);
  return `${addressText(startAddress)} to ${addressText(endAddress)}, ${protocol}, ${ports}`;
}

function selectorNode(bytes: Uint8Array, from: number, to: number, source: number): FieldNode {
  const format = formatAt(bytes, from, to);
  const children =
    format === undefined
      ? [
          ...layoutTree(otherSelector, bytes, from, from + HEAD, source),
          ...payloadData.tree(bytes, from + HEAD, to, source),
        ]
      : format.tree(bytes, from, to, source);
  if (format !== undefined && u8(bytes, from + 1) === NEXT_HEADER.mobility) {
    const types = mobilityTypes.tree(bytes, from + PORT, from + PORT + 3, source);
    children.splice(5, 0, ...types.filter(({ name }) => name !== 'isakmp.reserved'));
  }
  const text = selectorText(decodeSelector(bytes, from, to));
  return groupNode(
    'Traffic Selector',
    'isakmp.ts.data',
    text,
    from,
    to - from,
    source,
    SPEC,
    children,
  );
}

const body: PayloadBody<TrafficSelectors> = {
  formats: [count, ipv4Selector, ipv6Selector, otherSelector, mobilityTypes],

  decode(bytes, offset, end, diagnostics) {
    const head = count.decode(bytes, offset, end);
    if (head === undefined) return undefined;
    const found = findRecords(run, bytes, offset + HEAD, end);
    reportRun(found, end, 'traffic selectors', diagnostics);
    const selectors = found.starts.map((from, i) => {
      const to = found.ends[i] ?? from;
      const selector = decodeSelector(bytes, from, to);
      if (selector.kind === 'unknown' && RANGES.has(selector.selectorType)) {
        diagnostics.add(
          'IKE_PAYLOAD_MALFORMED',
          from,
          to - from,
          `selector of ${to - from} octets`,
        );
      }
      return selector;
    });
    const { selectorCount } = head;
    const isCounted = selectorCount === selectors.length;
    if (!isCounted) {
      const text = `${selectorCount} selectors announced, ${selectors.length} found`;
      diagnostics.add('IKE_COUNT', offset, 1, text);
    }
    if (head.reserved !== undefined) diagnostics.add('IKE_RESERVED', offset + 1, 3, 'selectors');
    return {
      selectors,
      ...(isCounted ? {} : { selectorCount }),
      ...(head.reserved === undefined ? {} : { reserved: head.reserved }),
      ...(found.rest < end ? { rest: copyOctets(bytes, found.rest, end) } : {}),
    };
  },

  encode({ selectors, selectorCount = selectors.length, reserved: octets, rest }) {
    const head = octets === undefined ? { selectorCount } : { selectorCount, reserved: octets };
    const parts = [count.encode(head), ...selectors.map(encodeSelector)];
    return concatenate(rest === undefined ? parts : [...parts, rest]);
  },

  tree(bytes, offset, end, source) {
    const nodes = layoutTree(count, bytes, offset, Math.min(end, offset + HEAD), source);
    if (offset + HEAD > end) return nodes;
    const found = findRecords(run, bytes, offset + HEAD, end);
    for (const [i, from] of found.starts.entries()) {
      nodes.push(selectorNode(bytes, from, found.ends[i] ?? from, source));
    }
    if (found.rest < end) nodes.push(...extraData.tree(bytes, found.rest, end, source));
    return nodes;
  },

  summary(bytes, offset, end) {
    const { starts, ends } = findRecords(run, bytes, offset + HEAD, end);
    const [from] = starts;
    const [to] = ends;
    if (from === undefined || to === undefined) return '';
    const text = selectorText(decodeSelector(bytes, from, to));
    return starts.length === 1 ? text : `${text}; and ${starts.length - 1} more`;
  },
};

/** Traffic selectors of the initiator. */
export const trafficSelectorInitiator = payload({
  kind: 'trafficSelectorInitiator',
  types: [44],
  spec: { rfc: 7296, section: '3.13' },
  body,
});

/** Traffic selectors of the responder. */
export const trafficSelectorResponder = payload({
  kind: 'trafficSelectorResponder',
  types: [45],
  spec: { rfc: 7296, section: '3.13' },
  body,
});
