/**
 * Who claims a registered home address on the home link: while the binding lives, the home agent alone does.
 * RFC 6275 sections 10.4.1 and 11.5.5.
 */
import { isMulticast } from '../../dissectors/core/address.ts';
import { NEIGHBOR_ADVERTISEMENT_FLAGS } from '../../dissectors/icmpv6/index.ts';
import { addressKey, isSameAddress } from '../../dissectors/core/address.ts';
import { isSameLinkLayer } from '../home-link/addresses.ts';
import type { Icmpv6Event } from '../events.ts';
import type { Binding } from '../state/binding-cache.ts';
import { isAcceptedOnLink } from '../state/link-state.ts';
import { neighborStatementOf } from '../state/neighbors.ts';
import {
  includesLinkLayer,
  isMadeOf,
  isToldHomeAgentLinkLayer,
  linkLayerOfHomeAgent,
} from './knowledge.ts';
import type { KnownLinkLayer, LinkKnowledge } from './knowledge.ts';

/** What of the engine's knowledge is asked here; every rule context has it. */
export interface BindingKnowledge extends LinkKnowledge {
  homeBinding(homeAddress: Uint8Array): Readonly<Binding> | undefined;
  isHomeAddress(address: Uint8Array): boolean;
}

/** A statement on the home link about a home address whose node is registered from away, not by its home agent. */
export interface HomeAddressClaim {
  readonly homeAddress: Uint8Array;
  readonly binding: Readonly<Binding>;
  readonly linkLayerAddress: Uint8Array;
  /** Of the serving home agent. */
  readonly expected: KnownLinkLayer;
  /** Of an advertisement: to all nodes, so that everybody learns it. */
  readonly isMulticast: boolean;
  /** Override flag of an advertisement. */
  readonly isOverriding: boolean;
  /** The link-layer address is the node's own: it was at home with it, or the home address is made of it. */
  readonly isOwn: boolean;
  /** The node has asked for its de-registration, and was not answered yet. */
  readonly isDeregistering: boolean;
}

/** Link-layer addresses a node had at home; the last two. */
const OWN_BOUNDS = { maxEntries: 8192, ttlSeconds: 7 * 86_400 } as const;
const MAX_OWN = 2;
/** No solicited-node group takes part in what follows: what everybody hears is all nodes. RFC 4291 section 2.7.1. */
const OVERRIDE = NEIGHBOR_ADVERTISEMENT_FLAGS.override.mask;

/** Whether a home binding is in force at `now` (microseconds), from away. */
export function isLiveFromAway(
  binding: Readonly<Binding> | undefined,
  now: number,
): binding is Readonly<Binding> {
  if (binding === undefined || binding.registeredAt === 0) return false;
  if (binding.phase !== 'registered' && binding.phase !== 'deregistration-sent') return false;
  if (isSameAddress(binding.careOfAddress, binding.homeAddress)) return false;
  return binding.expiresAt === 0 || now < binding.expiresAt;
}

/**
 * Reads a claim of a home address on the home link by a node that is no home agent, and takes note of what nodes at
 * home say of themselves. Undefined when the node may say so, or when nobody knows the home agent's link-layer address.
 */
export function homeAddressClaimOf(
  event: Icmpv6Event,
  knowledge: BindingKnowledge,
): HomeAddressClaim | undefined {
  const { context, message } = event;
  const { link } = context;
  if (link.effectiveRole !== 'home' || !isAcceptedOnLink(event)) return undefined;
  const said = neighborStatementOf(event);
  if (said === undefined || !knowledge.isHomeAddress(said.address)) return undefined;
  const { address: homeAddress, linkLayerAddress } = said;
  const own = knowledge.table<readonly Uint8Array[]>('own', OWN_BOUNDS);
  const key = addressKey(homeAddress);
  const known = own.get(key) ?? [];
  const isKnown = known.some((item) => isSameLinkLayer(item, linkLayerAddress));
  const binding = knowledge.homeBinding(homeAddress);
  const isOfAgent = isToldHomeAgentLinkLayer(linkLayerAddress, knowledge.site);
  if (!isLiveFromAway(binding, knowledge.now)) {
    if (!isOfAgent && !isKnown) own.set(key, [...known, linkLayerAddress].slice(-MAX_OWN));
    return undefined;
  }
  const expected = linkLayerOfHomeAgent(link, binding.peer, knowledge);
  if (expected === undefined || isOfAgent) return undefined;
  if (includesLinkLayer(expected, linkLayerAddress)) return undefined;
  const isAdvertisement = message.kind === 'neighbor-advertisement';
  return {
    homeAddress,
    binding,
    linkLayerAddress,
    expected,
    isMulticast: isMulticast(context.destination),
    isOverriding: isAdvertisement && (message.flags & OVERRIDE) !== 0,
    isOwn: isKnown || isMadeOf(homeAddress, linkLayerAddress),
    isDeregistering: binding.phase === 'deregistration-sent' || binding.pending?.lifetime === 0,
  };
}
