/**
 * Standard output and error as the commands see them.
 */
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { DescriptorSink } from '../io/output.ts';
import type { TextSink } from '../io/output.ts';
import { pageWidth } from './report/page.ts';
import { colourPaint, plainPaint, wantsColour } from './report/palette.ts';
import type { ColourChoice } from './report/palette.ts';
import { safeText } from './report/safe-text.ts';
import type { ReportStyle } from './report/text-report.ts';

/** Where a command writes: results to `output`, talk to `say`. */
export interface Terminal {
  readonly output: TextSink;
  readonly isOutputTerminal: boolean;
  readonly isErrorTerminal: boolean;
  /** Columns of the terminal on standard output; undefined when it is none. */
  readonly columns: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes lines to standard error, made safe; never throws. */
  readonly say: (text: string) => void;
  /** Writes to standard error as it is; never throws. */
  readonly sayRaw: (text: string) => void;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const isOutputTerminal = isatty(1);
  const sayRaw = (text: string): void => {
    try {
      writeSync(2, text);
    } catch {
      // Nobody listens, or not now: talk is not worth failing for.
    }
  };
  return {
    output: new DescriptorSink(1, 'standard output'),
    isOutputTerminal,
    isErrorTerminal: isatty(2),
    // The stream is only made for a terminal: for a pipe it would change its mode.
    columns: isOutputTerminal ? process.stdout.columns : undefined,
    environment: process.env,
    sayRaw,
    say(text) {
      sayRaw(`${text.split('\n').map(safeText).join('\n')}\n`);
    },
  };
}

/** Style of a report on standard output, or in a file when `toFile`. */
export function reportStyle(
  terminal: Terminal,
  colour: ColourChoice,
  toFile: boolean,
): ReportStyle {
  const isTerminal = terminal.isOutputTerminal && !toFile;
  // The environment speaks about terminals; a file gets colour only when told so on the command line.
  const environment = toFile ? {} : terminal.environment;
  return {
    paint: wantsColour(colour, isTerminal, environment) ? colourPaint : plainPaint,
    width: pageWidth(toFile ? undefined : terminal.columns),
  };
}
