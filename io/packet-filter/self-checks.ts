/**
 * What has to hold on a machine for packets to come by a gateway: looked at, never changed.
 *
 * Reverse path filters of the kernel are of IPv4 only; rules that do the same for IPv6 drop packets, and are told as conflicts.
 */
import { readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import { IpCommand } from '../inline/ip-command.ts';
import { portHolder, queueRow } from '../inline/packet-queue-table.ts';
import type { QueueRow } from '../inline/packet-queue-table.ts';
import { HostError } from '../native/host-error.ts';
import { planInterfaces, queueNumbers } from './queue-plan.ts';
import type { QueuePlan } from './queue-plan.ts';

/** One interface of the machine. */
export interface SeenInterface {
  readonly name: string;
  readonly mtu: number;
  readonly isUp: boolean;
  /** Whether the other end is there. */
  readonly hasCarrier: boolean;
  /** `bridge`, `veth`; undefined for hardware. */
  readonly kind: string | undefined;
  /** Bridge or other device that it belongs to. */
  readonly master: string | undefined;
}

/** The machine as it is looked at. */
export interface Host {
  readonly interfaces: readonly SeenInterface[];
  /** A setting below /proc/sys; undefined when the kernel has it not. */
  readonly setting: (file: string) => string | undefined;
  /** IPv6 addresses of the machine. */
  readonly addresses: readonly string[];
  readonly rowOf: (queue: number) => QueueRow | undefined;
  readonly holderOf: (port: number) => string;
}

/**
 * What packets on a bridge need to come by ip6tables. Tagged frames as well: an advertisement with a priority tag reaches its
 * hosts, so it must not pass beside the gateway.
 */
export const BRIDGE_SETTINGS: readonly (readonly [file: string, value: string, what: string])[] = [
  ['net/bridge/bridge-nf-call-ip6tables', '1', 'Bridged packets'],
  ['net/bridge/bridge-nf-filter-vlan-tagged', '1', 'Bridged packets with a VLAN tag'],
  ['net/bridge/bridge-nf-filter-pppoe-tagged', '1', 'Bridged packets in PPPoE'],
];

const listed = z.array(
  z.object({
    ifname: z.string(),
    mtu: z.int(),
    flags: z.array(z.string()),
    master: z.string().optional(),
    linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
  }),
);

/** This machine. Throws HostError when `ip` is missing. */
export function thisHost(ip = new IpCommand()): Host {
  const output = ip.run(['-json', '-details', 'link', 'show']).toString();
  const parsed = listed.safeParse(JSON.parse(output === '' ? '[]' : output));
  if (!parsed.success) {
    throw new HostError('ERR_HOST_COMMAND', 'ip -json link show: its answer is no list of links', {
      hint: 'Install a newer iproute2 (4.17 or later).',
    });
  }
  return {
    interfaces: parsed.data.map(({ ifname: name, mtu, flags, master, linkinfo }) => ({
      ...{ name, mtu, master },
      isUp: flags.includes('UP'),
      hasCarrier: flags.includes('LOWER_UP'),
      kind: linkinfo?.info_kind,
    })),
    setting: settingOf,
    addresses: Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ family }) => family === 'IPv6')
      .map(({ address }) => address),
    rowOf: queueRow,
    holderOf: portHolder,
  };
}

/** All checks that need no installed rules, a sentence for each thing that is not as it has to be. */
export function selfChecks(plan: QueuePlan, host: Host = thisHost()): string[] {
  return [
    ...checkForwarding(plan, host),
    ...checkInterfaces(plan, host),
    ...checkBridge(plan, host),
    ...checkMtu(plan, host),
    ...checkAgents(plan, host),
  ];
}

/** Routed packets: the machine has to be a router. */
export function checkForwarding({ hook }: QueuePlan, host: Host): string[] {
  if (hook !== 'routed' || host.setting('net/ipv6/conf/all/forwarding') !== '0') return [];
  return [
    'This machine does not forward IPv6, so no packet passes: sudo sysctl net.ipv6.conf.all.forwarding=1',
  ];
}

/** Interfaces that are named have to be there and up. */
export function checkInterfaces(plan: QueuePlan, { interfaces }: Host): string[] {
  return planInterfaces(plan).flatMap((name) => {
    const found = interfaces.find((other) => other.name === name);
    if (found === undefined) {
      const known = interfaces.map((other) => other.name).join(', ');
      return [`There is no interface ${name}; there are ${known}.`];
    }
    if (!found.isUp) return [`The interface ${name} is down: sudo ip link set ${name} up`];
    return found.hasCarrier ? [] : [`The interface ${name} has no carrier: nothing is connected.`];
  });
}

