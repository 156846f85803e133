import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditDocument } from '../../../cli/report/document.ts';
import { RunFollower } from '../../../cli/report/run-follower.ts';
import { SCHEMA_VERSION } from '../../../io/store/schema.ts';
import { SqliteStore, StoreError } from '../../../io/store/sqlite.ts';
import {
  INPUTS,
  makeAlert,
  makeRun,
  makeSummary,
  SECRET,
} from '../../cli/report/audit-builders.ts';
import {
  bindingEvent,
  bindingUpdateEvent,
  espEvent,
  packetAt,
  packetContext,
} from '../../rules/event-builders.ts';
import { openDatabase as open } from './open-database.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-store-'));
  file = path.join(folder, 'runs.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const RUN = {
  startedAt: '2024-01-01T00:00:00.000Z',
  version: '9.9.9',
  site: 'site.yaml',
  keyFiles: ['esp_sa'],
  failOn: 'high',
  inputs: INPUTS.map(({ name }) => name),
};

/** Stores one imagined run. */
async function storeRun(): Promise<void> {
  const store = await SqliteStore.open(file, RUN);
  const follower = new RunFollower(INPUTS, { eve: undefined, store });
  const context = packetContext({ packet: packetAt(11) });
  follower.onEvent(espEvent({ context }));
  follower.onEvent(bindingUpdateEvent({}, { context }));
  follower.onEvent(bindingEvent('registered', { packet: packetAt(11) }));
  for (let number = 100; number < 2200; number++) {
    follower.onEvent(espEvent({ context: { packet: packetAt(number) } }));
  }
  follower.onAlert(makeAlert({ incidentId: undefined, count: 1 }));
  const document = auditDocument(makeSummary(), makeRun());
  follower.end(document, 0);
  follower.endStore(document, 1, '2024-01-01T00:00:01.000Z');
  expect(follower.failures).toEqual([]);
  store.close();
}

/** Rows that a query gives from the closed store. */
function rows(sql: string): unknown[] {
  const database = open?.(file);
  try {
    return database?.prepare(sql).all() ?? [];
  } finally {
    database?.close();
  }
}

async function errorOf(action: Promise<unknown>): Promise<StoreError | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

describe.skipIf(open === undefined)('the SQLite store (needs better-sqlite3)', () => {
  it('holds run, inputs, packet index, bindings, alerts with evidence, and incidents', async () => {
    await storeRun();
    expect(rows('SELECT * FROM runs')).toMatchObject([
      {
        run_id: 1,
        version: '9.9.9',
        site: 'site.yaml',
        exit_code: 1,
        is_stopped: 0,
        packets: 42,
        finished_at: '2024-01-01T00:00:01.000Z',
      },
    ]);
    expect(rows('SELECT * FROM inputs')).toEqual([
      { run_id: 1, input: 0, name: 'captures/site.pcapng', packets: 42 },
    ]);
    expect(rows('SELECT count(*) AS n FROM packets')).toEqual([{ n: 2101 }]);
    expect(rows('SELECT * FROM packets WHERE number = 11')).toMatchObject([
      {
        time: '2023-11-14T22:13:31.000000+0000',
        link: 'foreign',
        source: '2001:db8:3::99',
        kinds: 'esp,mobility',
        message: 'binding-update',
      },
    ]);
    expect(rows('SELECT * FROM binding_changes')).toMatchObject([
      { change: 'registered', home_address: '2001:db8:1::10', sequence: 1, lifetime: 60 },
    ]);
    expect(rows('SELECT * FROM bindings')).toMatchObject([
      { home_address: '2001:db8:1::10', phase: 'deregistered', tunnel_packets: 9 },
    ]);
    expect(rows('SELECT * FROM alerts ORDER BY alert_id')).toMatchObject([
      { alert_id: 1, rule: 'MIP6-1106', signature_id: 1106, count: 2, incident_id: 1, number: 12 },
      { alert_id: 2, rule: 'MIP6-1001', severity: 'low', incident_id: null },
    ]);
    expect(rows('SELECT alert_id, position, number, link FROM evidence')).toEqual([
      { alert_id: 1, position: 0, number: 11, link: 'foreign' },
      { alert_id: 1, position: 1, number: 12, link: null },
      { alert_id: 2, position: 0, number: 20, link: null },
    ]);
    expect(rows('SELECT * FROM incidents')).toMatchObject([
      { title: 'Full de-registration of 2001:db8:1::10', attackers: '["2001:db8:6::66"]' },
    ]);
  });

  it('adds a second run to the first', async () => {
    await storeRun();
    await storeRun();
    expect(rows('SELECT run_id, count(*) AS n FROM alerts GROUP BY run_id')).toEqual([
      { run_id: 1, n: 2 },
      { run_id: 2, n: 2 },
    ]);
  });

  it('is in WAL mode, has its schema version, and passes its own checks', async () => {
    await storeRun();
    expect(rows('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(rows('PRAGMA user_version')).toEqual([{ user_version: SCHEMA_VERSION }]);
    expect(rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(rows('PRAGMA foreign_key_check')).toEqual([]);
  });

  it('keeps alerts of a run that did not come to its end', async () => {
    const store = await SqliteStore.open(file, RUN);
    const follower = new RunFollower(INPUTS, { eve: undefined, store });
    follower.onAlert(makeAlert());
    store.flush();
    store.close();
    expect(rows('SELECT finished_at, rule FROM runs JOIN alerts USING (run_id)')).toEqual([
      { finished_at: null, rule: 'MIP6-1106' },
    ]);
  });

  it('holds no keys', async () => {
    await storeRun();
    const octets = readFileSync(file).toString('latin1');
    expect(octets).toContain('MIP6-1106');
    expect(octets.toLowerCase()).not.toContain(SECRET);
    expect(octets).not.toContain(Buffer.from(SECRET, 'hex').toString('latin1'));
  });

  it('refuses a store of a newer version, and leaves it as it is', async () => {
    await storeRun();
    const database = open?.(file);
    database?.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    database?.close();
    const error = await errorOf(SqliteStore.open(file, RUN));
    expect(error?.kind).toBe('usage');
    expect(error?.message).toContain(`schema version ${SCHEMA_VERSION + 1}`);
    expect(rows('SELECT count(*) AS n FROM runs')).toEqual([{ n: 1 }]);
  });

  it('refuses a database of another program', async () => {
    const database = open?.(file);
    database?.exec('CREATE TABLE notes (text TEXT)');
    database?.close();
    const error = await errorOf(SqliteStore.open(file, RUN));
    expect(error?.kind).toBe('usage');
    expect(error?.message).toContain('another program');
    expect(rows('SELECT name FROM sqlite_schema')).toEqual([{ name: 'notes' }]);
  });

  it.each([
    [
      'a text file',
      () => {
        writeFileSync(file, 'this is no database, it is text\n'.repeat(99));
      },
      'not an SQLite database',
    ],
    [
      'a directory',
      () => {
        mkdirSync(file);
      },
      'is a directory',
    ],
    [
      'a file in a directory that is not there',
      () => {
        file = path.join(folder, 'a', 'b.db');
      },
      'there is no directory',
    ],
  ])('refuses %s', async (_, make, text) => {
    make();
    const error = await errorOf(SqliteStore.open(file, RUN));
    expect(error?.kind).toBe('usage');
    expect(error?.message).toContain(text);
  });
});
