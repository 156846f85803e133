/**
 * Composes IPv6 packets octet by octet, right ones and wrong ones. Pure functions: fixtures and senders use
 * them. Everything has the right value unless the caller gives another.
 */
import { putU16, u8 } from '../core/bytes.ts';
import { concatenate } from '../core/layout.ts';
import {
  HOME_ADDRESS_OPTION,
  NEXT_HEADER,
  authenticationHeader,
  destinationOptionsHeader,
  fragmentHeader,
  hopByHopHeader,
  ipv6Header,
  routingHeader,
  type2RoutingData,
} from './header.ts';
import { encodeIpv6Options } from './options.ts';
import type { Ipv6Option } from './options.ts';
import { type0RoutingData } from './routing.ts';

export { ipv4Packet } from '../ipv4/header.ts';
export { ethernetFrame } from '../link/ethernet.ts';
export { sll, sll2 } from '../link/linux-sll.ts';
export { snap } from '../link/llc.ts';
export { nullLoopback } from '../link/loopback.ts';
export { ppp } from '../link/ppp.ts';
export { pppoe } from '../link/pppoe.ts';
export { vlan } from '../link/vlan.ts';
export { tcpSegment } from '../transport/tcp.ts';
export { udpDatagram } from '../transport/udp.ts';
export { gre } from '../tunnel/gre.ts';
export { mip6Tls } from '../tunnel/mip6-tls.ts';
export { withTlvHeader } from '../tunnel/tlv-header.ts';

/** An extension header; `ipv6Packet` writes its Next Header. */
export interface ExtensionHeader {
  /** Next header value that announces it. */
  readonly protocol: number;
  readonly bytes: Uint8Array;
  /** Next Header to write instead of the right one. */
  readonly nextHeader?: number;
}

/** Values to write instead of the right ones. */
export interface ExtensionOverrides {
  /** Hdr Ext Len: units of 8 octets without the first. */
  readonly headerLength?: number;
  readonly nextHeader?: number;
}

const IPV6_OCTETS = ipv6Header.fixedOctets;
const PAYLOAD_LENGTH = ipv6Header.offsetOf('payloadLength');
const NEXT_HEADER_FIELD = ipv6Header.offsetOf('nextHeader');
const ROUTING_OCTETS = routingHeader.fixedOctets;

function withOverride(
  protocol: number,
  bytes: Uint8Array,
  { nextHeader }: ExtensionOverrides,
): ExtensionHeader {
  return nextHeader === undefined ? { protocol, bytes } : { protocol, bytes, nextHeader };
}

/** Options headers pad as `encodeIpv6Options` does. */
export interface OptionsHeaderOverrides extends ExtensionOverrides {
  readonly padding?: 'compute' | 'as-given';
}

function optionsHeader(
  protocol: number,
  options: readonly Ipv6Option[],
  how: OptionsHeaderOverrides,
): ExtensionHeader {
  const encoded = encodeIpv6Options(options, how.padding ?? 'compute');
  const octets = 2 + encoded.length;
  if (octets % 8 !== 0 && how.headerLength === undefined) {
    throw new RangeError(`options header: expected a multiple of 8 octets, got ${octets}`);
  }
  const header = protocol === NEXT_HEADER.hopByHop ? hopByHopHeader : destinationOptionsHeader;
  const headerLength = how.headerLength ?? octets / 8 - 1;
  return withOverride(
    protocol,
    concatenate([header.encode({ nextHeader: 0, headerLength }), encoded]),
    how,
  );
}

/** Hop-by-Hop Options header. Throws RangeError when the options are no multiple of 8 octets. */
export function hopByHop(
  options: readonly Ipv6Option[],
  how: OptionsHeaderOverrides = {},
): ExtensionHeader {
  return optionsHeader(NEXT_HEADER.hopByHop, options, how);
}

/**
 * Destination Options header. A Home Address option alone becomes PadN (2 octets of data) and the option:
 * 24 octets, as RFC 6275 section 6.3 aligns it.
 * @throws RangeError when the options are no multiple of 8 octets.
 */
export function destinationOptions(
  options: readonly Ipv6Option[],
  how: OptionsHeaderOverrides = {},
): ExtensionHeader {
  return optionsHeader(NEXT_HEADER.destinationOptions, options, how);
}

