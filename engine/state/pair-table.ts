/**
 * Bounded table keyed by two IPv6 addresses in any order, looked up without making a key: packets of both directions
 * between two nodes find one entry.
 */
import { u32 } from '../../dissectors/core/bytes.ts';

const NONE = -1;
const FIRST_CAPACITY = 64;
/** Words of a key. */
const WORDS = 8;
/** Entries looked at for one that may go before a live one is evicted. */
const EVICTION_SCAN = 32;

/** Whether the address at `a` comes after the one at `b`. */
function isAfter(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < 16; i += 4) {
    const first = u32(bytes, a + i);
    const second = u32(bytes, b + i);
    if (first !== second) return first > second;
  }
  return false;
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
  #buckets = new Int32Array(FIRST_CAPACITY).fill(NONE);
  #words = new Int32Array(FIRST_CAPACITY * WORDS);
  /** Next entry of the bucket; of a free entry, the next free one. */
  #next = new Int32Array(FIRST_CAPACITY);
  readonly #values: (V | undefined)[] = [];
  /** Key at hand. */
  readonly #key = new Int32Array(WORDS);
  #free = NONE;
  #used = 0;
  #size = 0;
  #hand = 0;

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
    this.#load(bytes, a, b);
    const entry = this.#find();
    return entry === NONE ? undefined : this.#values[entry];
  }

  /** Sets the value of a pair of addresses of 16 octets each. */
  set(a: Uint8Array, b: Uint8Array, value: V): void {
    const both = joined(a, b);
    this.#load(both, 0, 16);
    const found = this.#find();
    if (found !== NONE) {
      this.#values[found] = value;
      return;
    }
    if (this.#size >= this.maxEntries) {
      this.#evict();
      this.#load(both, 0, 16);
    }
    const entry = this.#allocate();
    this.#words.set(this.#key, entry * WORDS);
    this.#values[entry] = value;
    this.#link(entry);
    this.#size++;
  }

  /** Value of a pair of addresses. */
  of(a: Uint8Array, b: Uint8Array): V | undefined {
    return this.get(joined(a, b), 0, 16);
  }

  delete(a: Uint8Array, b: Uint8Array): void {
    this.#load(joined(a, b), 0, 16);
    const entry = this.#find();
    if (entry !== NONE) this.#remove(entry);
  }

  #load(bytes: Uint8Array, a: number, b: number): void {
    const isSwapped = isAfter(bytes, a, b);
    const first = isSwapped ? b : a;
    const second = isSwapped ? a : b;
    const key = this.#key;
    for (let i = 0; i < 4; i++) {
      key[i] = u32(bytes, first + i * 4);
      key[i + 4] = u32(bytes, second + i * 4);
    }
  }

  #bucketOf(words: Int32Array, at: number): number {
    let hash = this.#seed;
    for (let i = 0; i < WORDS; i++) {
      hash = Math.imul(hash ^ (hash >>> 15) ^ (words[at + i] ?? 0), 0x85ebca6b);
    }
    return (hash ^ (hash >>> 15)) & (this.#buckets.length - 1);
  }

  #find(): number {
    const key = this.#key;
    const words = this.#words;
    let entry = this.#buckets[this.#bucketOf(key, 0)] ?? NONE;
    while (entry !== NONE) {
      const at = entry * WORDS;
      let i = 0;
      while (i < WORDS && words[at + i] === key[i]) i++;
      if (i === WORDS) break;
      entry = this.#next[entry] ?? NONE;
    }
    return entry;
  }

  #allocate(): number {
    if (this.#free !== NONE) {
      const entry = this.#free;
      this.#free = this.#next[entry] ?? NONE;
      return entry;
    }
    if (this.#used === this.#next.length) this.#grow();
    return this.#used++;
  }

  #link(entry: number): void {
    const bucket = this.#bucketOf(this.#words, entry * WORDS);
    this.#next[entry] = this.#buckets[bucket] ?? NONE;
    this.#buckets[bucket] = entry;
  }

  #remove(entry: number): void {
    const bucket = this.#bucketOf(this.#words, entry * WORDS);
    const next = this.#next;
    if (this.#buckets[bucket] === entry) this.#buckets[bucket] = next[entry] ?? NONE;
    else {
      let before = this.#buckets[bucket] ?? NONE;
      while (before !== NONE && next[before] !== entry) before = next[before] ?? NONE;
      if (before !== NONE) next[before] = next[entry] ?? NONE;
    }
    this.#values[entry] = undefined;
    next[entry] = this.#free;
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
    const capacity = this.#next.length * 2;
    const words = new Int32Array(capacity * WORDS);
    words.set(this.#words);
    this.#words = words;
    this.#next = new Int32Array(capacity);
    this.#buckets = new Int32Array(capacity).fill(NONE);
    for (let entry = 0; entry < this.#used; entry++) {
      if (this.#values[entry] !== undefined) this.#link(entry);
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(32);
  both.set(a);
  both.set(b, 16);
  return both;
}
