/**
 * Constants of the home agent's network side, in the spelling of their documents. Milliseconds, where nothing else is said.
 */

/** RFC 6275 section 12. */
export const PREFIX_ADV_TIMEOUT = 3_000;
export const PREFIX_ADV_RETRIES = 3;
/** Seconds. RFC 6275 section 13. */
export const MIN_MOB_PFX_ADV_INTERVAL = 600;
export const MAX_MOB_PFX_ADV_INTERVAL = 86_400;
/** A Mobile Prefix Advertisement a second to each mobile node at most. RFC 6275 section 6.8. */
export const PREFIX_ADVERTISEMENT_SPACING = 1_000;

/** RFC 5142 section 8. */
export const INITIAL_HA_SWITCH_TIMEOUT = 5_000;
export const MAX_HA_SWITCH_TIMEOUT = 20_000;
/** Mobile nodes told a second. */
export const MAX_HA_SWITCH_TRANSMIT_RATE = 1;

/** RFC 5846 section 11. */
export const BRI_MAX_RETRIES_NUMBER = 1;
export const INIT_MIN_DELAY_BRIS = 1_000;
export const MAX_BRACK_TIMEOUT = 2_000;

/** Seconds between general queries, and the longest delay of their answers in milliseconds. RFC 3810 sections 9.2, 9.3. */
export const QUERY_INTERVAL = 125;
export const QUERY_RESPONSE_INTERVAL = 10_000;
/** RFC 3810 section 9.1. */
export const ROBUSTNESS_VARIABLE = 2;
/** How long a group lives without a report. RFC 3810 section 9.4. */
export const MULTICAST_LISTENER_INTERVAL =
  ROBUSTNESS_VARIABLE * QUERY_INTERVAL * 1000 + QUERY_RESPONSE_INTERVAL;

/** Binding Acknowledgement status values. RFC 6275 section 6.1.8, RFC 3963 section 4.2, RFC 5648 section 4.4. */
export const STATUS = {
  mcoaNotComplete: 4,
  unspecified: 128,
  administrativelyProhibited: 129,
  notHomeAgentForThisMobileNode: 133,
  registrationTypeChangeDisallowed: 139,
  mobileRouterOperationNotPermitted: 140,
  invalidPrefix: 141,
  notAuthorizedForPrefix: 142,
  forwardingSetupFailed: 143,
  mcoaMalformed: 164,
  mcoaNonMcoaBindingExists: 165,
  mcoaProhibited: 166,
  mcoaUnknownCoa: 167,
  mcoaSimultaneousHomeAndForeignProhibited: 169,
} as const;
