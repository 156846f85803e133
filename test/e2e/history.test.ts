import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, mip6guard } from './command.ts';
import type { Outcome } from './command.ts';

const CAPTURES = path.join(ROOT, 'fixtures/captures');
const HOME = '2001:db8:0:2:20d:93ff:fe55:8f79';

/** The package is optional: it needs a compiler where no binary fits. */
const hasSqlite = await (async (): Promise<boolean> => {
  try {
    const { default: Database } = await import('better-sqlite3');
    new Database(':memory:').close();
    return true;
  } catch {
    return false;
  }
})();

let folder = '';
let db = '';

function audit(name: string): Outcome {
  const of = (end: string): string => path.join(CAPTURES, `${name}.${end}`);
  const material = ['--config', of('site.yaml'), '--keys', of('esp_sa'), of('pcapng')];
  return mip6guard(['audit', '--db', db, '--output', path.join(folder, 'out.txt'), ...material]);
}

function history(...args: string[]): Outcome {
  return mip6guard(['history', '--db', db, ...args]);
}

function rowsOf(...args: string[]): Record<string, unknown>[] {
  const { code, stdout, stderr } = history('--format', 'json', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>[];
}

describe.skipIf(!hasSqlite)('the database of two runs (needs better-sqlite3)', () => {
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-history-'));
    db = path.join(folder, 'runs.db');
    expect(audit('relay-attack').code).toBe(1);
    expect(audit('normal-life').code).toBe(0);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('lists the runs, with what they found', () => {
    const runs = rowsOf();
    expect(runs).toHaveLength(2);
    expect(runs[0]).toMatchObject({ run_id: 1, exit_code: 1, packets: 89, incidents: 1 });
    expect(runs[1]).toMatchObject({ run_id: 2, exit_code: 0, incidents: 0 });
    expect(String(runs[0]?.['inputs'])).toMatch(/relay-attack\.pcapng$/);
  });

  it('tells where a home address was over time', () => {
    const changes = rowsOf('--run', '1', 'bindings', HOME);
    expect(changes.map(({ change }) => change)).toEqual([
      'requested',
      'registered',
      'requested',
      'refreshed',
      'deregistration-sent',
      'deregistered',
    ]);
    expect(changes[0]).toMatchObject({
      care_of_address: '2001:db8:0:3:20d:93ff:fe55:8f79',
      known_by: 'decrypted',
      pcap_cnt: 10,
    });
  });

  it('takes a prefix and a range of time', () => {
    const all = rowsOf('--run', '1', 'bindings', '2001:db8:0:2::/64');
    expect(all).toHaveLength(6);
    const part = ['--since', '2026-03-02T08:00:40', '--until', '2026-03-02T08:00:59'];
    expect(rowsOf('--run', '1', ...part, 'bindings')).toHaveLength(2);
    expect(rowsOf('--until', '2020-01-01', 'bindings')).toEqual([]);
  });

  it('takes a least severity', () => {
    const severe = rowsOf('--severity', 'critical', 'alerts');
    expect(severe.length).toBeGreaterThan(3);
    expect(new Set(severe.map(({ severity }) => severity))).toEqual(new Set(['critical']));
    expect(rowsOf('alerts').length).toBeGreaterThan(severe.length);
  });

  it('finds incidents by who acted', () => {
    expect(rowsOf('incidents', '00:07:40:53:e1:e5')).toMatchObject([
      { assessment: 'succeeded on both', severity: 'critical', home_address: HOME },
    ]);
    expect(rowsOf('incidents', '00:07:40:53:e1:e6')).toEqual([]);
  });

  it('writes text and CSV', () => {
    expect(history('incidents').stdout).toMatch(/critical +succeeded on both +1 +Relay of/);
    const [head, ...lines] = history('-f', 'csv', 'alerts').stdout.trimEnd().split('\n');
    expect(head).toMatch(/^time,severity,confidence,rule,/);
    expect(lines).toHaveLength(rowsOf('alerts').length);
  });

  it('says when there are more rows than asked for', () => {
    const { stdout, stderr, code } = history('--limit', '2', 'alerts');
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stderr).toContain('there are more than 2 alerts');
    expect(code).toBe(0);
  });

  it('is not changed by a question', () => {
    const copy = path.join(folder, 'copy.db');
    copyFileSync(db, copy);
    const before = mip6guard(['history', '--db', copy, 'alerts']).stdout;
    expect(before).toBe(history('alerts').stdout);
  });

  it.each([
    ['a time that is none', ['--since', 'noon'], /--since: 'noon' is no time/],
    ['an address that is none', ['bindings', 'node'], /'node' is no address/],
    ['a severity of bindings', ['--severity', 'low', 'bindings'], /bindings have none/],
    ['an address of runs', ['runs', '::1'], /runs are not about an address/],
    ['another subject', ['packets'], /Allowed choices are runs, bindings, incidents, alerts/],
  ])('refuses %s with exit code 2', (_, args, text) => {
    const { code, stderr, stdout } = history(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(text);
  });

  it('refuses what is no database of ours with exit code 3, and says what to give', async () => {
    const text = path.join(folder, 'text.db');
    writeFileSync(text, 'this is text, and long enough to be looked at as a database'.repeat(40));
    const other = path.join(folder, 'other.db');
    const { default: Database } = await import('better-sqlite3');
    new Database(other).exec('CREATE TABLE t (a)').close();
    const newer = path.join(folder, 'newer.db');
    copyFileSync(db, newer);
    const changed = new Database(newer);
    changed.pragma('user_version = 99');
    changed.close();
    for (const [file, reason] of [
      [text, 'give a file that audit --db has written'],
      [other, 'is no store of mip6guard'],
      [newer, 'schema version 99'],
      [path.join(folder, 'absent.db'), 'there is no such file'],
      [folder, 'it is not a file'],
    ] as const) {
      const run = mip6guard(['history', '--db', file]);
      expect(run).toMatchObject({ code: 3, stdout: '' });
      expect(run.stderr).toContain(reason);
    }
  });
});
