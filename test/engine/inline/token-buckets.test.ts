import { describe, expect, it } from 'vitest';
import { MAX_BUCKETS, TokenBuckets } from '../../../engine/inline/token-buckets.ts';

const SECOND = 1e6;
const START = 1.7e15;

describe('a bucket of tokens', () => {
  it('lets the burst pass, then what comes in a second', () => {
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3 });
    const take = (seconds: number): boolean => buckets.take('a', START + seconds * SECOND);
    expect([0, 0, 0, 0].map(take)).toEqual([true, true, true, false]);
    expect([0.4, 0.5, 0.6, 1].map(take)).toEqual([false, true, false, true]);
    expect([60, 60, 60, 60].map(take)).toEqual([true, true, true, false]);
  });

  it('is one for each key', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 });
    expect(buckets.take('a', START)).toBe(true);
    expect(buckets.take('b', START)).toBe(true);
    expect(buckets.take('a', START)).toBe(false);
  });

  it('gains nothing when time goes back', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 });
    expect(buckets.take('a', START)).toBe(true);
    expect(buckets.take('a', START - 100 * SECOND)).toBe(false);
  });

  it('is shared by all keys that there is no room for', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 2 });
    for (let i = 0; i < MAX_BUCKETS; i++) buckets.take(`known ${i}`, START);
    const taken = Array.from({ length: 100 }, (_, i) => buckets.take(`more ${i}`, START));
    expect(taken.filter((isTaken) => isTaken)).toHaveLength(2);
    expect(buckets.size).toBeLessThanOrEqual(MAX_BUCKETS);
    // Those that were there go on with their own.
    expect(buckets.take('known 0', START)).toBe(true);
    expect(buckets.take('known 0', START)).toBe(false);
    // Later there is room again.
    expect(buckets.take('more 1', START + 60 * SECOND)).toBe(true);
    expect(buckets.take('more 2', START + 60 * SECOND)).toBe(true);
  });
});
