import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordMaker } from '../../../cli/report/record-maker.ts';
import { isRunning, ownProcess } from '../../../io/store/running-process.ts';
import { SqliteStore } from '../../../io/store/sqlite.ts';
import type { StoredRun } from '../../../io/store/sqlite.ts';
import { StoreExecutor } from '../../../io/store/store-executor.ts';
import type { StoreOperation } from '../../../io/store/store-executor.ts';
import { StoreQueue } from '../../../io/store/store-queue.ts';
import type { StorePort } from '../../../io/store/store-queue.ts';
import { INPUTS, makeAlert, makeSummary } from '../../cli/report/audit-builders.ts';
import { openDatabase as open } from './open-database.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-retention-'));
  file = path.join(folder, 'runs.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const day = (number: number): string =>
  `2026-03-${String(number).padStart(2, '0')}T00:00:00.000000+0000`;

function runOf(started: number, more: Partial<StoredRun> = {}): StoredRun {
  return {
    startedAt: `2026-03-${String(started).padStart(2, '0')}T00:00:00.000Z`,
    version: '9.9.9',
    site: undefined,
    keyFiles: [],
    failOn: 'high',
    inputs: INPUTS.map(({ name }) => name),
    ...more,
  };
}

const records = new RecordMaker(INPUTS);
/** An alert of a day. */
function alertOf(id: number, number: number): Parameters<SqliteStore['alert']>[0] {
  const pointer = { pcap_filename: INPUTS[0]?.name ?? '', pcap_cnt: id, timestamp: day(number) };
  const alert = makeAlert({ id });
  return { ...records.alert(alert), packet: pointer, last_packet: pointer };
}

function addPacket(store: SqliteStore, number: number, on: number): void {
  const none = { link: undefined, source: undefined, destination: undefined, message: undefined };
  store.packet({ input: 0, number, time: day(on), kinds: 'esp', ...none });
}

function rows<T>(sql: string): T[] {
  const database = open?.(file);
  try {
    return (database?.prepare(sql).all() ?? []) as T[];
  } finally {
    database?.close();
  }
}

const manual = { isManual: true, busyMilliseconds: 0 };

describe.skipIf(open === undefined)('retention (needs better-sqlite3)', () => {
  it('removes what is older, a few rows at a time, and keeps the rest', async () => {
    const store = await SqliteStore.open(file, runOf(1), manual);
    for (let i = 1; i <= 2500; i++) addPacket(store, i, i <= 1800 ? 2 : 20);
    for (let i = 1; i <= 10; i++) store.alert(alertOf(i, i <= 4 ? 3 : 20));
    store.flush();
    const removed: number[] = [];
    do removed.push(store.removeOlderThan(day(10), 500));
    while ((removed.at(-1) ?? 0) >= 500);
    expect(removed.length).toBeGreaterThan(3);
    expect(removed.reduce((a, b) => a + b)).toBe(1804);
    store.close();
    expect(rows('SELECT count(*) AS n, min(time) AS first FROM packets')).toEqual([
      { n: 700, first: day(20) },
    ]);
    expect(rows('SELECT alert_id FROM alerts')).toHaveLength(6);
    // Evidence goes with its alert.
    expect(rows('SELECT DISTINCT alert_id FROM evidence')).toHaveLength(6);
  });

  it('removes a run of which nothing is left, but not the one that goes on', async () => {
    const old = await SqliteStore.open(file, runOf(1));
    addPacket(old, 1, 2);
    old.finish({ ...emptyDocument(), alerts: [] }, 0, '2026-03-02T00:00:00.000Z');
    old.close();
    const own = await SqliteStore.open(file, runOf(3));
    own.removeOlderThan(day(25), 500);
    own.close();
    expect(rows('SELECT run_id FROM runs')).toEqual([{ run_id: 2 }]);
    expect(rows('SELECT * FROM inputs')).toHaveLength(INPUTS.length);
  });

  it('takes a young audit of an old capture for young', async () => {
    const audit = await SqliteStore.open(file, runOf(24));
    addPacket(audit, 1, 1);
    audit.flush();
    expect(audit.removeOlderThan(day(20), 500)).toBe(0);
    audit.close();
    expect(rows('SELECT * FROM packets')).toHaveLength(1);
  });
});

function emptyDocument(): Parameters<SqliteStore['finish']>[0] {
  return {
    schema_version: 1,
    run: {
      tool: 'mip6guard',
      version: '9.9.9',
      inputs: [],
      key_files: [],
      rules: 0,
      duration_seconds: 0,
      fail_on: 'high',
      is_stopped: true,
    },
    counters: {
      ...{ packets: 0, octets: 0, ipv6: 0, ipv4: 0, undecoded: 0, cut: 0, fragments: 0 },
      ...{ reassembled: 0, mobility: 0, icmpv6_signalling: 0, home_address_options: 0 },
      ...{ type_2_routing_headers: 0, tunnelled: 0, esp: 0, esp_opened: 0, esp_no_key: 0 },
      ...{ esp_read_as_null: 0, esp_icv_mismatch: 0, esp_malformed: 0 },
      ...{ mobility_by_type: [], diagnostics: [], evictions: [] },
    },
    ...{ links: [], bindings: [], associations: [], esp_flows: [], alerts: [], incidents: [] },
    ...{ not_judged: [], faults: [], internal_errors: [] },
  };
}

describe.skipIf(open === undefined)('a run whose process is gone (needs better-sqlite3)', () => {
  it('is marked as killed at the next start, and those that go on are not', async () => {
    const gone = { pid: 2 ** 22 + 1, start: 'another machine/1' };
    const killed = await SqliteStore.open(file, runOf(1, { process: gone }));
    killed.progress({ first_packet: day(1), last_packet: day(2), packets: 7, octets: 700 });
    killed.close();
    (await SqliteStore.open(file, runOf(2, { process: ownProcess() }))).close();
    (await SqliteStore.open(file, runOf(3))).close();
    const store = await SqliteStore.open(file, runOf(4, { process: ownProcess() }));
    expect(store.markKilled(isRunning)).toEqual([1]);
    expect(store.markKilled(isRunning)).toEqual([]);
    store.close();
    const [first, ...others] = rows<Record<string, unknown>>('SELECT * FROM runs');
    expect(first).toMatchObject({
      finished_at: day(2),
      is_stopped: 1,
      exit_code: null,
      packets: 7,
      details: JSON.stringify({ process: gone, killed: true }),
    });
    expect(others.map((row) => row['finished_at'])).toEqual([null, null, null]);
  });

  it('is told from another process that got its number', () => {
    const own = ownProcess();
    expect(isRunning(own)).toBe(true);
    if (own.start !== '') expect(isRunning({ ...own, start: `${own.start}0` })).toBe(false);
    expect(isRunning({ pid: 2 ** 22 + 1, start: '' })).toBe(false);
  });
});

/** A port over an executor in the same thread. */
class InlinePort implements StorePort {
  readonly posted: number[] = [];
  queue: StoreQueue | undefined;
  readonly #executor: StoreExecutor;

  constructor(executor: StoreExecutor) {
    this.#executor = executor;
  }

  post(operations: readonly StoreOperation[]): void {
    this.posted.push(operations.length);
    this.queue?.report(this.#executor.run(operations));
  }

  tidy(time: string): void {
    this.queue?.tidied(this.#executor.tidy(time));
  }

  close(): Promise<void> {
    this.#executor.close();
    return Promise.resolve();
  }
}

async function queueOver(
  said: string[],
  beforePost: () => void = () => undefined,
): Promise<{ queue: StoreQueue; port: InlinePort }> {
  const store = await SqliteStore.open(file, runOf(1), manual);
  const port = new InlinePort(new StoreExecutor(store));
  const queue = new StoreQueue(port, { name: file, beforePost, say: (text) => said.push(text) });
  port.queue = queue;
  return { queue, port };
}

const PACKET = {
  ...{ input: 0, time: day(1), kinds: 'esp' },
  ...{ link: undefined, source: undefined, destination: undefined, message: undefined },
};

describe.skipIf(open === undefined)('rows on their way to a store (needs better-sqlite3)', () => {
  it('are handed over by 1000, after what has to be out before them', async () => {
    let flushed = 0;
    const { queue, port } = await queueOver([], () => flushed++);
    for (let number = 1; number <= 2300; number++) queue.packet({ ...PACKET, number });
    expect(port.posted).toEqual([]);
    queue.pump();
    expect(port.posted).toEqual([1000, 1000, 300]);
    expect(flushed).toBe(3);
    expect(queue.counts).toEqual({ stored: 2300, lost: 0, failures: 0, removed: 0 });
    await queue.close(1000);
    expect(rows('SELECT count(*) AS n FROM packets')).toEqual([{ n: 2300 }]);
  });

  it('wait while another program holds the store, which is told once, and then are stored', async () => {
    const said: string[] = [];
    const { queue } = await queueOver(said);
    const other = open?.(file);
    other?.exec('BEGIN IMMEDIATE');
    for (let round = 0; round < 5; round++) {
      queue.alert(alertOf(round + 1, 1));
      queue.pump();
    }
    expect(queue.fault).toContain('another program holds it');
    expect(said).toHaveLength(1);
    other?.exec('COMMIT');
    other?.close();
    queue.pump();
    queue.pump();
    expect(queue.fault).toBeUndefined();
    expect(said[1]).toContain('rows are stored again; none was lost');
    expect(queue.counts).toMatchObject({ stored: 5, lost: 0, failures: 5 });
    await queue.close(1000);
    expect(rows('SELECT alert_id FROM alerts')).toHaveLength(5);
  });

  it('are bounded: the packet index goes first, and what is lost is counted', async () => {
    const { queue } = await queueOver([]);
    for (let number = 1; number <= 15_000; number++) queue.packet({ ...PACKET, number });
    expect(queue.waiting).toBe(10_000);
    for (let id = 1; id <= 12_000; id++) queue.alert(alertOf(id, 1));
    expect(queue.waiting).toBe(20_000);
    expect(queue.counts.lost).toBe(7000);
    await queue.close(10_000);
    expect(rows('SELECT count(*) AS n FROM packets')).toEqual([{ n: 10_000 }]);
    expect(rows('SELECT count(*) AS n FROM alerts')).toEqual([{ n: 10_000 }]);
  });

  it('take an incident, and its newer state in its place', async () => {
    const { queue } = await queueOver([]);
    const [incident] = makeSummary().incidents;
    if (incident === undefined) throw new Error('the summary has an incident');
    const record = records.incident(incident);
    queue.incident(record);
    queue.incident({ ...record, title: 'newer' });
    await queue.close(1000);
    expect(rows('SELECT incident_id, title FROM incidents')).toEqual([
      { incident_id: 1, title: 'newer' },
    ]);
  });
});
