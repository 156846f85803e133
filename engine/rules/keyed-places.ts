/**
 * Places for what rules remember of one address or of two, found without making a key.
 */
import { i32 } from '../../dissectors/core/bytes.ts';

/** No place. */
export const NONE = -1;
/** A power of two. */
const FIRST_CAPACITY = 16;
/** Buckets for each place there is room for, a power of two: most that are in use hold one. */
const BUCKETS = 2;

/**
 * Cells of one place: all that a look-up touches lies in one cache line, which is what it costs when there are thousands of
 * nodes. Eight words of addresses, a tag, the next place of the bucket, neighbours in order of use, and two numbers of
 * 64 bits.
 */
const STRIDE = 16;
const TAG = 8;
/** Of a free place, the next free one. */
const NEXT = 9;
const OLDER = 10;
const NEWER = 11;
/** Numbers of 64 bits, in units of 8 octets. */
const WIDE_STRIDE = 8;
const TIME = 6;
const NUMBER = 7;

/** Places in order of use, by one or two addresses and a number of 32 bits. */
export class KeyedPlaces {
  readonly #seed: number;
  #buckets = new Int32Array(FIRST_CAPACITY * BUCKETS).fill(NONE);
  #capacity = FIRST_CAPACITY;
  #cells = new Int32Array(FIRST_CAPACITY * STRIDE);
  #wide = new Float64Array(this.#cells.buffer);
  /** The key at hand. */
  readonly #key = new Int32Array(TAG + 1);
  #free = NONE;
  /** Places ever used. */
  #used = 0;
  #size = 0;
  #oldest = NONE;
  #newest = NONE;
  /** Hash of the key at hand. */
  #hash = 0;
  /** Whose key is at hand, and its place: who finds a place, or none, sets it next. */
  #lastA: Uint8Array | undefined;
  #lastB: Uint8Array | undefined;
  #lastTag = 0;
  #lastPlace = NONE;

  /** @param seed makes the hash unpredictable to whoever chooses addresses; results do not depend on it. */
  constructor(seed = 0x5bd1e995) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  /** The place used longest ago. */
  get oldest(): number {
    return this.#oldest;
  }

  get newest(): number {
    return this.#newest;
  }

  /** The place used next after one. */
  newer(place: number): number {
    return this.#cells[place * STRIDE + NEWER] ?? NONE;
  }

  timeOf(place: number): number {
    return this.#wide[place * WIDE_STRIDE + TIME] ?? 0;
  }

  setTime(place: number, time: number): void {
    this.#wide[place * WIDE_STRIDE + TIME] = time;
  }

  numberOf(place: number): number {
    return this.#wide[place * WIDE_STRIDE + NUMBER] ?? 0;
  }

  setNumber(place: number, number: number): void {
    this.#wide[place * WIDE_STRIDE + NUMBER] = number;
  }

