/**
 * What was decided where a case leaves the outcome open, or is an option. Sorted by id.
 */

/** A decision on one case. */
export interface Decision {
  readonly id: string;
  /** One line: what the nodes do, and the option that changes it. */
  readonly decision: string;
}

/** The decisions. */
export const DECISIONS: readonly Decision[] = [];
