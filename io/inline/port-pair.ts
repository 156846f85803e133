/**
 * Two interfaces between which this process is the only way: what comes in at one port leaves by the other, unless the judge
 * drops it.
 *
 * Frames pass as the kernel has them: tags of VLANs, segments that are not cut yet, checksums that are left to the hardware.
 * When the process is gone nothing passes, whatever the mode: a pair of ports can only fail closed. Open mode is for a judge
 * that throws or is late.
 *
 * Whoever opens a pair sees to it that the kernel keeps out of it: no addresses on the ports, `disable_ipv6` on both, ports of
 * no bridge, and large receive offload (LRO) off, which changes packets.
 */
import type {
  CaptureInput,
  CaptureInterface,
  PacketRecord,
  VerdictCounts,
  VerdictSource,
} from '../../engine/ports.ts';
import { HostError } from '../native/host-error.ts';
import { errorName } from '../native/kernel.ts';
import type { Kernel } from '../native/kernel.ts';
import { openKernel } from '../native/koffi-kernel.ts';
import { EAGAIN, EINTR, EINVAL, ENETDOWN } from '../native/linux.ts';
import { Deadline, Judging } from './judging.ts';
import type { FailMode } from './judging.ts';
import { Port } from './port-pair-port.ts';

/** A turn of the event loop takes no further frames of a port after so many milliseconds. */
const TURN = 4;
const LINKTYPE_ETHERNET = 1;

/** How a pair is opened. */
export interface PortPairOptions {
  /** Names of two Ethernet interfaces; `interfaceIndex` of records is 0 for the outside, 1 for the inside. */
  readonly ports: readonly [outside: string, inside: string];
  /** What becomes of packets whose judge throws, and of those that are late. */
  readonly failMode: FailMode;
  /**
   * Whether a frame of IPv6 goes to the judge; all of them without it. What does not passes at once. Called for every frame of
   * IPv6, with the offsets of its IPv6 header and of its end, which may be less than 40 octets apart.
   */
  readonly needsJudging?: (bytes: Uint8Array, packet: number, end: number) => boolean;
  /** As of a queue: milliseconds after which packets pass unjudged, in open mode. */
  readonly deadline?: number | undefined;
  /** Calls of the kernel; those by the package koffi otherwise. */
  readonly kernel?: Kernel;
}

/** Numbers of frames since the pair was opened that the judge had nothing to do with. */
export interface PortPairCounts {
  /** Passed at once: not IPv6, or `needsJudging` said no. */
  readonly unconcerned: number;
  /** May have passed, but the other port did not take them: down, queue full, too long for its link. */
  readonly notSent: number;
}

/** A pair of ports of this machine. */
export interface PortPair extends VerdictSource {
  /** Whether both ports take frames. */
  readonly isUp: boolean;
  /** Set by whoever wants to know: a port went down (`onFault` is told as well) or came up. */
  onStateChange: ((isUp: boolean, sentence: string) => void) | undefined;
  pairCounts(): PortPairCounts;
}

/**
 * Opens a pair. It needs CAP_NET_RAW and CAP_NET_ADMIN. Set `onPacket` before control goes back to the event loop.
 *
 * Of `counts`, `droppedUnjudged` holds all frames that the kernel lost because nobody read them in time, whoever they were for;
 * `waiting` is 0, for the kernel does not tell.
 * @throws HostError
 */
export function openPortPair(options: PortPairOptions): PortPair {
  const [outside, inside] = options.ports;
  if (outside === inside) {
    throw new HostError('ERR_HOST_OPTION', `ports: '${outside}' twice; expected two interfaces`);
  }
  return new KernelPair(options, options.kernel ?? openKernel());
}

class KernelPair implements PortPair {
  readonly name: string;
  readonly inputs: readonly CaptureInput[];
  readonly interfaces: readonly CaptureInterface[];
  onStateChange: ((isUp: boolean, sentence: string) => void) | undefined;
  readonly #judging: Judging;
  readonly #needsJudging: ((bytes: Uint8Array, packet: number, end: number) => boolean) | undefined;
  readonly #outside: Port;
  readonly #inside: Port;
  #unconcerned = 0;

