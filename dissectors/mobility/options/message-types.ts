/**
 * MH types that rows of option tables name in `allowedIn`. (Update notifications carry any option.)
 */

/** RFC 6275 section 6.1.2. */
export const BINDING_REFRESH_REQUEST = 0;
/** RFC 6275 section 6.1.4. */
export const CARE_OF_TEST_INIT = 2;
/** RFC 6275 section 6.1.6. */
export const CARE_OF_TEST = 4;
/** Also the Proxy Binding Update, which has the P flag. RFC 6275 section 6.1.7, RFC 5213 section 8.1. */
export const BINDING_UPDATE = 5;
/** Also the Proxy Binding Acknowledgement. RFC 6275 section 6.1.8, RFC 5213 section 8.2. */
export const BINDING_ACKNOWLEDGEMENT = 6;
/** RFC 5568 section 6.2.2. */
export const FAST_BINDING_UPDATE = 8;
/** RFC 5568 section 6.2.3. */
export const FAST_BINDING_ACKNOWLEDGMENT = 9;
/** RFC 5142 section 4. */
export const HOME_AGENT_SWITCH = 12;
/** RFC 5847 section 3.3. */
export const HEARTBEAT = 13;
/** RFC 5568 section 6.2.1.1. */
export const HANDOVER_INITIATE = 14;
/** RFC 5568 section 6.2.1.2. */
export const HANDOVER_ACKNOWLEDGE = 15;
/** Indication and Acknowledgement. RFC 5846 section 5. */
export const BINDING_REVOCATION = 16;
/** RFC 6705 section 10.1. */
export const LOCALIZED_ROUTING_INITIATION = 17;
/** RFC 6705 section 10.2. */
export const LOCALIZED_ROUTING_ACKNOWLEDGMENT = 18;
/** Indication and Acknowledgement. RFC 7109 section 6.1. */
export const FLOW_BINDING = 21;
/** RFC 7161 section 4.3.1. */
export const SUBSCRIPTION_QUERY = 22;
/** RFC 7161 section 4.3.2. */
export const SUBSCRIPTION_RESPONSE = 23;

/** Messages that hand the context of a mobile node to another gateway. RFC 5949 section 6.1. */
export const CONTEXT_TRANSFER = [HANDOVER_INITIATE, HANDOVER_ACKNOWLEDGE] as const;

/** Proxy binding messages. RFC 5213 sections 8.1 and 8.2. */
export const PROXY_BINDING = [BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT] as const;

/**
 * Messages with options of the session of one mobile node: those that register it, and those that hand it to another
 * gateway, which may ask for any of its options (RFC 5949 section 6.2.1).
 */
export const PROXY_SESSION = [...PROXY_BINDING, ...CONTEXT_TRANSFER] as const;

/** Messages about the routes of two mobile nodes. RFC 6705 section 10. */
export const LOCALIZED_ROUTING = [
  LOCALIZED_ROUTING_INITIATION,
  LOCALIZED_ROUTING_ACKNOWLEDGMENT,
] as const;
