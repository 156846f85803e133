/**
 * What documents demand of the packet around a message: hop limit, addresses, extension headers.
 */
import { formatAddress, isLinkLocal, isMulticast, isUnspecified } from '../core/address.ts';
import { u16, u32, u8 } from '../core/bytes.ts';
import type { DiagnosticCode } from '../core/diagnostic.ts';
import type { Icmpv6Message, Icmpv6MessageOf } from './messages.ts';
import { NEIGHBOR_ADVERTISEMENT_FLAGS } from './neighbor-discovery.ts';

/** The IPv6 packet around a message. */
export interface PacketFacts {
  readonly hopLimit: number;
  /** Source as the packet has it, or the home address of a Home Address option. */
  readonly source: Uint8Array;
  /** Final destination; undefined = not known. */
  readonly destination: Uint8Array | undefined;
  readonly hasRouterAlert: boolean;
  readonly hasHomeAddress: boolean;
  readonly hasType2Routing: boolean;
  /** It came with a fragment header, or in fragments. */
  readonly isFragmented: boolean;
}

/** Takes a fault of the packet. */
type Report = (code: DiagnosticCode, detail?: string) => void;

/** Hop Limit of messages that must come from the link. RFC 4861 sections 6.1, 7.1 and 8.1. */
const ND_HOP_LIMIT = 255;
const MLD_HOP_LIMIT = 1;

/** RFC 4861 sections 6.1, 7.1, 8.1; RFC 3122 section 4.3; RFC 3971 section 6.4; RFC 5568 section 6.1. */
function fromTheLink({ hopLimit }: PacketFacts, report: Report): void {
  if (hopLimit !== ND_HOP_LIMIT) report('ND_HOP_LIMIT', `hop limit ${hopLimit}`);
}

/** RFC 6980 section 5. */
function inOnePiece({ isFragmented }: PacketFacts, report: Report): void {
  if (isFragmented) report('ND_FRAGMENTED');
}

/** RFC 4861 sections 6.1.2 and 8.1. */
function fromLinkLocal({ source }: PacketFacts, code: DiagnosticCode, report: Report): void {
  if (!isLinkLocal(source)) report(code, formatAddress(source));
}

/** RFC 3810 section 5.2.13, RFC 3971 section 6.4.1. */
function fromLinkLocalOrNobody(packet: PacketFacts, code: DiagnosticCode, report: Report): void {
  if (!isUnspecified(packet.source)) fromLinkLocal(packet, code, report);
}

/** RFC 3810 section 5: never forwarded, and seen by routers that do not listen to the group. */
function asListenersSend({ hopLimit, hasRouterAlert }: PacketFacts, report: Report): void {
  if (hopLimit !== MLD_HOP_LIMIT) report('MLD_HOP_LIMIT', `hop limit ${hopLimit}`);
  if (!hasRouterAlert) report('MLD_ROUTER_ALERT');
}

/** `ff02::1:ff00:0/104`. RFC 4291 section 2.7.1. */
function isSolicitedNode(address: Uint8Array): boolean {
  return (
    u32(address, 0) === 0xff020000 &&
    u32(address, 4) === 0 &&
    u32(address, 8) === 1 &&
    u8(address, 12) === 0xff
  );
}

/** `ff02::1`. RFC 4291 section 2.7.1. */
function isAllNodes(address: Uint8Array): boolean {
  return (
    u32(address, 0) === 0xff020000 &&
    u32(address, 4) === 0 &&
    u32(address, 8) === 0 &&
    u32(address, 12) === 1
  );
}

/**
 * Whether an address can be that of all home agents: identifier 126 of RFC 2526 section 2, `fdff:ffff:ffff:fffe`
 * under prefixes of 64 bits, ones to the last octet `fe` under others.
 */
function isHomeAgentsAnycast(address: Uint8Array): boolean {
  return u16(address, 14) === 0xfffe && !isMulticast(address);
}

/** RFC 4861 sections 6.1.1 and 7.1.1: nobody has no link-layer address to tell. */
function noLinkLayerAddressOfNobody(
  { source }: PacketFacts,
  options: readonly { readonly kind: string }[],
  report: Report,
): void {
  if (!isUnspecified(source)) return;
  if (options.some(({ kind }) => kind === 'source-link-layer-address')) {
    report('ND_SOURCE_UNSPECIFIED');
  }
}

type Demands = {
  readonly [K in Icmpv6Message['kind']]?: (
    packet: PacketFacts,
    message: Icmpv6MessageOf<K>,
    report: Report,
  ) => void;
};

/** Types of messages that must come from the link, and of those that must come in one piece, as above. */
const FROM_THE_LINK: ReadonlySet<number> = new Set([133, 134, 135, 136, 137, 141, 142, 148, 149]);
const IN_ONE_PIECE: ReadonlySet<number> = new Set([133, 134, 135, 136, 137, 148]);

