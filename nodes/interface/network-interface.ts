/**
 * One link of a node: its addresses, neighbors and routers. RFC 4861, RFC 4862.
 */
import type { Icmpv6Message, NdOption } from '../../dissectors/icmpv6/index.ts';
import type { LinkPort } from '../../engine/ports.ts';

/** A packet as neighbor discovery sees it: everything that the link itself said of it. */
export interface LinkMessage {
  /** Source of the frame, 6 octets; undefined inside a tunnel. */
  readonly linkSource: Uint8Array | undefined;
  /** The whole IPv6 packet as it is on the wire, reassembled; for errors that quote it. */
  readonly bytes: Uint8Array;
  /** Addresses of the IPv6 header. */
  readonly wireSource: Uint8Array;
  readonly wireDestination: Uint8Array;
  readonly hopLimit: number;
  /** Upper-layer octets: message, or inner packet. */
  readonly payload: Uint8Array;
  /** Tunnels that it was in, outermost first: nothing of the link comes through one. */
  readonly tunnels: readonly object[];
  readonly homeAddressOption: Uint8Array | undefined;
  readonly type2RoutingHeader: Uint8Array | undefined;
}

/** Life of an address. RFC 4862 section 2. */
export type AddressState = 'tentative' | 'preferred' | 'deprecated' | 'duplicate';

/** An address of an interface. */
export interface InterfaceAddress {
  /** 16 octets. */
  readonly address: Uint8Array;
  /** Bits of the prefix that is on the link; 128 = nothing else is. */
  readonly prefixLength: number;
  readonly state: AddressState;
  /** Seconds left; Infinity without end. */
  readonly preferredLifetime: number;
  readonly validLifetime: number;
  /** Formed from an advertised prefix (RFC 4862 section 5.5.3), not configured. */
  readonly isAutoconfigured: boolean;
}

/** How an address is taken. */
export interface AddressOptions {
  /** Default 64. */
  readonly prefixLength?: number;
  /** Default `probe`: duplicate address detection first. `skip`: at once (RFC 6275 section 11.5.5, returning home). */
  readonly detection?: 'probe' | 'skip';
  /** Seconds; default Infinity. */
  readonly preferredLifetime?: number;
  readonly validLifetime?: number;
  readonly onPreferred?: () => void;
  readonly onDuplicate?: () => void;
}

/** Duplicate address detection for an address that is not taken: a home agent's for a home address. RFC 6275 section 10.3.1. */
export interface DuplicateProbe {
  cancel(): void;
}

/** State of a neighbor. RFC 4861 section 7.3.2. */
export type NeighborState = 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe';

/** A neighbor cache entry. */
export interface Neighbor {
  readonly address: Uint8Array;
  /** 6 octets; undefined while incomplete. */
  readonly linkLayerAddress: Uint8Array | undefined;
  readonly state: NeighborState;
  readonly isRouter: boolean;
}

/** A router that advertises itself on the link. RFC 4861 section 6.3.4. */
export interface AdvertisingRouter {
  /** Link-local address. */
  readonly address: Uint8Array;
  readonly linkLayerAddress: Uint8Array | undefined;
  /** Seconds left as default router; 0 = none. */
  readonly lifetime: number;
  readonly isHomeAgent: boolean;
  /** Milliseconds between advertisements as the router says (RFC 6275 section 7.3); undefined = it does not say. */
  readonly advertisementInterval: number | undefined;
  /** Prefixes of its advertisements. */
  readonly prefixes: readonly AdvertisedPrefix[];
  /** When its last advertisement came, milliseconds of the scheduler. */
  readonly lastHeard: number;
}

/** A prefix information option. RFC 4861 section 4.6.2, RFC 6275 section 7.2. */
export interface AdvertisedPrefix {
  /** Prefix, or with R the router's whole address. */
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly isOnLink: boolean;
  readonly isAutonomous: boolean;
  /** `address` is a global address of the router. */
  readonly isRouterAddress: boolean;
  /** Seconds as advertised; Infinity for 0xffffffff. */
  readonly preferredLifetime: number;
  readonly validLifetime: number;
}

