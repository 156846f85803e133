/**
 * Length of a DER SEQUENCE, as public keys and certificates are: where one ends. X.690 sections 8.1.3 and 8.9.
 */
import { u8 } from './bytes.ts';

/** Identifier octet of a SEQUENCE. X.690 section 8.9.1. */
const SEQUENCE = 0x30;

/** Octets of the SEQUENCE at `offset`, identifier and length included; -1 when there is none, or not all of it. */
export function derSequenceOctets(bytes: Uint8Array, offset: number, end: number): number {
  if (offset + 2 > end || u8(bytes, offset) !== SEQUENCE) return -1;
  const first = u8(bytes, offset + 1);
  if (first < 0x80) return offset + 2 + first > end ? -1 : 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 4 || offset + 2 + count > end) return -1;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + u8(bytes, offset + 2 + i);
  const octets = 2 + count + length;
  return offset + octets > end ? -1 : octets;
}
