import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eveTimestamp } from '../../../io/export/timestamp.ts';

describe('an EVE timestamp', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000000+0000'],
    [1_700_000_000_000_001, '2023-11-14T22:13:20.000001+0000'],
    [4_294_967_295_999_999, '2106-02-07T06:28:15.999999+0000'],
    [253_402_300_799_999_999, '9999-12-31T23:59:59.999999+0000'],
    [1e300, '9999-12-31T23:59:59.999999+0000'],
    [-1, '1970-01-01T00:00:00.000000+0000'],
    [Number.NaN, '1970-01-01T00:00:00.000000+0000'],
  ])('of %d microseconds', (time, text) => {
    expect(eveTimestamp(time)).toBe(text);
  });

  it('says the time to the microsecond, in the order of times', () => {
    const time = fc.integer({ min: 0, max: 4_294_967_295_999_999 });
    fc.assert(
      fc.property(time, time, (a, b) => {
        const text = eveTimestamp(a);
        expect(Date.parse(text.replace('+0000', 'Z')) * 1000).toBe(a - (a % 1000));
        expect(Number(text.slice(20, 26))).toBe(a % 1_000_000);
        expect(text < eveTimestamp(b)).toBe(a < b);
      }),
    );
  });
});
