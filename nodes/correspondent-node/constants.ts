/**
 * Constants of a correspondent node.
 */

/** Octets of Kcn. RFC 6275 section 5.2.1. */
export const NODE_KEY_OCTETS = 20;
/** Octets of a nonce: 64 bits are recommended. RFC 6275 section 5.2.2. */
export const NONCE_OCTETS = 8;
/** Seconds between nonces. RFC 6275 section 5.2.7. */
export const NONCE_INTERVAL = 30;
/** Nonces that are valid at the same time: MAX_NONCE_LIFETIME / 30. RFC 6275 section 5.2.7. */
export const NONCES_KEPT = 8;

/** Binding Acknowledgement status values that a correspondent sends. RFC 6275 section 6.1.8. */
export const STATUS = {
  accepted: 0,
  insufficientResources: 130,
  homeRegistrationNotSupported: 131,
  sequenceOutOfWindow: 135,
  expiredHomeNonceIndex: 136,
  expiredCareOfNonceIndex: 137,
  expiredNonces: 138,
  registrationTypeChange: 139,
} as const;
