/**
 * What an observer cannot know and the operator tells: the site, as plain values. `cli/` reads it from YAML.
 */

import type { RateFilter, RuleOverride, RuleThreshold, Suppression } from './rules/settings.ts';

/** Where a link is, seen from the mobile nodes. `transit` = between networks, for example the home agent's uplink. */
export type LinkRole = 'home' | 'foreign' | 'transit' | 'unknown';

/** One link of the site and how to recognise what was captured on it. */
export interface SiteLink {
  readonly name: string;
  readonly role: LinkRole;
  /** Capture interface names (pcapng if_name), exact. */
  readonly interfaces: readonly string[];
  /** Glob patterns of capture files, matched against path and base name. */
  readonly files: readonly string[];
  /** VLAN identifiers; empty = any. */
  readonly vlans: readonly number[];
}

/** IPv6 prefix: 16 octets and a length of 0..128. */
export interface SitePrefix {
  readonly prefix: Uint8Array;
  readonly length: number;
}

/** A home agent and what it serves. */
export interface SiteHomeAgent {
  readonly name: string;
  readonly addresses: readonly Uint8Array[];
  readonly homePrefixes: readonly SitePrefix[];
  /** Link-layer addresses of its interfaces on the home link, 6 octets each. */
  readonly linkLayerAddresses: readonly Uint8Array[];
}

/** A mobile node. */
export interface SiteMobileNode {
  readonly name: string;
  readonly homeAddress: Uint8Array;
  /**
   * Identities in IKE that may have associations for this home address, as `identityKey` of `ike/identity.ts` gives
   * them; empty = not told. Several nodes may have the same: shared credentials. RFC 4877 section 7.1.
   */
  readonly identities: readonly string[];
  /** Prefixes a mobile router may register (RFC 3963); empty = none is told. */
  readonly mobileNetworkPrefixes: readonly SitePrefix[];
  /** IPv4 home address, 4 octets (RFC 5555). */
  readonly ipv4HomeAddress?: Uint8Array;
}

/** Addresses that belong to fixed nodes: no home address, no care-of address. RFC 4225 sections 2.1 and 3.2.1. */
export interface SiteInfrastructure {
  readonly name: string;
  readonly addresses: readonly SitePrefix[];
}

/** A router and the links it serves. */
export interface SiteRouter {
  readonly name: string;
  /** Link of the site file it stands on; undefined = any. */
  readonly link?: string;
  /** Addresses it sends Router Advertisements from, mostly link-local. */
  readonly addresses: readonly Uint8Array[];
  /** 6 octets each. */
  readonly linkLayerAddresses: readonly Uint8Array[];
  /** Prefixes it may advertise; empty = any that is no home prefix. */
  readonly prefixes: readonly SitePrefix[];
}

/** Nodes of network-based and local mobility management. Empty lists = not told, not judged. */
export interface SiteDomain {
  /** Mobile access gateways (RFC 5213), and access routers of fast handovers (RFC 5568). */
  readonly accessGateways: readonly Uint8Array[];
  /** Local mobility anchors (RFC 5213). */
  readonly localMobilityAnchors: readonly Uint8Array[];
  /** Mobility anchor points (RFC 5380). */
  readonly mobilityAnchorPoints: readonly Uint8Array[];
  /** Home network prefixes the anchors assign from. */
  readonly homeNetworkPrefixes: readonly SitePrefix[];
}

/** Which de-registration layouts are accepted. */
export interface SiteCompatibility {
  /**
   * Home de-registrations that carry an Alternate Care-of Address equal to the home address are accepted and
   * reported as such: UMIP adds the option to every Binding Update. Default false: strict layouts only.
   */
  readonly umipHomeDeregistration: boolean;
}

/** IPsec policy between mobile nodes and home agents. RFC 3776 section 4. */
export interface SiteIpsecPolicy {
  /** Home registration signalling must be protected. RFC 6275 section 5.1. */
  readonly signalling: 'required' | 'optional';
  /** Payload through the tunnel must be protected. RFC 3776 section 4.2. */
  readonly payload: 'required' | 'optional';
}

/** Changes to one rule. */
export interface RuleSettings {
  readonly enabled?: boolean;
  readonly severity?: 'info' | 'low' | 'medium' | 'high' | 'critical';
  /** What the gateway does with packets that the rule objects to. */
  readonly verdict?: 'drop' | 'alert' | 'rate-limit';
  readonly params?: Readonly<Record<string, number>>;
}

/** The whole site. */
export interface Site {
  readonly homeAgents: readonly SiteHomeAgent[];
  readonly links: readonly SiteLink[];
  readonly mobileNodes: readonly SiteMobileNode[];
  readonly infrastructure: readonly SiteInfrastructure[];
  readonly routers: readonly SiteRouter[];
  readonly domain: SiteDomain;
  readonly ipsec: SiteIpsecPolicy;
  readonly compatibility: SiteCompatibility;
  /** Routers' link-layer addresses that face the outside of the home network. */
  readonly outsideLinkLayerAddresses: readonly Uint8Array[];
  readonly rules: Readonly<Record<string, RuleSettings>>;
  /** Settings of rules for one home agent or for some addresses; the first that fits a finding counts. */
  readonly overrides?: readonly RuleOverride[];
  /** How often rules speak; a finding must pass all that are about its rule. */
  readonly thresholds?: readonly RuleThreshold[];
  /** What findings become that are too many. */
  readonly rateFilters?: readonly RateFilter[];
  /** Findings that are hidden and counted. */
  readonly suppressions?: readonly Suppression[];
}

/** A site of which nothing is told: everything that can be learned is learned. */
export const UNKNOWN_SITE: Site = {
  homeAgents: [],
  links: [],
  mobileNodes: [],
  infrastructure: [],
  routers: [],
  domain: {
    accessGateways: [],
    localMobilityAnchors: [],
    mobilityAnchorPoints: [],
    homeNetworkPrefixes: [],
  },
  ipsec: { signalling: 'required', payload: 'optional' },
  compatibility: { umipHomeDeregistration: false },
  outsideLinkLayerAddresses: [],
  rules: {},
  overrides: [],
  thresholds: [],
  rateFilters: [],
  suppressions: [],
};
