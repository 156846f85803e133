/**
 * Room for packets on their way out: an array of its own for each would cost as much as its encryption.
 */

/** Octets fetched at a time. Whoever keeps a packet copies it: kept ones keep their neighbours alive. */
const SLAB = 64 * 1024;
/** Larger ones get an array of their own. */
const LARGEST_SHARED = 8 * 1024;

let slab = new Uint8Array(SLAB);
let used = 0;

/** Octets that nobody else has or gets. */
export function packetRoom(length: number): Uint8Array {
  if (length > LARGEST_SHARED) return new Uint8Array(length);
  if (used + length > SLAB) {
    slab = new Uint8Array(SLAB);
    used = 0;
  }
  const room = slab.subarray(used, used + length);
  used += length;
  return room;
}
