/**
 * Counters of one rule, asked for by name.
 */
import { KeyedNumbers, KeyedTable } from './rules/keyed-table.ts';
import type { TableBounds } from './rules/keyed-table.ts';
import { AddressCounts, AddressDistinct } from './state/address-rate.ts';
import { DistinctCounts, TokenBuckets, WindowCounts } from './state/rate.ts';
import type { TokenBounds, WindowBounds } from './state/rate.ts';

export type { KeyedNumbers, KeyedTable, TableBounds } from './rules/keyed-table.ts';
export type { AddressCounts, AddressDistinct } from './state/address-rate.ts';
export type {
  DistinctCounts,
  TokenBounds,
  TokenBuckets,
  WindowBounds,
  WindowCounts,
} from './state/rate.ts';

/** Counters and tables that a rule keeps between events. Names of the kinds are apart; the first call sets the bounds. */
export interface CounterQueries {
  /** Token buckets: `take(key)` is false when the rate is exceeded. */
  buckets(name: string, bounds: TokenBounds): TokenBuckets;
  /** How much there was of a key in a window of time: `add(key)` gives the number with this one. */
  counts(name: string, bounds: WindowBounds): WindowCounts;
  /** How many different things a key had in a window of time: `add(key, thing)` gives the number with this one. */
  distinct(name: string, bounds: WindowBounds): DistinctCounts;
  /** As `counts`, by an address and a number of 32 bits. */
  countsOf(name: string, bounds: WindowBounds): AddressCounts;
  /** As `distinct`, of addresses, by an address and a number of 32 bits. With each key a note can be kept. */
  distinctOf<N = undefined>(name: string, bounds: WindowBounds): AddressDistinct<N>;
  /** As `table`, by one address or two and a number of 32 bits: the way to remember many nodes. */
  tableOf<V>(name: string, bounds: TableBounds): KeyedTable<V>;
  /** As `tableOf`, of numbers. */
  numbersOf(name: string, bounds: TableBounds): KeyedNumbers;
}

/**
 * The counters of one rule.
 * @param clock time of the event, microseconds since 1970
 * @param register hears of each new counter and its name
 */
export function ruleCounters(
  clock: () => number,
  register: (
    counter: { readonly evictions: number; readonly entries: number },
    name: string,
  ) => void = () => undefined,
  seed?: number,
): CounterQueries {
  const buckets = new Map<string, TokenBuckets>();
  const counts = new Map<string, WindowCounts>();
  const distinct = new Map<string, DistinctCounts>();
  const addressCounts = new Map<string, AddressCounts>();
  const addressDistinct = new Map<string, AddressDistinct<unknown>>();
  const tables = new Map<string, KeyedTable<unknown>>();
  const numbers = new Map<string, KeyedNumbers>();
  /** Keeps a new one. What is known already is looked up first, without anything made for it. */
  function added<C extends { readonly evictions: number; readonly entries: number }>(
    all: Map<string, C>,
    name: string,
    counter: C,
  ): C {
    all.set(name, counter);
    register(counter, name);
    return counter;
  }
  return {
    buckets: (name, bounds) =>
      buckets.get(name) ?? added(buckets, name, new TokenBuckets(bounds, clock)),
    counts: (name, bounds) =>
      counts.get(name) ?? added(counts, name, new WindowCounts(bounds, clock)),
    distinct: (name, bounds) =>
      distinct.get(name) ?? added(distinct, name, new DistinctCounts(bounds, clock, seed)),
    countsOf: (name, bounds) =>
      addressCounts.get(name) ?? added(addressCounts, name, new AddressCounts(bounds, clock, seed)),
    distinctOf<N = undefined>(name: string, bounds: WindowBounds): AddressDistinct<N> {
      const counter =
        addressDistinct.get(name) ??
        added(addressDistinct, name, new AddressDistinct<unknown>(bounds, clock, seed));
      // As with tables: the counter does not look at notes.
      return counter as AddressDistinct<N>;
    },
    tableOf<V>(name: string, bounds: TableBounds): KeyedTable<V> {
      const table = tables.get(name) ?? added(tables, name, new KeyedTable(bounds, clock, seed));
      // One rule asks for one name with one type; the table itself does not look at values.
      return table as KeyedTable<V>;
    },
    numbersOf: (name, bounds) =>
      numbers.get(name) ?? added(numbers, name, new KeyedNumbers(bounds, clock, seed)),
  };
}
