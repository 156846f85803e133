/**
 * Binding cache of a node: what mobile nodes have registered with it. RFC 6275 sections 9.1 and 10.1.
 */
import { addressKey } from '../dissectors/core/address.ts';
import type { AddressKey } from '../dissectors/core/address.ts';
import type { ScheduledAction, Scheduler } from '../engine/ports.ts';

/** A binding. One object per home address; changed in place. */
export interface BindingCacheEntry {
  readonly homeAddress: Uint8Array;
  careOfAddress: Uint8Array;
  /** Home registration, or that of a correspondent. */
  readonly isHomeRegistration: boolean;
  /** Address of this node that the Binding Update was sent to. */
  localAddress: Uint8Array;
  /** Sequence number accepted last, 0..65535. */
  sequence: number;
  /** Seconds granted. */
  lifetime: number;
  /** Milliseconds of the scheduler. */
  registeredAt: number;
  expiresAt: number;
  /** Link-local address compatibility (L). */
  hasLinkLocal: boolean;
  /** Key management mobility capability (K). */
  hasKeyMobility: boolean;
  /** Mobile router (R). RFC 3963. */
  isMobileRouter: boolean;
  /** When a payload packet used it last, milliseconds; 0 = never. */
  usedAt: number;
  /** Further care-of addresses by Binding Identifier. RFC 5648. */
  careOfAddresses?: ReadonlyMap<number, Uint8Array>;
}

/** Why an entry goes. */
export type RemovalReason = 'expired' | 'deregistered' | 'evicted' | 'revoked' | 'unreachable';

/** Told before an entry is gone. */
export type RemovalListener = (entry: BindingCacheEntry, reason: RemovalReason) => void;

/** How the cache is bounded. */
export interface BindingCacheOptions {
  readonly scheduler: Scheduler;
  /** Home registrations; more are refused with status 130, never evicted. RFC 6275 section 10.3.1. */
  readonly homeCapacity?: number;
  /** Bindings of a correspondent; the least recently used goes for a new one. RFC 6275 section 9.6. */
  readonly correspondentCapacity?: number;
}

/** Entries whose end is looked after by one timer. */
export class BindingCache {
  readonly homeCapacity: number;
  readonly correspondentCapacity: number;
  readonly #scheduler: Scheduler;
  readonly #entries = new Map<AddressKey, BindingCacheEntry>();
  readonly #listeners: RemovalListener[] = [];
  /** Entries by the second in which they end, so that a hundred thousand need one timer. */
  readonly #ends = new Map<number, Set<AddressKey>>();
  /** Keys of correspondents' bindings, least recently used first: home registrations are not gone through for room. */
  readonly #byUse = new Set<AddressKey>();
  /** The second that an entry stands under: `expiresAt` may have changed since. */
  readonly #secondOf = new Map<AddressKey, number>();
  #homeRegistrations = 0;
  #timer: ScheduledAction | undefined;
  /** The second that the timer waits for; Infinity without timer. */
  #nextSecond = Infinity;

  constructor({
    scheduler,
    homeCapacity = 100_000,
    correspondentCapacity = 4096,
  }: BindingCacheOptions) {
    this.#scheduler = scheduler;
    this.homeCapacity = homeCapacity;
    this.correspondentCapacity = correspondentCapacity;
  }

  get homeRegistrations(): number {
    return this.#homeRegistrations;
  }

  get correspondents(): number {
    return this.#entries.size - this.#homeRegistrations;
  }

  entries(): Iterable<BindingCacheEntry> {
    return this.#entries.values();
  }

  /** The binding of a home address; an entry past its end is none. */
  find(homeAddress: Uint8Array): BindingCacheEntry | undefined {
    const entry = this.#entries.get(addressKey(homeAddress));
    return entry === undefined || entry.expiresAt <= this.#scheduler.now ? undefined : entry;
  }

