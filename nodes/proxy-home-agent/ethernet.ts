/**
 * Frames as a proxy sees them: their header is kept, and put in front of what goes on in their place.
 */
import { copyOctets, u16 } from '../../dissectors/core/bytes.ts';
import { packetRoom } from '../packet-room.ts';

/** Octets of an Ethernet header. */
export const HEADER_OCTETS = 14;
const ADDRESS_OCTETS = 6;
const ETHER_TYPE = 12;
const IPV6 = 0x86dd;
const IPV6_OCTETS = 40;
/** IEEE 802.1Q, 802.1ad, and an older one that is still met. */
const TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100];
const TAG_OCTETS = 4;
/** Tags that are looked behind; frames with more are no frames of anybody. */
const MAX_TAGS = 4;

/** Where the IPv6 packet of a frame begins; -1 without one, or behind tags that nobody looks behind. */
export function packetOffset(frame: Uint8Array): number {
  let at = ETHER_TYPE;
  for (let tags = 0; tags <= MAX_TAGS && at + 2 <= frame.length; tags++) {
    const type = u16(frame, at);
    if (type === IPV6) return at + 2 + IPV6_OCTETS <= frame.length ? at + 2 : -1;
    if (!TAGS.includes(type)) return -1;
    at += TAG_OCTETS;
  }
  return -1;
}

/** The header of a frame, in octets of its own. */
export function headerOf(frame: Uint8Array): Uint8Array {
  return copyOctets(frame, 0, HEADER_OCTETS);
}

/** A header back to where another one came from. */
export function reversed(header: Uint8Array): Uint8Array {
  const back = copyOctets(header, 0, HEADER_OCTETS);
  back.set(header.subarray(ADDRESS_OCTETS, ETHER_TYPE), 0);
  back.set(header.subarray(0, ADDRESS_OCTETS), ADDRESS_OCTETS);
  return back;
}

/** Link-layer source of a header; a view. */
export function linkSourceOf(header: Uint8Array): Uint8Array {
  return header.subarray(ADDRESS_OCTETS, ETHER_TYPE);
}

/** A frame of a header and a packet. */
export function frameWith(header: Uint8Array, packet: Uint8Array): Uint8Array {
  const frame = packetRoom(HEADER_OCTETS + packet.length);
  frame.set(header, 0);
  frame.set(packet, HEADER_OCTETS);
  return frame;
}
