import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey } from '../../../dissectors/core/address.ts';
import { KeyedNumbers, KeyedTable } from '../../../engine/rules/keyed-table.ts';
import { ExpiringTable } from '../../../engine/rule-table.ts';
import { AddressCounts, AddressDistinct } from '../../../engine/state/address-rate.ts';
import { DistinctCounts, WindowCounts } from '../../../engine/state/rate.ts';

const SECOND = 1e6;

/** Addresses that differ in their first, middle and last octets. */
function address(number: number): Uint8Array {
  const octets = new Uint8Array(16).fill(0x20);
  octets[15] = number;
  octets[8] = number >> 8;
  octets[0] = number % 3;
  return octets;
}

const ADDRESSES = Array.from({ length: 6 }, (_, i) => address(i));

interface Key {
  readonly a: Uint8Array;
  readonly b: Uint8Array | undefined;
  readonly tag: number;
}

const someAddress = fc.constantFrom(...ADDRESSES);
const someKey: fc.Arbitrary<Key> = fc.record({
  a: someAddress,
  b: fc.option(someAddress, { nil: undefined }),
  tag: fc.constantFrom(0, 1, -1, 0xffff_ffff),
});
const operations = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'set', 'set', 'get', 'delete', 'values', 'wait'),
    key: someKey,
    seconds: fc.integer({ min: 1, max: 8 }),
  }),
  { maxLength: 80 },
);

/** The same key as text; tags of 32 bits are the same with and without a sign. */
function textOf({ a, b, tag }: Key): string {
  return `${addressKey(a)}/${b === undefined ? '' : addressKey(b)}/${tag | 0}`;
}

describe('a table by addresses', () => {
  it('does as a table by texts does', () => {
    fc.assert(
      fc.property(operations, fc.integer(), (list, seed) => {
        let now = 0;
        const bounds = { maxEntries: 4, ttlSeconds: 10 };
        const model = new ExpiringTable<number>(bounds, () => now);
        const table = new KeyedTable<number>(bounds, () => now, seed);
        const numbers = new KeyedNumbers(bounds, () => now, seed);
        for (const [i, { kind, key, seconds }] of list.entries()) {
          const { a, b, tag } = key;
          if (kind === 'wait') now += seconds * SECOND;
          else if (kind === 'set') {
            model.set(textOf(key), i);
            table.set(i, a, b, tag);
            numbers.set(i, a, b, tag);
          } else if (kind === 'delete') {
            model.delete(textOf(key));
            table.delete(a, b, tag);
            numbers.delete(a, b, tag);
          } else if (kind === 'get') {
            const wanted = model.get(textOf(key));
            expect(table.get(a, b, tag)).toBe(wanted);
            expect(numbers.get(a, b, tag)).toBe(wanted);
          } else expect(table.values()).toEqual([...model.values()]);
          expect([table.evictions, numbers.evictions]).toEqual([model.evictions, model.evictions]);
        }
        expect([table.size, numbers.size]).toEqual([model.size, model.size]);
      }),
    );
  });

  it('finds all of many entries, and none that it was not given', () => {
    const table = new KeyedNumbers({ maxEntries: 5000, ttlSeconds: 10 }, () => 0);
    for (let i = 0; i < 4000; i++) table.set(i, address(i), address(i + 1), i);
    for (let i = 0; i < 4000; i++) expect(table.get(address(i), address(i + 1), i)).toBe(i);
    expect(table.get(address(1), address(1), 1)).toBeUndefined();
    expect(table.get(address(1), address(2), 2)).toBeUndefined();
    expect(table.entries).toBe(4000);
  });

  it('takes fewer octets than those of an address as second part of a key', () => {
    const table = new KeyedTable<string>({ maxEntries: 8, ttlSeconds: 10 }, () => 0);
    const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    table.set('whole', address(1), cookie, 8);
    table.set('cut', address(1), cookie.subarray(0, 7), 7);
    expect(table.get(address(1), cookie.slice(), 8)).toBe('whole');
    expect(table.get(address(1), cookie.slice(0, 7), 7)).toBe('cut');
    expect(table.get(address(1), cookie.slice(0, 6), 7)).toBeUndefined();
  });

  it('forgets what has expired for long when something new comes', () => {
    let now = 0;
    const table = new KeyedNumbers({ maxEntries: 100, ttlSeconds: 1 }, () => now);
    for (let i = 0; i < 10; i++) table.set(i, address(i));
    now = 60 * SECOND;
    for (let i = 10; i < 16; i++) table.set(i, address(i));
    expect(table.entries).toBe(6);
  });
});

const sights = fc.array(
  fc.record({
    of: someAddress,
    item: someAddress,
    tag: fc.constantFrom(0, 7),
    amount: fc.integer({ min: 1, max: 3 }),
    wait: fc.constantFrom(0, 0, 0.4, 1, 3, 20),
  }),
  { maxLength: 120 },
);

describe('counters by address', () => {
  it.each([100, 3])('do as counters by text do, with room for %i keys', (maxEntries) => {
    fc.assert(
      fc.property(sights, (list) => {
        let now = 1000 * SECOND;
        const bounds = { windowSeconds: 4, maxEntries };
        const counts = new WindowCounts(bounds, () => now);
        const ours = new AddressCounts(bounds, () => now);
        const distinct = new DistinctCounts(bounds, () => now, 1);
        const oursDistinct = new AddressDistinct(bounds, () => now, 1);
        for (const { of, item, tag, amount, wait } of list) {
          now += wait * SECOND;
          const key = `${addressKey(of)}/${tag}`;
          expect(ours.add(of, tag, amount)).toBe(counts.add(key, amount));
          expect(oursDistinct.add(of, item, tag)).toBe(distinct.add(key, addressKey(item)));
        }
        expect(ours.evictions).toBe(counts.evictions);
        expect(oursDistinct.evictions).toBe(distinct.evictions);
        expect([ours.entries, oursDistinct.size]).toEqual([counts.size, distinct.size]);
      }),
    );
  });

  it('estimate many different addresses as counters by text do', () => {
    const bounds = { windowSeconds: 60, maxEntries: 4 };
    const distinct = new DistinctCounts(bounds, () => 0, 1);
    const ours = new AddressDistinct(bounds, () => 0, 1);
    let last = 0;
    for (let i = 0; i < 2000; i++) {
      last = ours.add(address(0), address(i));
      expect(last).toBe(distinct.add('a', addressKey(address(i))));
    }
    expect(last).toBeGreaterThan(1500);
  });
});
