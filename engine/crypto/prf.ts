/**
 * Pseudorandom functions of IKEv2 (RFC 7296 section 2.13): HMAC (RFC 2104, RFC 4868), AES-XCBC-PRF-128
 * (RFC 4434), AES-CMAC-PRF-128 (RFC 4615).
 */
import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { concatenate } from '../../dissectors/core/layout.ts';
import { aesCmac128, aesXcbc128 } from './block-mac.ts';
import { normalizedName } from './transforms.ts';

/** A pseudorandom function. */
export interface Prf {
  /** Name in RFC 7296 section 3.3.2. */
  readonly name: string;
  /** Transform ID. */
  readonly id: number;
  /** Short names that key files may use. */
  readonly aliases: readonly string[];
  /** Octets of its result, and of the keys made for it (SK_d, SK_p). RFC 7296 section 2.14. */
  readonly length: number;
  /**
   * Octets of each nonce in the key of SKEYSEED: 8 where keys have a fixed length, else all. RFC 7296
   * section 2.14.
   */
  readonly nonceOctets: number;
  /** The function over the parts one after another; key of any length. */
  readonly compute: (key: Uint8Array, ...parts: readonly Uint8Array[]) => Uint8Array;
}

const AES_KEY_LENGTH = 16;

type Mac = (key: Uint8Array, message: Uint8Array) => Uint8Array;

function hmacRow(
  id: number,
  name: string,
  hash: Parameters<typeof hmac>[0],
  ...aliases: string[]
): Prf {
  return {
    id,
    name,
    aliases,
    length: hash.outputLen,
    nonceOctets: Number.POSITIVE_INFINITY,
    compute: (key, ...parts) => hmac(hash, key, concatenate(parts)),
  };
}

function padded(key: Uint8Array): Uint8Array {
  const result = new Uint8Array(AES_KEY_LENGTH);
  result.set(key);
  return result;
}

/** @param shorten what becomes of keys that are not of 16 octets */
function aesRow(
  id: number,
  name: string,
  mac: Mac,
  shorten: (key: Uint8Array) => Uint8Array,
  ...aliases: string[]
): Prf {
  return {
    id,
    name,
    aliases,
    length: AES_KEY_LENGTH,
    nonceOctets: 8,
    compute: (key, ...parts) =>
      mac(key.length === AES_KEY_LENGTH ? key : shorten(key), concatenate(parts)),
  };
}

const ZERO = new Uint8Array(AES_KEY_LENGTH);

/** All pseudorandom functions. */
export const PRFS: readonly Prf[] = [
  hmacRow(1, 'PRF_HMAC_MD5', md5, 'HMAC-MD5'),
  hmacRow(2, 'PRF_HMAC_SHA1', sha1, 'HMAC-SHA1', 'HMAC-SHA-1'),
  // RFC 4434 section 2: shorter keys are padded with zeros, longer ones are hashed with the zero key.
  aesRow(
    4,
    'PRF_AES128_XCBC',
    aesXcbc128,
    (key) => (key.length < AES_KEY_LENGTH ? padded(key) : aesXcbc128(ZERO, key)),
    'AES-XCBC-PRF-128',
    'AES128-XCBC',
    'AES-XCBC',
  ),
  hmacRow(5, 'PRF_HMAC_SHA2_256', sha256, 'HMAC-SHA2-256', 'HMAC-SHA-256'),
  hmacRow(6, 'PRF_HMAC_SHA2_384', sha384, 'HMAC-SHA2-384', 'HMAC-SHA-384'),
  hmacRow(7, 'PRF_HMAC_SHA2_512', sha512, 'HMAC-SHA2-512', 'HMAC-SHA-512'),
  // RFC 4615 section 3: every key of another length is hashed.
  aesRow(
    8,
    'PRF_AES128_CMAC',
    aesCmac128,
    (key) => aesCmac128(ZERO, key),
    'AES-CMAC-PRF-128',
    'AES128-CMAC',
    'AES-CMAC',
  ),
];

/** Pseudorandom function of a transform ID. */
export function prfOfId(id: number): Prf | undefined {
  return PRFS.find((row) => row.id === id);
}

/** Pseudorandom function of a name or alias; case and punctuation do not matter. */
export function findPrf(name: string): Prf | undefined {
  const wanted = normalizedName(name);
  return PRFS.find((row) =>
    [row.name, ...row.aliases].some((known) => normalizedName(known) === wanted),
  );
}

/** prf+ gives at most this many results of the function: its counter is one octet. */
const MAX_ROUNDS = 255;

/**
 * prf+ (RFC 7296 section 2.13): `length` octets out of a key and a seed.
 * @throws RangeError when more is wanted than 255 results of the function hold
 */
export function prfPlus(prf: Prf, key: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const rounds = Math.ceil(length / prf.length);
  if (rounds > MAX_ROUNDS) throw new RangeError(`prf+ of ${prf.name} cannot give ${length} octets`);
  const result = new Uint8Array(rounds * prf.length);
  let previous: Uint8Array = new Uint8Array(0);
  for (let i = 0; i < rounds; i++) {
    previous = prf.compute(key, previous, seed, Uint8Array.of(i + 1));
    result.set(previous, i * prf.length);
  }
  return result.subarray(0, length);
}
