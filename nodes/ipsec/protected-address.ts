/**
 * A home address, how it is protected, and with what: one row of what RFC 3776 section 4.2 calls the locally administered
 * table.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { OutboundDecision } from '../ip/ipsec-layer.ts';
import type { Selectors, TunnelEnds } from '../ip/packet.ts';
import type { NodeAssociation } from './association.ts';
import { policyMatches } from './policy.ts';
import type { HomeAddressPolicies, NodePolicy, PolicyTraffic, TunnelSide } from './policy.ts';

const discard = (reason: string): OutboundDecision => ({ kind: 'discard', reason });

export const BYPASS: OutboundDecision = { kind: 'bypass' };
const RESTING = discard('the tunnel is down: the mobile node is not registered');
const IN_TUNNEL = discard('protected in transport mode: does not go through the tunnel');
const USED_UP = discard('sequence numbers of the association are used up: it needs new keys');

/** A packet by ends, seen from one side. */
export function trafficOf(
  side: TunnelSide,
  isOutbound: boolean,
  { source, destination, protocol, type, isTunnelled }: Selectors,
): PolicyTraffic {
  const isToHomeAgent = (side === 'mobile-node') === isOutbound;
  return {
    isToHomeAgent,
    mobile: isToHomeAgent ? source : destination,
    other: isToHomeAgent ? destination : source,
    protocol,
    type,
    isTunnelled,
  };
}

/** One home address at this node. */
export class ProtectedAddress implements HomeAddressPolicies {
  readonly side: TunnelSide;
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly policies: readonly NodePolicy[];
  readonly keepIpsecAtHome: boolean;
  readonly mobileNetworks: readonly Prefix[];
  /** In the order they came; outgoing packets use the newest. Replaced, never grown: growing leaves room for many. */
  #associations: readonly NodeAssociation[] = [];
  #ends: TunnelEnds | undefined;
  #isResting: boolean;

  constructor(policies: HomeAddressPolicies) {
    this.side = policies.side;
    this.homeAddress = policies.homeAddress.slice();
    this.homeAgent = policies.homeAgent;
    this.policies = policies.policies;
    this.keepIpsecAtHome = policies.keepIpsecAtHome;
    this.mobileNetworks = policies.mobileNetworks;
    this.#isResting = !this.keepIpsecAtHome;
    if (this.keepIpsecAtHome) this.#ends = this.#endsAtHome();
  }

  get associations(): readonly NodeAssociation[] {
    return this.#associations;
  }

  add(association: NodeAssociation): void {
    this.#associations = [...this.#associations, association];
  }

  remove(association: NodeAssociation): void {
    this.#associations = this.#associations.filter((each) => each !== association);
  }

  /** Ends of the tunnel; undefined when there is none. */
  get ends(): TunnelEnds | undefined {
    return this.#ends;
  }

  /** RFC 3776 section 5.2.2: the home address stands in while there is no care-of address. */
  #endsAtHome(): TunnelEnds {
    const { side, homeAddress, homeAgent } = this;
    return side === 'mobile-node'
      ? { local: homeAddress, remote: homeAgent, homeAddress }
      : { local: homeAgent, remote: homeAddress, homeAddress };
  }

  /**
   * RFC 3776 section 4.3; undefined: section 4.2, policies of the tunnel rest and associations stay, unless the tunnel is
   * kept at home.
   */
  moveTunnel(ends: TunnelEnds | undefined): void {
    if (ends !== undefined) {
      this.#ends = {
        // Not copied: a home agent has a hundred thousand of them, and addresses are replaced, never changed.
        local: ends.local,
        remote: ends.remote,
        homeAddress: this.homeAddress,
      };
      this.#isResting = false;
    } else if (this.keepIpsecAtHome) this.#ends = this.#endsAtHome();
    else {
      this.#ends = undefined;
      this.#isResting = true;
    }
  }

  /** How a packet of this mobile node's leaves. */
  outbound(selectors: Selectors): OutboundDecision {
    const traffic = trafficOf(this.side, true, selectors);
    for (const policy of this.policies) {
      if (!policyMatches(policy, this, traffic)) continue;
      if (policy.mode === 'transport' && traffic.isTunnelled) return IN_TUNNEL;
      if (policy.scope === 'tunnel' && this.#isResting) return RESTING;
      return this.#decisionOf(policy, traffic);
    }
    return BYPASS;
  }

  #decisionOf(policy: NodePolicy, { protocol, type }: PolicyTraffic): OutboundDecision {
    let isUsedUp = false;
    for (let i = this.#associations.length - 1; i >= 0; i--) {
      const association = this.#associations[i];
      if (association?.direction !== 'out' || !association.serves(policy, protocol, type)) continue;
      if (!association.isUsedUp) return association.decision;
      isUsedUp = true;
    }
    return isUsedUp
      ? USED_UP
      : discard(`no association for ${policy.purpose} of ${formatAddress(this.homeAddress)}`);
  }

  /**
   * Whether a packet may be taken with the association that it came over (undefined: in clear). RFC 4301 section 5.2:
   * the policy is looked up again, and the association has to be one that it names.
   */
  permits(selectors: Selectors, association: NodeAssociation | undefined): boolean {
    const traffic = trafficOf(this.side, false, selectors);
    for (const policy of this.policies) {
      if (!policyMatches(policy, this, traffic)) continue;
      if (association === undefined) return false;
      if (policy.scope === 'tunnel' && this.#isResting) return false;
      if (association.serves(policy, traffic.protocol, traffic.type)) return true;
      // A later fragment shows no type: any policy of its protocol may be the one.
      if (traffic.type !== undefined || !hasTypes(policy)) return false;
    }
    return association === undefined;
  }
}

function hasTypes({ toHomeAgent }: NodePolicy): boolean {
  return toHomeAgent !== undefined;
}
