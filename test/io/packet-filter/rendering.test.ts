import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { queuePlan, renderIp6tables, renderNftables } from '../../../io/packet-filter/index.ts';
import { neededMatches, renderIp6tablesRemoval } from '../../../io/packet-filter/ip6tables-text.ts';
import { canIsolate } from '../../attackers/lab.ts';
import { hasProgram } from '../../e2e/command.ts';
import { BRIDGED, LOCAL, PLANS, ROUTED } from './plans.ts';

const GOLDEN = path.join(import.meta.dirname, 'golden');
const names = Object.keys(PLANS);
const LONGEST = { ...ROUTED, id: 'abcdefghijkl', homePrefixes: ['2001:db8:1::5/64'] };

/** Loads a script in a network of its own; returns what nft said. */
function load(script: string, args: readonly string[]): string {
  const command = ['--net', '--', 'nft', ...args, '-f', '-'];
  const run = spawnSync('unshare', command, { input: script, encoding: 'utf8' });
  return run.status === 0 ? 'loaded' : run.stderr;
}

const canLoad = canIsolate && hasProgram('nft');
const hasQueue = canLoad && load('table ip6 t { chain c { queue to 0; } }\n', ['-c']) === 'loaded';

describe('rules as text', () => {
  it.each(names)('are those that were looked at, for ip6tables: %s', async (name) => {
    const plan = PLANS[name] ?? queuePlan(ROUTED);
    await expect(renderIp6tables(plan)).toMatchFileSnapshot(path.join(GOLDEN, `${name}.ip6tables`));
  });

  it.each(names)('are those that were looked at, for nftables: %s', async (name) => {
    const plan = PLANS[name] ?? queuePlan(ROUTED);
    await expect(renderNftables(plan)).toMatchFileSnapshot(path.join(GOLDEN, `${name}.nft`));
  });

  it('let packets pass that nobody takes, in open mode only', () => {
    for (const options of [ROUTED, BRIDGED, LOCAL]) {
      const open = queuePlan({ ...options, failMode: 'open' });
      const closed = queuePlan({ ...options, failMode: 'closed' });
      const queues = (text: string, word: RegExp): string[] =>
        text.split('\n').filter((line) => word.test(line));
      const opened = queues(renderIp6tables(open), /-j NFQUEUE/);
      expect(opened.length).toBeGreaterThan(20);
      expect(opened.every((line) => line.endsWith(' --queue-bypass'))).toBe(true);
      expect(renderIp6tables(closed)).not.toContain('bypass');
      const openedNft = queues(renderNftables(open), / queue /);
      expect(openedNft.length).toBeGreaterThan(20);
      expect(openedNft.every((line) => line.includes(' queue flags bypass to '))).toBe(true);
      expect(renderNftables(closed)).not.toContain('bypass');
    }
  });

  it('stay within names and comments that packet filters take', () => {
    const plan = queuePlan(LONGEST);
    for (const [, chain = ''] of renderIp6tables(plan).matchAll(/^:(\S+)/gm)) {
      expect(chain.length).toBeLessThanOrEqual(28);
    }
    for (const [, comment = ''] of renderNftables(plan).matchAll(/comment "([^"]*)"/g)) {
      expect(comment.length).toBeLessThanOrEqual(127);
    }
  });

  it('name each match that they need, with a rule to try it', () => {
    expect([...neededMatches(queuePlan(ROUTED))]).toEqual([
      ['frag', '-m frag'],
      ['comment', '-m comment --comment mip6guard'],
      ['ipv6header', '-m ipv6header --header dst --soft'],
      ['length', '-p 50 -m length --length 601:65535'],
      ['multiport', '-p 17 -m multiport --ports 4191'],
      ['icmp6', '-p 58 -m icmp6 --icmpv6-type 1'],
    ]);
    expect(neededMatches(queuePlan(LOCAL)).get('policy')).toBe('-m policy --dir in --pol none');
    expect(neededMatches(queuePlan(BRIDGED)).get('physdev')).toBe(
      '-m physdev --physdev-is-bridged --physdev-in eth0 --physdev-out eth1',
    );
  });

  it('replace what an earlier start has left in the same transaction', () => {
    const text = renderIp6tables(queuePlan(LOCAL), {
      chains: ['MIP6GUARD-own', 'MIP6GUARD-own-agent'],
      jumps: ['-A FORWARD -j MIP6GUARD-own'],
    });
    expect(text.split('\n').slice(0, 10)).toEqual([
      '# mip6guard own: ip6tables-restore --noflush',
      '*mangle',
      '-D FORWARD -j MIP6GUARD-own',
      ...['in', 'out', 'judge', 'agent', 'every'].map((name) => `:MIP6GUARD-own-${name} - [0:0]`),
      ':MIP6GUARD-own - [0:0]',
      '-X MIP6GUARD-own',
    ]);
    expect(text.match(/^COMMIT$/gm)).toHaveLength(1);
  });

  it('are taken away by name, and nothing is done where nothing is', () => {
    expect(renderIp6tablesRemoval({ chains: [], jumps: [] })).toBeUndefined();
    expect(
      renderIp6tablesRemoval({ chains: ['MIP6GUARD-a'], jumps: ['-A FORWARD -j MIP6GUARD-a'] }),
    ).toBe('*mangle\n-D FORWARD -j MIP6GUARD-a\n-F MIP6GUARD-a\n-X MIP6GUARD-a\nCOMMIT\n');
  });

  it.skipIf(!hasQueue)(
    'are accepted by nft (needs root, namespaces and a kernel with nft queue)',
    () => {
      for (const plan of [...Object.values(PLANS), queuePlan(LONGEST)]) {
        expect(load(renderNftables(plan), ['-c'])).toBe('loaded');
      }
    },
  );

  it.skipIf(!canLoad)(
    'are loaded by nft without its queue (needs root, namespaces and nft)',
    () => {
      for (const plan of [...Object.values(PLANS), queuePlan(LONGEST)]) {
        expect(load(renderNftables(plan, { withoutQueue: true }), [])).toBe('loaded');
      }
    },
  );

  it.skipIf(!canLoad)(
    'have a queue that nft understands, whatever the kernel has (needs root, namespaces and nft)',
    () => {
      const said = load(renderNftables(queuePlan(ROUTED)), ['-c']);
      // What the kernel refuses comes after what the program refuses.
      expect(said).toMatch(/^loaded$|Could not process rule/);
    },
  );
});
