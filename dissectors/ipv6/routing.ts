/**
 * Routing headers: their type-specific data, one table row for each type. RFC 8200 section 4.4.
 */
import { u32, u8 } from '../core/bytes.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { formatAddress } from '../core/address.ts';
import {
  addresses,
  bytesField,
  flags,
  layout,
  reserved,
  uint16,
  uint32,
  uint8,
  valueNode,
} from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { tlv, tlvCodec } from '../core/tlv.ts';
import { routingHeader, type2RoutingData } from './header.ts';

/** Type 0: a source route. RFC 2460 section 4.4, deprecated by RFC 5095. */
export const type0RoutingData = layout({
  name: 'Type 0 routing header',
  spec: { rfc: 5095, section: '3' },
  fields: [
    reserved(4, 'reserved', 'ipv6.routing.src.reserved'),
    addresses('addresses', { label: 'Address', filter: 'ipv6.routing.src.addr' }),
  ],
});

/** Type 3: a source route whose addresses leave out what they share with the destination. RFC 6554 section 3. */
export const rplRoutingData = layout({
  name: 'RPL source routing header',
  spec: { rfc: 6554, section: '3' },
  fields: [
    flags(4, 'compression', {
      label: 'Compression and padding',
      filter: 'ipv6.routing.rpl.compression',
      bits: {
        internal: {
          mask: 0xf0000000,
          label: 'Compressed Internal Octets (CmprI)',
          filter: 'ipv6.routing.rpl.cmprI',
        },
        final: {
          mask: 0x0f000000,
          label: 'Compressed Final Octets (CmprE)',
          filter: 'ipv6.routing.rpl.cmprE',
        },
        padding: { mask: 0x00f00000, label: 'Padding Bytes', filter: 'ipv6.routing.rpl.pad' },
        reserved: { mask: 0x000fffff, label: 'Reserved', filter: 'ipv6.routing.rpl.reserved' },
      },
    }),
    bytesField('rest', 'addresses', { label: 'Addresses', filter: 'ipv6.routing.rpl.address' }),
  ],
});

/** Type 4: segment routing; the first segment of the list is the last of the route. RFC 8754 section 2. */
export const segmentRoutingData = layout({
  name: 'Segment routing header',
  spec: { rfc: 8754, section: '2' },
  fields: [
    uint8('lastEntry', { label: 'Last Entry', filter: 'ipv6.routing.srh.last_entry' }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'ipv6.routing.srh.flags',
      bits: {
        operations: {
          mask: 0x20,
          label: 'OAM (O)',
          filter: 'ipv6.routing.srh.flag.o',
          spec: { rfc: 9259, section: '2.1' },
        },
      },
    }),
    uint16('tag', { label: 'Tag', filter: 'ipv6.routing.srh.tag', hex: true }),
    addresses('segments', { label: 'Address', filter: 'ipv6.routing.srh.addr' }),
  ],
});

/** What may follow the segments. RFC 8754 section 2.1. */
export const segmentRoutingTlvs = tlvCodec(
  {
    name: 'Segment routing TLV',
    spec: { rfc: 8754, section: '2.1' },
    typeFilter: 'ipv6.routing.srh.tlv.type',
    lengthFilter: 'ipv6.routing.srh.tlv.length',
    dataFilter: 'ipv6.routing.srh.tlv.value',
    hasPad1: true,
  },
  [
    tlv({
      kind: 'padn',
      type: 4,
      name: 'PadN',
      spec: { rfc: 8754, section: '2.1.1.2' },
      fields: [
        bytesField('rest', 'padding', { label: 'Padding', filter: 'ipv6.routing.srh.tlv.padn' }),
      ],
    }),
    tlv({
      kind: 'hmac',
      type: 5,
      name: 'HMAC',
      spec: { rfc: 8754, section: '2.1.2' },
      fields: [
        flags(2, 'flags', {
          label: 'Flags',
          filter: 'ipv6.routing.srh.tlv.hmac.flags',
          bits: {
            destination: {
              mask: 0x8000,
              label: 'Destination address verification disabled (D)',
              filter: 'ipv6.routing.srh.tlv.hmac.d',
            },
          },
        }),
        uint32('key', { label: 'HMAC Key ID', filter: 'ipv6.routing.srh.tlv.hmac.key_id' }),
        bytesField('rest', 'hmac', { label: 'HMAC', filter: 'ipv6.routing.srh.tlv.hmac.value' }),
      ],
    }),
  ],
);

