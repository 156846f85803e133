/**
 * Times in certificates. RFC 5280 section 4.1.2.5.
 */
import { u8 } from '../../dissectors/core/bytes.ts';
import type { DerElement } from '../../dissectors/core/der.ts';

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SECONDS_A_DAY = 86_400;

/** Seconds since 1970 of a time at an element; undefined when it is none in the form of RFC 5280. */
export function readCertificateTime(der: Uint8Array, element: DerElement): number | undefined {
  const { tag, offset, end } = element;
  let text = '';
  for (let at = offset; at < Math.min(end, offset + 16); at++) {
    text += String.fromCharCode(u8(der, at));
  }
  const isLong = tag === GENERALIZED_TIME;
  const form = isLong ? /^\d{14}Z$/ : /^\d{12}Z$/;
  if ((!isLong && tag !== UTC_TIME) || end - offset !== text.length || !form.test(text)) {
    return undefined;
  }
  const digits = isLong ? text : `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`;
  const part = (from: number, length = 2): number => Number(digits.slice(from, from + length));
  const [month, day, hour, minute, second] = [part(4), part(6), part(8), part(10), part(12)];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  return daysSince1970(part(0, 4), month, day) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second;
}

/** Days of the Gregorian calendar. Years are counted from March, so that the leap day is the last of one. */
function daysSince1970(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1;
  const months = (month + 9) % 12;
  const leaps = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  const before = 365 * years + leaps + Math.floor((153 * months + 2) / 5);
  // 1970-01-01 in the same count.
  return before + day - 1 - 719_468;
}
