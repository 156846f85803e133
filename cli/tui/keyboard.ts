/**
 * Where keys come from: standard input, or the terminal itself when the capture comes through standard input.
 */
import { closeSync, openSync } from 'node:fs';
import { isatty, ReadStream } from 'node:tty';
import { CliError, EXIT } from '../exit-codes.ts';

/** The terminal that a process belongs to. */
const TERMINAL = '/dev/tty';

function noKeyboard(instead: string, cause?: unknown): CliError {
  return new CliError(EXIT.environment, 'there is no terminal to read keys from', {
    hint: instead,
    cause,
  });
}

/**
 * A terminal to read keys from.
 * @param instead what to use without one
 * @throws CliError (4)
 */
export function openKeyboard(isInputCapture: boolean, instead: string): ReadStream {
  if (!isInputCapture && isatty(0)) return process.stdin;
  let descriptor: number;
  try {
    descriptor = openSync(TERMINAL, 'r+');
  } catch (error) {
    throw noKeyboard(instead, error);
  }
  if (isatty(descriptor)) return new ReadStream(descriptor);
  closeSync(descriptor);
  throw noKeyboard(instead);
}
