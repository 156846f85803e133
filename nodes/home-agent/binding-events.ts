/**
 * What becomes of home registrations, for whoever depends on them.
 */
import type { BindingCacheEntry, RemovalReason } from '../binding-cache.ts';

/** A mobile node has a binding that it did not have before, or got it back from a store. */
export type RegisteredListener = (entry: BindingCacheEntry) => void;
/** A binding was refreshed; `previousCareOfAddress` differs from the entry's when the mobile node has moved. */
export type MovedListener = (entry: BindingCacheEntry, previousCareOfAddress: Uint8Array) => void;
/** A binding has ended. */
export type DeregisteredListener = (entry: BindingCacheEntry, reason: RemovalReason) => void;

/** Listeners in the order in which they asked. Told after the binding cache and IPsec have changed. */
export class BindingEvents {
  readonly #registered: RegisteredListener[] = [];
  readonly #refreshed: MovedListener[] = [];
  readonly #moved: MovedListener[] = [];
  readonly #deregistered: DeregisteredListener[] = [];

  onRegistered(listener: RegisteredListener): void {
    this.#registered.push(listener);
  }

  /** Every accepted update of a binding that exists, moved or not. */
  onRefreshed(listener: MovedListener): void {
    this.#refreshed.push(listener);
  }

  onMoved(listener: MovedListener): void {
    this.#moved.push(listener);
  }

  onDeregistered(listener: DeregisteredListener): void {
    this.#deregistered.push(listener);
  }

  /** For registrations. */
  tellRegistered(entry: BindingCacheEntry): void {
    for (const listener of this.#registered) listener(entry);
  }

  /** For registrations. */
  tellRefreshed(
    entry: BindingCacheEntry,
    previousCareOfAddress: Uint8Array,
    hasMoved: boolean,
  ): void {
    for (const listener of this.#refreshed) listener(entry, previousCareOfAddress);
    if (!hasMoved) return;
    for (const listener of this.#moved) listener(entry, previousCareOfAddress);
  }

  /** For registrations. */
  tellDeregistered(entry: BindingCacheEntry, reason: RemovalReason): void {
    for (const listener of this.#deregistered) listener(entry, reason);
  }
}
