/**
 * Comments that a pcapng file holds about a packet. Read when asked for: most packets have none, and reading
 * them costs strings.
 */
import { u16, u16le } from '../core/bytes.ts';

/** draft-ietf-opsawg-pcapng section 3.5. */
const OPT_ENDOFOPT = 0;
const OPT_COMMENT = 1;
/** Comments read of one packet. */
const MAX_COMMENTS = 64;

const decoder = new TextDecoder('utf-8');

/**
 * Texts of the opt_comment options behind a packet, in order; at most 64. What is not UTF-8 becomes U+FFFD;
 * control characters are left as they are.
 * @param packet a record of a decoder, while its octets are valid
 */
export function packetComments(packet: {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly end: number;
  readonly optionsLength?: number;
  readonly isLittleEndian?: boolean;
}): string[] {
  const { bytes, offset, end, optionsLength = 0, isLittleEndian = true } = packet;
  const comments: string[] = [];
  let at = end + (-(end - offset) & 3);
  const optionsEnd = Math.min(at + optionsLength, bytes.length);
  while (at + 4 <= optionsEnd && comments.length < MAX_COMMENTS) {
    const code = isLittleEndian ? u16le(bytes, at) : u16(bytes, at);
    const length = isLittleEndian ? u16le(bytes, at + 2) : u16(bytes, at + 2);
    const value = at + 4;
    if (code === OPT_ENDOFOPT || value + length > optionsEnd) break;
    if (code === OPT_COMMENT) {
      comments.push(decoder.decode(bytes.subarray(value, value + length)).replace(/\0+$/u, ''));
    }
    at = value + length + (-length & 3);
  }
  return comments;
}
