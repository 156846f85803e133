import { describe, expect, it } from 'vitest';
import { HostError } from '../../../io/native/host-error.ts';
import {
  PacketFilter,
  queuePlan,
  renderIp6tables,
  renderNftables,
} from '../../../io/packet-filter/index.ts';
import type { BackendWish } from '../../../io/packet-filter/index.ts';
import { FakeMachine } from './fake-machine.ts';
import type { FakeMachineOptions } from './fake-machine.ts';
import { BRIDGED, ROUTED } from './plans.ts';

const PLAN = queuePlan(ROUTED);
const RULES = '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n';
const EMPTY = '*mangle\n:FORWARD ACCEPT [0:0]\nCOMMIT\n';
const BOTH: FakeMachineOptions = { legacy: EMPTY, nft: EMPTY, usual: 'nf_tables' };

/** Why nothing is installed, as `code: message | hint`. */
function refusal(options: FakeMachineOptions, backend: BackendWish = 'auto', plan = PLAN): string {
  const machine = new FakeMachine(options);
  try {
    PacketFilter.install(plan, { backend, commands: machine.commands }).remove();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    expect(machine.loaded.filter((text) => !text.includes('-probe'))).toEqual([]);
    return `${error.code}: ${error.message} | ${error.hint ?? ''}`;
  }
  return 'installed';
}

function installed(options: FakeMachineOptions, backend: BackendWish = 'auto'): PacketFilter {
  const { commands } = new FakeMachine(options);
  const filter = PacketFilter.install(PLAN, { backend, commands });
  filter.remove();
  return filter;
}

describe('the packet filter that rules go into', () => {
  it('is nftables where the kernel has its queue', () => {
    expect(installed({ ...BOTH, ruleset: '', hasQueue: true }).backend).toBe('nftables');
    expect(installed({ ...BOTH, ruleset: '', hasQueue: true }, 'ip6tables').backend).toBe(
      'ip6tables (nft)',
    );
  });

  it('is the variant of ip6tables that holds rules, else the usual one', () => {
    expect(installed(BOTH).backend).toBe('ip6tables (nft)');
    expect(installed({ ...BOTH, usual: 'legacy' }).backend).toBe('ip6tables (legacy)');
    expect(installed({ ...BOTH, legacy: RULES }).backend).toBe('ip6tables (legacy)');
    expect(installed({ ...BOTH, nft: RULES, usual: 'legacy' }).backend).toBe('ip6tables (nft)');
    expect(installed(BOTH).warnings).toEqual([]);
  });

  it('is told when both variants hold rules', () => {
    const { backend, warnings } = installed({ ...BOTH, legacy: RULES, nft: RULES });
    expect(backend).toBe('ip6tables (nft)');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^Both ip6tables \(nft\) and ip6tables \(legacy\) hold rules/);
  });

  it('gets exactly what the dry run shows', () => {
    const machine = new FakeMachine(BOTH);
    const { commands } = machine;
    const shown = PacketFilter.dryRun(PLAN, { backend: 'auto', commands });
    expect(machine.loaded).toEqual([]);
    PacketFilter.install(PLAN, { backend: 'auto', commands }).remove();
    expect(machine.loaded).toEqual([shown]);
    expect(shown).toBe(renderIp6tables(PLAN));
    const none = new FakeMachine({ refusal: 'must be root' });
    expect(PacketFilter.dryRun(PLAN, { backend: 'nftables', commands: none.commands })).toBe(
      renderNftables(PLAN),
    );
  });

  it('is named by the user, or found by root, for a dry run', () => {
    const { commands } = new FakeMachine({ ...BOTH, refusal: 'Permission denied' });
    const dry = (): string => PacketFilter.dryRun(PLAN, { backend: 'auto', commands });
    const hint =
      'Run it as root, which may look at the kernel, or name the packet filter: ip6tables or nftables.';
    expect(dry).toThrow(expect.objectContaining({ hint }));
  });

  it('loses what earlier starts have left in the other variant, and nothing else', () => {
    const left =
      '*mangle\n:FORWARD ACCEPT [0:0]\n:MIP6GUARD-gw1 - [0:0]\n:MIP6GUARD-gw10 - [0:0]\n-A FORWARD -j MIP6GUARD-gw1\n-A FORWARD -m comment --comment "x -j MIP6GUARD-gw1" -j theirs\n-A FORWARD -j MIP6GUARD-gw10\nCOMMIT\n';
    const machine = new FakeMachine({ ...BOTH, nft: RULES, legacy: left });
    PacketFilter.install(PLAN, { backend: 'ip6tables', commands: machine.commands }).remove();
    expect(machine.loaded[0]).toBe(
      '*mangle\n-D FORWARD -j MIP6GUARD-gw1\n-F MIP6GUARD-gw1\n-X MIP6GUARD-gw1\nCOMMIT\n',
    );
    expect(PacketFilter.removeLeftovers('gw1', machine.commands)).toEqual(['ip6tables (legacy)']);
    expect(PacketFilter.removeLeftovers('gw2', machine.commands)).toEqual([]);
  });
});

