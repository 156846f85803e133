/**
 * Bindings whose care-of address cannot be reached any more. RFC 6275 section 9.3.4: only persistent errors count.
 */
import { addressKey, isSameAddress } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { BindingCacheEntry } from '../binding-cache.ts';
import type { Host } from '../ip/host.ts';
import { destinationOf, sourceOf } from '../ip/wire.ts';

/** Errors that a binding survives, less one. */
const MIN_ERRORS = 3;
/** Milliseconds that lie between the first of them and the last at least: a burst is one event. */
const MIN_PERIOD = 5000;
/** Milliseconds without an error after which all is forgotten. */
const FORGET_AFTER = 60_000;
/** The mobile node itself says that nobody listens there: it is reachable. RFC 4443 section 3.1. */
const PORT_UNREACHABLE = 4;
const IPV6_OCTETS = 40;
const TYPE_2 = 2;
const TYPE_2_OCTETS = 24;

interface Errors {
  /** Registration that they are about. */
  readonly registeredAt: number;
  readonly firstAt: number;
  lastAt: number;
  count: number;
}

/** Counts errors for existing bindings; one small entry for each of them at most. */
export class UnreachableBindings {
  readonly #host: Host;
  readonly #errors = new Map<AddressKey, Errors>();

  constructor(host: Host) {
    this.#host = host;
    host.bindings.onRemoval((entry) => {
      this.#errors.delete(addressKey(entry.homeAddress));
    });
    host.icmpv6.onError((_, message, quoted) => {
      if (message.kind !== 'destination-unreachable' || message.code === PORT_UNREACHABLE) return;
      const entry = this.#bindingOf(quoted);
      if (entry !== undefined) this.#note(entry);
    });
  }

  /** Bindings with errors. */
  get size(): number {
    return this.#errors.size;
  }

  /** The binding by which a packet of this node went: its routing header is the first header, as this node sends it. */
  #bindingOf(quoted: Uint8Array): BindingCacheEntry | undefined {
    const hasRoutingHeader =
      quoted.length >= IPV6_OCTETS + TYPE_2_OCTETS &&
      u8(quoted, 6) === NEXT_HEADER.routing &&
      u8(quoted, IPV6_OCTETS + 2) === TYPE_2;
    if (!hasRoutingHeader || !this.#host.owns(sourceOf(quoted))) return undefined;
    const homeAddress = quoted.subarray(IPV6_OCTETS + 8, IPV6_OCTETS + TYPE_2_OCTETS);
    const entry = this.#host.bindings.find(homeAddress);
    return entry?.isHomeRegistration === false &&
      isSameAddress(entry.careOfAddress, destinationOf(quoted))
      ? entry
      : undefined;
  }

  #note(entry: BindingCacheEntry): void {
    const { now } = this.#host.scheduler;
    const { registeredAt, homeAddress } = entry;
    const key = addressKey(homeAddress);
    let errors = this.#errors.get(key);
    if (errors?.registeredAt !== registeredAt || now - errors.lastAt > FORGET_AFTER) {
      errors = { registeredAt, firstAt: now, lastAt: now, count: 0 };
      this.#errors.set(key, errors);
    }
    errors.count++;
    errors.lastAt = now;
    if (errors.count >= MIN_ERRORS && now - errors.firstAt >= MIN_PERIOD) {
      this.#host.bindings.remove(homeAddress, 'unreachable');
    }
  }
}
