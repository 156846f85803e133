/**
 * Traits of events: what is so about an event that a rule may make something of it. Most events have none that matters, and
 * most rules need not be asked about them.
 *
 * A trait is told from the event alone, and is there whenever the condition that a rule tests may hold: what a rule that is
 * not asked would have said is nothing.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../../dissectors/mobility/messages/binding.ts';
import type { MessageOf } from '../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type {
  BindingEvent,
  EngineEvent,
  EspEvent,
  MobilityEvent,
  PacketContext,
  TunnelledEvent,
} from '../events.ts';
import type { Link } from '../packet.ts';
import type { Site } from '../site.ts';

/** Traits of a Mobility Header. The number of a trait is its bit. */
const MOBILITY_TRAITS = [
  /** Something is wrong with its octets. */
  'faulty',
  'wrong-checksum',
  /** Another protocol than No Next Header is announced behind it. */
  'other-payload',
  /** A type after those of RFC 6275 itself. */
  'later-type',
  /** Nonce Indices in a home registration, or without Binding Authorization Data. */
  'misplaced-nonces',
  /** A header around it has a fragment header, or was put together of fragments. */
  'fragmented',
  /** Another encapsulation than IPv6 in IPv6 is around it. */
  'encapsulated',
  /** It came under ESP. */
  'protected',
  'on-foreign-link',
  /** The role of the link is known. */
  'on-known-link',
  'home-address-option',
  /** From a home agent, and neither a tunnel nor another encapsulation is around it. */
  'bare-from-home-agent',
  /** Another option than those of every registration of RFC 6275. */
  'rare-option',
  /** The same octets were seen before. */
  'copy',
  /** An update without Home Address option, an acknowledgement without type 2 routing header. */
  'unnamed',
  /** An update whose wire source is the home address. */
  'home-source',
  /** An update with lifetime 0, or with the home address as care-of address. */
  'deletion',
  /** An update for more than 420 s. */
  'long-lifetime',
  /** An update whose care-of address is no unicast address of a node. */
  'unusual-care-of-address',
  /** An update with H flag, or without the options of a correspondent registration. */
  'home-update',
  /** An update to a correspondent whose authenticator was not found to be right. */
  'unproved',
  'wrong-authenticator',
  /** An update under keys that stay: ESP, or Binding Authorization Data without nonces. */
  'lasting-keys',
  /** P flag of an update or acknowledgement. */
  'proxy',
  /** M flag of an update. */
  'anchor-point',
  /** K flag of an update or acknowledgement. */
  'key-mobility',
  /** An acknowledgement with a status from 128 on. */
  'refusal',
  /** Not one of those in which nothing is out of the ordinary: see `routine.ts`. */
  'remarkable',
] as const;
/** Traits of ESP in signalling layout. */
const ESP_TRAITS = [
  'encapsulated',
  'on-foreign-link',
  'on-known-link',
  /** Neither Home Address option nor type 2 routing header. */
  'plain',
  'home-address-option',
  'routing-header',
  /** The wire source is the address of the Home Address option. */
  'home-source',
] as const;
/** Traits of a change of a binding. */
const BINDING_TRAITS = [
  /** At a home agent. */
  'home',
  /** Registered, refreshed or moved, at a home agent and at a correspondent. */
  'home-accepted',
  'correspondent-accepted',
  'registered',
  'moved',
  /** De-registered or expired. */
  'ended',
  'rejected',
] as const;
/** Traits of a packet in a tunnel. */
const TUNNELLED_TRAITS = [
  'on-known-link',
  /** The same was not told within the last minute. */
  'news',
  /** The same, and towards a home agent, or its outer source is a care-of address. */
  'news-from-care-of-address',
  /** The site file names a foreign link. */
  'foreign-link-is-told',
  /** A control protocol that has no business in most tunnels. */
  'control',
  /** In more than one tunnel. */
  'nested',
  /** IPv4 is around one of its headers. */
  'over-ipv4',
] as const;

const TRAITS = {
  mobility: MOBILITY_TRAITS,
  esp: ESP_TRAITS,
  binding: BINDING_TRAITS,
  tunnelled: TUNNELLED_TRAITS,
} as const;

/** Kinds of events that have traits. */
export type TraitKind = keyof typeof TRAITS;

/** A trait of a kind of events. */
export type TraitOf<K extends TraitKind> = (typeof TRAITS)[K][number];

