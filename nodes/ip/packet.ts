/**
 * Packets as a node handles them: what upper layers see apart from what is on the wire.
 *
 * RFC 6275 lets both differ: a Home Address option replaces the source (section 6.3), a type 2 routing header the
 * destination (section 6.4), and IPsec policies look at the addresses of the upper layers (RFC 3776 section 4.2).
 */
import type { LinkMessage, NetworkInterface } from '../interface/network-interface.ts';

/** What protected a packet on its way in. */
export interface Protection {
  /** Stable name of the association, for policies and logs. */
  readonly association: string;
  readonly mode: 'transport' | 'tunnel';
  readonly isEncrypted: boolean;
  /** AH: the addresses of the IPv6 header and the Home Address option are protected as well. RFC 4302 section 3.3.3.1. */
  readonly coversAddresses?: boolean;
}

/** The tunnel that a packet came out of. RFC 2473; RFC 4301 section 5.1.2 when it was protected. */
export interface TunnelOrigin {
  /** Outer source and destination, 16 octets each. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Association of an ESP tunnel; undefined = IPv6 in IPv6. */
  readonly protection: Protection | undefined;
}

/** A packet on its way in. Filled as its headers are gone through; octets are the receiver's until it is done. */
export interface InboundPacket extends LinkMessage {
  /** Where it came from; undefined for what the node sends to itself. */
  readonly interface: NetworkInterface | undefined;
  /** Tunnels that it was in, outermost first. */
  readonly tunnels: readonly TunnelOrigin[];
  /** Home Address option as it is on the wire. */
  homeAddressOption: Uint8Array | undefined;
  /** Home address of a type 2 routing header that was processed. */
  type2RoutingHeader: Uint8Array | undefined;
  /** Addresses for upper layers: home addresses where the option or the routing header says so. */
  source: Uint8Array;
  destination: Uint8Array;
  /** ESP or AH in transport mode around what follows. */
  protection: Protection | undefined;
  /** Protocol of the upper layer: 58, 135, 41 ... */
  protocol: number;
  /** Upper-layer octets: message, or inner packet. */
  payload: Uint8Array;
  /** Offset in `bytes` of the payload, for pointers of Parameter Problem; -1 when it was encrypted. */
  payloadOffset: number;
}

/** How a packet that the node originates is addressed. */
export interface OutboundPacket {
  /** Addresses for upper layers, checksums and policies. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  /** Upper-layer octets, checksum included. */
  readonly payload: Uint8Array;
  /** Default: that of the outgoing interface; 255 for neighbor discovery. */
  readonly hopLimit?: number;
  /**
   * Care-of address to send from: `source` goes into a Home Address option. RFC 6275 sections 6.3 and 11.3.1.
   */
  readonly careOfSource?: Uint8Array | undefined;
  /** Care-of address to send to: `destination` goes into a type 2 routing header. RFC 6275 section 9.3.2. */
  readonly careOfDestination?: Uint8Array | undefined;
  /**
   * Binding cache and binding update list are not asked: Mobility Header messages and neighbor discovery are addressed
   * as their own rules say. RFC 6275 sections 6.1 and 9.3.2.
   */
  readonly bypassesBindings?: boolean;
  /** Policies are not asked either: neighbor discovery, and what a test sends in the clear on purpose. */
  readonly bypassesPolicies?: boolean;
  /** Link to use and its next hop, when the caller knows; default: by routes. */
  readonly interface?: NetworkInterface | undefined;
  readonly nextHop?: Uint8Array | undefined;
  /** Link-layer destination, 6 octets, when the caller knows it better than neighbor discovery. RFC 6275 section 11.5.5. */
  readonly linkDestination?: Uint8Array | undefined;
}

/** What policies look at. RFC 3776 section 4.2: home addresses stand for the addresses on the wire. */
export interface Selectors {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  /** Mobility Header type or ICMPv6 type; undefined for other protocols. */
  readonly type: number | undefined;
  /** The packet goes through, or came out of, the tunnel between mobile node and home agent. */
  readonly isTunnelled: boolean;
  /**
   * Home address whose tunnel that is, where known: addresses of group membership, DHCPv6 and multicast do not tell.
   * RFC 3776 section 5.2.4.
   */
  readonly tunnelHomeAddress?: Uint8Array | undefined;
}

/** The way of a packet that a role has decided on. */
export type Path =
  | { readonly kind: 'direct' }
  /** Between the ends, with Home Address option, type 2 routing header or both. */
  | {
      readonly kind: 'optimised';
      readonly careOfSource?: Uint8Array | undefined;
      readonly careOfDestination?: Uint8Array | undefined;
    }
  /** Through the tunnel between mobile node and home agent. */
  | { readonly kind: 'tunnel'; readonly tunnel: TunnelEnds }
  | { readonly kind: 'discard'; readonly reason: string };

/** Ends of the tunnel between a mobile node and its home agent, seen from the node. RFC 6275 sections 10.4.2, 11.3.1. */
export interface TunnelEnds {
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  /** Home address whose associations protect it. */
  readonly homeAddress: Uint8Array;
  /** Nothing may leave through it without protection, whatever the policies say. */
  readonly isProtected?: boolean;
}
