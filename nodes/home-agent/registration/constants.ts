/**
 * Constants of home registrations, in the spelling of their documents.
 */

/** Seconds that the sequence number of a de-registered binding counts. RFC 6275 sections 10.3.2 and 12. */
export const MAX_DELETE_BCE_TIMEOUT = 10;
/** Unsolicited advertisements of one address at most. RFC 4861 section 10. */
export const MAX_NEIGHBOR_ADVERTISEMENT = 3;
/** Milliseconds between them. RFC 4861 section 10. */
export const RETRANS_TIMER = 1000;

/** Binding Acknowledgement status. RFC 6275 section 6.1.8. */
export const STATUS = {
  accepted: 0,
  acceptedPrefixDiscoveryNecessary: 1,
  reasonUnspecified: 128,
  administrativelyProhibited: 129,
  insufficientResources: 130,
  notHomeSubnet: 132,
  notHomeAgentForThisMobileNode: 133,
  duplicateAddressDetectionFailed: 134,
  sequenceNumberOutOfWindow: 135,
  registrationTypeChangeDisallowed: 139,
  /** RFC 3963 section 4.2. */
  mobileRouterOperationNotPermitted: 140,
  invalidCareOfAddress: 174,
} as const;
