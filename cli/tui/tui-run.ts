/**
 * `tui`: opens a model, takes the terminal, shows the interface, gives the terminal back.
 */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import type { ReadStream, WriteStream } from 'node:tty';
import type { PacketModel } from '../../engine/views/model/index.ts';
import type { RunningInterface } from '../../ui/start.tsx';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { NotedModel } from '../model/noted-model.ts';
import { wantsColour } from '../report/palette.ts';
import type { ColourChoice } from '../report/palette.ts';
import { StopSignals } from '../stop-signals.ts';
import type { Terminal } from '../terminal.ts';
import { filterHistoryFile, openFilterHistory } from './filter-history.ts';
import { openKeyboard } from './keyboard.ts';
import { TerminalGuard } from './terminal-guard.ts';

/** Descriptor of standard output. */
const STANDARD_OUTPUT = 1;

/** A model, with a log that takes lines where it can. */
type ShownModel = PacketModel & Partial<NotedModel>;

/** What is shown. */
export interface TuiOptions {
  /**
   * Opens the model; called once the terminal is known to be one. What it says while screens are shown is said when
   * they are left.
   */
  readonly open: (terminal: Terminal) => Promise<ShownModel>;
  /** What is loaded, for the line that is shown until then. */
  readonly name: string;
  /** The capture comes through standard input. */
  readonly isInputCapture: boolean;
  /** What to use without a terminal: a command line. */
  readonly instead: string;
  readonly colour: ColourChoice;
  /** Filters of earlier sessions are known, and those of this one kept for later ones; default false. */
  readonly keepsFilters?: boolean;
}

/** The terminal of standard output. @throws CliError (4) when it is none that can show screens */
function screenOf(terminal: Terminal, instead: string): WriteStream {
  if (!terminal.isOutputTerminal) {
    throw new CliError(EXIT.environment, 'tui shows screens: standard output must be a terminal', {
      hint: `Without one: ${instead}`,
    });
  }
  if (terminal.environment['TERM'] === 'dumb') {
    throw new CliError(EXIT.environment, 'TERM=dumb: this terminal cannot show screens', {
      hint: `Set TERM to what it is, or: ${instead}`,
    });
  }
  return process.stdout;
}

/** What ink, React and chalk look at once, when they are loaded. */
function prepareEnvironment(terminal: Terminal, colour: ColourChoice): void {
  const isColoured = wantsColour(colour, true, terminal.environment);
  // 16 colours: the theme of the terminal decides how they look.
  process.env['FORCE_COLOR'] = isColoured ? '1' : '0';
  process.env['NODE_ENV'] ??= 'production';
  // On a terminal that belongs to a CI job ink would print the last frame only.
  for (const name of ['CI', 'CONTINUOUS_INTEGRATION']) {
    if (process.env[name] !== undefined) process.env[name] = 'false';
  }
}

/** Lines kept while screens are shown. */
const MAX_HELD = 20;

/** A terminal whose talk waits while screens are shown: it would be written into them. */
function heldTalk(terminal: Terminal): {
  readonly terminal: Terminal;
  readonly hold: () => void;
  readonly release: () => void;
} {
  let held: string[] | undefined;
  const keep = (write: (text: string) => void) => (text: string) => {
    if (held === undefined) write(text);
    else if (held.length < MAX_HELD) held.push(text.trimEnd());
  };
  return {
    terminal: { ...terminal, say: keep(terminal.say), sayRaw: keep(terminal.sayRaw) },
    hold: () => {
      held = [];
    },
    release: () => {
      const texts = held ?? [];
      held = undefined;
      for (const text of texts) terminal.say(text);
    },
  };
}

/** A promise that rejects when something fails that nobody catches, and what ends the waiting. */
function failures(): { readonly failed: Promise<never>; readonly dispose: () => void } {
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // It may fail while nobody waits.
  failed.catch(() => undefined);
  const listener = (error: unknown): void => {
    fail(error);
  };
  process.on('uncaughtException', listener);
  process.on('unhandledRejection', listener);
  return {
    failed,
    dispose: () => {
      process.off('uncaughtException', listener);
      process.off('unhandledRejection', listener);
    },
  };
}

/** Ends the interface when the terminal goes away. @returns stops listening */
function onTerminalGone(input: ReadStream, output: WriteStream, end: () => void): () => void {
  const inputEvents = ['end', 'close', 'error'] as const;
  for (const event of inputEvents) input.on(event, end);
  output.on('error', end);
  return () => {
    for (const event of inputEvents) input.off(event, end);
    // The listener for errors stays: a terminal that is gone says so more than once, and that is no bug.
  };
}

/**
 * Shows the interface until it is left.
 * @throws CliError (4) without a terminal, (3) when the run failed; what `open` throws
 */
export async function runTui(options: TuiOptions, terminal: Terminal): Promise<ExitCode> {
  const { open, name, isInputCapture, instead, colour, keepsFilters = false } = options;
  const output = screenOf(terminal, instead);
  const input = openKeyboard(isInputCapture, instead);
  terminal.say(`mip6guard: loading ${name} ...`);
  prepareEnvironment(terminal, colour);

  const talk = heldTalk(terminal);
  let running: RunningInterface | undefined;
  const guard = new TerminalGuard(input, STANDARD_OUTPUT, () => running?.redraw());
  const signals = new StopSignals((signal) => {
    if (running !== undefined) {
      running.close();
      return;
    }
    // Nothing is shown yet and nothing has to be put back.
    const number = Object.entries(constants.signals).find(([known]) => known === signal)?.[1];
    process.exit(128 + (number ?? 0));
  });
  const { failed, dispose } = failures();
  let model: ShownModel | undefined;
  try {
    const opening = open(talk.terminal);
    // When importing fails first.
    opening.catch(() => undefined);
    const { startInterface } = await import('../../ui/start.tsx');
    model = await Promise.race([opening, failed]);
    const { note } = model;
    const history = keepsFilters
      ? openFilterHistory(filterHistoryFile(terminal.environment), (text) => {
          // A model that is gone says so itself.
          note?.call(model, text).catch(() => undefined);
        })
      : undefined;
    talk.hold();
    guard.enter();
    running = startInterface({
      model,
      input,
      output,
      fileExists: existsSync,
      history,
      suspend: () => {
        guard.suspend();
      },
    });
    const { close } = running;
    const stopListening = onTerminalGone(input, output, close);
    try {
      await Promise.race([running.ended, failed]);
    } finally {
      stopListening();
      close();
    }
    const { phase, failure } = model.status;
    if (phase === 'failed') throw new CliError(EXIT.input, failure ?? `${name} cannot be read`);
    return EXIT.clean;
  } finally {
    guard.leave();
    talk.release();
    dispose();
    signals.dispose();
    await model?.close();
    if (input !== process.stdin) input.destroy();
  }
}