/** Home Address option. RFC 6275 section 6.3. */
export function homeAddressOption(homeAddress: Uint8Array): Ipv6Option {
  return { kind: 'home-address', homeAddress };
}

/** PadN with `octets` zero octets of data. RFC 8200 section 4.2. */
export function padN(octets: number): Ipv6Option {
  return { kind: 'padn', padding: new Uint8Array(octets) };
}

/** Option of any type and content. */
export function unknownOption(type: number, data: Uint8Array): Ipv6Option {
  return { kind: 'unknown', type, data };
}

/** Routing header of any type: `data` follows the first 4 octets. */
export function routing(
  routingType: number,
  segmentsLeft: number,
  data: Uint8Array,
  how: ExtensionOverrides = {},
): ExtensionHeader {
  const octets = ROUTING_OCTETS + data.length;
  if (octets % 8 !== 0 && how.headerLength === undefined) {
    throw new RangeError(`routing header: expected a multiple of 8 octets, got ${octets}`);
  }
  const headerLength = how.headerLength ?? octets / 8 - 1;
  const header = routingHeader.encode({ nextHeader: 0, headerLength, routingType, segmentsLeft });
  return withOverride(NEXT_HEADER.routing, concatenate([header, data]), how);
}

/** Type 2 routing header. RFC 6275 section 6.4.1. */
export function type2RoutingHeader(
  homeAddress: Uint8Array,
  segmentsLeft = 1,
  how: ExtensionOverrides = {},
): ExtensionHeader {
  return routing(2, segmentsLeft, type2RoutingData.encode({ homeAddress }), how);
}

/** Type 0 routing header; Segments Left is the number of addresses unless given. RFC 5095. */
export function type0RoutingHeader(
  addresses: readonly Uint8Array[],
  segmentsLeft = addresses.length,
  how: ExtensionOverrides = {},
): ExtensionHeader {
  return routing(0, segmentsLeft, type0RoutingData.encode({ addresses: [...addresses] }), how);
}

/** What a fragment header says. */
export interface FragmentFields {
  /** Offset in octets, a multiple of 8, up to 65528. */
  readonly offset: number;
  readonly more: boolean;
  readonly identification: number;
}

/** Fragment header. RFC 8200 section 4.5. */
export function fragment(
  { offset, more, identification }: FragmentFields,
  how: Pick<ExtensionOverrides, 'nextHeader'> = {},
): ExtensionHeader {
  if (offset % 8 !== 0) throw new RangeError('ipv6.fraghdr.offset: expected a multiple of 8');
  const bytes = fragmentHeader.encode({
    nextHeader: 0,
    reserved: 0,
    offsetAndFlags: offset | (more ? 1 : 0),
    identification,
  });
  return withOverride(NEXT_HEADER.fragment, bytes, how);
}

/** Authentication Header; the ICV fills a multiple of 8 octets together with 12. RFC 4302 section 2. */
export function authentication(
  fields: { readonly spi: number; readonly sequence: number; readonly icv: Uint8Array },
  how: Pick<ExtensionOverrides, 'nextHeader'> = {},
): ExtensionHeader {
  const octets = 12 + fields.icv.length;
  if (octets % 8 !== 0)
    throw new RangeError(`ah.icv: expected 8n+4 octets, got ${fields.icv.length}`);
  const bytes = authenticationHeader.encode({
    nextHeader: 0,
    payloadLength: octets / 4 - 2,
    ...fields,
  });
  return withOverride(NEXT_HEADER.ah, bytes, how);
}

/** What an IPv6 packet is made of. */
export interface Ipv6Packet {
  /** Wire addresses, 16 octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Default 64. */
  readonly hopLimit?: number;
  /** Default 0. */
  readonly trafficClass?: number;
  /** Default 0. */
  readonly flowLabel?: number;
  /** Extension headers in the order of the wire. */
  readonly headers?: readonly ExtensionHeader[];
  /** Protocol of the payload; default 59, No Next Header. */
  readonly protocol?: number;
  readonly payload?: Uint8Array;
  /** Payload Length, Next Header and Version to write instead of the right ones. */
  readonly payloadLength?: number;
  readonly nextHeader?: number;
  readonly version?: number;
}

