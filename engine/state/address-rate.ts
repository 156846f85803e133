/**
 * Counters over a window of time for what rules count by address: as `WindowCounts`, without making a key or an object.
 */
import { KeyedPlaces, NONE } from '../rules/keyed-places.ts';
import { addressKey } from '../../dissectors/core/address.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';
import { Different, LINGER } from './rate.ts';
import type { WindowBounds } from './rate.ts';

/** Keys looked at for one that may go. */
const EVICTION_SCAN = 32;
/** Keys forgotten for a new one, so that their number goes down. */
const FORGOTTEN_AT_ONCE = 2;
/** Parts of a window. */
const SLOTS = 8;
/** Numbers of a key: the parts, and their sum. */
const STRIDE = SLOTS + 1;
const FIRST_CAPACITY = 16;

/** Which of the parts a slot is counted in. Of numbers this large a remainder costs more than a division. */
function partOf(slot: number): number {
  return slot - Math.floor(slot / SLOTS) * SLOTS;
}

/**
 * How much there was of each address and number of 32 bits in the last `windowSeconds`, counted in eighths of the window:
 * the oldest eighth may be left out, nothing older than the window is counted.
 */
export class AddressCounts {
  /** Keys forgotten while they still counted. */
  evictions = 0;
  readonly #places: KeyedPlaces;
  readonly #maxEntries: number;
  readonly #slotLength: number;
  /** Microseconds after which a key has nothing left to say. */
  readonly #idle: number;
  readonly #clock: () => number;
  #counts = new Float64Array(FIRST_CAPACITY * STRIDE);

  /** @param clock time of the event, microseconds since 1970 */
  constructor({ windowSeconds, maxEntries }: WindowBounds, clock: () => number, seed?: number) {
    this.#maxEntries = maxEntries;
    this.#idle = windowSeconds * 1e6;
    this.#slotLength = this.#idle / SLOTS;
    this.#clock = clock;
    this.#places = new KeyedPlaces(seed);
  }

  /** Keys remembered. */
  get size(): number {
    return this.#places.size;
  }

  /** The same, for whoever asks tables and counters alike. */
  get entries(): number {
    return this.#places.size;
  }

  /** Adds to a key. @returns what it has in the window with that. */
  add(address: Uint8Array, tag = 0, amount = 1): number {
    const now = this.#clock();
    const slot = Math.floor(now / this.#slotLength);
    const places = this.#places;
    let place = places.find(address, undefined, tag | 0);
    if (place === NONE) place = this.#open(address, tag | 0, now, slot);
    else {
      // Packets of several captures may step back in time.
      if (places.timeOf(place) < now) places.setTime(place, now);
      places.touch(place);
      this.#advance(place, slot);
    }
    const at = place * STRIDE;
    // What comes late counts as if it came now.
    const part = at + partOf(places.numberOf(place));
    const counts = this.#counts;
    counts[part] = (counts[part] ?? 0) + amount;
    const sum = (counts[at + SLOTS] ?? 0) + amount;
    counts[at + SLOTS] = sum;
    return sum;
  }

  #open(address: Uint8Array, tag: number, now: number, slot: number): number {
    const places = this.#places;
    this.#forgetIdle(now);
    if (places.size >= this.#maxEntries) this.#evict(now);
    const place = places.insert(address, undefined, tag);
    places.setTime(place, now);
    places.setNumber(place, slot);
    const at = place * STRIDE;
    if (at >= this.#counts.length) {
      const counts = new Float64Array(this.#counts.length * 2);
      counts.set(this.#counts);
      this.#counts = counts;
    }
    this.#counts.fill(0, at, at + STRIDE);
    return place;
  }

  /** Moves on to a slot; what fell out of the window is forgotten. */
  #advance(place: number, slot: number): void {
    const before = this.#places.numberOf(place);
    if (slot <= before) return;
    const counts = this.#counts;
    const at = place * STRIDE;
    const last = Math.min(slot, before + SLOTS);
    for (let i = before + 1; i <= last; i++) {
      const part = at + partOf(i);
      counts[at + SLOTS] = (counts[at + SLOTS] ?? 0) - (counts[part] ?? 0);
      counts[part] = 0;
    }
    this.#places.setNumber(place, slot);
  }

  #forgetIdle(now: number): void {
    const places = this.#places;
    for (let i = 0; i < FORGOTTEN_AT_ONCE; i++) {
      const { oldest } = places;
      if (oldest === NONE || now - places.timeOf(oldest) <= this.#idle + LINGER) return;
      places.remove(oldest);
    }
  }

  /** Of the keys used longest ago one that has nothing left to say goes, else the one that counted least. */
  #evict(now: number): void {
    const places = this.#places;
    let victim = places.oldest;
    let least = Infinity;
    let place = victim;
    for (let i = 0; i < EVICTION_SCAN && place !== NONE; i++) {
      if (now - places.timeOf(place) > this.#idle) {
        places.remove(place);
        return;
      }
      const weight = this.#counts[place * STRIDE + SLOTS] ?? 0;
      if (weight < least) {
        least = weight;
        victim = place;
      }
      place = places.newer(place);
    }
    if (victim === NONE) return;
    places.remove(victim);
    this.evictions++;
  }
}

/**
 * How many different addresses each address and number of 32 bits had in the last `windowSeconds`: as `DistinctCounts`,
 * without making a key or an object as long as there is only one. A note can be kept with each key: it costs no look-up of
 * its own, and is forgotten with the key.
 */
export class AddressDistinct<N = undefined> {
  /** Keys forgotten while they still counted. */
  evictions = 0;
  readonly #places: KeyedPlaces;
  readonly #maxEntries: number;
  readonly #window: number;
  readonly #seed: number;
  readonly #clock: () => number;
  /** By place: the only one seen; undefined where there are more. */
  readonly #only: (Uint8Array | undefined)[] = [];
  readonly #more: (Different | undefined)[] = [];
  readonly #notes: (N | undefined)[] = [];

