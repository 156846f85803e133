/**
 * Keeps payload in tunnels from becoming an event for every packet, without making a key for any of them.
 */
import { u32 } from '../dissectors/core/bytes.ts';

/** Microseconds between events of one key. */
const INTERVAL = 1e6;
/** Places for keys, a power of two: a newer key takes the place of another, which at worst is told once more. */
const PLACES = 16_384;
/** Places for pairs of tunnel ends. */
const PAIR_PLACES = 4096;
/** Events a second of one pair of tunnel ends. */
export const PAIR_EVENTS = 256;

/** Factors of the two hashes. */
const FIRST = 0x85ebca6b;
const SECOND = 0xc2b2ae35;

/** Mixes a 32-bit word into a hash. */
function mix(hash: number, factor: number, word: number): number {
  const product = Math.imul(hash ^ word, factor);
  return product ^ (product >>> 15);
}

/** Mixes the 16 octets of an address into a hash. */
function mixAddress(hash: number, factor: number, bytes: Uint8Array, at: number): number {
  let mixed = mix(hash, factor, u32(bytes, at));
  mixed = mix(mixed, factor, u32(bytes, at + 4));
  mixed = mix(mixed, factor, u32(bytes, at + 8));
  return mix(mixed, factor, u32(bytes, at + 12));
}

/**
 * One event a second for each key, and a bound for each pair of tunnel ends. Memory is fixed: places are found by a
 * hash that a seed makes unpredictable, and each remembers a second hash of its key.
 */
export class TunnelLimit {
  readonly #seed: number;
  readonly #tags = new Int32Array(PLACES);
  readonly #times = new Float64Array(PLACES).fill(-INTERVAL);
  /** Packets since the last event of a key. */
  readonly #counts = new Int32Array(PLACES);
  readonly #pairTags = new Int32Array(PAIR_PLACES);
  readonly #pairTimes = new Float64Array(PAIR_PLACES).fill(-INTERVAL);
  readonly #pairCounts = new Int32Array(PAIR_PLACES);
  /** Hashes of the key at hand. */
  #first = 0;
  #second = 0;
  #pairFirst = 0;
  #pairSecond = 0;
  /** Packets of the key since its last event, when `isDue` has said yes; this one included. */
  packets = 0;

  constructor(seed = 0x5bd1e995) {
    this.#seed = seed | 0;
  }

  /** Starts a key. */
  start(): void {
    this.#first = this.#seed;
    this.#second = ~this.#seed;
  }

  /** Adds an address to the key. */
  address(bytes: Uint8Array, at: number): void {
    this.#first = mixAddress(this.#first, FIRST, bytes, at);
    this.#second = mixAddress(this.#second, SECOND, bytes, at);
  }

  /** Adds a number of 32 bits to the key. */
  number(value: number): void {
    this.#first = mix(this.#first, FIRST, value);
    this.#second = mix(this.#second, SECOND, value);
  }

  /** What was added so far are the ends of the tunnel. */
  endOfPair(): void {
    this.#pairFirst = this.#first;
    this.#pairSecond = this.#second;
  }

  /** Whether an event of the key is due. @param time microseconds since 1970. */
  isDue(time: number): boolean {
    const place = this.#first & (PLACES - 1);
    // Packets of several captures may step back in time.
    if (
      this.#tags[place] === this.#second &&
      Math.abs(time - (this.#times[place] ?? 0)) < INTERVAL
    ) {
      this.#counts[place] = (this.#counts[place] ?? 0) + 1;
      return false;
    }
    const pair = this.#pairFirst & (PAIR_PLACES - 1);
    const isSamePair =
      this.#pairTags[pair] === this.#pairSecond &&
      Math.abs(time - (this.#pairTimes[pair] ?? 0)) < INTERVAL;
    if (!isSamePair) {
      this.#pairTags[pair] = this.#pairSecond;
      this.#pairTimes[pair] = time;
      this.#pairCounts[pair] = 0;
    }
    const count = this.#pairCounts[pair] ?? 0;
    if (count >= PAIR_EVENTS) return false;
    this.#pairCounts[pair] = count + 1;
    this.packets = this.#tags[place] === this.#second ? (this.#counts[place] ?? 0) + 1 : 1;
    this.#counts[place] = 0;
    this.#tags[place] = this.#second;
    this.#times[place] = time;
    return true;
  }
}
