/**
 * Policies that protect what a mobile node and its home agent exchange: RFC 3776 section 5.2, RFC 4877 section 7.2.
 *
 * They speak of ends ("the mobile node", "the home agent"), not of addresses: one list serves every mobile node that is
 * declared alike, and follows none of them around.
 */
import {
  isLinkLocal,
  isMulticast,
  isSameAddress,
  isUnspecified,
  prefixMatches,
} from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';

/** What an association is for. Order of RFC 3776 section 5.2: SA1/SA2, SA3/SA4, SA5/SA6, SA7/SA8. */
export const PURPOSES = ['binding', 'home-tests', 'prefix-discovery', 'payload'] as const;
export type ProtectionPurpose = (typeof PURPOSES)[number];

/** Which end of the tunnel a node is. */
export type TunnelSide = 'mobile-node' | 'home-agent';

/** How Binding Updates and Acknowledgements are protected. RFC 3776 section 4.3; tunnel: RFC 4877 section 3. */
export type BindingProtection = 'esp-transport' | 'ah-transport' | 'esp-tunnel';

/** Protection of one home address, equal on both sides. */
export interface ProtectionDeclaration {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** Never none: RFC 6275 section 5.1. */
  readonly bindingUpdates: BindingProtection;
  /** Mobile Prefix Solicitations and Advertisements. `esp` is transport mode, RFC 3776 section 3.3. */
  readonly prefixDiscovery: 'esp' | 'esp-tunnel' | 'none';
  /** Home Test Init and Home Test in the tunnel, RFC 3776 section 3.2. */
  readonly homeTests: 'esp' | 'none';
  /**
   * All that goes through the tunnel, RFC 3776 section 3.4. `groups` protects group membership and DHCPv6 alone, for
   * which section 4.1 demands it to be possible.
   */
  readonly payload: 'esp' | 'groups' | 'none';
  /**
   * How fine the peer's policies are. `message-type` (default): RFC 4877 section 5 case 1. `protocol`: case 2 and
   * RFC 3776 section 5.2, for peers that protect every Mobility Header and every ICMPv6 message between the two.
   */
  readonly granularity?: 'message-type' | 'protocol';
  /** The tunnel and its protection stay when the mobile node is at home. */
  readonly keepIpsecAtHome?: boolean;
  /** Prefixes behind a mobile router, whose traffic goes through the tunnel too. RFC 3963. */
  readonly mobileNetworks?: readonly Prefix[];
}

/**
 * Which addresses stand at the mobile node's end:
 * - `home-address`: that alone;
 * - `payload`: that, one of a mobile network, or a group whose packets the home agent tunnels to it;
 * - `group-member`: whatever group membership messages come from and go to;
 * - `link-local`: DHCPv6.
 *
 * RFC 3776 section 5.2.4 has a wildcard for the last two; only these addresses occur.
 */
export type MobileEnd = 'home-address' | 'payload' | 'group-member' | 'link-local';

/** Rule of the security policy database, seen from the mobile node and the home agent alike. */
export interface NodePolicy {
  readonly purpose: ProtectionPurpose;
  readonly protocol: 'esp' | 'ah';
  readonly mode: 'transport' | 'tunnel';
  /** `tunnel`: only what goes through the tunnel, RFC 3776 section 4.2. `direct`: only what does not. */
  readonly scope: 'any' | 'tunnel' | 'direct';
  /** Upper-layer protocol; undefined is any. */
  readonly upperLayer: number | undefined;
  /** Mobility Header or ICMPv6 types by direction; undefined is any. */
  readonly toHomeAgent: readonly number[] | undefined;
  readonly toMobileNode: readonly number[] | undefined;
  /** Types that are never meant although `toHomeAgent` and `toMobileNode` are any. */
  readonly except: readonly number[];
  readonly mobileNode: MobileEnd;
  /** Address of the other end. */
  readonly otherEnd: 'home-agent' | 'any';
}

/** Policies of one home address at one node. */
export interface HomeAddressPolicies {
  readonly side: TunnelSide;
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** The first that matches counts. */
  readonly policies: readonly NodePolicy[];
  readonly keepIpsecAtHome: boolean;
  readonly mobileNetworks: readonly Prefix[];
}

