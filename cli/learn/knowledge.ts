/**
 * What packets tell of a site: taken from the events of a run without a site file.
 */
import { addressKey, isLinkLocal, prefixMatches } from '../../dissectors/core/address.ts';
import type { EngineObserver, EngineSummary } from '../../engine/engine.ts';
import type { EngineEvent, Icmpv6Event, Link, PacketReference } from '../../engine/events.ts';
import { maskedAddress } from '../../engine/home-link/addresses.ts';
import { advertisedPrefixes } from '../../engine/home-link/advertisement.ts';
import type { SitePrefix } from '../../engine/site.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';

/** Senders of Router Advertisements remembered; later ones are not learned. */
const MAX_ROUTERS = 1024;
/** Prefixes remembered of one router. */
const MAX_PREFIXES = 32;
/** Care-of addresses remembered of one link, to tell visited links. */
const MAX_CARE_OF_ADDRESSES = 1024;

/** Somebody who sends Router Advertisements on a link. */
export interface LearnedRouter {
  readonly link: Link;
  readonly address: Uint8Array;
  readonly linkLayerAddresses: Uint8Array[];
  readonly prefixes: SitePrefix[];
  /** Full addresses of the router in its prefixes. RFC 6275 section 7.2. */
  readonly fullAddresses: Uint8Array[];
  isHomeAgent: boolean;
  advertisements: number;
  readonly first: PacketReference;
  last: PacketReference;
}

/** A link as far as packets tell. */
export interface LearnedLink {
  readonly link: Link;
  /** Inputs that it was captured in. */
  readonly inputs: Set<number>;
  /** Wire sources of packets with a Home Address option. */
  readonly careOfAddresses: Map<string, Uint8Array>;
  signalling: number;
}

/** Everything learned. */
export interface Knowledge {
  readonly routers: readonly LearnedRouter[];
  readonly links: ReadonlyMap<number, LearnedLink>;
  /** Senders that were not remembered because there were too many. */
  readonly droppedRouters: number;
}

/** Observer that learns. */
export class Learner implements EngineObserver, Knowledge {
  droppedRouters = 0;
  readonly links = new Map<number, LearnedLink>();
  readonly #routers = new Map<string, LearnedRouter>();

  get routers(): readonly LearnedRouter[] {
    return [...this.#routers.values()];
  }

  onEvent(event: EngineEvent): void {
    if (event.kind !== 'mobility' && event.kind !== 'icmpv6' && event.kind !== 'esp') return;
    const { context } = event;
    const { link, packet, source, homeAddressOption, outer } = context;
    let known = this.links.get(link.id);
    if (known === undefined) {
      known = { link, inputs: new Set(), careOfAddresses: new Map(), signalling: 0 };
      this.links.set(link.id, known);
    }
    known.inputs.add(packet.input);
    if (event.kind !== 'icmpv6') known.signalling++;
    const isAway = homeAddressOption !== undefined && outer === undefined;
    if (isAway && known.careOfAddresses.size < MAX_CARE_OF_ADDRESSES) {
      known.careOfAddresses.set(addressKey(source), source);
    }
    if (event.kind === 'icmpv6') this.#advertisement(event);
  }

  #advertisement(event: Icmpv6Event): void {
    const { message, context, checksum } = event;
    const { link, packet, source, linkSource, hopLimit, outer } = context;
    // What a router of the link cannot have sent teaches nothing. RFC 4861 section 6.1.2.
    const isOfLink = hopLimit === 255 && isLinkLocal(source) && outer === undefined;
    if (message.kind !== 'router-advertisement' || checksum === 'wrong' || !isOfLink) return;
    const key = `${link.id}/${addressKey(source)}`;
    let router = this.#routers.get(key);
    if (router === undefined) {
      if (this.#routers.size >= MAX_ROUTERS) {
        this.droppedRouters++;
        return;
      }
      router = {
        link,
        address: source,
        linkLayerAddresses: [],
        prefixes: [],
        fullAddresses: [],
        isHomeAgent: false,
        advertisements: 0,
        first: packet,
        last: packet,
      };
      this.#routers.set(key, router);
    }
    router.advertisements++;
    router.last = packet;
    if (linkSource !== undefined) addOnce(router.linkLayerAddresses, linkSource, MAX_PREFIXES);
    for (const { prefix, length, routerAddress, isHomeAgent, option } of advertisedPrefixes(
      event,
    )) {
      router.isHomeAgent ||= isHomeAgent;
      if (option !== 'prefix' || length === 0) continue;
      const isKnown = router.prefixes.some(
        (item) => item.length === length && addressKey(item.prefix) === addressKey(prefix),
      );
      if (!isKnown && router.prefixes.length < MAX_PREFIXES)
        router.prefixes.push({ prefix, length });
      if (routerAddress !== undefined) addOnce(router.fullAddresses, routerAddress, MAX_PREFIXES);
    }
  }
}

