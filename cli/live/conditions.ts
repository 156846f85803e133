/**
 * `-a` and `-b`: when a capture ends, and when it goes on in another file. Units are those of dumpcap.
 */
import { CliError, EXIT } from '../exit-codes.ts';

/** Limits; undefined = none. */
export interface Conditions {
  /** Seconds. */
  readonly duration: number | undefined;
  readonly packets: number | undefined;
  /** Octets; the packet that reaches it is still written. */
  readonly octets: number | undefined;
  readonly files: number | undefined;
}

/** dumpcap counts in kB of 1000 octets. */
const KILOBYTE = 1000;
/** Longer than anybody waits, and short enough for a timer: 24 days. */
const MAX_SECONDS = 2_147_483;
const MAX_FILES = 100_000;

/**
 * Reads the values of `-a` or `-b`.
 * @param option the option, for messages
 * @param values `duration:10`, `packets:1000`, `filesize:1000` (kB), `files:5`
 * @throws CliError (2)
 */
export function conditionsOf(option: '-a' | '-b', values: readonly string[]): Conditions {
  const found = new Map<string, number>();
  for (const value of values) {
    const [, key = '', digits = ''] = /^([a-z]+):(\d{1,12}(?:\.\d{1,6})?)$/.exec(value) ?? [];
    const number = Number(digits);
    const isWhole = key === 'duration' || Number.isInteger(number);
    const most = key === 'duration' ? MAX_SECONDS : key === 'files' ? MAX_FILES : 1e12;
    const isKnown = ['duration', 'packets', 'filesize', 'files'].includes(key);
    if (!isKnown || !isWhole || !(number > 0 && number <= most)) {
      throw new CliError(EXIT.usage, `${option} ${value}: there is no such condition`, {
        hint: `${option} takes duration:SECONDS (up to ${MAX_SECONDS}), packets:N, filesize:KB (1000 octets) and files:N (up to ${MAX_FILES}).`,
      });
    }
    found.set(key, number);
  }
  const kilobytes = found.get('filesize');
  return {
    duration: found.get('duration'),
    packets: found.get('packets'),
    octets: kilobytes === undefined ? undefined : kilobytes * KILOBYTE,
    files: found.get('files'),
  };
}