/** The bit of a trait; 0 when events of the kind have no such trait. */
export function traitBit(kind: EngineEvent['kind'], trait: string): number {
  if (!hasTraits(kind)) return 0;
  const names: readonly string[] = TRAITS[kind];
  const at = names.indexOf(trait);
  return at < 0 ? 0 : 1 << at;
}

/** Whether an event of the kind, or a message when it is none of the kinds, can have a trait. */
export function isTraitOf(kindOrMessage: string, trait: string): boolean {
  const names: readonly string[] = hasTraits(kindOrMessage)
    ? TRAITS[kindOrMessage]
    : MOBILITY_TRAITS;
  return names.includes(trait);
}

function hasTraits(kind: string): kind is TraitKind {
  return Object.hasOwn(TRAITS, kind);
}

type Bits<N extends string> = Readonly<Record<N, number>>;

function bitsOf<const N extends string>(names: readonly N[]): Bits<N> {
  const entries = names.map((name, i) => [name, 1 << i] as const);
  return Object.fromEntries(entries) as Bits<N>;
}

const MOBILITY = bitsOf(MOBILITY_TRAITS);
const ESP = bitsOf(ESP_TRAITS);
const BINDING = bitsOf(BINDING_TRAITS);
const TUNNELLED = bitsOf(TUNNELLED_TRAITS);

// Constants, because these are looked up for every message.
const FAULTY = MOBILITY.faulty;
const WRONG_CHECKSUM = MOBILITY['wrong-checksum'];
const OTHER_PAYLOAD = MOBILITY['other-payload'];
const LATER_TYPE = MOBILITY['later-type'];
const MISPLACED_NONCES = MOBILITY['misplaced-nonces'];
const FRAGMENTED = MOBILITY.fragmented;
const ENCAPSULATED = MOBILITY.encapsulated;
const PROTECTED = MOBILITY.protected;
const ON_FOREIGN_LINK = MOBILITY['on-foreign-link'];
const ON_KNOWN_LINK = MOBILITY['on-known-link'];
const HOME_ADDRESS_OPTION = MOBILITY['home-address-option'];
const BARE_FROM_HOME_AGENT = MOBILITY['bare-from-home-agent'];
const RARE_OPTION = MOBILITY['rare-option'];
const COPY = MOBILITY.copy;
const UNNAMED = MOBILITY.unnamed;
const HOME_SOURCE = MOBILITY['home-source'];
const DELETION = MOBILITY.deletion;
const LONG_LIFETIME = MOBILITY['long-lifetime'];
const UNUSUAL_CARE_OF_ADDRESS = MOBILITY['unusual-care-of-address'];
const HOME_UPDATE = MOBILITY['home-update'];
const UNPROVED = MOBILITY.unproved;
const WRONG_AUTHENTICATOR = MOBILITY['wrong-authenticator'];
const LASTING_KEYS = MOBILITY['lasting-keys'];
const PROXY = MOBILITY.proxy;
const ANCHOR_POINT = MOBILITY['anchor-point'];
const KEY_MOBILITY = MOBILITY['key-mobility'];
const REFUSAL = MOBILITY.refusal;
const REMARKABLE = MOBILITY.remarkable;

/** No Next Header. RFC 6275 section 6.1.1. */
const NO_NEXT_HEADER = 59;
/** Binding Error, the last type of RFC 6275. */
const LAST_TYPE = 7;
/** First status that refuses. RFC 6275 section 6.1.8. */
const REFUSED = 128;
/** MAX_RR_BINDING_LIFETIME, 420 s, in units of 4 s. RFC 6275 section 12. */
const LONGEST = 105;
const H = BINDING_UPDATE_FLAGS.homeRegistration.mask;
const P = BINDING_UPDATE_FLAGS.proxyRegistration.mask;
const M = BINDING_UPDATE_FLAGS.mapRegistration.mask;
const K = BINDING_UPDATE_FLAGS.keyManagementMobilityCapability.mask;
const NOT_TO_CORRESPONDENT = H | M | P;
const ANSWER_P = BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask;
const ANSWER_K = BINDING_ACKNOWLEDGEMENT_FLAGS.keyManagementMobilityCapability.mask;

/** Traits of the site, as bits of `tunnelled` events. */
export function siteTraits(site: Site): number {
  return site.links.some(({ role }) => role === 'foreign') ? TUNNELLED['foreign-link-is-told'] : 0;
}

