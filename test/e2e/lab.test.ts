/**
 * The lab with real nodes: processes of the built command in network namespaces of this kernel.
 */
import { spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { namespacePrefix } from '../../cli/lab/plan.ts';
import { IS_ENDURANCE } from '../endurance.ts';
import { ROOT, bash, hasProgram, mip6guard, start } from './command.ts';
import type { Outcome } from './command.ts';

const MINUTES = 180_000;

function ip(...args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout } = spawnSync('ip', args, { encoding: 'utf8' });
  return { status, text: stdout };
}

function canBuildLabs(): boolean {
  if (process.getuid?.() !== 0 || !hasProgram('ip') || !existsSync('/dev/net/tun')) return false;
  try {
    createRequire(import.meta.url)('koffi');
  } catch {
    return false;
  }
  const name = `mip6-try-${randomBytes(4).toString('hex')}`;
  return ip('netns', 'add', name).status === 0 && ip('netns', 'del', name).status === 0;
}

const canLab = canBuildLabs();
const hasPing = hasProgram('ping');

const status = z.looseObject({
  mobileNode: z.looseObject({
    link: z.string(),
    state: z.string(),
    isAtHome: z.boolean(),
    careOfAddress: z.string().nullable(),
  }),
  homeAgent: z.looseObject({
    associations: z.number(),
    bindings: z.array(z.looseObject({ careOfAddress: z.string() })),
  }),
  correspondent: z.looseObject({
    bindings: z.array(z.looseObject({ careOfAddress: z.string() })),
  }),
});
const transferred = z.object({ sent: z.number(), received: z.number(), longestGap: z.number() });
const handover = z.object({ acknowledged: z.number(), firstReceived: z.number() });
const audited = z.looseObject({
  alerts: z.array(z.looseObject({ rule: z.string(), severity: z.string(), message: z.string() })),
  incidents: z.array(z.looseObject({ title: z.string(), assessment: z.string() })),
});
const verdict = z.looseObject({
  hasSucceeded: z.boolean(),
  mobileNode: z.object({ believesAtHome: z.boolean(), state: z.string() }),
  homeAgent: z.object({ hasBinding: z.boolean() }),
  unprotectedPackets: z.number(),
  alarms: z.object({
    mn: z.record(z.string(), z.number()),
    ha: z.record(z.string(), z.number()),
  }),
  captures: z.array(z.string()),
  audit: audited,
});

/** A lab of a test. */
class Lab {
  readonly directory = path.join(mkdtempSync(path.join(tmpdir(), 'mip6guard-lab-')), 'lab');
  readonly prefix = namespacePrefix(this.directory);

  run(command: string, ...words: readonly string[]): Outcome {
    return mip6guard(['lab', command, '--directory', this.directory, ...words]);
  }

  /** Runs what has to work. @returns its standard output */
  done(command: string, ...words: readonly string[]): string {
    const { code, stdout, stderr } = this.run(command, ...words);
    expect({ command: [command, ...words], code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  }

  json<T>(schema: z.ZodType<T>, command: string, ...words: readonly string[]): T {
    return schema.parse(JSON.parse(this.done(command, ...words, '--json')));
  }

  background(command: string, ...words: readonly string[]): Background {
    return new Background(start(['lab', command, '--directory', this.directory, ...words]));
  }

  /** Runs a program in a namespace. */
  inside(station: string, ...words: readonly string[]): number | null {
    return ip('netns', 'exec', `${this.prefix}-${station}`, ...words).status;
  }

  remove(): void {
    this.run('down');
    rmSync(path.dirname(this.directory), { recursive: true, force: true });
  }
}

/** A command that runs beside the test. */
class Background {
  readonly #ended: Promise<Outcome>;

  constructor(child: ChildProcessWithoutNullStreams) {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    this.#ended = new Promise((resolve) => {
      child.on('close', (code) => {
        resolve({ code: code ?? undefined, stdout, stderr });
      });
    });
  }

  /** @returns its standard output */
  async done(): Promise<string> {
    const { code, stdout, stderr } = await this.#ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  }
}

/** Everything that a lab could leave on this machine. */
function traces(lab: Lab): object {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(lab.directory);
      } catch {
        return false;
      }
    });
  return {
    namespaces: ip('netns')
      .text.split('\n')
      .filter((line) => line.startsWith(lab.prefix)),
    interfaces: ip('-o', 'link').text.split('\n').length,
    processes,
    directory: existsSync(lab.directory),
  };
}

