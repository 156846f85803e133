/**
 * Unchecked big-endian reads for hot paths.
 *
 * A read past the end gives 0 for the missing octets and never throws; callers check lengths first
 * and use these because an index into a typed array is the cheapest read there is.
 */

/** Octet at `offset`; 0 when outside. */
export function u8(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

/** Big-endian 16-bit number at `offset`. */
export function u16(bytes: Uint8Array, offset: number): number {
  return (u8(bytes, offset) << 8) | u8(bytes, offset + 1);
}

/** Big-endian 32-bit number at `offset`, 0..2**32-1. */
export function u32(bytes: Uint8Array, offset: number): number {
  return (
    ((u8(bytes, offset) << 24) |
      (u8(bytes, offset + 1) << 16) |
      (u8(bytes, offset + 2) << 8) |
      u8(bytes, offset + 3)) >>>
    0
  );
}

/** Big-endian 32-bit number at `offset` with a sign: what an Int32Array holds, and hashes mix. */
export function i32(bytes: Uint8Array, offset: number): number {
  return (
    (u8(bytes, offset) << 24) |
    (u8(bytes, offset + 1) << 16) |
    (u8(bytes, offset + 2) << 8) |
    u8(bytes, offset + 3)
  );
}

/** Little-endian 16-bit number at `offset`. */
export function u16le(bytes: Uint8Array, offset: number): number {
  return u8(bytes, offset) | (u8(bytes, offset + 1) << 8);
}

/** Little-endian 32-bit number at `offset`, 0..2**32-1. */
export function u32le(bytes: Uint8Array, offset: number): number {
  return (
    (u8(bytes, offset) |
      (u8(bytes, offset + 1) << 8) |
      (u8(bytes, offset + 2) << 16) |
      (u8(bytes, offset + 3) << 24)) >>>
    0
  );
}

/** Writes the low 16 bits of `value` big-endian at `offset`. */
export function putU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

/** Writes the low 32 bits of `value` big-endian at `offset`. */
export function putU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** Whether `length` octets at `a[aOffset]` and `b[bOffset]` are equal. Not constant-time. */
export function equalBytes(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (a[aOffset + i] !== b[bOffset + i]) return false;
  return true;
}

/** Longest octet string copied by hand; longer ones are left to the engine's own copy. */
const SHORT_COPY = 64;

/**
 * Copy of the octets at `[offset, end)`. `slice` of a `Buffer` would be a view that changes with it; and for the
 * short strings of packets copying by hand is several times as fast.
 */
export function copyOctets(bytes: Uint8Array, offset: number, end: number): Uint8Array {
  const length = end - offset;
  if (length < 0 || length > SHORT_COPY || end > bytes.length) {
    return Uint8Array.prototype.slice.call(bytes, offset, end);
  }
  const copy = new Uint8Array(length);
  for (let i = 0; i < length; i++) copy[i] = u8(bytes, offset + i);
  return copy;
}
