/**
 * Routers of each link and what they advertise. RFC 4861 section 6.2, RFC 6275 sections 7 and 10.5.1.
 *
 * What a router said is kept under the link-layer address it was first seen with. An advertisement in its name from
 * another one does not change what is known of it: it is a rival, until the router itself has been silent for long.
 */
import {
  PREFIX_INFORMATION_FLAGS,
  ROUTER_ADVERTISEMENT_FLAGS,
  findNdOption,
} from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import { isSameAddress } from '../../dissectors/core/address.ts';
import { isSameLinkLayer, maskedAddress } from '../home-link/addresses.ts';
import type { Icmpv6Event, Link, PacketReference } from '../events.ts';
import { PerLink } from './per-link.ts';

/** Routers remembered of one link. */
export const MAX_ROUTERS_PER_LINK = 256;
/** Prefixes, addresses and rivals remembered of one router. */
const MAX_PREFIXES = 32;
const MAX_ADDRESSES = 8;
const MAX_RIVALS = 4;
/** Withdrawals remembered of one router. */
const MAX_WITHDRAWALS = 8;
/** Advertisements after which a router is no passer-by. */
const SETTLED = 3;
/** Microseconds of silence after which another link-layer address takes a router's place: a replaced machine. */
const REPLACED_AFTER = 1800e6;

type RouterAdvertisement = Icmpv6MessageOf<'router-advertisement'>;

/** A prefix of a Prefix Information option. */
export interface RouterPrefix {
  /** 16 octets, bits after `length` zero. */
  readonly prefix: Uint8Array;
  readonly length: number;
  /** Seconds, 0xffffffff = infinite. */
  validLifetime: number;
  /** Microseconds since 1970. */
  lastSeen: number;
}

/** What a Router Advertisement says of the router itself. */
export interface RouterProfile {
  /** 0 = not told. */
  readonly hopLimit: number;
  /** Flags octet: `ROUTER_ADVERTISEMENT_FLAGS`. */
  readonly flags: number;
  /** Seconds; 0 = no default router. */
  readonly lifetime: number;
  /** Milliseconds; 0 = not told. */
  readonly reachableTime: number;
  readonly retransTimer: number;
  readonly mtu: number | undefined;
  /** H flag, or a Home Agent Information option. */
  readonly isHomeAgent: boolean;
  /** Seconds: of the option, else that of the router. RFC 6275 section 7.4. */
  readonly homeAgentLifetime: number;
  /** 0 without the option. */
  readonly homeAgentPreference: number;
  /** Advertisement Interval option, milliseconds. RFC 6275 section 7.3. */
  readonly interval: number | undefined;
}

/** Another link-layer address that advertised in a router's name. */
export interface RouterRival {
  readonly linkLayerAddress: Uint8Array;
  readonly firstSeen: number;
  lastSeen: number;
  count: number;
}

/** A router on a link. */
export interface Router {
  readonly link: Link;
  /** Source of its advertisements. */
  readonly address: Uint8Array;
  /** Of the frames; undefined on links without. */
  linkLayerAddress: Uint8Array | undefined;
  /** Microseconds since 1970. */
  readonly firstSeen: number;
  lastSeen: number;
  readonly firstPacket: PacketReference;
  lastPacket: PacketReference;
  /** Advertisements of its own. */
  advertisements: number;
  profile: RouterProfile;
  /** The profile before the last change; undefined when it never changed. */
  previous: RouterProfile | undefined;
  /** At most 32; the one seen longest ago goes. */
  readonly prefixes: RouterPrefix[];
  /** Its addresses, from prefixes with the R flag; at most 8. RFC 6275 section 7.2. */
  readonly addresses: Uint8Array[];
  /** At most 4; the one seen longest ago goes. */
  readonly rivals: RouterRival[];
  /** Times at which it stopped being a default router or home agent, microseconds; the last 8. */
  readonly withdrawals: number[];
}

/** What an advertisement says of its router. */
export function routerProfileOf(message: RouterAdvertisement): RouterProfile {
  const information = findNdOption(message.options, 'home-agent-information');
  const hasFlag = (message.flags & ROUTER_ADVERTISEMENT_FLAGS.homeAgent.mask) !== 0;
  return {
    hopLimit: message.currentHopLimit,
    flags: message.flags,
    lifetime: message.routerLifetime,
    reachableTime: message.reachableTime,
    retransTimer: message.retransTimer,
    mtu: findNdOption(message.options, 'mtu')?.mtu,
    // RFC 6275 section 7.4: without the H bit the option means nothing; a receiver may look at it alone.
    isHomeAgent: hasFlag || information !== undefined,
    homeAgentLifetime: information?.lifetime ?? message.routerLifetime,
    homeAgentPreference: information?.preference ?? 0,
    interval: findNdOption(message.options, 'advertisement-interval')?.interval,
  };
}

/**
 * Routers by link. Of a full link the least recently used router with fewer than three advertisements goes first: a
 * flood of made-up routers pushes out itself.
 */
export class Routers {
  readonly #routers: PerLink<Router>;

