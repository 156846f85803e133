/**
 * A mobile node and its home agent as their IPsec sees them: packets are made, protected, opened and judged as a node
 * does it, without links, timers and roles.
 */
import { formatAddress, isSameAddress, parseAddress } from '../../../dissectors/core/address.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import { udpDatagram } from '../../../dissectors/ipv6/build.ts';
import {
  findEncryption,
  findIntegrity,
  NULL_ENCRYPTION,
  NULL_INTEGRITY,
} from '../../../engine/crypto/transforms.ts';
import { walkHeaders } from '../../../nodes/ip/header-walk.ts';
import type { InboundPacket, OutboundPacket, TunnelEnds } from '../../../nodes/ip/packet.ts';
import {
  encodePacket,
  encodePlain,
  inboundPacket,
  selectorsOf,
  upperLayerType,
  wireHeaders,
} from '../../../nodes/ip/wire.ts';
import type { NodeAssociationParameters } from '../../../nodes/ipsec/association-parameters.ts';
import { wantedOf } from '../../../nodes/ipsec/key-matching.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import type { NodeIpsecOptions } from '../../../nodes/ipsec/node-ipsec.ts';
import {
  policiesOfHomeAgent,
  policiesOfMobileNode,
  PURPOSES,
} from '../../../nodes/ipsec/policy.ts';
import type {
  ProtectionDeclaration,
  ProtectionPurpose,
  TunnelSide,
} from '../../../nodes/ipsec/policy.ts';
import { ProtectionKeys } from '../../../nodes/ipsec/protection-keys.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';

/** Octets of an address given as text. */
export function ip(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address?.length !== 16) throw new Error(`no IPv6 address: ${text}`);
  return address;
}

export const HOME_ADDRESS = ip('2001:db8:1::10');
export const OTHER_HOME_ADDRESS = ip('2001:db8:1::11');
export const HOME_AGENT = ip('2001:db8:1::1');
export const CARE_OF_ADDRESS = ip('2001:db8:2::10');
export const NEXT_CARE_OF_ADDRESS = ip('2001:db8:3::10');
export const CORRESPONDENT = ip('2001:db8:9::1');

export const MOBILITY = 135;
export const ICMPV6 = 58;
export const UDP = 17;
export const ESP = 50;
export const AH = 51;

/** Transforms by short names, joined by a space where there are two. */
export const CBC_SHA1 = 'AES-CBC HMAC-SHA1';
export const GCM = 'AES-GCM-16';
export const NULL_SHA1 = 'NULL HMAC-SHA1';

/** Made-up keys: other ones for each number. */
export function keysOf(transforms: string, number: number): ProtectionKeys {
  const [encryptionName = '', integrityName = 'NULL'] = transforms.split(' ');
  const encryption = findEncryption(encryptionName) ?? NULL_ENCRYPTION;
  const integrity = findIntegrity(integrityName) ?? NULL_INTEGRITY;
  const octets = (length: number, first: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => (first + 7 * i + 31 * number) & 0xff);
  return new ProtectionKeys({
    encryption,
    encryptionKey: octets(encryption.keyLengths[0] ?? 0, 1),
    integrity,
    integrityKey: octets(integrity.create === undefined ? 0 : integrity.keyLength, 101),
  });
}

/** BU and BA, Home Test and prefix discovery protected, payload not. */
export const DECLARATION: ProtectionDeclaration = {
  homeAddress: HOME_ADDRESS,
  homeAgent: HOME_AGENT,
  bindingUpdates: 'esp-transport',
  prefixDiscovery: 'esp',
  homeTests: 'esp',
  payload: 'none',
};

/** How the associations of a declaration are made. */
export interface Keying {
  readonly transforms?: string;
  readonly keying?: 'manual' | 'negotiated';
  readonly replayWindow?: number;
  readonly extendedSequence?: boolean;
  /** Added to every SPI and key number: other mobile nodes have others. */
  readonly offset?: number;
}

/** SPI of a purpose towards the home agent; towards the mobile node it is one more. */
export function spiOf(purpose: ProtectionPurpose, offset = 0): number {
  return 0x1000 + 16 * PURPOSES.indexOf(purpose) + 256 * offset;
}

/** All associations that a declaration asks for, at one side. */
export function associationsFor(
  declaration: ProtectionDeclaration,
  side: TunnelSide,
  how: Keying = {},
): NodeAssociationParameters[] {
  const { transforms, keying = 'manual', offset = 0 } = how;
  const policies =
    side === 'home-agent' ? policiesOfHomeAgent(declaration) : policiesOfMobileNode(declaration);
  return wantedOf(policies).flatMap(({ purpose, mode, protocol }) =>
    [0, 1].map((way): NodeAssociationParameters => ({
      side,
      direction: (way === 0) === (side === 'home-agent') ? 'in' : 'out',
      protocol,
      mode,
      spi: spiOf(purpose, offset) + way,
      homeAddress: declaration.homeAddress,
      homeAgent: declaration.homeAgent,
      purposes: [purpose],
      keying,
      keys: keysOf(
        protocol === 'ah' ? NULL_SHA1 : (transforms ?? CBC_SHA1),
        spiOf(purpose, offset) + way,
      ),
      replayWindow: how.replayWindow,
      extendedSequence: how.extendedSequence,
    })),
  );
}

