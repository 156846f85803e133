/**
 * How well the sensor sees, as ticks tell it.
 */
import type { PacketReference } from './packet.ts';

/** Numbers since the start of the run. */
export interface EngineHealth {
  /** The packet at which it is told. */
  readonly packet: PacketReference;
  readonly packets: number;
  /** Frames that the capture cut. */
  readonly cut: number;
  /** Frames that are neither IPv6 nor IPv4 as far as the dissectors know. */
  readonly undecoded: number;
  /** What tables forgot because they were full, by name of the table; those that forgot nothing are not in it. */
  readonly evictions: ReadonlyMap<string, number>;
  /** Times that the clock of the capture went back by a second or more, and the largest of these steps in seconds. */
  readonly clockSteps: number;
  readonly largestClockStep: number;
  /** Security associations that keys were given for. */
  readonly associations: number;
  /** ESP in signalling layout that could not be opened. */
  readonly unreadableSignalling: number;
}

/** How often the clock of a capture went back. */
export class ClockSteps {
  steps = 0;
  /** Seconds. */
  largest = 0;

  /** The clock went back. @param step microseconds */
  note(step: number): void {
    this.steps++;
    this.largest = Math.max(this.largest, step / 1e6);
  }
}
