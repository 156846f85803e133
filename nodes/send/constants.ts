/**
 * Constants of secure neighbor discovery. RFC 3971 section 10; times in seconds.
 */

/** Wait before a certification path solicitation is sent again; doubled each time. */
export const CPS_RETRY = 1;
/** Time that the retrieval of a path may last. */
export const CPS_RETRY_MAX = 15;
/** Certification path advertisements of a router in a second. */
export const MAX_CPA_RATE = 10;
/** How far the clock of a sender may be off that is not known yet. */
export const TIMESTAMP_DELTA = 300;
/** How much messages of a known sender may overtake each other. */
export const TIMESTAMP_FUZZ = 1;
/** Share of the time by which a clock may go slower than this one. */
export const TIMESTAMP_DRIFT = 0.01;
/** Shortest key, in bits (minbits). RFC 3971 section 5.1.3. */
export const MIN_KEY_BITS = 1024;

/** Option types. RFC 3971 sections 5 and 6.4. */
export const OPTION = { cga: 11, signature: 12, timestamp: 13, nonce: 14 } as const;
/** Kinds of names of trust anchors: RFC 3971 section 6.4.3, RFC 6495 section 3. */
export const X501_NAME = 1;
export const SHA1_KEY_IDENTIFIER = 3;
/** Component that asks for all certificates. RFC 3971 section 6.4.1. */
export { ALL_CERTIFICATES } from '../../dissectors/icmpv6/certification-path.ts';
