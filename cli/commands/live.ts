/**
 * `mip6guard live`: show or write packets as they come.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { LiveValues } from '../live/live-options.ts';
import type { Terminal } from '../terminal.ts';
import { collect, colourOption, keysOption, wholeNumber } from './options.ts';

const EXAMPLES = `Examples:
  mip6guard live -i eth0
  mip6guard live -i home0 -i visited0 -Y mip6 --keys esp_sa
  mip6guard live -i eth0 -T fields -e frame.time_epoch -e ipv6.src -e mip6.bu.seqnr -Y mip6.bu
  mip6guard live -i eth0 -w capture.pcapng -b filesize:10000 -b files:10 --user nobody
  mip6guard live -i eth0 -w - | tshark -r -
`;

const NOTES = `
Packets are shown as mip6guard read shows them; -Y, -V, -O, -x, -T, -e and -E mean the same. Without
-f the kernel hands over all IPv6, and IPv4 that carries Mobile IPv6 or IPsec. Packets of several
interfaces are put in order of time and numbered together.

-w writes what is captured, or what -Y selects; each file ends with what was lost. -b begins new files
FILE_00001_YYYYmmddHHMMSS.pcapng: filesize:KB (1000 octets), duration:SECONDS, packets:N; files:N
keeps the last N. -a ends the capture by the same conditions.

When packets come faster than they are handled, payload is left out first, and signalling only when
the ring (--ring) is full; both are counted. An interface that goes down or away is waited for.

Exit codes: 0 ended by Ctrl-C, -c, -a or the reader of a pipe; 2 usage, unknown interface, capture or
display filter, key file; 4 not permitted, interface down, package pcap missing, disk full.
What this machine lacks: mip6guard doctor --for live
`;

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collect).default([], 'none');
}

function numberOption(flags: string, description: string, least: number, most: number): Option {
  return new Option(flags, description).argParser((text: string) => wholeNumber(text, least, most));
}

/** Adds the command. @param end takes the exit code */
export function addLive(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  program
    .command('live')
    .summary('show packets as they come, or write them to a ring of files')
    .description('Captures on interfaces, and shows packets as they come or writes them to files.')
    .addOption(repeatable('-i, --interface <name>', 'an interface (repeat for several)'))
    .option('-D, --list-interfaces', 'list the interfaces and end')
    .option('-f, --capture-filter <filter>', "libpcap filter, '' for none (see below)")
    .option('-Y, --filter <filter>', 'only packets that the display filter selects')
    .addOption(
      numberOption('-c, --count <n>', 'end after this many packets', 1, Number.MAX_SAFE_INTEGER),
    )
    .addOption(repeatable('-a, --until <condition>', 'end the capture: duration:10, see below'))
    .option('-V, --tree', 'every field, with its octets')
    .option('-O, --only <protocols>', 'like -V, with the fields of these alone: mipv6,ipv6')
    .option('-x, --hex', 'the octets as well')
    .addOption(repeatable('--select <field>', 'mark the octets of a field in -x (as -x -e does)'))
    .option('-T <format>', 'text, json, jsonraw, ek or fields')
    .addOption(repeatable('-e <field>', 'a field to show (repeat for several)'))
    .addOption(repeatable('-E <key=value>', 'how -T fields is laid out: mip6guard read --help'))
    .option('--no-duplicate-keys', 'in -T json an array for what comes several times')
    .option('-w, --write <file>', 'write the packets as pcapng, - for standard output')
    .addOption(repeatable('-b, --rotate <condition>', 'a ring of files: filesize:1000, files:5'))
    .option('-P, --print', 'with -w: show the packets as well')
    .addOption(numberOption('-s, --snap-length <octets>', 'octets kept of a packet', 0, 262_144))
    .addOption(numberOption('-B, --kernel-buffer <MiB>', 'ring of each interface (32)', 1, 2047))
    .addOption(numberOption('--ring <MiB>', 'ring between kernel and display (64)', 1, 4095))
    .option('-p, --no-promiscuous', 'only what is meant for this machine')
    .option('--user <name>', 'become this user once the interfaces are open')
    .addOption(keysOption())
    .addOption(colourOption())
    .option('-q, --quiet', 'say nothing beside packets, failures and losses')
    .addOption(new Option('-l, --line-buffered', 'always so').hideHelp())
    .addOption(new Option('-n', 'names are never looked up').hideHelp())
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (values: LiveValues & { readonly listInterfaces?: boolean }) => {
      const [{ captureOptions, liveRunOptions }, { runLive }, { interfaceList, interfaceNames }] =
        await Promise.all([
          import('../live/live-options.ts'),
          import('../live/live-run.ts'),
          import('../live/interface-list.ts'),
        ]);
      if (values.listInterfaces === true) {
        terminal.output.write(interfaceList());
        end(EXIT.clean);
        return;
      }
      const options = liveRunOptions(values);
      end(await runLive(captureOptions(values, interfaceNames), options, terminal));
    });
}