/** What each kind of message demands of the packet. */
const DEMANDS: Demands = {
  // Too short to be decoded: the first of fragments.
  'unknown-icmpv6': (packet, { type }, report) => {
    if (FROM_THE_LINK.has(type)) fromTheLink(packet, report);
    if (IN_ONE_PIECE.has(type)) inOnePiece(packet, report);
  },
  'multicast-listener-query': (packet, _message, report) => {
    asListenersSend(packet, report);
    fromLinkLocal(packet, 'MLD_SOURCE', report);
  },
  'multicast-listener-query-v2': (packet, _message, report) => {
    asListenersSend(packet, report);
    fromLinkLocal(packet, 'MLD_SOURCE', report);
  },
  'multicast-listener-report': (packet, _message, report) => {
    asListenersSend(packet, report);
    fromLinkLocalOrNobody(packet, 'MLD_SOURCE', report);
  },
  'multicast-listener-done': (packet, _message, report) => {
    asListenersSend(packet, report);
    fromLinkLocalOrNobody(packet, 'MLD_SOURCE', report);
  },
  'multicast-listener-report-v2': (packet, _message, report) => {
    asListenersSend(packet, report);
    fromLinkLocalOrNobody(packet, 'MLD_SOURCE', report);
  },
  'router-solicitation': (packet, { options }, report) => {
    fromTheLink(packet, report);
    inOnePiece(packet, report);
    noLinkLayerAddressOfNobody(packet, options, report);
  },
  'router-advertisement': (packet, _message, report) => {
    fromTheLink(packet, report);
    inOnePiece(packet, report);
    fromLinkLocal(packet, 'ND_SOURCE', report);
  },
  'neighbor-solicitation': (packet, { options }, report) => {
    fromTheLink(packet, report);
    inOnePiece(packet, report);
    noLinkLayerAddressOfNobody(packet, options, report);
    const { source, destination } = packet;
    if (destination !== undefined && isUnspecified(source) && !isSolicitedNode(destination)) {
      report('ND_DESTINATION', formatAddress(destination));
    }
  },
  'neighbor-advertisement': (packet, { flags }, report) => {
    fromTheLink(packet, report);
    inOnePiece(packet, report);
    const { destination } = packet;
    const isSolicited = (flags & NEIGHBOR_ADVERTISEMENT_FLAGS.solicited.mask) !== 0;
    if (isSolicited && destination !== undefined && isMulticast(destination)) {
      report('ND_SOLICITED', formatAddress(destination));
    }
  },
  redirect: (packet, _message, report) => {
    fromTheLink(packet, report);
    inOnePiece(packet, report);
    fromLinkLocal(packet, 'ND_SOURCE', report);
  },
  'inverse-neighbor-discovery-solicitation': (packet, _message, report) => {
    fromTheLink(packet, report);
    // RFC 3122 section 2.1.
    const { destination } = packet;
    if (destination !== undefined && !isAllNodes(destination)) {
      report('IND_DESTINATION', formatAddress(destination));
    }
  },
  'inverse-neighbor-discovery-advertisement': (packet, _message, report) => {
    fromTheLink(packet, report);
  },
  'home-agent-discovery-request': ({ destination }, _message, report) => {
    if (destination !== undefined && !isHomeAgentsAnycast(destination)) {
      report('DHAAD_DESTINATION', formatAddress(destination));
    }
  },
  'mobile-prefix-solicitation': ({ hasHomeAddress }, _message, report) => {
    if (!hasHomeAddress) report('MPS_HOME_ADDRESS');
  },
  'mobile-prefix-advertisement': ({ hasType2Routing }, _message, report) => {
    if (!hasType2Routing) report('MPA_ROUTING');
  },
  'certification-path-solicitation': (packet, _message, report) => {
    fromTheLink(packet, report);
    inOnePiece(packet, report);
    fromLinkLocalOrNobody(packet, 'CERTIFICATION_PATH_SOURCE', report);
  },
  'certification-path-advertisement': (packet, { identifier }, report) => {
    fromTheLink(packet, report);
    fromLinkLocal(packet, 'CERTIFICATION_PATH_SOURCE', report);
    const { destination } = packet;
    // RFC 3971 section 6.4.2: zero to all nodes, and only to them.
    if (destination !== undefined && isAllNodes(destination) !== (identifier === 0)) {
      report('CERTIFICATION_PATH_IDENTIFIER', `${identifier} to ${formatAddress(destination)}`);
    }
  },
  'router-solicitation-for-proxy-advertisement': (packet, _message, report) => {
    fromTheLink(packet, report);
  },
  'proxy-router-advertisement': (packet, _message, report) => {
    fromTheLink(packet, report);
    fromLinkLocal(packet, 'FMIPV6_SOURCE', report);
  },
};

/** Reports what is wrong with the packet around a message. */
export function checkPacket(packet: PacketFacts, message: Icmpv6Message, report: Report): void {
  // The table has for each kind a function of messages of that kind.
  const demand = DEMANDS[message.kind] as
    | ((packet: PacketFacts, message: Icmpv6Message, report: Report) => void)
    | undefined;
  demand?.(packet, message, report);
}
