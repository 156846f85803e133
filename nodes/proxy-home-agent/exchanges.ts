/**
 * Binding Updates that the legacy home agent has not acknowledged yet.
 */
import { addressKey, isSameAddress } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { isSequenceGreater } from '../../engine/mobility/sequence.ts';
import type { ScheduledAction, Scheduler } from '../../engine/ports.ts';

/** Milliseconds after which nobody waits for an answer any more: MAX_BINDACK_TIMEOUT of RFC 6275 section 12. */
const MAX_BINDACK_TIMEOUT = 32_000;
/** Updates of one mobile node that wait; for one more the oldest is given up. */
const MAX_WAITING = 4;

/** An update on its way. */
export interface Exchange {
  readonly homeAddress: Uint8Array;
  /** Where the mobile node is: care-of address, or the home address when it de-registers at home. */
  readonly careOfAddress: Uint8Array;
  /** Where it is answered: the source of its update on the wire. */
  readonly answerTo: Uint8Array;
  readonly isAtHome: boolean;
  readonly sequence: number;
  /** Seconds asked for; 0 = de-registration. */
  readonly lifetime: number;
  readonly hasLinkLocal: boolean;
}

interface Waiting {
  readonly exchange: Exchange;
  readonly timer: ScheduledAction;
}

/**
 * Up to four of each configured mobile node: the first answer may be to an update before the last. The mobile node sends again
 * when nobody answers, with a new number; the proxy does not.
 */
export class Exchanges {
  /** Updates that nobody has answered. */
  unanswered = 0;
  readonly #scheduler: Scheduler;
  readonly #onSilence: (exchange: Exchange) => void;
  /** Oldest first. */
  readonly #waiting = new Map<AddressKey, Waiting[]>();

  /** @param onSilence told when an update was not answered in time, nor any after it */
  constructor(scheduler: Scheduler, onSilence: (exchange: Exchange) => void) {
    this.#scheduler = scheduler;
    this.#onSilence = onSilence;
  }

  /** Updates that wait. */
  get size(): number {
    let size = 0;
    for (const each of this.#waiting.values()) size += each.length;
    return size;
  }

  /** The last update of a home address that waits. */
  latest(homeAddress: Uint8Array): Exchange | undefined {
    return this.#waiting.get(addressKey(homeAddress))?.at(-1)?.exchange;
  }

  /** Updates that wait and name a care-of address. Goes through all: for what names no home address itself. */
  *from(careOfAddress: Uint8Array): Iterable<Exchange> {
    for (const each of this.#waiting.values()) {
      for (const { exchange } of each) {
        if (isSameAddress(exchange.careOfAddress, careOfAddress)) yield exchange;
      }
    }
  }

  /** Notes an update that goes to the legacy home agent. */
  start(exchange: Exchange): void {
    const key = addressKey(exchange.homeAddress);
    const before = this.#waiting.get(key) ?? [];
    if (before.length >= MAX_WAITING) before.shift()?.timer.cancel();
    const timer = this.#scheduler.after(MAX_BINDACK_TIMEOUT, () => {
      this.#over(key, exchange);
    });
    before.push({ exchange, timer });
    this.#waiting.set(key, before);
  }

  /** The update of a number that waits; it goes on waiting. */
  find(homeAddress: Uint8Array, sequence: number): Exchange | undefined {
    return this.#waiting
      .get(addressKey(homeAddress))
      ?.find(({ exchange }) => exchange.sequence === sequence)?.exchange;
  }

  /** An update was answered: those before it are no longer waited for either. */
  end({ homeAddress, sequence }: Exchange): void {
    const key = addressKey(homeAddress);
    const left: Waiting[] = [];
    for (const each of this.#waiting.get(key) ?? []) {
      if (isSequenceGreater(each.exchange.sequence, sequence)) left.push(each);
      else each.timer.cancel();
    }
    if (left.length === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, left);
  }

  /** Stops timers. */
  close(): void {
    for (const each of this.#waiting.values()) for (const { timer } of each) timer.cancel();
    this.#waiting.clear();
  }

  #over(key: AddressKey, exchange: Exchange): void {
    this.unanswered++;
    const left = (this.#waiting.get(key) ?? []).filter((each) => each.exchange !== exchange);
    if (left.length === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, left);
    this.#onSilence(exchange);
  }
}
