/**
 * Generic Routing Encapsulation. RFC 2784 section 2, key and sequence number RFC 2890, routing RFC 1701, version 1
 * RFC 2637 section 4.1.
 */
import { u16 } from '../core/bytes.ts';
import { foldChecksum, sumWords } from '../core/checksum.ts';
import {
  bytesField,
  concatenate,
  flags,
  groupNode,
  layout,
  uint16,
  uint32,
  uint8,
} from '../core/layout.ts';
import type { Condition } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { addChecksumVerdict, addData, addHeader, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE_NAMES } from '../link/ethertype.ts';

/** Bits of the first word. */
export const GRE_FLAGS = {
  checksum: 0x8000,
  routing: 0x4000,
  key: 0x2000,
  sequence: 0x1000,
  strictSourceRoute: 0x0800,
  recursion: 0x0700,
  /** Version 1 only. */
  acknowledgment: 0x0080,
  version: 0x0007,
} as const;

const isVersion1 = (word: number): boolean => (word & GRE_FLAGS.version) === 1;

/** A field that is there when one of the bits is set, in both versions or in one. */
const has =
  (mask: number, version?: 0 | 1): Condition =>
  (numbers) => {
    const word = numbers['flagsAndVersion'] ?? 0;
    return (word & mask) !== 0 && (version === undefined || isVersion1(word) === (version === 1));
  };
const rfc1701 = { rfc: 1701, section: '2' };
const rfc2637 = { rfc: 2637, section: '4.1' };

/** GRE header, as far as the routing of RFC 1701. The flags say which of the later fields are there. */
export const greHeader = layout({
  name: 'Generic Routing Encapsulation',
  spec: { rfc: 2784, section: '2.1' },
  fields: [
    flags(2, 'flagsAndVersion', {
      label: 'Flags and Version',
      filter: 'gre.flags_and_version',
      bits: {
        checksum: { mask: GRE_FLAGS.checksum, label: 'Checksum (C)', filter: 'gre.flags.checksum' },
        routing: {
          mask: GRE_FLAGS.routing,
          label: 'Routing (R)',
          filter: 'gre.flags.routing',
          spec: rfc1701,
        },
        key: {
          mask: GRE_FLAGS.key,
          label: 'Key (K)',
          filter: 'gre.flags.key',
          spec: { rfc: 2890, section: '2' },
        },
        sequence: {
          mask: GRE_FLAGS.sequence,
          label: 'Sequence Number (S)',
          filter: 'gre.flags.sequence_number',
          spec: { rfc: 2890, section: '2' },
        },
        strictSourceRoute: {
          mask: GRE_FLAGS.strictSourceRoute,
          label: 'Strict Source Route',
          filter: 'gre.flags.strict_source_route',
          spec: rfc1701,
        },
        recursion: {
          mask: GRE_FLAGS.recursion,
          label: 'Recursion control',
          filter: 'gre.flags.recursion_control',
          spec: rfc1701,
        },
        acknowledgment: {
          mask: GRE_FLAGS.acknowledgment,
          label: 'Acknowledgment (A)',
          filter: 'gre.flags.ack',
          spec: rfc2637,
          when: isVersion1,
        },
        reserved: {
          mask: 0x00f8,
          label: 'Flags (Reserved)',
          filter: 'gre.flags.reserved',
          when: (word) => !isVersion1(word),
        },
        reservedOfVersion1: {
          mask: 0x0078,
          label: 'Flags (Reserved)',
          filter: 'gre.flags.reserved',
          spec: rfc2637,
          when: isVersion1,
        },
        version: { mask: GRE_FLAGS.version, label: 'Version', filter: 'gre.flags.version' },
      },
    }),
    uint16('protocol', {
      label: 'Protocol Type',
      filter: 'gre.proto',
      hex: true,
      values: ETHERTYPE_NAMES,
    }),
    uint16('checksum', {
      label: 'Checksum',
      filter: 'gre.checksum',
      hex: true,
      when: has(GRE_FLAGS.checksum | GRE_FLAGS.routing),
    }),
    uint16('offset', {
      label: 'Offset',
      filter: 'gre.offset',
      when: has(GRE_FLAGS.checksum | GRE_FLAGS.routing),
    }),
    uint16('payloadLength', {
      label: 'Payload Length',
      filter: 'gre.key.payload_length',
      unit: 'octets',
      spec: rfc2637,
      when: has(GRE_FLAGS.key, 1),
    }),
    uint16('call', {
      label: 'Call ID',
      filter: 'gre.key.call_id',
      spec: rfc2637,
      when: has(GRE_FLAGS.key, 1),
    }),
    uint32('key', {
      label: 'Key',
      filter: 'gre.key',
      hex: true,
      spec: { rfc: 2890, section: '2.1' },
      when: has(GRE_FLAGS.key, 0),
    }),
    uint32('sequence', {
      label: 'Sequence Number',
      filter: 'gre.sequence_number',
      spec: { rfc: 2890, section: '2.2' },
      when: has(GRE_FLAGS.sequence),
    }),
    uint32('acknowledgment', {
      label: 'Acknowledgment Number',
      filter: 'gre.ack_number',
      spec: rfc2637,
      when: has(GRE_FLAGS.acknowledgment, 1),
    }),
  ],
});

