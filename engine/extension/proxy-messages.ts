/**
 * Proxy Binding Updates and Acknowledgements, read as rules and state need them. RFC 5213 section 8.
 */
import { formatAddress, isUnspecified } from '../../dissectors/core/address.ts';
import { u16, u32 } from '../../dissectors/core/bytes.ts';
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../../dissectors/mobility/messages/binding.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import { identifierText } from '../../dissectors/mobility/options/rfc4283.ts';
import type { MobilityEvent } from '../events.ts';
import { lifetimeSeconds } from '../mobility/lifetime.ts';
import type { SitePrefix } from '../site.ts';

/** Prefixes read of one message. */
const MAX_PREFIXES = 8;
/** Characters of an identifier that alerts show. */
const MAX_TEXT = 64;
/** Identifiers longer than this are told apart by their first octets alone. */
const MAX_IDENTIFIER = 128;
/** Handoff Indicator of a refresh of a binding the gateway already has. RFC 5213 section 8.4. */
export const REREGISTRATION = 5;
/** Handoff Indicator of a node that attached with a new interface. RFC 5213 section 8.4. */
export const NEW_ATTACHMENT = 1;

/** A mobile node as a proxy message names it. */
export interface NamedNode {
  /** Map key: subtype and octets. */
  readonly key: string;
  /** For reports. */
  readonly text: string;
}

/** A Proxy Binding Update. */
export interface ProxyUpdate {
  /** Sender: the Proxy-CoA. */
  readonly gateway: Uint8Array;
  /** Receiver. */
  readonly anchor: Uint8Array;
  readonly sequence: number;
  /** Seconds; 0 = de-registration. */
  readonly lifetime: number;
  /** Undefined without Mobile Node Identifier option. */
  readonly node: NamedNode | undefined;
  /** Home network prefixes asked for by value; those asked for with `::` are not among them. */
  readonly prefixes: readonly SitePrefix[];
  /** Seconds since 1970, with fraction. */
  readonly timestamp: number | undefined;
  readonly handoffIndicator: number | undefined;
  /** Key the anchor is to use towards the gateway. RFC 5845 section 6.1. */
  readonly greKey: number | undefined;
}

/** A Proxy Binding Acknowledgement. */
export interface ProxyAcknowledgement {
  readonly anchor: Uint8Array;
  readonly gateway: Uint8Array;
  readonly sequence: number;
  readonly status: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly node: NamedNode | undefined;
  readonly prefixes: readonly SitePrefix[];
  /** Key the gateway is to use towards the anchor. */
  readonly greKey: number | undefined;
}

/** The first mobile node that options name. */
export function namedNodeOf(options: readonly MobilityOption[]): NamedNode | undefined {
  const option = findOption(options, 'mobile-node-identifier');
  if (option === undefined) return undefined;
  const { subtype, identifier } = option;
  const text = identifierText(identifier, subtype);
  return {
    key: String.fromCharCode(subtype, ...identifier.subarray(0, MAX_IDENTIFIER)),
    text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text,
  };
}

/** Home network prefixes that options name by value; at most 8. */
export function homeNetworkPrefixesOf(options: readonly MobilityOption[]): SitePrefix[] {
  const found: SitePrefix[] = [];
  for (const option of options) {
    if (option.kind !== 'home-network-prefix' || found.length >= MAX_PREFIXES) continue;
    const { prefix, prefixLength: length } = option;
    if (length > 0 && length <= 128 && !isUnspecified(prefix)) found.push({ prefix, length });
  }
  return found;
}

/** Timestamp: 48 bits of seconds since 1970, 16 bits of fraction. RFC 5213 section 8.8. */
function timestampOf(options: readonly MobilityOption[]): number | undefined {
  const octets = findOption(options, 'timestamp')?.timestamp;
  if (octets?.length !== 8) return undefined;
  return u16(octets, 0) * 2 ** 32 + u32(octets, 2) + u16(octets, 6) / 2 ** 16;
}

/** The Proxy Binding Update in an event; undefined for other messages and wrong checksums. */
export function proxyUpdateOf({
  header,
  context,
  checksum,
}: MobilityEvent): ProxyUpdate | undefined {
  const { message, options } = header;
  if (message.kind !== 'binding-update' || checksum === 'wrong') return undefined;
  if ((message.flags & BINDING_UPDATE_FLAGS.proxyRegistration.mask) === 0) return undefined;
  return {
    gateway: context.source,
    anchor: context.destination,
    sequence: message.sequence,
    lifetime: lifetimeSeconds(message.lifetime),
    node: namedNodeOf(options),
    prefixes: homeNetworkPrefixesOf(options),
    timestamp: timestampOf(options),
    handoffIndicator: findOption(options, 'handoff-indicator')?.indicator,
    greKey: findOption(options, 'gre-key')?.key,
  };
}

/** The Proxy Binding Acknowledgement in an event; undefined for other messages and wrong checksums. */
export function proxyAcknowledgementOf({
  header,
  context,
  checksum,
}: MobilityEvent): ProxyAcknowledgement | undefined {
  const { message, options } = header;
  if (message.kind !== 'binding-acknowledgement' || checksum === 'wrong') return undefined;
  if ((message.flags & BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask) === 0)
    return undefined;
  return {
    anchor: context.source,
    gateway: context.destination,
    sequence: message.sequence,
    status: message.status,
    lifetime: lifetimeSeconds(message.lifetime),
    node: namedNodeOf(options),
    prefixes: homeNetworkPrefixesOf(options),
    greKey: findOption(options, 'gre-key')?.key,
  };
}

/** A prefix as reports write it. */
export function prefixText({ prefix, length }: SitePrefix): string {
  return `${formatAddress(prefix)}/${length}`;
}

/** Whether two prefixes have addresses in common. */
export function overlaps(a: SitePrefix, b: SitePrefix): boolean {
  const bits = Math.min(a.length, b.length);
  for (let i = 0; i * 8 < bits; i++) {
    const mask = 0xff00 >>> Math.min(8, bits - i * 8);
    if ((((a.prefix[i] ?? 0) ^ (b.prefix[i] ?? 0)) & mask & 0xff) !== 0) return false;
  }
  return true;
}
