import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureClock } from '../../../io/inline/capture-clock.ts';

/** A clock of the wall and a steady one, in milliseconds, that a test moves. */
class Hands {
  wall = 1_700_000_000_000;
  steady = 5000;
  readonly clock = new CaptureClock({
    wall: () => Math.floor(this.wall),
    steady: () => this.steady,
  });

  pass(milliseconds: number): void {
    this.wall += milliseconds;
    this.steady += milliseconds;
  }
}

describe('times of packets', () => {
  it('are finer than the clock of the wall tells', () => {
    const hands = new Hands();
    hands.pass(0.25);
    expect(hands.clock.now()).toBe(1_700_000_000_000_250);
    hands.pass(0.5);
    expect(hands.clock.now()).toBe(1_700_000_000_000_750);
  });

  it('follow the clock when it is set', () => {
    const hands = new Hands();
    hands.wall += 60_000;
    expect(hands.clock.now()).toBe(1_700_000_060_000_000);
    hands.wall -= 120_000;
    expect(hands.clock.now()).toBe(1_699_999_940_000_000);
  });

  it('go on at half their speed while the clock is behind them', () => {
    const hands = new Hands();
    const { clock } = hands;
    const first = clock.stamp(clock.now());
    hands.wall -= 1000;
    const after = (milliseconds: number): number => {
      hands.pass(milliseconds);
      return clock.stamp(clock.now()) - first;
    };
    expect(after(100)).toBe(50_000);
    expect(after(0)).toBe(50_000);
    expect(after(900)).toBe(500_000);
    // Caught up: a second of half speed is made good by another.
    expect(after(1000)).toBe(1_000_000);
    expect(after(10)).toBe(1_010_000);
  });

  it('never go back, whatever becomes of the clock', () => {
    const step = fc.oneof(
      fc.record({ pass: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
      fc.record({ set: fc.double({ min: -1e9, max: 1e9, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const hands = new Hands();
        let last = 0;
        for (const each of steps) {
          if ('pass' in each) hands.pass(each.pass);
          else hands.wall += each.set;
          const now = hands.clock.stamp(hands.clock.now());
          expect(now).toBeGreaterThanOrEqual(last);
          expect(Number.isSafeInteger(now)).toBe(true);
          last = now;
        }
      }),
    );
  });
});
