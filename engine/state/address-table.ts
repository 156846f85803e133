/**
 * Bounded table keyed by IPv6 address octets, looked up without making a key.
 */
import { copyOctets, equalBytes, u32 } from '../../dissectors/core/bytes.ts';

interface Entry<V> {
  readonly address: Uint8Array;
  value: V;
  hash: number;
  /** Chain of the hash bucket. */
  next: Entry<V> | undefined;
  /** Neighbours in order of use; `older` of the oldest is undefined. */
  older: Entry<V> | undefined;
  newer: Entry<V> | undefined;
}

/**
 * Table of at most `maxEntries` addresses. When full, the least recently used entry for which `mayEvict`
 * says yes first goes, else the least recently used one; `onEvict` hears of it.
 */
export class AddressTable<V> {
  readonly maxEntries: number;
  readonly #seed: number;
  #buckets: (Entry<V> | undefined)[];
  #oldest: Entry<V> | undefined;
  #newest: Entry<V> | undefined;
  #size = 0;
  readonly #onEvict: ((value: V) => void) | undefined;
  readonly #mayEvict: ((value: V) => boolean) | undefined;

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
    this.#buckets = new Array<Entry<V> | undefined>(64).fill(undefined);
  }

  get size(): number {
    return this.#size;
  }

  /** Value of the address at `offset`; counts as use. */
  get(bytes: Uint8Array, offset = 0): V | undefined {
    if (this.#size === 0) return undefined;
    const entry = this.#find(bytes, offset, this.#hash(bytes, offset));
    if (entry === undefined) return undefined;
    this.#touch(entry);
    return entry.value;
  }

  /** Whether the address at `offset` is present; does not count as use. */
  has(bytes: Uint8Array, offset = 0): boolean {
    return this.#size > 0 && this.#find(bytes, offset, this.#hash(bytes, offset)) !== undefined;
  }

  /** Sets the value of an address; the 16 octets are copied. */
  set(bytes: Uint8Array, offset: number, value: V): void {
    const hash = this.#hash(bytes, offset);
    const found = this.#find(bytes, offset, hash);
    if (found !== undefined) {
      found.value = value;
      this.#touch(found);
      return;
    }
    if (this.#size >= this.maxEntries) this.#evict();
    if (this.#size >= this.#buckets.length) this.#grow();
    const index = hash & (this.#buckets.length - 1);
    const entry: Entry<V> = {
      address: copyOctets(bytes, offset, offset + 16),
      value,
      hash,
      next: this.#buckets[index],
      older: this.#newest,
      newer: undefined,
    };
    this.#buckets[index] = entry;
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
    this.#size++;
  }

  /** Removes an address without calling `onEvict`. */
  delete(bytes: Uint8Array, offset = 0): void {
    const entry = this.#find(bytes, offset, this.#hash(bytes, offset));
    if (entry !== undefined) this.#remove(entry);
  }

  /** Values, least recently used first. The table must not be changed meanwhile. */
  *values(): IterableIterator<V> {
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) yield entry.value;
  }

  #hash(bytes: Uint8Array, offset: number): number {
    let hash = this.#seed;
    for (let i = 0; i < 16; i += 4) {
      hash = Math.imul(hash ^ u32(bytes, offset + i), 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  #find(bytes: Uint8Array, offset: number, hash: number): Entry<V> | undefined {
    let entry = this.#buckets[hash & (this.#buckets.length - 1)];
    while (entry !== undefined) {
      if (entry.hash === hash && equalBytes(entry.address, 0, bytes, offset, 16)) return entry;
      entry = entry.next;
    }
    return undefined;
  }

  #touch(entry: Entry<V>): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
  }

  #unlink(entry: Entry<V>): void {
    if (entry.older !== undefined) entry.older.newer = entry.newer;
    else this.#oldest = entry.newer;
    if (entry.newer !== undefined) entry.newer.older = entry.older;
    else this.#newest = entry.older;
  }

  #remove(entry: Entry<V>): void {
    const index = entry.hash & (this.#buckets.length - 1);
    let link = this.#buckets[index];
    if (link === entry) this.#buckets[index] = entry.next;
    else {
      while (link !== undefined && link.next !== entry) link = link.next;
      if (link !== undefined) link.next = entry.next;
    }
    this.#unlink(entry);
    this.#size--;
  }

  #evict(): void {
    let victim = this.#oldest;
    if (this.#mayEvict !== undefined) {
      let candidate = this.#oldest;
      for (let i = 0; i < AddressTable.EVICTION_SCAN && candidate !== undefined; i++) {
        if (this.#mayEvict(candidate.value)) {
          victim = candidate;
          break;
        }
        candidate = candidate.newer;
      }
    }
    if (victim === undefined) return;
    this.#remove(victim);
    this.#onEvict?.(victim.value);
  }

  #grow(): void {
    const buckets = new Array<Entry<V> | undefined>(this.#buckets.length * 2).fill(undefined);
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) {
      const index = entry.hash & (buckets.length - 1);
      entry.next = buckets[index];
      buckets[index] = entry;
    }
    this.#buckets = buckets;
  }
}
