/**
 * Where home registrations outlast the process, so that tunnels and the order of sequence numbers survive a restart.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { BindingStore, StoredBinding } from '../../engine/ports.ts';

export type { BindingStore, StoredBinding } from '../../engine/ports.ts';

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
