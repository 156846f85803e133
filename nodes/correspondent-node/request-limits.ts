/**
 * How much a correspondent node answers to senders that have proved nothing: per source, per prefix and in total, in
 * memory that no sender can make grow.
 *
 * Sources and prefixes share slots by a hash that nobody outside can foresee. A sender has two slots and the fuller one of
 * them does not count (as in a count-min sketch), so that a loud neighbor in one slot takes nothing from it.
 */
import { u32, u8 } from '../../dissectors/core/bytes.ts';
import type { RandomSource, Scheduler } from '../../engine/ports.ts';

/** Requests at once, and a second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Limits of a node. */
export interface RequestLimitOptions {
  /** Default 6 a second, 12 at once: twice MAX_UPDATE_RATE (RFC 6275 section 11.8). */
  readonly perSource?: Rate;
  /** Of all sources of a /64. Default 200 a second, 400 at once. */
  readonly perPrefix?: Rate;
  /** Default 1000 a second, 2000 at once. */
  readonly total?: Rate;
}

/** Which limit said no. */
export type RequestVerdict = 'granted' | 'source' | 'prefix' | 'total';

const ADDRESS_OCTETS = 16;
const PREFIX_OCTETS = 8;
const SOURCE_SLOTS = 4096;
const PREFIX_SLOTS = 1024;

/** Milliseconds that one request takes out of a rate, and how far ahead of time it may be. */
function spacing({ burst, perSecond }: Rate): { readonly step: number; readonly ahead: number } {
  const step = 1000 / perSecond;
  // A little more, so that sums of steps that are no whole numbers do not cost a request.
  return { step, ahead: step * (burst - 0.999) };
}

/**
 * Slots with the time at which each would have caught up (generic cell rate algorithm: one number is a token bucket).
 */
class RateSlots {
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  readonly #step: number;
  readonly #ahead: number;

  /** @param slots a power of two up to 65536 */
  constructor(slots: number, rate: Rate) {
    this.#first = new Float64Array(slots).fill(-Infinity);
    this.#second = new Float64Array(slots).fill(-Infinity);
    ({ step: this.#step, ahead: this.#ahead } = spacing(rate));
  }

  get octets(): number {
    return this.#first.byteLength + this.#second.byteLength;
  }

  allows(hash: number, now: number): boolean {
    return this.#due(hash) <= now + this.#ahead;
  }

  take(hash: number, now: number): void {
    const mask = this.#first.length - 1;
    const next = Math.max(now, this.#due(hash)) + this.#step;
    const first = hash & mask;
    const second = (hash >>> 16) & mask;
    this.#first[first] = Math.max(next, this.#first[first] ?? 0);
    this.#second[second] = Math.max(next, this.#second[second] ?? 0);
  }

  #due(hash: number): number {
    const mask = this.#first.length - 1;
    return Math.min(this.#first[hash & mask] ?? 0, this.#second[(hash >>> 16) & mask] ?? 0);
  }
}

/** Limits in fixed memory. */
export class RequestLimits {
  readonly #scheduler: Pick<Scheduler, 'now'>;
  /** Tabulation hashing: a random word for each value of each octet. */
  readonly #words = new Uint32Array(ADDRESS_OCTETS * 256);
  readonly #sources: RateSlots;
  readonly #prefixes: RateSlots;
  readonly #total: RateSlots;

  constructor(
    scheduler: Pick<Scheduler, 'now'>,
    random: RandomSource,
    {
      perSource = { burst: 12, perSecond: 6 },
      perPrefix = { burst: 400, perSecond: 200 },
      total = { burst: 2000, perSecond: 1000 },
    }: RequestLimitOptions = {},
  ) {
    this.#scheduler = scheduler;
    const octets = random.octets(this.#words.byteLength);
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = u32(octets, 4 * i);
    this.#sources = new RateSlots(SOURCE_SLOTS, perSource);
    this.#prefixes = new RateSlots(PREFIX_SLOTS, perPrefix);
    this.#total = new RateSlots(1, total);
  }

  /** Octets that it takes, whatever comes. */
  get octets(): number {
    return (
      this.#words.byteLength + this.#sources.octets + this.#prefixes.octets + this.#total.octets
    );
  }

  /** Takes a request of a source off its limits; one that is refused counts nowhere. */
  take(source: Uint8Array): RequestVerdict {
    const { now } = this.#scheduler;
    const address = this.#hash(source, ADDRESS_OCTETS);
    const prefix = this.#hash(source, PREFIX_OCTETS);
    if (!this.#sources.allows(address, now)) return 'source';
    if (!this.#prefixes.allows(prefix, now)) return 'prefix';
    if (!this.#total.allows(0, now)) return 'total';
    this.#sources.take(address, now);
    this.#prefixes.take(prefix, now);
    this.#total.take(0, now);
    return 'granted';
  }

  #hash(address: Uint8Array, octets: number): number {
    let hash = 0;
    for (let i = 0; i < octets; i++) hash ^= this.#words[i * 256 + u8(address, i)] ?? 0;
    return hash >>> 0;
  }
}