/** IPsec of one side, with every association that the declaration asks for. */
export function ipsecOf(
  declaration: ProtectionDeclaration,
  side: TunnelSide,
  how: Keying = {},
  options: Partial<NodeIpsecOptions> = {},
): NodeIpsec {
  const ipsec = new NodeIpsec({
    random: new SeededRandom(side === 'home-agent' ? 1 : 2),
    ...options,
  });
  protect(ipsec, declaration, side, how);
  return ipsec;
}

/** Adds a home address with all its associations. */
export function protect(
  ipsec: NodeIpsec,
  declaration: ProtectionDeclaration,
  side: TunnelSide,
  how: Keying = {},
): void {
  ipsec.addPolicies(
    side === 'home-agent' ? policiesOfHomeAgent(declaration) : policiesOfMobileNode(declaration),
  );
  for (const each of associationsFor(declaration, side, how)) ipsec.add(each);
}

/** Both sides. */
export interface ProtectedPair {
  readonly mobileNode: NodeIpsec;
  readonly homeAgent: NodeIpsec;
}

export function pairOf(
  change: Partial<ProtectionDeclaration> = {},
  how: Keying = {},
): ProtectedPair {
  const declaration = { ...DECLARATION, ...change };
  return {
    mobileNode: ipsecOf(declaration, 'mobile-node', how),
    homeAgent: ipsecOf(declaration, 'home-agent', how),
  };
}

/** Ends of the tunnel of {@link HOME_ADDRESS} with a care-of address, from one side. */
export function endsAt(side: TunnelSide, careOfAddress = CARE_OF_ADDRESS): TunnelEnds {
  return side === 'home-agent'
    ? { local: HOME_AGENT, remote: careOfAddress, homeAddress: HOME_ADDRESS }
    : { local: careOfAddress, remote: HOME_AGENT, homeAddress: HOME_ADDRESS };
}

/** Registers the care-of address at both sides, as accepted registrations do. */
export function register({ mobileNode, homeAgent }: ProtectedPair, careOf = CARE_OF_ADDRESS): void {
  mobileNode.moveTunnel(HOME_ADDRESS, endsAt('mobile-node', careOf));
  homeAgent.moveTunnel(HOME_ADDRESS, endsAt('home-agent', careOf));
}

/** A packet of a Mobility Header message. */
export function mobilityPacket(
  source: Uint8Array,
  destination: Uint8Array,
  message: MobilityMessage,
): OutboundPacket {
  const payload = encodeMobilityHeader(message, [], { source, destination });
  return { source, destination, protocol: MOBILITY, payload };
}

/** A Binding Update for the home agent. */
export function bindingUpdate(homeAddress = HOME_ADDRESS): OutboundPacket {
  return mobilityPacket(homeAddress, HOME_AGENT, {
    kind: 'binding-update',
    sequence: 7,
    flags: 0xc000,
    lifetime: 15,
  });
}

export function bindingAcknowledgement(homeAddress = HOME_ADDRESS): OutboundPacket {
  return mobilityPacket(HOME_AGENT, homeAddress, {
    kind: 'binding-acknowledgement',
    status: 0,
    flags: 0,
    sequence: 7,
    lifetime: 15,
  });
}

const COOKIE = new Uint8Array(8).fill(0x77);

export function homeTestInit(destination = CORRESPONDENT, source = HOME_ADDRESS): OutboundPacket {
  return mobilityPacket(source, destination, { kind: 'home-test-init', homeInitCookie: COOKIE });
}

export function homeTest(source = CORRESPONDENT): OutboundPacket {
  return mobilityPacket(source, HOME_ADDRESS, {
    kind: 'home-test',
    homeNonceIndex: 1,
    homeInitCookie: COOKIE,
    homeKeygenToken: COOKIE,
  });
}

/** An ICMPv6 message of a type; what is in it means nothing here. */
export function icmpv6(source: Uint8Array, destination: Uint8Array, type: number): OutboundPacket {
  return {
    source,
    destination,
    protocol: ICMPV6,
    payload: Uint8Array.of(type, 0, 0, 0, 0, 1, 0, 0),
  };
}

/** A datagram with so many octets of data. */
export function datagram(source: Uint8Array, destination: Uint8Array, octets = 64): OutboundPacket {
  const payload = udpDatagram({
    source,
    destination,
    sourcePort: 4001,
    destinationPort: 4002,
    payload: new Uint8Array(octets).fill(0x61),
  });
  return { source, destination, protocol: UDP, payload };
}

