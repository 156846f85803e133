/**
 * Binding management key and Binding Authorization Data. RFC 6275 sections 5.2.5, 5.2.6 and 6.2.7.
 */
import { hmacSha1, sha1 } from '../crypto/hmac.ts';

/** Octets of the authenticator: First(96, HMAC_SHA1(...)). RFC 6275 section 6.2.7. */
export const AUTHENTICATOR_OCTETS = 12;

/**
 * Kbm, 20 octets. RFC 6275 section 5.2.5.
 * @param careOfKeygenToken undefined for a de-registration from home, which uses the home token alone.
 */
export function bindingManagementKey(
  homeKeygenToken: Uint8Array,
  careOfKeygenToken?: Uint8Array,
): Uint8Array {
  return careOfKeygenToken === undefined
    ? sha1(homeKeygenToken)
    : sha1(homeKeygenToken, careOfKeygenToken);
}

/**
 * Authenticator of a Binding Update or Acknowledgement, 12 octets. RFC 6275 section 6.2.7.
 * @param careOfAddress address being registered; the home address for a deletion.
 * @param correspondent the correspondent node's address.
 * @param mobilityData Mobility Header from Payload Proto up to the Authenticator field, checksum zero.
 */
export function bindingAuthenticator(
  key: Uint8Array,
  careOfAddress: Uint8Array,
  correspondent: Uint8Array,
  mobilityData: Uint8Array,
): Uint8Array {
  return hmacSha1(key, careOfAddress, correspondent, mobilityData).slice(0, AUTHENTICATOR_OCTETS);
}

/**
 * Keygen token, 8 octets. RFC 6275 section 5.2.5.
 * @param nodeKey Kcn of the correspondent.
 * @param address home address or care-of address.
 */
export function keygenToken(
  nodeKey: Uint8Array,
  address: Uint8Array,
  nonce: Uint8Array,
  kind: 'home' | 'care-of',
): Uint8Array {
  const last = Uint8Array.of(kind === 'home' ? 0 : 1);
  return hmacSha1(nodeKey, address, nonce, last).slice(0, 8);
}
