/**
 * Lifetimes. RFC 6275 sections 6.1.7 and 6.1.8.
 */

/** Seconds of a Lifetime field, which counts units of 4 seconds: 0..262140. There is no infinity value. */
export function lifetimeSeconds(field: number): number {
  return field * 4;
}
