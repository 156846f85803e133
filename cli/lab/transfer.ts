/**
 * `mip6guard lab transfer`: a TCP stream that knows nothing of mobility.
 */
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { LabPlace } from './lab-state.ts';
import { runTransferProcess } from './traffic.ts';

/** Runs one. @throws CliError (4) when the connection breaks */
export async function runTransfer(
  directory: string,
  options: { readonly seconds: number; readonly rate: number; readonly isJson: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const place = new LabPlace(directory);
  place.load();
  const { seconds, rate, isJson } = options;
  const result = await runTransferProcess(place, seconds, rate);
  const { sent, received, longestGap } = result;
  terminal.output.write(
    isJson
      ? `${JSON.stringify(result)}\n`
      : `${received} of ${sent} octets came in ${seconds} s; longest gap ${Math.round(longestGap)} ms\n`,
  );
  return EXIT.clean;
}
