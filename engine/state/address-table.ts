/**
 * Bounded table keyed by IPv6 address octets, looked up without making a key.
 */
import { i32 } from '../../dissectors/core/bytes.ts';

const NONE = -1;
/** A power of two. */
const FIRST_CAPACITY = 64;
/** Buckets for each entry there is room for, a power of two: most that are in use hold one. */
const BUCKETS = 2;

/**
 * Cells of one entry: what a look-up touches lies side by side, because cache lines are what it costs when there are tens
 * of thousands of addresses. Four words of address, the next entry of the bucket, and neighbours in order of use.
 */
const STRIDE = 8;
/** Of a free entry, the next free one. */
const NEXT = 4;
const OLDER = 5;
const NEWER = 6;

/**
 * Table of at most `maxEntries` addresses. When full, the least recently used entry for which `mayEvict`
 * says yes first goes, else the least recently used one; `onEvict` hears of it.
 */
export class AddressTable<V> {
  readonly maxEntries: number;
  readonly #seed: number;
  readonly #onEvict: ((value: V) => void) | undefined;
  readonly #mayEvict: ((value: V) => boolean) | undefined;
  /** First entry of each hash bucket; the number of buckets is a power of two. */
  #buckets = new Int32Array(FIRST_CAPACITY * BUCKETS).fill(NONE);
  #capacity = FIRST_CAPACITY;
  #cells = new Int32Array(FIRST_CAPACITY * STRIDE);
  readonly #values: (V | undefined)[] = [];
  #oldest = NONE;
  #newest = NONE;
  #free = NONE;
  #used = 0;
  #size = 0;

  /** Entries looked at for one that may go before a live one is evicted. */
  static readonly EVICTION_SCAN = 32;

  /** @param seed makes the hash unpredictable to whoever chooses addresses; results do not depend on it. */
  constructor(options: {
    maxEntries: number;
    seed?: number;
    onEvict?: (value: V) => void;
    mayEvict?: (value: V) => boolean;
  }) {
    this.maxEntries = options.maxEntries;
    this.#seed = options.seed ?? 0x5bd1e995;
    this.#onEvict = options.onEvict;
    this.#mayEvict = options.mayEvict;
  }

  get size(): number {
    return this.#size;
  }

  /** Value of the address at `offset`; counts as use. */
  get(bytes: Uint8Array, offset = 0): V | undefined {
    const entry = this.#find(bytes, offset);
    if (entry === NONE) return undefined;
    this.#touch(entry);
    return this.#values[entry];
  }

  /** Value of the address at `offset`; does not count as use. */
  peek(bytes: Uint8Array, offset = 0): V | undefined {
    const entry = this.#find(bytes, offset);
    return entry === NONE ? undefined : this.#values[entry];
  }

  /** Whether the address at `offset` is present; does not count as use. */
  has(bytes: Uint8Array, offset = 0): boolean {
    return this.#find(bytes, offset) !== NONE;
  }

