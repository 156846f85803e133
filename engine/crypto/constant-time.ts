/**
 * Comparison of integrity values that takes the same time wherever they differ.
 */
import { u8 } from '../../dissectors/core/bytes.ts';

/** Whether `length` octets at `a[aOffset]` and `b[bOffset]` are equal; always looks at all of them. */
export function constantTimeEqual(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= u8(a, aOffset + i) ^ u8(b, bOffset + i);
  return difference === 0;
}

/** As {@link constantTimeEqual}; `a` is a digest as Latin-1 text, one character for each octet. */
export function constantTimeEqualText(
  a: string,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  if (a.length < length) return false;
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= a.charCodeAt(i) ^ u8(b, bOffset + i);
  return difference === 0;
}
