/**
 * `mip6guard audit`: find attacks in captures.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { AuditFormat } from '../audit-formats.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Severity } from '../../engine/rule-api.ts';
import type { ColourChoice } from '../report/palette.ts';
import type { Terminal } from '../terminal.ts';
import { colourOption, keysOption, rulesOption, workersOption } from './options.ts';

interface Values {
  readonly config?: string;
  readonly keys: readonly string[];
  readonly rules: readonly string[];
  readonly format: AuditFormat;
  readonly output?: string;
  readonly db?: string;
  readonly failOn: Severity;
  readonly workers: number;
  readonly recursive?: boolean;
  readonly color: ColourChoice;
  readonly quiet?: boolean;
  readonly filter?: string;
  readonly baseline?: string;
  readonly writeBaseline?: string;
}

const EXAMPLES = `Examples:
  mip6guard audit capture.pcapng
  mip6guard audit --config site.yaml --keys esp_sa home.pcapng visited.pcapng
  mip6guard audit --format eve --output eve.json --db runs.db --recursive captures/
  mip6guard audit --format html --output report.html capture.pcapng
  mip6guard audit --write-baseline known.json capture.pcapng
  mip6guard audit --baseline known.json --format sarif --output new.sarif later.pcapng
  mip6guard audit -Y 'ipv6.addr == 2001:db8:0:2::/64' capture.pcapng
  tcpdump -i eth0 -U -w - ip6 | mip6guard audit --format eve -
`;

const NOTES = `
INPUT is a capture (pcap or pcapng, plain or compressed with gzip or zstd), a directory, a pattern
in quotes ('captures/*.pcapng') or - for standard input. Packets of several inputs are merged by
their time.

Output:
  All but eve replace --output FILE only when the run has come to its end; eve is written while
  packets flow, so FILE grows. When FILE cannot be written, the text report goes to standard output.
  The database of --db keeps runs side by side; it needs the optional package better-sqlite3.

With --baseline known findings are left out: the exit code counts new ones. The report says how many
are known, and which entries of the baseline were not found again.

With -Y the analysis still sees all packets; a finding is reported when the packet that decided it,
or one of its evidence, is selected, an incident when one of its findings is. The exit code is that
of what is reported. Other events of eve are not filtered.

Without a site file no link is known to be home or foreign, and rules that need that are listed as
not judged. All its keys: docs/site.md. How to read the report: docs/report.md.

Exit codes:
  0  no finding at or above --fail-on, or the reader of a pipe went away
  1  findings, also when an input is damaged as well
  2  usage or configuration: option, site file, key file, place of the output
  3  an input cannot be read or is cut short; what was found is reported all the same
  4  environment: disk full, no permission, a package that is not installed
  5  internal error
`;

/** Adds the command. @param end takes the exit code */
export function addAudit(
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  program
    .command('audit')
    .summary('find attacks in captures')
    .description(
      'Reads captures and reports bindings over time, attacks with their evidence, and what could not be judged.',
    )
    .argument('<input...>', 'captures, directories, patterns, or - for standard input')
    .option('-c, --config <file>', 'site file: home agents, links and their roles, policy (YAML)')
    .addOption(keysOption())
    .addOption(rulesOption())
    .addOption(
      new Option(
        '-f, --format <format>',
        'text: a report to act on; html: the same as a page; eve: JSON lines; json: one document; sarif, junit: for CI',
      )
        .choices(['text', 'eve', 'json', 'sarif', 'junit', 'html'] satisfies AuditFormat[])
        .default('text'),
    )
    .option('-o, --output <file>', 'write the result to a file instead of standard output')
    .option('--db <file>', 'add the run to an SQLite database: packet index, bindings, alerts')
    .addOption(
      new Option('--fail-on <severity>', 'least severity of a finding that gives exit code 1')
        .choices(['low', 'medium', 'high', 'critical'] satisfies Severity[])
        .default('high'),
    )
    .option(
      '-Y, --filter <filter>',
      'report only findings with a packet that the display filter selects',
    )
    .option(
      '--baseline <file>',
      'leave out known findings: a file of --write-baseline, json or sarif',
    )
    .option('--write-baseline <file>', 'write all findings of this run to a file for --baseline')
    .addOption(workersOption())
    .option('-r, --recursive', 'also captures in directories below a directory')
    .addOption(colourOption())
    .option('-q, --quiet', 'no progress on the terminal')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (inputs: string[], values: Values) => {
      const [{ prepareSession }, { runAudit }] = await Promise.all([
        import('../session.ts'),
        import('../audit-run.ts'),
      ]);
      const { config, keys, rules, workers, recursive = false, quiet = false, color } = values;
      const { filter: filterText, format, output, db, failOn, baseline, writeBaseline } = values;
      const filter =
        filterText === undefined
          ? undefined
          : (await import('../read/filter.ts')).filterOption('-Y', filterText);
      const session = await prepareSession(
        { inputs, config, keys, rules, recursive, workers },
        terminal,
      );
      const places = { output, db, baseline, writeBaseline };
      const how = { format, ...places, failOn, colour: color, quiet, filter };
      end(await runAudit(session, how, terminal));
    });
}