/** What a neighbor advertisement says. */
export interface AdvertisementFields {
  /** Address it is about. */
  readonly target: Uint8Array;
  /** Default: all-nodes. */
  readonly destination?: Uint8Array;
  /** Link-layer destination; default: by the neighbor cache. */
  readonly linkDestination?: Uint8Array;
  /** Default: an address of this interface (never `target` when it is defended for another node). */
  readonly source?: Uint8Array;
  readonly isSolicited?: boolean;
  readonly isOverride?: boolean;
  /** Default: whether the node is a router and the address its own. */
  readonly isRouter?: boolean;
}

/** What a neighbor solicitation says. */
export interface SolicitationFields {
  readonly target: Uint8Array;
  /** Default: an address of this interface; `::` asks whether the target is free. */
  readonly source?: Uint8Array;
  /** Default: the solicited-node group of the target. */
  readonly destination?: Uint8Array;
}

/** Heard router advertisements, checked by RFC 4861 section 6.1.2 before anybody is told. */
export type AdvertisementListener = (
  packet: LinkMessage,
  message: Extract<Icmpv6Message, { kind: 'router-advertisement' }>,
) => void;

/** Heard neighbor advertisements, checked by RFC 4861 section 7.1.2 before anybody is told. */
export type NeighborAdvertisementListener = (
  packet: LinkMessage,
  message: Extract<Icmpv6Message, { kind: 'neighbor-advertisement' }>,
) => void;

/** What became of an address; `removed`: it was taken back, or its valid lifetime is over. */
export type AddressChangeListener = (
  address: Uint8Array,
  state: AddressState | 'removed',
  isAutoconfigured: boolean,
) => void;

/** One link of a node. Everything is told by callbacks of the scheduler's time: nothing here waits. */
export interface NetworkInterface {
  readonly name: string;
  /** Position in the host's list. */
  readonly index: number;
  readonly port: LinkPort;
  readonly linkLayerAddress: Uint8Array;
  /** Octets; that of the port, or lower as routers advertise. */
  readonly mtu: number;
  /** Hop limit for packets that the node originates; 64, or as advertised. */
  readonly hopLimit: number;
  /** Milliseconds; 1000, or as advertised. RFC 4861 section 10. */
  readonly retransTimer: number;
  /** fe80::/64 and the modified EUI-64 of the link-layer address, unless another was configured. */
  readonly linkLocal: Uint8Array;
  readonly addresses: readonly InterfaceAddress[];

  /** Takes an address; one that is there already gets the new lifetimes. */
  addAddress(address: Uint8Array, options?: AddressOptions): void;
  removeAddress(address: Uint8Array): void;
  /** Whether packets for the address are taken: assigned and neither tentative nor duplicate. */
  owns(address: Uint8Array): boolean;
  /** Source for a destination on, or behind, this link (RFC 6724, in short: scope, then preferred, then longest prefix). */
  sourceFor(destination: Uint8Array): Uint8Array | undefined;
  /** Whether an address is on the link by a prefix that says so. */
  isOnLink(address: Uint8Array): boolean;
  /** Told of every address, configured or formed from a prefix, whose state changed. */
  onAddressChange(listener: AddressChangeListener): void;
  /** Told when the link went or came; `port` tells the interface alone. */
  onLinkChange(listener: (isUp: boolean) => void): void;

  /** Takes frames for a group: answers Multicast Listener Discovery as a member. */
  join(group: Uint8Array): void;
  leave(group: Uint8Array): void;
  isMember(group: Uint8Array): boolean;
  /** Also takes frames for an anycast address (the home agents' one). */
  addAnycast(address: Uint8Array): void;
  removeAnycast(address: Uint8Array): void;
  isAnycast(address: Uint8Array): boolean;

