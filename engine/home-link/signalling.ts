/**
 * Home registration signalling as rules look at it: which home address and home agent a packet is about, and
 * whether it travels as from a node at home or as from a node away.
 */
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type { EspEvent, MobilityEvent, PacketContext, PacketReference } from '../events.ts';
import type { Binding } from '../state/binding-cache.ts';
import { isSameAddress } from './addresses.ts';

const HOME_REGISTRATION = BINDING_UPDATE_FLAGS.homeRegistration.mask;
/** Registrations at a mobility anchor or of a proxy follow other rules. RFC 5380, RFC 5213. */
const OTHER_REGISTRATION =
  BINDING_UPDATE_FLAGS.mapRegistration.mask | BINDING_UPDATE_FLAGS.proxyRegistration.mask;

/** What of the engine's knowledge is asked here; every rule context has it. */
export interface HomeKnowledge {
  isHomeAgent(address: Uint8Array): boolean;
  isHomeAddress(address: Uint8Array): boolean;
  homePrefixOf(address: Uint8Array): { readonly knownBy: 'site' | 'learned' } | undefined;
}

/** A readable Binding Update for a home agent. */
export interface HomeBindingUpdate {
  readonly context: PacketContext;
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** How the home address is told: as source, by a Home Address option, or inside a tunnel to the agent. */
  readonly via: 'source' | 'home-address-option' | 'tunnel';
  /** Source on the wire, of the outer header with `tunnel`. */
  readonly wireSource: Uint8Array;
  readonly alternateCareOfAddress: Uint8Array | undefined;
  /** Alternate care-of address, else wire source. RFC 6275 section 9.5.1. */
  readonly careOfAddress: Uint8Array;
  readonly sequence: number;
  /** Bits of `BINDING_UPDATE_FLAGS`. */
  readonly flags: number;
  /** Units of 4 s, 0 asks for deletion. */
  readonly lifetime: number;
  readonly checksum: number;
  readonly isProtected: boolean;
  /** It names one of several bindings of the home address, so that one care-of address proves nothing. */
  readonly hasBindingIdentifier: boolean;
}

/** Whether a name is that of a way through IPv4 networks which specifications know. RFC 5555 section 4. */
export function isOverIpv4(encapsulation: string): boolean {
  return encapsulation === 'esp' || encapsulation.startsWith('udp:');
}

/** No IPv6 header and no other encapsulation around the packet. */
export function isBare(context: PacketContext): boolean {
  return context.outer === undefined && context.encapsulation.length === 0;
}

/**
 * Reads a Binding Update that is for a home agent; undefined for one that is for a correspondent node, a
 * mobility anchor point or a local mobility anchor, or that a receiver drops for its checksum.
 */
export function homeBindingUpdateOf(
  event: MobilityEvent,
  knowledge: HomeKnowledge,
): HomeBindingUpdate | undefined {
  const { context, header } = event;
  const { message, options } = header;
  if (message.kind !== 'binding-update' || event.checksum === 'wrong') return undefined;
  if ((message.flags & OTHER_REGISTRATION) !== 0) return undefined;
  if (context.routingHomeAddress !== undefined) return undefined;
  // Over IPv4 a node away from home has no IPv6 care-of address to speak from. RFC 5555 section 4.1.
  if (context.encapsulation.length > 0 && context.encapsulation.some(isOverIpv4)) return undefined;
  const isHome = (message.flags & HOME_REGISTRATION) !== 0;
  if (!isHome) {
    // A home agent can be a correspondent as well: RFC 6275 section 6.1.7 asks for these options then.
    const isCorrespondent =
      findOption(options, 'nonce-indices') !== undefined ||
      findOption(options, 'binding-authorization-data') !== undefined;
    if (isCorrespondent || !knowledge.isHomeAgent(context.destination)) return undefined;
  }
  const { outer, source, homeAddressOption } = context;
  const tunnel =
    outer !== undefined &&
    context.encapsulation.length === 0 &&
    isSameAddress(outer.destination, context.destination)
      ? outer
      : undefined;
  const via =
    homeAddressOption !== undefined
      ? 'home-address-option'
      : tunnel === undefined
        ? 'source'
        : 'tunnel';
  const wireSource = via === 'tunnel' && tunnel !== undefined ? tunnel.source : source;
  const alternateCareOfAddress = findOption(options, 'alternate-care-of-address')?.careOfAddress;
  return {
    context,
    homeAddress: homeAddressOption ?? source,
    homeAgent: context.destination,
    via,
    wireSource,
    alternateCareOfAddress,
    careOfAddress: alternateCareOfAddress ?? wireSource,
    sequence: message.sequence,
    flags: message.flags,
    lifetime: message.lifetime,
    checksum: header.checksum,
    isProtected: context.protection !== 'none',
    hasBindingIdentifier: findOption(options, 'binding-identifier') !== undefined,
  };
}