/** Source route entry; an entry of family 0 and length 0 ends the route. RFC 1701 section 3. */
export const greRouteEntry = layout({
  name: 'Routing',
  spec: { rfc: 1701, section: '3' },
  fields: [
    uint16('addressFamily', { label: 'Address Family', filter: 'gre.routing.address_family' }),
    uint8('offset', { label: 'SRE Offset', filter: 'gre.routing.sre_offset', unit: 'octets' }),
    uint8('length', { label: 'SRE Length', filter: 'gre.routing.src_length', unit: 'octets' }),
    bytesField({ by: 'length' }, 'information', {
      label: 'Routing Information',
      filter: 'gre.routing.information',
    }),
  ],
});

const SMALLEST = 4;
const CHECKSUM = 4;
/** Bits 1 to 5 of RFC 2784 but those of RFC 2890; a receiver may ignore bits 6 to 12. RFC 2784 section 2.3. */
const ROUTING_BITS = GRE_FLAGS.routing | GRE_FLAGS.strictSourceRoute;
const RESERVED = 0x07f8;

/** Where the source route at `offset` ends, behind its entry without octets; -1 when it does not fit. */
function routeEnd(bytes: Uint8Array, offset: number, end: number): number {
  for (let at = offset; at < end;) {
    const octets = greRouteEntry.measure(bytes, at, end);
    if (octets < 0) return -1;
    at += octets;
    if (octets === SMALLEST && u16(bytes, at - SMALLEST) === 0) return at;
  }
  return -1;
}

/** Lines of the entries of a source route. */
function routeNodes(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[] {
  const { name, spec } = greRouteEntry;
  const nodes: FieldNode[] = [];
  for (let at = offset; at < end;) {
    const octets = greRouteEntry.measure(bytes, at, end);
    if (octets < 0) break;
    const fields = greRouteEntry.tree(bytes, at, at + octets, source);
    nodes.push(groupNode(name, 'gre.routing', '', at, octets, source, spec, fields));
    at += octets;
  }
  return nodes;
}

/** Layer: GRE. What follows is named by an Ethertype. */
export function dissectGre(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  const length = end - offset;
  const fixed = greHeader.measure(bytes, offset, end);
  const word = length < 2 ? 0 : u16(bytes, offset);
  const version = word & GRE_FLAGS.version;
  const hasRoute = version === 0 && (word & GRE_FLAGS.routing) !== 0;
  const fixedEnd = offset + Math.max(0, fixed);
  const headerEnd = hasRoute && fixed >= 0 ? routeEnd(bytes, fixedEnd, end) : fixedEnd;
  const isWhole = fixed >= 0 && headerEnd >= 0;
  const octets = isWhole ? headerEnd - offset : length;
  const node = addHeader(context, greHeader, 'gre', offset, end, '', octets);
  if (hasRoute && fixed >= 0) {
    const last = isWhole ? headerEnd : end;
    node.children.push(...routeNodes(bytes, fixedEnd, last, context.source));
  }
  if (!isWhole) {
    if (!context.isPartial) report(context, 'GRE_TRUNCATED', offset, length, `${length} octets`);
    return undefined;
  }
  if (version > 1) {
    report(context, 'GRE_VERSION', offset, 2, `version ${version}`);
    addData(context, headerEnd, end);
    return undefined;
  }
  if (version === 0) judgeVersion0(context, node, word, offset, end);
  return { table: 'ethertype', key: u16(bytes, offset + 2), offset: headerEnd, end };
}

/** What RFC 2784 sections 2.3 and 2.5 say of the flags and the checksum. */
function judgeVersion0(
  context: LayerContext,
  node: FieldNode,
  word: number,
  offset: number,
  end: number,
): void {
  if ((word & RESERVED) !== 0) report(context, 'RESERVED_NOT_ZERO', offset, 2, 'GRE flags');
  if ((word & ROUTING_BITS) !== 0) report(context, 'GRE_ROUTING', offset, 2);
  if ((word & GRE_FLAGS.checksum) === 0 || context.isPartial) return;
  const rest = foldChecksum(sumWords(context.bytes, offset, end));
  const fault = addChecksumVerdict(context, node, 'gre.checksum', rest);
  if (fault !== undefined) report(context, 'GRE_CHECKSUM', offset + CHECKSUM, 2, fault);
}

/** What a GRE packet is made of. */
export interface GrePacket {
  /** Ethertype of the payload. */
  readonly protocol: number;
  readonly key?: number;
  readonly sequence?: number;
  /** True: with the right checksum; a number: with this one. */
  readonly checksum?: number | true;
  /** Reserved flags and version to write besides those of the fields above; default 0. */
  readonly flags?: number;
  readonly payload: Uint8Array;
}

/** GRE header of version 0 and its payload. Throws RangeError when a number does not fit. */
export function gre(packet: GrePacket): Uint8Array {
  const { protocol, key, sequence, checksum, payload } = packet;
  const flagsAndVersion =
    (packet.flags ?? 0) |
    (checksum === undefined ? 0 : GRE_FLAGS.checksum) |
    (key === undefined ? 0 : GRE_FLAGS.key) |
    (sequence === undefined ? 0 : GRE_FLAGS.sequence);
  const header = greHeader.encode({
    flagsAndVersion,
    protocol,
    ...(checksum === undefined ? {} : { checksum: 0, offset: 0 }),
    ...(key === undefined ? {} : { key }),
    ...(sequence === undefined ? {} : { sequence }),
  });
  const bytes = concatenate([header, payload]);
  if (checksum !== undefined) {
    const sum = checksum === true ? foldChecksum(sumWords(bytes, 0, bytes.length)) : checksum;
    bytes[CHECKSUM] = sum >> 8;
    bytes[CHECKSUM + 1] = sum & 0xff;
  }
  return bytes;
}
