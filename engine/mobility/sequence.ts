/**
 * Sequence number arithmetic. RFC 6275 section 9.5.1.
 */

/** Whether `value` is greater than `last` modulo 2**16: `(value - last) mod 65536` is 1..32767. */
export function isSequenceGreater(value: number, last: number): boolean {
  const distance = (value - last) & 0xffff;
  return distance >= 1 && distance <= 0x7fff;
}
