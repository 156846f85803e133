import { describe, expect, it } from 'vitest';
import { runInRealTime } from '../../../io/inline/index.ts';
import { SCHED_RESET_ON_FORK, SCHED_RR } from '../../../io/native/linux.ts';
import { FakeKernel } from './fake-kernel.ts';

describe('running in real time', () => {
  it('is asked for with the least priority, and not for what is started later', () => {
    const kernel = new FakeKernel();
    expect(runInRealTime(kernel, 1, 2)).toBe(true);
    expect(kernel.scheduled).toEqual([[SCHED_RR + SCHED_RESET_ON_FORK, 1]]);
  });

  it.each([
    [1, 1],
    [2, 2],
    [4, 2],
  ])('leaves a core to the others: %i threads on %i', (threads, cores) => {
    const kernel = new FakeKernel();
    expect(runInRealTime(kernel, threads, cores)).toBe(false);
    expect(kernel.scheduled).toEqual([]);
  });

  it('is done without where it is not allowed', () => {
    const kernel = new FakeKernel();
    kernel.mayPrefer = false;
    expect(runInRealTime(kernel, 1, 2)).toBe(false);
  });
});
