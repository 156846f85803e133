import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { QueuePlanOptions } from '../../../io/packet-filter/index.ts';
import { canIsolate, inNetwork } from '../../attackers/lab.ts';
import { hasProgram } from '../../e2e/command.ts';
import { IS_ENDURANCE } from '../../endurance.ts';
import { transpile } from '../../ui/transpiled.ts';
import type { Transpiled } from '../../ui/transpiled.ts';
import { AGENT, CORRESPONDENT, casesOf } from './packets.ts';

const canFilter =
  canIsolate &&
  ['python3', 'nft', 'ip6tables-legacy', 'ip6tables-nft', 'ip6tables'].every(hasProgram);

/** All scenarios take half a minute together; the first ones say whether it works at all. */
const canEndure = canFilter && IS_ENDURANCE;

const ROUTED: QueuePlanOptions = {
  id: 'gw1',
  place: ['home-agent'],
  protectedAgents: [AGENT],
  homePrefixes: ['2001:db8:1::/64'],
  correspondents: [CORRESPONDENT],
  hook: 'routed',
  ports: { outside: ['ga'], inside: ['gb'] },
  queues: { first: 600, count: 3 },
  failMode: 'open',
};
const BRIDGED: QueuePlanOptions = { ...ROUTED, place: ['access-link'], hook: 'bridge' };

const ready = z.object({
  ready: z.string(),
  warnings: z.array(z.string()),
  recovered: z.array(z.string()),
  conflicts: z.array(z.string()),
  checks: z.array(z.string()),
});
const verified = z.object({ isThere: z.boolean(), problems: z.array(z.string()) });
const taken = z.object({ name: z.string(), took: z.array(z.string()) });

/** What a scenario has left. */
class Left {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  text(name: string): string {
    return readFileSync(path.join(this.#folder, name), 'utf8');
  }

  lines(name: string): unknown[] {
    return this.text(`${name}.out`)
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line));
  }

  rules(name: string): string {
    return this.text(`${name}.rules`);
  }
}

/** Rules without those of the instance gw1, in the words of ip6tables and in those of nft for the same. */
function withoutOurs(rules: string): string {
  return rules
    .replaceAll(/^\tchain MIP6GUARD-gw1(?:-\w+)? \{\n(?:\t\t.*\n)*\t\}\n/gm, '')
    .split('\n')
    .filter(
      (line) => line !== '' && !/^(?:-A |:)MIP6GUARD-gw1[- ]|(?:-j|jump) MIP6GUARD-gw1$/.test(line),
    )
    .join('\n');
}

