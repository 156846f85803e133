/**
 * Bindings between the cache and a store. RFC 6275 section 10.3.1 leaves nonvolatile storage to the home agent.
 */
import type { Scheduler } from '../../../engine/ports.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { BindingStore, StoredBinding } from '../binding-store.ts';
import { MAX_DELETE_BCE_TIMEOUT } from './constants.ts';

/** What was stored, sorted by what is left of it. */
export interface LoadedBindings {
  readonly bindings: BindingCacheEntry[];
  /** De-registered ones, with the seconds that their sequence numbers still count. */
  readonly former: { readonly record: StoredBinding; readonly seconds: number }[];
}

/** Writes records of a store that may be missing. */
export class StoredBindings {
  readonly #store: BindingStore | undefined;
  readonly #scheduler: Scheduler;

  constructor(store: BindingStore | undefined, scheduler: Scheduler) {
    this.#store = store;
    this.#scheduler = scheduler;
  }

  /** Whether bindings outlast the machine. */
  get isNonVolatile(): boolean {
    return this.#store?.isNonVolatile ?? false;
  }

  /** A binding as it is now. */
  save(entry: BindingCacheEntry): void {
    if (this.#store === undefined) return;
    const { now, wallClock } = this.#scheduler;
    this.#store.save({
      ...recordOf(entry),
      expiresAt: wallClock + (entry.expiresAt - now) / 1000,
      isDeleted: false,
    });
  }

  /** A binding that was de-registered. */
  saveDeleted(entry: BindingCacheEntry): void {
    if (this.#store === undefined) return;
    const expiresAt = this.#scheduler.wallClock + MAX_DELETE_BCE_TIMEOUT;
    this.#store.save({ ...recordOf(entry), expiresAt, isDeleted: true });
  }

  remove(homeAddress: Uint8Array): void {
    this.#store?.remove(homeAddress);
  }

  /** What is not over yet. What is, is removed. */
  load(): LoadedBindings {
    const loaded: LoadedBindings = { bindings: [], former: [] };
    const { now, wallClock } = this.#scheduler;
    for (const record of this.#store?.load() ?? []) {
      // A clock that was set back must not make it live longer than it was granted.
      const longest = record.isDeleted ? MAX_DELETE_BCE_TIMEOUT : record.lifetime;
      const seconds = Math.min(record.expiresAt - wallClock, longest);
      if (!(seconds > 0)) this.remove(record.homeAddress);
      else if (record.isDeleted) loaded.former.push({ record, seconds });
      else loaded.bindings.push(entryOf(record, now, seconds));
    }
    return loaded;
  }
}

function recordOf(entry: BindingCacheEntry): Omit<StoredBinding, 'expiresAt' | 'isDeleted'> {
  const { homeAddress, careOfAddress, localAddress, sequence, lifetime } = entry;
  const { hasLinkLocal, hasKeyMobility, isMobileRouter, careOfAddresses } = entry;
  return {
    homeAddress,
    careOfAddress,
    localAddress,
    sequence,
    lifetime,
    hasLinkLocal,
    hasKeyMobility,
    isMobileRouter,
    careOfAddresses,
  };
}

function entryOf(record: StoredBinding, now: number, seconds: number): BindingCacheEntry {
  const { careOfAddresses, lifetime } = record;
  const { homeAddress, careOfAddress, localAddress, sequence } = record;
  const { hasLinkLocal, hasKeyMobility, isMobileRouter } = record;
  const expiresAt = now + seconds * 1000;
  return {
    homeAddress,
    careOfAddress,
    isHomeRegistration: true,
    localAddress,
    sequence,
    lifetime,
    registeredAt: expiresAt - lifetime * 1000,
    expiresAt,
    hasLinkLocal,
    hasKeyMobility,
    isMobileRouter,
    usedAt: 0,
    ...(careOfAddresses === undefined ? {} : { careOfAddresses }),
  };
}
