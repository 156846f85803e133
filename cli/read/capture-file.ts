/**
 * The place of `-w`: a file that appears when it is whole, or standard output.
 */
import { DescriptorSink, OutputError, OutputFile } from '../../io/output.ts';
import type { OctetSink } from '../../io/output.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { outputExitCode } from '../report-output.ts';
import type { Terminal } from '../terminal.ts';

/** An open place for a capture. */
export interface CaptureFile {
  readonly sink: OctetSink;
  /** Name for messages. */
  readonly name: string;
  /** Ends it well. Throws OutputError. */
  commit(): void;
  /** Gives it up; a file that was there before stays. Never throws. */
  abandon(): void;
}

/**
 * Opens the place of `-w`.
 * @param file path, or `-` for standard output
 * @throws CliError when it cannot be opened, or is a terminal
 */
export function openCaptureFile(file: string, terminal: Terminal): CaptureFile {
  if (file === '-') return standardOutput(terminal);
  try {
    const output = new OutputFile(file, 'replace');
    const abandon = (): void => {
      output.abandon();
    };
    // Ended at once by a signal: no half-written file is left beside the place of the real one.
    process.once('exit', abandon);
    return {
      sink: output.sink,
      name: file,
      commit() {
        process.off('exit', abandon);
        output.commit();
      },
      abandon() {
        process.off('exit', abandon);
        output.abandon();
      },
    };
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    throw new CliError(outputExitCode(error), error.message, {
      hint: 'Choose another file with -w, or - for standard output.',
    });
  }
}

function standardOutput(terminal: Terminal): CaptureFile {
  if (terminal.isOutputTerminal) {
    throw new CliError(EXIT.usage, '-w - would write a capture to the terminal', {
      hint: 'Name a file, or send it on: mip6guard read -w - FILE | tshark -r -',
    });
  }
  const sink = new DescriptorSink(1, 'standard output');
  return {
    sink,
    name: 'standard output',
    commit() {
      sink.flush();
    },
    abandon() {
      // What is out is out.
    },
  };
}
