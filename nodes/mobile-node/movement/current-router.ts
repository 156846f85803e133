/**
 * The router that an interface is attached to, and whether an advertisement is its. RFC 6275 section 11.5.1: link-local
 * addresses of routers are not unique beyond their link.
 */
import { addressKey, isSameAddress, prefixMatches } from '../../../dissectors/core/address.ts';
import { equalBytes } from '../../../dissectors/core/bytes.ts';
import { findNdOption } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';
import type { AdvertisedPrefix, LinkMessage } from '../../interface/network-interface.ts';
import { advertisedPrefixes } from '../../interface/router-list.ts';

/** A router advertisement as movement detection sees it. */
export interface HeardAdvertisement {
  readonly packet: LinkMessage;
  readonly message: Icmpv6MessageOf<'router-advertisement'>;
  readonly prefixes: readonly AdvertisedPrefix[];
  /** Milliseconds of the scheduler. */
  readonly at: number;
}

/** Prefixes of one router that are remembered. */
const MAX_PREFIXES = 32;

/** An advertisement that an interface has accepted; its octets are kept. */
export function heardAdvertisement(
  packet: LinkMessage,
  message: HeardAdvertisement['message'],
  at: number,
): HeardAdvertisement {
  return {
    packet: {
      ...packet,
      bytes: packet.bytes.slice(),
      payload: packet.payload.slice(),
      wireSource: packet.wireSource.slice(),
      wireDestination: packet.wireDestination.slice(),
      linkSource: packet.linkSource?.slice(),
    },
    message,
    prefixes: advertisedPrefixes(message.options),
    at,
  };
}

/** Whether two lists have a prefix in common. */
export function sharesPrefix(
  some: readonly AdvertisedPrefix[],
  others: readonly AdvertisedPrefix[],
): boolean {
  return some.some(({ address, prefixLength }) =>
    others.some(
      (other) =>
        other.prefixLength === prefixLength &&
        prefixMatches(address, prefixLength, other.address, 0),
    ),
  );
}

function globalAddresses(prefixes: readonly AdvertisedPrefix[]): Uint8Array[] {
  return prefixes.filter(({ isRouterAddress }) => isRouterAddress).map(({ address }) => address);
}

/** The router in use. */
export class CurrentRouter {
  /** Link-local address. */
  readonly address: Uint8Array;
  readonly isHome: boolean;
  #linkLayerAddress: Uint8Array | undefined;
  #prefixes: readonly AdvertisedPrefix[] = [];
  /** Milliseconds between advertisements; undefined = it does not say. RFC 6275 section 7.3. */
  interval: number | undefined;
  /** When it is a default router no more, milliseconds of the scheduler. */
  until = 0;
  /** Advertisements that did not come in time, one after the other. */
  missed = 0;
  /** It did not answer, and nobody has taken its place. */
  isDoubted = false;
  /** When it answered last, milliseconds of the scheduler. */
  confirmedAt = -Infinity;
  /** The link was away since it was heard. */
  isUnverified = false;

  constructor(heard: HeardAdvertisement, isHome: boolean) {
    this.address = heard.packet.wireSource;
    this.isHome = isHome;
    this.refresh(heard);
  }

  get prefixes(): readonly AdvertisedPrefix[] {
    return this.#prefixes;
  }

  /** Another advertisement of the same router. Not every one has to name all prefixes (RFC 4861 section 6.2.3). */
  refresh({ message, packet, prefixes, at }: HeardAdvertisement): void {
    const told = new Set(
      prefixes.map((each) => `${addressKey(each.address)}/${each.prefixLength}`),
    );
    this.#prefixes = [
      ...prefixes,
      ...this.#prefixes.filter(
        (each) => !told.has(`${addressKey(each.address)}/${each.prefixLength}`),
      ),
    ]
      .filter(({ validLifetime }) => validLifetime > 0)
      .slice(0, MAX_PREFIXES);
    this.#linkLayerAddress = packet.linkSource ?? this.#linkLayerAddress;
    const interval = findNdOption(message.options, 'advertisement-interval')?.interval;
    this.interval = interval === 0 ? undefined : interval;
    this.until = at + message.routerLifetime * 1000;
    this.missed = 0;
    this.isDoubted = false;
    this.isUnverified = false;
  }

  /** It has answered. */
  confirm(now: number): void {
    this.confirmedAt = now;
    this.missed = 0;
    this.isDoubted = false;
    this.isUnverified = false;
  }

  /**
   * Whether an advertisement is this router's. The same link-local address is not enough: with R the global address
   * decides, without it another link-layer address with none of the known prefixes is another router.
   */
  isSame({ packet, prefixes }: HeardAdvertisement): boolean {
    if (!isSameAddress(packet.wireSource, this.address)) return false;
    const known = globalAddresses(this.#prefixes);
    const told = globalAddresses(prefixes);
    if (known.length > 0 && told.length > 0) {
      return known.some((each) => told.some((other) => isSameAddress(each, other)));
    }
    const isElsewhere =
      prefixes.length > 0 && this.#prefixes.length > 0 && !sharesPrefix(prefixes, this.#prefixes);
    return !isElsewhere || !this.#isFrom(packet.linkSource);
  }

  #isFrom(linkSource: Uint8Array | undefined): boolean {
    const known = this.#linkLayerAddress;
    if (known === undefined || linkSource === undefined) return false;
    return !equalBytes(known, 0, linkSource, 0, known.length);
  }
}
