/**
 * What the parts of a mobile node share: configuration, state that others look at, and the events that they tell each other.
 */
import type { MessageOf } from '../../dissectors/mobility/header.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import type { LinkMessage, NetworkInterface } from '../interface/network-interface.ts';
import type { Host } from '../ip/host.ts';
import type {
  InboundPacket,
  OutboundPacket,
  Path,
  TunnelEnds,
  TunnelOrigin,
} from '../ip/packet.ts';
import type { ReceivedMessage } from '../mobility/mobility-endpoint.ts';
import type { BindingUpdateList } from './binding-update-list.ts';
import type { MessageRateLimiter } from './message-rate.ts';

export type { MessageOf };

/** A home address as it is configured. */
export interface HomeAddressConfiguration {
  /** 16 octets. */
  readonly address: Uint8Array;
  /** Bits of the home prefix; default 64. */
  readonly prefixLength?: number;
  /** Home agents in the order of trying; empty or absent: dynamic discovery. RFC 6275 section 11.4.1. */
  readonly homeAgents?: readonly Uint8Array[];
  /** Its interface identifier is a temporary one: L is never set. RFC 6275 section 11.7.1. */
  readonly isTemporary?: boolean;
}

/**
 * Whether there is a home link, and who may say that it is here. draft-ebalard-mext-hld-security-00 section 6.
 * `never`: no home link; whoever advertises the home prefix is an attacker. `send`: advertisements of the home prefix count
 * only when the {@link HomeLinkVerifier} accepts them. `prefix`: as RFC 6275 section 11.5.2 has it, whoever advertises.
 */
export type HomeLinkTrust = 'never' | 'send' | 'prefix';

/** Judges advertisements of the home prefix: RFC 3971, or what else an operator trusts. */
export interface HomeLinkVerifier {
  /**
   * Asked for every Router Advertisement with a home prefix, before anything of it is used. What cannot be judged yet is
   * refused; the verifier may solicit routers again when it can. `later` is that without an alarm: nothing is wrong with it.
   */
  accepts(packet: LinkMessage, from: NetworkInterface): boolean | 'later';
}

/** Dynamic keying, as far as it has to follow moves. RFC 6275 sections 11.7.1 and 11.7.3. */
export interface KeyManagement {
  /** It can move its endpoint: K is set. */
  readonly canMove: boolean;
  /** K in the acknowledgement: the endpoint is at the care-of address now. */
  move(homeAddress: Uint8Array, careOfAddress: Uint8Array): void;
  /** No K in the acknowledgement: what exists with the home agent is of no use any more. */
  discard(homeAddress: Uint8Array, homeAgent: Uint8Array): void;
}

/** How movement is judged. RFC 6275 section 11.5.1. */
export interface MovementConfiguration {
  /**
   * `eager` (default): an advertisement of another router prompts a question to the present one. `lazy`: only when the
   * present one is lost otherwise is another looked at.
   */
  readonly strategy?: 'eager' | 'lazy';
  /** Advertisements of the present router that may be missed before it is asked; default 2. */
  readonly missedAdvertisements?: number;
  /** Milliseconds that the present router has for its answer when another one is there already; default 120. */
  readonly answerWait?: number;
}

/** A mobile router. RFC 3963 section 5.2. */
export interface MobileRouterConfiguration {
  /** Prefixes to tell the home agent (explicit mode); empty: it knows them (implicit mode). */
  readonly prefixes: readonly Prefix[];
}

