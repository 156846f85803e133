/**
 * Cryptographically generated addresses. RFC 3972.
 */
import { u8 } from '../../dissectors/core/bytes.ts';
import { derSequenceOctets } from '../../dissectors/core/der.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import { sha1 } from './hmac.ts';

/** Octets of modifier, subnet prefix and collision count, before the public key. RFC 3972 section 3. */
const CGA_KEY_OFFSET = 25;
const MODIFIER_OCTETS = 16;
const PREFIX_OCTETS = 8;
const COLLISION_COUNT = 24;
/** Largest collision count. RFC 3972 section 5, step 1. */
const MAX_COLLISIONS = 2;
/** Largest Sec that addresses are generated with: 2^32 hashes on average. */
const MAX_GENERATED_SECURITY = 2;

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

/** A generated address and what it was made of. */
export interface GeneratedAddress {
  /** 16 octets. */
  readonly address: Uint8Array;
  /** CGA Parameters data structure. RFC 3972 section 3. */
  readonly parameters: Uint8Array;
}

/** What an address is generated from. */
export interface AddressGeneration {
  /** Subnet prefix; its first 8 octets count. */
  readonly prefix: Uint8Array;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** 16 octets: random, or of an address of the same key and Sec. */
  readonly modifier: Uint8Array;
  /** Sec, 0..7; each costs 65536 times as much. Default 0. */
  readonly security?: number;
  /** Addresses of these parameters that somebody had already, 0..2; default 0. */
  readonly collisionCount?: number;
}

/**
 * Generates an address. RFC 3972 section 4.
 * @throws RangeError for a Sec above 2, which nobody can wait for, and more than two collisions
 */
export function generateAddress(from: AddressGeneration): GeneratedAddress {
  const { publicKey, security = 0, collisionCount = 0 } = from;
  if (!Number.isInteger(security) || security < 0 || security > MAX_GENERATED_SECURITY) {
    throw new RangeError(`expected Sec from 0 to ${MAX_GENERATED_SECURITY}, got ${security}`);
  }
  if (collisionCount > MAX_COLLISIONS) {
    throw new RangeError(`expected at most ${MAX_COLLISIONS} collisions, got ${collisionCount}`);
  }
  const modifier = from.modifier.slice(0, MODIFIER_OCTETS);
  while (!isHash2Zero(modifier, publicKey, security)) increment(modifier);
  const network = from.prefix.slice(0, PREFIX_OCTETS);
  const parameters = concatenate([modifier, network, Uint8Array.of(collisionCount), publicKey]);
  const identifier = sha1(parameters).slice(0, 8);
  identifier[0] = (u8(identifier, 0) & 0x1c) | (security << 5);
  return { address: concatenate([network, identifier]), parameters };
}

/** 16 leftmost bits of Hash2 for each step of Sec. RFC 3972 section 4, steps 2 and 3. */
function isHash2Zero(modifier: Uint8Array, publicKey: Uint8Array, security: number): boolean {
  const hash2 = sha1(modifier, new Uint8Array(PREFIX_OCTETS + 1), publicKey);
  return hash2.subarray(0, 2 * security).every((octet) => octet === 0);
}

function increment(modifier: Uint8Array): void {
  for (let i = MODIFIER_OCTETS - 1; i >= 0; i--) {
    const next = (u8(modifier, i) + 1) & 0xff;
    modifier[i] = next;
    if (next !== 0) return;
  }
}
