import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpiringTable } from '../../engine/rule-table.ts';

const SECOND = 1e6;

/** The same table as a list of entries in order of `set`. */
class Model {
  evictions = 0;
  entries: { key: string; value: number; time: number }[] = [];
  readonly maxEntries: number;
  readonly ttl: number;

  constructor(maxEntries: number, ttlSeconds: number) {
    this.maxEntries = maxEntries;
    this.ttl = ttlSeconds * SECOND;
  }

  set(key: string, value: number, now: number): void {
    this.delete(key);
    this.entries.push({ key, value, time: now });
    if (this.entries.length <= this.maxEntries) return;
    this.expire(now);
    if (this.entries.length <= this.maxEntries) return;
    this.entries.shift();
    this.evictions++;
  }

  delete(key: string): void {
    this.entries = this.entries.filter((entry) => entry.key !== key);
  }

  get(key: string, now: number): number | undefined {
    const found = this.entries.find((entry) => entry.key === key);
    return found !== undefined && now - found.time <= this.ttl ? found.value : undefined;
  }

  expire(now: number): void {
    this.entries = this.entries.filter(({ time }) => time >= now - this.ttl);
  }
}

describe('a table of a rule', () => {
  it('keeps what was set last, in that order, as long and as many as it may', () => {
    const operation = fc.record({
      kind: fc.constantFrom('set', 'set', 'set', 'get', 'delete', 'values', 'wait'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      seconds: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        let now = 0;
        const table = new ExpiringTable<number>({ maxEntries: 4, ttlSeconds: 10 }, () => now);
        const model = new Model(4, 10);
        for (const [i, { kind, key, seconds }] of operations.entries()) {
          if (kind === 'wait') now += seconds * SECOND;
          else if (kind === 'set') {
            table.set(key, i);
            model.set(key, i, now);
          } else if (kind === 'get') expect(table.get(key)).toBe(model.get(key, now));
          else if (kind === 'delete') {
            table.delete(key);
            model.delete(key);
          } else {
            model.expire(now);
            expect([...table.values()]).toEqual(model.entries.map(({ value }) => value));
            expect(table.size).toBe(model.entries.length);
          }
          expect(table.evictions).toBe(model.evictions);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('can be changed while its values are read', () => {
    const table = new ExpiringTable<string>({ maxEntries: 8, ttlSeconds: 10 }, () => 0);
    for (const key of ['a', 'b', 'c', 'd']) table.set(key, key);
    const seen: string[] = [];
    for (const value of table.values()) {
      seen.push(value);
      if (value === 'a') table.set('a', 'new');
      if (value === 'b') table.delete('b');
      if (value === 'c') table.delete('d');
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect([...table.values()]).toEqual(['c', 'new']);
  });
});
