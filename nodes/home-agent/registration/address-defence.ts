/**
 * Addresses of mobile nodes that are away, kept for them on the home link. RFC 6275 section 10.4.1.
 */
import { isLinkLocal } from '../../../dissectors/core/address.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import { linkLocalOf } from '../../interface/link-address.ts';
import type { NetworkInterface } from '../../interface/network-interface.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import { MAX_NEIGHBOR_ADVERTISEMENT, RETRANS_TIMER } from './constants.ts';

/** Bindings of a store that are advertised in one go, and the milliseconds between two goes. */
const PACED = 32;
const PACE = 10;
const INTERFACE_IDENTIFIER = 8;

interface Repetition {
  readonly at: number;
  readonly entry: BindingCacheEntry;
  readonly target: Uint8Array;
  readonly left: number;
}

/** The link-local address that goes with a home address when L is set: same interface identifier. RFC 6275 section 10.3.1. */
export function linkLocalOfHome(homeAddress: Uint8Array): Uint8Array {
  return linkLocalOf(homeAddress.subarray(INTERFACE_IDENTIFIER));
}

/** Defends and advertises. A virtual home link has nobody to be told. */
export class AddressDefence {
  readonly #context: HomeAgentContext;
  readonly #advertisements: number;
  /** First in, first out: all wait equally long. At most `advertisements` for an address that is defended. */
  #repetitions: Repetition[] = [];
  #timer: ScheduledAction | undefined;
  #pacing: ScheduledAction | undefined;

  /** @param context its option `advertisements` counts */
  constructor(context: HomeAgentContext) {
    this.#context = context;
    const { advertisements = MAX_NEIGHBOR_ADVERTISEMENT } = context.options.registration ?? {};
    this.#advertisements = Math.max(1, Math.min(MAX_NEIGHBOR_ADVERTISEMENT, advertisements));
  }

  /** A new binding: its addresses passed duplicate address detection. */
  start(entry: BindingCacheEntry): void {
    this.#defend(entry, entry.homeAddress);
    if (entry.hasLinkLocal) this.#defend(entry, linkLocalOfHome(entry.homeAddress));
  }

  /** An update has changed L or R of a binding. */
  change(entry: BindingCacheEntry, hadLinkLocal: boolean, wasMobileRouter: boolean): void {
    const { homeAddress, hasLinkLocal, isMobileRouter } = entry;
    if (hadLinkLocal && !hasLinkLocal) this.#release(linkLocalOfHome(homeAddress));
    if (isMobileRouter !== wasMobileRouter) this.#defend(entry, homeAddress);
    if (hasLinkLocal && (!hadLinkLocal || isMobileRouter !== wasMobileRouter)) {
      this.#defend(entry, linkLocalOfHome(homeAddress));
    }
  }

  /** A binding has ended. */
  stop({ homeAddress, hasLinkLocal }: BindingCacheEntry): void {
    this.#release(homeAddress);
    if (hasLinkLocal) this.#release(linkLocalOfHome(homeAddress));
  }

  /** Bindings of a store: defended at once, advertised by and by, each once. */
  restore(entries: readonly BindingCacheEntry[]): void {
    for (const entry of entries) {
      const link = this.#linkOf(entry);
      link?.defend(entry.homeAddress, entry.isMobileRouter);
      if (entry.hasLinkLocal) {
        link?.defend(linkLocalOfHome(entry.homeAddress), entry.isMobileRouter);
      }
    }
    let next = 0;
    const go = (): void => {
      for (const entry of entries.slice(next, next + PACED)) {
        if (!this.#isCurrent(entry)) continue;
        this.#advertise(entry, entry.homeAddress);
        if (entry.hasLinkLocal) this.#advertise(entry, linkLocalOfHome(entry.homeAddress));
      }
      next += PACED;
      if (next < entries.length) this.#pacing = this.#context.host.scheduler.after(PACE, go);
    };
    go();
  }

  close(): void {
    this.#timer?.cancel();
    this.#pacing?.cancel();
    this.#repetitions = [];
  }

  #linkOf({ homeAddress }: BindingCacheEntry): NetworkInterface | undefined {
    return this.#context.prefixes.of(homeAddress)?.interface;
  }

  #isCurrent(entry: BindingCacheEntry): boolean {
    return this.#context.host.bindings.find(entry.homeAddress) === entry;
  }

  #defend(entry: BindingCacheEntry, address: Uint8Array): void {
    const link = this.#linkOf(entry);
    if (link === undefined) return;
    // What this node knew of it as a neighbor is no longer so.
    link.forgetNeighbor(address);
    link.defend(address, entry.isMobileRouter);
    this.#advertise(entry, address);
    this.#repeat(entry, address, this.#advertisements - 1);
  }

  #release(address: Uint8Array): void {
    // Its prefix may have gone or have been given to another link: whoever defends it stops.
    for (const link of this.#context.host.interfaces) {
      if (link.isDefending(address)) link.stopDefending(address);
    }
  }

  /** Unsolicited, to all nodes: override what they remember; R for mobile routers only (RFC 3963 section 6.2). */
  #advertise(entry: BindingCacheEntry, target: Uint8Array): void {
    const link = this.#linkOf(entry);
    if (link?.isDefending(target) !== true) return;
    link.advertise({
      target,
      isSolicited: false,
      isOverride: true,
      isRouter: entry.isMobileRouter,
    });
  }

  #repeat(entry: BindingCacheEntry, target: Uint8Array, left: number): void {
    if (left < 1) return;
    const { scheduler } = this.#context.host;
    this.#repetitions.push({ at: scheduler.now + RETRANS_TIMER, entry, target, left });
    this.#timer ??= scheduler.after(RETRANS_TIMER, this.#tick);
  }

  readonly #tick = (): void => {
    const { scheduler } = this.#context.host;
    this.#timer = undefined;
    const due = this.#repetitions.findIndex(({ at }) => at > scheduler.now);
    const now = due < 0 ? this.#repetitions.splice(0) : this.#repetitions.splice(0, due);
    for (const { entry, target, left } of now) {
      const isWanted = !isLinkLocal(target) || entry.hasLinkLocal;
      if (!isWanted || !this.#isCurrent(entry)) continue;
      this.#advertise(entry, target);
      this.#repeat(entry, target, left - 1);
    }
    const next = this.#repetitions[0];
    if (next === undefined) return;
    this.#timer ??= scheduler.after(Math.max(0, next.at - scheduler.now), this.#tick);
  };
}
