/**
 * What all places in the path of packets have in common: asking the judge, counting, and what to do without one.
 */
import { emptyPacketRecord } from '../../engine/ports.ts';
import type { CaptureInput, PacketRecord, VerdictCounts } from '../../engine/ports.ts';
import { HostError } from '../native/host-error.ts';
import { CaptureClock } from './capture-clock.ts';

const LINKTYPE_ETHERNET = 1;

/** What becomes of packets that nobody judged: `open` lets them pass, `closed` drops them. */
export type FailMode = 'open' | 'closed';

/** Counts that are written by their owner alone. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Asks the judge of one source, and counts what becomes of its packets. */
export class Judging {
  onPacket: ((record: PacketRecord) => boolean) | undefined;
  onFault: ((sentence: string) => void) | undefined;
  /** Filled again for each packet. */
  readonly record: PacketRecord = emptyPacketRecord();
  readonly counts: Mutable<VerdictCounts> = {
    judged: 0,
    passed: 0,
    dropped: 0,
    passedUnjudged: 0,
    droppedUnjudged: 0,
    waiting: 0,
  };
  readonly input: CaptureInput;
  readonly clock = new CaptureClock();
  readonly failOpen: boolean;
  /** Closed while the judge had a packet: its answer comes too late. */
  isClosed = false;
  readonly #name: string;
  #hasToldJudge = false;
  #lastFault = '';

  /** @param name of the source, for people */
  constructor(name: string, failMode: FailMode) {
    this.#name = name;
    this.failOpen = failMode === 'open';
    this.input = { name, packets: 0 };
    this.record.linkType = LINKTYPE_ETHERNET;
  }

  /**
   * Asks about the packet of the record.
   * @param time of its arrival, microseconds since 1970
   * @returns whether it may pass
   */
  judge(time: number): boolean {
    const { record, counts } = this;
    const stamp = this.clock.stamp(time);
    record.seconds = Math.floor(stamp / 1_000_000);
    record.nanoseconds = (stamp % 1_000_000) * 1000;
    record.number = this.input.packets;
    let verdict: boolean | undefined;
    try {
      verdict = this.onPacket?.(record);
    } catch (error) {
      this.#judgeFailed(error);
    }
    // Whoever closed the source has counted what it had in hand.
    if (this.isClosed) return this.failOpen;
    if (verdict === undefined) return this.unjudged(1);
    counts.judged++;
    if (verdict) counts.passed++;
    else counts.dropped++;
    return verdict;
  }

  /** Counts packets that nobody judged. @returns whether they pass */
  unjudged(packets: number): boolean {
    if (this.failOpen) this.counts.passedUnjudged += packets;
    else this.counts.droppedUnjudged += packets;
    return this.failOpen;
  }

  /** Tells a fault, unless it is the one that was told last. */
  fault(sentence: string): void {
    if (sentence === this.#lastFault) return;
    this.#lastFault = sentence;
    this.onFault?.(sentence);
  }

  #judgeFailed(error: unknown): void {
    if (this.#hasToldJudge) return;
    this.#hasToldJudge = true;
    const reason = error instanceof Error ? error.message : 'no reason given';
    const fate = this.failOpen ? 'passed' : 'was dropped';
    this.fault(
      `${this.#name}: the judge failed on packet ${this.input.packets}, which ${fate} unjudged: ${reason}`,
    );
  }
}

/**
 * Knows which packets have waited too long to be judged. Times of arrival are those of the clock of the wall, which may be
 * set while they wait; no packet has waited for longer than there was something to read.
 */
export class Deadline {
  /** Microseconds since 1970, when the packets in hand were read. */
  now = 0;
  /** Microseconds; infinite = none. */
  readonly #longest: number;
  readonly #clock: CaptureClock;
  /** Milliseconds of the steady clock, when there was nothing to read, and when the packets in hand were read. */
  #emptyAt = performance.now();
  #readAt = 0;

  /**
   * @param milliseconds more than 0; undefined = packets may wait for ever
   * @throws HostError
   */
  constructor(judging: Judging, milliseconds: number | undefined) {
    if (milliseconds !== undefined && !(milliseconds > 0)) {
      throw new HostError(
        'ERR_HOST_OPTION',
        `deadline: ${milliseconds}; expected milliseconds above 0`,
      );
    }
    this.#clock = judging.clock;
    // In closed mode packets are judged however late it is.
    this.#longest = judging.failOpen ? 1000 * (milliseconds ?? Infinity) : Infinity;
  }

  /** Packets were read just now. */
  read(): void {
    this.now = this.#clock.now();
    this.#readAt = performance.now();
  }

  /** There was nothing more to read. @param at milliseconds of `performance.now()` before it was tried */
  empty(at: number): void {
    this.#emptyAt = at;
  }

  /** Whether a packet in hand has waited too long. @param arrival microseconds since 1970; 0 = unknown */
  isOver(arrival: number): boolean {
    if (1000 * (this.#readAt - this.#emptyAt) <= this.#longest) return false;
    return arrival === 0 || this.now - arrival > this.#longest;
  }
}
