/**
 * Values of a field while a filter looks at one packet. Lists are made once per filter and filled again for each
 * packet, so that looking costs no memory.
 */
import { u8 } from '../../dissectors/core/bytes.ts';

/** Most values of one side when each is held against each of another: a packet must not cost the square. */
export const MAX_PAIRED = 1024;

const NO_OCTETS = new Uint8Array();

/** Values in order of the packet: each a number, a text, or octets of somebody else's array. */
export class ValueList {
  length = 0;
  readonly #values: (number | string | Uint8Array)[] = [];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];

  clear(): void {
    this.length = 0;
  }

  /** Adds a number or a text. */
  push(value: number | string): void {
    this.#values[this.length++] = value;
  }

  /** Adds `length` octets at `bytes[start]`; they are not copied. */
  pushOctets(bytes: Uint8Array, start: number, length: number): void {
    const index = this.length++;
    this.#values[index] = bytes;
    this.#starts[index] = start;
    this.#lengths[index] = length;
  }

  /** The number at an index; NaN when it is none. */
  number(index: number): number {
    const value = this.#values[index];
    return typeof value === 'number' ? value : Number.NaN;
  }

  /** The text at an index; empty when it is none. */
  text(index: number): string {
    const value = this.#values[index];
    return typeof value === 'string' ? value : '';
  }

  /** Array that holds the octets at an index; see `start` and `size`. */
  bytes(index: number): Uint8Array {
    const value = this.#values[index];
    return value instanceof Uint8Array ? value : NO_OCTETS;
  }

  start(index: number): number {
    return this.#starts[index] ?? 0;
  }

  /** Octets of the value at an index. */
  size(index: number): number {
    return this.#values[index] instanceof Uint8Array ? (this.#lengths[index] ?? 0) : 0;
  }
}

/** Order of two octet strings, as numbers of the same length and as words in a dictionary: negative, 0, positive. */
export function compareOctets(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): number {
  const shared = Math.min(aLength, bLength);
  for (let i = 0; i < shared; i++) {
    const difference = u8(a, aStart + i) - u8(b, bStart + i);
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/**
 * Order of the first `bits` bits of two octet strings; octets past the end of one count as zero.
 */
export function compareBits(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bits: number,
): number {
  const whole = bits >>> 3;
  for (let i = 0; i < whole; i++) {
    const difference = (i < aLength ? u8(a, aStart + i) : 0) - u8(b, i);
    if (difference !== 0) return difference;
  }
  const rest = bits & 7;
  if (rest === 0) return 0;
  const mask = (0xff00 >>> rest) & 0xff;
  return ((whole < aLength ? u8(a, aStart + whole) : 0) & mask) - (u8(b, whole) & mask);
}

/** Octets as an unsigned big-endian number; NaN for none, and for more than a number can hold. */
export function octetsToNumber(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0 || length > 6) return Number.NaN;
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + u8(bytes, start + i);
  return value;
}

/** Finds one octet string in others, in linear time (Knuth, Morris, Pratt). */
export class OctetSearch {
  readonly #wanted: Uint8Array;
  /** For each length of a match so far, the longest shorter one that also ends here. */
  readonly #shorter: Int32Array;

  constructor(wanted: Uint8Array) {
    this.#wanted = wanted;
    this.#shorter = new Int32Array(wanted.length + 1);
    let matched = 0;
    for (let i = 1; i < wanted.length; i++) {
      while (matched > 0 && wanted[i] !== wanted[matched]) matched = this.#shorter[matched] ?? 0;
      if (wanted[i] === wanted[matched]) matched++;
      this.#shorter[i + 1] = matched;
    }
  }

  /** Whether the `length` octets at `bytes[start]` contain it. */
  isIn(bytes: Uint8Array, start: number, length: number): boolean {
    const wanted = this.#wanted;
    const size = wanted.length;
    if (size === 0) return true;
    let matched = 0;
    for (let i = 0; i < length; i++) {
      const octet = bytes[start + i];
      while (matched > 0 && octet !== wanted[matched]) matched = this.#shorter[matched] ?? 0;
      if (octet === wanted[matched] && ++matched === size) return true;
    }
    return false;
  }
}
