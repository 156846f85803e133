/**
 * What is wrong with the text of a filter.
 */
import { FilterError } from '../../engine/filter/error.ts';
import { filterProblem } from '../../engine/filter/filter.ts';
import type { FilterOutcome } from '../../engine/views/model/index.ts';
import { safeText } from '../report/safe-text.ts';

/** Checks a filter without applying it; `matched` is 0. */
export function filterOutcome(text: string): FilterOutcome {
  const problem: FilterError | undefined = filterProblem(text);
  if (problem === undefined) return { ok: true, matched: 0 };
  const { message, offset, length, hint } = problem;
  return {
    ok: false,
    message: safeText(message),
    offset,
    length,
    hint: hint === undefined ? undefined : safeText(hint),
  };
}
