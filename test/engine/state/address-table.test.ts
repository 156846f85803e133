import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressTable } from '../../../engine/state/address-table.ts';

const address = fc.uint8Array({ minLength: 16, maxLength: 16 });

function numbered(n: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = 0x20;
  bytes[14] = n >> 8;
  bytes[15] = n & 0xff;
  return bytes;
}

describe('address table', () => {
  test('behaves like a map while it is not full', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(address, fc.nat(), fc.boolean()), { maxLength: 200 }),
        (steps) => {
          const table = new AddressTable<number>({ maxEntries: 1000 });
          const model = new Map<string, number>();
          for (const [key, value, isDelete] of steps) {
            if (isDelete) {
              table.delete(key);
              model.delete(key.join());
            } else {
              table.set(key, 0, value);
              model.set(key.join(), value);
            }
          }
          expect(table.size).toBe(model.size);
          for (const [key] of steps) expect(table.get(key)).toBe(model.get(key.join()));
        },
      ),
    );
  });

  test('lets go of the least recently used address alone, and only when it is over', () => {
    const evicted: number[] = [];
    const table = new AddressTable<number>({
      maxEntries: 3,
      onEvict: (value) => evicted.push(value),
    });
    for (const n of [1, 2, 3]) table.set(numbered(n), 0, n);
    expect(table.deleteOldest((value) => value > 1)).toBe(false);
    expect(table.deleteOldest((value) => value === 1)).toBe(true);
    expect([...table.values()]).toEqual([2, 3]);
    expect(table.get(numbered(1))).toBeUndefined();
    expect(evicted).toEqual([]);
    expect(new AddressTable<number>({ maxEntries: 3 }).deleteOldest(() => true)).toBe(false);
  });

  test('evicts the least recently used address when full and says which', () => {
    const evicted: number[] = [];
    const table = new AddressTable<number>({
      maxEntries: 3,
      onEvict: (value) => evicted.push(value),
    });
    for (const n of [1, 2, 3]) table.set(numbered(n), 0, n);
    expect(table.get(numbered(1))).toBe(1);
    table.set(numbered(4), 0, 4);
    expect(evicted).toEqual([2]);
    expect([...table.values()]).toEqual([3, 1, 4]);
  });

  test('evicts what may go before what is alive', () => {
    const table = new AddressTable<number>({ maxEntries: 3, mayEvict: (value) => value >= 100 });
    table.set(numbered(1), 0, 1);
    table.set(numbered(2), 0, 100);
    table.set(numbered(3), 0, 3);
    table.set(numbered(4), 0, 4);
    expect([...table.values()]).toEqual([1, 3, 4]);
  });

  test('stays within its bound under many distinct addresses', () => {
    const table = new AddressTable<number>({ maxEntries: 500 });
    for (let n = 0; n < 50_000; n++) table.set(numbered(n & 0xffff), 0, n);
    expect(table.size).toBe(500);
    expect([...table.values()]).toHaveLength(500);
  });

  test('reads an address at an offset of a larger buffer', () => {
    const table = new AddressTable<string>({ maxEntries: 10 });
    const packet = new Uint8Array(64).fill(9);
    packet.set(numbered(7), 24);
    table.set(packet, 24, 'seven');
    packet.fill(0);
    expect(table.get(numbered(7))).toBe('seven');
  });
});
