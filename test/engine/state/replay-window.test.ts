import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_REPLAY_WINDOW,
  ReplayWindow,
  type ReplayVerdict,
} from '../../../engine/state/replay-window.ts';

const TWO_32 = 1n << 32n;

/** RFC 4303 section 3.4.3 in the plainest words: a set of 64-bit numbers. */
class Model {
  readonly #size: bigint;
  readonly #seen = new Set<bigint>();
  highest: bigint;

  constructor(size: number, initialHigh: number) {
    this.#size = BigInt(size);
    this.highest = BigInt(initialHigh) * TWO_32;
    if (initialHigh === 0) this.#seen.add(0n);
  }

  check(number: bigint): ReplayVerdict {
    if (number <= this.highest - this.#size) return 'too-old';
    return this.#seen.has(number) ? 'replay' : 'new';
  }

  update(number: bigint): void {
    if (number <= this.highest - this.#size) return;
    this.#seen.add(number);
    if (number > this.highest) this.highest = number;
  }

  /** The upper half that puts the number nearest to where the window is. */
  inferHigh(low: bigint): bigint {
    const bottom = this.highest - this.#size + 1n;
    const high = bottom < 0n ? 0n : bottom / TWO_32;
    const candidate = high * TWO_32 + low;
    return candidate >= bottom ? high : high + 1n;
  }
}

const sizes = fc.constantFrom(32, 33, 64, 100, 1024, 4096);

/** Steps around the window: small moves, moves of about the window, jumps. */
const steps = (size: number): fc.Arbitrary<number[]> =>
  fc.array(
    fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -size - 3, max: size + 3 }),
      fc.integer({ min: -70, max: 70 }),
      fc.integer({ min: -3 * size, max: 6 * size }),
    ),
    { maxLength: 200 },
  );

describe('a replay window', () => {
  it('judges 32-bit numbers as a set of all numbers would', () => {
    fc.assert(
      fc.property(
        sizes.chain((size) => fc.tuple(fc.constant(size), steps(size))),
        fc.constantFrom(1, 500, 0x7fff_fff0, 0xffff_f000),
        ([size, moves], start) => {
          const window = new ReplayWindow(size);
          const model = new Model(size, 0);
          let at: number = start;
          for (const move of moves) {
            at = Math.min(Math.max(at + move, 0), 0xffff_ffff);
            const verdict = window.check(at);
            expect(verdict).toBe(model.check(BigInt(at)));
            if (verdict === 'new') {
              window.update(at);
              model.update(BigInt(at));
              expect(window.check(at)).toBe('replay');
            }
            expect(window.highest).toBe(Number(model.highest));
          }
        },
      ),
    );
  });

  it('follows 64-bit numbers of which it sees the lower half', () => {
    fc.assert(
      fc.property(
        sizes.chain((size) => fc.tuple(fc.constant(size), steps(size))),
        fc.constantFrom(0, 1, 7, 0xffff_fff0),
        fc.constantFrom(0, 5, 4000, 0x8000_0000, 0xffff_fff0),
        ([size, moves], initialHigh, startLow) => {
          const window = new ReplayWindow(size, initialHigh);
          const model = new Model(size, initialHigh);
          let at = BigInt(initialHigh) * TWO_32 + BigInt(startLow);
          for (const move of moves) {
            at += BigInt(move);
            if (at < BigInt(initialHigh) * TWO_32) at = BigInt(initialHigh) * TWO_32;
            const low = Number(at % TWO_32);
            const high = window.inferHigh(low);
            const inferred = model.inferHigh(BigInt(low));
            // Behind the very first number there is nothing to infer.
            if (initialHigh > 0 || inferred <= model.highest / TWO_32 + 1n) {
              expect(BigInt(high)).toBe(inferred);
            }
            const number = BigInt(high) * TWO_32 + BigInt(low);
            const verdict = window.check(low, high);
            expect(verdict).toBe(model.check(number));
            window.update(low, high);
            model.update(number);
            expect(BigInt(window.highestHigh) * TWO_32 + BigInt(window.highest)).toBe(
              model.highest,
            );
          }
        },
      ),
    );
  });

  it('goes on across the wrap of the lower half', () => {
    const window = new ReplayWindow(64);
    window.update(0xffff_fffe, 0);
    expect(window.inferHigh(2)).toBe(1);
    expect(window.check(2, 1)).toBe('new');
    window.update(2, 1);
    expect(window.inferHigh(0xffff_ffff)).toBe(0);
    expect(window.check(0xffff_ffff, 0)).toBe('new');
    expect(window.check(0xffff_fffe, 0)).toBe('replay');
    expect(window.check(0xffff_ff00, 0)).toBe('too-old');
  });

  it('takes number 0 as seen, because it is never sent', () => {
    expect(new ReplayWindow().check(0)).toBe('replay');
  });

  it('accepts packets out of order inside the window when the capture began in the middle', () => {
    const window = new ReplayWindow(64);
    window.update(1000);
    expect(window.check(990)).toBe('new');
    expect(window.check(937)).toBe('new');
    expect(window.check(936)).toBe('too-old');
  });

  it('is not changed by looking', () => {
    const window = new ReplayWindow();
    window.check(5);
    expect(window.check(5)).toBe('new');
    expect(window.highest).toBe(0);
  });

  it.each([0, 31, 4097, 1.5, Number.NaN, -64])('has no size of %d', (size) => {
    expect(() => new ReplayWindow(size)).toThrow(`to ${MAX_REPLAY_WINDOW}`);
  });
});
