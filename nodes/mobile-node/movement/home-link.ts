/**
 * Whether an advertisement of the home prefix may be believed. RFC 6275 section 11.5.2 believes everybody;
 * draft-ebalard-mext-hld-security-00 section 6 shows what that is good for.
 */
import { formatAddress, isSameAddress, prefixMatches } from '../../../dissectors/core/address.ts';
import type { Prefix } from '../../../dissectors/core/address.ts';
import { formatMac } from '../../../dissectors/core/address.ts';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { decodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type {
  AdvertisedPrefix,
  LinkMessage,
  NetworkInterface,
} from '../../interface/network-interface.ts';
import { advertisedPrefixes } from '../../interface/router-list.ts';
import type { HomeLinkTrust, HomeLinkVerifier } from '../mobile-node-parts.ts';

/** Routers of the home link that are remembered; the first ones stay. */
const MAX_ROUTERS = 16;

/** What the guard is made of. */
export interface HomeLinkGuardOptions {
  readonly trust: HomeLinkTrust;
  readonly verifier: HomeLinkVerifier | undefined;
  /** Link-local addresses of routers of the home link, as configured. */
  readonly routers: readonly Uint8Array[];
  readonly homePrefixes: () => readonly Prefix[];
  readonly alarm: (
    event: string,
    details: Readonly<Record<string, string | number | boolean>>,
  ) => void;
}

/** Stands in front of every interface's router list. */
export class HomeLinkGuard {
  readonly #options: HomeLinkGuardOptions;
  readonly #routers: Uint8Array[];

  constructor(options: HomeLinkGuardOptions) {
    this.#options = options;
    this.#routers = options.routers.slice(0, MAX_ROUTERS);
  }

  /** Asked before anything of an advertisement is used. */
  accepts(packet: LinkMessage, from: NetworkInterface): boolean {
    const { trust, verifier, alarm } = this.#options;
    const message = decodeIcmpv6(packet.payload, 0, packet.payload.length, new DiagnosticList());
    if (message?.kind !== 'router-advertisement') return true;
    const prefixes = advertisedPrefixes(message.options);
    if (!prefixes.some((each) => this.#overlaps(each))) return true;
    const details = {
      interface: from.name,
      router: formatAddress(packet.wireSource),
      linkLayerAddress: packet.linkSource === undefined ? 'unknown' : formatMac(packet.linkSource),
    };
    if (trust === 'never') {
      alarm('home-prefix-advertised', details);
      return false;
    }
    const verdict = trust === 'send' ? (verifier?.accepts(packet, from) ?? false) : true;
    if (verdict === false) alarm('home-prefix-not-verified', details);
    if (verdict !== true) return false;
    const isKnown = this.#routers.some((each) => isSameAddress(each, packet.wireSource));
    if (this.#routers.length > 0 && !isKnown) alarm('home-prefix-from-unknown-router', details);
    return true;
  }

  /** Whether prefixes of an accepted advertisement say that the link is the home link. RFC 6275 section 11.5.2. */
  isHome(prefixes: readonly AdvertisedPrefix[]): boolean {
    return prefixes.some(
      ({ address, prefixLength, validLifetime }) =>
        validLifetime > 0 &&
        this.#options
          .homePrefixes()
          .some(
            ({ bytes, length }) =>
              length === prefixLength && prefixMatches(bytes, length, address, 0),
          ),
    );
  }

  /** The home agent has confirmed that this router's link is the home link. */
  learnRouter(linkLocal: Uint8Array): void {
    if (this.#routers.some((each) => isSameAddress(each, linkLocal))) return;
    if (this.#routers.length < MAX_ROUTERS) this.#routers.push(linkLocal.slice());
  }

  /** A prefix around the home prefix, or inside of it, draws the traffic to the home agent to this link as well. */
  #overlaps({ address, prefixLength }: AdvertisedPrefix): boolean {
    return this.#options
      .homePrefixes()
      .some(({ bytes, length }) =>
        prefixMatches(bytes, Math.min(length, prefixLength), address, 0),
      );
  }
}
