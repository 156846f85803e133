/**
 * A queue of the kernel's packet filter (NFQUEUE): packets that its rules send there wait for a verdict.
 *
 * What has to be known of the kernel:
 * - A packet gets its identifier, one more than the packet before, when there is room in the queue. When its message finds no
 *   room in the socket then, the identifier is skipped.
 * - With `FAIL_OPEN` a packet that finds no room passes, and no counter of the kernel tells. Skipped identifiers tell of a
 *   full socket; of a full queue tells only what the rules counted less the identifiers (`account`).
 * - A verdict for a packet is one for all packets before it that have none (`NFQNL_MSG_VERDICT_BATCH`).
 * - When the socket is closed, what waits is dropped.
 * - Merged segments are cut and checksums finished before packets are handed over; the segments go on alone.
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
import type { Kernel, Watch } from '../native/kernel.ts';
import { openKernel } from '../native/koffi-kernel.ts';
import { EAGAIN, EINTR, ENOBUFS, ENOENT } from '../native/linux.ts';
import { MessageBatch } from '../native/message-batch.ts';
import { ReadWait } from '../native/read-wait.ts';
import { MessageCursor, MessageWriter, NLMSG_ERROR } from '../native/netlink.ts';
import { InterfaceNames } from './interface-names.ts';
import { Deadline, Judging } from './judging.ts';
import type { FailMode } from './judging.ts';
import {
  MAX_COPY_RANGE,
  QUEUE_PACKET,
  QueueMessage,
  messageSlot,
  writeFull,
} from './packet-queue-message.ts';
import { CONTROL_OCTETS, openQueueSocket, sendControl } from './packet-queue-socket.ts';
import { queueRow } from './packet-queue-table.ts';
import type { QueueRow } from './packet-queue-table.ts';
import { QueueVerdicts } from './packet-queue-verdicts.ts';

/** Packets read with one call. */
const BATCH = 32;
/** Milliseconds after which verdicts are sent while others of the batch are yet to come. */
const LONGEST_HOLD = 0.3;
/** A turn of the event loop takes no further packets after so many milliseconds. */
const TURN = 4;
/**
 * Milliseconds that a turn waits for the next packet. A turn of the event loop for each would take as long as judging it:
 * the kernel is called twice more, and so is Node.js.
 */
const LINGER = 1;
const DEFAULT_LENGTH = 65_535;
const LONGEST_LENGTH = 2 ** 24;
/** Milliseconds before verdicts that could not be sent are sent again. */
const RETRY = 1;
const ETHERNET = 14;
const ID_RANGE = 2 ** 32;

/** How a queue is opened. */
export interface PacketQueueOptions {
  /** 0..65535, as in the rules. */
  readonly number: number;
  readonly failMode: FailMode;
  /** Packets that may wait, 1..2**24; default 65535. */
  readonly length?: number;
  /** Octets of a packet that are handed over, 40..65531; default and most 65531. */
  readonly copyRange?: number;
  /**
   * Milliseconds, more than 0: packets that have waited longer pass unjudged. In closed mode it has no effect: they are judged
   * late.
   */
  readonly deadline?: number | undefined;
  /** Calls of the kernel; those by the package koffi otherwise. */
  readonly kernel?: Kernel;
  /** The kernel's row of a queue; that of /proc otherwise. */
  readonly table?: (number: number) => QueueRow | undefined;
}

/** A queue of this machine. */
export interface PacketQueue extends VerdictSource {
  /**
   * Packets that the kernel gave an identifier since the queue was opened: all that the rules sent here, less those that found
   * the queue full.
   */
  queued(): number;
  /**
   * Tells what the rules counted, so that `counts` knows the packets that passed a full queue in open mode. Read the counters
   * of the rules, then call this at once. It is exact when no packet is under way, and never too high while some are. Where
   * rules spread packets over several queues, `hits` are all less `queued()` of the others. A packet of merged segments is one
   * for the rules and several here: where those are queued, too few are found.
   * @param hits packets that the rules sent here since the queue was opened
   */
  account(hits: number): void;
}

/**
 * Opens a queue. It needs CAP_NET_ADMIN.
 *
 * What becomes of packets while no process holds the queue is the rules' matter (`--queue-bypass`, `bypass`); `failMode` is for
 * a process that holds it: a full queue, a judge that throws, a process that stands still. Set `onPacket` before control
 * goes back to the event loop. A turn of it takes packets for some milliseconds at most, then timers and signals have theirs.
 * @throws HostError the queue belongs to another process, privileges, options
 */
export function openPacketQueue(options: PacketQueueOptions): PacketQueue {
  checkRange('number of the queue', options.number, 0, 65_535);
  checkRange('length of the queue', options.length ?? DEFAULT_LENGTH, 1, LONGEST_LENGTH);
  checkRange('copy range', options.copyRange ?? MAX_COPY_RANGE, 40, MAX_COPY_RANGE);
  return new KernelQueue(options, options.kernel ?? openKernel());
}

