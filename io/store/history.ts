/**
 * Questions to an SQLite store, which is opened for reading only.
 */
import { statSync } from 'node:fs';
import type Sqlite from 'better-sqlite3';
import { APPLICATION_ID, SCHEMA_VERSION } from './schema.ts';

/** What can be asked for. */
export const SUBJECTS = ['runs', 'bindings', 'incidents', 'alerts'] as const;

/** One of `SUBJECTS`. */
export type Subject = (typeof SUBJECTS)[number];

/** The store cannot be read; `isPackage`: because the package for it is missing. */
export class HistoryError extends Error {
  readonly isPackage: boolean;

  constructor(message: string, isPackage: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HistoryError';
    this.isPackage = isPackage;
  }
}

/** Which rows. Times are EVE timestamps, which sort as text; both ends are included. */
export interface Question {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Severities that are wanted; for incidents and alerts. */
  readonly severities?: readonly string[] | undefined;
  /** Number of a run. */
  readonly run?: number | undefined;
}

/** A row by names of columns. */
export type HistoryRow = Readonly<Record<string, string | number | null>>;

/** Columns and order; conditions are added. `time` and `end` are the ends of what a row is about. */
interface Query {
  readonly select: string;
  readonly from: string;
  readonly time: string;
  readonly end: string;
  readonly order: string;
}

const QUERIES: Readonly<Record<Subject, Query>> = {
  runs: {
    select: `r.run_id, r.started_at, r.finished_at, r.exit_code, r.first_packet, r.last_packet, r.packets,
      (SELECT count(*) FROM incidents i WHERE i.run_id = r.run_id) AS incidents,
      (SELECT count(*) FROM alerts a WHERE a.run_id = r.run_id) AS alerts,
      r.fail_on, r.version, r.site,
      (SELECT group_concat(name, ' ') FROM (SELECT name FROM inputs n WHERE n.run_id = r.run_id ORDER BY input)) AS inputs`,
    from: 'runs r',
    time: 'r.first_packet',
    end: 'r.last_packet',
    order: 'r.run_id',
  },
  bindings: {
    select: `r.time, r.home_address, r.change, r.phase, r.care_of_address, r.previous_care_of_address, r.peer, r.role,
      r.sequence, r.lifetime, r.known_by, n.name AS pcap_filename, r.number AS pcap_cnt, r.run_id`,
    from: 'binding_changes r LEFT JOIN inputs n ON n.run_id = r.run_id AND n.input = r.input',
    time: 'r.time',
    end: 'r.time',
    order: 'r.time, r.change_id',
  },
  incidents: {
    select: `r.first_time, r.last_time, r.severity, r.confidence, r.assessment, r.title, r.home_address, r.home_agent,
      r.attackers, r.incident_id, r.run_id`,
    from: 'incidents r',
    time: 'r.first_time',
    end: 'r.last_time',
    order: 'r.first_time, r.run_id, r.incident_id',
  },
  alerts: {
    select: `r.time, r.severity, r.confidence, r.rule, r.signature, r.message, r.count, r.last_time, r.home_address,
      r.home_agent, r.attacker, n.name AS pcap_filename, r.number AS pcap_cnt, r.incident_id, r.alert_id, r.run_id`,
    from: 'alerts r LEFT JOIN inputs n ON n.run_id = r.run_id AND n.input = r.input',
    time: 'r.time',
    end: 'r.last_time',
    order: 'r.time, r.run_id, r.alert_id',
  },
};

/** A store open for reading. Its methods throw HistoryError. */
export class SqliteHistory {
  readonly #file: string;
  readonly #database: Sqlite.Database;

  private constructor(file: string, database: Sqlite.Database) {
    this.#file = file;
    this.#database = database;
  }

  /** @throws HistoryError when there is no such file, it is none of ours, or the package is missing */
  static async open(file: string): Promise<SqliteHistory> {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) throw new HistoryError(`${file}: there is no such file`, false);
    if (!stats.isFile()) throw new HistoryError(`${file}: it is not a file`, false);
    const { default: Database } = await loadPackage();
    let database: Sqlite.Database | undefined;
    try {
      database = new Database(file, { readonly: true, fileMustExist: true });
      checkIdentity(file, database);
      return new SqliteHistory(file, database);
    } catch (error) {
      database?.close();
      throw error instanceof HistoryError ? error : failure(file, error);
    }
  }

  /** Rows in order of time, one after the other: a store may hold more than fits into memory. */
  *ask(subject: Subject, question: Question): Generator<HistoryRow> {
    const { select, from, time, end, order } = QUERIES[subject];
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    const add = (condition: string, ...given: (string | number)[]): void => {
      conditions.push(condition);
      values.push(...given);
    };
    const { since, until, severities, run } = question;
    if (since !== undefined) add(`${end} >= ?`, since);
    if (until !== undefined) add(`${time} <= ?`, until);
    if (run !== undefined) add('r.run_id = ?', run);
    if (severities !== undefined) {
      add(`r.severity IN (${severities.map(() => '?').join(', ')})`, ...severities);
    }
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    try {
      const statement = this.#database.prepare<(string | number)[], HistoryRow>(
        `SELECT ${select} FROM ${from}${where} ORDER BY ${order}`,
      );
      yield* statement.iterate(...values);
    } catch (error) {
      throw failure(this.#file, error);
    }
  }

  /** Closes the file. Never throws. */
  close(): void {
    try {
      this.#database.close();
    } catch {
      // Nothing was written, so nothing is lost.
    }
  }
}

async function loadPackage(): Promise<{ default: typeof Sqlite }> {
  try {
    return await import('better-sqlite3');
  } catch (error) {
    throw new HistoryError(
      'history needs the package better-sqlite3, which is not installed or does not load\n' +
        '  In the folder of mip6guard run: npm install --include=optional (it needs python3, make and g++)',
      true,
      error,
    );
  }
}

function checkIdentity(file: string, database: Sqlite.Database): void {
  const number = (pragma: string): number => Number(database.pragma(pragma, { simple: true }));
  if (number('application_id') !== APPLICATION_ID) {
    throw new HistoryError(
      `${file} is no store of mip6guard: give a file that audit --db has written`,
      false,
    );
  }
  const version = number('user_version');
  if (version !== SCHEMA_VERSION) {
    throw new HistoryError(
      `${file} has schema version ${version}, this mip6guard reads ${SCHEMA_VERSION}: update mip6guard`,
      false,
    );
  }
}

function failure(file: string, error: unknown): HistoryError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = error instanceof Error ? error.message : String(error);
  const text =
    code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT'
      ? 'it is not an SQLite database, or damaged: give a file that audit --db has written'
      : reason;
  return new HistoryError(`cannot read the store ${file}: ${text}`, false, error);
}
