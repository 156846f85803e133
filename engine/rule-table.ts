/**
 * Bounded, expiring state of rules.
 */
import type { RuleTable } from './rule-api.ts';

const NONE = -1;
const FIRST_CAPACITY = 16;
/**
 * Microseconds after which an expired entry is removed before anybody looks at it, so that there are no more entries than
 * matter. Packets of several captures may step back in time by less.
 */
const LINGER = 4e6;
/** Entries removed for a new one, so that their number goes down. */
const REMOVED_AT_ONCE = 2;

/**
 * Table that drops entries older than `ttlSeconds` and, when full, the one set longest ago.
 *
 * The order is a list of its own: a Map that entries are taken from and put behind again has to step over what was
 * taken to find its first, which in a full table of thousands costs microseconds for each `set`. Times and neighbours of
 * all entries lie side by side, because rules have thousands of nodes in their tables and few of them at hand.
 */
export class ExpiringTable<V> implements RuleTable<V> {
  evictions = 0;
  /** Places of entries. */
  readonly #places = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #values: (V | undefined)[] = [];
  /** When each was set, microseconds. */
  #times = new Float64Array(FIRST_CAPACITY);
  /** Neighbours in order of `set`; of a free place, the next free one is its `newer`. */
  #older = new Int32Array(FIRST_CAPACITY);
  #newer = new Int32Array(FIRST_CAPACITY);
  #oldest = NONE;
  #newest = NONE;
  #free = NONE;
  readonly #maxEntries: number;
  readonly #ttl: number;
  readonly #clock: () => number;

  /** @param clock time of the event in microseconds since 1970. */
  constructor(bounds: { maxEntries: number; ttlSeconds: number }, clock: () => number) {
    this.#maxEntries = bounds.maxEntries;
    this.#ttl = bounds.ttlSeconds * 1e6;
    this.#clock = clock;
  }

  get size(): number {
    this.#expire();
    return this.#places.size;
  }

  /** Entries, expired ones that nobody has looked at included. */
  get entries(): number {
    return this.#places.size;
  }

  get(key: string): V | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    if (this.#clock() - timeAt(this.#times, place) <= this.#ttl) return this.#values[place];
    this.#remove(place);
    return undefined;
  }

  set(key: string, value: V): void {
    const known = this.#places.get(key);
    if (known !== undefined) {
      this.#values[known] = value;
      this.#times[known] = this.#clock();
      if (known === this.#newest) return;
      this.#unlink(known);
      this.#append(known);
      return;
    }
    this.#removeExpired();
    const place = this.#allocate();
    this.#keys[place] = key;
    this.#values[place] = value;
    this.#times[place] = this.#clock();
    this.#places.set(key, place);
    this.#append(place);
    if (this.#places.size <= this.#maxEntries) return;
    this.#expire();
    if (this.#places.size > this.#maxEntries) {
      this.#remove(this.#oldest);
      this.evictions++;
    }
  }

  delete(key: string): void {
    const place = this.#places.get(key);
    if (place !== undefined) this.#remove(place);
  }

  *values(): IterableIterator<V> {
    this.#expire();
    const keys: string[] = [];
    for (let place = this.#oldest; place !== NONE; place = numberAt(this.#newer, place)) {
      keys.push(this.#keys[place] ?? '');
    }
    // Whoever reads them may delete and set entries meanwhile.
    for (const key of keys) {
      const place = this.#places.get(key);
      const value = place === undefined ? undefined : this.#values[place];
      if (value !== undefined) yield value;
    }
  }

  /** Entries are in order of `set`, so the expired ones come first. */
  #expire(): void {
    const oldest = this.#oldest;
    if (oldest === NONE) return;
    const limit = this.#clock() - this.#ttl;
    let place = oldest;
    while (place !== NONE && timeAt(this.#times, place) < limit) {
      this.#remove(place);
      place = this.#oldest;
    }
  }

  /** Some of those that have expired for long. */
  #removeExpired(): void {
    const limit = this.#clock() - this.#ttl - LINGER;
    for (let i = 0; i < REMOVED_AT_ONCE; i++) {
      const place = this.#oldest;
      if (place === NONE || timeAt(this.#times, place) >= limit) return;
      this.#remove(place);
    }
  }

  #allocate(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = numberAt(this.#newer, free);
      return free;
    }
    const place = this.#keys.length;
    if (place === this.#times.length) {
      this.#times = larger(this.#times, new Float64Array(place * 2));
      this.#older = larger(this.#older, new Int32Array(place * 2));
      this.#newer = larger(this.#newer, new Int32Array(place * 2));
    }
    return place;
  }

  #remove(place: number): void {
    this.#places.delete(this.#keys[place] ?? '');
    this.#unlink(place);
    this.#keys[place] = '';
    this.#values[place] = undefined;
    this.#newer[place] = this.#free;
    this.#free = place;
  }

  #append(place: number): void {
    const newest = this.#newest;
    this.#older[place] = newest;
    this.#newer[place] = NONE;
    if (newest === NONE) this.#oldest = place;
    else this.#newer[newest] = place;
    this.#newest = place;
  }

  #unlink(place: number): void {
    const older = numberAt(this.#older, place);
    const newer = numberAt(this.#newer, place);
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }
}

function numberAt(numbers: Int32Array, place: number): number {
  return numbers[place] ?? NONE;
}

function timeAt(times: Float64Array, place: number): number {
  return times[place] ?? 0;
}

function larger<A extends Float64Array | Int32Array>(numbers: A, into: A): A {
  into.set(numbers);
  return into;
}
