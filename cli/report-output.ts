/**
 * Where the result of an audit goes: standard output or a file.
 */
import { OutputError, OutputFile } from '../io/output.ts';
import type { FileMode, TextSink } from '../io/output.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Refusals that come from how the file was named; the others come from the machine. */
const NAMING_ERRORS = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EINVAL', 'ELOOP']);

/** Exit code of an output that failed. */
export function outputExitCode(error: OutputError): ExitCode {
  return NAMING_ERRORS.has(error.code) ? EXIT.usage : EXIT.environment;
}

/** The place of the result. */
export class ReportOutput {
  readonly sink: TextSink;
  /** True when it is a file, not standard output. */
  readonly isFile: boolean;
  readonly #file: OutputFile | undefined;
  readonly #abandon = (): void => this.#file?.abandon();

  /** @throws CliError when the file cannot be opened */
  constructor(terminal: Terminal, file: string | undefined, mode: FileMode) {
    this.isFile = file !== undefined && file !== '-';
    try {
      this.#file = file === undefined || file === '-' ? undefined : new OutputFile(file, mode);
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      throw new CliError(outputExitCode(error), error.message, {
        hint: 'Choose another file with --output, or leave it out to write to standard output.',
      });
    }
    this.sink = this.#file?.sink ?? terminal.output;
    // Ended at once by a signal: no half-written file is left beside the place of the real one.
    process.once('exit', this.#abandon);
  }

  /** Ends the output well. Throws OutputError. */
  commit(): void {
    process.off('exit', this.#abandon);
    if (this.#file === undefined) this.sink.flush();
    else this.#file.commit();
  }

  /** Ends the output of a run that failed. Never throws. */
  abandon(): void {
    process.off('exit', this.#abandon);
    this.#abandon();
  }
}
