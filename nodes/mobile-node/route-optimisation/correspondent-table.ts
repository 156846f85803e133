/**
 * Correspondents that a mobile node knows, by address and home address. Bounded: the one used longest ago goes first, and
 * new ones come at a limited rate, since packets in the tunnel come from whoever wants to send some.
 */
import { addressKey } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import { TokenBucket } from '../../node-log.ts';
import type { HomeAddressView, MobileNodeContext } from '../mobile-node-parts.ts';
import { MAX_CORRESPONDENTS, NEW_BURST, NEW_PER_SECOND } from './constants.ts';
import { CorrespondentRegistration } from './correspondent-registration.ts';

/** What a table may hold. */
export interface CorrespondentLimits {
  /** Correspondents; default 1024. */
  readonly correspondents?: number;
  /** New ones at once; default 8. */
  readonly newBurst?: number;
  /** New ones in a second; default 1. */
  readonly newPerSecond?: number;
}

/** The table. */
export class CorrespondentTable implements Iterable<CorrespondentRegistration> {
  readonly #context: MobileNodeContext;
  readonly #capacity: number;
  readonly #newOnes: TokenBucket;
  /** Of each address, those of its home addresses. */
  readonly #registrations = new Map<AddressKey, CorrespondentRegistration[]>();
  #size = 0;
  /** New correspondents that the rate left to the tunnel. */
  suppressed = 0;

  constructor(context: MobileNodeContext, limits: CorrespondentLimits = {}) {
    const { now } = context.host.scheduler;
    this.#context = context;
    this.#capacity = limits.correspondents ?? MAX_CORRESPONDENTS;
    this.#newOnes = new TokenBucket(
      limits.newBurst ?? NEW_BURST,
      limits.newPerSecond ?? NEW_PER_SECOND,
      now,
    );
  }

  get size(): number {
    return this.#size;
  }

  *[Symbol.iterator](): Iterator<CorrespondentRegistration> {
    for (const each of this.#registrations.values()) yield* each;
  }

  find(correspondent: Uint8Array, home: HomeAddressView): CorrespondentRegistration | undefined {
    if (this.#size === 0) return undefined;
    return this.of(correspondent).find((each) => each.home === home);
  }

  /** Those of an address, whatever the home address. */
  of(correspondent: Uint8Array): readonly CorrespondentRegistration[] {
    return this.#registrations.get(addressKey(correspondent)) ?? [];
  }

  /** A new one; undefined when there were too many of late. */
  add(correspondent: Uint8Array, home: HomeAddressView): CorrespondentRegistration | undefined {
    if (!this.#newOnes.take(this.#context.host.scheduler.now)) {
      this.suppressed++;
      return undefined;
    }
    if (this.#size >= this.#capacity) this.#evict();
    const added: CorrespondentRegistration = new CorrespondentRegistration({
      context: this.#context,
      correspondent,
      home,
      onIdle: () => {
        this.#remove(added);
      },
    });
    const key = addressKey(correspondent);
    this.#registrations.set(key, [...(this.#registrations.get(key) ?? []), added]);
    this.#size++;
    return added;
  }

  close(): void {
    for (const each of this) each.close();
    this.#registrations.clear();
    this.#size = 0;
  }

  #evict(): void {
    let oldest: CorrespondentRegistration | undefined;
    for (const each of this) {
      if (oldest === undefined || each.lastUsedAt < oldest.lastUsedAt) oldest = each;
    }
    if (oldest === undefined) return;
    oldest.close();
    this.#remove(oldest);
  }

  #remove(removed: CorrespondentRegistration): void {
    const key = addressKey(removed.correspondent);
    const known = this.#registrations.get(key);
    if (known?.includes(removed) !== true) return;
    const left = known.filter((each) => each !== removed);
    if (left.length === 0) this.#registrations.delete(key);
    else this.#registrations.set(key, left);
    this.#size--;
  }
}
