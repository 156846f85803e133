import { describe, expect, it } from 'vitest';
import {
  DistinctCounts,
  EXACT_DISTINCT,
  TokenBuckets,
  WindowCounts,
} from '../../../engine/state/rate.ts';

/** A clock that a test moves, in seconds. */
function makeClock(): { seconds: number; read: () => number } {
  const clock = { seconds: 1000, read: () => Math.round(clock.seconds * 1e6) };
  return clock;
}

describe('token buckets', () => {
  it('let a burst pass, then as many as come back', () => {
    const clock = makeClock();
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3, maxEntries: 8 }, clock.read);
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([true, true, true, false]);
    clock.seconds += 1;
    expect([1, 2, 3].map(() => buckets.take('a'))).toEqual([true, true, false]);
    expect(buckets.take('b')).toBe(true);
  });

  it('are not filled by time that steps back', () => {
    const clock = makeClock();
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1, maxEntries: 8 }, clock.read);
    expect(buckets.take('a')).toBe(true);
    clock.seconds -= 100;
    expect(buckets.take('a')).toBe(false);
    clock.seconds += 100;
    expect(buckets.take('a')).toBe(false);
  });
});

describe('counts in a window', () => {
  it('forget what is older than the window, and nothing younger than seven eighths of it', () => {
    const clock = makeClock();
    const counts = new WindowCounts({ windowSeconds: 8, maxEntries: 8 }, clock.read);
    expect(counts.add('a')).toBe(1);
    expect(counts.add('a', 4)).toBe(5);
    clock.seconds += 6.9;
    expect(counts.add('a')).toBe(6);
    clock.seconds += 1.2;
    expect(counts.count('a')).toBe(1);
    clock.seconds += 100;
    expect(counts.count('a')).toBe(0);
    expect(counts.count('never')).toBe(0);
  });

  it('keep a busy key when somebody makes up thousands of others', () => {
    const clock = makeClock();
    const counts = new WindowCounts({ windowSeconds: 60, maxEntries: 64 }, clock.read);
    for (let i = 0; i < 5; i++) counts.add('busy');
    for (let i = 0; i < 10_000; i++) counts.add(`made up ${i}`);
    expect(counts.size).toBe(64);
    expect(counts.evictions).toBe(10_000 - 63);
    expect(counts.add('busy')).toBe(6);
  });
});

describe('numbers of different things', () => {
  it('count each thing once, and only while it is in the window', () => {
    const clock = makeClock();
    const distinct = new DistinctCounts({ windowSeconds: 10, maxEntries: 8 }, clock.read);
    expect(['x', 'y', 'x', 'z'].map((item) => distinct.add('a', item))).toEqual([1, 2, 2, 3]);
    clock.seconds += 9;
    expect(distinct.add('a', 'x')).toBe(3);
    clock.seconds += 2;
    expect(distinct.count('a')).toBe(1);
    expect(distinct.add('a', 'w')).toBe(2);
    clock.seconds += 11;
    expect(distinct.count('a')).toBe(0);
  });

  it.each([EXACT_DISTINCT + 1, 1000, 4000])('estimate %i things to within a tenth', (many) => {
    const clock = makeClock();
    for (const seed of [1, 2, 3]) {
      const bounds = { windowSeconds: 10, maxEntries: 8 };
      const distinct = new DistinctCounts(bounds, clock.read, seed);
      for (let i = 0; i < many; i++) distinct.add('a', `2001:db8::${i.toString(16)}`);
      const again = distinct.add('a', '2001:db8::1');
      expect(Math.abs(again - many)).toBeLessThan(many / 10);
      expect(distinct.count('a')).toBe(again);
    }
  });

  it('keep a key with many things when somebody makes up thousands of others', () => {
    const clock = makeClock();
    const distinct = new DistinctCounts({ windowSeconds: 60, maxEntries: 64 }, clock.read);
    for (let i = 0; i < 10; i++) distinct.add('busy', `${i}`);
    for (let i = 0; i < 5000; i++) distinct.add(`made up ${i}`, 'x');
    expect(distinct.size).toBe(64);
    expect(distinct.count('busy')).toBe(10);
  });

  it('start anew after an estimate once a whole window was silent', () => {
    const clock = makeClock();
    const distinct = new DistinctCounts({ windowSeconds: 10, maxEntries: 8 }, clock.read);
    for (let i = 0; i < 500; i++) distinct.add('a', `${i}`);
    clock.seconds += 10.5;
    expect(distinct.add('a', 'x')).toBe(1);
  });
});
