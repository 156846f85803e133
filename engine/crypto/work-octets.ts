/**
 * One array for octets that have to lie side by side for the length of a call: a fresh one for each packet would cost
 * as much as the hashing.
 */

let octets = new Uint8Array(4096);

/**
 * The array, at least of the given length, with whatever was in it. Valid until the next call; grows to the largest
 * packet seen.
 */
export function workOctets(length: number): Uint8Array {
  if (length > octets.length) {
    let size = octets.length;
    while (size < length) size *= 2;
    octets = new Uint8Array(size);
  }
  return octets;
}
