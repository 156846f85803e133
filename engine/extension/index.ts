/**
 * What rules about extensions of Mobile IPv6 have in common.
 */
export {
  NEW_ATTACHMENT,
  REREGISTRATION,
  homeNetworkPrefixesOf,
  namedNodeOf,
  overlaps,
  prefixText,
  proxyAcknowledgementOf,
  proxyUpdateOf,
} from './proxy-messages.ts';
export type { NamedNode, ProxyAcknowledgement, ProxyUpdate } from './proxy-messages.ts';
export { isLive } from '../state/proxy-bindings.ts';
export type { ProxyBinding, ProxyRequest } from '../state/proxy-bindings.ts';
export { mobileNetworkPrefixesOf } from '../state/mobile-networks.ts';
export type { MobileRouter } from '../state/mobile-networks.ts';
export { ipv4OuterOf, isSameIpv4 } from '../state/dual-stack.ts';
export type { DualStackNode, Ipv4Endpoint } from '../state/dual-stack.ts';
export type { DomainRole, ExtensionQueries } from '../state/extension-state.ts';
export { formatIpv4, isIpv4Mapped } from '../../dissectors/core/address.ts';
export {
  domainRole,
  evidenceOf,
  homeRegistrationOf,
  includesAddress,
  isComplete,
  isProtected,
  isRouterBinding,
  pairText,
  tellsDomain,
} from './rule-queries.ts';
export type { HomeRegistration, PacketEvidence } from './rule-queries.ts';
