/**
 * Security policies, associations and peer authorizations as RFC 3776 section 5 and RFC 4877 section 7 write them.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import { ICMPV6, MOBILITY_HEADER } from '../state/traffic-selector.ts';

/** An address of a policy: `any`, an address or prefix, or a name like `home_address_1` that stands for one. */
export interface PolicyAddress {
  /** As written: the name, or `any`; empty when `prefix` says it all. */
  readonly name: string;
  /** Length 0 = any; undefined for a name nobody has given an address to. */
  readonly prefix: Prefix | undefined;
}

/** The tunnel interface that an entry is for. RFC 3776 section 5.2.2: `interface = IPv6 tunnel to home_agent_1`. */
export interface PolicyInterface {
  readonly direction: 'to' | 'from';
  readonly address: PolicyAddress;
}

/** What a packet has to look like. Everything undefined is any. */
export interface PolicyCondition {
  readonly interface: PolicyInterface | undefined;
  /** With `SPD-S` (RFC 4877 section 7.2) the local and the remote address, for both directions. */
  readonly source: PolicyAddress | undefined;
  readonly destination: PolicyAddress | undefined;
  /** Upper-layer protocol, 0..255. */
  readonly protocol: number | undefined;
  /** Mobility Header or ICMPv6 type of packets from `source`, 0..255; with `SPD-S` what is sent. */
  readonly type: number | undefined;
  /** With `SPD-S` the type of what is received; otherwise undefined. */
  readonly remoteType: number | undefined;
  /** ICMPv6 code, 0..255. */
  readonly code: number | undefined;
}

export type PolicyMode = 'transport' | 'tunnel';

/** What happens to a packet that the condition fits. */
export type PolicyAction =
  /** A manual association by its name in the SAD. RFC 3776 section 5.2. */
  | { readonly kind: 'association'; readonly name: string }
  /** One that IKE makes. RFC 3776 section 5.3, RFC 4877 section 7.2. */
  | {
      readonly kind: 'dynamic';
      readonly mode: PolicyMode;
      /** `outer destination = ...` of a tunnel. */
      readonly outerDestination: PolicyAddress | undefined;
      /** Whose identity: `local` or `peer`; as text. */
      readonly identity: { readonly of: 'local' | 'peer'; readonly value: string } | undefined;
      /** `Initiate using IDi = ... to address ...`. */
      readonly initiate: { readonly identity: string; readonly address: PolicyAddress } | undefined;
    }
  /** Passes without protection, or is dropped (RFC 4301 section 4.4.1; not in the examples of the RFCs). */
  | { readonly kind: 'bypass' | 'discard' };

/** One entry of a policy database. The first that fits decides. */
export interface PolicyRule {
  readonly condition: PolicyCondition;
  readonly action: PolicyAction;
  /** 1-based line it starts on; 0 = made by the program. */
  readonly line: number;
}

/** One association of a SAD. RFC 3776 section 5.1. */
export interface PolicyAssociation {
  readonly name: string;
  readonly direction: 'in' | 'out';
  /** Number, or the name it is written as (`spi_a`). */
  readonly spi: number | string;
  readonly destination: PolicyAddress;
  readonly mode: PolicyMode;
  readonly selector: PolicyCondition;
  readonly line: number;
}

/** One entry of a peer authorization database. RFC 4877 section 7.1. */
export interface PeerAuthorization {
  readonly identity: string;
  /** Ways to authenticate, as written: `shared secret`, `certificate`, `EAP`. */
  readonly methods: readonly string[];
  /** Remote address that child associations are authorized for. */
  readonly address: PolicyAddress;
  readonly line: number;
}

/** Database of one node, in the order of its entries. */
export type PolicySection = { readonly node: string; readonly line: number } & (
  | { readonly database: 'SPD OUT' | 'SPD IN' | 'SPD-S'; readonly rules: readonly PolicyRule[] }
  | { readonly database: 'SAD'; readonly associations: readonly PolicyAssociation[] }
  | { readonly database: 'PAD'; readonly peers: readonly PeerAuthorization[] }
);

/** A text in this notation, read. */
export interface PolicyDocument {
  readonly sections: readonly PolicySection[];
}

/** Entries of all sections together. */
export function notationEntries(sections: readonly PolicySection[]): number {
  let entries = 0;
  for (const section of sections) {
    if (section.database === 'SAD') entries += section.associations.length;
    else entries += section.database === 'PAD' ? section.peers.length : section.rules.length;
  }
  return entries;
}

/** Policies of all sections together. */
export function ruleCount(sections: readonly PolicySection[]): number {
  return sections.reduce((sum, item) => sum + ('rules' in item ? item.rules.length : 0), 0);
}

/** Names of protocols in this notation. */
export const PROTOCOL_NAMES: ReadonlyMap<string, number> = new Map([
  ['mh', MOBILITY_HEADER],
  ['icmpv6', ICMPV6],
  ['tcp', 6],
  ['udp', 17],
  ['ipv6', 41],
  ['esp', 50],
  ['ah', 51],
  ['sctp', 132],
]);

/** Names of Mobility Header types (RFC 6275 section 6.1), as RFC 4877 section 7.2 abbreviates them. */
export const MOBILITY_TYPE_NAMES: ReadonlyMap<string, number> = new Map([
  ['brr', 0],
  ['hoti', 1],
  ['coti', 2],
  ['hot', 3],
  ['cot', 4],
  ['bu', 5],
  ['back', 6],
  ['ba', 6],
  ['be', 7],
]);

/** Names of ICMPv6 types (RFC 6275 section 6.5 to 6.8). */
export const ICMPV6_TYPE_NAMES: ReadonlyMap<string, number> = new Map([
  ['mps', 146],
  ['mpa', 147],
]);