describe.concurrent('rules in the kernel (needs root, namespaces, ip6tables, nft and python3)', () => {
  let program: Transpiled | undefined;
  const folders: string[] = [];
  beforeAll(() => {
    if (canFilter) program = transpile('test/io/packet-filter/filter-program.ts');
  });
  afterAll(() => {
    program?.remove();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a scenario of `network.sh`. */
  async function scenario(
    name: string,
    plan: QueuePlanOptions,
    { backend = 'ip6tables', variant = 'ip6tables-legacy' } = {},
  ): Promise<Left> {
    const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-filter-'));
    folders.push(folder);
    const args = [name, folder, process.execPath, program?.file ?? ''];
    const options = [JSON.stringify(plan), backend, variant];
    await inNetwork('../io/packet-filter/network.sh', [...args, ...options]);
    return new Left(folder);
  }

  function expectPutBack(left: Left): void {
    const before = left.rules('before');
    const held = left.rules('held');
    expect(before).toContain('-j TCPMSS');
    expect(held).toContain('-A FORWARD -m comment --comment "mip6guard gw1" -j MIP6GUARD-gw1');
    expect(withoutOurs(held)).toBe(withoutOurs(before));
    for (const name of ['stopped', 'thrown', 'recovered']) expect(left.rules(name)).toBe(before);
    expect(left.rules('killed')).toContain('MIP6GUARD-gw1-peer');
    expect(left.rules('next')).toBe(held);
    expect(left.text('one.code')).toBe('0\n');
    expect(left.text('thrown.err')).toContain('as asked');
    expect(left.text('killed.code')).toBe('137\n');
    const { checks, conflicts } = ready.parse(left.lines('one')[0]);
    expect(checks).toEqual([]);
    expect(conflicts).toEqual([
      expect.stringMatching(
        /^Packets that this rule .* table raw drops are never judged: -A PREROUTING -m rt --rt-type 0 -j DROP$/,
      ),
      expect.stringMatching(
        /^Queued packets go on behind the table mangle, .*: -A FORWARD .* -j theirs$/,
      ),
    ]);
  }

  /** Compares which rules took which packets. */
  function expectKinds(plan: QueuePlanOptions, lines: readonly unknown[]): void {
    const results = lines.slice(0, -1).map((line) => taken.parse(line));
    const cases = casesOf(plan.hook, plan.place);
    expect(results.map(({ name }) => name)).toEqual(cases.map(({ name }) => name));
    const wrong = results.flatMap(({ name, took }, i) => {
      const rule = cases[i]?.rule;
      const isRight =
        rule === undefined
          ? took.length === 0
          : took.length === 1 && took[0]?.startsWith(`1 ${rule}`) === true;
      return isRight ? [] : [`${name}: expected ${rule ?? 'none'}, got ${took.join(', ')}`];
    });
    expect(wrong).toEqual([]);
    // Everything was removed without a problem.
    expect(lines.at(-1)).toEqual([]);
  }

  it.skipIf(!canFilter)(
    'after every end the rules of others are byte for byte what they were',
    async () => {
      expectPutBack(await scenario('exits', ROUTED));
    },
  );

  it.skipIf(!canFilter)('each kind of packet meets its rule, and bulk traffic none', async () => {
    const plan: QueuePlanOptions = { ...ROUTED, place: ['home-agent', 'correspondent'] };
    expectKinds(plan, (await scenario('kinds', plan)).lines('kinds'));
  });

  it.skipIf(!canEndure)(
    'after every end they are what they were, in ip6tables (nft) as well (takes seconds)',
    async () => {
      expectPutBack(await scenario('exits', ROUTED, { variant: 'ip6tables-nft' }));
    },
  );

  it.skipIf(!canEndure)(
    'rules of a killed gateway and its settings of a bridge go with the next (takes seconds)',
    async () => {
      const left = await scenario('exits', BRIDGED);
      const before = left.text('before.settings');
      expect(before).not.toBe(left.text('held.settings'));
      expect(left.text('held.settings')).toMatch(/call-ip6tables:1\n[^]*filter-vlan-tagged:1/);
      for (const name of ['stopped', 'thrown', 'recovered']) {
        expect(left.text(`${name}.settings`)).toBe(before);
        expect(left.rules(name)).toBe(left.rules('before'));
      }
      expect(ready.parse(left.lines('next')[0]).recovered.join()).toMatch(/^put back \d changes/);
    },
  );

  describe.each(['ip6tables-legacy', 'ip6tables-nft'])('%s', (variant) => {
    it.skipIf(!canEndure)(
      'rules that are flushed, changed or passed by are missed (takes seconds)',
      async () => {
        const left = await scenario('watch', ROUTED, { variant });
        const [whole, ahead, changed, flushed] = left
          .lines('one')
          .slice(1)
          .map((line) => verified.parse(line));
        expect(whole).toEqual({ isThere: true, problems: [] });
        expect(ahead?.isThere).toBe(true);
        expect(ahead?.problems.join()).toMatch(
          /another rule before those of gw1: -A FORWARD -p .* -j ACCEPT/,
        );
        expect(changed?.isThere).toBe(false);
        expect(changed?.problems.join()).toContain('are not those that were installed');
        expect(flushed?.isThere).toBe(false);
        expect(flushed?.problems.join()).toContain('are gone from ip6tables');
      },
    );

    it.skipIf(!canEndure)(
      'connection tracking shows packets whole, and is told before (takes seconds)',
      async () => {
        const left = await scenario('tracking', ROUTED, { variant });
        const told = ready.parse(left.lines('one')[0]);
        expect(told.conflicts.join('\n')).toMatch(
          /^Connection tracking is on, .*--ctstate ESTABLISHED -j ACCEPT$/m,
        );
        expect(left.text('counters')).toMatch(/^\[1:\d+\] .*Mobility Header/m);
        expect(left.text('counters')).toMatch(/^\[0:0\] .*fragment to or from an agent/m);
      },
    );
  });

  it.skipIf(!canEndure)(
    'packets of a home agent on the machine itself meet rules both ways (takes seconds)',
    async () => {
      const ports = { outside: ['ga'], inside: [] };
      const left = await scenario('local', { ...ROUTED, hook: 'local', ports });
      const counted = left
        .text('counters')
        .split('\n')
        .filter((line) => /^\[[1-9].*-j NFQUEUE/.test(line))
        .map((line) =>
          /^\[(\d+):.*"r\d+ (.*?)(?: [\w ]+ of an agent)?: /.exec(line)?.slice(1).join(' '),
        );
      // The datagram that came first met none.
      expect(counted).toEqual(['1 error to or from an agent', '1 Mobility Header']);
      expect(left.rules('after')).not.toContain('MIP6GUARD');
    },
  );

  it.skipIf(!canEndure)('rules in both variants are warned of (takes seconds)', async () => {
    const { warnings } = ready.parse((await scenario('both', ROUTED)).lines('one')[0]);
    expect(warnings).toEqual([
      expect.stringMatching(/^Both ip6tables \(\w+\) and ip6tables \(\w+\) hold rules/),
    ]);
  });

  it.skipIf(!canEndure)('on a bridge nothing hides an advertisement (takes seconds)', async () => {
    expectKinds(BRIDGED, (await scenario('kinds', BRIDGED)).lines('kinds'));
  });

  it.skipIf(!canEndure).each([ROUTED, BRIDGED])(
    'matches of nftables take the same packets: $hook (takes seconds)',
    async (plan) => {
      const left = await scenario('matches', plan, { backend: 'nftables' });
      expectKinds(plan, left.lines('matches'));
    },
  );
});
