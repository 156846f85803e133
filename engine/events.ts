/**
 * What the engine says happened. A closed union, told apart by `kind`: state, rules and exports read these.
 *
 * Events are made for signalling and for what concerns a known home address, never for every packet.
 * Octets in events are copies and stay valid.
 */
import type { Diagnostic } from '../dissectors/core/diagnostic.ts';
import type { Icmpv6Message } from '../dissectors/icmpv6/index.ts';
import type {
  HomeAddressOptionEvent,
  ReflectedEvent,
  RoutingHeaderEvent,
} from './address-header-event.ts';
import type { BindingTrafficEvent } from './binding-traffic-event.ts';
import type { EngineHealth } from './engine-health.ts';
import type { HomeAgentOffer } from './home-agent-offer.ts';
import type { Icmpv6NoticeEvent } from './icmpv6-notice-event.ts';
import type { MobilityHeader } from '../dissectors/mobility/header.ts';
import type { Verification } from '../dissectors/verification.ts';
import type { Link, PacketReference } from './packet.ts';
import type { PacketContext } from './packet-context.ts';
import type { PacketMatchEvent } from './packet-match-event.ts';
import type { EndpointRelation } from './ipsec/endpoint-relation.ts';
import type { IkeMovement, IkeNegotiation, IkeParties } from './ike/said.ts';
import type { Binding } from './state/binding-cache.ts';
import type { EspRefusalsEvent } from './state/esp-refusals.ts';
import type { MessageSighting } from './state/seen-messages.ts';
import type { TunnelLoopEvent } from './tunnel-loop-event.ts';
import type { TunnelledEvent } from './tunnelled-event.ts';

export type {
  HomeAddressOptionEvent,
  PairRelation,
  ReflectedEvent,
  RoutingHeaderEvent,
} from './address-header-event.ts';
export type { EngineHealth } from './engine-health.ts';
export type { Icmpv6NoticeEvent } from './icmpv6-notice-event.ts';
export type { TunnelLoopEvent } from './tunnel-loop-event.ts';
export type { BindingTraffic, BindingTrafficEvent, QuotedError } from './binding-traffic-event.ts';
export type { EspRefusalsEvent } from './state/esp-refusals.ts';
export type { MessageSighting } from './state/seen-messages.ts';
export type { HomeAgentOffer } from './home-agent-offer.ts';
export type { AssociationFacts } from './ipsec/association-facts.ts';
export type { EndpointRelation } from './ipsec/endpoint-relation.ts';
export type { AddressRange, IkeMovement, IkeNegotiation, IkeParties } from './ike/said.ts';
export type { IkeIdentity } from './ike/identity.ts';
export type { Link, PacketReference } from './packet.ts';
export type { PacketMatchEvent } from './packet-match-event.ts';
export type { EspContext, Ipv4Outer, PacketContext, Protection } from './packet-context.ts';
export type { TunnelControl, TunnelDirection, TunnelledEvent } from './tunnelled-event.ts';

/** A Mobility Header, in clear or decrypted. */
export interface MobilityEvent {
  readonly kind: 'mobility';
  readonly context: PacketContext;
  readonly header: MobilityHeader;
  /** `unknown` when the capture cut the packet. */
  readonly checksum: 'right' | 'wrong' | 'unknown';
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Verdicts on authentication options (RFC 4285), CGA signatures (RFC 4866) and authorization data of fast handovers
   * (RFC 5568); absent when the message has none, or is cut.
   */
  readonly verdicts?: readonly Verification[];
  /**
   * Of a Binding Update without H flag that has Binding Authorization Data: what the tokens of the return routability
   * exchanges seen, or a supplied key, say of it; absent for others and for cut ones. RFC 6275 section 9.5.1.
   */
  readonly authentication?: 'right' | 'wrong' | 'unknown';
  /** Binding Updates and Acknowledgements: the same octets about the same home address, seen before. */
  readonly earlier?: MessageSighting;
}

