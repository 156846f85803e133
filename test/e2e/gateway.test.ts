/**
 * A gateway as a process of the built command in the path of packets: start, modes, reload, ends of every kind.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { IS_ENDURANCE } from '../endurance.ts';
import { schemaCheck } from '../schema-check.ts';
import { PATIENCE } from '../patience.ts';
import { MAIN, ROOT, environment, hasProgram, mip6guard } from './command.ts';
import { GATE_NEEDS, GatewayBox, canGate, settle } from './gateway-box.ts';
import {
  HOME_AGENT,
  HOME_PREFIX,
  IN_FRONT_OF_AGENT,
  attackFrame,
  benignFrame,
  tallyOf,
} from './gateway-traffic.ts';
import type { Tally } from './gateway-traffic.ts';

const LINK = 'core';
const LAST = 400;
const check = schemaCheck('eve.schema.json');

const boxes: GatewayBox[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const box of boxes.splice(0)) box.remove();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newBox(more: Readonly<Record<string, unknown>> = {}): GatewayBox {
  const box = new GatewayBox([LINK]);
  boxes.push(box);
  configure(box, more);
  return box;
}

function configure(box: GatewayBox, more: Readonly<Record<string, unknown>> = {}): void {
  box.configure({
    ...IN_FRONT_OF_AGENT,
    ...more,
  });
}

/** Waits until all ordinary packets have come out. */
async function allPassed(box: GatewayBox, passed: Tally, count: number): Promise<void> {
  const { inside } = box.wire(LINK);
  await until(() => {
    inside.collect();
    return passed.benign >= count;
  }, `${count} ordinary packets`);
}

/** Sends attacks and as many ordinary packets. @returns how many of each came out */
async function exchange(
  box: GatewayBox,
  count: number,
): Promise<{ benign: number; attack: number }> {
  const passed = tallyOf(box, LINK);
  const { outside, inside } = box.wire(LINK);
  for (let i = 0; i < count; i++) {
    outside.send(benignFrame());
    outside.send(attackFrame());
    await settle([inside], 2);
  }
  await allPassed(box, passed, count);
  await settle([inside], LAST);
  return passed;
}

type Line = Readonly<Record<string, unknown>>;

function lines(box: GatewayBox, type: string): Line[] {
  const text = readFileSync(path.join(box.folder, 'eve.json'), 'utf8');
  const all = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  expect(all.flatMap(check)).toEqual([]);
  return all.filter((line) => line['event_type'] === type);
}

/** Everything of ours in the packet filter. */
function rulesIn(box: GatewayBox): string {
  const saved = ['ip6tables-save', 'ip6tables-legacy-save']
    .filter(hasProgram)
    .map((program) => box.inside('sh', '-c', `${program} 2>/dev/null || true`));
  return saved
    .join('')
    .split('\n')
    .filter((line) => line.includes('MIP6GUARD'))
    .join('\n');
}

/** Waits until something is so. */
async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + PATIENCE; !isSo();) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await settle([], 20);
  }
}

const LEAST = {
  version: 1,
  failMode: 'open',
  place: 'home-agent',
  homeAgents: [HOME_AGENT],
  homePrefixes: [HOME_PREFIX],
  homeLink: 'inside',
  path: { hook: 'routed' },
  eve: { file: 'eve.json' },
  runDirectory: 'run',
};

function configuration(settings: object): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-gateway-'));
  folders.push(folder);
  const file = path.join(folder, 'gw.yaml');
  writeFileSync(file, JSON.stringify(settings, undefined, 2));
  return file;
}

describe('the command gateway', () => {
  it('refuses a wrong configuration with line and column, and 2', () => {
    const file = configuration({ ...LEAST, failMode: 'shut' });
    const { code, stderr } = mip6guard(['gateway', '--config', file]);
    expect(stderr).toContain('gw.yaml:3:15: failMode: expected open (what nobody could judge');
    expect(code).toBe(2);
  });

  it('refuses a configuration that would lock somebody out, unless it is forced', () => {
    const file = configuration({ ...LEAST, failMode: 'closed' });
    const refused = mip6guard(['gateway', '--config', file, '--check']);
    expect(refused.stderr).toContain('there are no keys for 2001:db8:1::1');
    expect(refused.code).toBe(2);
    const forced = mip6guard(['gateway', '--config', file, '--check', '--force']);
    expect(forced.stdout).toContain('failMode closed');
    expect(forced.code).toBe(0);
  });

  it('says what is checked, and what can be judged of each agent', () => {
    const { code, stdout } = mip6guard(['gateway', '--config', configuration(LEAST), '--check']);
    expect(stdout).toMatch(
      /^gateway, home-agent, routed: mode monitor, failMode open, \d+ rules$/m,
    );
    expect(stdout).toContain('home agent 2001:db8:1::1: no keys: judged by layout');
    expect(code).toBe(0);
  });

  it.skipIf(!canGate || !hasProgram('setpriv'))(
    `says what is missing without privileges, and ends with 4 (${GATE_NEEDS} and setpriv)`,
    () => {
      const file = configuration(LEAST);
      const words = ['--reuid=65534', '--clear-groups', '--', process.execPath, MAIN];
      const args = ['unshare', '--net', 'setpriv', ...words, 'gateway', '--config', file];
      const folder = path.dirname(file);
      spawnSync('chown', ['-R', '65534', folder]);
      const run = spawnSync(args[0] ?? '', args.slice(1), {
        cwd: ROOT,
        env: environment(),
        encoding: 'utf8',
      });
      expect(run.stderr).toContain('CAP_NET_ADMIN');
      expect(run.status).toBe(4);
    },
  );
});

