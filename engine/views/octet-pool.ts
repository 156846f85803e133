/**
 * Octet strings by number, each kept once, in little memory: all lie in one array.
 */
import { equalBytes, u8 } from '../../dissectors/core/bytes.ts';
import type { ValueList } from '../filter/values.ts';

const FIRST_STRINGS = 256;
const FIRST_OCTETS = 4096;
/** Places looked at for a string. Who makes many strings with one hash gets no number for them, and wins no time. */
const MAX_PROBES = 16;

/** Octet strings of at most 255 octets. */
export class OctetPool {
  /** Strings in it. */
  length = 0;
  readonly #maxStrings: number;
  #octets = new Uint8Array(FIRST_OCTETS);
  #used = 0;
  /** Where each string begins. */
  #starts = new Uint32Array(FIRST_STRINGS);
  #sizes = new Uint8Array(FIRST_STRINGS);
  /** Number of a string and one, by hash; twice as many places as strings. */
  #places = new Uint32Array(2 * FIRST_STRINGS);

  /** @param maxStrings further ones get no number */
  constructor(maxStrings: number) {
    this.#maxStrings = maxStrings;
  }

  /** Octets of memory. */
  get memory(): number {
    return this.#octets.length + 5 * this.#starts.length + 4 * this.#places.length;
  }

  /** Number of a string, which is added when it is not in yet; -1 when there is no room for it. */
  idOf(bytes: Uint8Array, start: number, length: number): number {
    if (length > 0xff) return -1;
    const at = this.#placeOf(bytes, start, length);
    if (at < 0) return -1;
    const known = this.#places[at] ?? 0;
    if (known > 0) return known - 1;
    if (this.length >= this.#maxStrings) return -1;
    const id = this.#add(bytes, start, length);
    this.#places[at] = id + 1;
    if (this.length * 2 > this.#places.length) this.#grow();
    return id;
  }

  /** Adds the string of a number to a list. */
  push(id: number, into: ValueList): void {
    if (id < this.length)
      into.pushOctets(this.#octets, this.#starts[id] ?? 0, this.#sizes[id] ?? 0);
  }

  #add(bytes: Uint8Array, start: number, length: number): number {
    const id = this.length++;
    if (id >= this.#starts.length) {
      const starts = new Uint32Array(2 * id);
      starts.set(this.#starts);
      this.#starts = starts;
      const sizes = new Uint8Array(2 * id);
      sizes.set(this.#sizes);
      this.#sizes = sizes;
    }
    if (this.#used + length > this.#octets.length) {
      const octets = new Uint8Array(2 * this.#octets.length);
      octets.set(this.#octets);
      this.#octets = octets;
    }
    this.#starts[id] = this.#used;
    this.#sizes[id] = length;
    for (let i = 0; i < length; i++) this.#octets[this.#used++] = u8(bytes, start + i);
    return id;
  }

  /** The place of a string, or the free one for it; -1 when there is none near its hash. */
  #placeOf(bytes: Uint8Array, start: number, length: number): number {
    const mask = this.#places.length - 1;
    const hash = hashOf(bytes, start, length);
    for (let i = 0; i < MAX_PROBES; i++) {
      const at = (hash + i) & mask;
      const known = this.#places[at] ?? 0;
      if (known === 0) return at;
      const id = known - 1;
      const isSame =
        this.#sizes[id] === length &&
        equalBytes(this.#octets, this.#starts[id] ?? 0, bytes, start, length);
      if (isSame) return at;
    }
    return -1;
  }

  #grow(): void {
    this.#places = new Uint32Array(this.#places.length * 2);
    for (let id = 0; id < this.length; id++) {
      const at = this.#placeOf(this.#octets, this.#starts[id] ?? 0, this.#sizes[id] ?? 0);
      // One that finds no place is added again when it comes again.
      if (at >= 0) this.#places[at] = id + 1;
    }
  }
}

function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ u8(bytes, start + i), 0x01000193);
  return hash ^ (hash >>> 15);
}
