/**
 * Bounded table keyed by IPv6 address octets, looked up without making a key.
 */
import { u8 } from '../../dissectors/core/bytes.ts';

const NONE = -1;
const FIRST_CAPACITY = 64;

/** 32 bits of an address as a signed number: what an Int32Array holds. */
function word(bytes: Uint8Array, offset: number): number {
  return (
    (u8(bytes, offset) << 24) |
    (u8(bytes, offset + 1) << 16) |
    (u8(bytes, offset + 2) << 8) |
    u8(bytes, offset + 3)
  );
}

/**
 * Table of at most `maxEntries` addresses. When full, the least recently used entry for which `mayEvict`
 * says yes first goes, else the least recently used one; `onEvict` hears of it.
 *
 * Numbers of all entries lie side by side in typed arrays: a look-up touches few cache lines, which is what it
 * costs when there are tens of thousands of addresses.
 */
export class AddressTable<V> {
  readonly maxEntries: number;
  readonly #seed: number;
  readonly #onEvict: ((value: V) => void) | undefined;
  readonly #mayEvict: ((value: V) => boolean) | undefined;
  /** First entry of each hash bucket; the number of buckets is a power of two. */
  #buckets = new Int32Array(FIRST_CAPACITY).fill(NONE);
  /** Four words of address an entry. */
  #words = new Int32Array(FIRST_CAPACITY * 4);
  /** Next entry of the bucket; of a free entry, the next free one. */
  #next = new Int32Array(FIRST_CAPACITY);
  /** Neighbours in order of use. */
  #older = new Int32Array(FIRST_CAPACITY);
  #newer = new Int32Array(FIRST_CAPACITY);
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
    for (let i = 0; i < 4; i++) this.#words[entry * 4 + i] = word(bytes, offset + i * 4);
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

  /** Addresses (copies of 16 octets) with their values, least recently used first. The table must not be changed meanwhile. */
  *entries(): IterableIterator<readonly [Uint8Array, V]> {
    for (let entry = this.#oldest; entry !== NONE; entry = at(this.#newer, entry)) {
      const value = this.#values[entry];
      if (value === undefined) continue;
      const address = new Uint8Array(16);
      const view = new DataView(address.buffer);
      for (let i = 0; i < 4; i++) view.setInt32(i * 4, at(this.#words, entry * 4 + i));
      yield [address, value];
    }
  }

  /** Values, least recently used first. The table must not be changed meanwhile. */
  *values(): IterableIterator<V> {
    for (let entry = this.#oldest; entry !== NONE; entry = at(this.#newer, entry)) {
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
    const words = this.#words;
    const i = entry * 4;
    return this.#hash(at(words, i), at(words, i + 1), at(words, i + 2), at(words, i + 3));
  }

  #find(bytes: Uint8Array, offset: number): number {
    if (this.#size === 0) return NONE;
    const a = word(bytes, offset);
    const b = word(bytes, offset + 4);
    const c = word(bytes, offset + 8);
    const d = word(bytes, offset + 12);
    const words = this.#words;
    let entry = at(this.#buckets, this.#hash(a, b, c, d));
    while (entry !== NONE) {
      const i = entry * 4;
      if (words[i + 3] === d && words[i + 2] === c && words[i + 1] === b && words[i] === a) break;
      entry = at(this.#next, entry);
    }
    return entry;
  }

  #allocate(): number {
    if (this.#free !== NONE) {
      const entry = this.#free;
      this.#free = at(this.#next, entry);
      return entry;
    }
    if (this.#used === this.#next.length) this.#grow();
    return this.#used++;
  }

  /** Puts an entry into its bucket. */
  #link(entry: number): void {
    const bucket = this.#bucketOf(entry);
    this.#next[entry] = at(this.#buckets, bucket);
    this.#buckets[bucket] = entry;
  }

  /** Puts an entry at the newest end. */
  #append(entry: number): void {
    this.#older[entry] = this.#newest;
    this.#newer[entry] = NONE;
    if (this.#newest !== NONE) this.#newer[this.#newest] = entry;
    this.#newest = entry;
    if (this.#oldest === NONE) this.#oldest = entry;
  }

  #unlink(entry: number): void {
    const older = at(this.#older, entry);
    const newer = at(this.#newer, entry);
    if (older !== NONE) this.#newer[older] = newer;
    else this.#oldest = newer;
    if (newer !== NONE) this.#older[newer] = older;
    else this.#newest = older;
  }

  #touch(entry: number): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    this.#append(entry);
  }

  #remove(entry: number): void {
    const bucket = this.#bucketOf(entry);
    const next = this.#next;
    if (this.#buckets[bucket] === entry) this.#buckets[bucket] = at(next, entry);
    else {
      let before = at(this.#buckets, bucket);
      while (next[before] !== entry) before = at(next, before);
      next[before] = at(next, entry);
    }
    this.#unlink(entry);
    this.#values[entry] = undefined;
    next[entry] = this.#free;
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
      candidate = at(this.#newer, candidate);
    }
    if (victim === NONE) return;
    const value = this.#values[victim];
    this.#remove(victim);
    if (value !== undefined) this.#onEvict?.(value);
  }

  #grow(): void {
    const capacity = this.#next.length * 2;
    this.#words = resized(this.#words, capacity * 4);
    this.#next = resized(this.#next, capacity);
    this.#older = resized(this.#older, capacity);
    this.#newer = resized(this.#newer, capacity);
    this.#buckets = new Int32Array(capacity).fill(NONE);
    for (let entry = this.#oldest; entry !== NONE; entry = at(this.#newer, entry))
      this.#link(entry);
  }
}

function at(numbers: Int32Array, index: number): number {
  return numbers[index] ?? NONE;
}

function resized(numbers: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(numbers);
  return larger;
}
