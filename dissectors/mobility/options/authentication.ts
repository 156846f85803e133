/**
 * Options that authenticate a message, which others have to precede.
 */

/** Binding Authorization Data. RFC 6275 section 6.2.7. */
export const BINDING_AUTHORIZATION_DATA = 5;
/** Mobility Message Authentication. RFC 4285 section 5. */
export const MESSAGE_AUTHENTICATION = 9;
/** Binding Authorization Data for FMIPv6. RFC 5568 section 6.4.5. */
export const FMIP_AUTHORIZATION_DATA = 21;

/** Types of all of them. */
export const AUTHENTICATION_OPTIONS: readonly number[] = [
  BINDING_AUTHORIZATION_DATA,
  MESSAGE_AUTHENTICATION,
  FMIP_AUTHORIZATION_DATA,
];