function checkRange(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new HostError('ERR_HOST_OPTION', `${what}: ${value}; expected ${least} to ${most}`);
}

class KernelQueue implements PacketQueue {
  readonly name: string;
  readonly inputs: readonly CaptureInput[];
  readonly #number: number;
  readonly #kernel: Kernel;
  readonly #table: (number: number) => QueueRow | undefined;
  readonly #judging: Judging;
  readonly #deadline: Deadline;
  readonly #descriptor: number;
  readonly #names: InterfaceNames;
  readonly #wait: ReadWait;
  readonly #batch: MessageBatch;
  readonly #cursor: MessageCursor;
  readonly #message: QueueMessage;
  readonly #verdicts: QueueVerdicts;
  readonly #control: MessageWriter;
  #watch: Watch | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Identifier of the packet that was read last. */
  #lastId = 0;
  /** Messages before the next packet that could not be read: so many packets with identifiers before its own wait. */
  #unknown = 0;
  /** Identifiers given out, as far as was seen, and the 32 bits of them that the kernel told last. */
  #queued = 0;
  #queuedId = 0;
  /** Packets that passed a full queue, by `account`. */
  #overflowed = 0;
  /** Counters of the kernel, as far as was seen. */
  #kernelDropped = 0;
  #droppedBefore = 0;
  #notTakenBefore = 0;
  #hasToldMessage = false;

