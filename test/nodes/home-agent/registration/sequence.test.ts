/**
 * Sequence numbers of home registrations. Conformance group HA-SEQ.
 */
import { expect, test } from 'vitest';
import { CARE_OF, HomeAgentBench, NEW_CARE_OF } from '../bench.ts';
import type { Acknowledgement } from '../mobile-side.ts';
import { FLAG, fromHome } from '../mobile-side.ts';

/** Registers with one number and moves with the next. @returns the answer to the second, and where packets go */
function after(
  last: number,
  next: number,
  flags: number = FLAG.A | FLAG.H,
): Pick<Acknowledgement, 'status' | 'sequence'> & { readonly careOf: string | undefined } {
  const bench = new HomeAgentBench();
  bench.register({ sequence: last });
  const { status, sequence } = bench.answer({ sequence: next, careOf: NEW_CARE_OF, flags });
  expect(bench.intercepted()).toBe(bench.careOf());
  return { status, sequence, careOf: bench.careOf() };
}

const MOVED = '2001:db8:d::100';
const STAYED = '2001:db8:b::100';

test('HA-SEQ-01 without a binding every number is accepted', () => {
  for (const sequence of [0, 1, 32767, 32768, 65535]) {
    const bench = new HomeAgentBench();
    expect(bench.answer({ sequence })).toMatchObject({ status: 0, sequence });
  }
});

test.each([
  ['HA-SEQ-02', 15, 16],
  ['HA-SEQ-03', 15, 32782],
  ['HA-SEQ-08', 65535, 0],
  ['HA-SEQ-09', 32783, 32784],
  ['HA-SEQ-10', 32783, 14],
])(
  '%s HA-SEQ-14 after %d comes %d, and the answer has the number of the update',
  (_, last, next) => {
    expect(after(last, next)).toEqual({ status: 0, sequence: next, careOf: MOVED });
  },
);

test.each([
  ['HA-SEQ-04', 15, 32783],
  ['HA-SEQ-05', 15, 15],
  ['HA-SEQ-06', 15, 14],
  ['HA-SEQ-07', 15, 65535],
  ['HA-SEQ-11', 32783, 15],
  ['HA-SEQ-11', 32783, 16],
  ['HA-SEQ-12', 32783, 32782],
])(
  '%s HA-SEQ-15 HA-SEQ-16 after %d does not come %d: status 135 with the last number, nothing changes',
  (_, last, next) => {
    expect(after(last, next)).toEqual({ status: 135, sequence: last, careOf: STAYED });
  },
);

test('HA-SEQ-13 a number out of window is answered without the A flag too', () => {
  expect(after(15, 14, FLAG.H)).toMatchObject({ status: 135, sequence: 15 });
});

test('HA-SEQ-17 an update that was overtaken by the de-registration at home makes no binding', () => {
  const bench = new HomeAgentBench();
  bench.register({ sequence: 10 });
  const delayed = bench.mobile().update({ sequence: 11 });
  expect(bench.answer(fromHome(bench.mobile().home, 12))).toMatchObject({ status: 0 });
  bench.run(5000);
  const [answer] = bench.mobile().acknowledgements(bench.deliver(delayed, 'upstream', 3000));
  expect(answer).toMatchObject({ status: 135, sequence: 12 });
  expect(answer?.wire.destination).toBe('2001:db8:b::100');
  expect(bench.careOf()).toBeUndefined();
  // It is only remembered for MAX_DELETE_BCE_TIMEOUT.
  bench.run(10_000);
  expect(bench.answer({ sequence: 11 })).toMatchObject({ status: 0 });
});

test('HA-SEQ-18 after the end of a binding every number is accepted', () => {
  const bench = new HomeAgentBench();
  bench.register({ sequence: 500, lifetime: 40 });
  expect(bench.answer({ sequence: 499, lifetime: 40 })).toMatchObject({ status: 135 });
  bench.run(40_000);
  expect(bench.ping(CARE_OF)).toBe('error');
  expect(bench.answer({ sequence: 499 })).toMatchObject({ status: 0, sequence: 499 });
});

test('the number of an update that is refused for another reason counts', () => {
  const bench = new HomeAgentBench();
  bench.register({ sequence: 10 });
  const { home } = bench.mobile();
  expect(bench.answer({ sequence: 20, careOf: home, source: CARE_OF })).toMatchObject({
    status: 174,
  });
  expect(bench.answer({ sequence: 15, careOf: NEW_CARE_OF })).toMatchObject({
    status: 135,
    sequence: 20,
  });
  expect(bench.careOf()).toBe(STAYED);
});
