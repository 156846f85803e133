/**
 * Protocol constants and configuration variables of mobile nodes. RFC 6275 sections 12 and 13; milliseconds where nothing
 * else is said.
 */

/** First retransmission of a Binding Update when a binding exists. RFC 6275 section 12. */
export const INITIAL_BINDACK_TIMEOUT = 1000;
/** Same without a binding: the home agent performs duplicate address detection. RFC 6275 section 13. */
export const INITIAL_BINDACK_TIMEOUT_FIRST_REG = 1500;
/** Longest time between retransmissions of Mobility Headers. RFC 6275 section 12. */
export const MAX_BINDACK_TIMEOUT = 32_000;
/** First retransmission of a discovery request; each later one takes twice as long. RFC 6275 section 12. */
export const INITIAL_DHAAD_TIMEOUT = 3000;
/** Retransmissions of a discovery request. RFC 6275 section 12. */
export const DHAAD_RETRIES = 4;
/** First retransmission of a Mobile Prefix Solicitation. RFC 6275 section 12. */
export const INITIAL_SOLICIT_TIMER = 3000;
/** Repetitions of an unsolicited neighbor advertisement. RFC 4861 section 10. */
export const MAX_NEIGHBOR_ADVERTISEMENT = 3;
/** Time between those, and between solicitations. RFC 4861 section 10. */
export const RETRANS_TIMER = 1000;
/** Retries of return routability before the reverse tunnel is used alone. RFC 6275 section 12. */
export const MAX_RO_FAILURE = 3;

/** Seconds that a registration is asked for unless configured: a day would outlast most moves, an hour few. */
export const DEFAULT_LIFETIME = 3600;
/** Share of a lifetime after which it is refreshed; the rest is for retransmissions. */
export const REFRESH_SHARE = 0.75;
