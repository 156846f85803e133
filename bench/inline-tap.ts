/**
 * Times of frames at the two ports of a gateway, as the kernel notes them: how long each was in between.
 *
 * Of `SAMPLE` frames one is noted, and they are read when all is over: whoever reads meanwhile takes time from the sender, which
 * then sends in bursts to be on time again, and what is measured is how they wait for each other.
 */
import { u16, u32, u32le } from '../dissectors/core/bytes.ts';
import { LinkMonitor, ethernetLink } from '../io/inline/link-monitor.ts';
import type { Kernel } from '../io/native/kernel.ts';
import {
  AF_PACKET,
  ETH_P_ALL,
  ETH_P_IPV6,
  SOCK_RAW,
  SOL_SOCKET,
  SO_ATTACH_FILTER,
  SO_RCVBUFFORCE,
  SO_TIMESTAMPNS,
} from '../io/native/linux.ts';
import { MessageBatch } from '../io/native/message-batch.ts';

/** Flow labels that are told apart. */
export const LABELS = 2 ** 18;
/** A power of 2. */
const SAMPLE = 8;
const SNAP = 64;
/** For 32,768 frames at least, at what the kernel counts for one. */
const ROOM = 2 ** 28;
const PACKET_OUTGOING = 4;

/** Times by flow label, microseconds within a day; -1 = none. */
class Tap {
  readonly times = new Float64Array(LABELS).fill(-1);
  readonly #kernel: Kernel;
  readonly #descriptor: number;
  readonly #batch: MessageBatch;

  constructor(kernel: Kernel, name: string, isOutgoing: boolean) {
    this.#kernel = kernel;
    const monitor = new LinkMonitor(kernel);
    const { index } = ethernetLink(monitor, name);
    monitor.close();
    this.#batch = new MessageBatch(kernel, 64, 128, { control: 64 });
    this.#descriptor = kernel.socket(AF_PACKET, SOCK_RAW, 0);
    const value = kernel.allocate(4);
    for (const [option, number] of [
      [SO_TIMESTAMPNS, 1],
      [SO_RCVBUFFORCE, ROOM],
    ] as const) {
      value.view.setUint32(0, number, true);
      kernel.setOption(this.#descriptor, SOL_SOCKET, option, value, 4);
    }
    const filter = directionFilter(kernel, isOutgoing);
    kernel.setOption(this.#descriptor, SOL_SOCKET, SO_ATTACH_FILTER, filter, 16);
    const address = kernel.allocate(20);
    address.view.setUint16(0, AF_PACKET, true);
    address.view.setUint16(2, ETH_P_ALL);
    address.view.setInt32(4, index, true);
    if (kernel.bind(this.#descriptor, address, 20) < 0) throw new Error(`cannot listen on ${name}`);
  }

  /** Takes what has come. */
  read(): void {
    const batch = this.#batch;
    for (;;) {
      const count = batch.receive(this.#descriptor);
      const { control } = batch;
      const octets = new Uint8Array(control.buffer, control.byteOffset, control.byteLength);
      for (let i = 0; i < count; i++) {
        const at = batch.offset(i);
        if (batch.length(i) < SNAP || u16(batch.bytes, at + 12) !== ETH_P_IPV6) continue;
        const beside = batch.controlOffset(i) + 16;
        const seconds = u32le(octets, beside) % 86_400;
        const microseconds = u32le(octets, beside + 8) / 1000;
        this.times[u32(batch.bytes, at + 14) & (LABELS - 1)] = seconds * 1e6 + microseconds;
      }
      if (count < batch.count) return;
    }
  }

  close(): void {
    this.#kernel.close(this.#descriptor);
  }
}

/** Of frames that leave, or of others, a sample by their flow labels; the first octets of them. */
function directionFilter(kernel: Kernel, isOutgoing: boolean): ReturnType<Kernel['allocate']> {
  const program = [
    // Kind of frame: BPF_LD | BPF_W | BPF_ABS at SKF_AD_OFF + SKF_AD_PKTTYPE; then a jump, and what is taken.
    [0x20, 0, 0, 0xffff_f004],
    [0x15, isOutgoing ? 0 : 3, isOutgoing ? 3 : 0, PACKET_OUTGOING],
    // Version, traffic class and flow label; BPF_JMP | BPF_JSET.
    [0x20, 0, 0, 14],
    [0x45, 1, 0, SAMPLE - 1],
    [0x06, 0, 0, SNAP],
    [0x06, 0, 0, 0],
  ] as const;
  const memory = kernel.allocate(16 + program.length * 8);
  memory.view.setUint16(0, program.length, true);
  memory.view.setBigUint64(8, BigInt(memory.address + 16), true);
  program.forEach(([code, whenTrue, whenFalse, value], i) => {
    const at = 16 + i * 8;
    memory.view.setUint16(at, code, true);
    memory.view.setUint8(at + 2, whenTrue);
    memory.view.setUint8(at + 3, whenFalse);
    memory.view.setUint32(at + 4, value, true);
  });
  return memory;
}

/** What there is to say of a run. Microseconds. */
export interface Latency {
  /** Those of the sample that came and left. */
  readonly packets: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly most: number;
}

/** Listens at both ports. At most 262 144 frames a run, each with a flow label of its own. */
export class Taps {
  readonly #in: Tap;
  readonly #out: Tap;

  constructor(kernel: Kernel) {
    this.#in = new Tap(kernel, 'in', false);
    this.#out = new Tap(kernel, 'out', true);
  }

  /** Ends listening. */
  close(): Latency {
    this.#in.read();
    this.#out.read();
    const waits = new Float64Array(LABELS);
    let packets = 0;
    for (let label = 0; label < LABELS; label++) {
      const came = this.#in.times[label] ?? -1;
      const left = this.#out.times[label] ?? -1;
      if (came >= 0 && left >= 0) waits[packets++] = left - came;
    }
    this.#in.close();
    this.#out.close();
    const sorted = waits.subarray(0, packets).sort();
    const at = (share: number): number =>
      sorted[Math.min(packets - 1, Math.floor(packets * share))] ?? Number.NaN;
    return { packets, p50: at(0.5), p90: at(0.9), p99: at(0.99), most: at(1) };
  }
}
