/**
 * ICMPv6 messages, next header 58. RFC 4443 section 2.1.
 */
import { copyOctets, putU16, u8 } from '../core/bytes.ts';
import { pseudoHeaderChecksum } from '../core/checksum.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { bytesField, concatenate, layout, nameOfValue, uint16, uint8 } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';
import { checkMessage } from './checks.ts';
import { fastHandoverSubtype } from './fast-handover.ts';
import { homeAgentDiscoveryReply } from './home-agent-discovery.ts';
import type { Icmpv6Definition } from './message.ts';
import { FMIPV6, messageKey } from './message-types.ts';
import {
  ICMPV6_TYPES,
  definitionAt,
  definitionOf,
  icmpv6TypeName,
  isKnownType,
} from './messages.ts';
import type { Icmpv6Message, KnownIcmpv6Message } from './messages.ts';
import { multicastListenerQuery } from './multicast-listener.ts';
import { ndOptions } from './nd-options.ts';

const spec: Spec = { rfc: 4443, section: '2.1' };

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

/** Offset of the fixed part of a message in it. */
function fixedPart(row: Icmpv6Definition): number {
  return ICMPV6_HEADER_OCTETS + (row.subtype === undefined ? 0 : fastHandoverSubtype.fixedOctets);
}

/** Says why no row takes a message of a type that has rows. */
function reportMisfit(
  bytes: Uint8Array,
  offset: number,
  end: number,
  row: Icmpv6Definition | undefined,
  diagnostics: DiagnosticList,
): void {
  const octets = end - offset;
  const type = u8(bytes, offset);
  const name = row?.name ?? icmpv6TypeName(type) ?? `type ${type}`;
  const at = offset + ICMPV6_HEADER_OCTETS;
  const shortest = multicastListenerQuery.forLengths?.from ?? 0;
  if (row !== undefined) {
    diagnostics.add('ICMPV6_TRUNCATED', offset, octets, name);
  } else if (type === FMIPV6 && at < end) {
    diagnostics.add('FMIPV6_SUBTYPE', at, 1, `subtype ${u8(bytes, at)}`);
  } else if (type === multicastListenerQuery.type && octets > shortest) {
    diagnostics.add('MLD_QUERY_LENGTH', offset, octets, `${octets} octets`);
  } else if (type === FMIPV6 || type === multicastListenerQuery.type) {
    diagnostics.add('ICMPV6_TRUNCATED', offset, octets, name);
  } else {
    diagnostics.add('ICMPV6_CODE', offset + CODE, 1, `${name}: code ${u8(bytes, offset + CODE)}`);
  }
}

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
  const row = definitionAt(bytes, offset, end);
  const at = row === undefined ? end : offset + fixedPart(row);
  const value: Record<string, unknown> = { kind: row?.kind, code };
  const octets = row?.layout.decodeInto(value, bytes, at, end, diagnostics) ?? -1;
  const hasRest = row?.hasOptions === false && at + octets < end;
  if (row === undefined || octets < 0 || hasRest) {
    if (isKnownType(type)) reportMisfit(bytes, offset, end, row, diagnostics);
    const data = copyOctets(bytes, offset + ICMPV6_HEADER_OCTETS, end);
    return { kind: 'unknown-icmpv6', type, code, data };
  }
  if (!row.layout.reservedIsZero(bytes, at, end)) {
    diagnostics.add('RESERVED_NOT_ZERO', at, octets, row.name);
  }
  let offsets: readonly number[] = [];
  if (row.hasOptions) {
    const message = messageKey(type, row.subtype);
    const walk = ndOptions.walk(bytes, at + octets, end, diagnostics, message);
    value['options'] = walk.options;
    ({ offsets } = walk);
  } else if (row === homeAgentDiscoveryReply && value['trailing'] !== undefined) {
    diagnostics.add('ICMPV6_TRUNCATED', at, end - at, `${row.name}: last address incomplete`);
  } else if (value['trailing'] !== undefined) {
    diagnostics.add('ICMPV6_TRAILING', at, end - at, row.name);
  }
  // `row` is one of ICMPV6_MESSAGES, so its value is one of the union.
  const message = value as KnownIcmpv6Message;
  checkMessage(message, row, { offset, end, fixedPart: at, options: offsets }, diagnostics);
  return message;
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
    const row = definitionOf(message.kind);
    if (row === undefined) throw new RangeError(`unknown ICMPv6 message ${message.kind}`);
    type = row.type;
    data = row.layout.encodeFields({ ...message });
    if (row.subtype !== undefined) data = concatenate([Uint8Array.of(row.subtype), data]);
    if ('options' in message) data = concatenate([data, ndOptions.encode(message.options)]);
  }
  const header = icmpv6Header.encode({ type, code: message.code, checksum: 0 });
  const bytes = concatenate([header, data]);
  const addresses = concatenate([how.source, how.destination]);
  putU16(bytes, CHECKSUM, how.checksum ?? icmpv6Checksum(addresses, 0, 16, bytes, 0, bytes.length));
  return bytes;
}

