/**
 * What the engine says of packets whose headers change an address on the way: Home Address option, routing headers.
 */
import type { PacketContext } from './packet-context.ts';
import type { Link, PacketReference } from './packet.ts';

/**
 * `bound`: registered, or asked for; `previous`: was registered before; `other-care-of-address`: the home address is
 * registered with another one; `none`: no registration is known.
 */
export type PairRelation = 'bound' | 'previous' | 'other-care-of-address' | 'none';

/**
 * Payload with a Home Address option that no valid binding of its receiver asks for: no ESP, AH, Mobility Header, home
 * agent or mobile prefix discovery behind it. To a multicast group, whatever is behind it. At most one event a second for
 * each sender, receiver and relation. Of one receiver at most 256 pairs of sender and home address are looked at in a
 * second: more tell nothing new.
 */
export interface HomeAddressOptionEvent {
  readonly kind: 'home-address-option';
  readonly context: PacketContext;
  readonly homeAddress: Uint8Array;
  /** Of home address and wire source to the binding of the receiver. */
  readonly relation: PairRelation;
  /** Upper-layer protocol. */
  readonly protocol: number;
  /** Home addresses since the last event of this sender, receiver and relation, at most 256; `homeAddress` is the last. */
  readonly homeAddresses: number;
  /** Microseconds since the first packet of this capture interface. */
  readonly watched: number;
}

/**
 * A packet with a type 0 routing header, with several routing headers, or payload with one of type 2 that no valid binding
 * of its sender asks for. At most one event a second for each sender, receiver, address of the header and list of types,
 * and at most 256 a second for a receiver.
 */
export interface RoutingHeaderEvent {
  readonly kind: 'routing-header';
  readonly context: PacketContext;
  /** Routing headers of this IPv6 header. */
  readonly headers: number;
  /** Their types in order; of more than four the last four. */
  readonly types: readonly number[];
  /** Of the first type 0 header, else of the last header. */
  readonly segmentsLeft: number;
  /** Addresses of that header, at most eight. */
  readonly addresses: readonly Uint8Array[];
  /** Of a type 2 header on payload: of its address and the receiver to the bindings of the sender. */
  readonly relation: PairRelation | undefined;
  /** Upper-layer protocol, -1 when it could not be reached. */
  readonly protocol: number;
  /** Packets like this since the last event of them, this one included. */
  readonly packets: number;
  /** Microseconds since the first packet of this capture interface. */
  readonly watched: number;
}

/**
 * Packets of a node to an address that it knows from Home Address options alone: what the senders of these options asked
 * for is sent to somebody else. At most one event a second for each such address.
 */
export interface ReflectedEvent {
  readonly kind: 'reflected';
  /** Microseconds since 1970. */
  readonly time: number;
  /** The address that gets them. */
  readonly victim: Uint8Array;
  /** Sender of the last of them. */
  readonly reflector: Uint8Array;
  /** Packets and octets of IPv6 since the last event. */
  readonly packets: number;
  readonly octets: number;
  /** The last of them. */
  readonly packet: PacketReference;
  readonly link: Link;
  readonly protocol: number;
  /** Last packet with the Home Address option, and its sender. */
  readonly request: PacketReference;
  readonly requester: Uint8Array;
}