/** The octets of a packet as they would be in a tunnel. */
export function plain(packet: OutboundPacket): Uint8Array {
  return encodePlain(packet.source, packet.destination, packet.protocol, packet.payload, 64);
}

/** What goes out: the packet, or why none does. */
export type Sent = Uint8Array | { readonly discarded: string };

/** Sends a packet of this node's, not through the tunnel. */
export function send(ipsec: NodeIpsec, packet: OutboundPacket): Sent {
  const wire = wireHeaders(packet);
  const { source, destination, protocol, payload } = packet;
  const type = upperLayerType(protocol, payload);
  const decision = ipsec.outbound({ source, destination, protocol, type, isTunnelled: false });
  switch (decision.kind) {
    case 'bypass':
      return encodePacket(wire, protocol, payload, 64);
    case 'discard':
      return { discarded: decision.reason };
    case 'transport': {
      const sealed = decision.protect(protocol, payload, wire);
      return encodePacket(wire, sealed.protocol, sealed.payload, 64);
    }
    case 'tunnel': {
      const outer = { ...wire, homeAddressOption: undefined, type2RoutingHeader: undefined };
      const sealed = decision.protect(41, plain(packet), outer);
      return encodePacket(outer, sealed.protocol, sealed.payload, 64);
    }
  }
}

/** Sends a packet through the tunnel of {@link HOME_ADDRESS}; the ends are those that the layer was told. */
export function sendTunnelled(
  ipsec: NodeIpsec,
  packet: OutboundPacket,
  tunnelHomeAddress?: Uint8Array,
): Sent {
  const inner = plain(packet);
  const decision = ipsec.outbound({ ...selectorsOf(inner), tunnelHomeAddress });
  if (decision.kind === 'discard') return { discarded: decision.reason };
  const ends = ipsec.tunnelOf(HOME_ADDRESS);
  if (ends === undefined) return { discarded: 'no tunnel' };
  const { local: source, remote: destination } = ends;
  const wire = { source, destination, homeAddressOption: undefined, type2RoutingHeader: undefined };
  const sealed =
    decision.kind === 'bypass'
      ? { protocol: 41, payload: inner }
      : decision.protect(41, inner, wire);
  return encodePlain(source, destination, sealed.protocol, sealed.payload, 64);
}

/** The octets that were sent. @throws Error when there were none */
export function octets(sent: Sent): Uint8Array {
  if (sent instanceof Uint8Array) return sent;
  throw new Error(`nothing was sent: ${sent.discarded}`);
}

/** What became of a packet. */
export type Received =
  | {
      readonly kind: 'taken';
      readonly packet: InboundPacket;
      /** Packet out of a tunnel. */
      readonly inner: Uint8Array | undefined;
    }
  | { readonly kind: 'dropped'; readonly reason: string };

/** Receives a packet as a node does: headers, protection, policies, and once more for what was in a tunnel. */
export function receive(ipsec: NodeIpsec, bytes: Uint8Array): Received {
  const packet = inboundPacket(bytes, undefined, undefined, []);
  const walked = walkHeaders(packet, {
    knowsHomeAddressOption: true,
    hasBinding: () => true,
    isHomeAddress: (address) => isSameAddress(address, HOME_ADDRESS),
    open: (inbound, protocol, offset) => ipsec.open(inbound, protocol, offset),
  });
  if (walked.kind !== 'upper-layer') {
    return { kind: 'dropped', reason: 'reason' in walked ? walked.reason : walked.kind };
  }
  const { source, destination, protocol, payload, protection } = packet;
  const isTunnelled = protocol === 41;
  const type = upperLayerType(protocol, payload);
  const selectors = isTunnelled
    ? selectorsOf(payload)
    : { source, destination, protocol, type, isTunnelled };
  if (!ipsec.permits(selectors, protection)) return { kind: 'dropped', reason: 'policy' };
  return { kind: 'taken', packet, inner: isTunnelled ? payload : undefined };
}

/** Protocols of the headers in order, up to the upper layer or what is encrypted. */
export function layoutOf(bytes: Uint8Array): string {
  const names = new Map([
    [43, 'RH2'],
    [60, 'HAO'],
    [ESP, 'ESP'],
    [AH, 'AH'],
    [MOBILITY, 'MH'],
  ]);
  const parts = [`${formatAddress(bytes, 8)}>${formatAddress(bytes, 24)}`];
  let next = bytes[6] ?? 0;
  let at = 40;
  while (next === 43 || next === 60) {
    parts.push(`${names.get(next) ?? ''} ${formatAddress(bytes, at + 8)}`);
    next = bytes[at] ?? 0;
    at += 8 * ((bytes[at + 1] ?? 0) + 1);
  }
  parts.push(names.get(next) ?? String(next));
  return parts.join(' / ');
}
