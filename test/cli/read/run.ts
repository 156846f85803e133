/**
 * Runs a command line in this process.
 */
import path from 'node:path';
import { runProgram } from '../../../cli/program.ts';
import { MemorySink } from '../../io/export/memory-sink.ts';

/** Captures of the repository. */
export const CAPTURES = path.join(import.meta.dirname, '..', '..', '..', 'fixtures', 'captures');

/** What a run left. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `mip6guard ...args`; standard output is no terminal. */
export async function run(...args: readonly string[]): Promise<Outcome> {
  const output = new MemorySink();
  let stderr = '';
  const code = await runProgram(args, {
    output,
    isOutputTerminal: false,
    isErrorTerminal: false,
    columns: undefined,
    environment: {},
    say(text) {
      stderr += `${text}\n`;
    },
    sayRaw(text) {
      stderr += text;
    },
  });
  return { code, stdout: output.text, stderr };
}
