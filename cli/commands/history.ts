/**
 * `mip6guard history`: questions to the database of `audit --db`.
 */
import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { Severity } from '../../engine/rule-api.ts';
import type { Subject } from '../../io/store/history.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { HistoryFormat } from '../history/history-output.ts';
import type { Terminal } from '../terminal.ts';
import { wholeNumber } from './options.ts';

interface Values {
  readonly db: string;
  readonly format: HistoryFormat;
  readonly since?: string;
  readonly until?: string;
  readonly severity?: Severity;
  readonly run?: number;
  readonly limit: number;
}

/** Most rows that `--limit` takes: they are kept to be laid out. */
const MAX_ROWS = 1_000_000;

const EXAMPLES = `Examples:
  mip6guard history --db runs.db                                    all runs
  mip6guard history --db runs.db bindings 2001:db8:0:2::17          where a node was, and when
  mip6guard history --db runs.db incidents --severity high --since 2026-03-01
  mip6guard history --db runs.db --format csv alerts 2001:db8:0:4::/64
`;

const NOTES = `
ADDRESS is an IPv6 address, a prefix or a link-layer address: home address, care-of address, home
agent, correspondent or attacker. Times are UTC: 2026-03-02 or 2026-03-02T08:01:00.5; --until with a
date alone means the end of that day. A capture that was audited twice is there twice: --run.

In json and csv the columns are those of the database (docs/outputs.md), with names of captures.

Exit codes:
  0  done, also when no row fits
  2  usage: option, time or address
  3  no such file, no database of mip6guard, damaged, or of another version
  4  environment: the package better-sqlite3 is not installed
  5  internal error
`;

/** Adds the command. @param end takes the exit code */
export function addHistory(
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  program
    .command('history')
    .summary('ask the database of audit --db')
    .description(
      'Shows runs, bindings over time, incidents or alerts that audit --db has collected.',
    )
    .addArgument(
      new Argument('[what]', 'what to show')
        .choices(['runs', 'bindings', 'incidents', 'alerts'] satisfies Subject[])
        .default('runs'),
    )
    .argument('[address]', 'only rows about this address or prefix')
    .requiredOption('--db <file>', 'database that audit --db has written')
    .addOption(
      new Option('-f, --format <format>', 'text: a table; json: an array; csv: RFC 4180')
        .choices(['text', 'json', 'csv'] satisfies HistoryFormat[])
        .default('text'),
    )
    .option('--since <time>', 'only what ended at this time or later')
    .option('--until <time>', 'only what began at this time or earlier')
    .addOption(
      new Option('--severity <severity>', 'least severity of incidents and alerts').choices([
        'info',
        'low',
        'medium',
        'high',
        'critical',
      ] satisfies Severity[]),
    )
    .addOption(
      new Option('--run <n>', 'only this run').argParser((text: string) =>
        wholeNumber(text, 1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(
      new Option('--limit <n>', 'most rows')
        .argParser((text: string) => wholeNumber(text, 1, MAX_ROWS))
        .default(1000),
    )
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (subject: Subject, address: string | undefined, values: Values) => {
      const { db, format, since, until, severity, run, limit } = values;
      const { showHistory } = await import('../history/history-run.ts');
      const options = { db, subject, address, format, since, until, severity, run, limit };
      end(await showHistory(options, terminal));
    });
}