/** Signalling from a home address to its agent, sent as at home: no Home Address option, no tunnel. */
export interface HomeStyleSignalling {
  readonly context: PacketContext;
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** True for lifetime 0, false for another lifetime, undefined when it cannot be read. */
  readonly isDeregistration: boolean | undefined;
  /** Number that tells a retransmission from a copy: of ESP, else of the Binding Update. */
  readonly sequence: number;
}

/** A node's own address, not an agent's, that is known as home address or lies in a home prefix. */
function isHomeNode(
  address: Uint8Array,
  knowledge: HomeKnowledge,
  acceptsLearned: boolean,
): boolean {
  if (knowledge.isHomeAgent(address)) return false;
  if (knowledge.isHomeAddress(address)) return true;
  const prefix = knowledge.homePrefixOf(address);
  return prefix !== undefined && (acceptsLearned || prefix.knownBy === 'site');
}

/**
 * Reads signalling sent as at home: RFC 3776 section 3.1, RFC 6275 section 11.5.5. Of a packet that could be
 * opened its mobility event is read, of any other its ESP event.
 */
export function homeStyleSignallingOf(
  event: EspEvent | MobilityEvent,
  knowledge: HomeKnowledge,
): HomeStyleSignalling | undefined {
  const { context } = event;
  if (event.kind === 'esp') {
    if (event.layout !== 'plain' || event.outcome === 'opened' || !isBare(context)) {
      return undefined;
    }
    if (!knowledge.isHomeAgent(context.destination)) return undefined;
    if (!isHomeNode(context.source, knowledge, false)) return undefined;
    return {
      context,
      homeAddress: context.source,
      homeAgent: context.destination,
      isDeregistration: undefined,
      sequence: event.sequence,
    };
  }
  // Only a node at home tells its home address as source.
  if (context.homeAddressOption !== undefined || !isBare(context)) return undefined;
  const update = homeBindingUpdateOf(event, knowledge);
  if (update?.via !== 'source' || !isHomeNode(update.homeAddress, knowledge, true)) {
    return undefined;
  }
  return {
    context,
    homeAddress: update.homeAddress,
    homeAgent: update.homeAgent,
    isDeregistration: update.lifetime === 0,
    sequence: context.esp?.sequence ?? update.sequence,
  };
}

/** An acknowledgement from an agent to a home address, sent as to a node at home: no routing header. */
export interface HomeStyleAnswer {
  readonly context: PacketContext;
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** Status of the Binding Acknowledgement, below 128 = accepted; undefined when it cannot be read. */
  readonly status: number | undefined;
}

/** Reads an answer sent as to a node at home. RFC 3776 section 3.1. */
export function homeStyleAnswerOf(
  event: EspEvent | MobilityEvent,
  knowledge: HomeKnowledge,
): HomeStyleAnswer | undefined {
  const { context } = event;
  if (!isBare(context) || context.routingHomeAddress !== undefined) return undefined;
  const { source: homeAgent, destination: homeAddress } = context;
  if (event.kind === 'esp') {
    if (event.layout !== 'plain' || event.outcome === 'opened') return undefined;
    if (!knowledge.isHomeAgent(homeAgent)) return undefined;
    if (!isHomeNode(homeAddress, knowledge, false)) return undefined;
    return { context, homeAddress, homeAgent, status: undefined };
  }
  const { message } = event.header;
  if (message.kind !== 'binding-acknowledgement' || event.checksum === 'wrong') return undefined;
  if (!knowledge.isHomeAgent(homeAgent)) return undefined;
  if (!isHomeNode(homeAddress, knowledge, true)) return undefined;
  return { context, homeAddress, homeAgent, status: message.status };
}

/** Care-of address that is registered at `now` (microseconds); undefined when none is, or none is known. */
export function registeredCareOfAddress(
  binding: Readonly<Binding> | undefined,
  now: number,
): Uint8Array | undefined {
  if (binding === undefined || binding.registeredAt === 0) return undefined;
  if (binding.phase !== 'registered' && binding.phase !== 'deregistration-sent') return undefined;
  if (binding.lifetime !== undefined && binding.expiresAt <= now) return undefined;
  return isSameAddress(binding.careOfAddress, binding.homeAddress)
    ? undefined
    : binding.careOfAddress;
}

/** Whether an address is, was, or is about to be the care-of address of a binding. */
export function isKnownCareOfAddress(binding: Readonly<Binding>, address: Uint8Array): boolean {
  const { pending } = binding;
  return (
    isSameAddress(binding.careOfAddress, address) ||
    binding.previousCareOfAddresses.some((item) => isSameAddress(item, address)) ||
    (pending !== undefined &&
      pending.lifetime !== 0 &&
      isSameAddress(pending.careOfAddress, address))
  );
}

/** Whether two references name one packet. */
export function isSamePacket(a: PacketReference, b: PacketReference): boolean {
  return a.number === b.number && a.input === b.input;
}
