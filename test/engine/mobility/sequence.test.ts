import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { isSequenceGreater, nextSequence } from '../../../engine/mobility/sequence.ts';

const sequence = fc.integer({ min: 0, max: 0xffff });

describe('sequence numbers modulo 65536', () => {
  test('after 15 come 16 to 32782; 0 to 15 and 32783 to 65535 do not, as RFC 6275 section 9.5.1 has it', () => {
    const greater: number[] = [];
    for (let value = 0; value <= 0xffff; value++) {
      if (isSequenceGreater(value, 15)) greater.push(value);
    }
    expect([greater[0], greater.at(-1), greater.length]).toEqual([16, 32_782, 32_767]);
  });

  test('32783 is followed by 32784 and, around the end, by 14, not by 15', () => {
    expect(isSequenceGreater(32_784, 32_783)).toBe(true);
    expect(isSequenceGreater(14, 32_783)).toBe(true);
    expect(isSequenceGreater(15, 32_783)).toBe(false);
    expect(isSequenceGreater(32_782, 32_783)).toBe(false);
  });

  test('for any last number 32767 are greater, and what is greater is not also smaller', () => {
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        const distance = (b - a + 0x1_0000) % 0x1_0000;
        expect(isSequenceGreater(b, a)).toBe(distance >= 1 && distance <= 32_767);
        if (isSequenceGreater(b, a)) expect(isSequenceGreater(a, b)).toBe(false);
      }),
    );
  });

  test('the next number is greater, around the end too', () => {
    expect(nextSequence(0xffff)).toBe(0);
    fc.assert(
      fc.property(sequence, (last) => {
        expect(nextSequence(last)).toBeLessThanOrEqual(0xffff);
        expect(isSequenceGreater(nextSequence(last), last)).toBe(true);
      }),
    );
  });
});
