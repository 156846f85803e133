/**
 * Protocol constants that several roles share. RFC 6275 section 12; seconds where nothing else is said.
 */

/** Keygen tokens are used by mobile nodes this long. */
export const MAX_TOKEN_LIFETIME = 210;
/** Correspondents accept a nonce this long after its first use, never longer. */
export const MAX_NONCE_LIFETIME = 240;
/** A binding that return routability authorized lasts this long at most. RFC 6275 section 5.2.6. */
export const MAX_RR_BINDING_LIFETIME = 420;
/** Binding Updates, Home Test Inits and Care-of Test Inits a second, each kind to each destination. RFC 6275 section 11.8. */
export const MAX_UPDATE_RATE = 3;
