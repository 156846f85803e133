/**
 * What the engine says of the traffic of bindings.
 */
import type { PacketReference } from './packet.ts';
import type { Binding } from './state/binding-cache.ts';

/** An ICMPv6 error that quotes a packet to a care-of address. */
export interface QuotedError {
  readonly packet: PacketReference;
  /** Who sent it. */
  readonly source: Uint8Array;
  /** 1 to 4. RFC 4443 section 3. */
  readonly type: number;
  readonly code: number;
}

/** Packets of the last second with traffic; payload only, as far as can be told of what is encrypted. */
export interface BindingTraffic {
  /** From the peer to the care-of address, with type 2 routing header, and through a tunnel. */
  readonly toByRouting: number;
  readonly toByTunnel: number;
  /** Octets of both. */
  readonly toOctets: number;
  /** Those with a type 2 routing header that carry TCP data. */
  readonly tcpData: number;
  /** From the care-of address to the peer: with Home Address option, through a tunnel, and bare. */
  readonly fromByOption: number;
  readonly fromByTunnel: number;
  readonly fromCareOf: number;
  /** From the bare home address to the peer, and those of them that are TCP acknowledgements. */
  readonly fromHome: number;
  readonly bareAcknowledgements: number;
  /** TCP acknowledgements for more than 64 KiB beyond all data that were seen going to the care-of address. */
  readonly aheadAcknowledgements: number;
  /** ICMPv6 errors (types 1 to 4) that quote a packet of the peer to the care-of address. */
  readonly errors: number;
  /** From the peer to the bare home address. */
  readonly toHome: number;
  readonly toHomeOctets: number;
  /** Last packet of each sort; undefined when there was none. `lastBare` = acknowledgement, bare or ahead. */
  readonly lastTo: PacketReference | undefined;
  readonly lastToHome: PacketReference | undefined;
  readonly lastBare: PacketReference | undefined;
  readonly lastError: QuotedError | undefined;
}

/**
 * Traffic of one binding, of both roles and in any phase after its first registration. At most one a second for each
 * binding, none without traffic. Once the node has answered from its care-of address, traffic in which nothing is odd is
 * told only every two minutes. A packet captured on two links counts twice.
 */
export interface BindingTrafficEvent {
  readonly kind: 'binding-traffic';
  /** Microseconds since 1970. */
  readonly time: number;
  readonly binding: Readonly<Binding>;
  readonly traffic: BindingTraffic;
}
