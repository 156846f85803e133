/**
 * ICMPv6 messages, next header 58. RFC 4443 section 2.1.
 */
import { copyOctets, putU16, u8 } from '../core/bytes.ts';
import { pseudoHeaderChecksum } from '../core/checksum.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { bytesField, concatenate, layout, uint16, uint8 } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';
import { echoReply, echoRequest } from './echo.ts';
import { destinationUnreachable, packetTooBig, parameterProblem, timeExceeded } from './errors.ts';
import { homeAgentDiscoveryReply, homeAgentDiscoveryRequest } from './home-agent-discovery.ts';
import type { Icmpv6Definition, Icmpv6ValueOf } from './message.ts';
import { mobilePrefixAdvertisement, mobilePrefixSolicitation } from './mobile-prefix.ts';
import { ndOptions } from './nd-options.ts';
import type { NdOption } from './nd-options.ts';
import {
  neighborAdvertisement,
  neighborSolicitation,
  redirect,
  routerAdvertisement,
  routerSolicitation,
} from './neighbor-discovery.ts';

/** All known messages; a new one is one entry. */
export const ICMPV6_MESSAGES = [
  destinationUnreachable,
  packetTooBig,
  timeExceeded,
  parameterProblem,
  echoRequest,
  echoReply,
  routerSolicitation,
  routerAdvertisement,
  neighborSolicitation,
  neighborAdvertisement,
  redirect,
  homeAgentDiscoveryRequest,
  homeAgentDiscoveryReply,
  mobilePrefixSolicitation,
  mobilePrefixAdvertisement,
] as const;

type KnownIcmpv6Message = Icmpv6ValueOf<(typeof ICMPV6_MESSAGES)[number], NdOption>;

/** A message of a type no row knows, or too short for its row: kept as it came. */
export interface UnknownIcmpv6Message {
  readonly kind: 'unknown-icmpv6';
  readonly type: number;
  readonly code: number;
  /** Octets after the checksum. */
  readonly data: Uint8Array;
}

/** An ICMPv6 message, told apart by `kind`. */
export type Icmpv6Message = KnownIcmpv6Message | UnknownIcmpv6Message;

/** The message of one kind. */
export type Icmpv6MessageOf<K extends Icmpv6Message['kind']> = Extract<Icmpv6Message, { kind: K }>;

const definitions = new Map<number, Icmpv6Definition>(
  ICMPV6_MESSAGES.map((row) => [row.type, row]),
);
const byKind = new Map<string, Icmpv6Definition>(ICMPV6_MESSAGES.map((row) => [row.kind, row]));
if (definitions.size !== ICMPV6_MESSAGES.length || byKind.size !== ICMPV6_MESSAGES.length) {
  throw new Error('an ICMPv6 message is declared twice');
}

const spec: Spec = { rfc: 4443, section: '2.1' };

/** ICMPv6 Type values with a name. */
export const ICMPV6_TYPES = ICMPV6_MESSAGES.map((row) => ({
  value: row.type,
  name: row.name,
  spec: row.spec,
}));

/** Type, code and checksum of every message. */
export const icmpv6Header = layout({
  name: 'ICMPv6 header',
  spec,
  fields: [
    uint8('type', { label: 'Type', filter: 'icmpv6.type', values: ICMPV6_TYPES }),
    uint8('code', { label: 'Code', filter: 'icmpv6.code' }),
    uint16('checksum', { label: 'Checksum', filter: 'icmpv6.checksum', hex: true }),
  ],
});

/** Data of a message that no row knows. */
export const unknownIcmpv6 = layout({
  name: 'Unknown ICMPv6 message',
  spec,
  fields: [bytesField('rest', 'data', { label: 'Data', filter: 'icmpv6.data' })],
});

/** Octets of the common header. */
export const ICMPV6_HEADER_OCTETS = icmpv6Header.fixedOctets;
const CODE = icmpv6Header.offsetOf('code');
const CHECKSUM = icmpv6Header.offsetOf('checksum');
/** Next header value of ICMPv6. */
export const ICMPV6 = 58;

/**
 * Reads an ICMPv6 message at `[offset, end)`.
 *
 * Everything wrong becomes a diagnostic; what can be read is returned. The checksum is not verified here,
 * because it needs the addresses: see `icmpv6Checksum`.
 * @returns undefined when not even the common header is there.
 */
