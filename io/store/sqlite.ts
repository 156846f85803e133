/**
 * SQLite store: a file that collects runs, for questions over many of them. Tables: `schema.ts`.
 */
import type Sqlite from 'better-sqlite3';
import type {
  AlertRecord,
  AuditDocument,
  BindingEventRecord,
  IncidentRecord,
  PacketPointer,
} from '../export/records.ts';
import { APPLICATION_ID, COLUMNS, SCHEMA, SCHEMA_VERSION } from './schema.ts';
import type { TableName } from './schema.ts';
import { markKilledRuns, removeOldRows } from './retention.ts';
import type { RunProcess } from './retention.ts';
import { StoreError, checkPlace, loadSqlite, storeError } from './sqlite-file.ts';

export { StoreError } from './sqlite-file.ts';
export type { StoreErrorKind } from './sqlite-file.ts';

/** What is known of a run when it starts. */
export interface StoredRun {
  /** ISO 8601, from the clock of the machine. */
  readonly startedAt: string;
  readonly version: string;
  readonly site: string | undefined;
  readonly keyFiles: readonly string[];
  readonly failOn: string;
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  /** The process, for a run without an end: who opens the store later can tell whether it was killed. */
  readonly process?: RunProcess | undefined;
}

/** How far a run without an end is. Times are EVE timestamps; absent before the first packet. */
export interface RunProgress {
  readonly first_packet?: string | undefined;
  readonly last_packet?: string | undefined;
  readonly packets: number;
  readonly octets: number;
}

/** How a store is written. */
export interface StoreOptions {
  /** Rows are written by `flush` alone, and stay collected when that fails. */
  readonly isManual?: boolean;
  /** Milliseconds to wait for another program that holds the file; default 5000. */
  readonly busyMilliseconds?: number;
}

/** A packet of the index. */
export interface PacketRow {
  readonly input: number;
  readonly number: number;
  readonly time: string;
  readonly link: string | undefined;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly kinds: string;
  readonly message: string | undefined;
}

type Value = string | number | null;

const BUSY_MILLISECONDS = 5000;
/** Rows collected before they are written in one transaction: more would hold the file for too long. */
const BATCH_ROWS = 1000;

/** A store open for one run. Every method but `close` throws StoreError. */
export class SqliteStore {
  readonly #file: string;
  readonly #database: Sqlite.Database;
  readonly #runId: number;
  readonly #inputs: ReadonlyMap<string, number>;
  readonly #statements: Readonly<Record<TableName, Sqlite.Statement>>;
  readonly #isManual: boolean;
  #pending: { readonly table: TableName; readonly row: readonly Value[] }[] = [];

