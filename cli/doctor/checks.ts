/**
 * What mip6guard needs of a machine, and what to do where it is missing.
 */
import { setcapLine } from '../../io/capture/live/index.ts';
import type { Machine } from './machine.ts';

/** Uses of mip6guard that need more than reading files. */
export const PURPOSES = ['live', 'sensor', 'tui', 'node', 'gateway'] as const;

/** One of `PURPOSES`, or what always must work. */
export type Purpose = 'read' | (typeof PURPOSES)[number];

/** Outcome of a check. `note`: nothing is missing, but worth knowing. */
export type CheckStatus = 'ok' | 'missing' | 'note';

/** One check. */
export interface Check {
  /** Stable name, for scripts. */
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** What was found. */
  readonly found: string;
  /** Who needs it; empty for what is only useful. */
  readonly neededBy: readonly Purpose[];
  /** Command that mends it. */
  readonly fix: string | undefined;
}

const CAPTURES: readonly Purpose[] = ['live', 'sensor'];
/** A node stands on packet sockets too, but brings its own calls of them. */
const LINKS: readonly Purpose[] = [...CAPTURES, 'node'];
const SET_UP: readonly Purpose[] = ['node', 'gateway'];
/** Bits of capabilities(7). */
const CAP_NET_ADMIN = 12n;
const CAP_NET_RAW = 13n;
const LEAST_NODE = [20, 19] as const;
const LEAST_COLUMNS = 80;
const LEAST_ROWS = 24;
/** Interfaces told one by one. */
const MAX_INTERFACES = 32;

function check(
  id: string,
  title: string,
  isOk: boolean,
  found: string,
  neededBy: readonly Purpose[] = [],
  fix?: string,
): Check {
  const status = isOk ? 'ok' : neededBy.length > 0 ? 'missing' : 'note';
  return { id, title, status, found, neededBy, fix: isOk ? undefined : fix };
}

/** All checks, in the order of the table. */
export function allChecks(machine: Machine): Check[] {
  return [
    nodeCheck(machine),
    ...packageChecks(machine),
    ...privilegeChecks(machine),
    ...interfaceChecks(machine),
    ...kernelChecks(machine),
    ...terminalChecks(machine),
    ...peerChecks(machine),
  ];
}

function nodeCheck({ nodeVersion }: Machine): Check {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const isOk = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const fix = `install Node.js ${LEAST_NODE.join('.')} or later: https://nodejs.org`;
  return check('node', 'Node.js', isOk, nodeVersion, ['read'], fix);
}

function packageChecks(machine: Machine): Check[] {
  const pcap = machine.pcap();
  const sqlite = machine.loadFailure('better-sqlite3');
  const koffi = machine.loadFailure('koffi');
  const ink = machine.resolveFailure('ink');
  const compiler = 'sudo apt-get install g++ make libpcap-dev && npm install';
  return [
    check(
      'pcap',
      'package pcap',
      pcap.version !== undefined,
      pcap.version === undefined ? (pcap.failure ?? 'it cannot be loaded') : '3.1.0',
      CAPTURES,
      `${compiler} pcap@3.1.0`,
    ),
    check('libpcap', 'libpcap', pcap.version !== undefined, pcap.version ?? 'not known', CAPTURES),
    check(
      'better-sqlite3',
      'package better-sqlite3',
      sqlite === undefined,
      sqlite ?? 'for history and sensor --db',
      ['sensor'],
      'sudo apt-get install g++ make && npm install better-sqlite3@12',
    ),
    check(
      'koffi',
      'package koffi',
      koffi === undefined,
      koffi ?? 'for ha, mn, cn and lab',
      ['node'],
      'npm install --include=optional',
    ),
    check('ink', 'package ink', ink === undefined, ink ?? 'for tui', ['tui'], 'npm install'),
  ];
}

function privilegeChecks(machine: Machine): Check[] {
  const effective = machine.capabilities();
  const has = (bit: bigint): boolean =>
    effective === undefined ? machine.isRoot : ((effective >> bit) & 1n) === 1n;
  const file = machine.fileCapabilities();
  const from = machine.isRoot ? 'root' : file === undefined ? 'this process' : `node: ${file}`;
  const fixes = `${setcapLine()}   (or: sudo mip6guard live --user NAME)`;
  const both = setcapLine().replace('cap_net_raw', 'cap_net_raw,cap_net_admin');
  return [
    check(
      'cap-net-raw',
      'CAP_NET_RAW',
      has(CAP_NET_RAW),
      has(CAP_NET_RAW) ? from : 'this user may not capture',
      LINKS,
      fixes,
    ),
    check(
      'cap-net-admin',
      'CAP_NET_ADMIN',
      has(CAP_NET_ADMIN),
      has(CAP_NET_ADMIN) ? from : 'this user may not set up queues and tunnels',
      SET_UP,
      both,
    ),
  ];
}

