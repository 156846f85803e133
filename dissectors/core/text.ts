/**
 * Text from the wire, made safe to show.
 */
import { u8 } from './bytes.ts';

/**
 * Printable ASCII of `length` octets; every other octet as `\xhh`, so that text from a packet can neither
 * move a cursor nor break a line of output.
 */
export function printable(bytes: Uint8Array, offset = 0, length = bytes.length - offset): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    const octet = u8(bytes, offset + i);
    const isPlain = octet >= 0x20 && octet < 0x7f && octet !== 0x5c;
    text += isPlain ? String.fromCharCode(octet) : `\\x${octet.toString(16).padStart(2, '0')}`;
  }
  return text;
}