  constructor(options: PacketQueueOptions, kernel: Kernel) {
    const { number, failMode, length = DEFAULT_LENGTH, copyRange = MAX_COPY_RANGE } = options;
    this.name = `queue ${number}`;
    this.#judging = new Judging(this.name, failMode);
    this.#deadline = new Deadline(this.#judging, options.deadline);
    this.inputs = [this.#judging.input];
    this.#number = number;
    this.#kernel = kernel;
    this.#table = options.table ?? queueRow;
    this.#batch = new MessageBatch(kernel, BATCH, messageSlot(copyRange));
    const { bytes } = this.#batch;
    this.#judging.record.bytes = bytes;
    this.#cursor = new MessageCursor(
      new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
    this.#message = new QueueMessage(bytes);
    this.#control = new MessageWriter(kernel.allocate(CONTROL_OCTETS));
    this.#names = new InterfaceNames(kernel, copyRange);
    const settings = { number, length, copyRange, failOpen: this.#judging.failOpen };
    try {
      this.#descriptor = openQueueSocket(kernel, settings, this.#control, this.#table);
    } catch (error) {
      this.#names.close();
      throw error;
    }
    this.#wait = new ReadWait(kernel, this.#descriptor);
    // One run for each packet and the one that grows, and one for packets whose messages could not be read.
    this.#verdicts = new QueueVerdicts(kernel, this.#descriptor, number, 2 * BATCH + 2);
    this.#watch = kernel.watch(this.#descriptor, () => {
      this.#read();
      return true;
    });
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

  get interfaces(): readonly CaptureInterface[] {
    return this.#names.interfaces;
  }

  queued(): number {
    this.#look();
    return this.#queued;
  }

  account(hits: number): void {
    if (!this.#judging.failOpen || this.#judging.isClosed) return;
    // The identifiers are read after the rules: what is counted here is not yet queued, or never will be.
    this.#overflowed = Math.max(this.#overflowed, hits - this.queued());
  }

  counts(): VerdictCounts {
    this.#look();
    const { counts } = this.#judging;
    return {
      ...counts,
      passedUnjudged: counts.passedUnjudged + this.#overflowed,
      droppedUnjudged: counts.droppedUnjudged + this.#kernelDropped,
    };
  }

  close(): void {
    const judging = this.#judging;
    if (judging.isClosed) return;
    // What has its verdict gets it; how the rest is treated is known once nothing is added to it.
    this.#verdicts.send();
    this.#control.clear();
    writeFull(this.#control, 1, this.#number);
    sendControl(this.#kernel, this.#descriptor, this.#control);
    const row = this.#look();
    const left = row?.waiting ?? 0;
    if (judging.failOpen && row !== undefined && left > 0) {
      this.#verdicts.add(row.lastId, true);
      this.#verdicts.send();
    }
    judging.unjudged(left);
    judging.counts.waiting = 0;
    judging.isClosed = true;
    clearTimeout(this.#retry);
    this.#watch?.close();
    this.#names.close();
    this.#kernel.close(this.#descriptor);
  }

  #read(): void {
    if (!this.#verdicts.isEmpty && !this.#send()) return;
    const begin = performance.now();
    const batch = this.#batch;
    for (let now = begin; now - begin < TURN; now = performance.now()) {
      const count = batch.receive(this.#descriptor);
      if (count === EINTR || count === ENOBUFS) continue;
      if (count < 0) {
        if (count === EAGAIN) this.#deadline.empty(now);
        else this.#judging.fault(`${this.name} cannot be read: ${errorName(count)}`);
        return;
      }
      this.#deadline.read();
      let sentAt = now;
      for (let i = 0; i < count; i++) {
        this.#datagram(i);
        // A slow judge keeps nobody waiting for the packets behind.
        if ((i & 7) !== 7 || performance.now() - sentAt < LONGEST_HOLD) continue;
        this.#send();
        sentAt = performance.now();
      }
      if (this.#judging.isClosed || !this.#send()) return;
      if (count < batch.count) {
        this.#deadline.empty(now);
        if (!this.#wait.isReadable(LINGER)) return;
      }
    }
  }

  #datagram(index: number): void {
    const batch = this.#batch;
    const cursor = this.#cursor;
    const offset = batch.offset(index);
    cursor.begin(offset, offset + batch.length(index));
    while (!this.#judging.isClosed && cursor.next()) {
      // The kernel puts one packet into a datagram.
      if (this.#verdicts.isFull && !this.#send()) return;
      if (cursor.type === QUEUE_PACKET) this.#packet(batch.isCut(index));
      else if (cursor.type === NLMSG_ERROR) this.#refused(cursor.error() ?? 0);
    }
  }

  #packet(isCut: boolean): void {
    const message = this.#message;
    const judging = this.#judging;
    judging.input.packets++;
    if (isCut || !message.read(this.#cursor, this.#number)) {
      this.#unreadable();
      return;
    }
    const { id } = message;
    // Identifiers wrap round; one that is not behind the last is none that the kernel gives.
    const step = (id - this.#lastId) >>> 0;
    if (step === 0 || step > ID_RANGE / 2) return;
    const skipped = step - 1 - this.#unknown;
    // In closed mode the kernel counts them.
    if (skipped > 0 && judging.failOpen) judging.unjudged(skipped);
    this.#lastId = id;
    if (this.#unknown > 0) {
      this.#unknown = 0;
      this.#verdicts.add((id - 1) >>> 0, judging.failOpen);
    }
    if (this.#deadline.isOver(message.arrival)) {
      judging.unjudged(1);
      this.#verdicts.add(id, true);
      return;
    }
    const { record } = judging;
    record.offset = message.start;
    record.end = message.end;
    record.originalLength = message.originalLength + ETHERNET;
    record.interfaceIndex = this.#names.place(message.interfaceIndex);
    const mayPass = judging.judge(message.arrival === 0 ? this.#deadline.now : message.arrival);
    // Closing has given every packet that waited its verdict, this one among them.
    if (!judging.isClosed) this.#verdicts.add(id, mayPass);
  }

  /** A message with a packet cannot be read: its packet waits, and is treated as one that nobody judged. */
  #unreadable(): void {
    this.#unknown++;
    this.#judging.unjudged(1);
    if (this.#hasToldMessage) return;
    this.#hasToldMessage = true;
    this.#judging.fault(`${this.name}: a message of the kernel about a packet cannot be read`);
  }

  /** The kernel refuses a verdict. That the packet is gone (ENOENT) is no fault: its interface went down. */
  #refused(result: number): void {
    if (result === 0 || result === ENOENT) return;
    this.#judging.fault(
      `${this.name} is not ours any more: the kernel refuses a verdict: ${errorName(result)}`,
    );
  }

  /** @returns whether no verdict is left; otherwise they are sent again soon, and nothing is read before */
  #send(): boolean {
    if (this.#judging.isClosed) return false;
    const result = this.#verdicts.send();
    if (result >= 0) return true;
    if (result !== EAGAIN && result !== ENOBUFS && result !== EINTR) {
      // ENOMEM passes as well; whatever else it is, only trying tells when it is over.
      this.#judging.fault(`${this.name}: verdicts cannot be sent: ${errorName(result)}`);
    }
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      if (!this.#judging.isClosed) this.#send();
    }, RETRY);
    return false;
  }

  /** Reads the kernel's row and brings up to date what follows from it. */
  #look(): QueueRow | undefined {
    const row = this.#judging.isClosed ? undefined : this.#table(this.#number);
    if (row === undefined) return undefined;
    this.#judging.counts.waiting = row.waiting;
    this.#queued += (row.lastId - this.#queuedId) >>> 0;
    this.#queuedId = row.lastId;
    this.#kernelDropped += (row.dropped - this.#droppedBefore) >>> 0;
    this.#kernelDropped += (row.notTaken - this.#notTakenBefore) >>> 0;
    this.#droppedBefore = row.dropped;
    this.#notTakenBefore = row.notTaken;
    return row;
  }
}
