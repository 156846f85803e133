/**
 * Bindings that were de-registered a moment ago: a Binding Update sent before may still be under way, and is told from a new
 * one by its sequence number. RFC 6275 section 10.3.2.
 */
import { addressKey } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import type { ScheduledAction, Scheduler } from '../../../engine/ports.ts';
import { MAX_DELETE_BCE_TIMEOUT } from './constants.ts';

/** A de-registered binding. */
export interface FormerBinding {
  readonly homeAddress: Uint8Array;
  /** Last accepted sequence number. */
  readonly sequence: number;
  /** Milliseconds of the scheduler. */
  readonly until: number;
}

/**
 * Remembers them for MAX_DELETE_BCE_TIMEOUT. Only mobile nodes that had a binding get in; when there are more than `capacity`
 * the oldest goes.
 */
export class FormerBindings {
  readonly #scheduler: Scheduler;
  readonly #capacity: number;
  readonly #forgotten: (homeAddress: Uint8Array) => void;
  /** In order of their ends. */
  readonly #bindings = new Map<AddressKey, FormerBinding>();
  #timer: ScheduledAction | undefined;

  /** @param forgotten told when one is over, not when it is taken up again */
  constructor(
    scheduler: Scheduler,
    capacity: number,
    forgotten: (homeAddress: Uint8Array) => void,
  ) {
    this.#scheduler = scheduler;
    this.#capacity = capacity;
    this.#forgotten = forgotten;
  }

  get size(): number {
    return this.#bindings.size;
  }

  find(homeAddress: Uint8Array): FormerBinding | undefined {
    const found = this.#bindings.get(addressKey(homeAddress));
    return found === undefined || found.until <= this.#scheduler.now ? undefined : found;
  }

  /** @param seconds how long; a restart may leave less */
  remember(
    homeAddress: Uint8Array,
    sequence: number,
    seconds: number = MAX_DELETE_BCE_TIMEOUT,
  ): void {
    const key = addressKey(homeAddress);
    this.#bindings.delete(key);
    for (const [oldest, { homeAddress: address }] of this.#bindings) {
      if (this.#bindings.size < this.#capacity) break;
      this.#bindings.delete(oldest);
      this.#forgotten(address);
    }
    const until = this.#scheduler.now + seconds * 1000;
    this.#bindings.set(key, { homeAddress, sequence, until });
    this.#timer ??= this.#scheduler.after(seconds * 1000, this.#sweep);
  }

  /** The mobile node has a binding again. */
  forget(homeAddress: Uint8Array): void {
    if (this.#bindings.size > 0) this.#bindings.delete(addressKey(homeAddress));
  }

  close(): void {
    this.#timer?.cancel();
  }

  readonly #sweep = (): void => {
    const { now } = this.#scheduler;
    this.#timer = undefined;
    for (const [key, { until, homeAddress }] of this.#bindings) {
      // Those of a store may stand in any order, and for less time: they are met by a later look.
      if (until > now) {
        this.#timer = this.#scheduler.after(until - now, this.#sweep);
        return;
      }
      this.#bindings.delete(key);
      this.#forgotten(homeAddress);
    }
  };
}
