/**
 * Programs in the path of packets and at its ends, for `path.sh`: path-program.js MODE ARGUMENTS
 *
 * Each writes `ready` when it stands, then lines of JSON, and ends with SIGTERM.
 */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { putU32, u16, u32, u8 } from '../../../dissectors/core/bytes.ts';
import type { PacketRecord, VerdictSource } from '../../../engine/ports.ts';
import { HostError, openPortPair, openPacketQueue } from '../../../io/inline/index.ts';
import { LinkMonitor } from '../../../io/inline/link-monitor.ts';
import { VIRTIO_HEADER } from '../../../io/inline/offload.ts';
import { openPacketSocket } from '../../../io/inline/packet-socket.ts';
import { openKernel } from '../../../io/native/koffi-kernel.ts';
import { MSG_DONTWAIT } from '../../../io/native/linux.ts';
import { MessageBatch, SendBatch } from '../../../io/native/message-batch.ts';

const IPV6 = 40;
/** Next header that nobody knows (RFC 3692), so that no kernel answers. */
const EXPERIMENT = 253;
const BURST = 32;

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

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(':', ''), 'hex'));
}

/** How packets are judged, by name. `offset` is where the IPv6 header is. */
const judges: Readonly<Record<string, (record: PacketRecord, offset: number) => boolean>> = {
  pass: () => true,
  drop: () => false,
  /** Those with an odd number. */
  odd: ({ bytes }, offset) => (u8(bytes, offset + IPV6 + 3) & 1) === 0,
  /** Runs of 1 to 32 of a kind. */
  runs: ({ bytes }, offset) => {
    const number = u32(bytes, offset + IPV6);
    return (Math.floor(number / (1 + ((number >>> 8) & 31))) & 1) === 0;
  },
  /** Closes the source while it has the hundredth packet. */
  leave: () => true,
  fail: ({ bytes }, offset) => {
    if (u8(bytes, offset + IPV6 + 3) % 4 === 1) throw new Error('out of order');
    return true;
  },
};

/** Runs a source of packets until SIGTERM; SIGUSR1 tells its counts. */
function judge(source: VerdictSource, kind: string, account?: () => void): void {
  const verdict = judges[kind];
  let experiments = 0;
  let badSums = 0;
  let longest = 0;
  let left = 100;
  let last = 0;
  let backwards = 0;
  const from = new Set<string>();
  const tags = new Set<number>();
  source.onPacket = (record) => {
    const { bytes, offset, end } = record;
    const time = record.seconds * 1e6 + record.nanoseconds / 1e3;
    if (time < last) backwards++;
    last = time;
    longest = Math.max(longest, end - offset);
    from.add(source.interfaces[record.interfaceIndex]?.name ?? '');
    const start = packetIn(bytes, offset);
    if (u16(bytes, offset + 12) === 0x8100) tags.add(u16(bytes, offset + 14));
    const next = u8(bytes, start + 6);
    if (next === 6 && !isTcpSumRight(bytes, start, end)) badSums++;
    if (next !== EXPERIMENT) return true;
    experiments++;
    if (kind === 'leave' && left-- === 0) leave();
    return verdict?.(record, start) ?? true;
  };
  source.onFault = (sentence) => {
    tell({ fault: sentence });
  };
  const report = (): void => {
    account?.();
    const now = Date.now() * 1000;
    tell({
      counts: source.counts(),
      experiments,
      badSums,
      longest,
      backwards,
      age: last === 0 ? 0 : Math.round((now - last) / 1e6),
      from: [...from].sort(),
      tags: [...tags],
    });
  };
  const leave = (): void => {
    report();
    source.close();
    tell({ closed: source.counts() });
  };
  process.on('SIGUSR1', report);
  process.once('SIGTERM', leave);
  tell('ready');
}

/** Offset of the IPv6 header behind Ethernet and tags of VLANs. */
function packetIn(bytes: Uint8Array, offset: number): number {
  let at = offset + 12;
  while (u16(bytes, at) === 0x8100) at += 4;
  return at + 2;
}

