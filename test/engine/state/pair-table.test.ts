import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairTable } from '../../../engine/state/pair-table.ts';

function address(number: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = 0x20;
  bytes[12] = number >>> 24;
  bytes[13] = number >>> 16;
  bytes[14] = number >>> 8;
  bytes[15] = number;
  return bytes;
}

describe('a table of pairs', () => {
  it('finds a pair whichever address comes first', () => {
    const table = new PairTable<string>({ maxEntries: 8 });
    table.set(address(1), address(2), 'a');
    expect(table.of(address(2), address(1))).toBe('a');
    expect(table.of(address(1), address(3))).toBeUndefined();
    const packet = new Uint8Array(40);
    packet.set(address(2), 8);
    packet.set(address(1), 24);
    expect(table.get(packet, 8, 24)).toBe('a');
    expect(table.get(packet, 24, 8)).toBe('a');
  });

  it('behaves like a map of unordered pairs', () => {
    const step = fc.record({
      a: fc.nat(20),
      b: fc.nat(20),
      value: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer(), (steps, seed) => {
        const table = new PairTable<number>({ maxEntries: 1000, seed });
        const model = new Map<string, number>();
        for (const { a, b, value } of steps) {
          const key = [a, b].sort((x, y) => x - y).join();
          if (value === undefined) {
            table.delete(address(a), address(b));
            model.delete(key);
          } else {
            table.set(address(a), address(b), value);
            model.set(key, value);
          }
          expect(table.of(address(b), address(a))).toBe(model.get(key));
          expect(table.size).toBe(model.size);
        }
      }),
    );
  });

  it('knows the order in which a pair was set, and what is kept beside it', () => {
    const table = new PairTable<string>({ maxEntries: 8 });
    table.set(address(1), address(2), 'a', { third: address(3), number: 7 });
    const packet = new Uint8Array(48);
    packet.set(address(2), 0);
    packet.set(address(1), 16);
    packet.set(address(3), 32);
    expect(table.get(packet, 16, 0)).toBe('a');
    expect(table.isTurned).toBe(false);
    expect(table.get(packet, 0, 16)).toBe('a');
    expect(table.isTurned).toBe(true);
    expect(table.number).toBe(7);
    expect(table.isThird(packet, 32)).toBe(true);
    expect(table.isThird(packet, 16)).toBe(false);
    // Set the other way round, it is that way round.
    table.set(address(2), address(1), 'b');
    expect(table.get(packet, 0, 16)).toBe('b');
    expect(table.isTurned).toBe(false);
    expect(table.size).toBe(1);
  });

  it('keeps what must not go while thousands of others come', () => {
    const table = new PairTable<{ isLive: boolean }>({
      maxEntries: 128,
      mayEvict: ({ isLive }) => !isLive,
    });
    for (let i = 0; i < 8; i++) table.set(address(i), address(1000 + i), { isLive: true });
    for (let i = 0; i < 5000; i++) table.set(address(i + 2000), address(1), { isLive: false });
    expect(table.size).toBe(128);
    expect(table.evictions).toBe(5008 - 128);
    for (let i = 0; i < 8; i++) expect(table.of(address(i), address(1000 + i))?.isLive).toBe(true);
  });
});
