/**
 * Home agents told to a node by DHCPv6 or DNS.
 */
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
