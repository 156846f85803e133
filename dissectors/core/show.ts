/**
 * Octets as text, by what they stand for.
 */
import { formatAddress, formatIpv4, formatMac } from './address.ts';
import { u16, u32, u8 } from './bytes.ts';
import type { FieldNumbers, Show } from './field.ts';
import { printable } from './text.ts';

/** Longest octet string shown in full in a tree line. */
const SHOWN_OCTETS = 64;

/** Octets as hex, shortened for display. */
export function hexText(bytes: Uint8Array, offset = 0, length = bytes.length - offset): string {
  let text = '';
  const shown = Math.min(length, SHOWN_OCTETS);
  for (let i = 0; i < shown; i++)
    text += u8(bytes, offset + i)
      .toString(16)
      .padStart(2, '0');
  return shown < length ? `${text}… (${length} octets)` : text;
}

const two = (value: number): string => `${value}`.padStart(2, '0');

/** `2026-11-21 12:00:00` in UTC of seconds since 1970. */
export function timeText(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  // Days since 1 March of year 0, in eras of 400 years: leap days come last.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  const clock = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return `${year}-${two(month)}-${two(day)} ${clock}`;
}

/** Fraction of a second as six digits. */
function fraction(value: number, units: number): string {
  return `${Math.floor((value * 1_000_000) / units)}`.padStart(6, '0');
}

/** Seconds from 1900 to 1970. RFC 5905 section 6. */
const NTP_EPOCH = 2_208_988_800;

function dnsNames(bytes: Uint8Array, offset: number, end: number): string {
  const names: string[] = [];
  let labels: string[] = [];
  for (let at = offset; at < end;) {
    const length = u8(bytes, at);
    if (length === 0) {
      // Zeros behind the last name are padding.
      if (labels.length > 0) names.push(labels.join('.'));
      labels = [];
      at++;
      continue;
    }
    // No compression here: RFC 8106 section 5.2, RFC 8415 section 10.
    if (length > 63 || at + 1 + length > end) {
      labels.push(`\\${hexText(bytes, at, end - at)}`);
      break;
    }
    labels.push(printable(bytes, at + 1, length));
    at += 1 + length;
  }
  if (labels.length > 0) names.push(labels.join('.'));
  return names.join(', ');
}

/** Octets as text. */
export function showOctets(
  show: Show,
  bytes: Uint8Array,
  offset: number,
  length: number,
  numbers: FieldNumbers,
): string {
  if (typeof show === 'function') {
    return show(bytes.subarray(offset, offset + length), numbers);
  }
  switch (show) {
    case 'text':
      return printable(bytes, offset, length);
    case 'mac':
      if (length === 6) return formatMac(bytes, offset);
      break;
    case 'address':
      if (length === 16) return formatAddress(bytes, offset);
      if (length === 4) return formatIpv4(bytes, offset);
      break;
    case 'prefix':
      if (length <= 16) {
        const prefix = new Uint8Array(16);
        prefix.set(bytes.subarray(offset, offset + length));
        return formatAddress(prefix);
      }
      break;
    case 'dns':
      return dnsNames(bytes, offset, offset + length);
    case 'timestamp':
      if (length === 8) {
        const seconds = u16(bytes, offset) * 2 ** 32 + u32(bytes, offset + 2);
        // Past the year 9999 it is no time.
        if (seconds > 253_402_300_799) break;
        return `${timeText(seconds)}.${fraction(u16(bytes, offset + 6), 65_536)} UTC`;
      }
      break;
    case 'ntp':
      if (length === 8) {
        const seconds = u32(bytes, offset) - NTP_EPOCH;
        return `${timeText(seconds)}.${fraction(u32(bytes, offset + 4), 2 ** 32)} UTC`;
      }
      break;
    case 'uint64':
      if (length === 8) {
        return `${(BigInt(u32(bytes, offset)) << 32n) | BigInt(u32(bytes, offset + 4))}`;
      }
      break;
    case 'hex':
      break;
  }
  return hexText(bytes, offset, length);
}
