/**
 * Keeps payload in tunnels from becoming an event for every packet, without making a key for any of them.
 */
import { i32 } from '../dissectors/core/bytes.ts';

/** Microseconds between events of one key. */
const INTERVAL = 1e6;
/** Places for keys, a power of two: a newer key takes the place of another, which at worst is told once more. */
const PLACES = 16_384;
/** Places for pairs of tunnel ends. */
const PAIR_PLACES = 4096;
/** Events a second of one pair of tunnel ends. */
export const PAIR_EVENTS = 256;

/** Mixes a 32-bit word into a hash. */
function mix(hash: number, value: number): number {
  const product = Math.imul(hash ^ value, 0x85ebca6b);
  return product ^ (product >>> 15);
}

/** Mixes the 16 octets of an address into a hash. */
function mixAddress(hash: number, bytes: Uint8Array, at: number): number {
  const half = mix(mix(hash, i32(bytes, at)), i32(bytes, at + 4));
  return mix(mix(half, i32(bytes, at + 8)), i32(bytes, at + 12));
}

/**
 * One event a second for each key, and a bound for each pair of tunnel ends. Memory is fixed: a place is found by some
 * bits of a hash that a seed makes unpredictable, and remembers all of it. Two keys are taken for one with a
 * probability of 2**-32.
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
  /** Hash of the key at hand, and of the ends of the tunnel in it. */
  #hash = 0;
  #pair = 0;
  /** Packets of the key since its last event, when `isDue` has said yes; this one included. */
  packets = 0;

  constructor(seed = 0x5bd1e995) {
    this.#seed = seed | 0;
  }

  /** Starts a key. */
  start(): void {
    this.#hash = this.#seed;
  }

  /** Adds an address. */
  address(bytes: Uint8Array, at: number): void {
    this.#hash = mixAddress(this.#hash, bytes, at);
  }

  /** Adds two addresses that follow each other, as in an IPv6 header. */
  addresses(bytes: Uint8Array, at: number): void {
    this.#hash = mixAddress(mixAddress(this.#hash, bytes, at), bytes, at + 16);
  }

  /** Adds 4 octets. */
  octets(bytes: Uint8Array, at: number): void {
    this.#hash = mix(this.#hash, i32(bytes, at));
  }

  /** Adds a number of 32 bits. */
  number(value: number): void {
    this.#hash = mix(this.#hash, value);
  }

  /** What was added so far are the ends of the tunnel. */
  endOfPair(): void {
    this.#pair = this.#hash;
  }

  /** Whether an event of the key is due. @param time microseconds since 1970. */
  isDue(time: number): boolean {
    const hash = this.#hash;
    const place = hash & (PLACES - 1);
    // Packets of several captures may step back in time.
    if (this.#tags[place] === hash && Math.abs(time - (this.#times[place] ?? 0)) < INTERVAL) {
      this.#counts[place] = (this.#counts[place] ?? 0) + 1;
      return false;
    }
    const pair = this.#pair & (PAIR_PLACES - 1);
    const isSamePair =
      this.#pairTags[pair] === this.#pair &&
      Math.abs(time - (this.#pairTimes[pair] ?? 0)) < INTERVAL;
    if (!isSamePair) {
      this.#pairTags[pair] = this.#pair;
      this.#pairTimes[pair] = time;
      this.#pairCounts[pair] = 0;
    }
    const count = this.#pairCounts[pair] ?? 0;
    if (count >= PAIR_EVENTS) return false;
    this.#pairCounts[pair] = count + 1;
    this.packets = this.#tags[place] === hash ? (this.#counts[place] ?? 0) + 1 : 1;
    this.#counts[place] = 0;
    this.#tags[place] = hash;
    this.#times[place] = time;
    return true;
  }
}
