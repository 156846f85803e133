/**
 * Which rows of key files belong to which protected messages of a mobile node and its home agent.
 */
import { isSameAddress, prefixMatches } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { SecurityAssociationParameters } from '../../engine/state/security-association.ts';
import type { TrafficSelector } from '../../engine/state/traffic-selector.ts';
import { PURPOSES } from './policy.ts';
import type { HomeAddressPolicies, NodePolicy, ProtectionPurpose } from './policy.ts';

/** A row as the readers of key files give it; they read ESP, AH comes from elsewhere. */
export interface KeyedAssociation extends SecurityAssociationParameters {
  readonly protocol?: 'esp' | 'ah';
}

/** Way of the packets of an association. */
export type Towards = 'home-agent' | 'mobile-node';
export const BOTH_WAYS: readonly Towards[] = ['home-agent', 'mobile-node'];

const IPV6_BITS = 128;

function isAddress(prefix: Prefix | undefined, address: Uint8Array): boolean {
  return prefix?.length === IPV6_BITS && isSameAddress(prefix.bytes, address);
}

function contains({ bytes, length }: Prefix, address: Uint8Array): boolean {
  return bytes.length === address.length && prefixMatches(bytes, length, address, 0);
}

/** Exact IPv6 addresses that a row names: one of them may be a home address. */
export function addressesOf(row: KeyedAssociation): Uint8Array[] {
  const { source, destination, selector } = row;
  const addresses: Uint8Array[] = [];
  for (const prefix of [source, destination, selector?.source, selector?.destination]) {
    if (prefix?.length === IPV6_BITS) addresses.push(prefix.bytes);
  }
  return addresses;
}

/** Ends of a row, taken for one way. */
function endsOf({ source, destination, selector }: KeyedAssociation, towards: Towards) {
  const isToHomeAgent = towards === 'home-agent';
  return {
    mobile: isToHomeAgent ? source : destination,
    agent: isToHomeAgent ? destination : source,
    selected: isToHomeAgent ? selector?.source : selector?.destination,
  };
}

/**
 * Whether the addresses of a row allow it to be used for packets of a home address one way.
 * @param isOnly no other home address is declared: rows that name none are its own
 */
export function hasAddressesOf(
  row: KeyedAssociation,
  towards: Towards,
  { homeAddress, homeAgent }: HomeAddressPolicies,
  isOnly: boolean,
): boolean {
  const { mobile, agent, selected } = endsOf(row, towards);
  if (!contains(agent, homeAgent)) return false;
  if (selected !== undefined && !contains(selected, homeAddress)) return false;
  if (isAddress(mobile, homeAddress) || isAddress(selected, homeAddress)) return true;
  // Another address at the mobile node's end is a care-of address, on which IKE and tunnels stand.
  const isElsewhere = !contains(mobile, homeAddress);
  if (isElsewhere && row.mode === 'transport' && selected === undefined) return false;
  return isOnly && isAddress(agent, homeAgent);
}

/** How well a row fits. 0: says nothing of what it is for. */
export type Fit = 0 | 1 | 2 | 3;

/** What a purpose asks of an association. */
export interface WantedProtection {
  readonly purpose: ProtectionPurpose;
  readonly mode: 'transport' | 'tunnel';
  readonly protocol: 'esp' | 'ah';
  readonly policies: readonly NodePolicy[];
}

/** What the policies of a home address ask for, in the order of RFC 3776 section 5.2. */
export function wantedOf({ policies }: HomeAddressPolicies): WantedProtection[] {
  const wanted: WantedProtection[] = [];
  for (const purpose of PURPOSES) {
    const own = policies.filter((policy) => policy.purpose === purpose);
    const [first] = own;
    if (first === undefined) continue;
    wanted.push({ purpose, mode: first.mode, protocol: first.protocol, policies: own });
  }
  return wanted;
}

/** How well a row fits a purpose one way; undefined: not at all. */
export function fitOf(
  row: KeyedAssociation,
  towards: Towards,
  wanted: WantedProtection,
): Fit | undefined {
  if ((row.protocol ?? 'esp') !== wanted.protocol) return undefined;
  if (row.mode !== undefined && row.mode !== 'any' && row.mode !== wanted.mode) return undefined;
  return row.selector === undefined ? 0 : selectorFit(row.selector, towards, wanted);
}

function selectorFit(
  { protocol, type }: TrafficSelector,
  towards: Towards,
  { purpose, policies }: WantedProtection,
): Fit | undefined {
  if (purpose === 'payload') {
    if (protocol === NEXT_HEADER.mobility) return undefined;
    return protocol === undefined ? 3 : 2;
  }
  if (protocol === undefined) return 1;
  let best: Fit | undefined;
  for (const policy of policies) {
    if (policy.upperLayer !== protocol) continue;
    if (type === undefined) best ??= 2;
    else {
      const types = towards === 'home-agent' ? policy.toHomeAgent : policy.toMobileNode;
      if (types?.includes(type) === true) best = 3;
    }
  }
  return best;
}