  /** @param clock time of the event, microseconds since 1970 */
  constructor({ windowSeconds, maxEntries }: WindowBounds, clock: () => number, seed = 0x5bd1e995) {
    this.#window = windowSeconds * 1e6;
    this.#maxEntries = maxEntries;
    this.#seed = seed;
    this.#clock = clock;
    this.#places = new KeyedPlaces(seed);
  }

  /** Keys remembered. */
  get size(): number {
    return this.#places.size;
  }

  /** The same, for whoever asks tables and counters alike. */
  get entries(): number {
    return this.#places.size;
  }

  /** Adds an address to a key. @returns how many different ones it has in the window with that. */
  add(address: Uint8Array, item: Uint8Array, tag = 0): number {
    const now = this.#clock();
    const places = this.#places;
    const place = places.find(address, undefined, tag | 0);
    if (place === NONE) {
      this.#open(address, item, tag | 0, now);
      return 1;
    }
    const before = places.timeOf(place);
    // Packets of several captures may step back in time.
    if (before < now) places.setTime(place, now);
    places.touch(place);
    const only = this.#only[place];
    if (only !== undefined) {
      if (equalBytes(only, 0, item, 0, 16)) return 1;
      if (now - before > this.#window) {
        this.#only[place] = item;
        return 1;
      }
      this.#only[place] = undefined;
      this.#more[place] = new Different(before, addressKey(only));
    }
    const more = this.#more[place];
    if (more === undefined) return 1;
    const count = more.add(addressKey(item), now, before, this.#window, this.#seed);
    return count;
  }

  /** The note kept with a key. */
  noteOf(address: Uint8Array, tag = 0): N | undefined {
    const place = this.#places.find(address, undefined, tag | 0);
    return place === NONE ? undefined : this.#notes[place];
  }

  /** Keeps a note with a key that something was added to. */
  setNote(note: N, address: Uint8Array, tag = 0): void {
    const place = this.#places.find(address, undefined, tag | 0);
    if (place !== NONE) this.#notes[place] = note;
  }

  #open(address: Uint8Array, item: Uint8Array, tag: number, now: number): void {
    const places = this.#places;
    for (let i = 0; i < FORGOTTEN_AT_ONCE; i++) {
      const { oldest } = places;
      if (oldest === NONE || now - places.timeOf(oldest) <= this.#window + LINGER) break;
      this.#remove(oldest);
    }
    if (places.size >= this.#maxEntries) this.#evict(now);
    const place = places.insert(address, undefined, tag);
    places.setTime(place, now);
    this.#only[place] = item;
    this.#more[place] = undefined;
    this.#notes[place] = undefined;
  }

  #remove(place: number): void {
    this.#only[place] = undefined;
    this.#more[place] = undefined;
    this.#notes[place] = undefined;
    this.#places.remove(place);
  }

  /** Of the keys used longest ago one that has nothing left to say goes, else the one with the fewest. */
  #evict(now: number): void {
    const places = this.#places;
    let victim = places.oldest;
    let least = Infinity;
    let place = victim;
    for (let i = 0; i < EVICTION_SCAN && place !== NONE; i++) {
      if (now - places.timeOf(place) > this.#window) {
        this.#remove(place);
        return;
      }
      const weight = this.#more[place]?.weight ?? 1;
      if (weight < least) {
        least = weight;
        victim = place;
      }
      place = places.newer(place);
    }
    if (victim === NONE) return;
    this.#remove(victim);
    this.evictions++;
  }
}
