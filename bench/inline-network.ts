/**
 * The network of `bench:inline`: this process is on the gateway in the middle, whose ports are `in` and `out`; a sender is in the
 * namespace `a` behind `in`, and what goes through ends in the namespace `b` behind `out`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { IP6TABLES_TABLE } from '../io/packet-filter/ip6tables-text.ts';

/** Link-layer addresses of `in`, and of what is behind `out`. */
export const GATEWAY_LINK = Uint8Array.of(2, 0, 0x5e, 0, 0x53, 0x10);
const SINK_LINK = '02:00:5e:00:53:0b';
const NEXT_HOP = '2001:db8:ffff:2::b';

const SET_UP = [
  'mount -t tmpfs none /run',
  'mkdir -p /run/netns',
  'ip netns add a',
  'ip netns add b',
  'ip link add in type veth peer name far netns a',
  'ip link add out type veth peer name far netns b',
  // Nobody but the bench says anything: the kernel in the middle has its addresses, the ends are silent.
  'for end in a b; do ip netns exec $end sysctl -qw net.ipv6.conf.far.disable_ipv6=1; ip -n $end link set far up; done',
  `ip -n b link set far address ${SINK_LINK}`,
  'ip link set in address 02:00:5e:00:53:10',
  'for end in in out; do ip link set $end addrgenmode none; ip link set $end up; done',
  'sysctl -qw net.ipv6.conf.all.forwarding=1',
  'ip addr add 2001:db8:ffff:1::1/64 dev in nodad',
  'ip addr add 2001:db8:ffff:2::1/64 dev out nodad',
  `ip neigh add ${NEXT_HOP} lladdr ${SINK_LINK} dev out`,
  `ip route add default via ${NEXT_HOP} dev out`,
  // What leaves is counted.
  'ip6tables -t mangle -A POSTROUTING -o out',
  'exec "$0" "$@"',
].join(' && ');

/**
 * Runs a script of ours on the gateway of such a network; it and all its processes end together.
 * @returns its exit code; 4 when it could not be run
 */
export function runOnGateway(script: string, args: readonly string[]): number {
  const isolated = ['--net', '--mount', '--propagation', 'private'];
  const alone = ['--pid', '--fork', '--kill-child', '--mount-proc'];
  const command = [...isolated, ...alone, 'bash', '-ec', SET_UP, process.execPath, script, ...args];
  const { status, error } = spawnSync('unshare', command, { stdio: 'inherit' });
  if (error !== undefined) {
    console.error(`unshare: ${error.message}; install util-linux and run as root`);
  }
  return status ?? 4;
}

/** Runs a command; throws with what it says when it fails. */
export function command(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
  }
  return stdout;
}

/** Packets that the rule counted which has this text. */
function counted(table: string, chain: string, text: string): number {
  const line = command('ip6tables', '-t', table, '-xvnL', chain)
    .split('\n')
    .find((each) => /^\s*\d/.test(each) && each.includes(text));
  return Number(line?.trim().split(/\s+/)[0] ?? 0);
}

/** Packets that have left the gateway. */
export function forwarded(): number {
  return counted('mangle', 'POSTROUTING', 'out');
}

/** Packets that were sent to the queue. */
export function queuedByRules(): number {
  return counted('filter', 'FORWARD', 'NFQUEUE');
}

/** Resident memory of a process, MiB. */
export function residentMiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024;
}

/** Clock ticks a second in /proc/PID/stat and /proc/stat. */
const TICKS = 100;

/** CPU seconds of a process so far. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Seconds that the host of a virtual machine gave its processors to others so far. */
export function stolenSeconds(): number {
  const all = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0] ?? '';
  return Number(all.split(/\s+/)[8]) / TICKS;
}

/** Takes the rules of a gateway out of the way of packets. */
export function unhookRules(): void {
  command('ip6tables', '-t', IP6TABLES_TABLE, '-F', 'FORWARD');
}

/** Adds rules as `ip6tables-restore` takes them. */
export function restoreRules(rules: string): void {
  const { status, stderr } = spawnSync('ip6tables-restore', ['--noflush'], {
    input: rules,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`ip6tables-restore: ${stderr.trim()}`);
}
