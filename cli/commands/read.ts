/**
 * `mip6guard read`: show packets.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { ReadValues } from '../read/read-options.ts';
import { refuseTsharkOptions } from '../read/tshark-options.ts';
import type { Terminal } from '../terminal.ts';
import { collect, colourOption, keysOption, wholeNumber } from './options.ts';

const EXAMPLES = `Examples:
  mip6guard read capture.pcapng
  mip6guard read -Y 'mip6.mhtype == 5 && mip6.bu.lifetime == 0' --keys esp_sa capture.pcapng
  mip6guard read -V -c 1 capture.pcapng
  mip6guard read -x -e mip6.bu.lifetime capture.pcapng
  mip6guard read -T json capture.pcapng | jq '.[]._source.layers.ipv6'
  mip6guard read -T fields -e frame.number -e ipv6.src -e mip6.bu.seqnr -E header=y capture.pcapng
  mip6guard read -Y 'mip6guard.severity >= high' -w out.pcapng --decrypted -k esp_sa capture.pcapng
`;

const NOTES = `
A line has the packet number, seconds since the first packet, addresses, protocol and what the
packet says. In a tree, [14-53] are the octets of the frame that a field takes; octets that were
decrypted or put together from fragments are named with what they are.

Options mean what they mean in tshark, and -T json, ek and fields have its shapes: docs/outputs.md.
-c counts the packets shown.

mip6guard.* fields (rule, incident, binding), --findings, --config and -w run the engine over the
capture first, so the input must be a file; with --no-findings, -w takes a pipe as well.

-E: header=y|n  separator=/t|/s|C  aggregator=C  occurrence=f|l|a  quote=d|s|n  bom=y|n  escape=y|n

Exit codes: 0 done; 2 usage, filter, key or site file; 3 the capture cannot be read or is cut short;
4 environment; 5 internal error.
`;

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collect).default([], 'none');
}

/** Adds the command. @param end takes the exit code */
export function addRead(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  const command = program
    .command('read')
    .summary(
      'show packets: a line each, the whole tree, JSON, selected fields; write selected ones',
    )
    .description('Shows the packets of a capture, or writes some of them to another one.')
    .argument('[file]', 'a capture, or - for standard input')
    .option('-r, --read-file <file>', 'the capture, as tshark takes it')
    .option('-Y, --filter <filter>', 'only packets that the display filter selects')
    .option('-c, --count <n>', 'end after this many packets are shown', (text: string) =>
      wholeNumber(text, 1, Number.MAX_SAFE_INTEGER),
    )
    .option('-V, --tree', 'every field, with its octets')
    .option('-O, --only <protocols>', 'like -V, with the fields of these alone: mipv6,ipv6')
    .option('-x, --hex', 'the octets as well')
    .addOption(repeatable('--select <field>', 'mark the octets of a field in -x (as -x -e does)'))
    .option('-T <format>', 'text, json, jsonraw, ek or fields')
    .addOption(repeatable('-e <field>', 'a field to show (repeat for several)'))
    .addOption(repeatable('-E <key=value>', 'how -T fields is laid out, see below'))
    .option('--no-duplicate-keys', 'in -T json an array for what comes several times')
    .option('-w, --write <file>', 'write the packets as pcapng, with what was found as comments')
    .option('--decrypted', 'with -w: also packets taken out of ESP and put together from fragments')
    .option('-P, --print', 'with -w: show the packets as well')
    .option('--findings', 'show what the engine found: node mip6guard of -V and -T')
    .option(
      '--no-findings',
      'with -w: comments about faults of packets only, so that a pipe will do',
    )
    .option('--config <file>', 'site file for the engine (YAML); implies --findings')
    .addOption(keysOption())
    .addOption(colourOption())
    .option('-l, --line-buffered', 'hand over every packet as it comes')
    .addOption(new Option('-n', 'names are never looked up').hideHelp())
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (file: string | undefined, values: ReadValues) => {
      const [{ inputOf, readOptions }, { readPackets }] = await Promise.all([
        import('../read/read-options.ts'),
        import('../read-run.ts'),
      ]);
      const input = inputOf(file, values);
      end(await readPackets(input, readOptions(values), terminal));
    });
  refuseTsharkOptions(command);
}
