import { describe, expect, it } from 'vitest';
import { allChecks } from '../../../cli/doctor/checks.ts';
import type { Check } from '../../../cli/doctor/checks.ts';
import { missingFor, tableOf } from '../../../cli/doctor/doctor-run.ts';
import { capabilitiesIn, offloadsIn } from '../../../cli/doctor/machine.ts';
import type { Machine } from '../../../cli/doctor/machine.ts';
import { plainPaint } from '../../../cli/report/palette.ts';

/** A machine that has everything. */
function machine(changes: Partial<Machine> = {}): Machine {
  return {
    nodeVersion: '20.19.0',
    isRoot: false,
    environment: { TERM: 'xterm-256color', LANG: 'en_GB.UTF-8' },
    terminal: { columns: 80, rows: 24 },
    pcap: () => ({ version: '1.10.3', failure: undefined }),
    loadFailure: () => undefined,
    resolveFailure: () => undefined,
    capabilities: () => 0x3000n,
    fileCapabilities: () => 'cap_net_raw=eip',
    interfaces: () => [{ name: 'eth0', isUp: true, offloads: [] }],
    isThere: () => true,
    program: (name) => `/usr/bin/${name}`,
    ...changes,
  };
}

function found(id: string, changes: Partial<Machine>): Check | undefined {
  return allChecks(machine(changes)).find((check) => check.id === id);
}

const ALL = ['read', 'live', 'sensor', 'tui', 'node', 'gateway'] as const;

describe('doctor', () => {
  it('finds nothing on a machine that has everything', () => {
    expect(allChecks(machine()).filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(missingFor(allChecks(machine()), ALL)).toEqual([]);
  });

  it.each<[string, Partial<Machine>, string]>([
    ['node', { nodeVersion: '18.20.0' }, 'Node.js 20.19'],
    ['node', { nodeVersion: '20.18.9' }, 'Node.js 20.19'],
    [
      'pcap',
      { pcap: () => ({ version: undefined, failure: 'not installed' }) },
      'npm install pcap@3.1.0',
    ],
    [
      'better-sqlite3',
      { loadFailure: () => 'Cannot find module' },
      'npm install better-sqlite3@12',
    ],
    ['ink', { resolveFailure: () => 'Cannot find package' }, 'npm install'],
    ['cap-net-raw', { capabilities: () => 0n }, 'setcap cap_net_raw=eip /'],
    ['cap-net-admin', { capabilities: () => 0x2000n }, 'setcap cap_net_raw,cap_net_admin=eip /'],
    ['koffi', { loadFailure: () => 'Cannot find module' }, 'npm install --include=optional'],
    ['ip', { program: (name) => (name === 'ip' ? undefined : name) }, 'install iproute2'],
    ['tun', { isThere: (file) => file !== '/dev/net/tun' }, 'modprobe tun'],
    ['nfnetlink-queue', { isThere: (file) => !file.includes('queue') }, 'modprobe nfnetlink_queue'],
    ['terminal', { terminal: { columns: 79, rows: 24 } }, '80x24'],
  ])('says how to mend %s', (id, changes, fix) => {
    const check = found(id, changes);
    expect(check?.status).toBe('missing');
    expect(check?.fix).toContain(fix);
    expect(missingFor(allChecks(machine(changes)), ALL)).toContainEqual(check);
  });

  it('misses for reading nothing that only live capture needs', () => {
    const changes = { capabilities: () => 0n, pcap: () => ({ version: undefined, failure: 'no' }) };
    const checks = allChecks(machine(changes));
    expect(missingFor(checks, ['read'])).toEqual([]);
    expect(missingFor(checks, ['read', 'live']).map(({ id }) => id)).toEqual([
      'pcap',
      'libpcap',
      'cap-net-raw',
    ]);
  });

  it('notes interfaces that are down, and offloads that change what is captured', () => {
    const interfaces = (): ReturnType<Machine['interfaces']> => [
      { name: 'eth0', isUp: true, offloads: ['gro', 'tso'] },
      { name: 'eth1', isUp: false, offloads: undefined },
      { name: 'any', isUp: undefined, offloads: undefined },
    ];
    expect(found('interface-eth0', { interfaces })).toMatchObject({
      status: 'note',
      fix: 'sudo ethtool -K eth0 gro off tso off',
    });
    expect(found('interface-eth1', { interfaces })).toMatchObject({
      fix: 'sudo ip link set eth1 up',
    });
    expect(found('interface-any', { interfaces })).toBeUndefined();
  });

  it('knows a terminal without UTF-8 and without colours', () => {
    expect(found('utf-8', { environment: { LC_ALL: 'C', LANG: 'de_DE.UTF-8' } })?.status).toBe(
      'note',
    );
    expect(found('colour', { environment: { TERM: 'xterm', NO_COLOR: '1' } })?.fix).toBe(
      'unset NO_COLOR',
    );
    expect(found('colour', { environment: { TERM: 'dumb' } })?.status).toBe('note');
  });

  it('shows a line for each check, and the command that mends it below', () => {
    const checks = allChecks(machine({ capabilities: () => 0n })).filter(
      ({ id }) => id === 'node' || id === 'cap-net-raw',
    );
    expect(tableOf(checks, plainPaint)).toMatch(
      /^ok {7}Node\.js {6}20\.19\.0\nmissing {2}CAP_NET_RAW {2}this user may not capture \(for live, sensor, node\)\n {11}fix: sudo setcap .*\n$/,
    );
  });

  it('reads what the kernel and ethtool say', () => {
    expect(capabilitiesIn('Name:\tnode\nCapEff:\t0000000000003000\n')).toBe(0x3000n);
    expect(capabilitiesIn('Name:\tnode\n')).toBeUndefined();
    const text =
      'Features for eth0:\ntcp-segmentation-offload: on\n\ttx-tcp: on\ngeneric-receive-offload: on [fixed]\nlarge-receive-offload: off\n';
    expect(offloadsIn(text)).toEqual(['gro', 'tso']);
  });
});
