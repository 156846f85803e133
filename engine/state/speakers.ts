/**
 * Addresses that mobility messages came from.
 */
import { KeyedNumbers } from '../rules/keyed-table.ts';

/** Addresses remembered, and for how long, seconds: the one heard longest ago goes first. */
const BOUNDS = { maxEntries: 8192, ttlSeconds: 3600 };
/** Who goes on speaking is noted again after this time, microseconds. */
const NOTED_AGAIN = 60e6;

/** Who was heard within the last hour. */
export class Speakers {
  readonly #heard: KeyedNumbers;
  #now = 0;

  /** @param seed makes the hash unpredictable to whoever chooses addresses */
  constructor(seed?: number) {
    this.#heard = new KeyedNumbers(BOUNDS, () => this.#now, seed);
  }

  get evictions(): number {
    return this.#heard.evictions;
  }

  /** Something came from an address. @param time microseconds since 1970 */
  note(address: Uint8Array, time: number): void {
    this.#now = time;
    const noted = this.#heard.get(address);
    if (noted === undefined || Math.abs(time - noted) >= NOTED_AGAIN) {
      this.#heard.set(time, address);
    }
  }

  /** @param time microseconds since 1970 */
  has(address: Uint8Array, time: number): boolean {
    this.#now = time;
    return this.#heard.get(address) !== undefined;
  }
}
