/**
 * What is known of one packet, and of what is around it.
 */
import type { AssociationFacts } from './ipsec/association-facts.ts';
import type { Link, PacketReference } from './packet.ts';

/** How a message was protected. */
export type Protection = 'none' | 'esp-transport' | 'esp-tunnel';

/** What ESP told about a packet. */
export interface EspContext {
  readonly spi: number;
  readonly sequence: number;
  /** Label of the association that opened it, when one did. */
  readonly association?: string;
  /** True when the integrity check value was verified with a key. */
  readonly integrityVerified: boolean;
  /** What is known of that association. */
  readonly security?: AssociationFacts;
}

/** IPv4 header around a packet, and UDP header where there is one. */
export interface Ipv4Outer {
  /** 4 octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** Wire view and normalised view of one packet. Addresses are 16 octets. */
export interface PacketContext {
  readonly packet: PacketReference;
  readonly link: Link;
  /** Wire view. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Address of the Home Address option, when there is one. */
  readonly homeAddressOption: Uint8Array | undefined;
  /** Address of a valid type 2 routing header, when there is one. */
  readonly routingHomeAddress: Uint8Array | undefined;
  readonly hopLimit: number;
  /** Traffic class, where it is told. */
  readonly trafficClass?: number;
  /** 6 octets, when the link has such. */
  readonly linkSource: Uint8Array | undefined;
  readonly protection: Protection;
  readonly esp: EspContext | undefined;
  /** An authentication header stands in it, which is not verified here. */
  readonly hasAuthenticationHeader?: boolean;
  /** Header around this one when it came through a tunnel (IPv6-in-IPv6, ESP tunnel). */
  readonly outer: PacketContext | undefined;
  /** Encapsulations other than IPv6-in-IPv6 around it: `6in4`, `gre`, `udp:4191`, `esp`, ... */
  readonly encapsulation: readonly string[];
  /** The IPv4 header right around this header, when it came over IPv4. */
  readonly ipv4Outer?: Ipv4Outer;
  /** Key of the GRE header right around this header. RFC 2890. */
  readonly greKey?: number;
  readonly isReassembled: boolean;
  /** Extension headers before the upper layer. */
  readonly extensions: number;
  /** The packet is in fragments or carries a fragment header. */
  readonly hasFragmentHeader: boolean;
}
