/**
 * Binding Updates and Acknowledgements as rules about their order read them: of home agents and correspondents alike.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../../dissectors/mobility/messages/binding.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type { MobilityEvent, PacketContext } from '../events.ts';
import type { Binding } from '../state/binding-cache.ts';
import { requestedCareOfAddress } from '../state/bindings.ts';
import { lifetimeSeconds } from '../mobility/lifetime.ts';

const { acknowledge, homeRegistration, mapRegistration, proxyRegistration } = BINDING_UPDATE_FLAGS;
/** Sequence numbers that are not greater than another: half of all. RFC 6275 section 9.5.1. */
const HALF = 0x8000;

/** Longest wait of a node that sends an update again, microseconds: MAX_BINDACK_TIMEOUT. RFC 6275 section 12. */
export const RETRANSMISSION_BACKOFF = 32e6;
/** Copies this close together come from a mirror port, microseconds. */
export const MIRROR_COPY = 20_000;

/** A Binding Update of a mobile node. */
export interface RegistrationRequest {
  readonly context: PacketContext;
  readonly homeAddress: Uint8Array;
  readonly peer: Uint8Array;
  /** Alternate Care-of Address, else source. */
  readonly careOfAddress: Uint8Array;
  readonly sequence: number;
  /** Seconds; 0 asks for deletion. */
  readonly lifetime: number;
  readonly isHome: boolean;
  readonly asksForAnswer: boolean;
  /** It names one of several bindings of the home address (RFC 5648): their numbers stand beside each other. */
  readonly hasBindingIdentifier: boolean;
}

/** Reads a Binding Update; undefined for those of gateways and for anchor points, and for a wrong checksum. */
export function registrationRequestOf(event: MobilityEvent): RegistrationRequest | undefined {
  if (event === lastEvent) return lastRequest;
  lastRequest = readRequest(event);
  lastEvent = event;
  return lastRequest;
}

// Many rules read the same update one after the other. What is read depends on the event alone.
let lastEvent: MobilityEvent | undefined;
let lastRequest: RegistrationRequest | undefined;

function readRequest(event: MobilityEvent): RegistrationRequest | undefined {
  const { context, header, checksum } = event;
  const { message, options } = header;
  if (message.kind !== 'binding-update' || checksum === 'wrong') return undefined;
  const { flags, sequence, lifetime } = message;
  if ((flags & (proxyRegistration.mask | mapRegistration.mask)) !== 0) return undefined;
  const homeAddress = context.homeAddressOption ?? context.source;
  const careOfAddress = requestedCareOfAddress(event);
  return {
    context,
    homeAddress,
    peer: context.routingHomeAddress ?? context.destination,
    careOfAddress,
    sequence,
    lifetime: isSameAddress(careOfAddress, homeAddress) ? 0 : lifetimeSeconds(lifetime),
    isHome: (flags & homeRegistration.mask) !== 0,
    asksForAnswer: (flags & acknowledge.mask) !== 0,
    hasBindingIdentifier: findOption(options, 'binding-identifier') !== undefined,
  };
}

/** A Binding Acknowledgement to a mobile node. */
export interface RegistrationAnswer {
  readonly context: PacketContext;
  readonly homeAddress: Uint8Array;
  readonly peer: Uint8Array;
  /** Below 128 = accepted. */
  readonly status: number;
  readonly sequence: number;
}

/** Reads a Binding Acknowledgement; undefined for those to gateways and for a wrong checksum. */
export function registrationAnswerOf(event: MobilityEvent): RegistrationAnswer | undefined {
  const { context, header, checksum } = event;
  const { message } = header;
  if (message.kind !== 'binding-acknowledgement' || checksum === 'wrong') return undefined;
  if ((message.flags & BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask) !== 0) {
    return undefined;
  }
  return {
    context,
    homeAddress: context.routingHomeAddress ?? context.destination,
    peer: context.homeAddressOption ?? context.source,
    status: message.status,
    sequence: message.sequence,
  };
}

/** Whether a sequence number is not greater than another, modulo 2**16. RFC 6275 section 9.5.1. */
export function isNotGreater(sequence: number, last: number): boolean {
  return ((last - sequence) & 0xffff) <= HALF;
}

/** Distance of two sequence numbers the short way round. */
export function sequenceDistance(a: number, b: number): number {
  const forward = (a - b) & 0xffff;
  return Math.min(forward, 0x10000 - forward);
}

/** Whether a binding was accepted and its lifetime has not run out. @param now microseconds since 1970 */
export function isBindingValid(binding: Readonly<Binding>, now: number): boolean {
  const { phase, registeredAt, lifetime, expiresAt } = binding;
  if (registeredAt === 0 || (phase !== 'registered' && phase !== 'deregistration-sent')) {
    return false;
  }
  return lifetime === undefined || now < expiresAt;
}