/** Bridged packets: the ports have to be in one bridge, which is up and has no others. */
export function checkBridge(plan: QueuePlan, { interfaces }: Host): string[] {
  if (plan.hook !== 'bridge') return [];
  const names = planInterfaces(plan);
  const ports = interfaces.filter(({ name }) => names.includes(name));
  const bridgeOf = (master: string | undefined): SeenInterface | undefined =>
    interfaces.find(({ name, kind }) => name === master && kind === 'bridge');
  const problems = ports
    .filter(({ master }) => bridgeOf(master) === undefined)
    .map(
      ({ name }) =>
        `The interface ${name} is no port of a bridge: sudo ip link set ${name} master BRIDGE`,
    );
  const bridges = [...new Set(ports.map(({ master }) => master))].flatMap(
    (master) => bridgeOf(master) ?? [],
  );
  if (bridges.length > 1) {
    const all = bridges.map(({ name }) => name).join(' and ');
    problems.push(`The ports are in different bridges, ${all}: packets between them are routed.`);
  }
  for (const bridge of bridges) {
    if (!bridge.isUp) {
      problems.push(`The bridge ${bridge.name} is down: sudo ip link set ${bridge.name} up`);
    }
    const others = interfaces
      .filter(({ name, master }) => master === bridge.name && !names.includes(name))
      .map(({ name }) => name);
    if (others.length === 0) continue;
    problems.push(
      `The bridge ${bridge.name} has more ports, ${others.join(', ')}: what passes between them and others is not judged.`,
    );
  }
  return problems;
}

/** What is longer than the next link is lost on a bridge, and answered with Packet Too Big by a router. */
export function checkMtu(plan: QueuePlan, { interfaces }: Host): string[] {
  const names = planInterfaces(plan);
  const ports = interfaces.filter(({ name }) => names.includes(name));
  const sizes = new Set(ports.map(({ mtu }) => mtu));
  if (sizes.size < 2) return [];
  const all = ports.map(({ name, mtu }) => `${name} ${mtu}`).join(', ');
  const what =
    plan.hook === 'bridge'
      ? 'longer packets are lost without a word'
      : 'longer packets are answered with Packet Too Big';
  return [`The ports differ in the length of packets (${all}): ${what}.`];
}

/** The protected agents of `local` have to be on this machine. */
export function checkAgents(plan: QueuePlan, { addresses }: Host): string[] {
  if (plan.hook !== 'local') return [];
  const ends = plan.groups.find(({ name }) => name === 'agent')?.addresses ?? [];
  if (ends.length === 0) return [];
  const list = new BlockList();
  for (const { prefix } of ends) {
    const [address = '', length = '128'] = prefix.split('/');
    list.addSubnet(address, Number(length), 'ipv6');
  }
  if (addresses.some((address) => list.check(address, 'ipv6'))) return [];
  return ['None of the protected agents has its address on this machine: use the hook routed.'];
}

/** Whether bridged packets come by the rules; with ip6tables, once they are installed. */
export function checkBridgeFilter(
  { hook }: QueuePlan,
  { setting }: Pick<Host, 'setting'>,
): string[] {
  if (hook !== 'bridge') return [];
  if (setting('net/bridge/bridge-nf-call-ip6tables') === undefined) {
    return ['The kernel shows no bridged packets to ip6tables: sudo modprobe br_netfilter'];
  }
  return BRIDGE_SETTINGS.filter(([file, value]) => setting(file) !== value).map(
    ([file, value, what]) =>
      `${what} do not come by ip6tables: sudo sysctl ${file.replaceAll('/', '.')}=${value}`,
  );
}

/** Whether somebody takes the packets. @param ownPorts netlink ports that may; anybody's otherwise */
export function checkQueues(plan: QueuePlan, host: Host, ownPorts?: readonly number[]): string[] {
  return queueNumbers(plan).flatMap((queue) => {
    const row = host.rowOf(queue);
    if (row === undefined) return [`Nobody takes packets of queue ${queue}.`];
    if (ownPorts === undefined || ownPorts.includes(row.port)) return [];
    return [`Queue ${queue} is held by ${host.holderOf(row.port)}, not by this gateway.`];
  });
}

/** A setting below /proc/sys; undefined when the kernel has it not. */
export function settingOf(file: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${file}`, 'latin1').trim();
  } catch {
    return undefined;
  }
}