  /** The place of a key. Addresses have 16 octets; `b` may be fewer octets of another kind, told apart by `tag`. */
  find(a: Uint8Array, b: Uint8Array | undefined, tag: number): number {
    if (this.#size === 0) return NONE;
    if (a === this.#lastA && b === this.#lastB && tag === this.#lastTag) return this.#lastPlace;
    this.#load(a, b, tag);
    this.#lastPlace = this.#lookUp();
    return this.#lastPlace;
  }

  /** A place for a key that has none, as the newest. */
  insert(a: Uint8Array, b: Uint8Array | undefined, tag: number): number {
    const place = this.#allocate();
    const isAtHand = a === this.#lastA && b === this.#lastB && tag === this.#lastTag;
    if (!isAtHand) this.#load(a, b, tag);
    const bucket = this.#hash & (this.#buckets.length - 1);
    const cells = this.#cells;
    const key = this.#key;
    const at = place * STRIDE;
    for (let i = 0; i <= TAG; i++) cells[at + i] = key[i] ?? 0;
    cells[at + NEXT] = this.#buckets[bucket] ?? NONE;
    this.#buckets[bucket] = place;
    this.#append(place);
    this.#size++;
    this.#lastPlace = place;
    return place;
  }

  /** Makes a place the newest. */
  touch(place: number): void {
    if (place === this.#newest) return;
    this.#unlink(place);
    this.#append(place);
  }

  remove(place: number): void {
    if (place === this.#lastPlace) this.#lastPlace = NONE;
    const cells = this.#cells;
    const next = cells[place * STRIDE + NEXT] ?? NONE;
    const bucket = hashOf(this.#seed, cells, place * STRIDE) & (this.#buckets.length - 1);
    let before = this.#buckets[bucket] ?? NONE;
    if (before === place) this.#buckets[bucket] = next;
    else {
      while (before !== NONE) {
        const after = cells[before * STRIDE + NEXT] ?? NONE;
        if (after === place) {
          cells[before * STRIDE + NEXT] = next;
          break;
        }
        before = after;
      }
    }
    this.#unlink(place);
    cells[place * STRIDE + NEXT] = this.#free;
    this.#free = place;
    this.#size--;
  }

  #lookUp(): number {
    const cells = this.#cells;
    const key = this.#key;
    const last = key[3];
    let place = this.#buckets[this.#hash & (this.#buckets.length - 1)] ?? NONE;
    while (place !== NONE) {
      const at = place * STRIDE;
      // The last words differ most.
      if (
        cells[at + 3] === last &&
        cells[at + 2] === key[2] &&
        cells[at + 1] === key[1] &&
        cells[at] === key[0] &&
        cells[at + 7] === key[7] &&
        cells[at + 6] === key[6] &&
        cells[at + 5] === key[5] &&
        cells[at + 4] === key[4] &&
        cells[at + TAG] === key[TAG]
      ) {
        return place;
      }
      place = cells[at + NEXT] ?? NONE;
    }
    return NONE;
  }

  /** Takes a key at hand. */
  #load(a: Uint8Array, b: Uint8Array | undefined, tag: number): void {
    const key = this.#key;
    key[0] = i32(a, 0);
    key[1] = i32(a, 4);
    key[2] = i32(a, 8);
    key[3] = i32(a, 12);
    if (b === undefined) key[4] = key[5] = key[6] = key[7] = 0;
    else {
      // Of more octets than an address has the first count; behind the end there are zeros.
      key[4] = i32(b, 0);
      key[5] = i32(b, 4);
      key[6] = i32(b, 8);
      key[7] = i32(b, 12);
    }
    key[TAG] = tag;
    this.#hash = hashOf(this.#seed, key, 0);
    this.#lastA = a;
    this.#lastB = b;
    this.#lastTag = tag;
    this.#lastPlace = NONE;
  }

  #allocate(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.#cells[free * STRIDE + NEXT] ?? NONE;
      return free;
    }
    const place = this.#used++;
    if (place === this.#capacity) this.#grow();
    return place;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const cells = new Int32Array(capacity * STRIDE);
    cells.set(this.#cells);
    this.#cells = cells;
    this.#wide = new Float64Array(cells.buffer);
    this.#capacity = capacity;
    this.#buckets = new Int32Array(capacity * BUCKETS).fill(NONE);
    // All places are in use when there is none left.
    for (let place = 0; place < this.#used - 1; place++) {
      const bucket = hashOf(this.#seed, cells, place * STRIDE) & (this.#buckets.length - 1);
      cells[place * STRIDE + NEXT] = this.#buckets[bucket] ?? NONE;
      this.#buckets[bucket] = place;
    }
  }

  #append(place: number): void {
    const cells = this.#cells;
    const newest = this.#newest;
    cells[place * STRIDE + OLDER] = newest;
    cells[place * STRIDE + NEWER] = NONE;
    if (newest === NONE) this.#oldest = place;
    else cells[newest * STRIDE + NEWER] = place;
    this.#newest = place;
  }

  #unlink(place: number): void {
    const cells = this.#cells;
    const older = cells[place * STRIDE + OLDER] ?? NONE;
    const newer = cells[place * STRIDE + NEWER] ?? NONE;
    if (older === NONE) this.#oldest = newer;
    else cells[older * STRIDE + NEWER] = newer;
    if (newer === NONE) this.#newest = older;
    else cells[newer * STRIDE + OLDER] = older;
  }
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ (hash >>> 15) ^ value, 0x85ebca6b);
}

/** Hash of the key that begins at a place. Most have one address only. */
function hashOf(seed: number, words: Int32Array, at: number): number {
  let hash = mix(seed, words[at] ?? 0);
  hash = mix(hash, words[at + 1] ?? 0);
  hash = mix(hash, words[at + 2] ?? 0);
  hash = mix(hash, words[at + 3] ?? 0);
  const e = words[at + 4] ?? 0;
  const f = words[at + 5] ?? 0;
  const g = words[at + 6] ?? 0;
  const h = words[at + 7] ?? 0;
  if ((e | f | g | h) !== 0) hash = mix(mix(mix(mix(hash, e), f), g), h);
  hash = mix(hash, words[at + TAG] ?? 0);
  return hash ^ (hash >>> 15);
}
