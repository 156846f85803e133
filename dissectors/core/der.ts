/**
 * Length of a DER element: where a public key ends. X.690 section 8.1.3.
 */
import { u8 } from './bytes.ts';

/** Octets of the element at `offset`, identifier and length included; -1 when it does not end before `end`. */
export function derElementOctets(bytes: Uint8Array, offset: number, end: number): number {
  if (offset + 2 > end) return -1;
  const first = u8(bytes, offset + 1);
  if (first < 0x80) return offset + 2 + first > end ? -1 : 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 4 || offset + 2 + count > end) return -1;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + u8(bytes, offset + 2 + i);
  const octets = 2 + count + length;
  return offset + octets > end ? -1 : octets;
}