  constructor(options: PortPairOptions, kernel: Kernel) {
    const [outside, inside] = options.ports;
    this.name = `ports ${outside} and ${inside}`;
    const judging = new Judging(this.name, options.failMode);
    this.#judging = judging;
    this.#needsJudging = options.needsJudging;
    this.inputs = [judging.input];
    this.interfaces = options.ports.map((name) => ({
      inputIndex: 0,
      name,
      description: undefined,
      linkType: LINKTYPE_ETHERNET,
      snapLength: 0,
    }));
    const hooks = {
      onReadable: (port: Port): void => {
        this.#read(port);
      },
      onState: (port: Port, sentence: string): void => {
        if (!port.isUp) judging.onFault?.(sentence);
        this.onStateChange?.(this.isUp, sentence);
      },
    };
    const open = (name: string): Port =>
      new Port(kernel, name, new Deadline(judging, options.deadline), hooks);
    this.#outside = open(outside);
    try {
      this.#inside = open(inside);
    } catch (error) {
      this.#outside.close();
      throw error;
    }
  }

  get onPacket(): ((record: PacketRecord) => boolean) | undefined {
    return this.#judging.onPacket;
  }

  set onPacket(judge: ((record: PacketRecord) => boolean) | undefined) {
    this.#judging.onPacket = judge;
  }

  get onFault(): ((sentence: string) => void) | undefined {
    return this.#judging.onFault;
  }

  set onFault(tell: ((sentence: string) => void) | undefined) {
    this.#judging.onFault = tell;
  }

  get isUp(): boolean {
    return this.#outside.isUp && this.#inside.isUp;
  }

  counts(): VerdictCounts {
    const { counts } = this.#judging;
    const lost = this.#outside.lost + this.#inside.lost;
    return { ...counts, droppedUnjudged: counts.droppedUnjudged + lost };
  }

  pairCounts(): PortPairCounts {
    return {
      unconcerned: this.#unconcerned,
      notSent: this.#outside.notSent + this.#inside.notSent,
    };
  }

  close(): void {
    if (this.#judging.isClosed) return;
    this.#judging.isClosed = true;
    this.#outside.close();
    this.#inside.close();
  }

  #read(port: Port): void {
    const isOutside = port === this.#outside;
    const other = isOutside ? this.#inside : this.#outside;
    const judging = this.#judging;
    const begin = performance.now();
    for (let now = begin; now - begin < TURN; now = performance.now()) {
      const count = port.receive();
      if (count === EINTR) continue;
      if (count === EINVAL) {
        // A frame that the kernel cannot describe; it has thrown it away.
        judging.counts.droppedUnjudged++;
        continue;
      }
      if (count < 0) {
        if (count === EAGAIN) port.deadline.empty(now);
        // That the interface went down is told by the monitor.
        else if (count !== ENETDOWN) {
          judging.fault(`port ${port.name} cannot be read: ${errorName(count)}`);
        }
        return;
      }
      port.deadline.read();
      judging.record.bytes = port.batch.bytes;
      judging.record.interfaceIndex = isOutside ? 0 : 1;
      for (let i = 0; i < count; i++) {
        if (this.#mayPass(port, i)) {
          const { start, end } = port.frame;
          other.leaving.add(port.batch.slots, start, end - start);
        }
        if (judging.isClosed) {
          // Neither port is there any more for what is in hand.
          judging.counts.droppedUnjudged += count - i;
          other.leaving.clear();
          return;
        }
      }
      other.send();
      if (count < port.batch.count) {
        port.deadline.empty(now);
        return;
      }
    }
  }

  /** @param index of the frame in the port's batch */
  #mayPass(port: Port, index: number): boolean {
    const { batch, frame } = port;
    const judging = this.#judging;
    const isFrame =
      !batch.isCut(index) &&
      frame.read(
        batch.offset(index),
        batch.length(index),
        batch.controlOffset(index),
        batch.controlLength(index),
      );
    if (!isFrame) {
      // What is not there as a whole cannot go on.
      judging.counts.droppedUnjudged++;
      return false;
    }
    const { packet, end } = frame;
    if (packet === 0 || this.#needsJudging?.(batch.bytes, packet, end) === false) {
      this.#unconcerned++;
      return true;
    }
    judging.input.packets++;
    if (port.deadline.isOver(frame.arrival)) return judging.unjudged(1);
    const { record } = judging;
    record.offset = frame.frame;
    record.end = end;
    record.originalLength = end - frame.frame;
    frame.finish();
    const mayPass = judging.judge(frame.arrival === 0 ? port.deadline.now : frame.arrival);
    frame.reopen();
    return mayPass;
  }
}
