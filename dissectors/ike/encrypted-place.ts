/**
 * Where the encrypted payload of a message of IKEv2 is. RFC 7296 section 3.14, RFC 7383 section 2.5.
 */
import { u16, u32, u8 } from '../core/bytes.ts';
import { MAX_PAYLOADS } from './chain.ts';
import { IKE_HEADER_OCTETS, IKE_VERSION_OFFSET, ikev2Header } from './header.ts';
import { ENCRYPTED_FRAGMENT_PAYLOAD, ENCRYPTED_PAYLOAD } from './ikev2/encrypted.ts';
import { PAYLOAD_HEADER_OCTETS } from './payload.ts';

/** An encrypted payload; offsets count in the octets it was found in. */
export interface EncryptedPlace {
  /** Generic payload header. */
  readonly start: number;
  /** Initialization vector: behind the generic header, and behind the two numbers of a fragment. */
  readonly body: number;
  /** Behind the integrity check value. */
  readonly end: number;
  /** Type of the first payload inside; 0 in all fragments but the first. */
  readonly firstPayload: number;
  /** Undefined when it is the whole. */
  readonly fragment: { readonly number: number; readonly total: number } | undefined;
}

/** Fragment Number and Total Fragments. */
const FRAGMENT_OCTETS = 4;
const NEXT_PAYLOAD = ikev2Header.offsetOf('nextPayload');
const LENGTH = ikev2Header.offsetOf('length');

/**
 * Finds the encrypted payload of the message at `[offset, end)`: the last of its chain. Never throws.
 * @returns undefined when there is none, or when the message is no IKEv2 or does not fit.
 */
export function findEncryptedPayload(
  bytes: Uint8Array,
  offset: number,
  end: number,
): EncryptedPlace | undefined {
  if (end - offset < IKE_HEADER_OCTETS) return undefined;
  if (u8(bytes, offset + IKE_VERSION_OFFSET) >>> 4 !== 2) return undefined;
  const messageEnd = offset + u32(bytes, offset + LENGTH);
  if (messageEnd > end) return undefined;
  let type = u8(bytes, offset + NEXT_PAYLOAD);
  let at = offset + IKE_HEADER_OCTETS;
  for (let i = 0; i < MAX_PAYLOADS && type !== 0; i++) {
    if (at + PAYLOAD_HEADER_OCTETS > messageEnd) return undefined;
    const length = u16(bytes, at + 2);
    if (length < PAYLOAD_HEADER_OCTETS || at + length > messageEnd) return undefined;
    const isFragment = type === ENCRYPTED_FRAGMENT_PAYLOAD;
    if (isFragment || type === ENCRYPTED_PAYLOAD) {
      const numbers = at + PAYLOAD_HEADER_OCTETS;
      const body = isFragment ? numbers + FRAGMENT_OCTETS : numbers;
      if (body > at + length) return undefined;
      return {
        start: at,
        body,
        end: at + length,
        firstPayload: u8(bytes, at),
        fragment: isFragment
          ? { number: u16(bytes, numbers), total: u16(bytes, numbers + 2) }
          : undefined,
      };
    }
    type = u8(bytes, at);
    at += length;
  }
  return undefined;
}