/** A mobile node. */
export interface MobileNodeConfiguration {
  readonly homeAddresses: readonly HomeAddressConfiguration[];
  /** Default `never`. */
  readonly homeLink?: HomeLinkTrust;
  /** Of `homeLink: send`; without one no advertisement of the home prefix is accepted. */
  readonly homeLinkVerifier?: HomeLinkVerifier;
  /** Link-local addresses of the routers of the home link; others that advertise its prefix are reported. */
  readonly homeRouters?: readonly Uint8Array[];
  /** The tunnel stays when the node is at home, and the home agent knows. Default false. */
  readonly keepIpsecAtHome?: boolean;
  /** Acknowledgements and the like from the home agent count only when protected. Default true; false is for tests. */
  readonly requiresProtection?: boolean;
  /** Payload leaves through the tunnel before the first registration is acknowledged. Never when returning home. */
  readonly isOptimistic?: boolean;
  /** Seconds that a registration is asked for, 8..262140; default 3600. */
  readonly lifetime?: number;
  /** Default true. */
  readonly routeOptimisation?: boolean;
  /** InitialBindackTimeoutFirstReg in milliseconds; default 1500. RFC 6275 section 13. */
  readonly initialBindackTimeoutFirstReg?: number;
  /** Names of interfaces, best first; those not named come after. */
  readonly interfacePreferences?: readonly string[];
  readonly movement?: MovementConfiguration;
  /** Interface identifiers of care-of addresses; default `eui-64`. */
  readonly careOfIdentifiers?: 'eui-64' | 'random';
  /**
   * Duplicate address detection of care-of addresses. `before` (default): RFC 4862. `optimistic`: while the address is in
   * use already, in the spirit of RFC 4429.
   */
  readonly duplicateDetection?: 'before' | 'optimistic';
  /** What happens on `stop`: bindings are de-registered (default), or kept until they end. */
  readonly onStop?: 'deregister' | 'keep';
  /** New home prefixes make new home addresses. RFC 6275 section 11.4.3. Default false. */
  readonly followsRenumbering?: boolean;
  /** Parameter Problems that claim to come from the home agent are discarded. Default true. RFC 6275 section 15. */
  readonly ignoresHomeAgentErrors?: boolean;
  readonly keyManagement?: KeyManagement;
  readonly mobileRouter?: MobileRouterConfiguration;
}

/** Where a mobile node is attached. Changed in place by movement detection. */
export interface Attachment {
  /** Interface of the primary care-of address, or of the home link; undefined = nowhere. */
  readonly interface: NetworkInterface | undefined;
  /** The home prefix is on that link, as far as `homeLink` lets anybody say so. */
  readonly isAtHome: boolean;
  /** Undefined at home and nowhere. */
  readonly primaryCareOfAddress: Uint8Array | undefined;
  /** All that packets are accepted at, primary first. */
  readonly careOfAddresses: readonly Uint8Array[];
}

/**
 * Registration of a home address with its home agent.
 * `none`: nothing is registered. `registering`: first update sent. `registered`: binding acknowledged and alive; updates of
 * it may be under way. `deregistering`: a de-registration is not acknowledged. `home`: at home, no binding. `refused`: the
 * home address is somebody else's, or its time is over.
 */
export type RegistrationState =
  | 'none'
  | 'registering'
  | 'registered'
  | 'deregistering'
  | 'home'
  | 'refused';

/** A home address and how it stands. */
export interface HomeAddressView {
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly state: RegistrationState;
  /** Home agent of the present or coming registration; undefined = none is known. */
  readonly homeAgent: Uint8Array | undefined;
  /** Care-of address that the tunnel ends at here; undefined = no tunnel. */
  readonly tunnelCareOfAddress: Uint8Array | undefined;
  /** Ends of the tunnel, which may be there at home too; undefined = there is none. */
  readonly tunnel: TunnelEnds | undefined;
  /** When the registration ends, milliseconds of the scheduler; 0 = there is none. */
  readonly registrationEndsAt: number;
  /** When the home prefix ends, milliseconds of the scheduler; Infinity = nobody has said. */
  readonly validUntil: number;
}

