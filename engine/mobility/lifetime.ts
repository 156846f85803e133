/**
 * Lifetimes. RFC 6275 sections 6.1.7 and 6.1.8.
 */

/** Seconds of a Lifetime field, which counts units of 4 seconds: 0..262140. There is no infinity value. */
export function lifetimeSeconds(field: number): number {
  return field * 4;
}

/** Largest Lifetime field: 262140 seconds. */
export const MAX_LIFETIME_FIELD = 0xffff;

/** Lifetime field for seconds, rounded down (RFC 6275 section 10.3.1) and cut at the largest. */
export function lifetimeField(seconds: number): number {
  return Math.max(0, Math.min(MAX_LIFETIME_FIELD, Math.floor(seconds / 4)));
}
