/**
 * Capture time as text.
 */

/** Last second with a year of four digits: 9999-12-31T23:59:59Z. */
const LAST_SECOND = 253_402_300_799;

let cachedSecond = -1;
let cachedText = '';

/** `2024-05-01T12:00:00`; times outside 1970..9999, which a damaged capture may have, give the nearest end. */
function secondText(second: number): string {
  if (second !== cachedSecond) {
    cachedText = new Date(second * 1000).toISOString().slice(0, 19);
    cachedSecond = second;
  }
  return cachedText;
}

/**
 * Time in the form of Suricata's EVE: `2024-05-01T12:00:00.000123+0000`, always UTC.
 * @param time microseconds since 1970
 */
export function eveTimestamp(time: number): string {
  if (!(time >= 0)) return `${secondText(0)}.000000+0000`;
  const second = Math.floor(time / 1_000_000);
  if (second > LAST_SECOND) return `${secondText(LAST_SECOND)}.999999+0000`;
  const fraction = `${Math.floor(time - second * 1_000_000)}`.padStart(6, '0');
  return `${secondText(second)}.${fraction}+0000`;
}