/** What of the engine's knowledge traits are told by. */
export interface TraitKnowledge {
  isHomeAgent(address: Uint8Array): boolean;
  /** Whether a binding has or had the address as care-of address. */
  isCareOfAddress(address: Uint8Array): boolean;
  /** Whether nothing is remarkable about a message. Without it every message is. */
  isRoutine?(event: MobilityEvent): boolean;
}

/** Traits of a Mobility Header, as bits. @param wanted those that anybody asks for */
export function mobilityTraits(
  event: MobilityEvent,
  knowledge: TraitKnowledge,
  wanted: number,
): number {
  const { context, header } = event;
  const { message } = header;
  let traits = traitsOnTheWay(context);
  if (event.diagnostics.length > 0) traits |= FAULTY;
  if (event.checksum === 'wrong') traits |= WRONG_CHECKSUM;
  if (header.payloadProto !== NO_NEXT_HEADER) traits |= OTHER_PAYLOAD;
  if (header.mhType > LAST_TYPE) traits |= LATER_TYPE;
  if (context.homeAddressOption !== undefined) traits |= HOME_ADDRESS_OPTION;
  if (event.earlier !== undefined) traits |= COPY;
  if ((wanted & REMARKABLE) !== 0 && knowledge.isRoutine?.(event) !== true) traits |= REMARKABLE;
  const isBare = context.outer === undefined && context.encapsulation.length === 0;
  if (isBare && knowledge.isHomeAgent(context.source)) traits |= BARE_FROM_HOME_AGENT;
  if (message.kind === 'binding-update') return traits | updateTraits(event, message);
  if (hasRareOption(header.options)) traits |= RARE_OPTION;
  if (message.kind !== 'binding-acknowledgement') return traits;
  if (context.routingHomeAddress === undefined) traits |= UNNAMED;
  if (message.status >= REFUSED) traits |= REFUSAL;
  if ((message.flags & ANSWER_P) !== 0) traits |= PROXY;
  if ((message.flags & ANSWER_K) !== 0) traits |= KEY_MOBILITY;
  return traits;
}

/** What is around a message. */
function traitsOnTheWay(context: PacketContext): number {
  let traits = 0;
  const { effectiveRole } = context.link;
  if (effectiveRole !== 'unknown') traits |= ON_KNOWN_LINK;
  if (effectiveRole === 'foreign') traits |= ON_FOREIGN_LINK;
  if (context.protection !== 'none') traits |= PROTECTED;
  for (let at: PacketContext | undefined = context; at !== undefined; at = at.outer) {
    if (at.isReassembled || at.hasFragmentHeader) traits |= FRAGMENTED;
    if (at.encapsulation.length > 0 || at.ipv4Outer !== undefined) traits |= ENCAPSULATED;
  }
  return traits;
}

function hasRareOption(options: readonly MobilityOption[]): boolean {
  for (const { kind } of options) {
    if (
      kind !== 'binding-authorization-data' &&
      kind !== 'nonce-indices' &&
      kind !== 'alternate-care-of-address' &&
      kind !== 'padn' &&
      kind !== 'pad1'
    ) {
      return true;
    }
  }
  return false;
}

function updateTraits(event: MobilityEvent, message: MessageOf<'binding-update'>): number {
  const { context, header, authentication } = event;
  const { flags, lifetime } = message;
  const { source, homeAddressOption, esp } = context;
  let traits = 0;
  let hasNonces = false;
  let hasAuthorization = false;
  let alternate: Uint8Array | undefined;
  for (const option of header.options) {
    switch (option.kind) {
      case 'nonce-indices':
        hasNonces = true;
        break;
      case 'binding-authorization-data':
        hasAuthorization = true;
        break;
      case 'alternate-care-of-address':
        // The first counts, as everywhere.
        alternate ??= option.careOfAddress;
        break;
      case 'padn':
      case 'pad1':
        break;
      default:
        traits |= RARE_OPTION;
    }
  }
  const careOfAddress = alternate ?? source;
  const isHome = (flags & H) !== 0;
  if (hasNonces && (isHome || !hasAuthorization)) traits |= MISPLACED_NONCES;
  if (isHome || (!hasNonces && !hasAuthorization)) traits |= HOME_UPDATE;
  if (esp !== undefined || (hasAuthorization && !hasNonces)) traits |= LASTING_KEYS;
  if (homeAddressOption === undefined) traits |= UNNAMED | HOME_SOURCE;
  else if (isSameAddress(homeAddressOption, source)) traits |= HOME_SOURCE;
  const homeAddress = homeAddressOption ?? source;
  if (lifetime === 0 || isSameAddress(careOfAddress, homeAddress)) traits |= DELETION;
  if (lifetime > LONGEST) traits |= LONG_LIFETIME;
  if (isUnusual(careOfAddress)) traits |= UNUSUAL_CARE_OF_ADDRESS;
  if ((flags & NOT_TO_CORRESPONDENT) === 0 && authentication !== 'right') traits |= UNPROVED;
  if (authentication === 'wrong') traits |= WRONG_AUTHENTICATOR;
  if ((flags & P) !== 0) traits |= PROXY;
  if ((flags & M) !== 0) traits |= ANCHOR_POINT;
  if ((flags & K) !== 0) traits |= KEY_MOBILITY;
  return traits;
}

