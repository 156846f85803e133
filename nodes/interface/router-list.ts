/**
 * Routers that advertise themselves on a link, and the one that packets for elsewhere go to. RFC 4861 sections 6.3.4
 * to 6.3.6, RFC 4191 section 3.2.
 *
 * Bounded against whoever shares the link: MAX_ROUTERS routers of MAX_PREFIXES prefixes. A new one takes the place of
 * the one that was not heard for longest among those that never answered a solicitation; where all did, of none.
 */
import {
  addressKey,
  isLinkLocal,
  isMulticast,
  isSameAddress,
  prefixMatches,
} from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import {
  PREFIX_INFORMATION_FLAGS,
  ROUTER_ADVERTISEMENT_FLAGS,
  findNdOption,
} from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf, NdOption } from '../../dissectors/icmpv6/index.ts';
import type { Scheduler } from '../../engine/ports.ts';
import type { AdvertisedPrefix, AdvertisingRouter } from './network-interface.ts';

/** Routers at most. */
export const MAX_ROUTERS = 32;
/** Prefixes of one router at most. */
export const MAX_PREFIXES = 32;

/** Lifetime without end. RFC 4861 section 4.6.2. */
const INFINITE = 0xffffffff;
/** Wire values of a preference: high, medium or reserved, low. RFC 4191 section 2.1. */
const RANK_OF_PREFERENCE = [1, 2, 1, 0] as const;
const PREFERENCE_SHIFT = 3;

/** What a list asks of its interface. */
export interface RouterListOptions {
  readonly scheduler: Scheduler;
  /** Whether the router answered a solicitation and was not given up since. */
  readonly isConfirmed: (key: AddressKey) => boolean;
  /** Whether its link-layer address is known. */
  readonly isResolved: (key: AddressKey) => boolean;
  readonly linkLayerAddressOf: (address: Uint8Array) => Uint8Array | undefined;
}

interface PrefixEntry {
  readonly prefix: AdvertisedPrefix;
  readonly validUntil: number;
}

interface RouterEntry {
  readonly key: AddressKey;
  readonly address: Uint8Array;
  /** Milliseconds of the scheduler. */
  until: number;
  lastHeard: number;
  isHomeAgent: boolean;
  advertisementInterval: number | undefined;
  rank: number;
  /** When it was given up since it was heard last; 0 = it was not. */
  suspectedAt: number;
  prefixes: Map<string, PrefixEntry>;
}

/** Prefix information options of a message that say something: not link-local, of a possible length. */
export function advertisedPrefixes(options: readonly NdOption[]): AdvertisedPrefix[] {
  const prefixes: AdvertisedPrefix[] = [];
  const { onLink, autonomous, routerAddress } = PREFIX_INFORMATION_FLAGS;
  for (const option of options) {
    if (option.kind !== 'prefix-information' || option.prefixLength > 128) continue;
    if (isLinkLocal(option.prefix) || isMulticast(option.prefix)) continue;
    prefixes.push({
      address: option.prefix,
      prefixLength: option.prefixLength,
      isOnLink: (option.flags & onLink.mask) !== 0,
      isAutonomous: (option.flags & autonomous.mask) !== 0,
      isRouterAddress: (option.flags & routerAddress.mask) !== 0,
      preferredLifetime: secondsOf(option.preferredLifetime),
      validLifetime: secondsOf(option.validLifetime),
    });
  }
  return prefixes;
}

function secondsOf(lifetime: number): number {
  return lifetime === INFINITE ? Infinity : lifetime;
}

/** Routers of one interface. */
export class RouterList {
  readonly #options: RouterListOptions;
  readonly #routers = new Map<AddressKey, RouterEntry>();
  #current: AddressKey | undefined;
  #static: Uint8Array | undefined;

  constructor(options: RouterListOptions) {
    this.#options = options;
  }

