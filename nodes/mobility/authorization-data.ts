/**
 * Mobility Headers that end in Binding Authorization Data: made, and taken apart for verification.
 * RFC 6275 sections 5.2.6 and 6.2.7.
 */
import { u8 } from '../../dissectors/core/bytes.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { constantTimeEqual } from '../../engine/crypto/constant-time.ts';
import { AUTHENTICATOR_OCTETS, bindingAuthenticator } from '../../engine/mobility/authenticator.ts';

const HEADER_LENGTH_AT = 1;
const CHECKSUM_AT = 4;
const OPTION_HEADER_OCTETS = 2;
const BINDING_AUTHORIZATION_DATA = 5;

/** Key and addresses of an authenticator. */
export interface Authorization {
  /** Kbm, 20 octets. */
  readonly key: Uint8Array;
  /** Care-of address being registered; the home address in a de-registration. */
  readonly careOfAddress: Uint8Array;
  /** The correspondent's address: its home address, if it is mobile itself. */
  readonly correspondent: Uint8Array;
}

/** Source and final destination: home addresses where a Home Address option or a routing header says so. */
export interface Ends {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Mobility Header up to the Authenticator field, checksum zero. RFC 6275 section 6.2.7. */
function mobilityData(octets: Uint8Array, end: number): Uint8Array {
  const data = octets.slice(0, end - AUTHENTICATOR_OCTETS);
  data.fill(0, CHECKSUM_AT, CHECKSUM_AT + 2);
  return data;
}

/**
 * Octets of a message with Binding Authorization Data as its last option.
 * @throws RangeError when a value does not fit its field.
 */
export function encodeAuthorized(
  message: MobilityMessage,
  options: readonly MobilityOption[],
  ends: Ends,
  { key, careOfAddress, correspondent }: Authorization,
): Uint8Array {
  const encode = (authenticator: Uint8Array): Uint8Array => {
    const kind = 'binding-authorization-data';
    return encodeMobilityHeader(message, [...options, { kind, authenticator }], ends);
  };
  const draft = encode(new Uint8Array(AUTHENTICATOR_OCTETS));
  const data = mobilityData(draft, draft.length);
  return encode(bindingAuthenticator(key, careOfAddress, correspondent, data));
}

/** End of a Mobility Header as its Header Len says. */
function endOf(octets: Uint8Array): number {
  return (u8(octets, HEADER_LENGTH_AT) + 1) * 8;
}

/**
 * Whether the message ends in Binding Authorization Data of 12 octets, with nothing behind, not even padding.
 * RFC 6275 section 9.5.1.
 * @param octets Mobility Header as received
 * @param options as decoded from it
 */
export function endsInAuthorizationData(
  octets: Uint8Array,
  options: readonly MobilityOption[],
): boolean {
  const last = options.at(-1);
  const at = endOf(octets) - AUTHENTICATOR_OCTETS - OPTION_HEADER_OCTETS;
  return (
    last?.kind === 'binding-authorization-data' &&
    last.authenticator.length === AUTHENTICATOR_OCTETS &&
    // What stands there, and not only what the list of options came to.
    u8(octets, at) === BINDING_AUTHORIZATION_DATA &&
    u8(octets, at + 1) === AUTHENTICATOR_OCTETS
  );
}

/** Whether the authenticator at the end of a message is right; compared in constant time. */
export function isAuthorized(
  octets: Uint8Array,
  { key, careOfAddress, correspondent }: Authorization,
): boolean {
  const end = endOf(octets);
  const data = mobilityData(octets, end);
  const expected = bindingAuthenticator(key, careOfAddress, correspondent, data);
  const at = end - AUTHENTICATOR_OCTETS;
  return constantTimeEqual(expected, 0, octets, at, AUTHENTICATOR_OCTETS);
}
