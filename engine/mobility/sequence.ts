/**
 * Sequence numbers of Binding Updates. RFC 6275 section 9.5.1.
 */

/**
 * Whether a sequence number is greater than the last one, modulo 2**16. "Greater" are the 32767 numbers ahead: after 15,
 * those from 16 to 32782; 32783 to 65535 and 0 to 15 are not (the example of section 9.5.1).
 * @param sequence 0..65535
 * @param last 0..65535
 */
export function isSequenceGreater(sequence: number, last: number): boolean {
  const distance = (sequence - last) & 0xffff;
  return distance > 0 && distance < 0x8000;
}

/** The number after it, modulo 2**16. */
export function nextSequence(last: number): number {
  return (last + 1) & 0xffff;
}
