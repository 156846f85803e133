/**
 * Octets of packets that a node sends, and the first look at one that it gets.
 */
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
  type2RoutingHeader,
} from '../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER, ipv6Header } from '../../dissectors/ipv6/header.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';
import { packetRoom } from '../packet-room.ts';
import type { WireHeaders } from './ipsec-layer.ts';
import type { InboundPacket, OutboundPacket, Selectors, TunnelOrigin } from './packet.ts';

const IPV6_OCTETS = ipv6Header.fixedOctets;
const PAYLOAD_LENGTH = ipv6Header.offsetOf('payloadLength');
const HOP_LIMIT = ipv6Header.offsetOf('hopLimit');
const NEXT_HEADER_FIELD = ipv6Header.offsetOf('nextHeader');
const SOURCE = ipv6Header.offsetOf('source');
const DESTINATION = ipv6Header.offsetOf('destination');

/** Addresses of an IPv6 header; views, not copies. */
export function sourceOf(packet: Uint8Array): Uint8Array {
  return packet.subarray(SOURCE, SOURCE + 16);
}

/** See {@link sourceOf}. */
export function destinationOf(packet: Uint8Array): Uint8Array {
  return packet.subarray(DESTINATION, DESTINATION + 16);
}

/** Hop limit of an IPv6 header. */
export function hopLimitOf(packet: Uint8Array): number {
  return u8(packet, HOP_LIMIT);
}

/** Writes the hop limit. */
export function setHopLimit(packet: Uint8Array, hopLimit: number): void {
  packet[HOP_LIMIT] = hopLimit;
}

/**
 * The octets of the packet that they begin with, without what a link has padded; undefined when they hold none.
 */
export function wholePacket(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < IPV6_OCTETS || u8(bytes, 0) >> 4 !== 6) return undefined;
  const length = IPV6_OCTETS + u16(bytes, PAYLOAD_LENGTH);
  if (length > bytes.length) return undefined;
  return length === bytes.length ? bytes : bytes.subarray(0, length);
}

/** A packet at the begin of its way in. */
export function inboundPacket(
  bytes: Uint8Array,
  from: NetworkInterface | undefined,
  linkSource: Uint8Array | undefined,
  tunnels: readonly TunnelOrigin[],
): InboundPacket {
  const wireSource = sourceOf(bytes);
  const wireDestination = destinationOf(bytes);
  return {
    interface: from,
    linkSource,
    tunnels,
    bytes,
    wireSource,
    wireDestination,
    hopLimit: hopLimitOf(bytes),
    homeAddressOption: undefined,
    type2RoutingHeader: undefined,
    source: wireSource,
    destination: wireDestination,
    protection: undefined,
    protocol: u8(bytes, NEXT_HEADER_FIELD),
    payload: bytes.subarray(IPV6_OCTETS),
    payloadOffset: IPV6_OCTETS,
  };
}

/** Mobility Header type or ICMPv6 type of an upper layer. */
export function upperLayerType(protocol: number, payload: Uint8Array): number | undefined {
  if (protocol === NEXT_HEADER.icmpv6 && payload.length > 0) return u8(payload, 0);
  if (protocol === NEXT_HEADER.mobility && payload.length > 2) return u8(payload, 2);
  return undefined;
}

/**
 * What policies look at in a whole packet that goes through a tunnel. Extension headers are passed over; a fragment that is
 * not the first has the protocol and no type.
 * @param tunnelHomeAddress home address whose tunnel it is, where known
 */
export function selectorsOf(packet: Uint8Array, tunnelHomeAddress?: Uint8Array): Selectors {
  let next = u8(packet, NEXT_HEADER_FIELD);
  let at = IPV6_OCTETS;
  let isLaterFragment = false;
  for (let headers = 0; headers < 8 && at + 8 <= packet.length; headers++) {
    if (next === NEXT_HEADER.fragment) {
      isLaterFragment = (u16(packet, at + 2) & 0xfff8) !== 0;
      next = u8(packet, at);
      at += 8;
      if (isLaterFragment) break;
    } else if (
      next === NEXT_HEADER.hopByHop ||
      next === NEXT_HEADER.destinationOptions ||
      next === NEXT_HEADER.routing
    ) {
      next = u8(packet, at);
      at += (u8(packet, at + 1) + 1) * 8;
    } else break;
  }
  return {
    source: sourceOf(packet),
    destination: destinationOf(packet),
    protocol: next,
    type: isLaterFragment ? undefined : upperLayerType(next, packet.subarray(at)),
    isTunnelled: true,
    tunnelHomeAddress,
  };
}

/** Addresses and headers that a packet has on the wire. */
export function wireHeaders(packet: OutboundPacket): WireHeaders {
  const { source, destination, careOfSource, careOfDestination } = packet;
  return {
    source: careOfSource ?? source,
    destination: careOfDestination ?? destination,
    homeAddressOption: careOfSource === undefined ? undefined : source,
    type2RoutingHeader: careOfDestination === undefined ? undefined : destination,
  };
}

/**
 * Octets of a packet: routing header first, then the Home Address option, then protection or the upper layer.
 * RFC 6275 sections 6.3 and 6.4.
 */
export function encodePacket(
  wire: WireHeaders,
  protocol: number,
  payload: Uint8Array,
  hopLimit: number,
): Uint8Array {
  const headers: ExtensionHeader[] = [];
  if (wire.type2RoutingHeader !== undefined) {
    headers.push(type2RoutingHeader(wire.type2RoutingHeader));
  }
  if (wire.homeAddressOption !== undefined) {
    headers.push(destinationOptions([homeAddressOption(wire.homeAddressOption)]));
  }
  const { source, destination } = wire;
  return ipv6Packet({ source, destination, hopLimit, headers, protocol, payload });
}

/** IPv6 header and payload, nothing between: for programs and tunnels. */
export function encodePlain(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  payload: Uint8Array,
  hopLimit: number,
): Uint8Array {
  const bytes = packetRoom(IPV6_OCTETS + payload.length);
  bytes[0] = 0x60;
  bytes[PAYLOAD_LENGTH] = payload.length >> 8;
  bytes[PAYLOAD_LENGTH + 1] = payload.length & 0xff;
  bytes[NEXT_HEADER_FIELD] = protocol;
  bytes[HOP_LIMIT] = hopLimit;
  bytes.set(source, SOURCE);
  bytes.set(destination, DESTINATION);
  bytes.set(payload, IPV6_OCTETS);
  return bytes;
}

/** Octet of a packet that names its upper layer, for pointers of Parameter Problem. */
export function nextHeaderPointer({ bytes, payloadOffset }: InboundPacket): number {
  let pointer = NEXT_HEADER_FIELD;
  let at = IPV6_OCTETS;
  while (at < payloadOffset && at + 2 <= bytes.length) {
    pointer = at;
    at += (u8(bytes, at + 1) + 1) * 8;
  }
  return pointer;
}
