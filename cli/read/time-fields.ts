/**
 * Times of a frame that scripts ask for and the filter language has no need of.
 */
import type { FieldNode } from '../../dissectors/index.ts';

/** A point in capture time. */
export interface Instant {
  /** Since 1970. */
  readonly seconds: number;
  /** 0..999999999. */
  readonly nanoseconds: number;
}

/** Names of `timeFields`. */
export const TIME_FIELDS = ['frame.time', 'frame.time_delta_displayed'] as const;

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Mar  2, 2026 08:00:05.005005005 UTC`, as Wireshark writes times; always UTC, so that results do not depend on the place. */
export function frameTimeText({ seconds, nanoseconds }: Instant): string {
  const time = new Date(seconds * 1000);
  const day = `${time.getUTCDate()}`.padStart(2, ' ');
  const month = MONTHS[time.getUTCMonth()] ?? '';
  const fraction = `${nanoseconds}`.padStart(9, '0');
  return `${month} ${day}, ${time.getUTCFullYear()} ${time.toISOString().slice(11, 19)}.${fraction} UTC`;
}

/** Seconds between two instants with nine digits. */
function spanText(from: Instant, to: Instant): string {
  const span =
    BigInt(to.seconds - from.seconds) * 1_000_000_000n + BigInt(to.nanoseconds - from.nanoseconds);
  const size = span < 0n ? -span : span;
  const digits = `${size}`.padStart(10, '0');
  return `${span < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

function line(name: (typeof TIME_FIELDS)[number], label: string, text: string): FieldNode {
  const place = { offset: 0, length: 0, source: 0, generated: true };
  return { label, name, text, value: text, ...place, children: [] };
}

/**
 * Nodes of the times.
 * @param displayed time of the packet shown before
 */
export function timeFields(time: Instant, displayed: Instant): FieldNode[] {
  return [
    line('frame.time', 'Arrival Time', frameTimeText(time)),
    line(
      'frame.time_delta_displayed',
      'Seconds since the frame shown before',
      `${spanText(displayed, time)} s`,
    ),
  ];
}
