/**
 * Until when something is muted, as it is typed.
 */

const UNITS: Readonly<Record<string, number>> = {
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Longest mute, milliseconds: what is longer belongs into the site file. */
const LONGEST = 366 * 86_400_000;

/** Outcome of `parseMute`. */
export type MuteTime =
  | { readonly ok: true; readonly until: number }
  | { readonly ok: false; readonly message: string };

/**
 * `30m`, `1h`, `2d`, `1w`, `2026-03-02` or `2026-03-02 18:00` (UTC).
 * @param now milliseconds since 1970
 */
export function parseMute(text: string, now: number): MuteTime {
  const trimmed = text.trim();
  const span = /^(\d{1,6})\s*(m|min|h|d|w)$/i.exec(trimmed);
  let until: number | undefined;
  if (span !== null) {
    const [, count = '', unit = ''] = span;
    until = now + Number(count) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  } else {
    const date = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d))?$/.exec(trimmed);
    if (date !== null) until = Date.parse(`${date[1] ?? ''}T${date[2] ?? '00:00'}:00Z`);
  }
  if (until === undefined || Number.isNaN(until)) {
    return { ok: false, message: 'wanted: 30m, 1h, 2d, 1w, or a date like 2026-03-02 18:00 (UTC)' };
  }
  if (until <= now) return { ok: false, message: 'that time is over already' };
  if (until - now > LONGEST) {
    return {
      ok: false,
      message: 'a year at most; for longer switch the rule off in the site file',
    };
  }
  return { ok: true, until };
}
