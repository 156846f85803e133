/**
 * Layers: extension headers. RFC 8200 section 4. What is wrong with them is found by the header walk;
 * only their order is judged here.
 */
import { formatAddress } from '../core/address.ts';
import { u16, u32, u8 } from '../core/bytes.ts';
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
import { checkRouting, finalDestination, routingDataTree } from './routing.ts';
import type { RoutingPlace } from './routing.ts';

const ROUTING_TYPE = routingHeader.offsetOf('routingType');
const FRAGMENT_WORD = fragmentHeader.offsetOf('offsetAndFlags');
const FRAGMENT_RESERVED = fragmentHeader.offsetOf('reserved');
const FRAGMENT_RESERVED_BITS = 0x6;
const FRAGMENT_OCTETS = fragmentHeader.fixedOctets;
const AH_RESERVED = authenticationHeader.offsetOf('reserved');
const AH_SPI = authenticationHeader.offsetOf('spi');
const AH_FIXED_OCTETS = authenticationHeader.fixedOctets;
/** SPI values 1 to 255 are reserved, 0 is never sent. RFC 4302 section 2.4. */
const RESERVED_SPIS = 256;

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
  const view = ip?.view;
  const place: RoutingPlace = {
    bytes,
    header: offset,
    end: headerEnd,
    destination: view?.bytes.slice(view.destination, view.destination + 16),
  };
  if (offset + extent < headerEnd) node.children.push(...routingDataTree(place, source));
  if (octets === 0) return undefined;
  checkRouting(place, context.diagnostics);
  const final = finalDestination(place);
  if (ip !== undefined && final !== 'destination') {
    // Type 2 is normalised by the header walk; these are not.
    const value = typeof final === 'number' ? bytes.slice(final, final + 16) : final;
    ip.destination = value === 'unknown' ? undefined : value;
    if (value !== 'unknown') {
      ip.node.children.push(
        generatedNode(context, {
          label: 'Destination (end of the route)',
          name: 'mip6guard.dst',
          text: formatAddress(value),
          value,
          offset: typeof final === 'number' ? final : offset,
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
  if (u8(bytes, offset + FRAGMENT_RESERVED) !== 0 || (word & FRAGMENT_RESERVED_BITS) !== 0) {
    report(context, 'RESERVED_NOT_ZERO', offset, FRAGMENT_OCTETS, fragmentHeader.name);
  }
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
  const { bytes, ip } = context;
  noteExtension(context, key, offset, end);
  const hasFixed = offset + AH_FIXED_OCTETS <= end;
  const octets = (u8(bytes, offset + 1) + 2) * 4;
  const isWhole = hasFixed && octets >= AH_FIXED_OCTETS && offset + octets <= end;
  const headerEnd = isWhole ? offset + octets : end;
  const text = hasFixed
    ? `SPI 0x${u32(bytes, offset + AH_SPI)
        .toString(16)
        .padStart(8, '0')}`
    : '';
  const node = addHeader(
    context,
    authenticationHeader,
    'ah',
    offset,
    end,
    text,
    headerEnd - offset,
  );
  const length = node.children.find(({ name }) => name === 'ah.length');
  if (length !== undefined && hasFixed) {
    node.children[1] = { ...length, text: `${String(length.value)} (${octets} octets)` };
  }
  if (hasFixed) {
    if (u16(bytes, offset + AH_RESERVED) !== 0) {
      report(context, 'RESERVED_NOT_ZERO', offset + AH_RESERVED, 2, authenticationHeader.name);
    }
    if (u32(bytes, offset + AH_SPI) < RESERVED_SPIS) {
      report(context, 'AH_SPI_RESERVED', offset + AH_SPI, 4);
    }
  }
  if (!isWhole) {
    // Of IPv6 the header walk says that the packet ends too early.
    if (ip?.version === 4 && !context.isPartial) {
      report(context, 'AH_LENGTH', offset, end - offset, `${octets} octets, ${end - offset} left`);
    }
    return undefined;
  }
  // RFC 4302 section 2.2.
  if (ip?.version === 6 && octets % 8 !== 0) {
    report(context, 'AH_LENGTH', offset + 1, 1, `${octets} octets`);
  }
  return next(context, offset, headerEnd, end);
}