  /** Asks the link whether anybody has the address: solicitations from `::`, answers and other probes are duplicates. */
  probe(
    address: Uint8Array,
    onResult: (isUnique: boolean) => void,
    transmits?: number,
  ): DuplicateProbe;
  /** Answers solicitations for the address of a node that is away, with this interface's link-layer address. RFC 6275 section 10.4.1. */
  /** @param isRouter the node is a mobile router (RFC 3963 section 6.2); default false */
  defend(address: Uint8Array, isRouter?: boolean): void;
  stopDefending(address: Uint8Array): void;
  isDefending(address: Uint8Array): boolean;
  advertise(fields: AdvertisementFields): void;
  /** Neighbor solicitation as the fields say; `source` `::` makes a probe. RFC 6275 section 11.5.5. */
  solicit(fields: SolicitationFields): void;

  neighbor(address: Uint8Array): Neighbor | undefined;
  /** Writes a neighbor cache entry, reachable. */
  setNeighbor(address: Uint8Array, linkLayerAddress: Uint8Array, isRouter?: boolean): void;
  forgetNeighbor(address: Uint8Array): void;
  /** Probes a neighbor now; the answer tells whether it is reachable. RFC 4861 section 7.3. */
  /** @param transmits solicitations before it is given up; default MAX_UNICAST_SOLICIT */
  checkReachable(
    address: Uint8Array,
    onResult: (isReachable: boolean) => void,
    transmits?: number,
  ): void;
  /**
   * Told when a neighbor was given up, with the packets that waited for its link-layer address: their senders get an
   * ICMPv6 error, RFC 4861 section 7.2.2.
   */
  onUnreachable: ((address: Uint8Array, undelivered: readonly Uint8Array[]) => void) | undefined;

  readonly routers: readonly AdvertisingRouter[];
  /** Router for destinations off the link; undefined without any. */
  defaultRouter(): AdvertisingRouter | undefined;
  /** A router that was configured instead of heard. */
  setStaticRouter(address: Uint8Array | undefined): void;
  forgetRouters(): void;
  /** Up to three router solicitations. RFC 4861 section 6.3.7. */
  solicitRouters(): void;
  /** Whether addresses are formed from advertised prefixes; default true for hosts, false for routers. */
  isAutoconfiguring: boolean;
  /** Asked before an advertisement is used at all (RFC 3971 for nodes that trust signed ones only); default: yes. */
  acceptsAdvertisement: ((packet: LinkMessage) => boolean) | undefined;
  /**
   * Options of every router solicitation, which leaves from `::` then: RFC 3971 section 5.2.2 takes one without a signature
   * for a secured one from there only, and a link-local address that was generated from no key cannot sign. Default: none.
   */
  solicitationOptions: (() => readonly NdOption[]) | undefined;
  onRouterAdvertisement(listener: AdvertisementListener): void;
  onRouterSolicitation(listener: (packet: LinkMessage) => void): void;
  /** A node that comes home learns so who defends its home address. RFC 6275 section 11.5.5. */
  onNeighborAdvertisement(listener: NeighborAdvertisementListener): void;

  /**
   * Sends an IPv6 packet to a neighbor: resolves its link-layer address, keeps a few packets meanwhile, tells
   * unreachable neighbors. Multicast destinations are mapped (RFC 2464 section 7).
   * @param packet whole IPv6 packet, at most `mtu` octets
   * @param linkDestination skips the resolution
   */
  transmit(packet: Uint8Array, nextHop: Uint8Array, linkDestination?: Uint8Array): void;
  /**
   * Neighbor discovery messages and multicast listener queries, handed over by the host after its checks of the IPv6
   * header. Everything else is ignored, as are messages that do not pass the checks of RFC 4861 sections 6.1 and 7.1.
   */
  receiveNeighborDiscovery(packet: LinkMessage, message: Icmpv6Message): void;
  /** Stops all timers. */
  close(): void;
}
