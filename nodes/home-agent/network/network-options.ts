/**
 * Choices of the home agent's network side. Defaults are the safe ones.
 */
import type { RouterConfiguration } from '../../interface/advertised-configuration.ts';
import type { AdvertisementSigner } from '../../interface/router-advertiser.ts';

/** Router advertisements of the home links: prefixes and home agent information come from the home agent. RFC 6275 section 7. */
export type HomeAdvertisementOptions = Omit<RouterConfiguration, 'prefixes' | 'homeAgent'>;

/** Multicast for mobile nodes away from home. RFC 6275 section 10.4.3. */
export interface MulticastOptions {
  /** Groups of one mobile node; further ones are ignored. Default 32. */
  readonly groupsPerMobileNode?: number;
  /** Seconds between queries into each tunnel; default 125. RFC 3810 section 9.2. */
  readonly queryInterval?: number;
}

/** Retransmissions of a Binding Revocation Indication. RFC 5846 section 11. */
export interface RevocationOptions {
  /** Default 1. */
  readonly maximumRetries?: number;
  /** Seconds before the first; default 1, floor 0.5. */
  readonly initialDelay?: number;
}

/** The home agent's network side. */
export interface HomeNetworkOptions {
  /** Home Agent Preference, 0..65535, higher is better; default 0. RFC 6275 section 7.4. */
  readonly preference?: number;
  /** Home Agent Lifetime in seconds, 1..65535; default: that of the router. */
  readonly homeAgentLifetime?: number;
  /** Mobile routers may register (RFC 3963); default false. */
  readonly supportsMobileRouters?: boolean;
  /**
   * Router advertisements of the home links; default: with the defaults. false = another router advertises them, which
   * mobile nodes cannot tell from a link without a home agent.
   */
  readonly advertisements?: HomeAdvertisementOptions | false;
  /** Signs them (RFC 3971); home links have a link-local address of its key then. Default: nothing is signed. */
  readonly signer?: AdvertisementSigner | undefined;
  /** Mobile prefix discovery can be switched off; default true. RFC 6275 section 8.4. */
  readonly prefixDiscovery?: boolean;
  /** Dynamic home agent address discovery; default true. RFC 6275 section 10.5. */
  readonly addressDiscovery?: boolean;
  /**
   * DHCPv6 reaches mobile nodes through the tunnel by other means than this home agent; default false: the M and O flags
   * of Mobile Prefix Advertisements stay clear. RFC 6275 section 10.4.4.
   */
  readonly hasDhcpv6?: boolean;
  /** Default: on with the defaults. */
  readonly multicast?: MulticastOptions | false;
  /** Care-of addresses of one mobile node (RFC 5648); default 4. 1 = one, Binding Identifiers are refused with 166. */
  readonly maximumCareOfAddresses?: number;
  /** Seconds before its end that a mobile node is asked to refresh its binding; default 0 = never. RFC 6275 section 9.5.5. */
  readonly refreshRequestLead?: number;
  readonly revocation?: RevocationOptions;
}
