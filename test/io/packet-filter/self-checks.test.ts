import { describe, expect, it } from 'vitest';
import {
  checkBridgeFilter,
  checkQueues,
  queuePlan,
  selfChecks,
} from '../../../io/packet-filter/index.ts';
import type { Host } from '../../../io/packet-filter/index.ts';
import { BRIDGED, LOCAL, ROUTED } from './plans.ts';

const routed = queuePlan(ROUTED);
const bridged = queuePlan(BRIDGED);

type Seen = Host['interfaces'][number];

function seen(name: string, others: Partial<Seen> = {}): Seen {
  const master = undefined;
  return { name, mtu: 1500, isUp: true, hasCarrier: true, kind: undefined, master, ...others };
}

function host(interfaces: readonly Seen[], others: Partial<Host> = {}): Host {
  return {
    interfaces,
    setting: (file) => (file === 'net/ipv6/conf/all/forwarding' ? '1' : undefined),
    addresses: [],
    rowOf: () => undefined,
    holderOf: (port) => `process ${port}`,
    ...others,
  };
}

const PORTS = [seen('eth0'), seen('eth1')];
const BRIDGE = [
  seen('br0', { kind: 'bridge' }),
  ...['eth0', 'eth1', 'eth2'].map((name) => seen(name, { master: 'br0' })),
];

describe('checks of the machine', () => {
  it('find nothing where all is as it has to be', () => {
    expect(selfChecks(routed, host(PORTS))).toEqual([]);
    expect(selfChecks(bridged, host(BRIDGE))).toEqual([]);
  });

  it('ask for forwarding on routers only', () => {
    const off = { setting: (): string => '0' };
    expect(selfChecks(routed, host(PORTS, off))).toEqual([
      'This machine does not forward IPv6, so no packet passes: sudo sysctl net.ipv6.conf.all.forwarding=1',
    ]);
    expect(selfChecks(bridged, host(BRIDGE, off))).toEqual([]);
  });

  it('ask for interfaces that are there, up and connected', () => {
    expect(selfChecks(routed, host([seen('eth0')]))).toEqual([
      'There is no interface eth1; there are eth0.',
    ]);
    expect(selfChecks(routed, host([seen('eth0', { isUp: false }), seen('eth1')]))).toEqual([
      'The interface eth0 is down: sudo ip link set eth0 up',
    ]);
    expect(selfChecks(routed, host([seen('eth0', { hasCarrier: false }), seen('eth1')]))).toEqual([
      'The interface eth0 has no carrier: nothing is connected.',
    ]);
  });

  it('ask for one bridge with all ports and no others', () => {
    expect(selfChecks(bridged, host([...PORTS, seen('eth2')]))).toEqual(
      ['eth0', 'eth1', 'eth2'].map(
        (name) =>
          `The interface ${name} is no port of a bridge: sudo ip link set ${name} master BRIDGE`,
      ),
    );
    const two = [
      ...BRIDGE.slice(0, 3),
      seen('eth2', { master: 'br1' }),
      seen('br1', { kind: 'bridge' }),
    ];
    expect(selfChecks(bridged, host(two))).toEqual([
      'The ports are in different bridges, br0 and br1: packets between them are routed.',
    ]);
    const more = [...BRIDGE, seen('eth7', { master: 'br0' })];
    expect(selfChecks(bridged, host(more))).toEqual([
      'The bridge br0 has more ports, eth7: what passes between them and others is not judged.',
    ]);
    const down = [seen('br0', { kind: 'bridge', isUp: false }), ...BRIDGE.slice(1)];
    expect(selfChecks(bridged, host(down))).toEqual([
      'The bridge br0 is down: sudo ip link set br0 up',
    ]);
  });

  it('tell of ports that take packets of different length', () => {
    expect(selfChecks(routed, host([seen('eth0'), seen('eth1', { mtu: 9000 })]))).toEqual([
      'The ports differ in the length of packets (eth0 1500, eth1 9000): longer packets are answered with Packet Too Big.',
    ]);
  });

  it('ask for the address of an agent that runs on the machine', () => {
    const plan = queuePlan(LOCAL);
    expect(selfChecks(plan, host([], { addresses: ['fe80::1', '2001:db8:1::1'] }))).toEqual([]);
    expect(selfChecks(plan, host([], { addresses: ['fe80::1'] }))).toEqual([
      'None of the protected agents has its address on this machine: use the hook routed.',
    ]);
  });

  it('ask for all settings of bridges, tagged frames as well', () => {
    expect(checkBridgeFilter(bridged, { setting: () => undefined })).toEqual([
      'The kernel shows no bridged packets to ip6tables: sudo modprobe br_netfilter',
    ]);
    expect(checkBridgeFilter(bridged, { setting: () => '1' })).toEqual([]);
    const setting = (file: string): string => (file.endsWith('ip6tables') ? '1' : '0');
    expect(checkBridgeFilter(bridged, { setting })[0]).toBe(
      'Bridged packets with a VLAN tag do not come by ip6tables: sudo sysctl net.bridge.bridge-nf-filter-vlan-tagged=1',
    );
    expect(checkBridgeFilter(routed, { setting })).toEqual([]);
  });

  it('ask who takes packets from the queues', () => {
    const row = { number: 10, port: 77, waiting: 0, dropped: 0, notTaken: 0, lastId: 0 };
    const held = host([], { rowOf: () => row });
    expect(checkQueues(bridged, host([]))).toEqual(['Nobody takes packets of queue 10.']);
    expect(checkQueues(bridged, held)).toEqual([]);
    expect(checkQueues(bridged, held, [77])).toEqual([]);
    expect(checkQueues(bridged, held, [5])).toEqual([
      'Queue 10 is held by process 77, not by this gateway.',
    ]);
  });
});
