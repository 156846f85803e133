/**
 * Registrations that wait for duplicate address detection on the home link. RFC 6275 section 10.3.1.
 */
import { addressKey } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import type { DuplicateProbe, NetworkInterface } from '../../interface/network-interface.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';

/** A registration under way. */
export interface PendingRegistration {
  /** The update that will be answered: the latest of its home address. */
  update: ReceivedBindingUpdate;
  readonly probes: DuplicateProbe[];
  /** Addresses not yet known to be unique. */
  left: number;
}

/** What comes of a registration. */
export interface PendingOptions {
  /** Registrations at once; there is no eviction: `hasRoom` says when more have to be refused. */
  readonly capacity: number;
  /** Solicitations for each address; undefined = as the interface does for its own. */
  readonly transmits: number | undefined;
  readonly onUnique: (update: ReceivedBindingUpdate) => void;
  readonly onDuplicate: (update: ReceivedBindingUpdate) => void;
}

/** At most one a home address. Only authorised updates get here. */
export class PendingRegistrations {
  readonly #options: PendingOptions;
  readonly #pending = new Map<AddressKey, PendingRegistration>();

  constructor(options: PendingOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#pending.size;
  }

  hasRoom(): boolean {
    return this.#pending.size < this.#options.capacity;
  }

  find(homeAddress: Uint8Array): PendingRegistration | undefined {
    return this.#pending.size === 0 ? undefined : this.#pending.get(addressKey(homeAddress));
  }

  /** Asks the link for all addresses at once; the first that somebody has ends it. */
  start(
    update: ReceivedBindingUpdate,
    link: Pick<NetworkInterface, 'probe'>,
    addresses: readonly Uint8Array[],
  ): void {
    const key = addressKey(update.homeAddress);
    const pending: PendingRegistration = { update, probes: [], left: addresses.length };
    this.#pending.set(key, pending);
    for (const address of addresses) {
      const answer = (isUnique: boolean): void => {
        this.#answer(key, pending, isUnique);
      };
      pending.probes.push(link.probe(address, answer, this.#options.transmits));
    }
  }

  /** Ends a registration without an answer. */
  cancel(homeAddress: Uint8Array): void {
    const key = addressKey(homeAddress);
    const pending = this.#pending.get(key);
    if (pending !== undefined) this.#end(key, pending);
  }

  close(): void {
    for (const [key, pending] of this.#pending) this.#end(key, pending);
  }

  #answer(key: AddressKey, pending: PendingRegistration, isUnique: boolean): void {
    if (this.#pending.get(key) !== pending) return;
    if (!isUnique) {
      this.#end(key, pending);
      this.#options.onDuplicate(pending.update);
      return;
    }
    pending.left--;
    if (pending.left > 0) return;
    this.#end(key, pending);
    this.#options.onUnique(pending.update);
  }

  #end(key: AddressKey, { probes }: PendingRegistration): void {
    this.#pending.delete(key);
    for (const probe of probes) probe.cancel();
  }
}