  constructor(seed?: number) {
    this.#routers = new PerLink<Router>({
      maxEntries: MAX_ROUTERS_PER_LINK,
      seed,
      mayEvict: ({ advertisements }) => advertisements < SETTLED,
    });
  }

  get evictions(): number {
    return this.#routers.evictions;
  }

  /** The router of an address on a link. */
  find(link: Link, address: Uint8Array): Readonly<Router> | undefined {
    return this.#routers.peek(link, address);
  }

  /** Routers of a link, the one that advertised longest ago first; at most `MAX_ROUTERS_PER_LINK`. */
  of(link: Link): Iterable<Readonly<Router>> {
    return this.#routers.values(link);
  }

  /** Takes note of a Router Advertisement that a receiver accepts. */
  observe(event: Icmpv6Event): void {
    const { message, context } = event;
    if (message.kind !== 'router-advertisement') return;
    const { link, source, packet, linkSource } = context;
    const profile = routerProfileOf(message);
    const known = this.#routers.get(link, source);
    if (known === undefined) {
      const router: Router = {
        link,
        address: source,
        linkLayerAddress: linkSource,
        firstSeen: packet.time,
        lastSeen: packet.time,
        firstPacket: packet,
        lastPacket: packet,
        advertisements: 1,
        profile,
        previous: undefined,
        prefixes: [],
        addresses: [],
        rivals: [],
        withdrawals: [],
      };
      notePrefixes(router, message, packet.time);
      this.#routers.set(link, source, router);
      return;
    }
    const isOwn =
      known.linkLayerAddress === undefined ||
      linkSource === undefined ||
      isSameLinkLayer(known.linkLayerAddress, linkSource);
    if (!isOwn) {
      if (packet.time - known.lastSeen < REPLACED_AFTER) {
        noteRival(known, linkSource, packet.time);
        return;
      }
      known.linkLayerAddress = linkSource;
      known.rivals.length = 0;
    }
    const was = known.profile;
    const isWithdrawn =
      (was.lifetime > 0 && profile.lifetime === 0) ||
      (was.isHomeAgent && was.homeAgentLifetime > 0 && !isServing(profile));
    if (isWithdrawn) {
      if (known.withdrawals.length >= MAX_WITHDRAWALS) known.withdrawals.shift();
      known.withdrawals.push(packet.time);
    }
    if (!isSameProfile(was, profile)) known.previous = was;
    known.profile = profile;
    known.lastSeen = packet.time;
    known.lastPacket = packet;
    known.advertisements++;
    notePrefixes(known, message, packet.time);
  }
}

/** Whether an advertisement says that its router is a home agent, now. */
function isServing(profile: RouterProfile): boolean {
  return profile.isHomeAgent && profile.homeAgentLifetime > 0;
}

function isSameProfile(a: RouterProfile, b: RouterProfile): boolean {
  return (
    a.hopLimit === b.hopLimit &&
    a.flags === b.flags &&
    a.lifetime === b.lifetime &&
    a.reachableTime === b.reachableTime &&
    a.retransTimer === b.retransTimer &&
    a.mtu === b.mtu &&
    a.homeAgentLifetime === b.homeAgentLifetime &&
    a.homeAgentPreference === b.homeAgentPreference &&
    a.interval === b.interval
  );
}

function noteRival(router: Router, linkLayerAddress: Uint8Array, time: number): void {
  const { rivals } = router;
  const known = rivals.find((item) => isSameLinkLayer(item.linkLayerAddress, linkLayerAddress));
  if (known !== undefined) {
    known.lastSeen = time;
    known.count++;
    return;
  }
  if (rivals.length >= MAX_RIVALS) removeOldest(rivals);
  rivals.push({ linkLayerAddress, firstSeen: time, lastSeen: time, count: 1 });
}

function notePrefixes(router: Router, message: RouterAdvertisement, time: number): void {
  let count = 0;
  for (const option of message.options) {
    if (option.kind !== 'prefix-information' || option.prefixLength > 128) continue;
    if (++count > MAX_PREFIXES) return;
    const { prefixLength: length, validLifetime } = option;
    const prefix = maskedAddress(option.prefix, length);
    const known = router.prefixes.find(
      (item) => item.length === length && isSameAddress(item.prefix, prefix),
    );
    if (known === undefined) {
      if (router.prefixes.length >= MAX_PREFIXES) removeOldest(router.prefixes);
      router.prefixes.push({ prefix, length, validLifetime, lastSeen: time });
    } else {
      known.validLifetime = validLifetime;
      known.lastSeen = time;
    }
    const hasAddress = (option.flags & PREFIX_INFORMATION_FLAGS.routerAddress.mask) !== 0;
    const isNew =
      hasAddress && !router.addresses.some((item) => isSameAddress(item, option.prefix));
    if (isNew && router.addresses.length < MAX_ADDRESSES) router.addresses.push(option.prefix);
  }
}

function removeOldest(items: { readonly lastSeen: number }[]): void {
  let oldest = 0;
  for (const [i, item] of items.entries()) {
    if (item.lastSeen < (items[oldest]?.lastSeen ?? 0)) oldest = i;
  }
  items.splice(oldest, 1);
}
