/**
 * Addresses formed from advertised prefixes. RFC 4862 section 5.5.3.
 *
 * Bounded against whoever shares the link: at most MAX_AUTOCONFIGURED addresses; when there are as many, only a router
 * that answered a solicitation gets another one, in place of one whose router did not.
 */
import { addressKey, prefixMatches } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { RandomSource, Scheduler } from '../../engine/ports.ts';
import { randomBetween } from '../random-number.ts';
import type { AddressTable, TableEntry } from './address-table.ts';
import { addressOf } from './link-address.ts';
import type { AdvertisedPrefix } from './network-interface.ts';

/** Addresses formed from prefixes at most. */
export const MAX_AUTOCONFIGURED = 16;

/** Bits of a prefix that an interface identifier of 64 bits goes with. RFC 2464 section 5. */
const PREFIX_BITS = 64;
/** Nobody can take an address away in less, milliseconds. RFC 4862 section 5.5.3 (e). */
const TWO_HOURS = 2 * 3_600_000;
/** MAX_RTR_SOLICITATION_DELAY, milliseconds. RFC 4861 section 10. */
const MAX_DELAY = 1000;

/** What autoconfiguration asks of its interface. */
export interface AutoconfigurationOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly table: AddressTable;
  /** 8 octets. */
  readonly identifier: Uint8Array;
  /** Random delay before detection of what a multicast advertisement asked for. RFC 4862 section 5.4.2 */
  readonly usesDelays: boolean;
  /** Whether the router answered a solicitation and was not given up since. */
  readonly isConfirmed: (router: AddressKey) => boolean;
}

/** Autoconfiguration of one interface. */
export class Autoconfiguration {
  readonly #options: AutoconfigurationOptions;
  /** Router that an address came from last. */
  readonly #advertisers = new Map<AddressKey, AddressKey>();

  constructor(options: AutoconfigurationOptions) {
    this.#options = options;
  }

  /**
   * Prefixes of one advertisement.
   * @param isMulticast the advertisement was for all nodes
   */
  heard(prefixes: readonly AdvertisedPrefix[], router: Uint8Array, isMulticast: boolean): void {
    const key = addressKey(router);
    for (const prefix of prefixes) {
      const { preferredLifetime, validLifetime } = prefix;
      if (!prefix.isAutonomous || preferredLifetime > validLifetime) continue;
      if (prefix.prefixLength !== PREFIX_BITS) continue;
      const formed = this.#formedFrom(prefix);
      if (formed.length > 0) {
        for (const entry of formed) this.#renew(entry, prefix, key);
      } else if (validLifetime > 0) {
        this.#form(prefix, key, isMulticast);
      }
    }
  }

  #formedFrom(prefix: AdvertisedPrefix): TableEntry[] {
    return [...this.#options.table.entries].filter(
      (entry) =>
        entry.isAutoconfigured && prefixMatches(prefix.address, PREFIX_BITS, entry.address, 0),
    );
  }

  #form(prefix: AdvertisedPrefix, router: AddressKey, isMulticast: boolean): void {
    const { table, random, usesDelays, identifier } = this.#options;
    const address = addressOf(prefix.address, identifier);
    const key = addressKey(address);
    // Configured by hand already.
    if (table.get(key) !== undefined || !this.#makeRoom(router)) return;
    this.#advertisers.set(key, router);
    table.add(address, {
      prefixLength: prefix.prefixLength,
      preferredLifetime: prefix.preferredLifetime,
      validLifetime: prefix.validLifetime,
      isAutoconfigured: true,
      delay: usesDelays && isMulticast ? randomBetween(random, 0, MAX_DELAY) : 0,
    });
  }

  /** RFC 4862 section 5.5.3 (e): the preferred lifetime always, the valid one within limits. */
  #renew(entry: TableEntry, prefix: AdvertisedPrefix, router: AddressKey): void {
    const { scheduler, table } = this.#options;
    this.#advertisers.set(addressKey(entry.address), router);
    const { now } = scheduler;
    const remaining = entry.validUntil - now;
    const advertised = prefix.validLifetime * 1000;
    let valid = remaining;
    if (advertised > TWO_HOURS || advertised > remaining) valid = advertised;
    else if (remaining > TWO_HOURS) valid = TWO_HOURS;
    table.setLifetimes(entry, now + prefix.preferredLifetime * 1000, now + valid);
  }

  #makeRoom(router: AddressKey): boolean {
    const { table, isConfirmed } = this.#options;
    const formed = [...table.entries].filter(({ isAutoconfigured }) => isAutoconfigured);
    const keys = new Set(formed.map(({ address }) => addressKey(address)));
    for (const key of this.#advertisers.keys()) {
      if (!keys.has(key)) this.#advertisers.delete(key);
    }
    if (formed.length < MAX_AUTOCONFIGURED) return true;
    if (!isConfirmed(router)) return false;
    const spare = formed.find(({ address }) => {
      const advertiser = this.#advertisers.get(addressKey(address));
      return advertiser === undefined || !isConfirmed(advertiser);
    });
    if (spare === undefined) return false;
    table.remove(spare.address);
    return true;
  }
}
