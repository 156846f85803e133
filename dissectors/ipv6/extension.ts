/**
 * Layers: extension headers. RFC 8200 section 4. What is wrong with them is found by the header walk;
 * only their order is judged here.
 */
import { formatAddress } from '../core/address.ts';
import { u16, u8 } from '../core/bytes.ts';
import { nameOfValue } from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import { addData, addHeader, generatedNode, report, switchSource } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE } from '../link/ethertype.ts';
import {
  NEXT_HEADER,
  NEXT_HEADER_NAMES,
  authenticationHeader,
  destinationOptionsHeader,
  fragmentHeader,
  hopByHopHeader,
  routingHeader,
} from './header.ts';
import { ipv6OptionsTree } from './options.ts';
import { finalDestination, routingDataTree } from './routing.ts';

const ROUTING_TYPE = routingHeader.offsetOf('routingType');
const FRAGMENT_WORD = fragmentHeader.offsetOf('offsetAndFlags');
const FRAGMENT_OCTETS = fragmentHeader.fixedOctets;

/** Order of the headers that may appear once. RFC 8200 section 4.1. */
const RANKS = new Map<number, number>([
  [NEXT_HEADER.hopByHop, 0],
  [NEXT_HEADER.routing, 1],
  [NEXT_HEADER.fragment, 2],
  [NEXT_HEADER.ah, 3],
  [NEXT_HEADER.esp, 4],
]);

/** Notes the header at `offset` and reports one out of order. RFC 8200 section 4.1, RFC 6275 section 6.3. */
function noteExtension(context: LayerContext, key: number, offset: number, end: number): void {
  const { ip } = context;
  if (ip === undefined) return;
  const previous = ip.extensions.at(-1);
  const rank = RANKS.get(key);
  // Destination options stand before and after the routing header, and last; never twice in a row.
  let isOrdered = key !== previous;
  if (rank !== undefined) {
    isOrdered = ip.extensions.every((seen) => (RANKS.get(seen) ?? -1) < rank);
    if (key === NEXT_HEADER.hopByHop) isOrdered = ip.extensions.length === 0;
    // RFC 6275 section 6.4.1: a type 2 routing header follows another routing header.
    const isType2 = u8(context.bytes, offset + ROUTING_TYPE) === 2;
    if (key === NEXT_HEADER.routing && previous === key && isType2) isOrdered = true;
  }
  ip.extensions.push(key);
  ip.extensionCount++;
  if (isOrdered) return;
  const name = nameOfValue(NEXT_HEADER_NAMES, key) ?? `${key}`;
  report(context, 'EXTENSION_ORDER', offset, Math.min(8, end - offset), name);
}

/** Octets of an extension header with its length in the second octet; 0 when they are not all there. */
function extensionOctets(bytes: Uint8Array, offset: number, end: number): number {
  if (offset + 8 > end) return 0;
  const octets = (u8(bytes, offset + 1) + 1) * 8;
  return offset + octets > end ? 0 : octets;
}

function next(context: LayerContext, offset: number, at: number, end: number): LayerInput {
  return { table: 'ip-protocol', key: u8(context.bytes, offset), offset: at, end };
}

function dissectOptions(
  context: LayerContext,
  { key, offset, end }: LayerInput,
  header: Layout,
  name: string,
): LayerInput | undefined {
  const { bytes, source } = context;
  noteExtension(context, key, offset, end);
  const octets = extensionOctets(bytes, offset, end);
  const headerEnd = octets === 0 ? end : offset + octets;
  const node = addHeader(context, header, name, offset, end, '', headerEnd - offset);
  if (offset + 2 < headerEnd) {
    node.children.push(...ipv6OptionsTree(bytes, offset + 2, headerEnd, source));
  }
  return octets === 0 ? undefined : next(context, offset, headerEnd, end);
}

/** Layer: Hop-by-Hop Options. RFC 8200 section 4.3. */
export function dissectHopByHop(context: LayerContext, input: LayerInput): LayerInput | undefined {
  return dissectOptions(context, input, hopByHopHeader, 'ipv6.hopopts');
}

/** Layer: Destination Options. RFC 8200 section 4.6. */
export function dissectDestinationOptions(
  context: LayerContext,
  input: LayerInput,
): LayerInput | undefined {
  return dissectOptions(context, input, destinationOptionsHeader, 'ipv6.dstopts');
}

/** Layer: routing header. RFC 8200 section 4.4; type 2: RFC 6275 section 6.4. */
export function dissectRouting(
  context: LayerContext,
  { key, offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes, source, ip } = context;
  noteExtension(context, key, offset, end);
  const octets = extensionOctets(bytes, offset, end);
  const headerEnd = octets === 0 ? end : offset + octets;
  const type = u8(bytes, offset + ROUTING_TYPE);
  const text = offset + ROUTING_TYPE < headerEnd ? `type ${type}` : '';
  const extent = Math.min(headerEnd - offset, routingHeader.fixedOctets);
  const node = addHeader(
    context,
    routingHeader,
    'ipv6.routing',
    offset,
    end,
    text,
    headerEnd - offset,
  );
  if (offset + extent < headerEnd) {
    node.children.push(...routingDataTree(bytes, offset, headerEnd, source));
  }
  if (octets === 0) return undefined;
  const final = finalDestination(bytes, offset, headerEnd);
  if (ip !== undefined && final !== 'destination') {
    // Type 2 is normalised by the header walk; these are not.
    ip.destination = final === 'unknown' ? undefined : bytes.slice(final, final + 16);
    if (final !== 'unknown') {
      ip.node.children.push(
        generatedNode(context, {
          label: 'Destination (end of the route)',
          name: 'mip6guard.dst',
          text: formatAddress(bytes, final),
          value: bytes.slice(final, final + 16),
          offset: final,
        }),
      );
    }
  }
  return next(context, offset, headerEnd, end);
}

/** Layer: fragment header. RFC 8200 section 4.5. */
export function dissectFragment(
  context: LayerContext,
  { key, offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  noteExtension(context, key, offset, end);
  addHeader(context, fragmentHeader, 'ipv6.fraghdr', offset, end);
  const at = offset + FRAGMENT_OCTETS;
  if (at > end) return undefined;
  const word = u16(bytes, offset + FRAGMENT_WORD);
  const isFirst = word >> 3 === 0;
  const hasMore = (word & 1) !== 0;
  if (isFirst && !hasMore) return next(context, offset, at, end);
  const { reassembled } = context;
  if (reassembled !== undefined) {
    addData(context, at, end, 'Fragment data');
    context.reassembled = undefined;
    context.isPartial = false;
    context.isReassembled = true;
    switchSource(context, 'Reassembled IPv6', reassembled);
    return { table: 'ethertype', key: ETHERTYPE.ipv6, offset: 0, end: reassembled.length };
  }
  report(context, 'FRAGMENT_PENDING', offset, FRAGMENT_OCTETS);
  if (!isFirst) {
    addData(context, at, end, 'Fragment data');
    return undefined;
  }
  context.isPartial = true;
  return next(context, offset, at, end);
}

/** Layer: Authentication Header. RFC 4302 section 2. */
export function dissectAuthentication(
  context: LayerContext,
  { key, offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  noteExtension(context, key, offset, end);
  const octets = (u8(bytes, offset + 1) + 2) * 4;
  const isWhole = offset + 12 <= end && octets >= 12 && offset + octets <= end;
  const headerEnd = isWhole ? offset + octets : end;
  addHeader(context, authenticationHeader, 'ah', offset, end, '', headerEnd - offset);
  return isWhole ? next(context, offset, headerEnd, end) : undefined;
}