/** A neighbor discovery, home agent discovery or mobile prefix message. */
export interface Icmpv6Event {
  readonly kind: 'icmpv6';
  readonly context: PacketContext;
  readonly message: Icmpv6Message;
  readonly checksum: 'right' | 'wrong' | 'unknown';
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * A DHCPv6 message of a server with options of Mobile IPv6 (RFC 6610), or a DNS answer for `_mip6._ipv6` (RFC 5026
 * section 5.1). At most one event a second for each sender and receiver.
 */
export interface BootstrappingEvent {
  readonly kind: 'bootstrapping';
  readonly context: PacketContext;
  readonly protocol: 'dhcpv6' | 'dns';
  /** Name that was asked for, with DNS. */
  readonly question: string | undefined;
  readonly offers: readonly HomeAgentOffer[];
}

/** Where an ESP packet stood: behind a Home Address option, behind a type 2 routing header, or plain. */
export type EspLayout = 'home-address-option' | 'type-2-routing-header' | 'plain';

/** An ESP packet between a home address and a home agent, opened or not. */
export interface EspEvent {
  readonly kind: 'esp';
  readonly context: PacketContext;
  readonly layout: EspLayout;
  readonly spi: number;
  readonly sequence: number;
  /** Octets of the ESP packet. */
  readonly length: number;
  /** `opened`: decrypted, or read in NULL encryption without a key; `no-key`: no association fits; otherwise the key did not fit. */
  readonly outcome: 'opened' | 'no-key' | 'icv-mismatch' | 'malformed';
  /** Decrypted upper-layer protocol when opened. */
  readonly nextHeader: number | undefined;
}

/** What is not as it should be with an ESP packet, seen from its association or its sequence number. */
export type IpsecFinding =
  /** The very packet was on this link before. */
  | { readonly kind: 'copy'; readonly earlier: PacketReference }
  /** Its number is behind the replay window. */
  | { readonly kind: 'behind'; readonly highest: number }
  /** The counter starts again, or a number comes again with another content. */
  | { readonly kind: 'restart'; readonly highest: number }
  /** The counter skips more than 2**20 numbers. */
  | { readonly kind: 'ahead'; readonly highest: number }
  /** The integrity check fails under an association that other packets verified under. */
  | { readonly kind: 'integrity'; readonly verified: number }
  /** No association has this SPI; there are others. */
  | { readonly kind: 'unknown-spi' }
  /**
   * The SPI is that of an association of `owner`; the Home Address option or type 2 routing header names another.
   * `isVerified`: the keys of that association fit.
   */
  | {
      readonly kind: 'other-home-address';
      readonly owner: Uint8Array;
      readonly used: Uint8Array;
      readonly isVerified: boolean;
    }
  /** The keys of an association of `owner` fit; the header that would name `owner` is missing. */
  | { readonly kind: 'missing-home-address'; readonly owner: Uint8Array }
  /**
   * What was in it is not for this association: by the selector of the key file, or, when `isInferred`, because it
   * carried Mobility Headers alone before. `protocol` and `type` (of Mobility Header and ICMPv6) are what was in it.
   */
  | {
      readonly kind: 'outside-selector';
      readonly expected: string;
      readonly protocol: number;
      readonly type: number | undefined;
      readonly isInferred: boolean;
    };

/** An ESP packet with something wrong. At most one event a second for each kind of finding and SPI. */
export interface IpsecEvent {
  readonly kind: 'ipsec';
  readonly context: PacketContext;
  readonly layout: EspLayout;
  readonly spi: number;
  readonly sequence: number;
  readonly finding: IpsecFinding;
}

/**
 * Payload of a home address in a tunnel that is not protected although the site asks for it, or that ends where no
 * protected registration says. At most one event a second for each home address, direction and outer address.
 */
export interface TunnelEvent {
  readonly kind: 'tunnel';
  /** Inner header; the tunnel is its `outer`. */
  readonly context: PacketContext;
  /** From or to the home address. */
  readonly direction: 'from' | 'to';
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** Outer address that is not the home agent's. */
  readonly endpoint: Uint8Array;
  readonly relation: EndpointRelation;
  /** Registered care-of address. */
  readonly careOfAddress: Uint8Array;
  /** Upper-layer protocol of the inner packet. */
  readonly protocol: number;
}

/** A message of IKE between any two nodes, one event for each; of what is encrypted only what a secret opened. */
export interface IkeEvent {
  readonly kind: 'ike';
  /** IKE over IPv4 has IPv4-mapped addresses here. */
  readonly context: PacketContext;
  readonly version: 1 | 2;
  /** Exchange type of that version. */
  readonly exchange: number;
  /** 8 octets each; the responder's is zero in the first message. */
  readonly initiatorSpi: Uint8Array;
  readonly responderSpi: Uint8Array;
  readonly messageId: number;
  /** Sent by the initiator of the IKE SA; undefined where IKEv1 does not tell: its first message was not seen. */
  readonly isInitiator: boolean | undefined;
  /** Undefined in IKEv1. */
  readonly isResponse: boolean | undefined;
  /** `unchecked`: the keys that were given check nothing, or it is IKEv1; `closed`: encrypted, and no secret fits. */
  readonly reading: 'clear' | 'verified' | 'unchecked' | 'closed';
  /** IKEv1: methods in the proposals of phase 1, by number (RFC 2409 appendix A); the responder sends its choice. */
  readonly authenticationMethods: readonly number[];
  readonly parties: IkeParties;
  /** A child SA was agreed on or refused with this message. */
  readonly negotiated: IkeNegotiation | undefined;
  /** The responder agreed with this message that the initiator moves. */
  readonly moved: IkeMovement | undefined;
}

/** One ESP packet seen under two layouts: only a relay that rewrites headers does that. */
export interface RelayEvent {
  readonly kind: 'relay';
  /** `binding-update` towards the home agent, `binding-acknowledgement` from it. */
  readonly direction: 'to-home-agent' | 'from-home-agent';
  readonly spi: number;
  readonly sequence: number;
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** Wire address of the relaying node: source of the HAO copy, destination of the RH2 copy. */
  readonly relay: Uint8Array;
  /** The copy without HAO or RH2, and the copy with it. `context` of the later one. */
  readonly plain: PacketReference;
  readonly plainLink: Link;
  readonly extended: PacketReference;
  readonly extendedLink: Link;
  /** The capture cut a copy: both were compared by what follows the sequence number instead of the ICV. */
  readonly isCut?: boolean;
  readonly context: PacketContext;
}

/** A binding appeared, changed or ended. */
export interface BindingEvent {
  readonly kind: 'binding';
  readonly change:
    | 'requested'
    | 'registered'
    | 'refreshed'
    | 'moved'
    | 'deregistration-sent'
    | 'deregistered'
    | 'rejected'
    | 'expired'
    | 'evicted';
  readonly binding: Readonly<Binding>;
  /** Care-of address before the change. */
  readonly previousCareOfAddress: Uint8Array | undefined;
  /** Packet that caused it; expiry and eviction have the packet at which it was noticed. */
  readonly packet: PacketReference;
}

/** A packet with a known home address as bare source or destination: no tunnel, no HAO, no RH2. */
export interface HomeAddressTrafficEvent {
  readonly kind: 'home-address-traffic';
  readonly context: PacketContext;
  readonly direction: 'from' | 'to';
  readonly homeAddress: Uint8Array;
  /** Upper-layer protocol number. */
  readonly protocol: number;
}

/** A packet with HAO, RH2 or MH whose headers are wrong. */
export interface MalformedEvent {
  readonly kind: 'malformed';
  readonly context: PacketContext;
  readonly diagnostics: readonly Diagnostic[];
}

/** Capture time moved on by at least a second, or the capture ended. */
export interface TickEvent {
  readonly kind: 'tick';
  /** Microseconds since 1970. */
  readonly time: number;
  readonly isEnd: boolean;
  /** Absent where the events are not those of an engine. */
  readonly health?: EngineHealth;
}

export type EngineEvent =
  | MobilityEvent
  | Icmpv6Event
  | BootstrappingEvent
  | EspEvent
  | IpsecEvent
  | TunnelEvent
  | TunnelledEvent
  | IkeEvent
  | RelayEvent
  | BindingEvent
  | BindingTrafficEvent
  | EspRefusalsEvent
  | HomeAddressTrafficEvent
  | HomeAddressOptionEvent
  | RoutingHeaderEvent
  | ReflectedEvent
  | TunnelLoopEvent
  | Icmpv6NoticeEvent
  | MalformedEvent
  | PacketMatchEvent
  | TickEvent;

/** The event of one kind. */
export type EventOf<K extends EngineEvent['kind']> = Extract<EngineEvent, { kind: K }>;
