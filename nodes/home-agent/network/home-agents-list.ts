/**
 * The other home agents of a link, as their router advertisements tell. RFC 6275 sections 10.1 and 10.5.1.
 */
import { addressKey, isUnicastRoutable } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import {
  PREFIX_INFORMATION_FLAGS,
  ROUTER_ADVERTISEMENT_FLAGS,
  findNdOption,
} from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';
import type { Scheduler } from '../../../engine/ports.ts';

/** Home agents of a link; more are not taken: who is known stays until its lifetime is over. */
const MAX_HOME_AGENTS = 128;
/** Global addresses of one home agent; more are not taken. */
const MAX_ADDRESSES = 16;
const MOBILE_ROUTER_SUPPORT = 0x8000;
const INFINITE = 0xffff_ffff;

/** A home agent of the link. */
export interface ListedHomeAgent {
  readonly linkLocal: Uint8Array;
  /** 0..65535, higher is better. */
  readonly preference: number;
  /** Milliseconds of the scheduler. */
  readonly expiresAt: number;
  /** RFC 3963 section 7.3. */
  readonly supportsMobileRouters: boolean;
  /** Global addresses; empty until it has told one. */
  readonly addresses: readonly Uint8Array[];
}

interface KnownAddress {
  readonly address: Uint8Array;
  readonly expiresAt: number;
}

interface Entry {
  readonly linkLocal: Uint8Array;
  preference: number;
  expiresAt: number;
  supportsMobileRouters: boolean;
  readonly addresses: Map<AddressKey, KnownAddress>;
}

/** One link's list: a home agent on two links has two. */
export class HomeAgentsList {
  readonly #scheduler: Scheduler;
  readonly #entries = new Map<AddressKey, Entry>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Entries whose lifetime is not over, with the addresses whose prefixes are valid. */
  get agents(): readonly ListedHomeAgent[] {
    this.#expire();
    return [...this.#entries.values()].map((entry) => ({
      linkLocal: entry.linkLocal,
      preference: entry.preference,
      expiresAt: entry.expiresAt,
      supportsMobileRouters: entry.supportsMobileRouters,
      addresses: [...entry.addresses.values()].map(({ address }) => address),
    }));
  }

  /**
   * A router advertisement that has passed RFC 4861 section 6.1.2. Steps of RFC 6275 section 10.5.1.
   * @param source link-local address that it came from
   */
  hear(source: Uint8Array, message: Icmpv6MessageOf<'router-advertisement'>): void {
    this.#expire();
    const key = addressKey(source);
    if ((message.flags & ROUTER_ADVERTISEMENT_FLAGS.homeAgent.mask) === 0) {
      this.#entries.delete(key);
      return;
    }
    const information = findNdOption(message.options, 'home-agent-information');
    const lifetime = information?.lifetime ?? message.routerLifetime;
    if (lifetime === 0) {
      this.#entries.delete(key);
      return;
    }
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_HOME_AGENTS) return;
      entry = {
        linkLocal: source.slice(),
        preference: 0,
        expiresAt: 0,
        supportsMobileRouters: false,
        addresses: new Map(),
      };
      this.#entries.set(key, entry);
    }
    entry.preference = information?.preference ?? 0;
    entry.expiresAt = this.#scheduler.now + lifetime * 1000;
    entry.supportsMobileRouters = ((information?.flags ?? 0) & MOBILE_ROUTER_SUPPORT) !== 0;
    this.#learnAddresses(entry, message);
  }

  #learnAddresses(entry: Entry, message: Icmpv6MessageOf<'router-advertisement'>): void {
    for (const option of message.options) {
      if (option.kind !== 'prefix-information') continue;
      const { prefix: address, flags, validLifetime } = option;
      if ((flags & PREFIX_INFORMATION_FLAGS.routerAddress.mask) === 0) continue;
      if (!isUnicastRoutable(address)) continue;
      const key = addressKey(address);
      if (validLifetime === 0) {
        entry.addresses.delete(key);
        continue;
      }
      if (!entry.addresses.has(key) && entry.addresses.size >= MAX_ADDRESSES) continue;
      const expiresAt =
        validLifetime === INFINITE ? Infinity : this.#scheduler.now + validLifetime * 1000;
      entry.addresses.set(key, { address: address.slice(), expiresAt });
    }
  }

  #expire(): void {
    const { now } = this.#scheduler;
    for (const [key, entry] of this.#entries) {
      if (entry.expiresAt <= now) {
        this.#entries.delete(key);
        continue;
      }
      for (const [address, { expiresAt }] of entry.addresses) {
        if (expiresAt <= now) entry.addresses.delete(address);
      }
    }
  }
}
