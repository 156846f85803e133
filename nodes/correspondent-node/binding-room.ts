/**
 * Whether a correspondent has room for one more binding. RFC 6275 sections 9.5.2 and 9.6.
 *
 * The least recently used binding makes room, unless it is in use too: a flood of new bindings must not displace those that
 * carry traffic. Nor may one home prefix, whose addresses cost its owner nothing, displace the others.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { Host } from '../ip/host.ts';

/** Milliseconds for which a registration or a packet keeps a binding. */
const IN_USE = 10_000;
/** A home prefix with this share of a full cache gets no more. */
const PREFIX_SHARE = 0.25;
const PREFIX_OCTETS = 8;

function prefixKey(homeAddress: Uint8Array): AddressKey {
  const prefix = new Uint8Array(16);
  prefix.set(homeAddress.subarray(0, PREFIX_OCTETS));
  return addressKey(prefix);
}

/** Counts correspondents' bindings by home /64; as many numbers as bindings at most. */
export class BindingRoom {
  readonly #host: Host;
  readonly #ofPrefix = new Map<AddressKey, number>();

  constructor(host: Host) {
    this.#host = host;
    host.bindings.onRemoval(({ homeAddress, isHomeRegistration }) => {
      if (!isHomeRegistration) this.#count(homeAddress, -1);
    });
  }

  /** Whether a new binding is to be taken. */
  hasRoomFor(homeAddress: Uint8Array): boolean {
    const { bindings, scheduler } = this.#host;
    if (!bindings.hasRoom(false)) return false;
    if (bindings.correspondents < bindings.correspondentCapacity) return true;
    const held = this.#ofPrefix.get(prefixKey(homeAddress)) ?? 0;
    // One binding is nobody's flood: small caches have room for it.
    if (held > 1 && held >= bindings.correspondentCapacity * PREFIX_SHARE) return false;
    const last = bindings.leastRecentlyUsed();
    return last !== undefined && Math.max(last.usedAt, last.registeredAt) + IN_USE <= scheduler.now;
  }

  /** A binding was taken that was not there before. */
  noteNew(homeAddress: Uint8Array): void {
    this.#count(homeAddress, 1);
  }

  #count(homeAddress: Uint8Array, change: 1 | -1): void {
    const key = prefixKey(homeAddress);
    const count = (this.#ofPrefix.get(key) ?? 0) + change;
    if (count > 0) this.#ofPrefix.set(key, count);
    else this.#ofPrefix.delete(key);
  }
}
