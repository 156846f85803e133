import { spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../endurance.ts';
import { PATIENCE } from '../patience.ts';
import { hasProgram, mip6guard } from './command.ts';
import { SensorNetwork, canWatch } from './sensor-network.ts';

const Database = await (async (): Promise<typeof Sqlite | undefined> => {
  try {
    return (await import('better-sqlite3')).default;
  } catch {
    return undefined;
  }
})();

/** Twenty rounds take most of a minute: `npm run endurance` does them, `npm test` some. */
const KILLS = IS_ENDURANCE ? 20 : 5;
let folder = '';
let network: SensorNetwork;
const at = (name: string): string => path.join(folder, name);

interface Line {
  readonly event_type: string;
  readonly mip6?: { readonly alert_id?: number; readonly message?: string };
}

/** Lines of files, each of which has to be whole. */
function linesOf(...names: string[]): Line[] {
  return names.flatMap((name) => {
    const text = readFileSync(at(name), 'utf8');
    expect(text === '' || text.endsWith('\n')).toBe(true);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  });
}

const messagesOf = (lines: readonly Line[]): string[] =>
  lines.flatMap(({ event_type, mip6 }) => (event_type === 'alert' ? (mip6?.message ?? []) : []));

/** Until something holds. */
async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ended = (child: ChildProcessWithoutNullStreams): Promise<number | string> =>
  new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      resolve(code ?? signal ?? '');
    });
  });

interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly said: () => string;
}

/** Starts a sensor and waits until it captures. */
async function sensor(...options: string[]): Promise<Started> {
  const eve = options.includes('--eve') ? [] : ['--eve', at('eve.json')];
  const child = network.start(['sensor', '-i', 'tap', ...eve, ...options]);
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await until(() => text.includes('sensor on tap') || child.exitCode !== null, 'start');
  expect(text).toContain('sensor on tap');
  return { child, said: () => text };
}

function control(...words: string[]): Record<string, unknown> {
  const { stdout } = mip6guard(['sensor', 'control', at('control'), ...words]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Alerts that the sensor tells of last, asked without waiting for another process. */
function recentMessages(): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(at('control'), () => socket.end('{"command":"status"}\n'));
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('error', reject);
    socket.on('end', () => {
      const { alerts } = JSON.parse(text) as { alerts: { recent: { message: string }[] } };
      resolve(alerts.recent.map(({ message }) => message));
    });
  });
}

