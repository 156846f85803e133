/**
 * The table of known ICMPv6 messages, and which of its rows octets are.
 */
import { u8 } from '../core/bytes.ts';
import type { NamedValue } from '../core/layout.ts';
import {
  certificationPathAdvertisement,
  certificationPathSolicitation,
} from './certification-path.ts';
import { echoReply, echoRequest } from './echo.ts';
import { destinationUnreachable, packetTooBig, parameterProblem, timeExceeded } from './errors.ts';
import {
  icmpv6HandoverAcknowledge,
  icmpv6HandoverInitiate,
  proxyRouterAdvertisement,
  routerSolicitationForProxyAdvertisement,
} from './fast-handover.ts';
import { homeAgentDiscoveryReply, homeAgentDiscoveryRequest } from './home-agent-discovery.ts';
import { inverseAdvertisement, inverseSolicitation } from './inverse-discovery.ts';
import type { Icmpv6Definition, Icmpv6ValueOf } from './message.ts';
import { UNDECODED_TYPES } from './message-types.ts';
import { mobilePrefixAdvertisement, mobilePrefixSolicitation } from './mobile-prefix.ts';
import {
  multicastListenerDone,
  multicastListenerQuery,
  multicastListenerQueryV2,
  multicastListenerReport,
  multicastListenerReportV2,
} from './multicast-listener.ts';
import type { NdOption } from './nd-options.ts';
import {
  neighborAdvertisement,
  neighborSolicitation,
  redirect,
  routerAdvertisement,
  routerSolicitation,
} from './neighbor-discovery.ts';
import {
  nodeInformationQueryAddress,
  nodeInformationQueryIpv4,
  nodeInformationQueryName,
  nodeInformationReply,
} from './node-information.ts';

/** All known messages; a new one is one entry. */
export const ICMPV6_MESSAGES = [
  destinationUnreachable,
  packetTooBig,
  timeExceeded,
  parameterProblem,
  echoRequest,
  echoReply,
  multicastListenerQuery,
  multicastListenerQueryV2,
  multicastListenerReport,
  multicastListenerDone,
  routerSolicitation,
  routerAdvertisement,
  neighborSolicitation,
  neighborAdvertisement,
  redirect,
  nodeInformationQueryAddress,
  nodeInformationQueryName,
  nodeInformationQueryIpv4,
  nodeInformationReply,
  inverseSolicitation,
  inverseAdvertisement,
  multicastListenerReportV2,
  homeAgentDiscoveryRequest,
  homeAgentDiscoveryReply,
  mobilePrefixSolicitation,
  mobilePrefixAdvertisement,
  certificationPathSolicitation,
  certificationPathAdvertisement,
  routerSolicitationForProxyAdvertisement,
  proxyRouterAdvertisement,
  icmpv6HandoverInitiate,
  icmpv6HandoverAcknowledge,
] as const;

/** Value of a message that a row takes. */
export type KnownIcmpv6Message = Icmpv6ValueOf<(typeof ICMPV6_MESSAGES)[number], NdOption>;

/** A message of a type no row knows, or too short for its row: kept as it came. */
export interface UnknownIcmpv6Message {
  readonly kind: 'unknown-icmpv6';
  readonly type: number;
  readonly code: number;
  /** Octets after the checksum. */
  readonly data: Uint8Array;
}

/** An ICMPv6 message, told apart by `kind`. */
export type Icmpv6Message = KnownIcmpv6Message | UnknownIcmpv6Message;

/** The message of one kind. */
export type Icmpv6MessageOf<K extends Icmpv6Message['kind']> = Extract<Icmpv6Message, { kind: K }>;

const byKind = new Map<string, Icmpv6Definition>(ICMPV6_MESSAGES.map((row) => [row.kind, row]));
if (byKind.size !== ICMPV6_MESSAGES.length) throw new Error('an ICMPv6 message is declared twice');

/** Rows of each type. */
const byType = new Map<number, Icmpv6Definition[]>();
for (const row of ICMPV6_MESSAGES) byType.set(row.type, [...(byType.get(row.type) ?? []), row]);

/** Octets of type, code and checksum. RFC 4443 section 2.1. */
const HEADER_OCTETS = 4;

function isMeant(row: Icmpv6Definition, bytes: Uint8Array, offset: number, end: number): boolean {
  const { subtype, forCodes, forLengths } = row;
  if (subtype !== undefined) {
    const at = offset + HEADER_OCTETS;
    if (at >= end || u8(bytes, at) !== subtype) return false;
  }
  if (forCodes?.includes(u8(bytes, offset + 1)) === false) return false;
  if (forLengths === undefined) return true;
  const octets = end - offset;
  return octets >= forLengths.from && octets <= forLengths.to;
}

/** The row of the message at `[offset, end)`; undefined = no row takes it. */
export function definitionAt(
  bytes: Uint8Array,
  offset: number,
  end: number,
): Icmpv6Definition | undefined {
  return byType.get(u8(bytes, offset))?.find((row) => isMeant(row, bytes, offset, end));
}

/** Whether rows of the type are there, which of them or none may be meant. */
export function isKnownType(type: number): boolean {
  return byType.has(type);
}

/** The row of a kind. */
export function definitionOf(kind: string): Icmpv6Definition | undefined {
  return byKind.get(kind);
}

/** ICMPv6 Type values with a name. */
export const ICMPV6_TYPES: readonly NamedValue[] = [
  // Types with subtypes have a name of their own among the others.
  ...ICMPV6_MESSAGES.filter(
    (row) => row.subtype === undefined && byType.get(row.type)?.[0] === row,
  ).map(({ type: value, name, spec }) => ({ value, name, spec })),
  ...UNDECODED_TYPES,
];

/** Name of a type. */
export function icmpv6TypeName(type: number): string | undefined {
  return ICMPV6_TYPES.find(({ value }) => value === type)?.name;
}
