/**
 * Namespaces, bridges and wires of the lab, made and removed.
 */
import { CliError, EXIT } from '../exit-codes.ts';
import { bridgeFor, masterOf, nearBridge } from './gateway-topology.ts';
import { endProcesses, ip, namespacesOf, processesIn, silence } from './ip-tool.ts';
import { LINKS, STATIONS, SWITCH, WIRES, namespaceOf } from './plan.ts';
import type { LabInterface, LabLink } from './plan.ts';

/** Makes everything. @throws CliError (4) */
export function buildTopology(prefix: string): void {
  const hub = namespaceOf(prefix, SWITCH);
  for (const name of [SWITCH, ...STATIONS] as const) {
    ip(['netns', 'add', namespaceOf(prefix, name)]);
  }
  silence(hub);
  silence(namespaceOf(prefix, 'attacker'));
  const commands = LINKS.flatMap((link) => [
    `link add name ${link} type bridge mcast_snooping 0 forward_delay 0 stp_state 0`,
    `link set dev ${link} up`,
  ]);
  for (const { station, name, port, linkLayerAddress, link } of Object.values(WIRES)) {
    const namespace = namespaceOf(prefix, station);
    commands.push(
      `link add name ${port} type veth peer name ${name} address ${linkLayerAddress} netns ${namespace}`,
    );
    if (link !== undefined) commands.push(`link set dev ${port} master ${link} up`);
  }
  ip(['-n', hub, '-batch', '-'], `${commands.join('\n')}\n`);
  // The attacker keeps to no rules: nothing takes its interface from the kernel first.
  ip(['-n', namespaceOf(prefix, 'attacker'), 'link', 'set', 'dev', WIRES.attacker.name, 'up']);
  for (const station of STATIONS) {
    ip(['-n', namespaceOf(prefix, station), 'link', 'set', 'dev', 'lo', 'up']);
  }
}

/**
 * Takes an interface off its link and puts it on another, as a cable: the station sees the carrier go and come. Where a
 * gateway stands before it on that link, it is behind the gateway.
 * @param link undefined = none
 */
export function plug(prefix: string, wire: LabInterface, link: LabLink | undefined): void {
  const { port } = wire;
  const commands = [`link set dev ${port} down`, `link set dev ${port} nomaster`];
  if (link !== undefined) {
    const bridge = bridgeFor(prefix, wire, link);
    commands.push(`link set dev ${port} master ${bridge}`, `link set dev ${port} up`);
  }
  ip(['-n', namespaceOf(prefix, SWITCH), '-batch', '-'], `${commands.join('\n')}\n`);
}

/** Link that an interface is on, before a gateway or behind it; undefined = none. */
export function linkOf(prefix: string, wire: LabInterface): LabLink | undefined {
  const master = masterOf(prefix, wire.port);
  return LINKS.find((link) => link === master || nearBridge(link) === master);
}

/**
 * Ends every process in the namespaces of a lab, and removes the namespaces with all that is in them.
 * @returns what was there
 */
export async function removeTopology(
  prefix: string,
): Promise<{ readonly namespaces: number; readonly processes: number }> {
  const namespaces = namespacesOf(prefix);
  const pids = namespaces.flatMap(processesIn);
  const left = await endProcesses(pids);
  for (const namespace of namespaces) ip(['netns', 'del', namespace]);
  if (left.length > 0) {
    throw new CliError(EXIT.environment, `processes do not end: ${left.join(', ')}`);
  }
  return { namespaces: namespaces.length, processes: pids.length };
}
