/**
 * Options that several commands share, and how their values are checked.
 */
import { InvalidArgumentError, Option } from 'commander';
import type { ColourChoice } from '../report/palette.ts';

/** Most workers that `--workers` takes. */
const MAX_WORKERS = 64;

/** A whole number of at least `least` and at most `most`. Throws InvalidArgumentError. */
export function wholeNumber(text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  }
  return value;
}

/** Adds a value of an option that may be given several times. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** `--keys FILE`, repeatable. */
export function keysOption(): Option {
  return new Option(
    '-k, --keys <file>',
    'key file: esp_sa, setkey, ip xfrm, tcpdump ... (repeat for several files)',
  )
    .argParser(collect)
    .default([], 'none');
}

/** `--rules DIR`, repeatable. */
export function rulesOption(): Option {
  return new Option(
    '--rules <dir>',
    'folder of rules of your own, *.rule.yaml (repeat for several; docs/custom-rules.md)',
  )
    .argParser(collect)
    .default([], 'none');
}

/** `--color WHEN`. */
export function colourOption(): Option {
  return new Option('--color <when>', 'colours (NO_COLOR and TERM=dumb count as never)')
    .choices(['auto', 'always', 'never'] satisfies ColourChoice[])
    .default('auto');
}

/** `--workers N`. */
export function workersOption(): Option {
  return new Option(
    '--workers <n>',
    'threads; all but one read inputs, which pays for compressed ones; results do not depend on it',
  )
    .argParser((text: string) => wholeNumber(text, 1, MAX_WORKERS))
    .default(1);
}
