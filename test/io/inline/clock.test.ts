import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemRandom, systemScheduler } from '../../../io/inline/clock.ts';

describe('the clock of this machine', () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: [
        'setTimeout',
        'clearTimeout',
        'setImmediate',
        'clearImmediate',
        'performance',
        'Date',
      ],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('calls once, not before the time, and says what is pending', () => {
    const begin = systemScheduler.now;
    const called: number[] = [];
    const action = systemScheduler.after(1500.4, () => called.push(systemScheduler.now - begin));
    vi.advanceTimersByTime(1500);
    expect(called).toEqual([]);
    expect(action.isPending).toBe(true);
    vi.advanceTimersByTime(5000);
    expect(called).toHaveLength(1);
    expect(called[0]).toBeGreaterThanOrEqual(1500.4);
    expect(called[0]).toBeLessThan(1503);
    expect(action.isPending).toBe(false);
  });

  it.each([0, -5, Number.NaN])('calls after %d milliseconds, never during the call', (delay) => {
    let calls = 0;
    const action = systemScheduler.after(delay, () => calls++);
    expect(calls).toBe(0);
    expect(action.isPending).toBe(true);
    vi.runAllTimers();
    expect(calls).toBe(1);
    expect(action.isPending).toBe(false);
  });

  it.each([0, 100])('does not call after %d milliseconds what was cancelled', (delay) => {
    let calls = 0;
    const action = systemScheduler.after(delay, () => calls++);
    action.cancel();
    expect(action.isPending).toBe(false);
    vi.runAllTimers();
    expect(calls).toBe(0);
  });

  it('waits longer than a timer of Node.js can: the 262140 s that a binding lasts at most, and more', () => {
    let calls = 0;
    const delay = 2 ** 31 + 262_140_000;
    systemScheduler.after(delay, () => calls++);
    vi.advanceTimersByTime(delay - 1);
    expect(calls).toBe(0);
    vi.advanceTimersByTime(10);
    expect(calls).toBe(1);
  });

  it('tells seconds since 1970 with fractions', () => {
    vi.setSystemTime(1_700_000_000_250);
    expect(systemScheduler.wallClock).toBe(1_700_000_000.25);
  });
});

describe('random octets', () => {
  it.each([0, 1, 20, 512, 513, 70_000])('are %d when so many are asked for', (count) => {
    expect(systemRandom.octets(count)).toHaveLength(count);
  });

  it('are never handed out twice, over several draws of the pool', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) seen.add(Buffer.from(systemRandom.octets(16)).toString('hex'));
    expect(seen.size).toBe(2000);
  });

  it('belong to whoever asked: writing to them changes no others', () => {
    systemRandom.octets(16).fill(0);
    const next = systemRandom.octets(16);
    expect(next.some((octet) => octet !== 0)).toBe(true);
    expect(next.buffer.byteLength).toBe(16);
  });
});