describe('rules are not installed, with what is missing and what to do,', () => {
  it('without any packet filter', () => {
    expect(refusal({})).toBe(
      'ERR_HOST_FILTER: ip6tables is not installed, and the program nft is not installed | Install it (Debian): sudo apt-get install iptables',
    );
    expect(refusal({}, 'nftables')).toMatch(/nft is not installed .*apt-get install nftables$/);
  });

  it('with an nftables whose kernel has no queue', () => {
    expect(refusal({ ruleset: '' })).toMatch(
      /^ERR_HOST_FILTER: ip6tables is not installed, and nftables of this kernel has no `queue` \| .*apt-get install iptables$/,
    );
    expect(refusal({ ...BOTH, ruleset: '' }, 'nftables')).toMatch(
      /no `queue` .*modprobe nft_queue/,
    );
  });

  it('without privileges', () => {
    const refused = 'ip6tables-save: Permission denied (you must be root)';
    for (const options of [BOTH, { ...BOTH, ruleset: '' }]) {
      expect(refusal({ ...options, refusal: refused })).toMatch(
        /^ERR_HOST_PERMISSION: .*CAP_NET_ADMIN \| Run it as root/,
      );
    }
  });

  it('with a kernel that has no ip6tables', () => {
    const said = "can't initialize ip6tables table: Table does not exist";
    expect(refusal({ ...BOTH, refusal: said })).toMatch(
      /^ERR_HOST_FILTER: the kernel has no ip6tables.* \| .*modprobe -a ip6_tables/,
    );
  });

  it('with a kernel that lacks matches, each by name', () => {
    expect(refusal({ ...BOTH, lacks: ['-m ipv6header'] })).toBe(
      'ERR_HOST_FILTER: ip6tables (nft) lacks: match ipv6header | Load them: sudo modprobe -a ip6t_ipv6header; where the kernel has them not: sudo apt-get install linux-image-amd64',
    );
    expect(refusal({ ...BOTH, lacks: ['-m frag', '-m length'] })).toContain(
      'lacks: match frag, match length |',
    );
    expect(refusal({ ...BOTH, lacks: ['NFQUEUE'] })).toMatch(
      /lacks: target NFQUEUE \| .*nfnetlink_queue/,
    );
    expect(refusal({ ...BOTH, lacks: ['--queue-bypass'] })).toContain(
      'lacks: NFQUEUE --queue-bypass',
    );
    expect(refusal({ ...BOTH, lacks: ['COMMIT'] })).toContain('NFQUEUE');
  });

  it('with rules that are refused as a whole', () => {
    expect(refusal({ ...BOTH, lacks: ['-I FORWARD'] })).toMatch(/line 7 failed.* --dry-run$/);
  });

  it('on a bridge without settings to be put back, or without br_netfilter', () => {
    const plan = queuePlan(BRIDGED);
    expect(refusal(BOTH, 'ip6tables', plan)).toContain('ERR_HOST_OPTION: bridged packets take');
    const { commands } = new FakeMachine(BOTH);
    const settings = {
      setSetting: (file: string): void => {
        throw new HostError('ERR_HOST_SETTING', `/proc/sys/${file} cannot be read: ENOENT`);
      },
    };
    expect(() => PacketFilter.install(plan, { backend: 'ip6tables', commands, settings })).toThrow(
      /^bridged packets do not come by ip6tables: .*ENOENT$/,
    );
  });
});

describe('installed rules', () => {
  /** As `ip6tables-save -c` writes them. */
  const saved = (packets: number): string =>
    `*mangle\n:FORWARD ACCEPT [0:0]\n:MIP6GUARD-gw1 - [0:0]\n:MIP6GUARD-gw1-every - [0:0]\n[9:900] -A FORWARD -j MIP6GUARD-gw1\n[${packets}:900] -A MIP6GUARD-gw1-every -p mobility-header -m comment --comment "r25 x" -j NFQUEUE --queue-num 600\nCOMMIT\n`;

  it('are counted by the number of each rule', async () => {
    const { commands } = new FakeMachine({ nft: saved(7), usual: 'nf_tables' });
    const filter = PacketFilter.install(PLAN, { backend: 'auto', commands });
    const { queued, rules } = await filter.readCounters();
    expect(queued).toBe(7);
    expect(rules.find(({ number }) => number === 25)?.packets).toBe(7);
    expect(await filter.verify()).toEqual({ isThere: true, problems: [] });
    expect(filter.remove()).toEqual([]);
  });

  it('are removed when the process ends, and once only', () => {
    const machine = new FakeMachine({ nft: saved(0), usual: 'nf_tables' });
    const before = process.listenerCount('exit');
    const filter = PacketFilter.install(PLAN, { backend: 'auto', commands: machine.commands });
    expect(process.listenerCount('exit')).toBe(before + 1);
    filter.remove();
    filter.remove();
    expect(process.listenerCount('exit')).toBe(before);
    expect(machine.loaded.filter((text) => text.includes('-X MIP6GUARD-gw1\n'))).toHaveLength(1);
  });

  it('are replaced by those of another plan of the same instance', () => {
    const machine = new FakeMachine(BOTH);
    const first = PacketFilter.install(PLAN, { backend: 'auto', commands: machine.commands });
    const plan = queuePlan({ ...ROUTED, failMode: 'closed' });
    const second = first.replace(plan);
    expect(machine.loaded.at(-1)).toBe(renderIp6tables(plan));
    // What was replaced has nothing to remove.
    const { length } = machine.asked;
    expect(first.remove()).toEqual([]);
    expect(machine.asked).toHaveLength(length);
    expect(() => second.replace(queuePlan({ ...ROUTED, id: 'gw2' }))).toThrow(/stay the same/);
    expect(second.remove()).toEqual([]);
  });
});
