import { describe, expect, it } from 'vitest';
import { randomBetween, randomFraction } from '../../../nodes/random-number.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';

describe('SeededRandom', () => {
  it('repeats itself for the same seed and differs for another', () => {
    const [a, b, c] = [new SeededRandom(7), new SeededRandom(7), new SeededRandom(8)];
    const first = a.octets(100);
    expect(b.octets(100)).toEqual(first);
    expect(c.octets(100)).not.toEqual(first);
    expect(a.octets(100)).not.toEqual(first);
  });

  it('hands out as many octets as asked for, of every value', () => {
    const random = new SeededRandom(1);
    for (const count of [0, 1, 3, 4, 5, 16]) expect(random.octets(count)).toHaveLength(count);
    expect(new Set(random.octets(10_000)).size).toBe(256);
  });

  it('gives numbers spread over their range', () => {
    const random = new SeededRandom(2);
    const values = Array.from({ length: 2000 }, () => randomBetween(random, 10, 20));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.min(...values)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...values)).toBeLessThan(20);
    expect(mean).toBeGreaterThan(14.5);
    expect(mean).toBeLessThan(15.5);
    expect(randomFraction(random)).toBeLessThan(1);
  });
});
