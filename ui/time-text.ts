/**
 * Times and lengths of time as text.
 */

/** `6:54`, `1:02:03`, `2 d 03:04`: seconds, rounded down; `-` in front when negative. */
export function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'endless';
  const whole = Math.floor(Math.abs(seconds));
  const two = (value: number): string => `${value}`.padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600) % 24;
  const days = Math.floor(whole / 86_400);
  const sign = seconds <= -1 ? '-' : '';
  if (days > 0) return `${sign}${days} d ${two(hours)}:${two(minutes)}`;
  if (hours > 0) return `${sign}${hours}:${two(minutes)}:${two(whole % 60)}`;
  return `${sign}${minutes}:${two(whole % 60)}`;
}

/** `60.031`: seconds since the first packet. */
export function secondsText(seconds: number): string {
  return seconds.toFixed(3);
}

/** `2026-03-02 08:00:01` UTC, of milliseconds since 1970; `?` when that is no time. */
export function clockText(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return '?';
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** `08:00:01` UTC, of milliseconds since 1970. */
export function timeOfDayText(milliseconds: number): string {
  const text = clockText(milliseconds);
  return text === '?' ? text : text.slice(-8);
}