/** Binding Update, Home Agent Switch (RFC 5142) and Binding Revocation (RFC 5846) go the way of Binding Acknowledgements. */
const BINDING_TO_HOME_AGENT = [5, 16];
const BINDING_TO_MOBILE_NODE = [6, 12, 16];
const HOME_TEST_INIT = [1];
const HOME_TEST = [3];
const PREFIX_SOLICITATION = [146];
const PREFIX_ADVERTISEMENT = [147];
/** MLDv1 and MLDv2. RFC 2710, RFC 3810. */
const GROUP_MEMBERSHIP = [130, 131, 132, 143];
/** Neighbor discovery and group membership, which bootstrap what protection stands on. RFC 4301 section 4.1. */
const LINK_MESSAGES = [...GROUP_MEMBERSHIP, 133, 134, 135, 136, 137, 141, 142, 148, 149];
const NO_TYPES: readonly number[] = [];
const NO_NETWORKS: readonly Prefix[] = [];

type Form = Pick<
  ProtectionDeclaration,
  'bindingUpdates' | 'prefixDiscovery' | 'homeTests' | 'payload' | 'granularity'
>;

const SIGNALLING = {
  protocol: 'esp',
  scope: 'any',
  except: NO_TYPES,
  mobileNode: 'home-address',
  otherEnd: 'home-agent',
} as const;

const TUNNELLED = {
  protocol: 'esp',
  mode: 'tunnel',
  scope: 'tunnel',
  except: NO_TYPES,
  mobileNode: 'home-address',
  otherEnd: 'any',
} as const;

const ANY_TYPE = { toHomeAgent: undefined, toMobileNode: undefined } as const;

function bindingPolicies({ bindingUpdates, granularity }: Form): NodePolicy[] {
  const common = {
    ...SIGNALLING,
    purpose: 'binding',
    protocol: bindingUpdates === 'ah-transport' ? 'ah' : 'esp',
    mode: bindingUpdates === 'esp-tunnel' ? 'tunnel' : 'transport',
    upperLayer: NEXT_HEADER.mobility,
  } as const;
  const typed: NodePolicy = {
    ...common,
    toHomeAgent: BINDING_TO_HOME_AGENT,
    toMobileNode: BINDING_TO_MOBILE_NODE,
  };
  // Whatever the granularity, a binding message in the tunnel is one: it never passes as tunnelled Mobility Header.
  return granularity === 'protocol'
    ? [typed, { ...common, ...ANY_TYPE, scope: 'direct' }]
    : [typed];
}

function prefixDiscoveryPolicies({ prefixDiscovery, granularity }: Form): NodePolicy[] {
  if (prefixDiscovery === 'none') return [];
  const common = {
    ...SIGNALLING,
    purpose: 'prefix-discovery',
    mode: prefixDiscovery === 'esp-tunnel' ? 'tunnel' : 'transport',
    upperLayer: NEXT_HEADER.icmpv6,
  } as const;
  const typed: NodePolicy = {
    ...common,
    toHomeAgent: PREFIX_SOLICITATION,
    toMobileNode: PREFIX_ADVERTISEMENT,
  };
  return granularity === 'protocol'
    ? [typed, { ...common, ...ANY_TYPE, scope: 'direct', except: LINK_MESSAGES }]
    : [typed];
}

function homeTestPolicies({ homeTests, granularity }: Form): NodePolicy[] {
  if (homeTests === 'none') return [];
  const types =
    granularity === 'protocol'
      ? ANY_TYPE
      : { toHomeAgent: HOME_TEST_INIT, toMobileNode: HOME_TEST };
  return [{ ...TUNNELLED, purpose: 'home-tests', upperLayer: NEXT_HEADER.mobility, ...types }];
}

function payloadPolicies({ payload }: Form): NodePolicy[] {
  if (payload === 'none') return [];
  const common = { ...TUNNELLED, purpose: 'payload' } as const;
  const groups: NodePolicy[] = [
    {
      ...common,
      upperLayer: NEXT_HEADER.icmpv6,
      toHomeAgent: GROUP_MEMBERSHIP,
      toMobileNode: GROUP_MEMBERSHIP,
      mobileNode: 'group-member',
    },
    { ...common, upperLayer: NEXT_HEADER.udp, ...ANY_TYPE, mobileNode: 'link-local' },
  ];
  return payload === 'groups'
    ? groups
    : [...groups, { ...common, upperLayer: undefined, ...ANY_TYPE, mobileNode: 'payload' }];
}

