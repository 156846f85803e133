/**
 * Routing headers: their type-specific data, one table row for each type. RFC 8200 section 4.4.
 */
import { u8 } from '../core/bytes.ts';
import { addresses, bytesField, flags, layout, reserved, uint16, uint8 } from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
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

/** Type 4: segment routing; the first segment of the list is the last of the route. RFC 8754 section 2. */
export const segmentRoutingData = layout({
  name: 'Segment routing header',
  spec: { rfc: 8754, section: '2' },
  fields: [
    uint8('lastEntry', { label: 'Last Entry', filter: 'ipv6.routing.srh.last_entry' }),
    flags(1, 'flags', { label: 'Flags', filter: 'ipv6.routing.srh.flags', bits: {} }),
    uint16('tag', { label: 'Tag', filter: 'ipv6.routing.srh.tag', hex: true }),
    addresses('segments', { label: 'Address', filter: 'ipv6.routing.srh.addr' }),
  ],
});

const unknownRoutingData = layout({
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
const SEGMENT_ROUTING = 4;

const tables = new Map<number, Layout>([
  [SOURCE_ROUTE, type0RoutingData],
  [TYPE_2, type2RoutingData],
  [SEGMENT_ROUTING, segmentRoutingData],
]);

const ROUTING_TYPE = routingHeader.offsetOf('routingType');
const SEGMENTS_LEFT = routingHeader.offsetOf('segmentsLeft');
const DATA = routingHeader.fixedOctets;
/** Where the addresses of types 0 and 4 start. */
const ADDRESSES = DATA + 4;
const ADDRESS_OCTETS = 16;

/** End of what the table of the type says; the rest is shown as octets. */
function tableEnd(bytes: Uint8Array, header: number, end: number): number {
  const room = Math.max(0, end - header - ADDRESSES);
  switch (u8(bytes, header + ROUTING_TYPE)) {
    case SOURCE_ROUTE:
      return end - (room % ADDRESS_OCTETS);
    case TYPE_2:
      return Math.min(end, header + DATA + type2RoutingData.fixedOctets);
    case SEGMENT_ROUTING: {
      // TLVs may follow the segments.
      const segments = (u8(bytes, header + DATA) + 1) * ADDRESS_OCTETS;
      return header + ADDRESSES + Math.min(segments, room - (room % ADDRESS_OCTETS));
    }
    default:
      return header + DATA;
  }
}

/** Fields after the first four octets of the routing header at `[header, end)`. */
export function routingDataTree(
  bytes: Uint8Array,
  header: number,
  end: number,
  source: number,
): FieldNode[] {
  const at = header + DATA;
  if (at >= end) return [];
  const table = tables.get(u8(bytes, header + ROUTING_TYPE));
  const known = Math.min(end, tableEnd(bytes, header, end));
  const nodes = table === undefined ? [] : table.tree(bytes, at, known, source);
  if (known < end) nodes.push(...unknownRoutingData.tree(bytes, Math.max(at, known), end, source));
  return nodes;
}

/**
 * Where the routing header at `[header, end)` sends the packet in the end: the address that checksums are
 * made with (RFC 8200 section 8.1).
 * @returns offset of the address; `destination` = the one in the IPv6 header, or type 2, which the header
 *   walk normalises; `unknown` = a type that is not decoded.
 */
export function finalDestination(
  bytes: Uint8Array,
  header: number,
  end: number,
): number | 'destination' | 'unknown' {
  const type = u8(bytes, header + ROUTING_TYPE);
  if (u8(bytes, header + SEGMENTS_LEFT) === 0 || type === TYPE_2) return 'destination';
  const hasAddress = header + ADDRESSES + ADDRESS_OCTETS <= end;
  if (type === SOURCE_ROUTE && hasAddress) {
    const room = end - header - ADDRESSES;
    return header + ADDRESSES + Math.floor(room / ADDRESS_OCTETS - 1) * ADDRESS_OCTETS;
  }
  if (type === SEGMENT_ROUTING && hasAddress) return header + ADDRESSES;
  return 'unknown';
}
