/**
 * Limit of Mobility Header messages to one destination. RFC 6275 section 11.8.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { MAX_UPDATE_RATE } from '../../engine/mobility/constants.ts';
import type { Scheduler } from '../../engine/ports.ts';

/** Pairs of message type and destination that are remembered; the one used longest ago goes first. */
const MAX_PAIRS = 4096;
const SECOND = 1000;

type PairKey = `${number} ${AddressKey}`;

/**
 * At most MAX_UPDATE_RATE messages of a type to a destination within any second, over all home addresses and care-of
 * addresses.
 */
export class MessageRateLimiter {
  readonly #scheduler: Scheduler;
  /** Times of the latest messages, oldest first. */
  readonly #sent = new Map<PairKey, number[]>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Pairs at present. */
  get size(): number {
    return this.#sent.size;
  }

  /**
   * Milliseconds until a message may be sent; 0 = now.
   * @param mhType 0 Binding Refresh Request, 1 Home Test Init, 2 Care-of Test Init, 5 Binding Update
   */
  wait(mhType: number, destination: Uint8Array): number {
    const times = this.#sent.get(pairKey(mhType, destination)) ?? [];
    const oldest = times.at(-MAX_UPDATE_RATE);
    return oldest === undefined ? 0 : Math.max(0, oldest + SECOND - this.#scheduler.now);
  }

  /** Notes that a message is sent now. */
  note(mhType: number, destination: Uint8Array): void {
    const key = pairKey(mhType, destination);
    const times = this.#sent.get(key) ?? [];
    times.push(this.#scheduler.now);
    if (times.length > MAX_UPDATE_RATE) times.shift();
    this.#sent.delete(key);
    if (this.#sent.size >= MAX_PAIRS) {
      const first = this.#sent.keys().next();
      if (first.done !== true) this.#sent.delete(first.value);
    }
    this.#sent.set(key, times);
  }

  /** Takes the right to send now, if there is one. */
  take(mhType: number, destination: Uint8Array): boolean {
    if (this.wait(mhType, destination) > 0) return false;
    this.note(mhType, destination);
    return true;
  }
}

function pairKey(mhType: number, destination: Uint8Array): PairKey {
  return `${mhType} ${addressKey(destination)}`;
}
