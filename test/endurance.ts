/** Whether tests that take minutes run as well: `npm run endurance`. */
export const IS_ENDURANCE = process.env['MIP6GUARD_ENDURANCE'] === '1';

/** Runs of a property with `npm run endurance`; without, a fourth of them. */
export function enduranceRuns(count: number): number {
  return IS_ENDURANCE ? count : Math.ceil(count / 4);
}
