/**
 * Questions to the database of `audit --db`.
 */
import { SEVERITIES } from '../../engine/rule-api.ts';
import type { Severity } from '../../engine/rule-api.ts';
import { HistoryError, SqliteHistory } from '../../io/store/history.ts';
import type { HistoryRow, Subject } from '../../io/store/history.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { countText } from '../report/numbers.ts';
import { safeText } from '../report/safe-text.ts';
import { isAtLeast } from '../report/verdict.ts';
import type { Terminal } from '../terminal.ts';
import { addressFilter } from './address-filter.ts';
import { writeHistory } from './history-output.ts';
import type { HistoryFormat } from './history-output.ts';
import { timestampOf } from './time-range.ts';

/** What the user asked. */
export interface HistoryOptions {
  readonly db: string;
  readonly subject: Subject;
  /** IPv6 address, prefix or link-layer address that rows must be about. */
  readonly address: string | undefined;
  readonly format: HistoryFormat;
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** Least severity. */
  readonly severity: Severity | undefined;
  readonly run: number | undefined;
  /** Most rows. */
  readonly limit: number;
}

/**
 * Shows rows of the database.
 * @throws CliError: 2 for an option that makes no sense, 3 for a file that is no database of ours, 4 without the package
 */
export async function showHistory(options: HistoryOptions, terminal: Terminal): Promise<ExitCode> {
  const { db, subject, format, limit, run } = options;
  const question = {
    since: timeOption('--since', options.since, false),
    until: timeOption('--until', options.until, true),
    severities: severitiesOf(options),
    run,
  };
  const isWanted = filterOf(options);
  try {
    const history = await SqliteHistory.open(db);
    try {
      const rows: HistoryRow[] = [];
      let isMore = false;
      for (const row of history.ask(subject, question)) {
        if (isWanted !== undefined && !isWanted(row)) continue;
        if (rows.length === limit) {
          isMore = true;
          break;
        }
        rows.push(row);
      }
      writeHistory(terminal.output, subject, rows, format);
      if (isMore) {
        terminal.say(
          `mip6guard: there are more than ${countText(limit)} ${subject}: narrow with --since, --until or --run, or raise --limit`,
        );
      }
      return EXIT.clean;
    } finally {
      history.close();
    }
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    const code = error.isPackage ? EXIT.environment : EXIT.input;
    throw new CliError(code, error.message, { cause: error });
  }
}

function timeOption(name: string, text: string | undefined, isEnd: boolean): string | undefined {
  if (text === undefined) return undefined;
  const timestamp = timestampOf(text, isEnd);
  if (timestamp !== undefined) return timestamp;
  throw new CliError(EXIT.usage, `${name}: '${safeText(text)}' is no time`, {
    hint: 'Give a date or a date and time in UTC: 2026-03-02 or 2026-03-02T08:01:00.5',
  });
}

function severitiesOf({ subject, severity }: HistoryOptions): readonly Severity[] | undefined {
  if (severity === undefined) return undefined;
  if (subject === 'incidents' || subject === 'alerts') {
    return SEVERITIES.filter((item) => isAtLeast(item, severity));
  }
  throw new CliError(EXIT.usage, `--severity is for incidents and alerts; ${subject} have none`);
}

function filterOf({
  subject,
  address,
}: HistoryOptions): ((row: HistoryRow) => boolean) | undefined {
  if (address === undefined) return undefined;
  if (subject === 'runs') {
    throw new CliError(
      EXIT.usage,
      'runs are not about an address; ask for bindings, incidents or alerts',
    );
  }
  const filter = addressFilter(address);
  if (filter !== undefined) return filter;
  throw new CliError(EXIT.usage, `'${safeText(address)}' is no address`, {
    hint: 'Give an IPv6 address, a prefix such as 2001:db8::/32, or a link-layer address.',
  });
}
