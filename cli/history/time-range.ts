/**
 * Times as people type them, as the timestamps that a store compares.
 */

/** Date, or date and time, UTC. */
const TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(?:Z|\+00:?00)?)?$/;

/**
 * The timestamp of `2026-03-02`, `2026-03-02T08:01` or `2026-03-02 08:01:00.5`, always UTC.
 * @param isEnd what is not given is the last of its kind: 2026-03-02 is the end of that day
 * @returns undefined when the text is no time, or none that exists
 */
export function timestampOf(text: string, isEnd: boolean): string | undefined {
  const found = TIME.exec(text);
  if (found === null) return undefined;
  const [, year = '', month = '', day = '', hour, minute, second, part] = found;
  const date = `${year}-${month}-${day}`;
  const rest = isEnd ? ['23', '59', '59', '9'] : ['00', '00', '00', '0'];
  const [lastHour = '', lastMinute = '', lastSecond = '', fill = ''] = rest;
  const clock = `${hour ?? lastHour}:${minute ?? lastMinute}:${second ?? lastSecond}`;
  // A day that a month does not have turns into another one.
  const time = new Date(`${date}T${clock}Z`);
  if (Number.isNaN(time.getTime()) || !time.toISOString().startsWith(date)) return undefined;
  return `${date}T${clock}.${(part ?? '').padEnd(6, fill)}+0000`;
}
