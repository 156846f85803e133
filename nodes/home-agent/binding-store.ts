/**
 * Where home registrations outlast the process, so that tunnels and the order of sequence numbers survive a restart.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';

/** A home registration as it is kept. Addresses are 16 octets. */
export interface StoredBinding {
  readonly homeAddress: Uint8Array;
  readonly careOfAddress: Uint8Array;
  /** Address of the home agent that the mobile node registered with. */
  readonly localAddress: Uint8Array;
  /** Sequence number accepted last, 0..65535. */
  readonly sequence: number;
  /** Seconds granted. */
  readonly lifetime: number;
  /** Seconds since 1970: end of the binding, or of the memory of a de-registered one. */
  readonly expiresAt: number;
  readonly hasLinkLocal: boolean;
  readonly hasKeyMobility: boolean;
  readonly isMobileRouter: boolean;
  /** Further care-of addresses by Binding Identifier. RFC 5648. */
  readonly careOfAddresses?: ReadonlyMap<number, Uint8Array> | undefined;
  /** De-registered: only its sequence number still counts. RFC 6275 section 10.3.2, MAX_DELETE_BCE_TIMEOUT. */
  readonly isDeleted: boolean;
}

/** Keeps one record a home address. Never throws: what cannot be kept is the store's own to tell. */
export interface BindingStore {
  /** Whether records survive the machine: the Binding Refresh Advice is left out then. RFC 6275 section 10.3.1. */
  readonly isNonVolatile: boolean;
  /** Called before the acknowledgement leaves; replaces the record of the home address. */
  save(binding: StoredBinding): void;
  remove(homeAddress: Uint8Array): void;
  /** All records, in any order; asked once, when a home agent starts. */
  load(): Iterable<StoredBinding>;
}

/** Records in memory: they survive a home agent that is made anew, not the process. */
export class MemoryBindingStore implements BindingStore {
  readonly isNonVolatile: boolean;
  readonly #records = new Map<AddressKey, StoredBinding>();

  /** @param isNonVolatile what it says of itself; default false */
  constructor(isNonVolatile = false) {
    this.isNonVolatile = isNonVolatile;
  }

  get size(): number {
    return this.#records.size;
  }

  save(binding: StoredBinding): void {
    this.#records.set(addressKey(binding.homeAddress), binding);
  }

  remove(homeAddress: Uint8Array): void {
    this.#records.delete(addressKey(homeAddress));
  }

  load(): Iterable<StoredBinding> {
    return [...this.#records.values()];
  }
}
