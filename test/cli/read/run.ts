/**
 * Runs a command line in this process.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runProgram } from '../../../cli/program.ts';
import { collect } from '../../dissectors/capture-file/collect.ts';
import type { Collected, CollectedPacket } from '../../dissectors/capture-file/collect.ts';
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

/** A packet of a written capture. */
export interface WrittenPacket extends CollectedPacket {
  readonly comments: readonly string[];
}

/** What a capture file holds, with the comments of its packets. */
export function decodeFile(
  file: string,
): Omit<Collected, 'packets'> & { readonly packets: readonly WrittenPacket[] } {
  const found = collect(new Uint8Array(readFileSync(file)));
  const packets = found.packets.map((packet, i) => ({
    ...packet,
    comments: found.comments[i] ?? [],
  }));
  return { ...found, packets };
}
