/**
 * Questions that rules on IKE ask: which end of a message is the home agent, and for which nodes the site provisions
 * an identity.
 */
import type { IkeEvent } from '../events.ts';
import type { Site, SiteMobileNode } from '../site.ts';
import { addressIdentityKey } from './identity.ts';
import type { IkeIdentity } from './identity.ts';

export { addressIdentityKey } from './identity.ts';

/** A message of IKE between a home agent and somebody. */
export interface IkeEnds {
  readonly homeAgent: Uint8Array;
  /** The other end; the home address where a Home Address option or type 2 routing header names it. */
  readonly node: Uint8Array;
  readonly isFromNode: boolean;
  /** Whether the other end began the IKE SA; undefined where that is not known. */
  readonly isNodeInitiator: boolean | undefined;
}

/** The ends of a message; undefined when not exactly one of them is a home agent. */
export function ikeEndsOf(
  { context, isInitiator }: IkeEvent,
  knowledge: { isHomeAgent(address: Uint8Array): boolean },
): IkeEnds | undefined {
  const { source, destination, homeAddressOption, routingHomeAddress } = context;
  const isFromNode = knowledge.isHomeAgent(destination);
  if (isFromNode === knowledge.isHomeAgent(source)) return undefined;
  return {
    homeAgent: isFromNode ? destination : source,
    node: isFromNode ? (homeAddressOption ?? source) : (routingHomeAddress ?? destination),
    isFromNode,
    isNodeInitiator: isInitiator === undefined ? undefined : isInitiator === isFromNode,
  };
}

/**
 * Nodes of the site that an identity may speak for: those that list it, and the one whose home address it is
 * (RFC 4877 section 7.3).
 */
export function nodesOfIdentity(
  { mobileNodes }: Site,
  { key }: IkeIdentity,
): readonly SiteMobileNode[] {
  const isAddress = key.startsWith('address:');
  return mobileNodes.filter(
    ({ identities, homeAddress }) =>
      identities.includes(key) || (isAddress && addressIdentityKey(homeAddress) === key),
  );
}
