/**
 * Packets over time, counted while they go through: a fixed number of bins whose width doubles as the run gets longer.
 */
import type { PacketRecord } from '../../../engine/ports.ts';

/** Bins of a plot. */
export const BINS = 120;
/** Width of a bin when a run begins, seconds. */
const FIRST_WIDTH = 0.01;

/** Counts of a run. */
export interface Traffic {
  /** Seconds since 1970 at the left edge of the first bin. */
  readonly start: number;
  /** Width of a bin in seconds. */
  readonly width: number;
  readonly packets: readonly number[];
  /** Mobility Headers, signalling ICMPv6 messages and ESP between mobile nodes and home agents. */
  readonly signalling: readonly number[];
}

/** Counts packets. Memory does not depend on their number. */
export class TrafficCounter {
  #start = Number.NaN;
  #width = FIRST_WIDTH;
  readonly #packets = new Float64Array(BINS);
  readonly #signalling = new Float64Array(BINS);

  /** Counts a packet. */
  add({ seconds, nanoseconds }: PacketRecord): void {
    const bin = this.#binOf(seconds + nanoseconds / 1e9);
    this.#packets[bin] = (this.#packets[bin] ?? 0) + 1;
  }

  /** Counts a message. @param time microseconds since 1970 */
  addSignalling(time: number): void {
    const bin = this.#binOf(time / 1e6);
    this.#signalling[bin] = (this.#signalling[bin] ?? 0) + 1;
  }

  /** Counts so far. */
  result(): Traffic {
    return {
      start: Number.isNaN(this.#start) ? 0 : this.#start,
      width: this.#width,
      packets: [...this.#packets],
      signalling: [...this.#signalling],
    };
  }

  /** Packets come in order of time; one from before the first counts as the first. */
  #binOf(seconds: number): number {
    if (Number.isNaN(this.#start)) this.#start = seconds;
    const since = Math.max(0, seconds - this.#start);
    while (since >= this.#width * BINS) this.#fold();
    return Math.floor(since / this.#width);
  }

  #fold(): void {
    this.#width *= 2;
    for (const counts of [this.#packets, this.#signalling]) {
      for (let i = 0; i < BINS; i++) {
        counts[i] = i < BINS / 2 ? (counts[2 * i] ?? 0) + (counts[2 * i + 1] ?? 0) : 0;
      }
    }
  }
}

/** Seconds since 1970 of an EVE timestamp. */
export function secondsOf(timestamp: string): number {
  const whole = Date.parse(`${timestamp.slice(0, 19)}Z`) / 1000;
  const part = Number(timestamp.slice(19, 26));
  return (Number.isFinite(whole) ? whole : 0) + (Number.isFinite(part) ? part : 0);
}