/** Data of a type that is not decoded, and octets that a type has no place for. */
export const unknownRoutingData = layout({
  name: 'Type-specific data',
  spec: { rfc: 8200, section: '4.4' },
  fields: [
    bytesField('rest', 'data', {
      label: 'Type-Specific Data',
      filter: 'ipv6.routing.unknown_data',
    }),
  ],
});

const SOURCE_ROUTE = 0;
const TYPE_2 = 2;
const RPL = 3;
const SEGMENT_ROUTING = 4;

const ROUTING_TYPE = routingHeader.offsetOf('routingType');
const SEGMENTS_LEFT = routingHeader.offsetOf('segmentsLeft');
const DATA = routingHeader.fixedOctets;
/** Where the addresses of types 0, 3 and 4 start. */
const ADDRESSES = DATA + 4;
const ADDRESS_OCTETS = 16;

/** The routing header at `[header, end)` and the destination address in the IPv6 header. */
export interface RoutingPlace {
  readonly bytes: Uint8Array;
  readonly header: number;
  readonly end: number;
  /** Undefined when it is not known. */
  readonly destination: Uint8Array | undefined;
}

/** What is particular to a type. */
interface RoutingType {
  readonly layout: Layout;
  /** End of what the table says; the rest is shown as octets. */
  known(place: RoutingPlace): number;
  /** Addresses in the header, by the numbers in it; undefined when these do not fit each other. */
  count(place: RoutingPlace): number | undefined;
  /** Where the packet goes in the end: an address, or its offset. */
  final(place: RoutingPlace): Uint8Array | number | undefined;
}

/** Octets behind the fixed part of types 0, 3 and 4. */
function room({ header, end }: RoutingPlace): number {
  return Math.max(0, end - header - ADDRESSES);
}

/** Addresses of a type 3 header: where each is, and as a whole where the destination is known. */
interface RplAddress {
  readonly offset: number;
  readonly length: number;
  readonly full: Uint8Array | undefined;
}

/** RFC 6554 section 3: the number of addresses follows from the length, the padding and what is left out. */
function rplAddresses(place: RoutingPlace): RplAddress[] | undefined {
  const { bytes, header, end, destination } = place;
  if (header + ADDRESSES > end) return undefined;
  const word = u32(bytes, header + DATA);
  const internal = ADDRESS_OCTETS - (word >>> 28);
  const final = ADDRESS_OCTETS - ((word >>> 24) & 0x0f);
  const octets = room(place) - ((word >>> 20) & 0x0f) - final;
  if (octets < 0 || octets % internal !== 0) return undefined;
  const count = octets / internal + 1;
  return Array.from({ length: count }, (_, i) => {
    const offset = header + ADDRESSES + i * internal;
    const length = i === count - 1 ? final : internal;
    const full = destination?.slice();
    full?.set(bytes.subarray(offset, offset + length), ADDRESS_OCTETS - length);
    return { offset, length, full };
  });
}

/** All types that are decoded; a new one is one entry. */
const ROUTING_TYPES: ReadonlyMap<number, RoutingType> = new Map<number, RoutingType>([
  [
    SOURCE_ROUTE,
    {
      layout: type0RoutingData,
      known: (place) => place.end - (room(place) % ADDRESS_OCTETS),
      count: (place) =>
        room(place) % ADDRESS_OCTETS === 0 ? room(place) / ADDRESS_OCTETS : undefined,
      final: (place) => {
        const count = Math.floor(room(place) / ADDRESS_OCTETS);
        return count === 0 ? undefined : place.header + ADDRESSES + (count - 1) * ADDRESS_OCTETS;
      },
    },
  ],
  [
    TYPE_2,
    {
      layout: type2RoutingData,
      known: ({ header, end }) => Math.min(end, header + DATA + type2RoutingData.fixedOctets),
      // The header walk judges type 2 and normalises its address.
      count: () => Number.POSITIVE_INFINITY,
      final: () => undefined,
    },
  ],
  [
    RPL,
    {
      layout: rplRoutingData,
      known: (place) => {
        const last = rplAddresses(place)?.at(-1);
        return last === undefined ? place.end : last.offset + last.length;
      },
      count: (place) => rplAddresses(place)?.length,
      final: (place) => rplAddresses(place)?.at(-1)?.full,
    },
  ],
  [
    SEGMENT_ROUTING,
    {
      layout: segmentRoutingData,
      known: (place) => {
        const segments = (u8(place.bytes, place.header + DATA) + 1) * ADDRESS_OCTETS;
        const whole = room(place) - (room(place) % ADDRESS_OCTETS);
        return place.header + ADDRESSES + Math.min(segments, whole);
      },
      count: (place) => {
        const segments = u8(place.bytes, place.header + DATA) + 1;
        return segments * ADDRESS_OCTETS <= room(place) ? segments : undefined;
      },
      final: (place) => (room(place) < ADDRESS_OCTETS ? undefined : place.header + ADDRESSES),
    },
  ],
]);

