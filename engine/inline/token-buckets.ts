/**
 * How many packets pass that rules with the verdict `rate-limit` object to: a bucket of tokens for each rule and object.
 */
import { ExpiringTable } from '../rule-table.ts';

/** How much passes of what one rule finds about one object. */
export interface RateLimit {
  /** Packets a second, more than 0. */
  readonly perSecond: number;
  /** Packets that pass at once, 1 or more. */
  readonly burst: number;
}

/** Buckets kept; those of further objects share one. */
export const MAX_BUCKETS = 16_384;

interface Bucket {
  tokens: number;
  /** When `tokens` was true, microseconds. */
  time: number;
}

/**
 * Buckets by rule and object. Objects may be made up by whoever sends packets: a full table forgets those that are full of
 * tokens again, and what is new then shares one bucket, so that filling the table lets nothing more pass.
 */
export class TokenBuckets {
  readonly #limit: RateLimit;
  readonly #buckets: ExpiringTable<Bucket>;
  readonly #others: Bucket;
  #now = 0;

  /** @throws RangeError for a limit that lets nothing pass, or is no number */
  constructor(limit: RateLimit) {
    const { perSecond, burst } = limit;
    if (!(perSecond > 0 && Number.isFinite(perSecond))) {
      throw new RangeError(`rate limit of ${perSecond} a second: expected a number above 0`);
    }
    if (!(burst >= 1 && Number.isFinite(burst))) {
      throw new RangeError(`burst of ${burst}: expected a number from 1 on`);
    }
    this.#limit = limit;
    this.#others = { tokens: burst, time: 0 };
    this.#buckets = new ExpiringTable(
      { maxEntries: MAX_BUCKETS, ttlSeconds: Math.ceil(burst / perSecond) },
      () => this.#now,
    );
  }

  /** Buckets in use. */
  get size(): number {
    return this.#buckets.entries;
  }

  /** Takes a token. @param now microseconds since 1970 @returns false when there was none */
  take(key: string, now: number): boolean {
    this.#now = now;
    const { burst, perSecond } = this.#limit;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_BUCKETS) bucket = this.#others;
      else bucket = { tokens: burst, time: now };
    }
    const passed = Math.max(0, now - bucket.time) / 1e6;
    bucket.tokens = Math.min(burst, bucket.tokens + passed * perSecond);
    bucket.time = now;
    const isLeft = bucket.tokens >= 1;
    if (isLeft) bucket.tokens--;
    if (bucket !== this.#others) this.#buckets.set(key, bucket);
    return isLeft;
  }
}
