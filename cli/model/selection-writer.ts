/**
 * Writes packets of a run to a pcapng file, with what was found about them as comments.
 */
import type { CaptureInput, CaptureInterface } from '../../engine/ports.ts';
import { openCaptureFile } from '../read/capture-file.ts';
import { CaptureOutput } from '../read/capture-output.ts';
import { commentsOf } from '../read/finding-comments.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { refuseToOverwrite } from '../own-files.ts';
import type { Terminal } from '../terminal.ts';
import type { FindingsTable } from './findings-table.ts';
import type { PacketLooker } from './packet-looker.ts';
import { Slices } from './slices.ts';

/** What a writer needs. */
export interface WriterParts {
  readonly looker: PacketLooker;
  readonly findings: FindingsTable;
  readonly inputs: readonly CaptureInput[];
  readonly interfaces: readonly CaptureInterface[];
  /** Files that are read and must not be written over. */
  readonly readFiles: readonly string[];
  readonly terminal: Terminal;
}

/**
 * Writes packets.
 * @param positions in order
 * @param signal gives up; a file that was there stays
 * @returns packets written; those whose octets are gone are left out
 * @throws CliError or OutputError that says what to do
 */
export async function writePackets(
  file: string,
  positions: Iterable<number>,
  parts: WriterParts,
  signal: AbortSignal,
): Promise<number> {
  const { looker, findings, inputs, interfaces, readFiles, terminal } = parts;
  if (file === '-' || file === '') {
    throw new CliError(EXIT.usage, 'packets are written to a file', { hint: 'Name a file.' });
  }
  refuseToOverwrite([[':write', file]], readFiles);
  const place = openCaptureFile(file, terminal);
  try {
    const output = new CaptureOutput(place.sink, inputs, interfaces, false);
    const slices = new Slices();
    for (const position of positions) {
      const view = looker.view(position);
      if (view !== undefined) output.write(view, commentsOf(view, findings));
      if (slices.isOver) await slices.pause();
      if (signal.aborted) throw new Error('the model was closed before the file was complete');
    }
    output.end();
    place.commit();
    return output.counts.packets;
  } finally {
    place.abandon();
  }
}