function addOnce(list: Uint8Array[], octets: Uint8Array, most: number): void {
  const isKnown = list.some(
    (item) => item.length === octets.length && item.every((octet, i) => octet === octets[i]),
  );
  if (!isKnown && list.length < most) list.push(octets);
}

/** A home agent as bindings and advertisements show it. */
export interface LearnedAgent {
  readonly address: Uint8Array;
  readonly bindings: readonly Readonly<Binding>[];
  /** Prefixes that its bindings lie in: those it advertises, else /64. */
  readonly homePrefixes: readonly { readonly prefix: SitePrefix; readonly isAdvertised: boolean }[];
  /** Its advertisements on its home link. */
  readonly routers: readonly LearnedRouter[];
}

/** What is guessed of a link, and why. */
export interface GuessedLink {
  readonly learned: LearnedLink;
  /** Undefined when nothing tells. */
  readonly role: 'home' | 'foreign' | 'transit' | undefined;
  readonly why: string;
}

/** Home bindings that a home agent has accepted. */
export function acceptedBindings({ bindings }: EngineSummary): readonly Readonly<Binding>[] {
  return bindings.filter(({ role, registeredAt }) => role === 'home' && registeredAt > 0);
}

function covers({ prefix, length }: SitePrefix, address: Uint8Array): boolean {
  return prefixMatches(prefix, length, address, 0);
}

/** Guesses where each link is. */
export function guessLinks(summary: EngineSummary, knowledge: Knowledge): readonly GuessedLink[] {
  const accepted = acceptedBindings(summary);
  return [...knowledge.links.values()].map((learned): GuessedLink => {
    const { link, careOfAddresses } = learned;
    const routers = knowledge.routers.filter((router) => router.link === link);
    if (link.roleKnownBy === 'relay' && link.effectiveRole === 'foreign') {
      return {
        learned,
        role: 'foreign',
        why: 'a relayed packet proves that it is not the home link',
      };
    }
    const visited = [...careOfAddresses.values()].filter((address) =>
      routers.some(({ prefixes }) => prefixes.some((item) => covers(item, address))),
    ).length;
    if (visited > 0) {
      const why = `${visited} care-of ${visited === 1 ? 'address' : 'addresses'} in a prefix that is advertised there`;
      return { learned, role: 'foreign', why };
    }
    const isHome = routers.some(({ prefixes }) =>
      accepted.some(({ homeAddress }) => prefixes.some((item) => covers(item, homeAddress))),
    );
    if (isHome) {
      const why =
        'the prefix of a registered home address is advertised there, and nobody is visiting';
      return { learned, role: 'home', why };
    }
    if (careOfAddresses.size > 0) {
      const why = 'care-of addresses of other networks pass, none is of this one';
      return { learned, role: 'transit', why };
    }
    if (routers.length > 0) {
      return { learned, role: 'foreign', why: 'a router advertises no home prefix there' };
    }
    if (learned.signalling > 0) {
      const why = 'signalling passes, and no router advertises itself';
      return { learned, role: 'transit', why };
    }
    return { learned, role: undefined, why: 'nothing tells' };
  });
}

/** Home agents that acknowledged registrations. */
export function learnedAgents(
  summary: EngineSummary,
  knowledge: Knowledge,
  links: readonly GuessedLink[],
): readonly LearnedAgent[] {
  const home = new Set(
    links.filter(({ role }) => role === 'home').map(({ learned }) => learned.link),
  );
  const byAgent = new Map<string, Readonly<Binding>[]>();
  for (const binding of acceptedBindings(summary)) {
    const key = addressKey(binding.peer);
    const list = byAgent.get(key);
    if (list === undefined) byAgent.set(key, [binding]);
    else list.push(binding);
  }
  return [...byAgent.values()].flatMap((bindings): LearnedAgent[] => {
    const address = bindings[0]?.peer;
    if (address === undefined) return [];
    const onHomeLink = knowledge.routers.filter(({ link }) => home.has(link));
    const routers = onHomeLink.filter(
      ({ isHomeAgent, fullAddresses, prefixes }) =>
        fullAddresses.some((item) => addressKey(item) === addressKey(address)) ||
        (fullAddresses.length === 0 &&
          isHomeAgent &&
          prefixes.some((item) => covers(item, address))),
    );
    const advertised = onHomeLink.flatMap(({ prefixes }) => prefixes);
    const homePrefixes = new Map<string, LearnedAgent['homePrefixes'][number]>();
    for (const { homeAddress } of bindings) {
      const known = advertised.find((item) => covers(item, homeAddress));
      const prefix = known ?? { prefix: maskedAddress(homeAddress, 64), length: 64 };
      const key = `${addressKey(prefix.prefix)}/${prefix.length}`;
      homePrefixes.set(key, { prefix, isAdvertised: known !== undefined });
    }
    return [{ address, bindings, homePrefixes: [...homePrefixes.values()], routers }];
  });
}