  /** Routers that still say something. */
  get views(): AdvertisingRouter[] {
    this.#expire();
    return [...this.#routers.values()].map((entry) => this.#view(entry));
  }

  /**
   * A router advertisement that passed all checks.
   * @returns whether the router is in the list now
   */
  heard(
    address: Uint8Array,
    message: Icmpv6MessageOf<'router-advertisement'>,
    prefixes: readonly AdvertisedPrefix[],
  ): boolean {
    this.#expire();
    const key = addressKey(address);
    for (const prefix of prefixes) {
      // RFC 4861 section 6.3.4: the most recently received information counts, whoever sent it.
      if (prefix.isOnLink && prefix.validLifetime === 0) this.#cancelOnLink(prefix);
    }
    const saysSomething =
      message.routerLifetime > 0 || prefixes.some(({ validLifetime }) => validLifetime > 0);
    const known = this.#routers.get(key);
    const entry = known ?? (saysSomething ? this.#create(key, address) : undefined);
    if (entry === undefined) return false;
    const { now } = this.#options.scheduler;
    entry.until = now + message.routerLifetime * 1000;
    entry.lastHeard = now;
    entry.suspectedAt = 0;
    entry.isHomeAgent = (message.flags & ROUTER_ADVERTISEMENT_FLAGS.homeAgent.mask) !== 0;
    const { mask } = ROUTER_ADVERTISEMENT_FLAGS.preference;
    entry.rank = RANK_OF_PREFERENCE[(message.flags & mask) >>> PREFERENCE_SHIFT] ?? 1;
    const interval = findNdOption(message.options, 'advertisement-interval')?.interval;
    // 0 would mean that it never stops sending.
    entry.advertisementInterval = interval === 0 ? undefined : interval;
    for (const prefix of prefixes) this.#keepPrefix(entry, prefix);
    this.#expire();
    return this.#routers.has(key);
  }

  /** The router is none any more. RFC 4861 section 7.2.5. */
  remove(address: Uint8Array): void {
    this.#routers.delete(addressKey(address));
  }

  /** The router does not answer: others are tried first. RFC 4861 section 6.3.6. */
  suspect(address: Uint8Array): void {
    const entry = this.#routers.get(addressKey(address));
    if (entry !== undefined) entry.suspectedAt = Math.max(1, this.#options.scheduler.now);
  }

  /** Forgets all that was heard. */
  clear(): void {
    this.#routers.clear();
    this.#current = undefined;
  }

  /** Router by configuration. */
  setStatic(address: Uint8Array | undefined): void {
    this.#static = address?.slice();
  }

  /** Whether a neighbor is the router in use: it is not evicted from the neighbor cache. */
  isInUse(key: AddressKey): boolean {
    if (this.#static !== undefined) return addressKey(this.#static) === key;
    return this.#current === key && this.#routers.has(key);
  }

  /**
   * Router for destinations off the link. The one in use stays in use while it answers; without it: those that answer
   * before those given up, then by preference, then who was heard first.
   * @param isConfiguredOnly routers do not obey other routers' advertisements. RFC 4861 section 6.2.7
   */
  select(isConfiguredOnly: boolean): AdvertisingRouter | undefined {
    if (this.#static !== undefined) return this.#configured(this.#static);
    if (isConfiguredOnly) return undefined;
    const { now } = this.#options.scheduler;
    const current = this.#current === undefined ? undefined : this.#routers.get(this.#current);
    let best: RouterEntry | undefined;
    if (current !== undefined && current.until > now && current.suspectedAt === 0) {
      if (this.#options.isConfirmed(current.key)) return this.#view(current);
      best = current;
    }
    for (const entry of this.#routers.values()) {
      if (entry.until > now && (best === undefined || this.#isBetter(entry, best))) best = entry;
    }
    this.#current = best?.key;
    return best === undefined ? undefined : this.#view(best);
  }

  /** Whether a prefix says that the address is on the link. */
  isOnLink(address: Uint8Array): boolean {
    const { now } = this.#options.scheduler;
    for (const { prefixes } of this.#routers.values()) {
      for (const { prefix, validUntil } of prefixes.values()) {
        if (!prefix.isOnLink || validUntil <= now) continue;
        if (prefixMatches(prefix.address, prefix.prefixLength, address, 0)) return true;
      }
    }
    return false;
  }

  #isBetter(a: RouterEntry, b: RouterEntry): boolean {
    // Round robin among those that do not answer: the one given up first is tried first.
    if (a.suspectedAt !== b.suspectedAt) {
      return b.suspectedAt !== 0 && a.suspectedAt < b.suspectedAt;
    }
    const { isResolved } = this.#options;
    const aResolved = isResolved(a.key);
    if (aResolved !== isResolved(b.key)) return aResolved;
    return a.rank > b.rank;
  }

  #configured(address: Uint8Array): AdvertisingRouter {
    const heard = this.#routers.get(addressKey(address));
    if (heard !== undefined) return { ...this.#view(heard), lifetime: Infinity };
    return {
      address,
      linkLayerAddress: this.#options.linkLayerAddressOf(address),
      lifetime: Infinity,
      isHomeAgent: false,
      advertisementInterval: undefined,
      prefixes: [],
      lastHeard: 0,
    };
  }

  #view(entry: RouterEntry): AdvertisingRouter {
    const { now } = this.#options.scheduler;
    const { address, isHomeAgent, advertisementInterval, lastHeard } = entry;
    return {
      address,
      linkLayerAddress: this.#options.linkLayerAddressOf(address),
      lifetime: Math.max(0, entry.until - now) / 1000,
      isHomeAgent,
      advertisementInterval,
      prefixes: [...entry.prefixes.values()].map(({ prefix }) => prefix),
      lastHeard,
    };
  }

  #create(key: AddressKey, address: Uint8Array): RouterEntry | undefined {
    if (this.#routers.size >= MAX_ROUTERS && !this.#evict()) return undefined;
    const entry: RouterEntry = {
      key,
      address: address.slice(),
      until: 0,
      lastHeard: 0,
      isHomeAgent: false,
      advertisementInterval: undefined,
      rank: 1,
      suspectedAt: 0,
      prefixes: new Map(),
    };
    this.#routers.set(key, entry);
    return entry;
  }

  #evict(): boolean {
    let oldest: RouterEntry | undefined;
    for (const entry of this.#routers.values()) {
      if (this.#options.isConfirmed(entry.key)) continue;
      if (oldest === undefined || entry.lastHeard < oldest.lastHeard) oldest = entry;
    }
    if (oldest === undefined) return false;
    this.#routers.delete(oldest.key);
    return true;
  }

  #keepPrefix(entry: RouterEntry, prefix: AdvertisedPrefix): void {
    const key = `${addressKey(prefix.address)}${String.fromCharCode(prefix.prefixLength)}`;
    entry.prefixes.delete(key);
    if (prefix.validLifetime === 0 || entry.prefixes.size >= MAX_PREFIXES) return;
    const validUntil = this.#options.scheduler.now + prefix.validLifetime * 1000;
    entry.prefixes.set(key, {
      prefix: { ...prefix, address: prefix.address.slice() },
      validUntil,
    });
  }

  #cancelOnLink({ address, prefixLength }: AdvertisedPrefix): void {
    for (const { prefixes } of this.#routers.values()) {
      for (const [key, { prefix }] of prefixes) {
        const isSame =
          prefix.isOnLink &&
          prefix.prefixLength === prefixLength &&
          (isSameAddress(prefix.address, address) ||
            prefixMatches(prefix.address, prefixLength, address, 0));
        if (isSame) prefixes.delete(key);
      }
    }
  }

  /** Prefixes and routers whose time is over; a router without lifetime stays for its prefixes. */
  #expire(): void {
    const { now } = this.#options.scheduler;
    for (const [key, entry] of this.#routers) {
      for (const [prefixKey, { validUntil }] of entry.prefixes) {
        if (validUntil <= now) entry.prefixes.delete(prefixKey);
      }
      if (entry.until <= now && entry.prefixes.size === 0) this.#routers.delete(key);
    }
  }
}