/** Offset of the quoted packet in the message at `[offset, end)`, or -1 when its type quotes none. */
export function quotedPacketOffset(bytes: Uint8Array, offset: number, end: number): number {
  const row = definitionAt(bytes, offset, end);
  if (row?.quotesPacket !== true) return -1;
  const at = offset + ICMPV6_HEADER_OCTETS + row.layout.fixedOctets;
  return at < end ? at : -1;
}

/** Offset of the neighbor discovery options of the message at `[offset, end)`, or -1 when it has none. */
export function ndOptionsOffset(bytes: Uint8Array, offset: number, end: number): number {
  const row = definitionAt(bytes, offset, end);
  if (row?.hasOptions !== true) return -1;
  const at = offset + fixedPart(row);
  const octets = row.layout.measure(bytes, at, end);
  return octets < 0 || at + octets >= end ? -1 : at + octets;
}

/** Lines of what follows the common header. */
function bodyTree(
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: number,
  row: Icmpv6Definition | undefined,
): FieldNode[] {
  const hasSubtype = u8(bytes, offset) === FMIPV6;
  const subtype = Math.min(end, offset + ICMPV6_HEADER_OCTETS);
  const at = Math.min(end, subtype + (hasSubtype ? fastHandoverSubtype.fixedOctets : 0));
  const children = hasSubtype ? fastHandoverSubtype.tree(bytes, subtype, at, source) : [];
  if (row === undefined) return [...children, ...unknownIcmpv6.tree(bytes, at, end, source)];
  const octets = row.layout.measure(bytes, at, end);
  if (octets >= 0 && row.hasOptions) {
    children.push(...row.layout.tree(bytes, at, at + octets, source));
    children.push(...ndOptions.tree(bytes, at + octets, end, source));
    return children;
  }
  const fields = row.layout.tree(bytes, at, end, source);
  const last = fields.at(-1);
  const covered = last === undefined ? at : last.offset + last.length;
  // Octets that the message does not explain, or those of a field that is cut short.
  return [...children, ...fields, ...unknownIcmpv6.tree(bytes, covered, end, source)];
}

/** Tree of an ICMPv6 message at `[offset, end)`, as far as it goes. */
export function icmpv6Tree(
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: number,
): FieldNode {
  const type = u8(bytes, offset);
  const row = definitionAt(bytes, offset, end);
  const at = Math.min(end, offset + ICMPV6_HEADER_OCTETS);
  const children = icmpv6Header.tree(bytes, offset, at, source).map((node): FieldNode => {
    if (node.name !== 'icmpv6.code' || typeof node.value !== 'number') return node;
    const name = nameOfValue(row?.codes, node.value);
    return name === undefined ? node : { ...node, text: `${node.text} (${name})` };
  });
  if (at < end) children.push(...bodyTree(bytes, offset, end, source, row));
  const name = row?.name ?? icmpv6TypeName(type) ?? `type ${type}`;
  return {
    label: 'Internet Control Message Protocol v6',
    name: 'icmpv6',
    text: end > offset ? name : '',
    offset,
    length: Math.max(0, end - offset),
    source,
    spec: row?.spec ?? spec,
    children,
  };
}
