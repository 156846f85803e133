/**
 * What keeps a store of runs without an end in order: old rows go, and runs that were killed are marked.
 */
import type Sqlite from 'better-sqlite3';

/** Identity of a process, also across restarts of the machine and use of its number again. */
export interface RunProcess {
  readonly pid: number;
  /** Whatever tells a process from an earlier one of the same number; empty when the system does not say. */
  readonly start: string;
}

function isRunProcess(value: unknown): value is RunProcess {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'start' in value &&
    typeof value.start === 'string'
  );
}

function processOf(details: unknown): RunProcess | undefined {
  if (typeof details !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(details);
    const found = typeof value === 'object' && value !== null && 'process' in value;
    return found && isRunProcess(value.process) ? value.process : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Marks runs that have not ended and whose process is not there any more: `is_stopped` is 1, `details` has
 * `"killed":true`, and `finished_at` is the time of the last packet that they noted, or their start. `exit_code` stays
 * NULL.
 * @param ownRun run that goes on
 * @returns numbers of the runs that were marked
 */
export function markKilledRuns(
  database: Sqlite.Database,
  ownRun: number,
  isRunning: (process: RunProcess) => boolean,
): readonly number[] {
  const marked: number[] = [];
  const open = database
    .prepare<[number], { run_id: number; details: string | null }>(
      'SELECT run_id, details FROM runs WHERE finished_at IS NULL AND details IS NOT NULL AND run_id <> ?',
    )
    .all(ownRun);
  const mark = database.prepare(
    `UPDATE runs SET finished_at = coalesce(last_packet, started_at), is_stopped = 1, details = ? WHERE run_id = ?`,
  );
  for (const { run_id, details } of open) {
    const process = processOf(details);
    if (process === undefined || isRunning(process)) continue;
    mark.run(JSON.stringify({ process, killed: true }), run_id);
    marked.push(run_id);
  }
  return marked;
}

/** Old rows of one table of one run, as a condition on the table; `@run` is the run, `@time` the time, `@most` the most. */
const OLD_ROWS = [
  // In order of the numbers, and so of time: the scan ends where it finds nothing old any more.
  `DELETE FROM packets WHERE (run_id, input, number) IN (
     SELECT run_id, input, number FROM (
       SELECT run_id, input, number, time FROM packets WHERE run_id = @run ORDER BY input, number LIMIT @most
     ) WHERE time < @time)`,
  `DELETE FROM binding_changes WHERE change_id IN (
     SELECT change_id FROM binding_changes WHERE run_id = @run AND time < @time ORDER BY change_id LIMIT @most)`,
  `DELETE FROM alerts WHERE (run_id, alert_id) IN (
     SELECT run_id, alert_id FROM alerts WHERE run_id = @run AND last_time < @time LIMIT @most)`,
  `DELETE FROM incidents WHERE (run_id, incident_id) IN (
     SELECT run_id, incident_id FROM incidents WHERE run_id = @run AND last_time < @time LIMIT @most)`,
];

/** What a run keeps as long as it is not old as a whole. */
const REST = ['packets', 'binding_changes', 'alerts', 'incidents'];

/**
 * Removes rows that are older than `time`, in one transaction. A row is as old as its packet, but never older than the
 * start of its run: an audit of an old capture is not old. A run that has ended and of which no such row is left goes
 * with all that belongs to it.
 * @param ownRun run that goes on: it stays
 * @param time EVE timestamp; times of the machine's clock compare with it as well, to the second
 * @param most rows removed of a table
 * @returns rows and runs removed
 */
export function removeOldRows(
  database: Sqlite.Database,
  ownRun: number,
  time: string,
  most: number,
): number {
  const runs = database
    .prepare<[string], { run_id: number; is_open: number }>(
      'SELECT run_id, finished_at IS NULL AS is_open FROM runs WHERE started_at < ? ORDER BY run_id',
    )
    .all(time);
  let removed = 0;
  database.transaction(() => {
    for (const { run_id, is_open } of runs) {
      for (const sql of OLD_ROWS)
        removed += database.prepare(sql).run({ run: run_id, time, most }).changes;
      if (removed >= most) return;
      if (is_open === 1 || run_id === ownRun || hasRows(database, run_id)) continue;
      removed += database.prepare('DELETE FROM runs WHERE run_id = ?').run(run_id).changes;
    }
  })();
  return removed;
}

function hasRows(database: Sqlite.Database, run: number): boolean {
  return REST.some(
    (table) =>
      database.prepare(`SELECT 1 FROM ${table} WHERE run_id = ? LIMIT 1`).get(run) !== undefined,
  );
}
