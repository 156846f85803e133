/**
 * Bounded table keyed by two IPv6 addresses in any order, looked up without making a key: packets of both directions
 * between two nodes find one entry.
 */
import { i32 } from '../../dissectors/core/bytes.ts';

const NONE = -1;
/** A power of two. */
const FIRST_CAPACITY = 64;
/** Buckets for each entry there is room for, a power of two: most that are in use hold one. */
const BUCKETS = 2;
/** Entries looked at for one that may go before a live one is evicted. */
const EVICTION_SCAN = 32;

/**
 * Cells of one entry: all that a look-up touches lies in one cache line, which is what it costs when there are thousands of
 * pairs. Four words of each address of the pair and of a third one, the next entry of the bucket, and a number.
 */
const STRIDE = 16;
const SECOND = 4;
const THIRD = 8;
/** Of a free entry, the next free one. */
const NEXT = 12;
const NUMBER = 13;

/** Hash of one address of a pair. */
function hashOf(seed: number, a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(seed ^ a, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ c, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ d, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}

/** What a table keeps beside the value of a pair. */
export interface PairExtras {
  /** Another address that belongs to the pair, 16 octets: see `isThird`. */
  readonly third: Uint8Array;
  /** Any number of 32 bits: see `number`. */
  readonly number: number;
}

/**
 * At most `maxEntries` pairs. When full, a hand goes round: of the next 32 entries the first for which `mayEvict` says
 * yes goes, else the one at the hand.
 */
export class PairTable<V> {
  evictions = 0;
  readonly maxEntries: number;
  readonly #seed: number;
  readonly #mayEvict: (value: V) => boolean;
  #buckets = new Int32Array(FIRST_CAPACITY * BUCKETS).fill(NONE);
  #capacity = FIRST_CAPACITY;
  #cells = new Int32Array(FIRST_CAPACITY * STRIDE);
  readonly #values: (V | undefined)[] = [];
  #free = NONE;
  #used = 0;
  #size = 0;
  #hand = 0;
  /** The entry found last, and whether its addresses were asked for in the other order than they were set in. */
  #found = NONE;
  #isTurned = false;

  /** @param seed makes the hash unpredictable to whoever chooses addresses; results do not depend on it. */
  constructor(options: { maxEntries: number; seed?: number; mayEvict?: (value: V) => boolean }) {
    this.maxEntries = options.maxEntries;
    this.#seed = options.seed ?? 0x5bd1e995;
    this.#mayEvict = options.mayEvict ?? (() => false);
  }

  get size(): number {
    return this.#size;
  }

  /** Value of the pair of addresses at `a` and `b`. */
  get(bytes: Uint8Array, a: number, b: number): V | undefined {
    if (this.#size === 0) return undefined;
    const entry = this.#find(bytes, a, bytes, b);
    return entry === NONE ? undefined : this.#values[entry];
  }

  /** Whether the pair that `get` has found was asked for in the other order than it was set in. */
  get isTurned(): boolean {
    return this.#isTurned;
  }

  /** The number that was set with the pair that `get` has found. */
  get number(): number {
    return this.#cells[this.#found * STRIDE + NUMBER] ?? 0;
  }

  /** Whether the address at an offset is the third one of the pair that `get` has found. */
  isThird(bytes: Uint8Array, at: number): boolean {
    const cells = this.#cells;
    const third = this.#found * STRIDE + THIRD;
    return (
      cells[third + 3] === i32(bytes, at + 12) &&
      cells[third + 2] === i32(bytes, at + 8) &&
      cells[third + 1] === i32(bytes, at + 4) &&
      cells[third] === i32(bytes, at)
    );
  }

  /** Sets the value of a pair of addresses of 16 octets each, their order, and what is kept beside it. */
  set(a: Uint8Array, b: Uint8Array, value: V, extras?: PairExtras): void {
    let entry = this.#find(a, 0, b, 0);
    if (entry === NONE) {
      if (this.#size >= this.maxEntries) this.#evict();
      entry = this.#allocate();
      this.#write(entry, a, b);
      this.#link(entry);
      this.#size++;
    } else if (this.#isTurned) this.#write(entry, a, b);
    this.#values[entry] = value;
    if (extras === undefined) return;
    const at = entry * STRIDE;
    for (let i = 0; i < 4; i++) this.#cells[at + THIRD + i] = i32(extras.third, i * 4);
    this.#cells[at + NUMBER] = extras.number;
  }

  /** Value of a pair of addresses. */
  of(a: Uint8Array, b: Uint8Array): V | undefined {
    const entry = this.#find(a, 0, b, 0);
    return entry === NONE ? undefined : this.#values[entry];
  }

  delete(a: Uint8Array, b: Uint8Array): void {
    const entry = this.#find(a, 0, b, 0);
    if (entry !== NONE) this.#remove(entry);
  }

  #write(entry: number, a: Uint8Array, b: Uint8Array): void {
    const cells = this.#cells;
    const at = entry * STRIDE;
    for (let i = 0; i < 4; i++) {
      cells[at + i] = i32(a, i * 4);
      cells[at + SECOND + i] = i32(b, i * 4);
    }
  }

  /** The same for both orders. */
  #bucketOf(first: number, second: number): number {
    const sum = (first + second) | 0;
    return (sum ^ (sum >>> 16)) & (this.#buckets.length - 1);
  }

  #find(first: Uint8Array, a: number, second: Uint8Array, b: number): number {
    const a0 = i32(first, a);
    const a1 = i32(first, a + 4);
    const a2 = i32(first, a + 8);
    const a3 = i32(first, a + 12);
    const b0 = i32(second, b);
    const b1 = i32(second, b + 4);
    const b2 = i32(second, b + 8);
    const b3 = i32(second, b + 12);
    const seed = this.#seed;
    const bucket = this.#bucketOf(hashOf(seed, a0, a1, a2, a3), hashOf(seed, b0, b1, b2, b3));
    const cells = this.#cells;
    let entry = this.#buckets[bucket] ?? NONE;
    while (entry !== NONE) {
      const at = entry * STRIDE;
      // The last words differ most.
      const third = cells[at + 3];
      if (
        third === a3 &&
        cells[at + 7] === b3 &&
        cells[at + 2] === a2 &&
        cells[at + 6] === b2 &&
        cells[at + 1] === a1 &&
        cells[at + 5] === b1 &&
        cells[at] === a0 &&
        cells[at + 4] === b0
      ) {
        this.#isTurned = false;
        break;
      }
      if (
        third === b3 &&
        cells[at + 7] === a3 &&
        cells[at + 2] === b2 &&
        cells[at + 6] === a2 &&
        cells[at + 1] === b1 &&
        cells[at + 5] === a1 &&
        cells[at] === b0 &&
        cells[at + 4] === a0
      ) {
        this.#isTurned = true;
        break;
      }
      entry = cells[at + NEXT] ?? NONE;
    }
    this.#found = entry;
    return entry;
  }

  #allocate(): number {
    if (this.#free !== NONE) {
      const entry = this.#free;
      this.#free = this.#cells[entry * STRIDE + NEXT] ?? NONE;
      return entry;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #bucketOfEntry(entry: number): number {
    const cells = this.#cells;
    const hash = (at: number): number =>
      hashOf(
        this.#seed,
        cells[at] ?? 0,
        cells[at + 1] ?? 0,
        cells[at + 2] ?? 0,
        cells[at + 3] ?? 0,
      );
    return this.#bucketOf(hash(entry * STRIDE), hash(entry * STRIDE + SECOND));
  }

  #link(entry: number): void {
    const bucket = this.#bucketOfEntry(entry);
    this.#cells[entry * STRIDE + NEXT] = this.#buckets[bucket] ?? NONE;
    this.#buckets[bucket] = entry;
  }

  #remove(entry: number): void {
    const bucket = this.#bucketOfEntry(entry);
    const cells = this.#cells;
    const next = cells[entry * STRIDE + NEXT] ?? NONE;
    let before = this.#buckets[bucket] ?? NONE;
    if (before === entry) this.#buckets[bucket] = next;
    else {
      while (before !== NONE) {
        const after = cells[before * STRIDE + NEXT] ?? NONE;
        if (after === entry) {
          cells[before * STRIDE + NEXT] = next;
          break;
        }
        before = after;
      }
    }
    this.#values[entry] = undefined;
    cells[entry * STRIDE + NEXT] = this.#free;
    this.#free = entry;
    this.#size--;
  }

  #evict(): void {
    let victim = NONE;
    for (let i = 0; i < EVICTION_SCAN; i++) {
      const entry = (this.#hand + i) % this.#used;
      const value = this.#values[entry];
      if (value === undefined) continue;
      if (victim === NONE) victim = entry;
      if (!this.#mayEvict(value)) continue;
      victim = entry;
      break;
    }
    if (victim === NONE) return;
    this.#hand = (victim + 1) % this.#used;
    this.#remove(victim);
    this.evictions++;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const cells = new Int32Array(capacity * STRIDE);
    cells.set(this.#cells);
    this.#cells = cells;
    this.#capacity = capacity;
    this.#buckets = new Int32Array(capacity * BUCKETS).fill(NONE);
    for (let entry = 0; entry < this.#used; entry++) {
      if (this.#values[entry] !== undefined) this.#link(entry);
    }
  }
}
