/**
 * Bindings that the legacy home agent has confirmed, as a proxy knows them: who may use the tunnel, and from where.
 */
import { addressKey, formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { Scheduler } from '../../engine/ports.ts';
import { BindingCache } from '../binding-cache.ts';
import type { BindingCacheEntry, RemovalReason } from '../binding-cache.ts';
import type { BindingStore } from '../home-agent/binding-store.ts';
import { FormerBindings } from '../home-agent/registration/former-bindings.ts';
import { StoredBindings } from '../home-agent/registration/stored-bindings.ts';
import type { IpsecLayer } from '../ip/ipsec-layer.ts';
import type { NodeLog } from '../node-log.ts';
import type { ProxiedMobileNode } from './proxy-parts.ts';

/** What bindings are made of. */
export interface ProxyBindingsOptions {
  readonly scheduler: Scheduler;
  readonly log: NodeLog;
  readonly homeAgent: Uint8Array;
  readonly outside: IpsecLayer;
  readonly nodes: ReadonlyMap<AddressKey, ProxiedMobileNode>;
  readonly store: BindingStore | undefined;
}

/** A registration that the legacy home agent has accepted. */
export interface ConfirmedRegistration {
  readonly homeAddress: Uint8Array;
  readonly careOfAddress: Uint8Array;
  readonly sequence: number;
  /** Seconds granted, more than 0. */
  readonly lifetime: number;
  readonly hasLinkLocal: boolean;
}

const NOBODY: ReadonlySet<AddressKey> = new Set();

/** One binding a configured mobile node at most: the table is bounded by the configuration. */
export class ProxyBindings {
  readonly former: FormerBindings;
  readonly #options: ProxyBindingsOptions;
  readonly #cache: BindingCache;
  readonly #stored: StoredBindings;
  /** Home addresses at a care-of address. */
  readonly #atCareOf = new Map<AddressKey, Set<AddressKey>>();

  constructor(options: ProxyBindingsOptions) {
    const { scheduler, nodes, store } = options;
    this.#options = options;
    this.#stored = new StoredBindings(store, scheduler);
    this.#cache = new BindingCache({ scheduler, homeCapacity: nodes.size });
    this.former = new FormerBindings(scheduler, Math.max(1, nodes.size), (homeAddress) => {
      this.#stored.remove(homeAddress);
    });
    this.#cache.onRemoval((entry, reason) => {
      this.#removed(entry, reason);
    });
  }

  get size(): number {
    return this.#cache.homeRegistrations;
  }

  all(): Iterable<BindingCacheEntry> {
    return this.#cache.entries();
  }

  find(homeAddress: Uint8Array): BindingCacheEntry | undefined {
    return this.#cache.find(homeAddress);
  }

  /** Whether the home address is registered at this care-of address. */
  isAt(homeAddress: Uint8Array, careOfAddress: Uint8Array): boolean {
    return isSameAddress(this.find(homeAddress)?.careOfAddress, careOfAddress);
  }

  /** Home addresses registered at a care-of address: a mobile node may have several. */
  *atCareOf(careOfAddress: Uint8Array): Iterable<BindingCacheEntry> {
    for (const key of this.#atCareOf.get(addressKey(careOfAddress)) ?? NOBODY) {
      const node = this.#options.nodes.get(key);
      const entry = node === undefined ? undefined : this.find(node.policy.homeAddress);
      if (entry !== undefined) yield entry;
    }
  }

  /** Number accepted last, of a binding or of one that has just ended. */
  lastSequence(homeAddress: Uint8Array): number | undefined {
    return (this.find(homeAddress) ?? this.former.find(homeAddress))?.sequence;
  }

  /** Writes a binding, before the mobile node hears of it. RFC 3776 section 4.3: here alone the tunnel follows. */
  confirm(confirmed: ConfirmedRegistration): void {
    const { scheduler, homeAgent } = this.#options;
    const { homeAddress, careOfAddress, sequence, lifetime, hasLinkLocal } = confirmed;
    const before = this.find(homeAddress);
    if (before === undefined) {
      // One that is past its end and not yet swept away goes first.
      this.#cache.remove(homeAddress, 'expired');
      this.former.forget(homeAddress);
    } else this.#unlink(before);
    const entry: BindingCacheEntry = {
      homeAddress,
      careOfAddress,
      isHomeRegistration: true,
      localAddress: homeAgent,
      sequence,
      lifetime,
      hasLinkLocal,
      registeredAt: scheduler.now,
      expiresAt: scheduler.now + lifetime * 1000,
      hasKeyMobility: false,
      isMobileRouter: false,
      usedAt: 0,
    };
    this.#take(entry);
    this.#stored.save(entry);
    this.#tell(before === undefined ? 'binding-registered' : 'binding-refreshed', entry);
  }

  /** The legacy home agent has refused an update: its number counts all the same. RFC 6275 section 9.5.1. */
  refused(homeAddress: Uint8Array, sequence: number): void {
    const entry = this.find(homeAddress);
    if (entry === undefined) return;
    entry.sequence = sequence;
    this.#stored.save(entry);
  }

  /** The legacy home agent has let a binding go, or had none. */
  deregistered(homeAddress: Uint8Array, sequence: number): void {
    const entry = this.find(homeAddress);
    if (entry === undefined) {
      this.former.remember(homeAddress.slice(), sequence);
      return;
    }
    entry.sequence = sequence;
    this.#cache.remove(homeAddress, 'deregistered');
  }

  /** Ends a binding here; the legacy home agent is not told. @returns whether there was one */
  remove(homeAddress: Uint8Array): boolean {
    if (this.find(homeAddress) === undefined) return false;
    this.#cache.remove(homeAddress, 'revoked');
    return true;
  }

  /** Takes up what a store has kept; what is not configured any more is forgotten. Once, before the first packet. */
  restore(): void {
    const { nodes, log } = this.#options;
    const loaded = this.#stored.load();
    let count = 0;
    for (const entry of loaded.bindings) {
      if (!entry.isHomeRegistration || !nodes.has(addressKey(entry.homeAddress))) {
        this.#stored.remove(entry.homeAddress);
        continue;
      }
      this.#take(entry);
      count++;
    }
    for (const { record, seconds } of loaded.former) {
      this.former.remember(record.homeAddress, record.sequence, seconds);
    }
    if (count > 0) log({ level: 'info', event: 'bindings-restored', details: { count } });
  }

  /** Stops timers. */
  close(): void {
    this.#cache.close();
    this.former.close();
  }

  #take(entry: BindingCacheEntry): void {
    const { homeAddress, careOfAddress } = entry;
    this.#cache.set(entry);
    const key = addressKey(careOfAddress);
    const homes = this.#atCareOf.get(key);
    if (homes === undefined) this.#atCareOf.set(key, new Set([addressKey(homeAddress)]));
    else homes.add(addressKey(homeAddress));
    this.#moveTunnel(homeAddress, careOfAddress);
  }

  #unlink({ homeAddress, careOfAddress }: BindingCacheEntry): void {
    const key = addressKey(careOfAddress);
    const homes = this.#atCareOf.get(key);
    homes?.delete(addressKey(homeAddress));
    if (homes?.size === 0) this.#atCareOf.delete(key);
  }

  #moveTunnel(homeAddress: Uint8Array, careOfAddress: Uint8Array | undefined): void {
    const { outside, nodes, homeAgent } = this.#options;
    const legacy = nodes.get(addressKey(homeAddress))?.legacy;
    if (careOfAddress === undefined) {
      outside.moveTunnel(homeAddress, undefined);
      legacy?.moveTunnel(homeAddress, undefined);
      return;
    }
    outside.moveTunnel(homeAddress, { local: homeAgent, remote: careOfAddress, homeAddress });
    legacy?.moveTunnel(homeAddress, { local: careOfAddress, remote: homeAgent, homeAddress });
  }

  #removed(entry: BindingCacheEntry, reason: RemovalReason): void {
    const { homeAddress, sequence } = entry;
    this.#unlink(entry);
    if (reason === 'deregistered') {
      this.former.remember(homeAddress, sequence);
      this.#stored.saveDeleted(entry);
    } else this.#stored.remove(homeAddress);
    this.#moveTunnel(homeAddress, undefined);
    const details = { homeAddress: formatAddress(homeAddress), reason };
    this.#options.log({ level: 'info', event: 'binding-removed', details });
  }

  #tell(event: string, entry: BindingCacheEntry): void {
    const { homeAddress, careOfAddress, sequence, lifetime } = entry;
    this.#options.log({
      level: 'info',
      event,
      details: {
        homeAddress: formatAddress(homeAddress),
        careOfAddress: formatAddress(careOfAddress),
        sequence,
        lifetime,
      },
    });
  }
}
