/**
 * Binding Refresh Requests for bindings that are used near their end. RFC 6275 section 9.5.5.
 *
 * There is no timer: the packet that uses a binding is what makes the request worth sending.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { BindingCacheEntry } from '../binding-cache.ts';
import type { Host } from '../ip/host.ts';
import type { MessageSender } from './message-sender.ts';

/** Near the end: this much is left, or a quarter of a short lifetime. Milliseconds. */
const NEAR_END = 30_000;
const SHORT_SHARE = 0.25;
/** Milliseconds to the first repeat; each further one takes twice as long. */
const FIRST_INTERVAL = 2000;
/** Requests for one end. */
const MAX_REQUESTS = 4;

interface Asked {
  /** Registration that it is about. */
  readonly registeredAt: number;
  requests: number;
  nextAt: number;
}

/** Asks mobile nodes to register again. One small entry for each binding at most. */
export class RefreshRequests {
  readonly #host: Host;
  readonly #sender: MessageSender;
  readonly #asked = new Map<AddressKey, Asked>();

  constructor(host: Host, sender: MessageSender) {
    this.#host = host;
    this.#sender = sender;
    host.bindings.onRemoval((entry) => {
      this.#asked.delete(addressKey(entry.homeAddress));
    });
  }

  /** Mobile nodes that were asked and have not answered. */
  get size(): number {
    return this.#asked.size;
  }

  /** A packet goes to the care-of address of a binding. */
  noteUse({
    homeAddress,
    localAddress,
    lifetime,
    expiresAt,
    registeredAt,
  }: BindingCacheEntry): void {
    const { now } = this.#host.scheduler;
    if (expiresAt - now > Math.min(NEAR_END, lifetime * 1000 * SHORT_SHARE)) return;
    const key = addressKey(homeAddress);
    const known = this.#asked.get(key);
    const asked =
      known?.registeredAt === registeredAt ? known : { registeredAt, requests: 0, nextAt: now };
    if (asked.requests >= MAX_REQUESTS || now < asked.nextAt) return;
    asked.nextAt = now + FIRST_INTERVAL * 2 ** asked.requests;
    asked.requests++;
    this.#asked.set(key, asked);
    // To the home address, never by way of the care-of address. RFC 6275 sections 6.1 and 9.5.5.
    const ends = { source: localAddress, destination: homeAddress };
    this.#sender.send(encodeMobilityHeader({ kind: 'binding-refresh-request' }, [], ends), ends);
  }

  /** RFC 6275 section 9.5.5: a Binding Update ends the repeats, also one that is not accepted. */
  stop(homeAddress: Uint8Array): void {
    const asked = this.#asked.get(addressKey(homeAddress));
    if (asked !== undefined) asked.requests = MAX_REQUESTS;
  }
}
