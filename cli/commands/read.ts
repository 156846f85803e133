/**
 * `mip6guard read`: show packets.
 */
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { ColourChoice } from '../report/palette.ts';
import type { Terminal } from '../terminal.ts';
import { colourOption, keysOption, wholeNumber } from './options.ts';

interface Values {
  readonly keys: readonly string[];
  readonly tree?: boolean;
  readonly hex?: boolean;
  readonly count?: number;
  readonly color: ColourChoice;
}

const EXAMPLES = `Examples:
  mip6guard read capture.pcapng
  mip6guard read -V --keys esp_sa -c 1 capture.pcapng
  mip6guard read -x capture.pcapng | less
`;

const NOTES = `
A line has the packet number, seconds since the first packet, addresses, protocol and what the
packet says. In a tree, [14-53] are the octets of the frame that a field takes; octets that were
decrypted or put together from fragments are named with what they are.

Exit codes: 0 done; 2 usage or key file; 3 the capture cannot be read or is cut short;
4 environment; 5 internal error.
`;

/** Adds the command. @param end takes the exit code */
export function addRead(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  program
    .command('read')
    .summary('show packets: a line each, or the whole tree')
    .description('Shows the packets of a capture, one line each or as a tree of all fields.')
    .argument('<file>', 'a capture, or - for standard input')
    .option('-V, --tree', 'every field, with its octets')
    .option('-x, --hex', 'the octets as well')
    .option('-c, --count <n>', 'end after this many packets', (text: string) =>
      wholeNumber(text, 1, Number.MAX_SAFE_INTEGER),
    )
    .addOption(keysOption())
    .addOption(colourOption())
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (file: string, values: Values) => {
      const { readPackets } = await import('../read-run.ts');
      const { keys, tree = false, hex = false, count, color } = values;
      end(await readPackets(file, { keys, tree, hex, count, colour: color }, terminal));
    });
}