  onRemoval(listener: RemovalListener): void {
    this.#listeners.push(listener);
  }

  /** Whether there is room for one more; for correspondents there always is, by eviction. */
  hasRoom(isHomeRegistration: boolean): boolean {
    return isHomeRegistration
      ? this.#homeRegistrations < this.homeCapacity
      : this.correspondentCapacity > 0;
  }

  /** Writes an entry, new or known. The caller has checked `hasRoom` for a new one. */
  set(entry: BindingCacheEntry): void {
    const key = addressKey(entry.homeAddress);
    const before = this.#entries.get(key);
    if (before !== undefined) {
      this.#forgetEnd(key);
      if (before.isHomeRegistration) this.#homeRegistrations--;
    } else if (!entry.isHomeRegistration && this.correspondents >= this.correspondentCapacity) {
      this.#evict();
    }
    this.#entries.set(key, entry);
    this.#byUse.delete(key);
    if (entry.isHomeRegistration) this.#homeRegistrations++;
    else this.#byUse.add(key);
    this.#noteEnd(key, entry);
  }

  /** Notes that payload used a binding: the least recently used correspondent's goes first. */
  touch(entry: BindingCacheEntry): void {
    entry.usedAt = this.#scheduler.now;
    if (entry.isHomeRegistration) return;
    const key = addressKey(entry.homeAddress);
    if (this.#byUse.delete(key)) this.#byUse.add(key);
  }

  /** The correspondent's binding that `set` would evict for a new one. */
  leastRecentlyUsed(): BindingCacheEntry | undefined {
    const [key] = this.#byUse;
    return key === undefined ? undefined : this.#entries.get(key);
  }

  remove(homeAddress: Uint8Array, reason: RemovalReason): void {
    const key = addressKey(homeAddress);
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#remove(key, entry, reason);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #remove(key: AddressKey, entry: BindingCacheEntry, reason: RemovalReason): void {
    this.#entries.delete(key);
    this.#byUse.delete(key);
    this.#forgetEnd(key);
    if (entry.isHomeRegistration) this.#homeRegistrations--;
    for (const listener of this.#listeners) listener(entry, reason);
  }

  #evict(): void {
    const entry = this.leastRecentlyUsed();
    if (entry !== undefined) this.#remove(addressKey(entry.homeAddress), entry, 'evicted');
  }

  #noteEnd(key: AddressKey, entry: BindingCacheEntry): void {
    const second = Math.ceil(entry.expiresAt / 1000);
    this.#secondOf.set(key, second);
    const keys = this.#ends.get(second);
    if (keys === undefined) this.#ends.set(second, new Set([key]));
    else keys.add(key);
    this.#wakeAt(second);
  }

  /** One timer, for the second in which the next entry ends. */
  #wakeAt(second: number): void {
    if (second >= this.#nextSecond) return;
    this.#timer?.cancel();
    this.#nextSecond = second;
    this.#timer = this.#scheduler.after(
      Math.max(0, second * 1000 - this.#scheduler.now),
      this.#sweep,
    );
  }

  #forgetEnd(key: AddressKey): void {
    const second = this.#secondOf.get(key);
    if (second === undefined) return;
    this.#secondOf.delete(key);
    const keys = this.#ends.get(second);
    keys?.delete(key);
    if (keys?.size === 0) this.#ends.delete(second);
  }

  readonly #sweep = (): void => {
    const now = this.#scheduler.now;
    this.#timer = undefined;
    this.#nextSecond = Infinity;
    for (const [second, keys] of [...this.#ends]) {
      if (second * 1000 > now) continue;
      for (const key of [...keys]) {
        const entry = this.#entries.get(key);
        if (entry !== undefined) this.#remove(key, entry, 'expired');
      }
    }
    let next = Infinity;
    for (const second of this.#ends.keys()) if (second < next) next = second;
    if (next < Infinity) this.#wakeAt(next);
  };
}