/** Lists of declarations that are alike. */
const LISTS = new Map<string, readonly NodePolicy[]>();

function policyList(form: Form): readonly NodePolicy[] {
  const { bindingUpdates, prefixDiscovery, homeTests, payload, granularity } = form;
  const key = [bindingUpdates, prefixDiscovery, homeTests, payload, granularity].join(' ');
  let list = LISTS.get(key);
  if (list === undefined) {
    // RFC 4877 section 7.2.4: payload comes last.
    list = [
      ...bindingPolicies(form),
      ...prefixDiscoveryPolicies(form),
      ...homeTestPolicies(form),
      ...payloadPolicies(form),
    ];
    LISTS.set(key, list);
  }
  return list;
}

function policiesOf(side: TunnelSide, declaration: ProtectionDeclaration): HomeAddressPolicies {
  const { homeAddress, homeAgent } = declaration;
  return {
    side,
    homeAddress,
    homeAgent,
    policies: policyList(declaration),
    keepIpsecAtHome: declaration.keepIpsecAtHome ?? false,
    mobileNetworks: declaration.mobileNetworks ?? NO_NETWORKS,
  };
}

/** Policies at the mobile node. RFC 3776 section 5.2, RFC 4877 section 7.2. */
export function policiesOfMobileNode(declaration: ProtectionDeclaration): HomeAddressPolicies {
  return policiesOf('mobile-node', declaration);
}

/** Policies at the home agent: the mirror image. */
export function policiesOfHomeAgent(declaration: ProtectionDeclaration): HomeAddressPolicies {
  return policiesOf('home-agent', declaration);
}

/** A packet as a policy sees it, by ends. */
export interface PolicyTraffic {
  readonly isToHomeAgent: boolean;
  /** Address at the mobile node's end, and at the other. */
  readonly mobile: Uint8Array;
  readonly other: Uint8Array;
  readonly protocol: number;
  /** undefined = the protocol has none, or it is not to be seen: a later fragment. */
  readonly type: number | undefined;
  readonly isTunnelled: boolean;
}

/** What of {@link HomeAddressPolicies} says whose addresses are meant. */
export type PolicyOwner = Pick<HomeAddressPolicies, 'homeAddress' | 'homeAgent' | 'mobileNetworks'>;

/**
 * Whether a policy is about a packet. A type that cannot be seen fits every policy of its protocol, so that a fragment
 * is protected rather than not (RFC 4301 section 7).
 * @param owner undefined = nobody knows which mobile node it belongs to: only addresses of no node in particular fit
 */
export function policyMatches(
  policy: NodePolicy,
  owner: PolicyOwner | undefined,
  traffic: PolicyTraffic,
): boolean {
  const { scope, upperLayer } = policy;
  const { isToHomeAgent, protocol, type } = traffic;
  if (scope !== 'any' && (scope === 'tunnel') !== traffic.isTunnelled) return false;
  if (upperLayer !== undefined && upperLayer !== protocol) return false;
  if (type !== undefined) {
    const types = isToHomeAgent ? policy.toHomeAgent : policy.toMobileNode;
    if (types === undefined ? policy.except.includes(type) : !types.includes(type)) return false;
  }
  if (policy.otherEnd === 'home-agent' && !isSameAddress(traffic.other, owner?.homeAgent)) {
    return false;
  }
  return isMobileEnd(policy.mobileNode, owner, traffic.mobile);
}

function isMobileEnd(end: MobileEnd, owner: PolicyOwner | undefined, address: Uint8Array): boolean {
  switch (end) {
    case 'link-local':
      return isLinkLocal(address);
    case 'group-member':
      return (
        isLinkLocal(address) ||
        isMulticast(address) ||
        isUnspecified(address) ||
        isSameAddress(address, owner?.homeAddress)
      );
    case 'payload':
      return isPayloadAddress(address, owner) || isMulticast(address);
    case 'home-address':
      return isSameAddress(address, owner?.homeAddress);
  }
}

/** Whether an address is the mobile node's, or of a network behind it. */
function isPayloadAddress(address: Uint8Array, owner: PolicyOwner | undefined): boolean {
  if (owner === undefined) return false;
  if (isSameAddress(address, owner.homeAddress)) return true;
  for (const { bytes, length } of owner.mobileNetworks) {
    if (prefixMatches(bytes, length, address, 0)) return true;
  }
  return false;
}
