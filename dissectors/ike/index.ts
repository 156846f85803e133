/**
 * IKEv1 and IKEv2: decode, encode, trees.
 */
export { MAX_ATTRIBUTES, attributeNumber } from './attribute.ts';
export type { AttributeList, IkeAttribute } from './attribute.ts';
export { MAX_PAYLOADS } from './chain.ts';
export type { ChainCodec, PayloadChain } from './chain.ts';
export { internalIp6Address, mip6HomePrefix } from './configuration-attribute.ts';
export { IKE_GROUPS } from './groups.ts';
export type { IkeGroup } from './groups.ts';
export {
  IKEV1_FLAG,
  IKEV1_VERSION,
  IKEV2_FLAG,
  IKEV2_VERSION,
  IKE_HEADER_OCTETS,
  ikev1Header,
  ikev2Header,
} from './header.ts';
export type { IkeHeader } from './header.ts';
export { ID_DATA, identityText } from './identity-data.ts';
export type { Ikev1Payload } from './ikev1/index.ts';
export { IKEV1_NOTIFY_DATA } from './ikev1/notification.ts';
export type { Ikev1SecurityAssociation, Ikev1Transform } from './ikev1/security-association.ts';
export { findEncryptedPayload } from './encrypted-place.ts';
export type { EncryptedPlace } from './encrypted-place.ts';
export type { Ikev2Configuration } from './ikev2/configuration.ts';
export { ENCRYPTED_FRAGMENT_PAYLOAD, ENCRYPTED_PAYLOAD } from './ikev2/encrypted.ts';
export type { Ikev2Payload } from './ikev2/index.ts';
export { IKEV2_NOTIFY_DATA, redirectData, redirectedFromData } from './ikev2/notify-data.ts';
export { transformKeyLength } from './ikev2/security-association.ts';
export type { Ikev2SecurityAssociation, Ikev2Transform } from './ikev2/security-association.ts';
export { MAX_SELECTORS, mobilityType, selectorText } from './ikev2/traffic-selector.ts';
export type { RangeSelector, TrafficSelector, TrafficSelectors } from './ikev2/traffic-selector.ts';
export { dissectIke } from './layer.ts';
export {
  IKE_FORMATS,
  decodeIke,
  encodeIke,
  ikeSummary,
  ikeTree,
  ikev1Payloads,
  ikev2Payloads,
} from './message.ts';
export type { IkeHeaderInput, IkeMessage, IkeMessageInput } from './message.ts';
export { CONFIGURATION_ATTRIBUTE } from './names/configuration.ts';
export { ID_TYPE } from './names/identity.ts';
export { IKEV1_EXCHANGE, IKEV2_EXCHANGE } from './names/message.ts';
export { IKEV1_NOTIFY, IKEV2_NOTIFY } from './names/notify.ts';
export { TRANSFORM_TYPE } from './names/transform.ts';
export { CRITICAL } from './payload.ts';
export type { PayloadFrame, UnknownPayload } from './payload.ts';
export { MAX_PROPOSALS, MAX_TRANSFORMS } from './proposal.ts';
export type { IkeProposal, MalformedSubstructure, ProposalList } from './proposal.ts';
export { MAX_SPIS } from './spi-list.ts';
export { vendorName } from './vendor.ts';
