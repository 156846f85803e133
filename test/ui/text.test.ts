import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {
  countText,
  fit,
  fitRight,
  safeText,
  textWidth,
  truncate,
  truncateMiddle,
  wrap,
} from '../../ui/text.ts';
import { HOSTILE } from './fake-state.ts';

/** What may not reach a terminal: controls, escapes, direction marks, line breaks. */
const DANGEROUS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(HOSTILE, '漢字', 'e\u0301'.repeat(9), 'a\u0300\u0301\u0302\u0303\u0304\u0305b'),
);

describe('text for cells', () => {
  it('is safe whatever a packet holds', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const safe = safeText(text);
        expect(safe).not.toMatch(DANGEROUS);
        // A half character would throw.
        expect(() => encodeURIComponent(safe)).not.toThrow();
      }),
    );
  });

  it('shows what was taken out as an escape', () => {
    expect(safeText('a\x1b[2Jb\nc\u202ed\u2066\x9b')).toBe(
      'a\\x1b[2Jb\\x0ac\\u{202e}d\\u{2066}\\x9b',
    );
    expect(safeText('plain 漢字 é')).toBe('plain 漢字 é');
  });

  it('lets marks not grow over other lines', () => {
    expect(safeText(`a${'\u0301'.repeat(50)}b`)).toBe(`a${'\u0301'.repeat(4)}b`);
  });

  it('is cut and padded to exactly the cells there are', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 40 }), (text, width) => {
        const safe = safeText(text);
        expect(stringWidth(fit(safe, width))).toBe(width);
        expect(stringWidth(fitRight(safe, width))).toBe(width);
        expect(stringWidth(truncate(safe, width))).toBeLessThanOrEqual(width);
        expect(textWidth(truncateMiddle(safe, width))).toBeLessThanOrEqual(width);
        for (const line of wrap(safe, width + 2)) {
          expect(stringWidth(line)).toBeLessThanOrEqual(width + 2);
        }
      }),
    );
  });

  it('says where it was cut', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('漢字漢字', 4)).toBe('漢…');
    expect(truncateMiddle('2001:db8:1:2:3:4:5:6', 11)).toBe('200…3:4:5:6');
    expect(fitRight('7', 3)).toBe('  7');
  });

  it('is broken between words, and within one that is too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij k', 4)).toEqual(['abcd', 'efgh', 'ij k']);
    expect(wrap('', 4)).toEqual(['']);
  });

  it('is measured as string-width does it, where it is not asked', () => {
    for (let code = 0x20; code < 0x3000; code++) {
      const text = `a${String.fromCharCode(code)}b`;
      expect(textWidth(text), code.toString(16)).toBe(stringWidth(text));
    }
  });

  it('groups the digits of a count', () => {
    expect([0, 999, 1000, 1_234_567].map(countText)).toEqual(['0', '999', '1 000', '1 234 567']);
  });
});
