/**
 * IPv6 packets in Ethernet frames. RFC 2464.
 */
import { copyOctets, equalBytes, u16, u32, u8 } from '../../dissectors/core/bytes.ts';
import { ipv6Header } from '../../dissectors/ipv6/header.ts';
import { ethernetHeader } from '../../dissectors/link/ethernet.ts';
import { packetRoom } from '../packet-room.ts';
import { LINK_ADDRESS_OCTETS } from './link-address.ts';

const HEADER_OCTETS = ethernetHeader.fixedOctets;
const SOURCE = ethernetHeader.offsetOf('source');
const ETHER_TYPE = ethernetHeader.offsetOf('etherType');
const IPV6 = 0x86dd;
const IPV6_OCTETS = ipv6Header.fixedOctets;
const PAYLOAD_LENGTH = ipv6Header.offsetOf('payloadLength');

/** The frame of a packet. Written octet by octet: every packet that leaves goes through here. */
export function frameOf(
  destination: Uint8Array,
  source: Uint8Array,
  packet: Uint8Array,
): Uint8Array {
  const frame = packetRoom(HEADER_OCTETS + packet.length);
  frame.set(destination, 0);
  frame.set(source, SOURCE);
  frame[ETHER_TYPE] = IPV6 >>> 8;
  frame[ETHER_TYPE + 1] = IPV6 & 0xff;
  frame.set(packet, HEADER_OCTETS);
  return frame;
}

/** Source of a frame, in its own octets. */
export function frameSource(frame: Uint8Array): Uint8Array {
  return copyOctets(frame, SOURCE, ETHER_TYPE);
}

function isAddressAt(frame: Uint8Array, at: number, linkLayerAddress: Uint8Array): boolean {
  return equalBytes(frame, at, linkLayerAddress, 0, LINK_ADDRESS_OCTETS);
}

/**
 * The IPv6 packet of a frame to a link-layer address or to one of its groups, without what fills it; nothing of own frames
 * that come back, nor of those that a group sends.
 * @param hasGroup whether frames to these last four octets of 33:33 are taken. RFC 2464 section 7
 */
export function packetFor(
  frame: Uint8Array,
  linkLayerAddress: Uint8Array,
  hasGroup: (linkKey: number) => boolean,
): Uint8Array | undefined {
  if (isAddressAt(frame, SOURCE, linkLayerAddress) || (u8(frame, SOURCE) & 1) !== 0) {
    return undefined;
  }
  const isGroup = u8(frame, 0) === 0x33 && u8(frame, 1) === 0x33;
  const isTaken = isGroup ? hasGroup(u32(frame, 2)) : isAddressAt(frame, 0, linkLayerAddress);
  return isTaken ? packetOf(frame) : undefined;
}

/**
 * The IPv6 packet of a frame, without the octets that fill short frames, in its own octets; undefined when there is
 * none, or less than its Payload Length says.
 */
function packetOf(frame: Uint8Array): Uint8Array | undefined {
  if (frame.length < HEADER_OCTETS + IPV6_OCTETS || u16(frame, ETHER_TYPE) !== IPV6) {
    return undefined;
  }
  if (u8(frame, HEADER_OCTETS) >>> 4 !== 6) return undefined;
  const octets = IPV6_OCTETS + u16(frame, HEADER_OCTETS + PAYLOAD_LENGTH);
  const end = HEADER_OCTETS + octets;
  return end > frame.length ? undefined : copyOctets(frame, HEADER_OCTETS, end);
}
