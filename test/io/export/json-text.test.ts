import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonString, jsonText } from '../../../io/export/json-text.ts';

describe('a JSON string literal', () => {
  it('gives the same text back, whatever it is, in one line without terminal controls', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
        const literal = jsonString(text);
        expect(JSON.parse(literal)).toBe(text);
        expect(literal).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069\ufeff]/u);
      }),
    );
  });
});

describe('JSON text', () => {
  it('gives the same value back', () => {
    const value = { 'k\u202e': ['\u0085', 1, true, { deep: '\u001b' }] };
    expect(JSON.parse(jsonText(value, 2))).toEqual(value);
    expect(jsonText(value)).not.toContain('\u202e');
  });
});
