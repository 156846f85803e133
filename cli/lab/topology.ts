/**
 * Namespaces, bridges and wires of the lab, made and removed.
 */
import { CliError, EXIT } from '../exit-codes.ts';
import { ip, isRunning, namespacesOf, processesIn, sleep } from './ip-tool.ts';
import { LINKS, STATIONS, SWITCH, WIRES, namespaceOf } from './plan.ts';
import type { LabInterface, LabLink } from './plan.ts';

/** Milliseconds that processes have to end in good order. */
const GRACE = 5000;
const STEP = 50;

/** Switches the kernel's IPv6 off in a namespace, for what is there and what comes. */
function silence(namespace: string): void {
  const settings = ['all', 'default'].map(
    (each) => `echo 1 > /proc/sys/net/ipv6/conf/${each}/disable_ipv6`,
  );
  ip(['netns', 'exec', namespace, 'sh', '-c', settings.join(' && ')]);
}

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
 * Takes an interface off its link and puts it on another, as a cable: the station sees the carrier go and come.
 * @param link undefined = none
 */
export function plug(prefix: string, { port }: LabInterface, link: LabLink | undefined): void {
  const commands = [`link set dev ${port} down`, `link set dev ${port} nomaster`];
  if (link !== undefined) {
    commands.push(`link set dev ${port} master ${link}`, `link set dev ${port} up`);
  }
  ip(['-n', namespaceOf(prefix, SWITCH), '-batch', '-'], `${commands.join('\n')}\n`);
}

/** Link that an interface is on; undefined = none. */
export function linkOf(prefix: string, { port }: LabInterface): LabLink | undefined {
  const text = ip(['-n', namespaceOf(prefix, SWITCH), '-o', 'link', 'show', 'dev', port]);
  const master = / master (\S+) /.exec(text)?.[1];
  return LINKS.find((link) => link === master);
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
  signal(pids, 'SIGTERM');
  await ended(pids, GRACE);
  signal(pids.filter(isRunning), 'SIGKILL');
  await ended(pids, GRACE);
  const left = pids.filter(isRunning);
  for (const namespace of namespaces) ip(['netns', 'del', namespace]);
  if (left.length > 0) {
    throw new CliError(EXIT.environment, `processes do not end: ${left.join(', ')}`);
  }
  return { namespaces: namespaces.length, processes: pids.length };
}

function signal(pids: readonly number[], name: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended by itself.
    }
  }
}

async function ended(pids: readonly number[], most: number): Promise<void> {
  for (let waited = 0; waited < most && pids.some(isRunning); waited += STEP) await sleep(STEP);
}
