/**
 * Durations as people write them.
 */

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** How a duration is written, for messages. */
export const DURATION_FORM = 'a number and s, m, h, d or w, as in 30m or 90d';

/** Seconds of `45s`, `30m`, `12h`, `90d` or `2w`; undefined when the text is none, or 0. */
export function durationSeconds(text: string): number | undefined {
  const found = /^(\d{1,7})([smhdw])$/.exec(text);
  const seconds = Number(found?.[1]) * (SECONDS[found?.[2] ?? ''] ?? 0);
  return seconds > 0 ? seconds : undefined;
}
