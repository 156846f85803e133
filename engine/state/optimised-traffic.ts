/**
 * When a mobile node and a correspondent last used route optimisation: Home Address options one way, type 2 routing
 * headers the other. Kept in fixed memory, by two hashes of the two addresses; no packet allocates.
 */
import { u32 } from '../../dissectors/core/bytes.ts';

/** Places, a power of two: a newer pair takes the place of another. */
const PLACES = 16_384;
const FIRST = 0x85ebca6b;
const SECOND = 0xc2b2ae35;

function mix(hash: number, factor: number, word: number): number {
  const product = Math.imul(hash ^ word, factor);
  return product ^ (product >>> 15);
}

function mixAddress(hash: number, factor: number, bytes: Uint8Array, at: number): number {
  let mixed = mix(hash, factor, u32(bytes, at));
  mixed = mix(mixed, factor, u32(bytes, at + 4));
  mixed = mix(mixed, factor, u32(bytes, at + 8));
  return mix(mixed, factor, u32(bytes, at + 12));
}

/** Times of one direction. */
class PairTimes {
  readonly #seed: number;
  readonly #tags = new Int32Array(PLACES);
  readonly #times = new Float64Array(PLACES);

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  note(a: Uint8Array, atA: number, b: Uint8Array, atB: number, time: number): void {
    const place = this.#place(a, atA, b, atB);
    this.#tags[place] = this.#tag(a, atA, b, atB);
    this.#times[place] = time;
  }

  /** Microseconds since 1970, 0 = never, or forgotten for a newer pair. */
  at(a: Uint8Array, b: Uint8Array): number {
    const place = this.#place(a, 0, b, 0);
    return this.#tags[place] === this.#tag(a, 0, b, 0) ? (this.#times[place] ?? 0) : 0;
  }

  #place(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
    return mixAddress(mixAddress(this.#seed, FIRST, a, atA), FIRST, b, atB) & (PLACES - 1);
  }

  #tag(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
    return mixAddress(mixAddress(~this.#seed, SECOND, a, atA), SECOND, b, atB);
  }
}

/** Route-optimised packets by home address and correspondent. */
export class OptimisedTraffic {
  readonly #from: PairTimes;
  readonly #to: PairTimes;

  constructor(seed = 0x5bd1e995) {
    this.#from = new PairTimes(seed);
    this.#to = new PairTimes(~seed);
  }

  /** A packet with a Home Address option. @param time microseconds since 1970. */
  from(bytes: Uint8Array, homeAddress: number, destination: number, time: number): void {
    this.#from.note(bytes, homeAddress, bytes, destination, time);
  }

  /** A packet with a type 2 routing header. */
  to(bytes: Uint8Array, homeAddress: number, source: number, time: number): void {
    this.#to.note(bytes, homeAddress, bytes, source, time);
  }

  /** Last packet with this Home Address option to `peer`, microseconds since 1970; 0 = none known. */
  lastFrom(homeAddress: Uint8Array, peer: Uint8Array): number {
    return this.#from.at(homeAddress, peer);
  }

  /** Last packet with this type 2 routing header from `peer`. */
  lastTo(homeAddress: Uint8Array, peer: Uint8Array): number {
    return this.#to.at(homeAddress, peer);
  }
}