/** What happened. Addresses are 16 octets. */
export interface MobileNodeEvents {
  /** The primary care-of address is another one; a home registration is on its way. */
  readonly moved: { readonly from: Uint8Array | undefined; readonly to: Uint8Array };
  /** The home agent has accepted a registration; correspondents may be told. RFC 6275 section 11.7.2. */
  readonly homeRegistered: {
    readonly homeAddress: Uint8Array;
    readonly careOfAddress: Uint8Array;
    /** Milliseconds of the scheduler. */
    readonly endsAt: number;
  };
  /** The home link is here and the de-registration sent; nothing is accepted outside the tunnel yet. */
  readonly returningHome: { readonly homeAddress: Uint8Array };
  /** At home, and the home agent has acknowledged it (or there was no binding). */
  readonly returnedHome: { readonly homeAddress: Uint8Array };
  /** No registration any more: expired, revoked, refused. */
  readonly homeRegistrationLost: { readonly homeAddress: Uint8Array; readonly reason: string };
  /** The home prefix ends at another time than before. RFC 6275 section 11.4.2. */
  readonly homePrefixChanged: { readonly homeAddress: Uint8Array; readonly validUntil: number };
  /** A payload packet for a home address came through the tunnel. RFC 6275 section 11.7.2. */
  readonly tunnelled: {
    readonly homeAddress: Uint8Array;
    /** Whole inner packet; a view. */
    readonly inner: Uint8Array;
    readonly origin: TunnelOrigin;
  };
  /** The node stops: the last chance to send. */
  readonly stopping: { readonly deregisters: boolean };
}

type Listener<K extends keyof MobileNodeEvents> = (event: MobileNodeEvents[K]) => void;

/** Tells the parts of a mobile node, and whoever else listens, what happened. */
export class MobileNodeEventSource {
  readonly #listeners: { [K in keyof MobileNodeEvents]?: Listener<K>[] } = {};

  on<K extends keyof MobileNodeEvents>(kind: K, listener: Listener<K>): void {
    const listeners: Listener<K>[] = this.#listeners[kind] ?? [];
    listeners.push(listener);
    Object.assign(this.#listeners, { [kind]: listeners });
  }

  tell<K extends keyof MobileNodeEvents>(kind: K, event: MobileNodeEvents[K]): void {
    for (const listener of this.#listeners[kind] ?? []) listener(event);
  }
}

/** What does not concern a home agent: correspondents, by whoever does route optimisation. */
export interface CorrespondentMessages {
  /** Way of a packet with a home address as source, away from home, before the tunnel is taken. RFC 6275 section 11.3.1. */
  path(packet: OutboundPacket, home: HomeAddressView): Path | undefined;
  acknowledgement(received: ReceivedMessage<'binding-acknowledgement'>): void;
  bindingError(received: ReceivedMessage<'binding-error'>): void;
  refreshRequest(received: ReceivedMessage<'binding-refresh-request'>): void;
  /**
   * An ICMPv6 error that a packet of this node drew, from nobody known as home agent.
   * @param quoted the packet that drew it, cut
   */
  error(packet: InboundPacket, message: Icmpv6Message, quoted: Uint8Array): void;
}

/** Shared by the parts; made by the mobile node. */
export interface MobileNodeContext {
  readonly host: Host;
  readonly configuration: MobileNodeConfiguration;
  readonly limiter: MessageRateLimiter;
  readonly bindingUpdateList: BindingUpdateList;
  readonly attachment: Attachment;
  readonly events: MobileNodeEventSource;
  /** In the order of the configuration, formed ones after. */
  readonly homeAddresses: readonly HomeAddressView[];
  /** Set by whoever does route optimisation; undefined = everything goes through the home agent. */
  correspondents: CorrespondentMessages | undefined;
  homeAddress(address: Uint8Array): HomeAddressView | undefined;
  /** Whether an address is the home agent of one of the home addresses, now or of a binding that may still exist. */
  isHomeAgent(address: Uint8Array): boolean;
  /** Tells an alarm, a few of each kind a second. */
  alarm(event: string, details?: Readonly<Record<string, string | number | boolean>>): void;
}

/** Whether what came was protected by IPsec, in transport or in tunnel mode. */
export function isProtected(packet: InboundPacket): boolean {
  return packet.protection !== undefined || packet.tunnels.at(-1)?.protection !== undefined;
}
