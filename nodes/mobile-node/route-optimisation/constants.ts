/**
 * Constants of route optimisation at a mobile node; milliseconds where nothing else is said.
 */

/** First retransmission of a Home Test Init, Care-of Test Init or Binding Update. RFC 6275 section 11.8. */
export const INITIAL_TIMEOUT = 1000;
/** Octets of a cookie. RFC 6275 section 5.2.5. */
export const COOKIE_OCTETS = 8;
/** A correspondent that has never answered is left alone for so long. */
export const SILENCE_PAUSE = 600_000;
/** No further messages to a correspondent that does not know them; then it may have learned. RFC 6275 section 11.3.5. */
export const UNSUPPORTED_PAUSE = 600_000;
/** After a refusal that nothing can be done about, and after one that may be over soon. */
export const REFUSAL_PAUSE = 600_000;
export const SHORT_REFUSAL_PAUSE = 32_000;
/** A binding is wanted when packets went either way within this time. */
export const RECENT_USE = 120_000;
/** Packets of a correspondent by its binding: progress of upper layers. RFC 6275 section 11.3.6. */
export const RECENT_PROGRESS = 2000;
/** Procedures that somebody without proof asks for, for one correspondent, are at least so far apart. */
export const MIN_INTERVAL = 1000;
/** Rounds of status 135 to 138 one after the other. */
export const MAX_CORRECTIONS = 3;
/** The shortest lifetime that is worth a registration, seconds. */
export const LEAST_LIFETIME = 8;
/** Correspondents, each with a home address. */
export const MAX_CORRESPONDENTS = 1024;
/** New correspondents at once, and in a second: packets in the tunnel come from whoever wants to send some. */
export const NEW_BURST = 8;
export const NEW_PER_SECOND = 1;
/** After a move: procedures that start at once, and milliseconds between the others. */
export const RESTARTS_AT_ONCE = 16;
export const RESTART_INTERVAL = 20;

/** Binding Acknowledgement status values of correspondents. RFC 6275 section 6.1.8. */
export const STATUS = {
  reasonUnspecified: 128,
  insufficientResources: 130,
  sequenceOutOfWindow: 135,
  expiredHomeNonceIndex: 136,
  expiredCareOfNonceIndex: 137,
  expiredNonces: 138,
} as const;