  /** Sets the value of an address; the 16 octets are copied. */
  set(bytes: Uint8Array, offset: number, value: V): void {
    const found = this.#find(bytes, offset);
    if (found !== NONE) {
      this.#values[found] = value;
      this.#touch(found);
      return;
    }
    if (this.#size >= this.maxEntries) this.#evict();
    const entry = this.#allocate();
    for (let i = 0; i < 4; i++) this.#cells[entry * STRIDE + i] = i32(bytes, offset + i * 4);
    this.#values[entry] = value;
    this.#link(entry);
    this.#append(entry);
    this.#size++;
  }

  /** Removes an address without calling `onEvict`. */
  delete(bytes: Uint8Array, offset = 0): void {
    const entry = this.#find(bytes, offset);
    if (entry !== NONE) this.#remove(entry);
  }

  /** Removes the least recently used address when its value is over, without calling `onEvict`. @returns whether it was */
  deleteOldest(isOver: (value: V) => boolean): boolean {
    const oldest = this.#oldest;
    const value = oldest === NONE ? undefined : this.#values[oldest];
    if (value === undefined || !isOver(value)) return false;
    this.#remove(oldest);
    return true;
  }

  /** Addresses (copies of 16 octets) with their values, least recently used first. The table must not be changed meanwhile. */
  *entries(): IterableIterator<readonly [Uint8Array, V]> {
    for (let entry = this.#oldest; entry !== NONE; entry = this.#newer(entry)) {
      const value = this.#values[entry];
      if (value === undefined) continue;
      const address = new Uint8Array(16);
      const view = new DataView(address.buffer);
      for (let i = 0; i < 4; i++) view.setInt32(i * 4, at(this.#cells, entry * STRIDE + i));
      yield [address, value];
    }
  }

  /** Values, least recently used first. The table must not be changed meanwhile. */
  *values(): IterableIterator<V> {
    for (let entry = this.#oldest; entry !== NONE; entry = this.#newer(entry)) {
      const value = this.#values[entry];
      if (value !== undefined) yield value;
    }
  }

  #hash(a: number, b: number, c: number, d: number): number {
    let hash = Math.imul(this.#seed ^ a, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ c, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ d, 0x85ebca6b);
    return (hash ^ (hash >>> 15)) & (this.#buckets.length - 1);
  }

  #bucketOf(entry: number): number {
    const cells = this.#cells;
    const i = entry * STRIDE;
    return this.#hash(at(cells, i), at(cells, i + 1), at(cells, i + 2), at(cells, i + 3));
  }

  #newer(entry: number): number {
    return at(this.#cells, entry * STRIDE + NEWER);
  }

  #find(bytes: Uint8Array, offset: number): number {
    if (this.#size === 0) return NONE;
    const a = i32(bytes, offset);
    const b = i32(bytes, offset + 4);
    const c = i32(bytes, offset + 8);
    const d = i32(bytes, offset + 12);
    const cells = this.#cells;
    let entry = at(this.#buckets, this.#hash(a, b, c, d));
    while (entry !== NONE) {
      const i = entry * STRIDE;
      if (cells[i + 3] === d && cells[i + 2] === c && cells[i + 1] === b && cells[i] === a) break;
      entry = at(cells, i + NEXT);
    }
    return entry;
  }

  #allocate(): number {
    if (this.#free !== NONE) {
      const entry = this.#free;
      this.#free = at(this.#cells, entry * STRIDE + NEXT);
      return entry;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  /** Puts an entry into its bucket. */
  #link(entry: number): void {
    const bucket = this.#bucketOf(entry);
    this.#cells[entry * STRIDE + NEXT] = at(this.#buckets, bucket);
    this.#buckets[bucket] = entry;
  }

  /** Puts an entry at the newest end. */
  #append(entry: number): void {
    const cells = this.#cells;
    const newest = this.#newest;
    cells[entry * STRIDE + OLDER] = newest;
    cells[entry * STRIDE + NEWER] = NONE;
    if (newest !== NONE) cells[newest * STRIDE + NEWER] = entry;
    this.#newest = entry;
    if (this.#oldest === NONE) this.#oldest = entry;
  }

  #unlink(entry: number): void {
    const cells = this.#cells;
    const older = at(cells, entry * STRIDE + OLDER);
    const newer = at(cells, entry * STRIDE + NEWER);
    if (older !== NONE) cells[older * STRIDE + NEWER] = newer;
    else this.#oldest = newer;
    if (newer !== NONE) cells[newer * STRIDE + OLDER] = older;
    else this.#newest = older;
  }

  #touch(entry: number): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    this.#append(entry);
  }

  #remove(entry: number): void {
    const bucket = this.#bucketOf(entry);
    const cells = this.#cells;
    const next = at(cells, entry * STRIDE + NEXT);
    let before = at(this.#buckets, bucket);
    if (before === entry) this.#buckets[bucket] = next;
    else {
      while (before !== NONE) {
        const after = at(cells, before * STRIDE + NEXT);
        if (after === entry) {
          cells[before * STRIDE + NEXT] = next;
          break;
        }
        before = after;
      }
    }
    this.#unlink(entry);
    this.#values[entry] = undefined;
    cells[entry * STRIDE + NEXT] = this.#free;
    this.#free = entry;
    this.#size--;
  }

  #evict(): void {
    let victim = this.#oldest;
    let candidate = this.#oldest;
    for (let i = 0; i < AddressTable.EVICTION_SCAN && candidate !== NONE; i++) {
      const value = this.#values[candidate];
      if (value !== undefined && this.#mayEvict?.(value) === true) {
        victim = candidate;
        break;
      }
      candidate = this.#newer(candidate);
    }
    if (victim === NONE) return;
    const value = this.#values[victim];
    this.#remove(victim);
    if (value !== undefined) this.#onEvict?.(value);
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const cells = new Int32Array(capacity * STRIDE);
    cells.set(this.#cells);
    this.#cells = cells;
    this.#capacity = capacity;
    this.#buckets = new Int32Array(capacity * BUCKETS).fill(NONE);
    for (let entry = this.#oldest; entry !== NONE; entry = this.#newer(entry)) this.#link(entry);
  }
}

function at(numbers: Int32Array, index: number): number {
  return numbers[index] ?? NONE;
}