/** Whether an address may be another one than that of a node: by its first octets, or an anycast identifier. */
function isUnusual(address: Uint8Array): boolean {
  const first = address[0] ?? 0;
  // Unspecified, loopback and IPv4-mapped; link-local and multicast.
  if (first === 0 || first >= 0xfe) return true;
  // An identifier of RFC 2526 section 2, or that of all routers of a subnet.
  if (address[8] === 0xfd) return true;
  for (let i = 8; i < 16; i++) if (address[i] !== 0) return false;
  return true;
}

/** Traits of ESP in signalling layout, as bits. */
export function espTraits({ context, layout }: EspEvent): number {
  const { homeAddressOption, routingHomeAddress, link, encapsulation, source } = context;
  let traits = 0;
  if (encapsulation.length > 0) traits |= ESP.encapsulated;
  if (link.effectiveRole !== 'unknown') traits |= ESP['on-known-link'];
  if (link.effectiveRole === 'foreign') traits |= ESP['on-foreign-link'];
  if (layout === 'plain') traits |= ESP.plain;
  if (routingHomeAddress !== undefined) traits |= ESP['routing-header'];
  if (homeAddressOption !== undefined) {
    traits |= ESP['home-address-option'];
    if (isSameAddress(homeAddressOption, source)) traits |= ESP['home-source'];
  }
  return traits;
}

/** Traits of a change of a binding, as bits. */
export function bindingTraits({ change, binding }: BindingEvent): number {
  const isHome = binding.role === 'home';
  const traits = isHome ? BINDING.home : 0;
  const accepted = isHome ? BINDING['home-accepted'] : BINDING['correspondent-accepted'];
  switch (change) {
    case 'registered':
      return traits | accepted | BINDING.registered;
    case 'refreshed':
      return traits | accepted;
    case 'moved':
      return traits | accepted | BINDING.moved;
    case 'deregistered':
    case 'expired':
      return traits | BINDING.ended;
    case 'rejected':
      return traits | BINDING.rejected;
    default:
      return traits;
  }
}

/** Traits of repeated payload in its own tunnel, as bits: they are told by the site and the link alone. */
export function repeatedTunnelTraits(ofSite: number, link: Link): number {
  return link.effectiveRole === 'unknown' ? ofSite : ofSite | TUNNELLED['on-known-link'];
}

/** Traits of a packet in a tunnel, as bits. @param ofSite `siteTraits` */
export function tunnelledTraits(
  event: TunnelledEvent,
  ofSite: number,
  knowledge: TraitKnowledge,
): number {
  const { context } = event;
  let traits = ofSite;
  const { outer } = context;
  if (event.isRepeated !== true) {
    traits |= TUNNELLED.news;
    const isFromCareOfAddress =
      event.direction === 'to-home-agent' ||
      (outer !== undefined && knowledge.isCareOfAddress(outer.source));
    if (isFromCareOfAddress) traits |= TUNNELLED['news-from-care-of-address'];
  }
  if (context.link.effectiveRole !== 'unknown') traits |= TUNNELLED['on-known-link'];
  if (event.control !== undefined) traits |= TUNNELLED.control;
  if (event.depth > 1 || context.outer?.outer !== undefined) traits |= TUNNELLED.nested;
  for (let at: PacketContext | undefined = context; at !== undefined; at = at.outer) {
    if (at.ipv4Outer !== undefined) traits |= TUNNELLED['over-ipv4'];
  }
  return traits;
}