describe.skipIf(!canWatch)('a sensor over live traffic (needs root and pcap)', () => {
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-sensor-'));
    network = new SensorNetwork();
  });
  afterEach(() => {
    network.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('loses no line when SIGTERM ends it in the middle of an attack', async () => {
    const { child, said } = await sensor('--stats', '1');
    const sent = ended(network.send(300, 0, 1));
    await sent;
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    const lines = linesOf('eve.json');
    expect(new Set(messagesOf(lines)).size).toBe(300);
    expect(lines.at(-1)?.event_type).toBe('stats');
    expect(said()).toContain('ended: ');
  });

  it.skipIf(Database === undefined)(
    `loses nothing it told of when SIGKILL ends it, ${KILLS} times (needs better-sqlite3)`,
    async () => {
      const acknowledged = new Set<string>();
      for (let round = 0; round < KILLS; round++) {
        const { child } = await sensor('--db', at('runs.db'), '--control', at('control'));
        const sending = ended(network.send(400, 400, 1 + round * 1000));
        const gone = ended(child);
        // Somewhere in the traffic, in another place each time.
        await new Promise((resolve) => setTimeout(resolve, 100 + ((round * 137) % 900)));
        for (const message of await recentMessages()) acknowledged.add(message);
        child.kill('SIGKILL');
        expect(await gone).toBe('SIGKILL');
        await sending;
        const database = new (Database as typeof Sqlite)(at('runs.db'));
        expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
        for (const row of database.prepare('SELECT message FROM alerts').pluck().all()) {
          acknowledged.add(String(row));
        }
        database.close();
      }
      const { child, said } = await sensor('--db', at('runs.db'), '--control', at('control'));
      const found = new Set(messagesOf(linesOf('eve.json')));
      expect(acknowledged.size).toBeGreaterThan(KILLS);
      expect([...acknowledged].filter((message) => !found.has(message))).toEqual([]);
      expect(said()).toContain(`marked as killed: run ${KILLS}`);
      const status = control('status');
      expect(status).toMatchObject({ ok: true, healthy: true });
      child.kill('SIGTERM');
      await ended(child);
      const database = new (Database as typeof Sqlite)(at('runs.db'));
      const open = database.prepare('SELECT count(*) FROM runs WHERE finished_at IS NULL');
      expect(open.pluck().get()).toBe(0);
      database.close();
    },
  );

  it('answers, mutes and is muted, serves numbers, and takes a new configuration at SIGHUP', async () => {
    const site = at('site.yaml');
    const text = 'version: 1\nhomeAgents:\n  - { name: ha, addresses: [2001:db8:1::1] }\n';
    writeFileSync(site, text);
    const { child, said } = await sensor(
      ...['--config', site, '--control', at('control'), '--metrics', '127.0.0.1:9469'],
    );
    await ended(network.send(3, 0, 1));
    await until(() => JSON.stringify(control('status')).includes('"total":3'), 'three alerts');
    if (hasProgram('curl')) {
      const metrics = network.inside('curl', '-s', 'http://127.0.0.1:9469/metrics');
      expect(metrics).toContain('mip6_alerts_total{rule="MIP6-1009",severity="high"} 3\n');
      expect(network.inside('curl', '-s', 'http://127.0.0.1:9469/healthz')).toBe('ok\n');
    }
    expect(control('mute', 'rules=MIP6-1009', 'for=1h')).toMatchObject({ ok: true });
    await ended(network.send(2, 0, 100));
    await until(() => JSON.stringify(control('mutes')).includes('"alerts":2'), 'two muted');
    expect(control('unmute', 'all=true')).toMatchObject({ ok: true });

    writeFileSync(site, `${text}rules: { MIP6-1009: { enabled: nay } }\n`);
    child.kill('SIGHUP');
    await until(() => said().includes('configuration not loaded'), 'a refusal');
    expect(said()).toMatch(/site\.yaml:4:\d+: /);
    writeFileSync(site, `${text}rules: { MIP6-1009: { enabled: false } }\n`);
    renameSync(at('eve.json'), at('eve.old'));
    child.kill('SIGHUP');
    await until(() => said().includes('1 removed (MIP6-1009)'), 'a reload');
    await ended(network.send(2, 0, 200));
    await until(() => Number(control('status')['packets']) >= 7, 'packets after the reload');
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    expect(messagesOf(linesOf('eve.old'))).toHaveLength(3);
    expect(messagesOf(linesOf('eve.json'))).toEqual([]);
    expect(linesOf('eve.json').at(-1)?.event_type).toBe('stats');
    expect(existsSync(at('control'))).toBe(false);
  });

  it('goes on when the interface goes down and comes back, and says so', async () => {
    const { child, said } = await sensor('--control', at('control'));
    await ended(network.send(1, 0, 1));
    network.inside('ip', 'link', 'set', 'tap', 'down');
    await until(() => said().includes('went down'), 'down');
    expect(control('status')).toMatchObject({ healthy: false });
    network.inside('ip', 'link', 'set', 'tap', 'up');
    await until(() => said().includes('the interface is back'), 'up');
    await ended(network.send(1, 0, 2));
    await until(() => JSON.stringify(control('status')).includes('"total":2'), 'two alerts');
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
  });

  it.skipIf(Database === undefined)(
    'goes on when the disk is full, says so once, and writes again when there is space (needs better-sqlite3)',
    async () => {
      const small = at('small');
      mkdirSync(small);
      const mount = ['-t', 'tmpfs', '-o', 'size=8m', 'none', small];
      expect(spawnSync('mount', mount).status).toBe(0);
      try {
        writeFileSync(path.join(small, 'ballast'), Buffer.alloc(7.5 * 2 ** 20));
        const files = ['--eve', path.join(small, 'eve.json'), '--db', path.join(small, 'runs.db')];
        const { child, said } = await sensor(...files, '--control', at('control'));
        await ended(network.send(800, 2000, 1));
        await until(() => said().split('no space left').length > 2, 'both full');
        expect(control('status')).toMatchObject({ ok: true, healthy: false });
        await until(() => JSON.stringify(control('status')).includes('"total":800'), 'alerts');
        rmSync(path.join(small, 'ballast'));
        await until(() => said().includes('lines are written again'), 'lines again');
        await until(() => said().includes('rows are stored again; none was lost'), 'rows again');
        child.kill('SIGTERM');
        expect(await ended(child)).toBe(0);
        expect(said().split('eve.json: no space left')).toHaveLength(2);
        expect(new Set(messagesOf(linesOf('small/eve.json'))).size).toBe(800);
        const database = new (Database as typeof Sqlite)(path.join(small, 'runs.db'));
        expect(database.prepare('SELECT count(*) FROM alerts').pluck().get()).toBe(800);
        database.close();
      } finally {
        network.remove();
        spawnSync('umount', ['-l', small]);
      }
    },
  );

  it('names the nearest interface for one that there is not', async () => {
    const child = network.start(['sensor', '-i', 'tapp', '--eve', at('eve.json')]);
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(2);
    expect(text).toContain('Did you mean tap?');
    expect(existsSync(at('eve.json'))).toBe(false);
  });

  it.skipIf(!hasProgram('setpriv'))(
    'ends with 4 and the line that helps when it may not capture (needs setpriv)',
    async () => {
      const child = network.start(['sensor', '-i', 'tap', '--eve', at('eve.json')], '65534');
      const code = new Promise((resolve) => child.on('close', resolve));
      let text = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      expect(await code).toBe(4);
      expect(text).toContain('setcap cap_net_raw');
    },
  );
});

describe('the sensor command', () => {
  it.each([
    [['sensor', '--eve', 'x.json'], 'no interface is named'],
    [['sensor', '-i', 'lo'], 'no file for EVE lines is named'],
    [['sensor', '-i', 'lo', '--eve', 'x', '--retention', '1d'], '--retention is about'],
    [['sensor', '-i', 'lo', '--eve', 'x', '--retention', '1y'], 'a number and s, m, h, d or w'],
    [['sensor', '-i', 'lo', '--eve', 'x', '--metrics', 'here'], 'ADDRESS:PORT or PORT'],
    [['sensor', '-i', 'lo', '--eve', 'x', '--db', './x'], 'name the same file'],
    [['sensor', 'control', '/nowhere/control', 'status', 'x'], 'name=value was expected'],
  ])('refuses %j', (args, message) => {
    const { code, stderr } = mip6guard(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it('ends with 4 when no sensor answers', () => {
    const { code, stderr } = mip6guard(['sensor', 'control', '/nowhere/control', 'status']);
    expect(code).toBe(4);
    expect(stderr).toContain('no answer from a sensor at /nowhere/control');
  });
});
