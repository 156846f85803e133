import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueList } from '../../../engine/filter/values.ts';
import { OctetPool } from '../../../engine/views/octet-pool.ts';

function stringOf(pool: OctetPool, id: number): number[] {
  const list = new ValueList();
  pool.push(id, list);
  const start = list.start(0);
  return [...list.bytes(0).subarray(start, start + list.size(0))];
}

describe('a pool of octet strings', () => {
  it('gives equal strings one number, and the string of a number', () => {
    const strings = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 400 });
    fc.assert(
      fc.property(strings, (all) => {
        const pool = new OctetPool(1000);
        const ids = new Map<string, number>();
        for (const octets of [...all, ...all]) {
          const id = pool.idOf(octets, 0, octets.length);
          if (id < 0) continue;
          expect(stringOf(pool, id)).toEqual([...octets]);
          const key = octets.join();
          expect(ids.get(key) ?? id).toBe(id);
          ids.set(key, id);
        }
        expect(pool.length).toBe(ids.size);
      }),
    );
  });

  it('has a number for nearly all of many addresses', () => {
    const pool = new OctetPool(65_536);
    const address = new Uint8Array(16);
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      address[14] = i >> 8;
      address[15] = i & 0xff;
      if (pool.idOf(address, 0, 16) < 0) refused++;
    }
    expect(refused).toBeLessThan(200);
    expect(pool.memory / pool.length).toBeLessThan(64);
  });

  it('is full with as many strings as it may have, and knows those', () => {
    const pool = new OctetPool(3);
    const ids = [1, 2, 3, 4, 1].map((octet) => pool.idOf(Uint8Array.of(octet), 0, 1));
    expect(ids).toEqual([0, 1, 2, -1, 0]);
    expect(pool.idOf(new Uint8Array(300), 0, 300)).toBe(-1);
  });
});
