/**
 * Initialization vectors: unpredictable ones for CBC, unique ones for counter modes.
 */
import { putU32, u32, u8 } from '../../dissectors/core/bytes.ts';
import type { RandomSource } from '../../engine/ports.ts';

/** Octets fetched at a time: a call of the source costs more than the octets. */
const FETCHED = 4096;

/** Octets of a random source, given out once each. RFC 3602 section 3: an IV must not be foreseeable. */
export class RandomOctets {
  readonly #random: RandomSource;
  #octets: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** Fills an array of at most 4096 octets. */
  fill(into: Uint8Array): void {
    const { length } = into;
    if (this.#at + length > this.#octets.length) {
      this.#octets = this.#random.octets(FETCHED);
      this.#at = 0;
    }
    for (let i = 0; i < length; i++) {
      into[i] = u8(this.#octets, this.#at + i);
      // Nobody finds an IV of before in memory that was handed out again by mistake.
      this.#octets[this.#at + i] = 0;
    }
    this.#at += length;
  }
}

/**
 * IVs of 8 octets that do not come twice: a counter of 64 bits from a random start. The start makes manual keys safe
 * that RFC 4106 section 2 and RFC 3686 section 2 warn of: neither a restart nor one key for both directions leads to an
 * IV that was used, but for odds of about one in 2**31 for 2**32 packets.
 */
export class IvCounter {
  #high: number;
  #low: number;

  constructor(random: RandomOctets) {
    const start = new Uint8Array(8);
    random.fill(start);
    this.#high = u32(start, 0);
    this.#low = u32(start, 4);
  }

  /** Writes the next one into 8 octets. */
  next(into: Uint8Array): void {
    this.#low = (this.#low + 1) >>> 0;
    if (this.#low === 0) this.#high = (this.#high + 1) >>> 0;
    putU32(into, 0, this.#high);
    putU32(into, 4, this.#low);
  }
}
