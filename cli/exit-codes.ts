/**
 * Exit codes of the command, and the error that carries one.
 */

/** What the command ends with. `help exit-codes` shows the same table. */
export const EXIT = {
  clean: 0,
  findings: 1,
  usage: 2,
  input: 3,
  environment: 4,
  internal: 5,
} as const;

/** One of `EXIT`. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Meaning of each exit code, for the help text. */
export const EXIT_MEANINGS: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done; no finding at or above --fail-on (also: the reader of a pipe went away)'],
  ['1', 'findings at or above --fail-on, even when an input was also cut short'],
  ['2', 'usage or configuration: option, site file, key file, place of the output'],
  ['3', 'input: no such file, no capture, damaged or cut short; what is readable is reported'],
  ['4', 'environment: disk full, no permission, a package that is not installed'],
  ['5', 'internal error: a bug, please report it'],
  ['129, 130, 143', 'ended at once by the second SIGHUP, SIGINT (Ctrl-C), SIGTERM'],
];

/** A failure to tell the user about, with the exit code it ends in. The message needs no stack to be understood. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  /**
   * @param message what, where, what was expected
   * @param options `hint`: what to do, on a line of its own
   */
  constructor(exitCode: ExitCode, message: string, options?: { hint?: string; cause?: unknown }) {
    const text = options?.hint === undefined ? message : `${message}\n  ${options.hint}`;
    super(text, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
