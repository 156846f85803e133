/**
 * Bounded, expiring state of rules.
 */
import type { RuleTable } from './rule-api.ts';

/** One entry, between its neighbours in order of `set`. */
interface Entry<V> {
  readonly key: string;
  value: V;
  time: number;
  older: Entry<V> | undefined;
  newer: Entry<V> | undefined;
}

/**
 * Table that drops entries older than `ttlSeconds` and, when full, the one set longest ago.
 *
 * The order is a list of its own: a Map that entries are taken from and put behind again has to step over what was
 * taken to find its first, which in a full table of thousands costs microseconds for each `set`.
 */
export class ExpiringTable<V> implements RuleTable<V> {
  evictions = 0;
  readonly #entries = new Map<string, Entry<V>>();
  readonly #maxEntries: number;
  readonly #ttl: number;
  readonly #clock: () => number;
  #oldest: Entry<V> | undefined;
  #newest: Entry<V> | undefined;

  /** @param clock time of the event in microseconds since 1970. */
  constructor(bounds: { maxEntries: number; ttlSeconds: number }, clock: () => number) {
    this.#maxEntries = bounds.maxEntries;
    this.#ttl = bounds.ttlSeconds * 1e6;
    this.#clock = clock;
  }

  get size(): number {
    this.#expire();
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (this.#clock() - entry.time <= this.#ttl) return entry.value;
    this.#remove(entry);
    return undefined;
  }

  set(key: string, value: V): void {
    const time = this.#clock();
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.value = value;
      known.time = time;
      if (known === this.#newest) return;
      this.#unlink(known);
      this.#append(known);
      return;
    }
    const entry = { key, value, time, older: undefined, newer: undefined };
    this.#entries.set(key, entry);
    this.#append(entry);
    if (this.#entries.size <= this.#maxEntries) return;
    this.#expire();
    const oldest = this.#oldest;
    if (this.#entries.size > this.#maxEntries && oldest !== undefined) {
      this.#remove(oldest);
      this.evictions++;
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#remove(entry);
  }

  *values(): IterableIterator<V> {
    this.#expire();
    const entries: Entry<V>[] = [];
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) entries.push(entry);
    // Whoever reads them may delete and set entries meanwhile.
    for (const entry of entries) {
      if (this.#entries.get(entry.key) === entry) yield entry.value;
    }
  }

  /** Entries are in order of `set`, so the expired ones come first. */
  #expire(): void {
    const limit = this.#clock() - this.#ttl;
    let entry = this.#oldest;
    while (entry !== undefined && entry.time < limit) {
      this.#remove(entry);
      entry = this.#oldest;
    }
  }

  #remove(entry: Entry<V>): void {
    this.#entries.delete(entry.key);
    this.#unlink(entry);
  }

  #append(entry: Entry<V>): void {
    const newest = this.#newest;
    entry.older = newest;
    entry.newer = undefined;
    if (newest === undefined) this.#oldest = entry;
    else newest.newer = entry;
    this.#newest = entry;
  }

  #unlink({ older, newer }: Entry<V>): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}
