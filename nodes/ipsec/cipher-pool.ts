/**
 * Keeps the number of ciphers bounded: one takes some kilobytes, a home agent with a hundred thousand mobile nodes has
 * several for each, and most of them are used once in many minutes. Keys stay; what is made of them is made again.
 */

/** Somebody who has ciphers. */
export interface CipherOwner {
  /** Set at each use. */
  wasUsed: boolean;
  /** Lets go of them. */
  dropCiphers(): void;
}

/** Ciphers of tunnels that exist when the caller says nothing: about 15 MB. */
export const DEFAULT_CIPHERS = 4096;
/**
 * Those of transport mode. Signalling comes once in minutes from each of many, so that hardly any is found again; few
 * are short-lived, and short-lived ones are collected soon: with many, a home agent of a hundred thousand mobile nodes
 * has 300 MB of what waits to be collected.
 */
export const SIGNALLING_CIPHERS = 64;

/** At most so many owners have ciphers; who has not been used since the hand passed gives way (CLOCK). */
export class CipherPool {
  readonly capacity: number;
  readonly #owners: CipherOwner[] = [];
  #hand = 0;

  /** @param capacity 1 or more */
  constructor(capacity = DEFAULT_CIPHERS) {
    this.capacity = Math.max(1, capacity);
  }

  /** Owners with ciphers. */
  get size(): number {
    return this.#owners.length;
  }

  /** Somebody has made ciphers. */
  admit(owner: CipherOwner): void {
    if (this.#owners.length < this.capacity) {
      this.#owners.push(owner);
      return;
    }
    // Two rounds at most: the first may only take marks away.
    for (let i = 0; i < 2 * this.capacity; i++) {
      const candidate = this.#owners[this.#hand];
      if (candidate === undefined || !candidate.wasUsed) break;
      candidate.wasUsed = false;
      this.#hand = (this.#hand + 1) % this.capacity;
    }
    this.#owners[this.#hand]?.dropCiphers();
    this.#owners[this.#hand] = owner;
    this.#hand = (this.#hand + 1) % this.capacity;
  }

  /** Somebody is gone for good. */
  release(owner: CipherOwner): void {
    const index = this.#owners.indexOf(owner);
    if (index < 0) return;
    const last = this.#owners.pop();
    if (last !== undefined && last !== owner) this.#owners[index] = last;
    if (this.#hand >= this.#owners.length) this.#hand = 0;
  }
}
