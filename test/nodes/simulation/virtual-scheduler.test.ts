import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';

describe('VirtualScheduler', () => {
  it('lets actions happen in the order of their times, those of one time in the order of the calls', () => {
    const scheduler = new VirtualScheduler();
    const order: string[] = [];
    scheduler.after(20, () => order.push('c'));
    scheduler.after(10, () => order.push('a'));
    scheduler.after(10, () => order.push('b'));
    scheduler.after(30, () => order.push('d'));
    scheduler.advance(20);
    expect(order).toEqual(['a', 'b', 'c']);
    expect(scheduler.now).toBe(20);
    expect(scheduler.pending).toBe(1);
  });

  it('runs any mixture of delays and cancellations as a sorted list would', () => {
    const step = fc.record({ delay: fc.nat(50), isCancelled: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const scheduler = new VirtualScheduler();
        const happened: number[] = [];
        for (const [index, { delay, isCancelled }] of steps.entries()) {
          const action = scheduler.after(delay, () => happened.push(index));
          if (isCancelled) action.cancel();
        }
        scheduler.advance(50);
        const expected = [...steps.entries()]
          .filter(([, { isCancelled }]) => !isCancelled)
          .sort(([a, { delay: x }], [b, { delay: y }]) => x - y || a - b)
          .map(([index]) => index);
        expect(happened).toEqual(expected);
        expect(scheduler.pending).toBe(0);
      }),
    );
  });

  it('calls an action without delay later, at the same time', () => {
    const scheduler = new VirtualScheduler();
    const order: string[] = [];
    scheduler.after(5, () => {
      scheduler.after(0, () => order.push(`inner ${scheduler.now}`));
      order.push('outer');
    });
    scheduler.advance(5);
    expect(order).toEqual(['outer', 'inner 5']);
  });

  it('tells whether an action is still to come, and forgets a cancelled one', () => {
    const scheduler = new VirtualScheduler();
    let calls = 0;
    const first = scheduler.after(1, () => calls++);
    const second = scheduler.after(1, () => calls++);
    expect(first.isPending).toBe(true);
    first.cancel();
    first.cancel();
    expect(first.isPending).toBe(false);
    scheduler.advance(1);
    expect(second.isPending).toBe(false);
    second.cancel();
    expect(calls).toBe(1);
    expect(scheduler.pending).toBe(0);
  });

  it('clears cancelled actions away before their time', () => {
    const scheduler = new VirtualScheduler();
    let happened = 0;
    scheduler.after(1_000_000, () => happened++);
    for (let i = 0; i < 100_000; i++) scheduler.after(500_000, () => happened++).cancel();
    expect(scheduler.pending).toBe(1);
    scheduler.advance(1_000_000);
    expect(happened).toBe(1);
  });

  it('stops as soon as a condition holds, or when the limit has passed', () => {
    const scheduler = new VirtualScheduler();
    let count = 0;
    const tick = (): void => {
      count++;
      scheduler.after(100, tick);
    };
    tick();
    expect(scheduler.runUntil(() => count === 4, 10_000)).toBe(true);
    expect(scheduler.now).toBe(300);
    expect(scheduler.runUntil(() => count === 1000, 1000)).toBe(false);
    expect(scheduler.now).toBe(1300);
  });

  it('does not hang on actions that call each other without delay', () => {
    const scheduler = new VirtualScheduler(0, 1000);
    const again = (): void => {
      scheduler.after(0, again);
    };
    again();
    expect(() => {
      scheduler.advance(1);
    }).toThrow(RangeError);
  });

  it('keeps a wall clock that goes with the virtual one', () => {
    const scheduler = new VirtualScheduler(1000);
    scheduler.advance(1500);
    expect(scheduler.wallClock).toBe(1001.5);
  });
});
