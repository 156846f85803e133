/**
 * Sends packets into a gateway: mixed traffic in which nothing is wrong, each with a flow label of its own.
 */
import { putU16, putU32, u16, u32, u8 } from '../dissectors/core/bytes.ts';
import { LinkMonitor, ethernetLink } from '../io/inline/link-monitor.ts';
import { VIRTIO_HEADER } from '../io/inline/offload.ts';
import { openPacketSocket } from '../io/inline/packet-socket.ts';
import { runInRealTime } from '../io/inline/real-time.ts';
import { openKernel } from '../io/native/koffi-kernel.ts';
import type { NativeMemory } from '../io/native/kernel.ts';
import { MSG_DONTWAIT } from '../io/native/linux.ts';
import { SendBatch } from '../io/native/message-batch.ts';
import { GATEWAY_LINK } from './inline-network.ts';
import { LABELS } from './inline-tap.ts';
import { MixedTraffic } from './mixed-traffic.ts';

const ETHERNET = 14;
/** Offsets in the frame. */
const LABEL = ETHERNET;
const NEXT_HEADER = ETHERNET + 6;
const SOURCE = ETHERNET + 8;
const MOBILITY = 135;
const MOBILITY_CHECKSUM = ETHERNET + 40 + 4;
/** Upper layers of traffic that has nothing to do with mobility. */
const BULK = [6, 17, 58];
/** Frames that are sent again and again: of bulk, and of the rest, which is a replay to a judge when it comes again. */
const BULK_FRAMES = 16_384;
const MOST_FRAMES = 400_000;
const MAX_BURST = 64;
/** Milliseconds that waking up takes. */
const WAKING = 0.01;

/** What is sent. */
export interface Sending {
  /** `mobile`: signalling, route-optimised data, tunnels, ESP; `bulk`: the rest; `init`: Care-of Test Init messages. */
  readonly kind: 'mobile' | 'bulk' | 'init';
  readonly packets: number;
  /** Packets a second; 0 = as fast as it goes. */
  readonly rate: number;
  /** Packets with one call. */
  readonly burst: number;
  /** Of `mobile`, how many were sent before: what comes again is a replay to a judge. */
  readonly first: number;
  /** Source addresses of `init`. */
  readonly distinct: number;
  /** Of 100 packets of the mix that `mobile` is taken from so many are signalling. */
  readonly signalling: number;
}

interface Frames {
  readonly memory: NativeMemory;
  /** Offset of each, its virtio header among it, and behind the last. */
  readonly offsets: readonly number[];
}

function framesOf(
  { kind, packets, first, signalling }: Sending,
  allocate: (octets: number) => NativeMemory,
): Frames {
  const wanted = { init: 1, bulk: BULK_FRAMES, mobile: Math.min(packets, MOST_FRAMES) }[kind];
  const traffic = new MixedTraffic({ signalling });
  const frames: Uint8Array[] = [];
  let skipped = 0;
  while (frames.length < wanted) {
    const frame = traffic.next();
    const next = u8(frame, NEXT_HEADER);
    const isInit = next === MOBILITY && u8(frame, ETHERNET + 42) === 2;
    if (kind === 'init' ? isInit : BULK.includes(next) === (kind === 'bulk')) {
      if (skipped < first) skipped++;
      else frames.push(frame.slice());
    }
  }
  // What is changed while it waits to be sent is in several places.
  while (frames.length < MAX_BURST) frames.push(frames[0] ?? new Uint8Array());
  const offsets = [0];
  for (const frame of frames) {
    offsets.push((offsets.at(-1) ?? 0) + VIRTIO_HEADER + frame.length);
  }
  const memory = allocate(offsets.at(-1) ?? 1);
  frames.forEach((frame, i) => {
    frame.set(GATEWAY_LINK);
    memory.bytes.set(frame, (offsets[i] ?? 0) + VIRTIO_HEADER);
  });
  return { memory, offsets };
}

/** Gives a message another source; the checksum is changed with it (RFC 1624). */
function changeSource(bytes: Uint8Array, frame: number, number: number): void {
  const at = frame + SOURCE + 12;
  const before = u32(bytes, at);
  let sum = ~u16(bytes, frame + MOBILITY_CHECKSUM) & 0xffff;
  for (const word of [before >>> 16, before & 0xffff]) sum += ~word & 0xffff;
  for (const word of [number >>> 16, number & 0xffff]) sum += word;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  putU32(bytes, at, number);
  putU16(bytes, frame + MOBILITY_CHECKSUM, ~sum & 0xffff);
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Waits, and leaves the core to others meanwhile: threads of the judge compile its code there. */
function waitUntil(due: number): void {
  const left = due - performance.now();
  if (left > WAKING) Atomics.wait(nobody, 0, 0, left - WAKING);
  while (performance.now() < due);
}

/** Sends, and says how long it took. @param onReady resolves when it is to begin */
export async function send(
  sending: Sending,
  onReady: () => Promise<void>,
): Promise<{ readonly sent: number; readonly seconds: number }> {
  const { kind, packets, rate, burst, distinct } = sending;
  const kernel = openKernel();
  const monitor = new LinkMonitor(kernel);
  const { index } = ethernetLink(monitor, 'far');
  monitor.close();
  const descriptor = openPacketSocket(kernel, 'far', index, false);
  const { memory, offsets } = framesOf(sending, (octets) => kernel.allocate(octets));
  const { bytes } = memory;
  const count = offsets.length - 1;
  const batch = new SendBatch(kernel, MAX_BURST);
  await onReady();
  // Whoever has the core when a packet is due makes it send in bursts, which wait for each other. The gateway has another core.
  if (rate > 0) runInRealTime(kernel, 1, 2);
  const start = performance.now();
  for (let sent = 0; sent < packets;) {
    const due = rate === 0 ? 0 : start + (sent * 1000) / rate;
    waitUntil(due);
    batch.clear();
    for (; batch.count < burst && sent < packets; sent++) {
      const from = offsets[sent % count] ?? 0;
      const frame = from + VIRTIO_HEADER;
      putU32(bytes, frame + LABEL, 0x6000_0000 | (sent & (LABELS - 1)));
      if (kind === 'init') changeSource(bytes, frame, sent % distinct);
      batch.add(memory, from, (offsets[(sent % count) + 1] ?? 0) - from);
    }
    for (let done = 0; done < batch.count;) {
      const result = batch.send(descriptor, done, MSG_DONTWAIT);
      // No room for now, or none on the way: it is sent again.
      if (result > 0) done += result;
    }
  }
  const seconds = (performance.now() - start) / 1000;
  kernel.close(descriptor);
  return { sent: packets, seconds };
}