function typeOf({ bytes, header }: RoutingPlace): RoutingType | undefined {
  return ROUTING_TYPES.get(u8(bytes, header + ROUTING_TYPE));
}

/** Lines of the addresses of a type 3 header. */
function rplNodes(place: RoutingPlace, source: number): FieldNode[] {
  const spec = rplRoutingData.spec;
  const found = rplAddresses(place) ?? [];
  const total: FieldNode = {
    label: 'Total Address Count',
    name: 'ipv6.routing.rpl.addr_count',
    text: `${found.length}`,
    value: found.length,
    offset: place.header,
    length: 0,
    source,
    generated: true,
    children: [],
  };
  const lines = found.map(({ offset, length, full }) => {
    const value = place.bytes.slice(offset, offset + length);
    const text = full === undefined ? '' : formatAddress(full);
    const name = 'ipv6.routing.rpl.address';
    const node = valueNode('Address', name, text, value, offset, length, source, spec, []);
    if (full === undefined) return node;
    const whole = { label: 'Full Address', name: 'ipv6.routing.rpl.full_address', text };
    node.children.push({
      ...whole,
      value: full,
      offset,
      length,
      source,
      generated: true,
      children: [],
    });
    return node;
  });
  return [total, ...lines];
}

/** Fields after the first four octets of a routing header. */
export function routingDataTree(place: RoutingPlace, source: number): FieldNode[] {
  const { bytes, header, end } = place;
  const at = header + DATA;
  if (at >= end) return [];
  const row = typeOf(place);
  const known = row === undefined ? at : Math.min(end, Math.max(at, row.known(place)));
  const nodes = row === undefined ? [] : row.layout.tree(bytes, at, known, source);
  if (row?.layout === rplRoutingData && rplAddresses(place) !== undefined) {
    nodes.splice(1, 1, ...rplNodes(place, source));
  }
  if (known >= end) return nodes;
  const rest = row?.layout === segmentRoutingData ? segmentRoutingTlvs : unknownRoutingData;
  return [...nodes, ...rest.tree(bytes, known, end, source)];
}

/**
 * Finds what is wrong with the data of types 0, 3 and 4; type 2 is judged by the header walk.
 * RFC 2460 section 4.4, RFC 6554 section 4.2, RFC 8754 section 4.3.1.1.
 */
export function checkRouting(place: RoutingPlace, diagnostics: DiagnosticList): void {
  const { bytes, header, end } = place;
  const row = typeOf(place);
  const at = header + DATA;
  if (row === undefined || at >= end) return;
  const count = row.count(place);
  const segmentsLeft = u8(bytes, header + SEGMENTS_LEFT);
  if (count === undefined) {
    const found = `length ${end - header} octets`;
    diagnostics.add('ROUTING_MALFORMED', header, end - header, found);
  } else if (segmentsLeft > count) {
    const found = `${segmentsLeft} segments left of ${count}`;
    diagnostics.add('ROUTING_MALFORMED', header, end - header, found);
  }
  const isRplReserved =
    row.layout === rplRoutingData && (u32(bytes, at) & 0x000fffff) !== 0 && at + 4 <= end;
  const known = Math.min(end, row.known(place));
  if (isRplReserved || !row.layout.reservedIsZero(bytes, at, known)) {
    diagnostics.add('RESERVED_NOT_ZERO', at, 4, row.layout.name);
  }
  if (row.layout === segmentRoutingData && known < end) {
    segmentRoutingTlvs.decode(bytes, known, end, diagnostics);
  }
}

/**
 * Where a routing header sends the packet in the end: the address that checksums are made with (RFC 8200
 * section 8.1).
 * @returns offset of the address, or the address where it is put together; `destination` = the one in the IPv6
 *   header, or type 2, which the header walk normalises; `unknown` = a type that is not decoded.
 */
export function finalDestination(
  place: RoutingPlace,
): number | Uint8Array | 'destination' | 'unknown' {
  const { bytes, header } = place;
  const type = u8(bytes, header + ROUTING_TYPE);
  if (u8(bytes, header + SEGMENTS_LEFT) === 0 || type === TYPE_2) return 'destination';
  return ROUTING_TYPES.get(type)?.final(place) ?? 'unknown';
}
