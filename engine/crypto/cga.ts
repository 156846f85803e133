/**
 * Cryptographically generated addresses. RFC 3972.
 */
import { u8 } from '../../dissectors/core/bytes.ts';
import { derSequenceOctets } from '../../dissectors/core/der.ts';
import { sha1 } from './hmac.ts';

/** Octets of modifier, subnet prefix and collision count, before the public key. RFC 3972 section 3. */
const CGA_KEY_OFFSET = 25;
const MODIFIER_OCTETS = 16;
const PREFIX_OCTETS = 8;
const COLLISION_COUNT = 24;
/** Largest collision count. RFC 3972 section 5, step 1. */
const MAX_COLLISIONS = 2;

/**
 * Verifies that an address was generated from CGA Parameters. RFC 3972 section 5.
 * @param address 16 octets.
 * @param parameters the CGA Parameters data structure: modifier, subnet prefix, collision count, public key,
 *   extension fields.
 * @returns what is wrong; undefined when the address belongs to the public key.
 */
export function cgaFault(address: Uint8Array, parameters: Uint8Array): string | undefined {
  if (parameters.length <= CGA_KEY_OFFSET) return 'the CGA Parameters end before the public key';
  if (u8(parameters, COLLISION_COUNT) > MAX_COLLISIONS) {
    return `the collision count is ${u8(parameters, COLLISION_COUNT)}, at most 2 is right`;
  }
  for (let i = 0; i < PREFIX_OCTETS; i++) {
    if (u8(address, i) !== u8(parameters, MODIFIER_OCTETS + i)) {
      return 'the subnet prefix is not that of the address';
    }
  }
  const hash1 = sha1(parameters);
  for (let i = 0; i < 8; i++) {
    // Sec and the "u" and "g" bits are no part of the hash.
    const mask = i === 0 ? 0x1c : 0xff;
    if (((u8(address, 8 + i) ^ u8(hash1, i)) & mask) !== 0) {
      return 'the interface identifier is not the hash of the parameters';
    }
  }
  const security = u8(address, 8) >>> 5;
  const hash2 = sha1(
    parameters.subarray(0, MODIFIER_OCTETS),
    new Uint8Array(PREFIX_OCTETS + 1),
    parameters.subarray(CGA_KEY_OFFSET),
  );
  for (let i = 0; i < 2 * security; i++) {
    if (u8(hash2, i) !== 0) return `Hash2 does not start with ${16 * security} zero bits`;
  }
  return undefined;
}

/** Public key of CGA Parameters, without the extension fields after it; empty when there is none. */
export function cgaPublicKey(parameters: Uint8Array): Uint8Array {
  const octets = derSequenceOctets(parameters, CGA_KEY_OFFSET, parameters.length);
  return parameters.slice(CGA_KEY_OFFSET, CGA_KEY_OFFSET + Math.max(0, octets));
}
