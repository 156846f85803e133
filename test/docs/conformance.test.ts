import { describe, expect, it } from 'vitest';
import { DECISIONS } from '../nodes/conformance/decisions.ts';
import { CASES, TESTED, conformancePage, isNotApplicable } from './conformance-page.ts';

describe('the page of conformance cases', () => {
  it('is the one in docs (write it anew with: npx vitest run test/docs/conformance.test.ts -u)', async () => {
    await expect(conformancePage()).toMatchFileSnapshot('../../docs/conformance.md');
  });

  it('has every case once, and a test for every mandatory one', () => {
    expect(new Set(CASES.map(({ id }) => id)).size).toBe(538);
    const untested = CASES.filter(
      ({ id, level }) => level === 'M' && !TESTED.machine.has(id) && !isNotApplicable(id),
    );
    expect(untested.map(({ id }) => id)).toEqual([]);
  });

  it('knows every case that a test or a decision names', () => {
    const known = new Set(CASES.map(({ id }) => id));
    const named = [
      ...TESTED.machine.keys(),
      ...TESTED.wire.keys(),
      ...DECISIONS.map(({ id }) => id),
    ];
    expect(named.filter((id) => !known.has(id))).toEqual([]);
  });

  it('says what was decided where the outcome is left open', () => {
    const decided = new Set(DECISIONS.map(({ id }) => id));
    expect(
      CASES.filter(({ id, level }) => level === 'A' && !decided.has(id)).map(({ id }) => id),
    ).toEqual([]);
  });
});