describe.skipIf(!canGate)(`a gateway in the path of packets (${GATE_NEEDS})`, () => {
  it('tells in monitor, drops when it enforces, takes another configuration, and leaves nothing', async () => {
    const box = newBox();
    await box.start();
    expect(await exchange(box, 5)).toEqual({ benign: 5, attack: 5 });
    expect(await box.counts()).toMatchObject({
      judged: 10,
      passed: 10,
      dropped: 0,
      would_drop: 5,
    });
    expect(lines(box, 'drop')).toMatchObject([{ drop: { action: 'would_drop', count: 1 } }]);
    const socket = path.join(box.folder, 'control.sock');
    expect(mip6guard(['ctl', socket, 'mode', 'enforce']).code).toBe(0);
    expect(await exchange(box, 5)).toEqual({ benign: 5, attack: 0 });
    expect(lines(box, 'alert')).toMatchObject([{ alert: { signature_id: 1009 } }]);
    configure(box, { mode: 'enforce', verdicts: { 'MIP6-1009': 'alert' } });
    box.signal('SIGHUP');
    await until(() => box.said.includes('configuration loaded again'), 'the reload');
    expect(await exchange(box, 5)).toEqual({ benign: 5, attack: 5 });
    configure(box, { failMode: 'shut' });
    box.signal('SIGHUP');
    await until(() => box.said.includes('the one in use stays'), 'the refusal');
    expect(await exchange(box, 2)).toEqual({ benign: 2, attack: 2 });
    expect(rulesIn(box)).not.toBe('');
    expect(await box.stop()).toBe(0);
    expect(rulesIn(box)).toBe('');
    expect(box.said).toMatch(/ended: 34 packets judged, 5 dropped, 0 not judged/);
    const counts = lines(box, 'drop').map(
      ({ drop }) => z.looseObject({ count: z.int() }).parse(drop).count,
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10);
    // Nobody judges any more.
    expect(await exchange(box, 2)).toEqual({ benign: 2, attack: 2 });
  });
});

