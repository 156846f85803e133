/**
 * A terminal that keeps what is written to it.
 */
import type { Terminal } from '../../cli/terminal.ts';

/** What a command wrote. */
export interface CapturedTerminal extends Terminal {
  /** Standard output and standard error so far. */
  readonly written: { out: string; err: string };
}

/** A terminal without colours, not interactive. */
export function capturedTerminal(): CapturedTerminal {
  const written = { out: '', err: '' };
  return {
    written,
    output: {
      name: 'standard output',
      isClosed: false,
      write(text) {
        written.out += text;
      },
      flush() {
        // Everything is kept at once.
      },
    },
    isOutputTerminal: false,
    isErrorTerminal: false,
    columns: undefined,
    environment: {},
    say(text) {
      written.err += `${text}\n`;
    },
    sayRaw(text) {
      written.err += text;
    },
  };
}
