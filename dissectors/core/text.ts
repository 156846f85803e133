/**
 * Text from the wire, made safe to show.
 */
import { u8 } from './bytes.ts';

/** What can move a cursor, reorder a line, break it, or be taken for an escape of ours. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\\]/u;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function escaped(bytes: Uint8Array, offset: number, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++)
    text += `\\x${u8(bytes, offset + i)
      .toString(16)
      .padStart(2, '0')}`;
  return text;
}

/** Octets of the UTF-8 character that starts with `lead`, 1 for what starts none. */
function characterOctets(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/** The character at `[offset, offset + length)`, undefined when it is none or not safe to show. */
function safeCharacter(bytes: Uint8Array, offset: number, length: number): string | undefined {
  try {
    const character = decoder.decode(bytes.subarray(offset, offset + length));
    return UNSAFE.test(character) ? undefined : character;
  } catch {
    return undefined;
  }
}

/**
 * Printable characters of UTF-8 text; every other octet as `\xhh`, so that text from a packet can neither
 * move a cursor, nor reorder or break a line of output.
 */
export function printable(bytes: Uint8Array, offset = 0, length = bytes.length - offset): string {
  let text = '';
  const end = offset + length;
  for (let at = offset; at < end;) {
    const octet = u8(bytes, at);
    if (octet >= 0x20 && octet < 0x7f && octet !== 0x5c) {
      text += String.fromCharCode(octet);
      at++;
      continue;
    }
    const octets = octet < 0x80 ? 1 : characterOctets(octet);
    const character =
      octets > 1 && at + octets <= end ? safeCharacter(bytes, at, octets) : undefined;
    text += character ?? escaped(bytes, at, 1);
    at += character === undefined ? 1 : octets;
  }
  return text;
}
