/**
 * Questions that rules on IPsec ask: which message a packet is, between which home address and home agent, and what
 * the policy says.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { Icmpv6Event, MobilityEvent, PacketContext } from '../events.ts';
import type { KeyedTable } from '../rules/keyed-table.ts';
import type { ExtensionQueries } from '../state/extension-state.ts';
import { ICMPV6, MOBILITY_HEADER } from '../state/traffic-selector.ts';
import type { PolicyPacket, PolicyVerdict } from './policy-database.ts';

/** What of the engine's knowledge is asked here; every rule context has it. */
interface PolicyKnowledge {
  isHomeAgent(address: Uint8Array): boolean;
  isHomeAddress(address: Uint8Array): boolean;
  policyOf(packet: PolicyPacket): PolicyVerdict;
}

/** The ends of a message between a mobile node and its home agent. */
export interface AgentEnds {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly isToAgent: boolean;
}

/** Signalling between a mobile node and its home agent. */
export interface AgentSignalling extends AgentEnds {
  /** Source and destination on the wire, of the outer header in a tunnel. */
  readonly wire: PacketContext;
  /** What the policy says; `bypass` when it asks for nothing. */
  readonly policy: PolicyVerdict;
}

/**
 * The home address and home agent that a message is between, with the addresses of Home Address option and type 2
 * routing header in their place; undefined for a message that no home agent has part in, or that is inside IPv4 or
 * another foreign encapsulation.
 */
export function agentEndsOf(
  { context, checksum }: MobilityEvent | Icmpv6Event,
  knowledge: Pick<PolicyKnowledge, 'isHomeAgent'>,
): AgentEnds | undefined {
  if (context.encapsulation.length > 0 || checksum === 'wrong') return undefined;
  const { source, destination } = context;
  const isToAgent = knowledge.isHomeAgent(destination);
  if (isToAgent === knowledge.isHomeAgent(source)) return undefined;
  return {
    homeAddress: isToAgent
      ? (context.homeAddressOption ?? source)
      : (context.routingHomeAddress ?? destination),
    homeAgent: isToAgent ? destination : source,
    isToAgent,
  };
}

/** The ends of a message as {@link agentEndsOf} reads them, and what the policy says of it. */
export function agentSignallingOf(
  event: MobilityEvent | Icmpv6Event,
  type: number,
  knowledge: PolicyKnowledge,
): AgentSignalling | undefined {
  const ends = agentEndsOf(event, knowledge);
  if (ends === undefined) return undefined;
  const { context } = event;
  const source = context.homeAddressOption ?? context.source;
  const destination = context.routingHomeAddress ?? context.destination;
  const { homeAddress, homeAgent } = ends;
  const policy = knowledge.policyOf({
    source,
    destination,
    protocol: event.kind === 'mobility' ? MOBILITY_HEADER : ICMPV6,
    type,
    ...(context.outer === undefined ? {} : { tunnel: { homeAddress, homeAgent } }),
  });
  return { ...ends, wire: context.outer ?? context, policy };
}

/** How a message was protected, in words: `in clear`, `in an IPv6 tunnel in clear`. */
export function protectionText(context: PacketContext): string {
  const { protection, outer, esp } = context;
  if (protection === 'none') return outer === undefined ? 'in clear' : 'in a tunnel without ESP';
  const mode = protection === 'esp-tunnel' ? 'tunnel' : 'transport';
  return `under ESP in ${mode} mode${esp === undefined ? '' : `, SPI 0x${esp.spi.toString(16).padStart(8, '0')}`}`;
}

/** An SPI as reports write it. */
export function formatSpi(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}

/** What is asked about a home test. */
interface HomeTestKnowledge extends PolicyKnowledge {
  homePrefixOf(address: Uint8Array): { readonly knownBy: 'site' | 'learned' } | undefined;
}

/**
 * How a Home Test Init or Home Test travels as it must not: bare on a visited link, or in a tunnel without ESP where
 * the policy demands it (RFC 3776 section 4.1 alone says SHOULD). Undefined when it is protected, or right where it
 * is: bare at home, and bare between home agent and correspondent.
 * @param homeAddress source of the init, destination of the test.
 */
export function homeTestExposure(
  event: MobilityEvent,
  homeAddress: Uint8Array,
  knowledge: HomeTestKnowledge,
): 'bare' | 'tunnel' | undefined {
  const { context, checksum } = event;
  const { protection, outer, link, source, destination } = context;
  if (protection !== 'none' || checksum === 'wrong' || context.encapsulation.length > 0) {
    return undefined;
  }
  if (context.hasAuthenticationHeader === true) return undefined;
  if (outer === undefined) {
    if (link.effectiveRole !== 'foreign') return undefined;
    // A correspondent on the visited link answers a node at home through it: only our own nodes are judged.
    const isOurs =
      knowledge.isHomeAddress(homeAddress) ||
      knowledge.homePrefixOf(homeAddress)?.knownBy === 'site';
    return isOurs ? 'bare' : undefined;
  }
  if (outer.hasAuthenticationHeader === true || outer.protection !== 'none') return undefined;
  const homeAgent = event.header.message.kind === 'home-test' ? outer.source : outer.destination;
  if (!knowledge.isHomeAgent(homeAgent)) return undefined;
  const policy = knowledge.policyOf({
    source,
    destination,
    protocol: MOBILITY_HEADER,
    type: event.header.mhType,
    tunnel: { homeAddress, homeAgent },
    isAboutDemands: true,
  });
  return policy.kind === 'protect' && policy.demand === 'must' ? 'tunnel' : undefined;
}

/**
 * The node that registered from a care-of address with a home agent. Of care-of addresses of one node the engine knows.
 * @param remembered home addresses by care-of address and home agent, of care-of addresses that several nodes have had
 */
export function mobileNodeAt(
  careOfAddress: Uint8Array,
  homeAgent: Uint8Array,
  context: Pick<ExtensionQueries, 'careOfBinding'>,
  remembered: Pick<KeyedTable<Uint8Array>, 'get'>,
): Uint8Array | undefined {
  const binding = context.careOfBinding(careOfAddress);
  if (binding !== undefined && isSameAddress(binding.peer, homeAgent)) return binding.homeAddress;
  return remembered.get(careOfAddress, homeAgent);
}
