/**
 * Home agents told to a node by DHCPv6 or DNS.
 */
import type { PacketContext } from './events.ts';

/** One offer of home agents in a message. */
export interface HomeAgentOffer {
  /**
   * Of DHCPv6 (RFC 6610 section 3.2) the home network meant: that of the visited operator, one that the node asked for,
   * or any; `none` without such a frame. Of DNS `service`.
   */
  readonly network: 'visited' | 'identified' | 'unrestricted' | 'none' | 'service';
  /** 16 octets each. */
  readonly homeAgents: readonly Uint8Array[];
  readonly prefixes: readonly { readonly prefix: Uint8Array; readonly length: number }[];
  /** Host name of an SRV record. */
  readonly name: string | undefined;
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
