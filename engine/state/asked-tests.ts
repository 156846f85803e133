/**
 * Inits by correspondent and cookie, for answers that come to another address than the one that asked.
 */
import { equalBytes, u32 } from '../../dissectors/core/bytes.ts';

/** Inits remembered; the oldest goes first. A power of two. */
export const MAX_ASKED = 8192;
/** A power of two. */
const BUCKETS = 2 * MAX_ASKED;
const COOKIE_OCTETS = 8;
const ADDRESS_OCTETS = 16;

/** What an init is found by. */
export interface Asked {
  /** 8 octets. */
  readonly cookie: Uint8Array;
  readonly peer: Uint8Array;
}

/**
 * The last inits. They lie in a ring, and those of one hash hang on each other from the newest to the oldest: nothing is
 * removed, what the ring has overtaken ends the chain. An entry costs one cache line that is not at hand.
 */
export class AskedTests<T extends Asked> {
  readonly #seed: number;
  /** Made with the first. */
  #ring: (T | undefined)[] = [];
  /** By bucket, and by entry of the ring: number of the newest or next older entry; entries are numbered from 1. */
  #heads = new Uint32Array(0);
  #older = new Uint32Array(0);
  #last = 0;

  /** @param seed makes the hash unpredictable to whoever chooses cookies; results do not depend on it. */
  constructor(seed = 0x5bd1e995) {
    this.#seed = seed;
  }

  add(item: T): void {
    if (this.#heads.length === 0) {
      this.#heads = new Uint32Array(BUCKETS);
      this.#older = new Uint32Array(MAX_ASKED);
      this.#ring = new Array<T | undefined>(MAX_ASKED).fill(undefined);
    }
    // Numbers that have run out once are not told from older ones: start anew.
    if (this.#last === 0xffffffff) {
      this.#heads.fill(0);
      this.#last = 0;
    }
    const number = ++this.#last;
    const bucket = this.#bucketOf(item.peer, item.cookie);
    const place = number & (MAX_ASKED - 1);
    this.#older[place] = this.#heads[bucket] ?? 0;
    this.#ring[place] = item;
    this.#heads[bucket] = number;
  }

  /** The newest init with this cookie to a correspondent. @param cookie 8 octets */
  find(peer: Uint8Array, cookie: Uint8Array): T | undefined {
    if (this.#last === 0) return undefined;
    let number = this.#heads[this.#bucketOf(peer, cookie)] ?? 0;
    while (number !== 0 && this.#last - number < MAX_ASKED) {
      const place = number & (MAX_ASKED - 1);
      const item = this.#ring[place];
      if (item === undefined) return undefined;
      const isIt =
        equalBytes(item.cookie, 0, cookie, 0, COOKIE_OCTETS) &&
        equalBytes(item.peer, 0, peer, 0, ADDRESS_OCTETS);
      if (isIt) return item;
      number = this.#older[place] ?? 0;
    }
    return undefined;
  }

  #bucketOf(peer: Uint8Array, cookie: Uint8Array): number {
    let hash = mix(this.#seed, u32(cookie, 0));
    hash = mix(hash, u32(cookie, 4));
    for (let at = 0; at < ADDRESS_OCTETS; at += 4) hash = mix(hash, u32(peer, at));
    return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
  }
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ (hash >>> 15) ^ value, 0x85ebca6b);
}
