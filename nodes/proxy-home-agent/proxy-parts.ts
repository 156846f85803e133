/**
 * What a proxy home agent is made of: a node between mobile nodes and a home agent that is not changed, at the place of the
 * cable that led to it. Towards mobile nodes it has the strict rules of the home agent of this project; the home agent behind
 * it hears only what has passed them, made anew.
 *
 * It has no address of its own and resolves none: what it answers and what it passes on goes by the link-layer addresses that
 * the packet came with.
 */
import type { BindingStore, LinkPort, RandomSource, Scheduler } from '../../engine/ports.ts';
import type { MobileNodePolicy, RegistrationOptions } from '../home-agent/home-agent-parts.ts';
import type { IpsecLayer } from '../ip/ipsec-layer.ts';
import type { NodeIpsec } from '../ipsec/node-ipsec.ts';
import type { NodeLog } from '../node-log.ts';

/** Two ends of a cable that was cut: all that is not mobility of the home agent passes between them as it is. */
export interface ProxyPortPair {
  /** Towards mobile nodes and everybody else. */
  readonly outside: LinkPort;
  /** Towards the legacy home agent. */
  readonly inside: LinkPort;
  /** The outside is the home link: mobile nodes de-register there, at home. */
  readonly isHomeLink: boolean;
}

/** A mobile node of the legacy home agent. */
export interface ProxiedMobileNode {
  readonly policy: Pick<
    MobileNodePolicy,
    'homeAddress' | 'name' | 'isAllowed' | 'deregistration' | 'maximumLifetime' | 'associations'
  >;
  /** IPsec of the mobile node as the legacy home agent knows it: side `mobile-node`, this home address alone. */
  readonly legacy: NodeIpsec;
  /**
   * Its associations inside are those outside: what the tunnel carries is looked at, and passes without new numbers and new
   * padding. Binding messages are made anew all the same.
   */
  readonly hasSameAssociations: boolean;
}

/** What the proxy takes; see {@link RegistrationOptions}. */
export interface ProxyRegistrationOptions extends Pick<
  RegistrationOptions,
  'ingress' | 'alternateCareOfAddress' | 'maximumLifetime'
> {
  /** Default `strict`. `rfc` would let a relay attack through. */
  readonly deregistration?: 'strict' | 'umip';
  /** Updates of one mobile node a second that are passed on; default 3, MAX_UPDATE_RATE of RFC 6275 section 12. */
  readonly updatesPerSecond?: number;
}

/** A proxy home agent. */
export interface ProxyHomeAgentOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly log: NodeLog;
  /** One pair for each link that the home agent stands on. */
  readonly pairs: readonly ProxyPortPair[];
  /** Address that mobile nodes register at. */
  readonly homeAgent: Uint8Array;
  /** Its further addresses: no signalling and no tunnel gets there. */
  readonly otherAddresses?: readonly Uint8Array[];
  readonly mobileNodes: readonly ProxiedMobileNode[];
  /** Policies and associations towards all mobile nodes: side `home-agent`. */
  readonly outside: IpsecLayer;
  /** Home address of an association of `outside`, by the name of the association. */
  readonly homeAddressOf: (association: string) => Uint8Array | undefined;
  readonly registration?: ProxyRegistrationOptions;
  /** ESP and AH of associations that nobody has configured; default `discard`. */
  readonly otherProtection?: 'discard' | 'pass';
  /** Link-layer addresses of routers of the home link that do not advertise themselves. */
  readonly routers?: readonly Uint8Array[];
  /** Where bindings outlast this process; default: nowhere. */
  readonly store?: BindingStore;
}

/** Way of a frame through a pair. */
export type Way = 'inwards' | 'outwards';

/** What becomes of a frame that was looked at. */
export type FrameVerdict =
  /** Passes as it is. */
  | 'pass'
  /** Was thrown away, or something else was sent in its place. */
  | 'taken';

/** A packet of the home agent, or for it, with where it came from. */
export interface ProxiedFrame {
  readonly pair: ProxyPortPair;
  /** 14 octets of Ethernet in front of it; the receiver's own. */
  readonly header: Uint8Array;
  /** Whole IPv6 packet, put together if it came in fragments; the receiver's own. */
  readonly packet: Uint8Array;
  /** The packet is more than the frame at hand. */
  readonly wasFragmented: boolean;
}
