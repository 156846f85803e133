/**
 * Remembers which router advertised which prefix on which link, so that an advertisement can be judged when
 * more is known than at the moment it was seen.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import {
  ROUTER_ADVERTISEMENT_FLAGS,
  PREFIX_INFORMATION_FLAGS,
} from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Event, Link, PacketReference, RelayEvent } from '../events.ts';
import type { Site } from '../site.ts';
import type { Binding } from '../state/binding-cache.ts';
import { covers, isSameLinkLayer, maskedAddress, prefixKey } from './addresses.ts';
import type { Store } from './episode.ts';

/** Bounds of a table of advertised prefixes; an entry is refreshed whenever it is advertised again. */
export const ADVERTISEMENT_BOUNDS = { maxEntries: 512, ttlSeconds: 3600 } as const;

/** Prefixes read of one Router Advertisement; a real one has a few. */
const MAX_PREFIXES = 16;

/** One prefix in a Router Advertisement. */
export interface AdvertisedPrefix {
  readonly packet: PacketReference;
  /** When this router was first seen to advertise it. */
  readonly first: PacketReference;
  readonly link: Link;
  /** IPv6 source of the advertisement. */
  readonly router: Uint8Array;
  readonly linkSource: Uint8Array | undefined;
  /** 16 octets, bits after `length` zero. */
  readonly prefix: Uint8Array;
  readonly length: number;
  /** `route` = Route Information option (RFC 4191), the rest Prefix Information (RFC 4861 section 4.6.2). */
  readonly option: 'prefix' | 'route';
  /** Full address of the router when the R flag says the option has one. RFC 6275 section 7.2. */
  readonly routerAddress: Uint8Array | undefined;
  /** The advertisement says its sender is a home agent: H flag or Home Agent Information option. */
  readonly isHomeAgent: boolean;
  /** Behind extension headers or in fragments, where filters of switches do not look. RFC 7113. */
  readonly isHidden: boolean;
}

/**
 * Prefixes of a Router Advertisement that are not being withdrawn (lifetime 0: what tools send to undo a rogue
 * advertisement). Empty for other messages, and for one that came through a tunnel.
 */
export function advertisedPrefixes(event: Icmpv6Event): readonly AdvertisedPrefix[] {
  if (event.message.kind !== 'router-advertisement') return NONE;
  let found = readAlready.get(event);
  if (found === undefined) {
    found = readPrefixes(event);
    readAlready.set(event, found);
  }
  return found;
}

const NONE: readonly AdvertisedPrefix[] = [];
/** Several rules ask for the prefixes of one event. */
const readAlready = new WeakMap<Icmpv6Event, readonly AdvertisedPrefix[]>();

function readPrefixes(event: Icmpv6Event): AdvertisedPrefix[] {
  const { message, context } = event;
  if (message.kind !== 'router-advertisement' || context.outer !== undefined) return [];
  const isHomeAgent =
    (message.flags & ROUTER_ADVERTISEMENT_FLAGS.homeAgent.mask) !== 0 ||
    message.options.some((option) => option.kind === 'home-agent-information');
  const base = {
    packet: context.packet,
    first: context.packet,
    link: context.link,
    router: context.source,
    linkSource: context.linkSource,
    isHomeAgent,
    isHidden: context.extensions > 0 || context.hasFragmentHeader || context.isReassembled,
  };
  const found: AdvertisedPrefix[] = [];
  for (const option of message.options) {
    if (found.length >= MAX_PREFIXES) break;
    if (option.kind === 'prefix-information') {
      if (option.validLifetime === 0 || option.prefixLength > 128) continue;
      const hasAddress = (option.flags & PREFIX_INFORMATION_FLAGS.routerAddress.mask) !== 0;
      found.push({
        ...base,
        prefix: maskedAddress(option.prefix, option.prefixLength),
        length: option.prefixLength,
        option: 'prefix',
        routerAddress: hasAddress ? option.prefix : undefined,
      });
    } else if (option.kind === 'route-information') {
      if (option.lifetime === 0 || option.prefixLength > 128) continue;
      found.push({
        ...base,
        prefix: maskedAddress(option.prefix, option.prefixLength),
        length: option.prefixLength,
        option: 'route',
        routerAddress: undefined,
      });
    }
  }
  return found;
}

/** Map key of a router on a link. */
export function routerKey({ link, router }: AdvertisedPrefix): string {
  return `${link.id}/${addressKey(router)}`;
}

/** Map key of what one router advertises on one link. */
export function advertisementKey(item: AdvertisedPrefix): string {
  return `${routerKey(item)}/${item.option}/${prefixKey(item.prefix, item.length)}`;
}

/** Keeps an advertised prefix; the time at which it was first seen stays. */
export function noteAdvertisement(store: Store<AdvertisedPrefix>, item: AdvertisedPrefix): void {
  const key = advertisementKey(item);
  const known = store.get(key);
  store.set(key, known === undefined ? item : { ...item, first: known.first });
}

