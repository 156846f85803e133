/**
 * Counters of one rule, asked for by name.
 */
import { DistinctCounts, TokenBuckets, WindowCounts } from './state/rate.ts';
import type { TokenBounds, WindowBounds } from './state/rate.ts';

export type {
  DistinctCounts,
  TokenBounds,
  TokenBuckets,
  WindowBounds,
  WindowCounts,
} from './state/rate.ts';

/** Counters that a rule keeps between events. Names of the three kinds are apart; the first call sets the bounds. */
export interface CounterQueries {
  /** Token buckets: `take(key)` is false when the rate is exceeded. */
  buckets(name: string, bounds: TokenBounds): TokenBuckets;
  /** How much there was of a key in a window of time: `add(key)` gives the number with this one. */
  counts(name: string, bounds: WindowBounds): WindowCounts;
  /** How many different things a key had in a window of time: `add(key, thing)` gives the number with this one. */
  distinct(name: string, bounds: WindowBounds): DistinctCounts;
}

/**
 * The counters of one rule.
 * @param clock time of the event, microseconds since 1970
 * @param register hears of each new counter
 */
export function ruleCounters(
  clock: () => number,
  register: (counter: { readonly evictions: number }) => void = () => undefined,
  seed?: number,
): CounterQueries {
  const buckets = new Map<string, TokenBuckets>();
  const counts = new Map<string, WindowCounts>();
  const distinct = new Map<string, DistinctCounts>();
  function named<C extends { readonly evictions: number }>(
    all: Map<string, C>,
    name: string,
    make: () => C,
  ): C {
    const known = all.get(name);
    if (known !== undefined) return known;
    const counter = make();
    all.set(name, counter);
    register(counter);
    return counter;
  }
  return {
    buckets: (name, bounds) => named(buckets, name, () => new TokenBuckets(bounds, clock)),
    counts: (name, bounds) => named(counts, name, () => new WindowCounts(bounds, clock)),
    distinct: (name, bounds) =>
      named(distinct, name, () => new DistinctCounts(bounds, clock, seed)),
  };
}