  private constructor(
    file: string,
    database: Sqlite.Database,
    run: StoredRun,
    { isManual = false }: StoreOptions,
  ) {
    this.#file = file;
    this.#isManual = isManual;
    this.#database = database;
    this.#inputs = new Map(run.inputs.map((name, input) => [name, input]));
    const insert = (table: TableName): Sqlite.Statement => {
      const columns = COLUMNS[table];
      const names = columns.map((name) => `"${name}"`).join(', ');
      const places = columns.map(() => '?').join(', ');
      return database.prepare(`INSERT OR REPLACE INTO ${table} (${names}) VALUES (${places})`);
    };
    this.#statements = {
      inputs: insert('inputs'),
      packets: insert('packets'),
      bindings: insert('bindings'),
      binding_changes: insert('binding_changes'),
      alerts: insert('alerts'),
      evidence: insert('evidence'),
      incidents: insert('incidents'),
    };
    const { lastInsertRowid } = database
      .prepare(
        'INSERT INTO runs (started_at, version, site, key_files, fail_on, details) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(
        run.startedAt,
        run.version,
        run.site ?? null,
        JSON.stringify(run.keyFiles),
        run.failOn,
        run.process === undefined ? null : JSON.stringify({ process: run.process }),
      );
    this.#runId = Number(lastInsertRowid);
    for (const [input, name] of run.inputs.entries()) this.#add('inputs', [input, name, null]);
    this.flush();
  }

  /**
   * Opens `file`, creating it when it is not there, and begins a run in it.
   * @throws StoreError when the package is missing, the file is another one, or was made by a newer version.
   */
  static async open(
    file: string,
    run: StoredRun,
    options: StoreOptions = {},
  ): Promise<SqliteStore> {
    const { default: Database } = await loadSqlite('--db');
    checkPlace(file);
    let database: Sqlite.Database | undefined;
    try {
      database = new Database(file, { timeout: options.busyMilliseconds ?? BUSY_MILLISECONDS });
      prepareDatabase(file, database);
      return new SqliteStore(file, database, run, options);
    } catch (error) {
      database?.close();
      throw error instanceof StoreError ? error : storeError(file, error);
    }
  }

  /** Adds a packet to the index. */
  packet(row: PacketRow): void {
    this.#add('packets', [
      row.input,
      row.number,
      row.time,
      row.link ?? null,
      row.source ?? null,
      row.destination ?? null,
      row.kinds,
      row.message ?? null,
    ]);
  }

  /** Adds a change of a binding. */
  bindingChange(record: BindingEventRecord): void {
    this.#add('binding_changes', [
      ...this.#place(record),
      record.change,
      record.home_address,
      record.peer,
      record.role,
      record.phase,
      record.care_of_address,
      record.previous_care_of_address ?? null,
      record.sequence ?? null,
      record.lifetime ?? null,
      record.known_by,
    ]);
  }

  /** Adds an alert, or replaces what was known of it. */
  alert(record: AlertRecord): void {
    this.#add('alerts', [
      record.alert_id,
      record.rule,
      record.signature_id,
      record.signature,
      record.category,
      record.severity,
      record.confidence,
      record.stage ?? null,
      record.message,
      ...this.#place(record.packet),
      record.count,
      ...this.#place(record.last_packet),
      record.home_address ?? null,
      record.home_agent ?? null,
      record.attacker ?? null,
      record.home_prefix ?? null,
      JSON.stringify(record.references),
      record.incident_id ?? null,
    ]);
    for (const [position, item] of record.evidence.entries()) {
      const place = this.#place(item);
      this.#add('evidence', [
        record.alert_id,
        position,
        ...place,
        item.in_iface ?? null,
        item.text,
      ]);
    }
  }

  /** Adds an incident, or replaces what was known of it. */
  incident(incident: IncidentRecord): void {
    const stages = incident.stages.map(({ stage, alerts }) => ({
      stage,
      alert_ids: alerts.map(({ alert_id }) => alert_id),
    }));
    this.#add('incidents', [
      incident.incident_id,
      incident.title,
      incident.severity,
      incident.confidence,
      incident.assessment ?? null,
      incident.home_address ?? null,
      incident.home_agent ?? null,
      JSON.stringify(incident.attackers),
      incident.first.timestamp,
      incident.last.timestamp,
      JSON.stringify(stages),
      JSON.stringify(incident.narrative),
      JSON.stringify(incident.references),
      JSON.stringify(incident.advice),
    ]);
  }

  /**
   * Ends the run: what is final only now.
   * @param finishedAt ISO 8601, from the clock of the machine
   */
  finish(document: AuditDocument, exitCode: number, finishedAt: string): void {
    const { run, counters } = document;
    for (const [input, { pcap_filename, packets }] of run.inputs.entries()) {
      this.#add('inputs', [input, pcap_filename, packets]);
    }
    for (const binding of document.bindings) {
      this.#add('bindings', [
        binding.home_address,
        binding.peer,
        binding.role,
        binding.phase,
        binding.care_of_address,
        binding.sequence ?? null,
        binding.lifetime ?? null,
        binding.flags === undefined ? null : JSON.stringify(binding.flags),
        binding.known_by,
        binding.first_seen,
        binding.registered_at ?? null,
        binding.expires_at ?? null,
        binding.tunnel_packets,
      ]);
    }
    for (const alert of document.alerts) this.alert(alert);
    for (const incident of document.incidents) this.incident(incident);
    this.flush();
    const { links, associations, faults, not_judged } = document;
    const details = JSON.stringify({ counters, links, associations, faults, not_judged });
    this.#try(() => {
      this.#database
        .prepare(
          `UPDATE runs SET finished_at = ?, exit_code = ?, is_stopped = ?, first_packet = ?,
             last_packet = ?, packets = ?, octets = ?, details = ? WHERE run_id = ?`,
        )
        .run(
          finishedAt,
          exitCode,
          run.is_stopped ? 1 : 0,
          run.first_packet ?? null,
          run.last_packet ?? null,
          counters.packets,
          counters.octets,
          details,
          this.#runId,
        );
    });
  }

  /** Writes the rows collected so far, 1000 in a transaction. What cannot be written stays collected. */
  flush(): void {
    while (this.#pending.length > 0) {
      const rows = this.#pending.slice(0, BATCH_ROWS);
      this.#try(() => {
        this.#database.transaction(() => {
          for (const { table, row } of rows) this.#statements[table].run(this.#runId, ...row);
        })();
      });
      this.#pending = this.#pending.slice(rows.length);
    }
  }

  /** Notes how far the run is. */
  progress({ first_packet, last_packet, packets, octets }: RunProgress): void {
    this.#try(() => {
      this.#database
        .prepare(
          'UPDATE runs SET first_packet = ?, last_packet = ?, packets = ?, octets = ? WHERE run_id = ?',
        )
        .run(first_packet ?? null, last_packet ?? null, packets, octets, this.#runId);
    });
  }

  /**
   * Marks runs of processes that are gone without having ended their run: see `markKilledRuns`.
   * @returns numbers of the runs
   */
  markKilled(isRunning: (process: RunProcess) => boolean): readonly number[] {
    let marked: readonly number[] = [];
    this.#try(() => {
      marked = markKilledRuns(this.#database, this.#runId, isRunning);
    });
    return marked;
  }

  /**
   * Removes some of what is older than `time`: see `removeOldRows`.
   * @param time EVE timestamp
   * @returns rows removed; fewer than `most` when nothing old is left
   */
  removeOlderThan(time: string, most: number): number {
    let removed = 0;
    this.#try(() => {
      removed = removeOldRows(this.#database, this.#runId, time, most);
    });
    return removed;
  }

  /** Closes the file. Never throws. */
  close(): void {
    try {
      this.#database.close();
    } catch {
      // Everything that could be saved has been.
    }
  }

  #add(table: TableName, row: readonly Value[]): void {
    this.#pending.push({ table, row });
    if (!this.#isManual && this.#pending.length >= BATCH_ROWS) this.flush();
  }

  #place(pointer: PacketPointer): [number, number, string] {
    return [this.#inputs.get(pointer.pcap_filename) ?? 0, pointer.pcap_cnt, pointer.timestamp];
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      throw storeError(this.#file, error);
    }
  }
}

/** Makes the tables of a new file; refuses what is not ours or newer. */
function prepareDatabase(file: string, database: Sqlite.Database): void {
  const number = (pragma: string): number => Number(database.pragma(pragma, { simple: true }));
  const create = database.transaction(() => {
    const version = number('user_version');
    const isOurs = number('application_id') === APPLICATION_ID;
    const tables = Number(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get());
    if (!isOurs && (version !== 0 || tables > 0)) {
      throw new StoreError(
        'usage',
        `${file} is an SQLite database of another program; give --db the name of a new file`,
      );
    }
    if (version > SCHEMA_VERSION) {
      throw new StoreError(
        'usage',
        `${file} has schema version ${version}, this mip6guard knows ${SCHEMA_VERSION}: it was written by a newer version\n` +
          '  Update mip6guard, or give --db the name of a new file',
      );
    }
    if (version > 0) return;
    database.exec(SCHEMA);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${SCHEMA_VERSION}`);
  });
  // WAL lets others read while a run writes; NORMAL can lose the last batch in a power cut, never the file.
  create.immediate();
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('foreign_keys = ON');
}
