/**
 * What the two sides of a home agent share: registrations (bindings of mobile nodes) and network (tunnels, interception,
 * advertisements, discovery). RFC 6275 section 10.
 *
 * `HomeAgent` (home-agent.ts) makes the context and hands it to both: `HomeRegistrations`
 * (registration/home-registrations.ts: binding updates, duplicate address detection, defence of addresses on the home
 * link, `ipsec.moveTunnel`, store) and `HomeNetwork` (network/home-network.ts: `constructor(context)`, `close()`; paths,
 * `onTransit`, `acceptsTunnelled`, `onMulticast`, ICMPv6 discovery, advertisements, mobile networks).
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type { BindingCacheEntry } from '../binding-cache.ts';
import type { Host } from '../ip/host.ts';
import type { ReceivedBindingUpdate } from '../mobility/binding-update.ts';
import type { BindingEvents } from './binding-events.ts';
import type { BindingStore } from './binding-store.ts';
import type { HomePrefixes, HomePrefixOptions } from './home-prefixes.ts';
import type { HomeNetworkOptions } from './network/network-options.ts';

/**
 * Layouts in which a de-registration is taken. `strict`: the two of draft-ebalard-mext-hld-security-00 section 5.4.2;
 * `umip`: also the one at home whose Alternate Care-of Address is the home address, as UMIP sends it; `rfc`: all that
 * RFC 6275 section 9.5.1 validates.
 */
export type DeregistrationMode = 'strict' | 'umip' | 'rfc';

/** A mobile node, by one of its home addresses: what it may do. */
export interface MobileNodePolicy {
  readonly homeAddress: Uint8Array;
  /** For people. */
  readonly name?: string;
  /** Default true; false = status 129. */
  readonly isAllowed?: boolean;
  readonly deregistration?: DeregistrationMode;
  /** Seconds; the lower of this and that of the home agent counts. */
  readonly maximumLifetime?: number;
  /** Associations that may carry its Binding Updates; default: those that IPsec binds to the home address. */
  readonly associations?: readonly string[];
  /** May register as a mobile router (R). RFC 3963. */
  readonly isMobileRouter?: boolean;
  /** Prefixes behind it, for implicit mode and to check those of explicit mode. RFC 3963 section 6. */
  readonly mobileNetworks?: readonly Prefix[];
  /** May register several care-of addresses. RFC 5648. */
  readonly mayUseSeveralCareOfAddresses?: boolean;
  /** Payload in the reverse tunnel counts with protection only. RFC 3776 section 3.4. */
  readonly isPayloadProtected?: boolean;
}

/** The mobile nodes that a home agent serves. */
export interface MobileNodeDirectory {
  find(homeAddress: Uint8Array): MobileNodePolicy | undefined;
}

/** Key management connections of mobile nodes (K). RFC 6275 section 10.3.1, RFC 4877 section 7.4. */
export interface KeyManagement {
  /** The associations of this mobile node were negotiated, and the endpoint of their key management can move. */
  canMove(homeAddress: Uint8Array): boolean;
  /** K = 1: the peer is at another address from now on. */
  moveEndpoint(homeAddress: Uint8Array, careOfAddress: Uint8Array): void;
  /** K = 0: connections to this address of the peer are discarded. */
  discard(homeAddress: Uint8Array, peer: Uint8Array): void;
}

