/**
 * Bounded, expiring state of rules, by addresses instead of texts.
 */
import { KeyedPlaces, NONE } from './keyed-places.ts';

/**
 * Microseconds after which an expired entry is removed before anybody looks at it, so that there are no more entries than
 * matter. Packets of several captures may step back in time by less.
 */
const LINGER = 4e6;
/** Entries removed for a new one, so that their number goes down. */
const REMOVED_AT_ONCE = 2;

/** Bounds of a table. */
export interface TableBounds {
  readonly maxEntries: number;
  readonly ttlSeconds: number;
}

/**
 * Values by one address or two and a number of 32 bits (a link, an SPI). Entries expire, and when full the one set longest
 * ago goes, as in a `RuleTable`.
 */
export class KeyedTable<V> {
  evictions = 0;
  readonly #places: KeyedPlaces;
  readonly #values: (V | undefined)[] = [];
  readonly #maxEntries: number;
  readonly #ttl: number;
  readonly #clock: () => number;

  /** @param clock time of the event in microseconds since 1970. */
  constructor(bounds: TableBounds, clock: () => number, seed?: number) {
    this.#maxEntries = bounds.maxEntries;
    this.#ttl = bounds.ttlSeconds * 1e6;
    this.#clock = clock;
    this.#places = new KeyedPlaces(seed);
  }

  get size(): number {
    this.#expire(Infinity, 0);
    return this.#places.size;
  }

  /** Entries, expired ones that nobody has looked at included. */
  get entries(): number {
    return this.#places.size;
  }

  get(a: Uint8Array, b?: Uint8Array, tag = 0): V | undefined {
    const places = this.#places;
    const place = places.find(a, b, tag | 0);
    if (place === NONE) return undefined;
    if (this.#clock() - places.timeOf(place) <= this.#ttl) return this.#values[place];
    this.#remove(place);
    return undefined;
  }

  /** Sets and refreshes the age; when full, the entry set longest ago goes. */
  set(value: V, a: Uint8Array, b?: Uint8Array, tag = 0): void {
    const places = this.#places;
    const now = this.#clock();
    const known = places.find(a, b, tag | 0);
    if (known !== NONE) {
      this.#values[known] = value;
      places.setTime(known, now);
      places.touch(known);
      return;
    }
    this.#expire(REMOVED_AT_ONCE, LINGER);
    const place = places.insert(a, b, tag | 0);
    this.#values[place] = value;
    places.setTime(place, now);
    if (places.size <= this.#maxEntries) return;
    this.#expire(Infinity, 0);
    if (places.size > this.#maxEntries) {
      this.#remove(places.oldest);
      this.evictions++;
    }
  }

  delete(a: Uint8Array, b?: Uint8Array, tag = 0): void {
    const place = this.#places.find(a, b, tag | 0);
    if (place !== NONE) this.#remove(place);
  }

  /** Values in order of `set`, as of now: the table may be changed meanwhile. */
  values(): readonly V[] {
    this.#expire(Infinity, 0);
    const all: V[] = [];
    const places = this.#places;
    for (let place = places.oldest; place !== NONE; place = places.newer(place)) {
      const value = this.#values[place];
      if (value !== undefined) all.push(value);
    }
    return all;
  }

  /** Entries are in order of `set`, so the expired ones come first. */
  #expire(most: number, linger: number): void {
    const places = this.#places;
    const limit = this.#clock() - this.#ttl - linger;
    for (let i = 0; i < most; i++) {
      const { oldest } = places;
      if (oldest === NONE || places.timeOf(oldest) >= limit) return;
      this.#remove(oldest);
    }
  }

  #remove(place: number): void {
    this.#values[place] = undefined;
    this.#places.remove(place);
  }
}

/** As a `KeyedTable`, of numbers: nothing is allocated for them. */
export class KeyedNumbers {
  evictions = 0;
  readonly #places: KeyedPlaces;
  readonly #maxEntries: number;
  readonly #ttl: number;
  readonly #clock: () => number;

  /** @param clock time of the event in microseconds since 1970. */
  constructor(bounds: TableBounds, clock: () => number, seed?: number) {
    this.#maxEntries = bounds.maxEntries;
    this.#ttl = bounds.ttlSeconds * 1e6;
    this.#clock = clock;
    this.#places = new KeyedPlaces(seed);
  }

  get size(): number {
    this.#expire(Infinity, 0);
    return this.#places.size;
  }

  /** Entries, expired ones that nobody has looked at included. */
  get entries(): number {
    return this.#places.size;
  }

  get(a: Uint8Array, b?: Uint8Array, tag = 0): number | undefined {
    const places = this.#places;
    const place = places.find(a, b, tag | 0);
    if (place === NONE) return undefined;
    if (this.#clock() - places.timeOf(place) <= this.#ttl) return places.numberOf(place);
    places.remove(place);
    return undefined;
  }

  /** Sets and refreshes the age; when full, the entry set longest ago goes. */
  set(value: number, a: Uint8Array, b?: Uint8Array, tag = 0): void {
    const places = this.#places;
    const now = this.#clock();
    let place = places.find(a, b, tag | 0);
    const isNew = place === NONE;
    if (isNew) {
      this.#expire(REMOVED_AT_ONCE, LINGER);
      place = places.insert(a, b, tag | 0);
    } else places.touch(place);
    places.setNumber(place, value);
    places.setTime(place, now);
    if (!isNew || places.size <= this.#maxEntries) return;
    this.#expire(Infinity, 0);
    if (places.size > this.#maxEntries) {
      places.remove(places.oldest);
      this.evictions++;
    }
  }

  delete(a: Uint8Array, b?: Uint8Array, tag = 0): void {
    const place = this.#places.find(a, b, tag | 0);
    if (place !== NONE) this.#places.remove(place);
  }

  /** Entries are in order of `set`, so the expired ones come first. */
  #expire(most: number, linger: number): void {
    const places = this.#places;
    const limit = this.#clock() - this.#ttl - linger;
    for (let i = 0; i < most; i++) {
      const { oldest } = places;
      if (oldest === NONE || places.timeOf(oldest) >= limit) return;
      places.remove(oldest);
    }
  }
}
