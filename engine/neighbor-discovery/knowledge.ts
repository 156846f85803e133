/**
 * Which link-layer addresses home agents and routers have, as far as the site file says or the link has shown.
 */
import { addressKey, isSameAddress } from '../../dissectors/core/address.ts';
import { isSameLinkLayer } from '../home-link/addresses.ts';
import type { Icmpv6Event, Link, PacketContext } from '../events.ts';
import type { Site } from '../site.ts';
import type { LinkQueries } from '../state/link-state.ts';
import type { Store } from '../home-link/episode.ts';

/** What of the engine's knowledge is asked here; every rule context has it. */
export interface LinkKnowledge extends LinkQueries {
  readonly site: Site;
  readonly now: number;
  isHomeAgent(address: Uint8Array): boolean;
  table<V>(name: string, bounds: { maxEntries: number; ttlSeconds: number }): Store<V>;
}

/** Link-layer addresses of a node, and whether the operator told them. */
export interface KnownLinkLayer {
  /** At least one. */
  readonly addresses: readonly Uint8Array[];
  readonly isTold: boolean;
}

/** Whether one of the link-layer addresses is this one. */
export function includesLinkLayer(
  known: { readonly addresses: readonly Uint8Array[] },
  linkLayerAddress: Uint8Array | undefined,
): boolean {
  return known.addresses.some((item) => isSameLinkLayer(item, linkLayerAddress));
}

/**
 * Link-layer addresses that a home agent has on its home link: of the site file, else the one that the link has
 * shown first. Undefined when nobody knows.
 */
export function linkLayerOfHomeAgent(
  link: Link,
  homeAgent: Uint8Array,
  knowledge: LinkKnowledge,
): KnownLinkLayer | undefined {
  const told = knowledge.site.homeAgents
    .filter(({ addresses }) => addresses.some((item) => isSameAddress(item, homeAgent)))
    .flatMap(({ linkLayerAddresses }) => linkLayerAddresses);
  if (told.length > 0) return { addresses: told, isTold: true };
  const claim = knowledge.neighbor(link, homeAgent)?.claims[0];
  if (claim !== undefined) return { addresses: [claim.linkLayerAddress], isTold: false };
  const linkLayer =
    knowledge.router(link, homeAgent)?.linkLayerAddress ??
    routerWithAddress(link, homeAgent, knowledge);
  return linkLayer === undefined ? undefined : { addresses: [linkLayer], isTold: false };
}

/** Link-layer address of the router that first advertised an address as its own (R flag). */
function routerWithAddress(
  link: Link,
  address: Uint8Array,
  knowledge: LinkKnowledge,
): Uint8Array | undefined {
  let first: { readonly firstSeen: number; readonly linkLayer: Uint8Array } | undefined;
  for (const { addresses, linkLayerAddress, firstSeen } of knowledge.routers(link)) {
    if (linkLayerAddress === undefined || firstSeen >= (first?.firstSeen ?? Infinity)) continue;
    if (!addresses.some((item) => isSameAddress(item, address))) continue;
    first = { firstSeen, linkLayer: linkLayerAddress };
  }
  return first?.linkLayer;
}

/** Whether a link-layer address is one of any home agent of the site file. */
export function isToldHomeAgentLinkLayer(linkLayerAddress: Uint8Array, site: Site): boolean {
  return site.homeAgents.some(({ linkLayerAddresses }) =>
    linkLayerAddresses.some((item) => isSameLinkLayer(item, linkLayerAddress)),
  );
}

/** First octets of the link-layer addresses that redundant routers share: VRRP. RFC 9568 section 7.3. */
const VIRTUAL_ROUTER = [0x00, 0x00, 0x5e, 0x00, 0x02] as const;

/** Whether a link-layer address is that of a virtual router: another machine takes over with it. */
export function isVirtualRouter(linkLayerAddress: Uint8Array | undefined): boolean {
  return (
    linkLayerAddress !== undefined &&
    VIRTUAL_ROUTER.every((octet, i) => linkLayerAddress[i] === octet)
  );
}

/** Whether an address was made of a link-layer address: modified EUI-64. RFC 4291 appendix A. */
export function isMadeOf(address: Uint8Array, linkLayerAddress: Uint8Array): boolean {
  const [a = 0, b, c, d, e, f] = linkLayerAddress;
  if (linkLayerAddress.length !== 6) return false;
  const identifier = [a ^ 0x02, b, c, 0xff, 0xfe, d, e, f];
  return identifier.every((octet, i) => address[8 + i] === octet);
}

/** Senders named of one link; what more there are is one. A flood with made-up addresses has one object. */
const MAX_SENDERS = 8;
const SENDER_BOUNDS = { maxEntries: 64, ttlSeconds: 24 * 3600 } as const;

/** Link-layer address of the sender of a packet on its link, else its source. */
export function senderOf({ linkSource, source }: PacketContext): Uint8Array {
  return linkSource ?? source;
}

/**
 * Key of the sender of a packet for the object of an alert. The first eight senders of a link have their own;
 * all further ones share one, because an attacker chooses his addresses.
 */
export function senderKey(context: PacketContext, knowledge: LinkKnowledge): string {
  const { link } = context;
  const store = knowledge.table<Set<string>>('senders', SENDER_BOUNDS);
  const name = String(link.id);
  const known = store.get(name) ?? new Set<string>();
  const sender = senderOf(context);
  const key = sender.length === 16 ? addressKey(sender) : sender.join(':');
  if (!known.has(key)) {
    if (known.size >= MAX_SENDERS) return 'further senders';
    known.add(key);
  }
  store.set(name, known);
  return key;
}

const WATCHED_BOUNDS = { maxEntries: 1, ttlSeconds: 10 * 365 * 86_400 } as const;

/** First time a rule heard of anything, microseconds: what is older was not seen. */
export function watchedSince(knowledge: LinkKnowledge): number {
  const store = knowledge.table<number>('watched', WATCHED_BOUNDS);
  const since = store.get('');
  if (since !== undefined) return since;
  store.set('', knowledge.now);
  return knowledge.now;
}

/** The ICMPv6 message of one kind in an event that has it, or undefined. */
export function messageOf<K extends Icmpv6Event['message']['kind']>(
  event: Icmpv6Event,
  kind: K,
): Extract<Icmpv6Event['message'], { kind: K }> | undefined {
  const { message } = event;
  return isOfKind(message, kind) ? message : undefined;
}

function isOfKind<K extends Icmpv6Event['message']['kind']>(
  message: Icmpv6Event['message'],
  kind: K,
): message is Extract<Icmpv6Event['message'], { kind: K }> {
  return message.kind === kind;
}
