/**
 * Internet checksum over the IPv6 pseudo-header. RFC 8200 section 8.1, RFC 1071.
 */
import { u16, u8 } from './bytes.ts';

/** Sum of big-endian 16-bit words, not folded; an odd last octet counts as the high half of a word. */
export function sumWords(bytes: Uint8Array, offset: number, end: number, start = 0): number {
  let sum = start;
  let at = offset;
  for (; at + 1 < end; at += 2) sum += u16(bytes, at);
  if (at < end) sum += u8(bytes, at) << 8;
  return sum;
}

/** One's complement of a folded sum: the checksum to send, 0..0xffff. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/**
 * Checksum of an upper-layer message.
 *
 * RFC 6275 sections 6.1.1, 6.3 and 6.4: under a Home Address option the source is the home address, and
 * under a type 2 routing header the destination is its home address: the caller passes those.
 * @returns 0 when the checksum in the message is right (the field is part of the sum), the value to put
 *   into the field when it was zero.
 */
export function pseudoHeaderChecksum(
  addresses: Uint8Array,
  source: number,
  destinationBytes: Uint8Array,
  destination: number,
  nextHeader: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  let sum = sumWords(addresses, source, source + 16);
  sum = sumWords(destinationBytes, destination, destination + 16, sum);
  const length = end - offset;
  sum += Math.floor(length / 0x10000) + (length % 0x10000) + nextHeader;
  return foldChecksum(sumWords(bytes, offset, end, sum));
}
