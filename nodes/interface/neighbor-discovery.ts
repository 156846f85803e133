/**
 * Neighbor discovery messages: as packets to send, and the checks of received ones.
 */
import { isLinkLocal, isMulticast, isUnspecified } from '../../dissectors/core/address.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import {
  ICMPV6,
  NEIGHBOR_ADVERTISEMENT_FLAGS,
  encodeIcmpv6,
  findNdOption,
  icmpv6Checksum,
} from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, Icmpv6MessageOf, NdOption } from '../../dissectors/icmpv6/index.ts';
import { ipv6Packet } from '../../dissectors/ipv6/build.ts';
import type { LinkMessage } from './network-interface.ts';
import { isNodeLinkAddress, isSolicitedNodeGroup } from './link-address.ts';

/** Of every neighbor discovery message: nobody off the link can send it. RFC 4861 section 3.1. */
export const NEIGHBOR_DISCOVERY_HOP_LIMIT = 255;

/** Neighbor and router discovery messages that a node takes. Redirects are not obeyed: next hops come from routes. */
export type DiscoveryMessage = Icmpv6MessageOf<
  | 'router-solicitation'
  | 'router-advertisement'
  | 'neighbor-solicitation'
  | 'neighbor-advertisement'
>;

/** Flags of a neighbor advertisement. */
export const NA_ROUTER = NEIGHBOR_ADVERTISEMENT_FLAGS.router.mask;
export const NA_SOLICITED = NEIGHBOR_ADVERTISEMENT_FLAGS.solicited.mask;
export const NA_OVERRIDE = NEIGHBOR_ADVERTISEMENT_FLAGS.override.mask;

/** Whether a flag of a neighbor advertisement is set. */
export function hasFlag(flags: number, mask: number): boolean {
  return (flags & mask) >>> 0 !== 0;
}

/** The IPv6 packet of a neighbor discovery message. */
export function discoveryPacket(
  message: DiscoveryMessage,
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  return ipv6Packet({
    source,
    destination,
    hopLimit: NEIGHBOR_DISCOVERY_HOP_LIMIT,
    protocol: ICMPV6,
    payload: encodeIcmpv6(message, { source, destination }),
  });
}

/** Source link-layer address option, or none for the unspecified source. RFC 4861 sections 4.1, 4.3. */
export function sourceLinkOptions(source: Uint8Array, linkLayerAddress: Uint8Array): NdOption[] {
  if (isUnspecified(source)) return [];
  return [{ kind: 'source-link-layer-address', address: linkLayerAddress }];
}

/** Link-layer address of an option, when it can be that of a node. */
export function linkAddressOption(
  options: readonly NdOption[],
  kind: 'source-link-layer-address' | 'target-link-layer-address',
): Uint8Array | undefined {
  const address = findNdOption(options, kind)?.address;
  return address !== undefined && isNodeLinkAddress(address) ? address : undefined;
}

function isDiscovery(message: Icmpv6Message): message is DiscoveryMessage {
  return (
    message.kind === 'neighbor-solicitation' ||
    message.kind === 'neighbor-advertisement' ||
    message.kind === 'router-advertisement' ||
    message.kind === 'router-solicitation'
  );
}

/** Checks of single kinds of messages. */
function isValidKind(packet: LinkMessage, message: DiscoveryMessage): boolean {
  const isFromNobody = isUnspecified(packet.wireSource);
  const hasSource = message.options.some(({ kind }) => kind === 'source-link-layer-address');
  switch (message.kind) {
    case 'neighbor-solicitation':
      // RFC 4861 section 7.1.1.
      if (isMulticast(message.targetAddress)) return false;
      return !isFromNobody || (!hasSource && isSolicitedNodeGroup(packet.wireDestination));
    case 'neighbor-advertisement':
      // RFC 4861 section 7.1.2.
      if (isMulticast(message.targetAddress)) return false;
      return !isMulticast(packet.wireDestination) || !hasFlag(message.flags, NA_SOLICITED);
    case 'router-solicitation':
      // RFC 4861 section 6.1.1.
      return !isFromNobody || !hasSource;
    case 'router-advertisement':
      // RFC 4861 section 6.1.2.
      return isLinkLocal(packet.wireSource);
  }
}

/**
 * The message, when it is one that a node may use: RFC 4861 sections 6.1 and 7.1. Beyond those, it must not have come
 * through a tunnel, and mobility headers have no place in front of it.
 */
export function validDiscovery(
  packet: LinkMessage,
  message: Icmpv6Message,
): DiscoveryMessage | undefined {
  if (packet.hopLimit !== NEIGHBOR_DISCOVERY_HOP_LIMIT || packet.tunnels.length > 0) {
    return undefined;
  }
  if (packet.homeAddressOption !== undefined || packet.type2RoutingHeader !== undefined) {
    return undefined;
  }
  // Lengths: what is too short for its kind is decoded as unknown.
  if (!isDiscovery(message) || message.code !== 0 || isMulticast(packet.wireSource)) {
    return undefined;
  }
  if (message.options.some(({ kind }) => kind === 'malformed')) return undefined;
  if (!isValidKind(packet, message) || !isChecksumRight(packet)) return undefined;
  return message;
}

/** Whether the checksum of a message is that of its addresses. RFC 4443 section 2.3. */
export function isChecksumRight(packet: LinkMessage): boolean {
  const addresses = concatenate([packet.wireSource, packet.wireDestination]);
  return icmpv6Checksum(addresses, 0, 16, packet.payload, 0, packet.payload.length) === 0;
}