/** What is known of a node that was made to believe it is at home. */
export interface MisledNode {
  readonly link: Link;
  /** When it acted on that belief. */
  readonly packet: PacketReference;
  /** When its registration from away was accepted, microseconds; 0 = not known. */
  readonly registeredAt: number;
  /** Several links may have been captured as one, so that the home agent's own advertisements are there too. */
  readonly isOneLink: boolean;
  /** Link-layer addresses of the home agents, as far as told. */
  readonly homeAgentLinkLayer: readonly Uint8Array[];
}

/**
 * The advertisements that can have misled a node: on its link, at most `seconds` before it acted.
 *
 * A router that advertised the same already when the node registered from away did not mislead it: it is on
 * another link of the same capture. Where several remain on a link that may be several, the newcomer is meant.
 */
export function misleadingAdvertisements(
  store: Store<AdvertisedPrefix>,
  node: MisledNode,
  seconds: number,
  matches: (item: AdvertisedPrefix) => boolean,
): AdvertisedPrefix[] {
  const since = node.packet.time - seconds * 1e6;
  const recent: AdvertisedPrefix[] = [];
  for (const item of store.values()) {
    if (item.link.id !== node.link.id || item.packet.time < since) continue;
    if (item.first.time > node.packet.time || !matches(item)) continue;
    if (node.homeAgentLinkLayer.some((mac) => isSameLinkLayer(mac, item.linkSource))) continue;
    recent.push(item);
  }
  const newcomers = recent.filter((item) => item.first.time > node.registeredAt);
  if (!node.isOneLink) return newcomers.length > 0 ? newcomers : recent;
  const newest = newcomers.reduce((time, item) => Math.max(time, item.first.time), 0);
  const found = newcomers.filter((item) => item.first.time === newest);
  return node.registeredAt === 0 && recent.length > 1 && found.length === recent.length
    ? []
    : found;
}

/** Whether a prefix covers all of another. */
export function coversPrefix(
  outer: { readonly prefix: Uint8Array; readonly length: number },
  inner: { readonly prefix: Uint8Array; readonly length: number },
): boolean {
  return outer.length <= inner.length && covers(outer, inner.prefix);
}

/** What the judgement asks of the engine; every rule context has it. */
export interface AdvertisementKnowledge {
  readonly site: Site;
  binding(homeAddress: Uint8Array, peer: Uint8Array): Readonly<Binding> | undefined;
  table<V>(name: string, bounds: { maxEntries: number; ttlSeconds: number }): Store<V>;
}

/** An advertisement off the home link, and how that is known. */
export interface RogueAdvertisement {
  readonly item: AdvertisedPrefix;
  /** The relay that proved the link is not the home link; undefined when the site file says so. */
  readonly relay: RelayEvent | undefined;
}

/**
 * Finds advertisements off the home link: at once on a link that the site file calls foreign, and in
 * retrospect on one where a relayed packet proves that a node was misled.
 * @param seconds how long before the relayed packet an advertisement can have been seen
 * @param matches whether the advertised prefix is of the kind looked for
 */
export function rogueAdvertisements(
  event: Icmpv6Event | RelayEvent,
  knowledge: AdvertisementKnowledge,
  seconds: number,
  matches: (item: AdvertisedPrefix) => boolean,
): RogueAdvertisement[] {
  const seen = knowledge.table<AdvertisedPrefix>('advertisements', ADVERTISEMENT_BOUNDS);
  const accused = knowledge.table<RelayEvent>('accused', ADVERTISEMENT_BOUNDS);
  const found: RogueAdvertisement[] = [];
  if (event.kind === 'icmpv6') {
    const { link } = event.context;
    if (link.role === 'home' || link.role === 'transit') return found;
    for (const item of advertisedPrefixes(event)) {
      noteAdvertisement(seen, item);
      const relay = accused.get(advertisementKey(item));
      const isFar = link.role === 'foreign' || relay !== undefined;
      if (isFar && matches(item)) found.push({ item, relay });
    }
    return found;
  }
  const { plainLink, extendedLink, homeAddress, homeAgent } = event;
  if (event.direction !== 'to-home-agent' || plainLink.role !== 'unknown') return found;
  const node: MisledNode = {
    link: plainLink,
    packet: event.plain,
    registeredAt: knowledge.binding(homeAddress, homeAgent)?.registeredAt ?? 0,
    isOneLink: plainLink.id === extendedLink.id,
    homeAgentLinkLayer: knowledge.site.homeAgents.flatMap((agent) => agent.linkLayerAddresses),
  };
  for (const item of misleadingAdvertisements(seen, node, seconds, matches)) {
    const key = advertisementKey(item);
    if (accused.get(key) !== undefined) continue;
    accused.set(key, event);
    found.push({ item, relay: event });
  }
  return found;
}
