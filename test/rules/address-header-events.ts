/**
 * Events of packets with address-changing headers, made by hand for tests of rules.
 */
import type {
  HomeAddressOptionEvent,
  Icmpv6NoticeEvent,
  PacketContext,
  ReflectedEvent,
  RoutingHeaderEvent,
  TunnelLoopEvent,
} from '../../engine/events.ts';
import { makeLink, packetAt, packetContext } from './event-builders.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  START_TIME,
  address,
} from './site.ts';

/** Somebody who has nothing to do with it. */
export const VICTIM = address('2001:db8:7::7');

type Fields<E extends { readonly context: PacketContext; readonly kind: string }> = Partial<
  Omit<E, 'kind' | 'context'>
> & { readonly context?: Partial<PacketContext> };

/** A UDP packet of ATTACKER to CORRESPONDENT in the name of VICTIM, without a binding. */
export function optionEvent(fields: Fields<HomeAddressOptionEvent> = {}): HomeAddressOptionEvent {
  const { context, ...rest } = fields;
  const homeAddress = rest.homeAddress ?? VICTIM;
  return {
    kind: 'home-address-option',
    context: packetContext({
      source: ATTACKER,
      destination: CORRESPONDENT,
      homeAddressOption: homeAddress,
      extensions: 1,
      ...context,
    }),
    relation: 'none',
    protocol: 17,
    homeAddresses: 1,
    watched: 1e6,
    ...rest,
    homeAddress,
  };
}

/** A UDP packet of ATTACKER to CARE_OF_ADDRESS with a type 2 routing header for VICTIM. */
export function routingEvent(fields: Fields<RoutingHeaderEvent> = {}): RoutingHeaderEvent {
  const { context, ...rest } = fields;
  return {
    kind: 'routing-header',
    context: packetContext({
      source: ATTACKER,
      destination: CARE_OF_ADDRESS,
      routingHomeAddress: VICTIM,
      extensions: 1,
      ...context,
    }),
    headers: 1,
    types: [2],
    segmentsLeft: 1,
    addresses: [VICTIM],
    relation: 'none',
    protocol: 17,
    packets: 1,
    watched: 1e6,
    ...rest,
  };
}

/** CORRESPONDENT sends VICTIM five packets that ATTACKER asked for, told at `seconds`. */
export function reflectedEvent(
  seconds: number,
  fields: Partial<Omit<ReflectedEvent, 'kind' | 'time'>> = {},
): ReflectedEvent {
  return {
    kind: 'reflected',
    time: START_TIME + Math.round(seconds * 1e6),
    victim: VICTIM,
    reflector: CORRESPONDENT,
    packets: 5,
    octets: 300,
    packet: packetAt(2, seconds),
    link: makeLink('transit'),
    protocol: 6,
    request: packetAt(1, seconds),
    requester: ATTACKER,
    ...fields,
  };
}

/** One packet came four times in a tunnel between home agents. */
export function loopEvent(fields: Fields<TunnelLoopEvent> = {}): TunnelLoopEvent {
  const { context, ...rest } = fields;
  return {
    kind: 'tunnel-loop',
    context: packetContext({
      source: CORRESPONDENT,
      destination: HOME_ADDRESS,
      hopLimit: 57,
      outer: packetContext({ source: HOME_AGENT, destination: ATTACKER }),
      ...context,
    }),
    sightings: 4,
    firstHopLimit: 60,
    firstDepth: 1,
    depth: 1,
    ...rest,
  };
}

/** An ICMPv6 message of ATTACKER to HOME_AGENT. */
export function noticeEvent(
  type: number,
  code: number,
  fields: Partial<Omit<Icmpv6NoticeEvent, 'kind' | 'context'>> & {
    readonly context?: Partial<PacketContext>;
  } = {},
): Icmpv6NoticeEvent {
  const { context, packets = 1 } = fields;
  return {
    kind: 'icmpv6-notice',
    context: packetContext({ source: ATTACKER, destination: HOME_AGENT, ...context }),
    type,
    code,
    packets,
  };
}