describe.skipIf(!canGate || !IS_ENDURANCE)(
  `a gateway through trouble (${GATE_NEEDS}, and npm run endurance:gateway)`,
  () => {
    it('cleans up what a killed one left', async () => {
      const box = newBox({ mode: 'enforce' });
      await box.start();
      box.signal('SIGKILL');
      await box.ended();
      expect(rulesIn(box)).not.toBe('');
      // Open: packets pass while nobody is there.
      expect(await exchange(box, 3)).toEqual({ benign: 3, attack: 3 });
      const before = rulesIn(box);
      configure(box, {
        mode: 'enforce',
        path: { hook: 'bridge', ports: box.ports, queue: { first: 700 } },
      });
      await box.start();
      expect(box.said).toContain('left by an earlier start, were removed');
      expect(rulesIn(box)).not.toContain('gw600');
      expect(before).toContain('gw600');
      expect(await exchange(box, 3)).toEqual({ benign: 3, attack: 0 });
      expect(await box.stop()).toBe(0);
      expect(rulesIn(box)).toBe('');
    });

    it('ends at once at a second signal, and leaves nothing', async () => {
      const box = newBox();
      await box.start();
      box.signal('SIGTERM');
      box.signal('SIGINT');
      const code = await box.ended();
      // Signals that come together are taken by their numbers.
      expect([0, 130, 143]).toContain(code);
      expect(rulesIn(box)).toBe('');
    });

    it('refuses after a restart what it has seen before it', async () => {
      const state = { state: 'state.db', mode: 'enforce' };
      const box = newBox(state);
      await box.start();
      const passed = tallyOf(box, LINK);
      const { outside, inside } = box.wire(LINK);
      const frames = Array.from({ length: 80 }, () => benignFrame());
      for (const frame of frames) {
        outside.send(frame);
        await settle([inside], 1);
      }
      await allPassed(box, passed, 80);
      expect(passed.benign).toBe(80);
      // What it knows is stored every second.
      await settle([], 3000);
      box.signal('SIGKILL');
      await box.ended();
      await box.start();
      expect(box.said).toContain('is known again');
      const told = await box.ask('status');
      expect(told).toMatchObject({
        state: { restored: expect.stringContaining('known') as unknown },
      });
      const again = tallyOf(box, LINK);
      for (const frame of frames) outside.send(frame);
      await settle([inside], 1500);
      const counts = await box.counts();
      expect(counts.judged).toBe(80);
      // What comes again is found, by whatever rule; without the state all of it would be new.
      expect(counts.dropped + lines(box, 'alert').length).toBeGreaterThan(0);
      expect(again.benign).toBe(80 - counts.dropped);
    });

    it('goes on without the state when it is damaged', async () => {
      const box = newBox({ state: 'state.db' });
      box.write('state.db', 'this is no database at all, but something that is long enough');
      await box.start();
      expect(box.said).toContain('it was moved to');
      expect(existsSync(path.join(box.folder, 'state.db.unusable-1'))).toBe(true);
      expect(await exchange(box, 2)).toEqual({ benign: 2, attack: 2 });
      await box.stop();
    });

    it('judges on a full disk, and tells of it', async () => {
      const box = newBox();
      const small = path.join(box.folder, 'small');
      spawnSync('mkdir', [small]);
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', small]).status).toBe(0);
      try {
        configure(box, {
          ...{ mode: 'enforce', eve: { file: 'small/eve.json' }, state: 'small/state.db' },
          keepDropped: { directory: 'small/dropped' },
        });
        await box.start();
        spawnSync('sh', ['-c', `dd if=/dev/zero of=${small}/more bs=1k count=512 2>/dev/null`]);
        expect(await exchange(box, 20)).toEqual({ benign: 20, attack: 0 });
        await settle([], 1500);
        const status = z
          .looseObject({ judged: z.number(), warnings: z.array(z.string()), healthy: z.boolean() })
          .parse(await box.ask('status'));
        expect(status.judged).toBe(40);
        expect(status.healthy).toBe(true);
        expect(status.warnings.join('\n')).toContain('no space left');
        expect(await box.stop()).toBe(0);
      } finally {
        spawnSync('umount', ['-l', small]);
      }
    });

    it('judges with several processes, and starts one again that died', async () => {
      const path_ = { hook: 'bridge', queue: { first: 600, count: 3 } };
      const box = newBox();
      configure(box, { mode: 'enforce', path: { ...path_, ports: box.ports } });
      await box.start();
      expect(await exchange(box, 10)).toEqual({ benign: 10, attack: 0 });
      await settle([], 600);
      const status = z.looseObject({
        queues: z.array(
          z.looseObject({ name: z.string(), judged: z.number(), is_ready: z.boolean() }),
        ),
        ...{ judged: z.number(), dropped: z.number(), restarts: z.number() },
      });
      const first = status.parse(await box.ask('status'));
      expect(first.queues.map(({ name }) => name)).toEqual(['queue 600', 'queue 601', 'queue 602']);
      expect([first.judged, first.dropped]).toEqual([20, 10]);
      const children = spawnSync('pgrep', ['-P', String(box.processId)], { encoding: 'utf8' });
      const [child = ''] = children.stdout.split('\n');
      process.kill(Number(child), 'SIGKILL');
      await until(() => box.said.includes('it is started again'), 'the restart');
      for (let i = 0; i < 600; i++) {
        const { queues } = status.parse(await box.ask('status'));
        if (queues.every(({ is_ready }) => is_ready)) break;
        await settle([], 100);
      }
      const after = status.parse(await box.ask('status'));
      expect(after.restarts).toBe(1);
      expect(after.queues.every(({ is_ready }) => is_ready)).toBe(true);
      expect(await exchange(box, 10)).toEqual({ benign: 10, attack: 0 });
      expect(await box.stop()).toBe(0);
      expect(rulesIn(box)).toBe('');
    });

    it('kills itself when it hangs, so that packets pass', async () => {
      const box = newBox({
        mode: 'enforce',
        watchdog: '1s',
        keepDropped: { directory: 'dropped' },
      });
      await box.start();
      // A debugger that nobody continues: the main thread stands still, other threads do not.
      box.signal('SIGUSR1');
      await until(() => /ws:\/\/\S+/.test(box.said), 'the debugger');
      const [, url = ''] = /(ws:\/\/\S+)/.exec(box.said) ?? [];
      const script = `
        const socket = new WebSocket(${JSON.stringify(url)});
        socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'for(;;);' } }));
      `;
      const child = spawn(
        'ip',
        [
          'netns',
          'exec',
          box.namespace,
          process.execPath,
          '--experimental-websocket',
          '-e',
          script,
        ],
        {
          stdio: 'ignore',
        },
      );
      try {
        expect(await box.ended()).toBe(undefined);
      } finally {
        child.kill('SIGKILL');
      }
      expect(box.said).toContain('watchdog: queue 600: nothing was done for 1 s');
      expect(await exchange(box, 3)).toEqual({ benign: 3, attack: 3 });
      await box.start();
      await box.stop();
      expect(rulesIn(box)).toBe('');
    });
  },
);
