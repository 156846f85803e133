/**
 * What a mobile node does about a Binding Update that was rejected. RFC 6275 sections 6.1.8 and 11.7.3.
 */

/** What to do. */
export type StatusJudgement =
  /** Answer to a de-registration: there is nothing to de-register. RFC 6275 section 10.3.2. */
  | { readonly kind: 'no-binding' }
  /** The home address is somebody else's. RFC 6275 section 11.7.1. */
  | { readonly kind: 'address-lost' }
  /** Another care-of address may do. */
  | { readonly kind: 'care-of-refused' }
  /** Another home agent, or the same after this time. */
  | { readonly kind: 'later'; readonly seconds: number };

/** Reason unspecified, insufficient resources: may be over soon. */
const SOON: readonly number[] = [128, 130];
const SOON_SECONDS = 32;
/** Whatever somebody has to change first: prohibited, not supported, not home subnet, not home agent, wrong type. */
const LATE_SECONDS = 600;

/**
 * @param status 128..255 but 135, which is about the sequence number alone
 * @param isDeregistration of a de-registration
 */
export function judgeStatus(status: number, isDeregistration: boolean): StatusJudgement {
  if (status === 133 && isDeregistration) return { kind: 'no-binding' };
  if (status === 134) return { kind: 'address-lost' };
  if (status === 174) return { kind: 'care-of-refused' };
  return { kind: 'later', seconds: SOON.includes(status) ? SOON_SECONDS : LATE_SECONDS };
}
