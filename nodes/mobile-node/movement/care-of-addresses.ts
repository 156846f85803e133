/**
 * Care-of addresses of one interface: formed from the prefixes of its router, checked for duplicates, given up with the
 * link. RFC 6275 section 11.5.3, RFC 4862 sections 5.4 and 5.5.3.
 */
import { addressKey, formatAddress, prefixMatches } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import type { LogLevel } from '../../node-log.ts';
import type { RandomSource, Scheduler } from '../../../engine/ports.ts';
import { UNSPECIFIED, addressOf, interfaceIdentifierOf } from '../../interface/link-address.ts';
import type { AdvertisedPrefix, NetworkInterface } from '../../interface/network-interface.ts';

/** Bits that an interface identifier goes with. RFC 4291 section 2.5.1. */
const PREFIX_BITS = 64;
/** Care-of addresses of one interface; prefixes beyond them are not used. */
const MAX_ADDRESSES = 8;
/** Tries with other identifiers after a duplicate: IDGEN_RETRIES of RFC 7217 section 8. */
const MAX_TRIES = 3;
/** Nobody who is not authenticated shortens a lifetime to less, milliseconds. RFC 4862 section 5.5.3 (e). */
const TWO_HOURS = 2 * 3_600_000;

/** What care-of addresses are made with. */
export interface CareOfAddressesOptions {
  readonly interface: NetworkInterface;
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly identifiers: 'eui-64' | 'random';
  readonly detection: 'before' | 'optimistic';
  readonly tell: (
    level: LogLevel,
    event: string,
    details: Readonly<Record<string, string | number | boolean>>,
  ) => void;
  /** An address can be used, or not any more. */
  readonly onChange: () => void;
}

/** A care-of address, or one that wants to be. */
export interface CareOfAddress {
  readonly address: Uint8Array;
  readonly isUsable: boolean;
  readonly isDeprecated: boolean;
  /** Milliseconds of the scheduler. */
  readonly validUntil: number;
}

interface Entry {
  readonly address: Uint8Array;
  state: 'tentative' | 'preferred' | 'deprecated';
  /** The home agent did not want it. */
  isRefused: boolean;
  validUntil: number;
  tries: number;
}

/** Care-of addresses of one interface. */
export class CareOfAddresses {
  readonly #options: CareOfAddressesOptions;
  readonly #entries = new Map<AddressKey, Entry>();

  constructor(options: CareOfAddressesOptions) {
    this.#options = options;
    options.interface.onAddressChange((address, state) => {
      this.#changed(address, state);
    });
  }

  /** All, oldest first. */
  get views(): CareOfAddress[] {
    return [...this.#entries.values()].map(({ address, state, isRefused, validUntil }) => ({
      address,
      isUsable: state !== 'tentative' && !isRefused,
      isDeprecated: state === 'deprecated',
      validUntil,
    }));
  }

  /** Prefixes of the router in use. */
  heard(prefixes: readonly AdvertisedPrefix[]): void {
    for (const prefix of prefixes) {
      const { isAutonomous, prefixLength, preferredLifetime, validLifetime } = prefix;
      if (!isAutonomous || prefixLength !== PREFIX_BITS || preferredLifetime > validLifetime)
        continue;
      const formed = [...this.#entries.values()].filter(({ address }) =>
        prefixMatches(prefix.address, PREFIX_BITS, address, 0),
      );
      if (formed.length > 0) for (const entry of formed) this.#renew(entry, prefix);
      else if (validLifetime > 0) this.#form(prefix, this.#identifier(0), 0);
    }
  }

  /** The home agent says that an address is none for it (status 174). */
  refuse(address: Uint8Array): void {
    const entry = this.#entries.get(addressKey(address));
    if (entry !== undefined) entry.isRefused = true;
  }

  /** Gives up all addresses but those of the prefixes. RFC 6275 section 11.5.4. */
  keepOnly(prefixes: readonly AdvertisedPrefix[]): void {
    for (const { address } of [...this.#entries.values()]) {
      const isKept = prefixes.some(
        ({ address: prefix, prefixLength, validLifetime }) =>
          validLifetime > 0 && prefixMatches(prefix, prefixLength, address, 0),
      );
      if (!isKept) this.#remove(address);
    }
  }

  #identifier(tries: number): Uint8Array {
    const { identifiers, interface: link, random } = this.#options;
    if (identifiers === 'eui-64' && tries === 0)
      return interfaceIdentifierOf(link.linkLayerAddress);
    const octets = random.octets(8);
    // Neither universal nor a group: RFC 4291 section 2.5.1.
    octets[0] = (octets[0] ?? 0) & 0xfc;
    return octets;
  }

  #form(prefix: AdvertisedPrefix, identifier: Uint8Array, tries: number): void {
    const { interface: link, scheduler, detection } = this.#options;
    if (this.#entries.size >= MAX_ADDRESSES) return;
    const address = addressOf(prefix.address, identifier);
    const { preferredLifetime, validLifetime } = prefix;
    this.#entries.set(addressKey(address), {
      address,
      state: 'tentative',
      isRefused: false,
      validUntil: scheduler.now + validLifetime * 1000,
      tries,
    });
    // RFC 6275 section 11.5.3: without the delay of RFC 4862 section 5.4.2. What is on the link is for its router to say.
    link.addAddress(address, {
      prefixLength: 128,
      preferredLifetime,
      validLifetime,
      detection: detection === 'before' ? 'probe' : 'skip',
    });
    if (detection === 'optimistic') link.solicit({ target: address, source: UNSPECIFIED });
  }

  #renew(entry: Entry, { preferredLifetime, validLifetime }: AdvertisedPrefix): void {
    const { interface: link, scheduler } = this.#options;
    const { now } = scheduler;
    const remaining = entry.validUntil - now;
    const advertised = validLifetime * 1000;
    let valid = remaining;
    if (advertised > TWO_HOURS || advertised > remaining) valid = advertised;
    else if (remaining > TWO_HOURS) valid = TWO_HOURS;
    entry.validUntil = now + valid;
    link.addAddress(entry.address, {
      prefixLength: 128,
      preferredLifetime: Math.min(preferredLifetime, valid / 1000),
      validLifetime: valid / 1000,
    });
  }

  #remove(address: Uint8Array): void {
    // The interface tells that it is removed.
    this.#options.interface.removeAddress(address);
  }

  #changed(address: Uint8Array, state: string): void {
    const key = addressKey(address);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (state === 'preferred' || state === 'deprecated') {
      entry.state = state;
    } else if (state === 'removed') {
      this.#entries.delete(key);
    } else if (state === 'duplicate') {
      this.#entries.delete(key);
      this.#options.interface.removeAddress(address);
      this.#another(entry);
    }
    this.#options.onChange();
  }

  /** RFC 6275 section 11.5.3, RFC 4862 section 5.4.5: a duplicate is never used. */
  #another({ address, tries, validUntil }: Entry): void {
    const { tell, scheduler } = this.#options;
    tell('warn', 'care-of-address-duplicate', { address: formatAddress(address) });
    if (tries >= MAX_TRIES) return;
    const lifetime = (validUntil - scheduler.now) / 1000;
    const prefix: AdvertisedPrefix = {
      address,
      prefixLength: PREFIX_BITS,
      isOnLink: false,
      isAutonomous: true,
      isRouterAddress: false,
      preferredLifetime: lifetime,
      validLifetime: lifetime,
    };
    this.#form(prefix, this.#identifier(tries + 1), tries + 1);
  }
}