function isTcpSumRight(bytes: Uint8Array, start: number, end: number): boolean {
  let sum = 6 + (end - start - IPV6);
  for (let at = start + 8; at < end; at += 2) {
    sum += at + 1 < end ? u16(bytes, at) : u8(bytes, at) << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}

/** queue NUMBER FAIL-MODE JUDGE [LENGTH [DEADLINE]] */
function queue(): void {
  const opened = openPacketQueue({
    number: Number(argument(0)),
    failMode: argument(1) === 'open' ? 'open' : 'closed',
    length: Number(args[3] ?? 65_535),
    deadline: args[4] === undefined ? undefined : Number(args[4]),
  });
  judge(opened, argument(2), () => {
    opened.account(hits());
    tell({ queued: opened.queued(), hits: hits() });
  });
}

/** Packets that the rules have sent to a queue. */
function hits(): number {
  const { stdout } = spawnSync('ip6tables', ['-xvnL', 'FORWARD'], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line.includes('NFQUEUE'))
    .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
}

/** pair OUTSIDE INSIDE JUDGE [DEADLINE] */
function pair(): void {
  const opened = openPortPair({
    ports: [argument(0), argument(1)],
    failMode: 'open',
    deadline: args[3] === undefined ? undefined : Number(args[3]),
  });
  opened.onStateChange = (isUp, sentence) => {
    tell({ up: isUp, sentence });
  };
  judge(opened, argument(2), () => {
    tell({ pair: opened.pairCounts() });
  });
}

function indexOf(name: string): number {
  const monitor = new LinkMonitor(openKernel());
  const [link] = monitor.ask(name);
  monitor.close();
  if (link === undefined) throw new Error(`there is no ${name}`);
  return link.index;
}

/** send LINK OWN-ADDRESS RECEIVER FIRST COUNT [PAUSE [TAG]]: numbered packets, a pause of milliseconds after each burst. */
async function send(): Promise<void> {
  const kernel = openKernel();
  const [link, own, receiver, first, count] = [0, 1, 2, 3, 4].map(argument);
  const pause = Number(args[5] ?? 0);
  const tag = args[6] === undefined ? '' : `8100${Number(args[6]).toString(16).padStart(4, '0')}`;
  const descriptor = openPacketSocket(kernel, link ?? '', indexOf(link ?? ''), false);
  const head = octetsOf(
    `${receiver ?? ''}${own ?? ''}${tag}86dd600000000010${EXPERIMENT.toString(16)}40` +
      '20010db800010000000000000000000a20010db800020000000000000000000b',
  );
  const size = VIRTIO_HEADER + head.length + 16;
  const memory = kernel.allocate(BURST * size);
  const batch = new SendBatch(kernel, BURST);
  for (let i = 0; i < BURST; i++) memory.bytes.set(head, i * size + VIRTIO_HEADER);
  const end = Number(first) + Number(count);
  for (let number = Number(first); number < end;) {
    batch.clear();
    for (; !batch.isFull && number < end; number++) {
      const at = batch.count * size;
      putU32(memory.bytes, at + VIRTIO_HEADER + head.length, number);
      batch.add(memory, at, size);
    }
    for (let sent = 0; sent < batch.count;) {
      const result = batch.send(descriptor, sent, MSG_DONTWAIT);
      if (result > 0) sent += result;
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  tell('sent');
  kernel.close(descriptor);
}

/** hear LINK: the numbers of the packets that come. */
function hear(): void {
  const kernel = openKernel();
  const descriptor = openPacketSocket(kernel, argument(0), indexOf(argument(0)), true);
  const batch = new MessageBatch(kernel, 64, 2048);
  const seen = new Set<number>();
  let received = 0;
  let backwards = 0;
  let last = -1;
  let odd = 0;
  const watch = kernel.watch(descriptor, () => {
    for (let count = batch.receive(descriptor); count > 0; count = batch.receive(descriptor)) {
      for (let i = 0; i < count; i++) {
        const start = packetIn(batch.bytes, batch.offset(i) + VIRTIO_HEADER);
        if (u8(batch.bytes, start + 6) !== EXPERIMENT) continue;
        const number = u32(batch.bytes, start + IPV6);
        received++;
        if (number < last) backwards++;
        if ((number & 1) === 1) odd++;
        last = number;
        seen.add(number);
      }
    }
    return true;
  });
  const report = (): void => {
    tell({ received, different: seen.size, backwards, odd, last });
  };
  process.on('SIGUSR1', report);
  process.once('SIGTERM', () => {
    report();
    watch.close();
    kernel.close(descriptor);
  });
  tell('ready');
}

const modes: Readonly<Record<string, () => void | Promise<void>>> = { queue, pair, send, hear };

try {
  await modes[mode]?.();
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  tell({ code: error.code, message: error.message, hint: error.hint });
  process.exit(error.isUsage ? 2 : 4);
}