function interfaceChecks(machine: Machine): Check[] {
  const interfaces = machine.interfaces();
  const links = interfaces.filter(({ isUp }) => isUp !== undefined);
  const checks = [
    check(
      'interfaces',
      'interfaces',
      links.length > 0,
      interfaces.map(({ name }) => name).join(', ') || 'none',
      LINKS,
      'ip link; in a container: give it an interface',
    ),
  ];
  for (const { name, isUp, offloads } of links.slice(0, MAX_INTERFACES)) {
    const id = `interface-${name}`;
    if (isUp === false) {
      checks.push(check(id, `  ${name}`, false, 'down', [], `sudo ip link set ${name} up`));
      continue;
    }
    const on = offloads ?? [];
    const merged = `up; ${on.join(', ')} on: packets may be seen merged and with unfinished checksums`;
    const fix = `sudo ethtool -K ${name} ${on.map((item) => `${item} off`).join(' ')}`;
    checks.push(check(id, `  ${name}`, on.length === 0, on.length === 0 ? 'up' : merged, [], fix));
  }
  return checks;
}

function kernelChecks(machine: Machine): Check[] {
  const tun = machine.isThere('/dev/net/tun');
  const queue = machine.isThere('/proc/net/netfilter/nfnetlink_queue');
  const packet = machine.isThere('/proc/net/packet');
  const namespaces = machine.isThere('/proc/self/ns/net');
  const yes = (isThere: boolean, what: string): string => (isThere ? what : `no ${what}`);
  return [
    check(
      'af-packet',
      'AF_PACKET',
      packet,
      yes(packet, '/proc/net/packet'),
      LINKS,
      'sudo modprobe af_packet',
    ),
    check('tun', 'TUN', tun, yes(tun, '/dev/net/tun'), SET_UP, 'sudo modprobe tun'),
    check(
      'nfnetlink-queue',
      'NFQUEUE',
      queue,
      yes(queue, '/proc/net/netfilter/nfnetlink_queue'),
      ['gateway'],
      'sudo modprobe nfnetlink_queue',
    ),
    check('namespaces', 'network namespaces', namespaces, yes(namespaces, '/proc/self/ns/net')),
  ];
}

function terminalChecks({ terminal, environment }: Machine): Check[] {
  const { TERM: term = '', COLORTERM: colorTerm = '', NO_COLOR: noColor = '' } = environment;
  const { LC_ALL: all, LC_CTYPE: type, LANG: lang } = environment;
  const locale = [all, type, lang].find((value) => value !== undefined && value !== '') ?? '';
  const isUtf8 = /utf-?8/i.test(locale);
  const hasColour = noColor === '' && term !== '' && term !== 'dumb';
  const colours = /truecolor|24bit/i.test(colorTerm)
    ? '16 million'
    : term.includes('256')
      ? '256'
      : '16';
  const { columns, rows } = terminal ?? {};
  const isLarge = (columns ?? 0) >= LEAST_COLUMNS && (rows ?? 0) >= LEAST_ROWS;
  return [
    check(
      'terminal',
      'terminal',
      terminal !== undefined && isLarge,
      terminal === undefined ? 'standard output is none' : `${columns ?? 0}x${rows ?? 0}`,
      ['tui'],
      terminal === undefined
        ? 'run it in a terminal'
        : `make it ${LEAST_COLUMNS}x${LEAST_ROWS} or larger`,
    ),
    check(
      'utf-8',
      'UTF-8',
      isUtf8,
      locale === '' ? 'no locale is set' : locale,
      [],
      'export LANG=C.UTF-8',
    ),
    check(
      'colour',
      'colours',
      hasColour,
      hasColour ? colours : noColor === '' ? `TERM is '${term}'` : 'NO_COLOR is set',
      [],
      noColor === '' ? 'export TERM=xterm-256color' : 'unset NO_COLOR',
    ),
  ];
}

function peerChecks(machine: Machine): Check[] {
  const ip = machine.program('ip');
  const iproute2 = check(
    'ip',
    'ip',
    ip !== undefined,
    ip ?? 'not installed',
    ['node'],
    'sudo apt-get install iproute2',
  );
  const peers = ['tshark', 'tcpdump'].map((name) => {
    const place = machine.program(name);
    return check(
      name,
      name,
      place !== undefined,
      place ?? 'not installed',
      [],
      `sudo apt-get install ${name}`,
    );
  });
  return [iproute2, ...peers];
}
