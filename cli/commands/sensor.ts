/**
 * `mip6guard sensor`: watch interfaces for weeks. `mip6guard sensor control`: ask a sensor that runs.
 */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { DURATION_FORM, durationSeconds } from '../sensor/duration.ts';
import type { SensorOptions } from '../sensor/sensor-run.ts';
import type { Terminal } from '../terminal.ts';
import { collect, keysOption, rulesOption, wholeNumber } from './options.ts';

interface Values {
  readonly interface: readonly string[];
  readonly captureFilter?: string;
  readonly snapLength?: number;
  readonly kernelBuffer?: number;
  readonly ring?: number;
  readonly promiscuous: boolean;
  readonly user?: string;
  readonly config?: string;
  readonly keys: readonly string[];
  readonly rules: readonly string[];
  readonly eve?: string;
  readonly eveSize: number;
  readonly eveFiles: number;
  readonly db?: string;
  readonly retention?: number;
  readonly metrics?: string;
  readonly control?: string;
  readonly stats: number;
  readonly alertMemory: number;
}

const EXAMPLES = `Examples:
  mip6guard sensor -i eth0 --eve eve.json
  mip6guard sensor -i home0 -i visited0 -c site.yaml --keys esp_sa --eve /var/log/mip6guard/eve.json \\
    --db /var/lib/mip6guard/runs.db --retention 90d --metrics 127.0.0.1:9469 \\
    --control /run/mip6guard/control --user mip6guard
  mip6guard sensor control /run/mip6guard/control status
  mip6guard sensor control /run/mip6guard/control mute rules=MIP6-1106 for=2h
`;

const NOTES = `
Lines of --eve are those of mip6guard audit --format eve, appended as things happen; what the
database, the control socket or the metrics show of an alert is in the file by then. A line that a
kill has torn is repaired at the next start. When the disk is full the sensor goes on and says so once.

SIGHUP opens the EVE file anew (for logrotate) and loads site file, rules and keys again, all or
nothing: when one of them is wrong, the log says where, and everything stays as it was. SIGTERM and
Ctrl-C end it in good order. Alerts that were not seen for --alert-memory are forgotten, and told
again when they come back.

The order when packets come faster than they are judged: payload is left out first, then signalling;
both are counted. Units for systemd and logrotate, all metrics and commands: docs/sensor.md

Exit codes: 0 ended by a signal, whatever was found; 2 usage, unknown interface, configuration;
4 not permitted, interface down, package pcap or better-sqlite3 missing, port taken.
`;

const CONTROL_NOTES = `
COMMAND is status, reload, mute, unmute, mutes, dump-bindings or help; ARGS are name=value:
  mute rules=MIP6-1106,MIP6-1108 address=2001:db8:1::/64 for=2h reason="planned move"
  unmute id=1, or unmute all=true
  dump-bindings home_address=2001:db8:1::10 phase=registered limit=100

The answer is a line of JSON, laid out on a terminal. Exit codes: 0 done, 2 refused, 4 no answer.
`;

function numberOption(flags: string, description: string, least: number, most: number): Option {
  return new Option(flags, description).argParser((text: string) => wholeNumber(text, least, most));
}

function durationOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string) => {
    const seconds = durationSeconds(text);
    if (seconds === undefined) throw new InvalidArgumentError(`Expected ${DURATION_FORM}.`);
    return seconds;
  });
}

/** Checks what commander does not. Throws CliError (2). */
function sensorOptions(values: Values): SensorOptions {
  const { eve, captureFilter, snapLength, kernelBuffer, ring, db, retention } = values;
  if (values.interface.length === 0) {
    throw new CliError(EXIT.usage, 'no interface is named', {
      hint: 'Example: mip6guard sensor -i eth0 --eve eve.json; mip6guard live -D lists them.',
    });
  }
  if (eve === undefined || eve === '-') {
    throw new CliError(EXIT.usage, 'no file for EVE lines is named', {
      hint: 'Example: --eve /var/log/mip6guard/eve.json',
    });
  }
  if (retention !== undefined && db === undefined) {
    throw new CliError(EXIT.usage, '--retention is about the database of --db', {
      hint: 'Add --db, or leave --retention out.',
    });
  }
  return {
    capture: {
      interfaces: values.interface,
      filter: captureFilter,
      isPromiscuous: values.promiscuous,
      ...(snapLength === undefined ? {} : { snapLength }),
      ...(kernelBuffer === undefined ? {} : { kernelBuffer }),
      ...(ring === undefined ? {} : { buffer: ring }),
    },
    files: { config: values.config, keys: values.keys, rules: values.rules },
    user: values.user,
    eve,
    eveSize: values.eveSize,
    eveFiles: values.eveFiles,
    db,
    retention,
    metrics: values.metrics,
    control: values.control,
    stats: values.stats,
    alertMemory: values.alertMemory,
  };
}

/** Adds the command. @param end takes the exit code */
export function addSensor(
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  const sensor = program
    .command('sensor')
    .summary('watch interfaces for weeks: EVE lines, database, metrics')
    .description('Watches interfaces without an end and reports attacks as they happen.')
    .addOption(
      new Option('-i, --interface <name>', 'an interface (repeat for several)')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('-c, --config <file>', 'site file: home agents, links and their roles, policy (YAML)')
    .addOption(keysOption())
    .addOption(rulesOption())
    .option('--eve <file>', 'append EVE lines to this file')
    .addOption(
      numberOption(
        '--eve-size <MiB>',
        'begin a new file at this size, 0 = never',
        0,
        1_048_576,
      ).default(0),
    )
    .addOption(
      numberOption('--eve-files <n>', 'older files kept: FILE.1 to FILE.n', 1, 999).default(10),
    )
    .option('--db <file>', 'keep a history in this SQLite database')
    .addOption(durationOption('--retention <duration>', 'remove rows that are older, as in 90d'))
    .option('--metrics <address:port>', 'serve /metrics and /healthz there, as in 127.0.0.1:9469')
    .option('--control <socket>', 'take commands at this unix socket')
    .addOption(
      numberOption(
        '--stats <seconds>',
        'seconds between two stats lines, 0 = none',
        0,
        86_400,
      ).default(60),
    )
    .addOption(
      durationOption('--alert-memory <duration>', 'forget alerts not seen for so long').default(
        3600,
        '1h',
      ),
    )
    .option('-f, --capture-filter <filter>', "libpcap filter, '' for none")
    .addOption(numberOption('-s, --snap-length <octets>', 'octets kept of a packet', 64, 262_144))
    .addOption(numberOption('-B, --kernel-buffer <MiB>', 'ring of each interface (32)', 1, 2047))
    .addOption(numberOption('--ring <MiB>', 'ring between kernel and engine (64)', 1, 4095))
    .option('-p, --no-promiscuous', 'only what is meant for this machine')
    .option('--user <name>', 'become this user once the interfaces are open')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (values: Values) => {
      const options = sensorOptions(values);
      const { runSensor } = await import('../sensor/sensor-run.ts');
      end(await runSensor(options, terminal));
    });
  sensor
    .command('control')
    .summary('ask a sensor that runs')
    .description('Sends a command to the socket of a sensor and shows the answer.')
    .argument('<socket>', 'socket of --control')
    .argument('<command>', 'status, reload, mute, unmute, mutes, dump-bindings or help')
    .argument('[args...]', 'name=value')
    .addHelpText('after', CONTROL_NOTES)
    .action(async (socket: string, command: string, words: string[]) => {
      const { askSensor, requestOf } = await import('../sensor/control-client.ts');
      end(await askSensor(socket, requestOf(command, words), terminal));
    });
}
