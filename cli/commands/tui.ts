/**
 * `mip6guard tui`: screens to look at a capture, or at packets as they come.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import type { TuiValues } from '../tui/tui-options.ts';
import { collect, colourOption, keysOption, rulesOption, wholeNumber } from './options.ts';

const EXAMPLES = `Examples:
  mip6guard tui capture.pcapng
  mip6guard tui --config site.yaml --keys esp_sa home.pcapng visited.pcapng
  mip6guard tui -Y mip6 -r capture.pcapng
  tcpdump -i eth0 -U -w - ip6 | mip6guard tui -
  mip6guard tui -i eth0 -i eth1 --user nobody
`;

const NOTES = `
Press ? for the keys of a screen; every key is also a command of the : line. q leaves.

Filters that were applied are kept for the filter box (up, down) of later sessions: the last 100, in
$XDG_STATE_HOME/mip6guard/filters (~/.local/state/mip6guard/filters), readable by you alone.

A terminal of 80 x 24 or more is wanted. When the capture comes through standard input, keys are read
from the terminal itself. NO_COLOR and --color never: nothing is said by colour alone.

Without a terminal: mip6guard read, mip6guard audit, mip6guard live.

Exit codes: 0 done; 2 usage, filter, key or site file, unknown interface; 3 the capture cannot be read;
4 no terminal, not permitted, a package that is not installed; 5 internal error.
`;

/** Adds the command. @param end takes the exit code */
export function addTui(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  program
    .command('tui')
    .summary('screens for a capture or live packets: packets, bindings, incidents, ladders')
    .description('Shows a capture, or packets as they come, on screens.')
    .argument('[captures...]', 'captures, or - for standard input')
    .addOption(
      new Option('-r, --read-file <file>', 'a capture, as tshark takes it')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('-i, --interface <name>', 'capture on an interface (repeat for several)')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('-f, --capture-filter <filter>', "with -i: libpcap filter, '' for none")
    .option('-p, --no-promiscuous', 'with -i: only what is meant for this machine')
    .addOption(
      new Option('-s, --snap-length <octets>', 'with -i: octets kept of a packet').argParser(
        (text: string) => wholeNumber(text, 64, 262_144),
      ),
    )
    .option('--user <name>', 'with -i: become this user once the interfaces are open')
    .option('-Y, --filter <filter>', 'display filter to start with')
    .option('--no-history', 'neither offer filters of earlier sessions nor keep those of this one')
    .option('--config <file>', 'site file (YAML)')
    .addOption(keysOption())
    .addOption(rulesOption())
    .addOption(colourOption())
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (captures: readonly string[], values: TuiValues) => {
      const [{ tuiOptions }, { runTui }] = await Promise.all([
        import('../tui/tui-options.ts'),
        import('../tui/tui-run.ts'),
      ]);
      end(await runTui(tuiOptions(captures, values), terminal));
    });
}