/** Bounds and choices of a home agent; defaults are the safe ones. */
export interface RegistrationOptions {
  /** Default `strict`; a mobile node's own comes first. */
  readonly deregistration?: DeregistrationMode;
  /** A de-registration from home that comes in on another link: default `refuse`; `alarm` takes it and tells. */
  readonly ingress?: 'refuse' | 'alarm';
  /** Seconds; default 262140. */
  readonly maximumLifetime?: number;
  /** Seconds after which a refresh is advised; default: half of each lifetime. Not with a store that lasts. */
  readonly refreshInterval?: number;
  /** Whether a refresh is advised at all; default true. */
  readonly advisesRefresh?: boolean;
  /**
   * Care-of address that is the home address: status 174 (default), or a de-registration as in RFC 3775, for mobile nodes
   * whose de-registrations are taken in mode `rfc`.
   */
  readonly careOfAtHome?: 'refuse' | 'deregister';
  /**
   * Where a registration has to name its care-of address in an Alternate Care-of Address option, as the address of the IPv6
   * header is not protected. Default `required-in-transport`: with ESP in transport mode (RFC 3776 section 4.3). AH protects
   * the header and never needs it.
   */
  readonly alternateCareOfAddress?: 'required' | 'required-in-transport' | 'optional';
  /** Solicitations of duplicate address detection; default 1. 0 = none. RFC 4862 section 5.1. */
  readonly duplicateAddressDetectionTransmits?: number;
  /** Registrations that wait for duplicate address detection at most; default 1024, more are refused with 130. */
  readonly pendingCapacity?: number;
  /** Unsolicited advertisements for each address, 1..3; default 3. RFC 6275 section 10.4.1. */
  readonly advertisements?: number;
}

/** A home agent. */
export interface HomeAgentOptions {
  readonly host: Host;
  readonly prefixes: readonly HomePrefixOptions[];
  readonly mobileNodes: MobileNodeDirectory;
  readonly registration?: RegistrationOptions;
  readonly network?: HomeNetworkOptions;
  /** Where bindings outlast this process; default: nowhere. */
  readonly store?: BindingStore;
  readonly keyManagement?: KeyManagement;
}

/**
 * What an addition to home registrations says about an update that has passed all tests but its own. First status that is
 * an error refuses.
 */
export interface RegistrationVerdict {
  /** 128..255 refuses; 1..127 is what the acknowledgement says instead of 0; undefined = no objection. */
  readonly status?: number | undefined;
  /** The update with what the addition has read from it (a care-of address from a Binding Identifier option, say). */
  readonly update?: ReceivedBindingUpdate;
}

/** Mobile networks (RFC 3963), several care-of addresses (RFC 5648) and the like: asked in order for home registrations. */
export interface RegistrationExtension {
  /**
   * An update with a lifetime that is protected, authorised and in sequence. `existing` = the binding that it will change.
   * Called before duplicate address detection; nothing may be changed here.
   */
  examine?(
    update: ReceivedBindingUpdate,
    policy: MobileNodePolicy,
    existing: BindingCacheEntry | undefined,
  ): RegistrationVerdict | undefined;
  /** Accepted: the entry may be completed (`careOfAddresses`); it is written and told of afterwards. */
  accepted?(update: ReceivedBindingUpdate, entry: BindingCacheEntry): void;
  /**
   * A de-registration that is protected, authorised, in sequence and of an allowed layout. `partial` = the addition has
   * taken something away, the binding stays; a number is the status that refuses it (RFC 5648 section 6.2).
   */
  deregistering?(
    update: ReceivedBindingUpdate,
    entry: BindingCacheEntry,
  ): 'partial' | number | undefined;
  /** Options for the acknowledgement. */
  acknowledging?(
    update: ReceivedBindingUpdate,
    status: number,
    entry: BindingCacheEntry | undefined,
  ): readonly MobilityOption[];
}

/** Shared by both sides; made by the home agent, handed to each part's constructor. */
export interface HomeAgentContext {
  readonly host: Host;
  readonly options: HomeAgentOptions;
  readonly prefixes: HomePrefixes;
  readonly mobileNodes: MobileNodeDirectory;
  /**
   * Bindings are in `host.bindings` (home registrations have `isHomeRegistration`); to end one from outside of
   * registrations: `host.bindings.remove(homeAddress, 'revoked')`, everything else follows.
   */
  readonly events: BindingEvents;
  /** Parts add themselves in their constructor. */
  readonly extensions: RegistrationExtension[];
  /** Tells an alarm, a few of each kind a second. */
  alarm(event: string, details: Readonly<Record<string, string | number | boolean>>): void;
}
