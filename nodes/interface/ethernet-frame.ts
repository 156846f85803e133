/**
 * IPv6 packets in Ethernet frames. RFC 2464.
 */
import { copyOctets, u16 } from '../../dissectors/core/bytes.ts';
import { ipv6Header } from '../../dissectors/ipv6/header.ts';
import { ethernetHeader } from '../../dissectors/link/ethernet.ts';

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
  const frame = new Uint8Array(HEADER_OCTETS + packet.length);
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

/** Whether the source of a frame is a link-layer address. */
export function isFrameFrom(frame: Uint8Array, linkLayerAddress: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (frame[SOURCE + i] !== linkLayerAddress[i]) return false;
  return true;
}

/** Whether the destination of a frame is a link-layer address. */
export function isFrameTo(frame: Uint8Array, linkLayerAddress: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (frame[i] !== linkLayerAddress[i]) return false;
  return true;
}

/**
 * The IPv6 packet of a frame, without the octets that fill short frames, in its own octets; undefined when there is
 * none, or less than its Payload Length says.
 */
export function packetOf(frame: Uint8Array): Uint8Array | undefined {
  if (frame.length < HEADER_OCTETS + IPV6_OCTETS || u16(frame, ETHER_TYPE) !== IPV6) {
    return undefined;
  }
  if ((frame[HEADER_OCTETS] ?? 0) >>> 4 !== 6) return undefined;
  const octets = IPV6_OCTETS + u16(frame, HEADER_OCTETS + PAYLOAD_LENGTH);
  const end = HEADER_OCTETS + octets;
  return end > frame.length ? undefined : copyOctets(frame, HEADER_OCTETS, end);
}
