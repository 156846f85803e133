/**
 * Bounded, expiring state of rules.
 */
import type { RuleTable } from './rule-api.ts';

/** Table that drops entries older than `ttlSeconds` and, when full, the one set longest ago. */
export class ExpiringTable<V> implements RuleTable<V> {
  evictions = 0;
  readonly #entries = new Map<string, { value: V; time: number }>();
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
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (this.#clock() - entry.time <= this.#ttl) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, time: this.#clock() });
    if (this.#entries.size <= this.#maxEntries) return;
    this.#expire();
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#maxEntries && oldest.done !== true) {
      this.#entries.delete(oldest.value);
      this.evictions++;
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  *values(): IterableIterator<V> {
    this.#expire();
    for (const entry of this.#entries.values()) yield entry.value;
  }

  /** Entries are in order of `set`, so the expired ones come first. */
  #expire(): void {
    const limit = this.#clock() - this.#ttl;
    for (const [key, entry] of this.#entries) {
      if (entry.time >= limit) return;
      this.#entries.delete(key);
    }
  }
}