describe('the lab (needs root, ip, /dev/net/tun and koffi)', () => {
  let lab: Lab;
  const labs: Lab[] = [];
  const fresh = (): Lab => {
    lab = new Lab();
    labs.push(lab);
    return lab;
  };
  let interfaces = 0;
  beforeAll(() => {
    if (canLab) interfaces = ip('-o', 'link').text.split('\n').length;
  });
  afterEach(() => {
    for (const each of labs.splice(0)) each.remove();
  });
  afterAll(() => {
    if (canLab) expect(ip('-o', 'link').text.split('\n')).toHaveLength(interfaces);
  });

  it.skipIf(!canLab || !IS_ENDURANCE)(
    'keeps a TCP transfer alive from foreign link to foreign link, home and away again, and the analyzer finds nothing (npm run endurance)',
    async () => {
      fresh();
      lab.done('up', '--home-link', 'prefix');
      const before = lab.json(status, 'status');
      expect(before.mobileNode).toMatchObject({ link: 'foreign1', state: 'registered' });
      expect(before.homeAgent.associations).toBe(8);
      expect(before.homeAgent.bindings[0]?.careOfAddress).toMatch(/^2001:db8:2::/);
      const twice = lab.run('up');
      expect(twice).toMatchObject({ code: 2 });
      expect(twice.stderr).toContain('already');
      if (hasPing) expect(lab.inside('mn', 'ping', '-c', '2', '2001:db8:9::5')).toBe(0);

      const captures = path.join(path.dirname(lab.directory), 'captures');
      const capture = lab.background('capture', '--seconds', '20', '--write', captures);
      const transfer = lab.background('transfer', '--seconds', '17', '--json');
      for (const link of ['foreign2', 'home', 'foreign1']) {
        const { acknowledged } = lab.json(handover, 'move', link);
        expect(acknowledged, link).toBeGreaterThan(0);
        const { mobileNode, homeAgent, correspondent } = lab.json(status, 'status');
        const isHome = link === 'home';
        expect(mobileNode).toMatchObject({ link, isAtHome: isHome });
        expect(homeAgent.bindings.map((each) => each.careOfAddress)).toEqual(
          isHome ? [] : [mobileNode.careOfAddress],
        );
        // The direct way: the correspondent knows where the node is, and that it is home.
        if (!isHome) expect(correspondent.bindings).toHaveLength(1);
      }
      const { sent, received } = transferred.parse(JSON.parse(await transfer.done()));
      expect(received).toBe(sent);
      expect(sent).toBeGreaterThan(500_000);

      const command = (await capture.done()).trim();
      expect(command).toMatch(/^mip6guard audit --config /);
      const audit = bash(`${command} --format json --quiet`, ROOT);
      const { alerts, incidents } = audited.parse(JSON.parse(audit.stdout));
      expect(incidents).toEqual([]);
      expect(alerts.filter(({ severity }) => severity !== 'low' && severity !== 'info')).toEqual(
        [],
      );

      // A node that believes in the home link is deceived; the home agent is not, and nothing leaves in clear.
      const relay = lab.json(verdict, 'attack', 'relay', '--expect', 'fail');
      expect(relay).toMatchObject({ hasSucceeded: false, unprotectedPackets: 0 });
      expect(relay.mobileNode.believesAtHome).toBe(true);
      expect(relay.homeAgent.hasBinding).toBe(true);
      expect(relay.alarms.ha).not.toEqual({});

      lab.done('down');
      expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
    },
    MINUTES,
  );

  it.skipIf(!canLab)(
    'shows that the attacks fail by default, and who tries',
    () => {
      fresh();
      lab.done('up');
      for (const [attack, expectation, code] of [
        ['rogue-ra', 'succeed', 1],
        ['relay', 'fail', 0],
      ] as const) {
        const run = lab.run('attack', attack, '--expect', expectation, '--json');
        expect(run).toMatchObject({ code });
        const found = verdict.parse(JSON.parse(run.stdout));
        expect(found).toMatchObject({
          hasSucceeded: false,
          mobileNode: { believesAtHome: false, state: 'registered' },
          homeAgent: { hasBinding: true },
          unprotectedPackets: 0,
        });
        expect(found.alarms.mn['home-prefix-advertised']).toBeGreaterThan(0);
        expect(found.audit.incidents.map(({ assessment }) => assessment)).toEqual(['attempted']);
      }
      const home = lab.run('move', 'home');
      expect(home).toMatchObject({ code: 2 });
      expect(home.stderr).toContain('--home-link prefix');
      // Ended without a word, as by a crash; the next command sees it, and down clears it all the same.
      for (const pid of ip('netns', 'pids', `${lab.prefix}-mn`).text.trim().split('\n')) {
        process.kill(Number(pid), 'SIGKILL');
      }
      expect(lab.run('status')).toMatchObject({ code: 4 });
      lab.done('down');
      expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
      expect(lab.run('status')).toMatchObject({ code: 2 });
      expect(lab.done('down')).toBe('');
    },
    MINUTES,
  );

  it.skipIf(!canLab || !IS_ENDURANCE)(
    'shows that the relay of the draft succeeds where everything of RFC 6275 is allowed (npm run endurance)',
    () => {
      fresh();
      lab.done('up', '--permissive');
      const found = lab.json(verdict, 'attack', 'relay', '--expect', 'succeed');
      expect(found).toMatchObject({
        hasSucceeded: true,
        mobileNode: { believesAtHome: true, state: 'home' },
        homeAgent: { hasBinding: false },
      });
      expect(found.unprotectedPackets).toBeGreaterThan(0);
      expect(found.audit.incidents).toHaveLength(1);
      expect(found.audit.incidents[0]).toMatchObject({ assessment: 'succeeded on both' });
      expect(found.captures.every((file) => existsSync(file))).toBe(true);
      lab.done('down');
      expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
    },
    MINUTES,
  );

  it.skipIf(!canLab)('has no attacker outside of its namespaces', () => {
    fresh();
    const { code, stderr } = lab.run('process', 'attacker', 'relay', 'foreign1');
    expect(code).toBe(2);
    expect(stderr).toContain('namespaces of a lab only');
  });
});