/**
 * IPv6 packet with its extension headers chained.
 * @throws RangeError when a number or an address does not fit.
 */
export function ipv6Packet(packet: Ipv6Packet): Uint8Array {
  const { source, destination, headers = [], protocol = NEXT_HEADER.none } = packet;
  const { version = 6, trafficClass = 0, flowLabel = 0, hopLimit = 64 } = packet;
  const payload = packet.payload ?? new Uint8Array();
  const numbers = [
    ['ipv6.version', version, 0x0f],
    ['ipv6.tclass', trafficClass, 0xff],
    ['ipv6.flow', flowLabel, 0xfffff],
  ] as const;
  for (const [name, value, most] of numbers) {
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw new RangeError(`${name}: expected an integer from 0 to ${most}`);
    }
  }
  const chained = headers.map((header, index) => {
    const bytes = concatenate([header.bytes]);
    bytes[0] = header.nextHeader ?? headers[index + 1]?.protocol ?? protocol;
    return bytes;
  });
  const body = concatenate([...chained, payload]);
  const header = ipv6Header.encode({
    versionClassFlow: ((version << 28) | (trafficClass << 20) | flowLabel) >>> 0,
    payloadLength: packet.payloadLength ?? body.length,
    nextHeader: packet.nextHeader ?? headers[0]?.protocol ?? protocol,
    hopLimit,
    source,
    destination,
  });
  return concatenate([header, body]);
}

/** Whether the options header at `[offset, offset + octets)` holds a Home Address option. */
function hasHomeAddress(bytes: Uint8Array, offset: number, octets: number): boolean {
  for (let at = offset + 2; at < offset + octets;) {
    const type = u8(bytes, at);
    if (type === HOME_ADDRESS_OPTION) return true;
    at += type === 0 ? 1 : 2 + u8(bytes, at + 1);
  }
  return false;
}

/**
 * End of the headers that every fragment repeats: hop-by-hop options and what stands up to a routing header
 * (RFC 8200 section 4.5), and the destination options with a Home Address option (RFC 6275 section 6.3).
 */
function repeatedPart(packet: Uint8Array): { readonly end: number; readonly pointer: number } {
  let part = { end: IPV6_OCTETS, pointer: NEXT_HEADER_FIELD };
  let next = u8(packet, NEXT_HEADER_FIELD);
  for (let at = IPV6_OCTETS; at + 8 <= packet.length;) {
    const octets = (u8(packet, at + 1) + 1) * 8;
    const isRepeated =
      next === NEXT_HEADER.hopByHop ||
      next === NEXT_HEADER.routing ||
      (next === NEXT_HEADER.destinationOptions && hasHomeAddress(packet, at, octets));
    if (!isRepeated && next !== NEXT_HEADER.destinationOptions) break;
    if (isRepeated) part = { end: at + octets, pointer: at };
    next = u8(packet, at);
    at += octets;
  }
  return part;
}

/**
 * The packet in fragments that fit `mtu` octets; a packet that fits comes back as it is.
 * @param identification Identification of all fragments.
 * @throws RangeError when not even 8 octets of payload fit.
 */
export function fragmentPacket(
  packet: Uint8Array,
  mtu: number,
  identification: number,
): Uint8Array[] {
  if (packet.length <= mtu) return [packet];
  const { end, pointer } = repeatedPart(packet);
  const room = Math.floor((mtu - end - fragmentHeader.fixedOctets) / 8) * 8;
  if (room < 8) throw new RangeError(`mtu: expected at least ${end + 16} octets for this packet`);
  const head = packet.slice(0, end);
  const nextHeader = u8(packet, pointer);
  const fragments: Uint8Array[] = [];
  for (let at = end; at < packet.length; at += room) {
    const data = packet.subarray(at, at + room);
    const more = at + room < packet.length;
    const { bytes } = fragment({ offset: at - end, more, identification });
    bytes[0] = nextHeader;
    const out = concatenate([head, bytes, data]);
    out[pointer] = NEXT_HEADER.fragment;
    putU16(out, PAYLOAD_LENGTH, out.length - IPV6_OCTETS);
    fragments.push(out);
  }
  return fragments;
}
