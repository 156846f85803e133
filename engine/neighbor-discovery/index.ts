/**
 * What rules about neighbor discovery and about discovery of home agents have in common.
 */
export { homeAddressClaimOf, isLiveFromAway } from './home-address-claim.ts';
export type { HomeAddressClaim } from './home-address-claim.ts';
export { homeAgentStanding, isHomeAgentsAnycast, isToldHomeAgent } from './home-agents.ts';
export type { HomeAgentStanding } from './home-agents.ts';
export {
  includesLinkLayer,
  isMadeOf,
  isToldHomeAgentLinkLayer,
  isVirtualRouter,
  linkLayerOfHomeAgent,
  messageOf,
  senderKey,
  senderOf,
  watchedSince,
} from './knowledge.ts';
export type { KnownLinkLayer, LinkKnowledge } from './knowledge.ts';
export { isLinkLayerOfRouter, routerClaimOf, withdrawalOf } from './router-claim.ts';
export type { RouterClaim, Withdrawal } from './router-claim.ts';
export { isAcceptedOnLink } from '../state/link-state.ts';
export type { LinkQueries } from '../state/link-state.ts';
export { neighborStatementOf } from '../state/neighbors.ts';
export type { DuplicateProbe, LinkLayerClaim, Neighbor } from '../state/neighbors.ts';
export { routerProfileOf } from '../state/routers.ts';
export type { Router, RouterPrefix, RouterProfile } from '../state/routers.ts';
export type { DiscoveryRequest } from '../state/discovery-requests.ts';
export { PREFIX_INFORMATION_FLAGS, findNdOption } from '../../dissectors/icmpv6/index.ts';
