/**
 * Programs that stand on links, for `network.sh`: inline-program.js MODE ARGUMENTS
 *
 * Each writes `ready` when it stands, then lines of JSON, and ends with SIGTERM.
 */
import { writeSync } from 'node:fs';
import { HostConfiguration, HostError, openPacketLink, openTun } from '../../../io/inline/index.ts';
import type { PacketLink } from '../../../io/inline/index.ts';

const ETHERNET = 14;
const IPV6 = 0x86dd;
/** Next header that nobody knows (RFC 3692), so that no kernel answers. */
const EXPERIMENT = 253;

const [mode = '', ...args] = process.argv.slice(2);

function tell(line: string | object): void {
  // What is written is there, however the process ends.
  writeSync(1, `${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
}

function argument(index: number): string {
  const value = args[index];
  if (value === undefined) throw new Error(`${mode}: argument ${index + 1} is missing`);
  return value;
}

function onStop(action: () => void): void {
  process.once('SIGTERM', () => {
    action();
    // Nothing is left that would keep the process.
  });
}

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(':', ''), 'hex'));
}

/** An Ethernet frame to all nodes with an IPv6 packet whose payload is `fill`. */
function frameFrom(link: PacketLink, length: number, fill: number): Uint8Array {
  const frame = new Uint8Array(length).fill(fill);
  frame.set([0x33, 0x33, 0, 0, 0, 1]);
  frame.set(link.linkLayerAddress, 6);
  const view = new DataView(frame.buffer);
  view.setUint16(12, IPV6);
  view.setUint32(ETHERNET, 6 << 28);
  view.setUint16(ETHERNET + 4, length - ETHERNET - 40);
  view.setUint8(ETHERNET + 6, EXPERIMENT);
  return frame;
}

/** forward LINK JOURNAL TUN ADDRESS OTHER-LINK-LAYER-ADDRESS: everything between a TUN device and one neighbour. */
function forward(): void {
  const host = new HostConfiguration({ journal: argument(1) });
  const link = openPacketLink(argument(0), { host });
  const tun = openTun(argument(2), {
    mtu: link.mtu,
    addresses: [`${argument(3)}/128`],
    routes: [{ prefix: 'default' }],
  });
  const out = new Uint8Array(ETHERNET + link.mtu);
  out.set(octetsOf(argument(4)));
  out.set(link.linkLayerAddress, 6);
  out.set([IPV6 >> 8, IPV6 & 0xff], 12);
  let longest = 0;
  link.onFrame = (frame) => {
    longest = Math.max(longest, frame.length);
    tun.deliver(frame.subarray(ETHERNET));
  };
  tun.onPacket = (packet) => {
    out.set(packet, ETHERNET);
    link.send(out.subarray(0, ETHERNET + packet.length));
  };
  onStop(() => {
    const { user, system } = process.cpuUsage();
    tell({ link: link.counts(), tun: tun.counts, longest, microseconds: user + system });
    link.close();
    tun.close();
    host.close();
  });
  tell('ready');
}

/** exchange LINK JOURNAL COUNT: sends frames, hears frames, and tells of both. */
function exchange(): void {
  const host = new HostConfiguration({ journal: argument(1) });
  const link = openPacketLink(argument(0), { host });
  const count = Number(argument(2));
  const own: number[] = [];
  let others = 0;
  let perTurn = 0;
  let mostPerTurn = 0;
  const turn = (): void => {
    mostPerTurn = Math.max(mostPerTurn, perTurn);
    perTurn = 0;
    if (link.isUp) setImmediate(turn);
  };
  link.onFrame = (frame) => {
    perTurn++;
    // The kernel of the other side may say something of its own.
    if (frame[ETHERNET + 6] !== EXPERIMENT) others++;
    else own.push(frame.length, frame[60] ?? 0);
  };
  const send = (): void => {
    for (let i = 0; i < count; i++) link.send(frameFrom(link, 100 + (i % 1000), i & 0xff));
    tell('sent');
  };
  process.on('SIGUSR1', send);
  onStop(() => {
    tell({ frames: own, others, mostPerTurn, counts: link.counts() });
    link.close();
    host.close();
  });
  const whenUp = (isUp: boolean): void => {
    if (!isUp) return;
    link.onStateChange = undefined;
    turn();
    tell('ready');
  };
  link.onStateChange = whenUp;
  whenUp(link.isUp);
}

/** listen LINK: hears frames beside the kernel, changes nothing, and tells who sent IPv6. */
function listen(): void {
  const link = openPacketLink(argument(0), { isPromiscuous: true });
  const senders = new Map<string, number>();
  link.onFrame = (frame) => {
    const sender = Buffer.from(frame.subarray(6, 12)).toString('hex');
    senders.set(sender, (senders.get(sender) ?? 0) + 1);
  };
  onStop(() => {
    tell(Object.fromEntries(senders));
    link.close();
  });
  tell('ready');
}

/** advertise LINK: what a router says (RFC 4861 section 4.2), beside the kernel. */
function advertise(): void {
  const link = openPacketLink(argument(0));
  const router = 'fe80000000000000000000000000000f';
  const everybody = 'ff020000000000000000000000000001';
  // Hop limit 64, 1800 s; prefix 2001:db8:5::/64, on-link and autonomous, for 3600 and 1800 s.
  const message =
    '86000000400007080000000000000000' +
    '030440c000000e100000070800000000' +
    '20010db8000500000000000000000000';
  const length = message.length / 2;
  const words = `${router}${everybody}0000${length.toString(16).padStart(4, '0')}003a${message}`;
  let sum = (words.match(/.{4}/g) ?? []).reduce((total, word) => total + parseInt(word, 16), 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  const frame = frameFrom(link, ETHERNET + 40 + length, 0);
  frame.set([58, 255], ETHERNET + 6);
  frame.set(octetsOf(`${router}${everybody}${message}`), ETHERNET + 8);
  new DataView(frame.buffer).setUint16(ETHERNET + 42, ~sum & 0xffff);
  link.send(frame);
  link.close();
  tell('ready');
}

/** watch LINK JOURNAL: tells what becomes of the link. */
function watch(): void {
  const host = new HostConfiguration({ journal: argument(1) });
  const link = openPacketLink(argument(0), { host });
  let heard = 0;
  link.onFrame = (frame) => {
    if (frame[ETHERNET + 6] === EXPERIMENT && heard++ === 0) tell('heard');
  };
  link.onStateChange = (isUp) => {
    tell(isUp ? `up ${link.mtu}` : 'down');
    heard = 0;
  };
  onStop(() => {
    link.close();
    host.close();
  });
  tell(link.isUp ? 'ready' : 'ready, down');
}

/** hold JOURNAL LINK OTHER-LINK [exit]: changes all that can be changed; waits, or ends at once without closing. */
function hold(): void {
  const host = new HostConfiguration({ journal: argument(0) });
  for (const sentence of host.recovered) tell(sentence);
  const link = argument(1);
  const other = argument(2);
  host.takeLink(link);
  host.setMtu(other, 1400);
  host.setUp(other);
  host.addAddress(other, '2001:db8:ffff::1/64');
  host.addRoute(other, { prefix: '2001:db8:fffe::/48', metric: 77 });
  host.setForwarding(true);
  host.setSetting(`net/ipv6/conf/${other}/accept_ra`, '0');
  onStop(() => {
    for (const problem of host.close()) tell(problem);
  });
  tell('ready');
  if (args[3] === 'exit') process.exit(0);
  const timer = setInterval(() => undefined, 1000);
  process.once('SIGTERM', () => {
    clearInterval(timer);
  });
}

const modes: Readonly<Record<string, () => void>> = {
  forward,
  exchange,
  listen,
  advertise,
  watch,
  hold,
};

try {
  modes[mode]?.();
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  tell({ code: error.code, message: error.message, hint: error.hint, isUsage: error.isUsage });
  // What is open already ends with the process, and what was changed is put back.
  process.exit(error.isUsage ? 2 : 4);
}