export function decodeIcmpv6(
  bytes: Uint8Array,
  offset: number,
  end: number,
  diagnostics: DiagnosticList,
): Icmpv6Message | undefined {
  if (end - offset < ICMPV6_HEADER_OCTETS) {
    const octets = Math.max(0, end - offset);
    diagnostics.add('ICMPV6_TRUNCATED', offset, octets, `${octets} octets`);
    return undefined;
  }
  const type = u8(bytes, offset);
  const code = u8(bytes, offset + CODE);
  const row = definitions.get(type);
  const at = offset + ICMPV6_HEADER_OCTETS;
  const value: Record<string, unknown> = { kind: row?.kind, code };
  const octets = row?.layout.decodeInto(value, bytes, at, end, diagnostics) ?? -1;
  if (row === undefined || octets < 0) {
    if (row !== undefined) diagnostics.add('ICMPV6_TRUNCATED', offset, end - offset, row.name);
    return { kind: 'unknown-icmpv6', type, code, data: copyOctets(bytes, at, end) };
  }
  if (!row.layout.reservedIsZero(bytes, at, end)) {
    diagnostics.add('RESERVED_NOT_ZERO', at, octets, row.name);
  }
  if (row.type === homeAgentDiscoveryReply.type && (end - at - row.layout.fixedOctets) % 16 !== 0) {
    diagnostics.add('ICMPV6_TRUNCATED', at, end - at, `${row.name}: last address incomplete`);
  }
  if (row.hasOptions) {
    value['options'] = ndOptions.decode(bytes, at + octets, end, diagnostics);
  }
  // `row` is one of ICMPV6_MESSAGES, so its value is one of the union.
  return value as KnownIcmpv6Message;
}

/**
 * Sum over pseudo-header and message: 0 when the checksum field is right. RFC 4443 section 2.3.
 *
 * @param addresses octets that hold both addresses; the home address in place of the source under a Home
 *   Address option (RFC 6275 section 6.3), and of the destination under a type 2 routing header (6.4).
 */
export function icmpv6Checksum(
  addresses: Uint8Array,
  source: number,
  destination: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  return pseudoHeaderChecksum(
    addresses,
    source,
    addresses,
    destination,
    ICMPV6,
    bytes,
    offset,
    end,
  );
}

/** How to encode. */
export interface Icmpv6EncodeOptions {
  /** Source and final destination of the checksum (home addresses where HAO or RH2 say so). */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Checksum to write instead of the right one. */
  readonly checksum?: number;
}

/**
 * Octets of an ICMPv6 message.
 * @throws RangeError when a value does not fit its field.
 */
export function encodeIcmpv6(message: Icmpv6Message, how: Icmpv6EncodeOptions): Uint8Array {
  let type: number;
  let data: Uint8Array;
  if (message.kind === 'unknown-icmpv6') {
    ({ type, data } = message);
  } else {
    const row = byKind.get(message.kind);
    if (row === undefined) throw new RangeError(`unknown ICMPv6 message ${message.kind}`);
    type = row.type;
    const fixed = row.layout.encodeFields({ ...message });
    data = 'options' in message ? concatenate([fixed, ndOptions.encode(message.options)]) : fixed;
  }
  const header = icmpv6Header.encode({ type, code: message.code, checksum: 0 });
  const bytes = concatenate([header, data]);
  const addresses = concatenate([how.source, how.destination]);
  putU16(bytes, CHECKSUM, how.checksum ?? icmpv6Checksum(addresses, 0, 16, bytes, 0, bytes.length));
  return bytes;
}

/** Offset of the quoted packet in the message at `[offset, end)`, or -1 when its type quotes none. */
export function quotedPacketOffset(bytes: Uint8Array, offset: number, end: number): number {
  const row = definitions.get(u8(bytes, offset));
  if (row?.quotesPacket !== true) return -1;
  const at = offset + ICMPV6_HEADER_OCTETS + row.layout.fixedOctets;
  return at < end ? at : -1;
}

/** Tree of an ICMPv6 message at `[offset, end)`, as far as it goes. */
export function icmpv6Tree(
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: number,
): FieldNode {
  const row = definitions.get(u8(bytes, offset));
  const at = Math.min(end, offset + ICMPV6_HEADER_OCTETS);
  const children = icmpv6Header.tree(bytes, offset, at, source).map((node): FieldNode => {
    const name = row?.codes.find((item) => item.value === node.value)?.name;
    return node.name === 'icmpv6.code' && name !== undefined
      ? { ...node, text: `${node.text} (${name})` }
      : node;
  });
  children.push(...(row?.layout ?? unknownIcmpv6).tree(bytes, at, end, source));
  if (row?.hasOptions === true) {
    children.push(...ndOptions.tree(bytes, at + row.layout.fixedOctets, end, source));
  }
  return {
    label: 'Internet Control Message Protocol v6',
    name: 'icmpv6',
    text: end > offset ? (row?.name ?? `type ${u8(bytes, offset)}`) : '',
    offset,
    length: Math.max(0, end - offset),
    source,
    spec: row?.spec ?? spec,
    children,
  };
}
