/**
 * Prefixes that a home agent takes home addresses from, with lifetimes that run down. RFC 6275 sections 10.3.1 and 10.6.
 */
import { formatPrefix, isSameAddress, prefixMatches } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { Scheduler } from '../../engine/ports.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';

/** A prefix that home addresses are taken from. RFC 6275 section 7.2. */
export interface HomePrefixOptions {
  readonly prefix: Prefix;
  /** The home link; undefined = virtual: nobody is on it but mobile nodes away from home. */
  readonly interface: NetworkInterface | undefined;
  /** Global address of this home agent in the prefix, 16 octets. */
  readonly agentAddress: Uint8Array;
  /** Seconds from now; default Infinity. */
  readonly validLifetime?: number;
  readonly preferredLifetime?: number;
  /** L and A of its prefix information options; default true. */
  readonly isOnLink?: boolean;
  readonly isAutonomous?: boolean;
}

/** A prefix of a home link. */
export interface HomePrefix {
  readonly prefix: Prefix;
  /** undefined = virtual home link. */
  readonly interface: NetworkInterface | undefined;
  /** Global address of the home agent in it. */
  readonly agentAddress: Uint8Array;
  readonly isOnLink: boolean;
  readonly isAutonomous: boolean;
  /** Milliseconds of the scheduler; Infinity without end. */
  readonly validUntil: number;
  readonly preferredUntil: number;
}

/** Seconds left of a prefix, never negative. */
export interface RemainingLifetimes {
  readonly valid: number;
  readonly preferred: number;
}

/** Told when a prefix came, went or got other lifetimes. `before` undefined = it is new. */
export type PrefixListener = (prefix: HomePrefix, before: HomePrefix | undefined) => void;

/** The table. A handful of rows, set by configuration and by renumbering. */
export class HomePrefixes {
  readonly #scheduler: Scheduler;
  #prefixes: readonly HomePrefix[] = [];
  readonly #listeners: PrefixListener[] = [];

  constructor(scheduler: Scheduler, prefixes: readonly HomePrefixOptions[]) {
    this.#scheduler = scheduler;
    for (const each of prefixes) this.set(each);
  }

  /** Rows, those whose valid lifetime is over included: they are announced with lifetime 0. */
  get all(): readonly HomePrefix[] {
    return this.#prefixes;
  }

  /** The longest valid prefix that an address belongs to. */
  of(address: Uint8Array): HomePrefix | undefined {
    let found: HomePrefix | undefined;
    for (const each of this.#prefixes) {
      const { bytes, length } = each.prefix;
      if (each.validUntil <= this.#scheduler.now) continue;
      if (!prefixMatches(bytes, length, address, 0)) continue;
      if (found === undefined || found.prefix.length < length) found = each;
    }
    return found;
  }

  remaining({ validUntil, preferredUntil }: HomePrefix): RemainingLifetimes {
    const { now } = this.#scheduler;
    return {
      valid: Math.max(0, (validUntil - now) / 1000),
      preferred: Math.max(0, (Math.min(preferredUntil, validUntil) - now) / 1000),
    };
  }

  /** A new prefix, or other values for one that is known. Lifetimes are seconds from now. */
  set(options: HomePrefixOptions): void {
    const { prefix, validLifetime = Infinity, isOnLink = true, isAutonomous = true } = options;
    const preferredLifetime = options.preferredLifetime ?? validLifetime;
    const { now } = this.#scheduler;
    const row: HomePrefix = {
      prefix,
      interface: options.interface,
      agentAddress: options.agentAddress,
      isOnLink,
      isAutonomous,
      validUntil: now + validLifetime * 1000,
      preferredUntil: now + Math.min(preferredLifetime, validLifetime) * 1000,
    };
    const before = this.#prefixes.find((each) => isSamePrefix(each.prefix, prefix));
    this.#prefixes = [...this.#prefixes.filter((each) => each !== before), row];
    for (const listener of this.#listeners) listener(row, before);
  }

  onChange(listener: PrefixListener): void {
    this.#listeners.push(listener);
  }
}

function isSamePrefix(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && isSameAddress(a.bytes, b.bytes);
}

/** A prefix as text. */
export function prefixText({ prefix }: HomePrefix): string {
  return formatPrefix(prefix);
}
