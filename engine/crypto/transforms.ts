/**
 * ESP transforms, one row each: what the key file calls it, lengths in octets, and the function that makes a
 * cipher of a key. Adding a transform is adding a row.
 */
import { aesCcm, aesGcm, chaCha20Poly1305 } from './aead.ts';
import { aesCmac, aesXcbcMac } from './block-mac.ts';
import { aesCbc, camelliaCbc, desCbc, tripleDesCbc } from './cbc.ts';
import { aesCtr } from './ctr.ts';
import {
  ESP_HEADER_LENGTH,
  type CryptoBackend,
  type EspCipher,
  type EspIntegrity,
} from './esp-backend.ts';
import { nullAesGmac } from './gmac.ts';
import { hmacIntegrity } from './hmac.ts';

/** How an ESP payload is encrypted. */
export interface EncryptionTransform {
  /** Name in Wireshark's `esp_sa` file where Wireshark has the transform, else one of the same style. */
  readonly name: string;
  /** Short names that key files and messages may use. */
  readonly aliases: readonly string[];
  /** RFC that defines the use in ESP. */
  readonly rfc: number;
  /** Allowed key lengths in octets, salt or nonce included. Empty: no key. */
  readonly keyLengths: readonly number[];
  /** Octets of salt or nonce at the end of the key. */
  readonly saltLength: number;
  /** Octets of IV on the wire, between sequence number and ciphertext. */
  readonly ivLength: number;
  /** The ciphertext is a multiple of this many octets (and of 4, RFC 4303 section 2.4). */
  readonly blockLength: number;
  /** Octets of ICV when the transform authenticates as well (then `integrity` is NULL), else 0. */
  readonly icvLength: number;
  /** @throws Error when the backend lacks the algorithm. */
  readonly create: (key: Uint8Array, backend: CryptoBackend) => EspCipher;
}

/** How an ESP packet is authenticated apart from encryption. */
export interface IntegrityTransform {
  readonly name: string;
  readonly aliases: readonly string[];
  /** RFC that defines the use in ESP; 0 where there is none. */
  readonly rfc: number;
  /** Key length in octets that the RFC demands; 0: no key. HMAC works with any other length as well. */
  readonly keyLength: number;
  /** Whether a key of another length than `keyLength` can be used. */
  readonly anyKeyLength: boolean;
  /** Octets of ICV at the end of the packet. */
  readonly icvLength: number;
  /** Absent: nothing is checked. @throws Error when the backend lacks the algorithm. */
  readonly create?: (key: Uint8Array, backend: CryptoBackend) => EspIntegrity;
}

/** Also those of Camellia. */
const AES_KEYS = [16, 24, 32] as const;
const AES_KEYS_SALT_3 = [19, 27, 35] as const;
const AES_KEYS_SALT_4 = [20, 28, 36] as const;

/** NULL encryption (RFC 2410): the plaintext is where it was. */
const IDENTITY: EspCipher = {
  open(bytes, esp, _icv, _sequenceHigh, scratch) {
    scratch.refer(bytes, esp + ESP_HEADER_LENGTH);
    return true;
  },
  seal() {
    // Nothing to do.
  },
};

function gcmRow(icvLength: number): EncryptionTransform {
  return {
    name: `AES-GCM with ${icvLength} octet ICV [RFC4106]`,
    aliases: [`AES-GCM-${icvLength}`],
    rfc: 4106,
    keyLengths: AES_KEYS_SALT_4,
    saltLength: 4,
    ivLength: 8,
    blockLength: 1,
    icvLength,
    create: aesGcm(icvLength),
  };
}

function ccmRow(icvLength: number): EncryptionTransform {
  return {
    name: `AES-CCM with ${icvLength} octet ICV [RFC4309]`,
    aliases: [`AES-CCM-${icvLength}`],
    rfc: 4309,
    keyLengths: AES_KEYS_SALT_3,
    saltLength: 3,
    ivLength: 8,
    blockLength: 1,
    icvLength,
    create: aesCcm(icvLength),
  };
}

/** NULL encryption (RFC 2410). */
export const NULL_ENCRYPTION: EncryptionTransform = {
  name: 'NULL',
  aliases: [],
  rfc: 2410,
  keyLengths: [],
  saltLength: 0,
  ivLength: 0,
  blockLength: 1,
  icvLength: 0,
  create: () => IDENTITY,
};

/** All encryption transforms. */
export const ENCRYPTION_TRANSFORMS: readonly EncryptionTransform[] = [
  NULL_ENCRYPTION,
  {
    name: 'DES-CBC [RFC2405]',
    aliases: ['DES-CBC', 'DES'],
    rfc: 2405,
    keyLengths: [8],
    saltLength: 0,
    ivLength: 8,
    blockLength: 8,
    icvLength: 0,
    create: desCbc,
  },
  {
    name: 'TripleDES-CBC [RFC2451]',
    aliases: ['TripleDES-CBC', '3DES-CBC', '3DES'],
    rfc: 2451,
    keyLengths: [24],
    saltLength: 0,
    ivLength: 8,
    blockLength: 8,
    icvLength: 0,
    create: tripleDesCbc,
  },
  {
    name: 'AES-CBC [RFC3602]',
    aliases: ['AES-CBC', 'AES'],
    rfc: 3602,
    keyLengths: AES_KEYS,
    saltLength: 0,
    ivLength: 16,
    blockLength: 16,
    icvLength: 0,
    create: aesCbc,
  },
  {
    // Wireshark has no name for it.
    name: 'Camellia-CBC [RFC4312]',
    aliases: ['Camellia-CBC', 'Camellia'],
    rfc: 4312,
    keyLengths: AES_KEYS,
    saltLength: 0,
    ivLength: 16,
    blockLength: 16,
    icvLength: 0,
    create: camelliaCbc,
  },
  {
    name: 'AES-CTR [RFC3686]',
    aliases: ['AES-CTR'],
    rfc: 3686,
    keyLengths: AES_KEYS_SALT_4,
    saltLength: 4,
    ivLength: 8,
    blockLength: 1,
    icvLength: 0,
    create: aesCtr,
  },
  gcmRow(8),
  gcmRow(12),
  gcmRow(16),
  ccmRow(8),
  ccmRow(12),
  ccmRow(16),
  {
    name: 'ChaCha20 with Poly1305 [RFC7634]',
    aliases: ['ChaCha20-Poly1305'],
    rfc: 7634,
    keyLengths: [36],
    saltLength: 4,
    ivLength: 8,
    blockLength: 1,
    icvLength: 16,
    create: chaCha20Poly1305,
  },
  {
    name: 'NULL with AES-GMAC [RFC4543]',
    aliases: ['NULL-AES-GMAC', 'AES-GMAC'],
    rfc: 4543,
    keyLengths: AES_KEYS_SALT_4,
    saltLength: 4,
    ivLength: 8,
    blockLength: 1,
    icvLength: 16,
    create: nullAesGmac,
  },
];

function uncheckedRow(bits: number): IntegrityTransform {
  return {
    name: `ANY ${bits} bit authentication [no checking]`,
    aliases: [`ANY-${bits}`],
    rfc: 0,
    keyLength: 0,
    anyKeyLength: true,
    icvLength: bits / 8,
  };
}

/** No integrity (RFC 4303 section 3.2.2), also the one that goes with combined transforms. */
export const NULL_INTEGRITY: IntegrityTransform = {
  name: 'NULL',
  aliases: [],
  rfc: 4303,
  keyLength: 0,
  anyKeyLength: false,
  icvLength: 0,
};

/** All integrity transforms. */
export const INTEGRITY_TRANSFORMS: readonly IntegrityTransform[] = [
  NULL_INTEGRITY,
  {
    name: 'HMAC-SHA-1-96 [RFC2404]',
    aliases: ['HMAC-SHA-1-96', 'HMAC-SHA1'],
    rfc: 2404,
    keyLength: 20,
    anyKeyLength: true,
    icvLength: 12,
    create: hmacIntegrity('sha1', 12),
  },
  {
    name: 'HMAC-MD5-96 [RFC2403]',
    aliases: ['HMAC-MD5-96', 'HMAC-MD5'],
    rfc: 2403,
    keyLength: 16,
    anyKeyLength: true,
    icvLength: 12,
    create: hmacIntegrity('md5', 12),
  },
  {
    // What old kernels use under the name of HMAC-SHA-256.
    name: 'HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]',
    aliases: ['HMAC-SHA-256-96', 'HMAC-SHA2-256-96'],
    rfc: 0,
    keyLength: 32,
    anyKeyLength: true,
    icvLength: 12,
    create: hmacIntegrity('sha256', 12),
  },
  {
    name: 'HMAC-SHA-256-128 [RFC4868]',
    aliases: ['HMAC-SHA-256-128', 'HMAC-SHA2-256-128', 'HMAC-SHA2-256', 'HMAC-SHA-256'],
    rfc: 4868,
    keyLength: 32,
    anyKeyLength: true,
    icvLength: 16,
    create: hmacIntegrity('sha256', 16),
  },
  {
    name: 'HMAC-SHA-384-192 [RFC4868]',
    aliases: ['HMAC-SHA-384-192', 'HMAC-SHA2-384-192', 'HMAC-SHA2-384', 'HMAC-SHA-384'],
    rfc: 4868,
    keyLength: 48,
    anyKeyLength: true,
    icvLength: 24,
    create: hmacIntegrity('sha384', 24),
  },
  {
    name: 'HMAC-SHA-512-256 [RFC4868]',
    aliases: ['HMAC-SHA-512-256', 'HMAC-SHA2-512-256', 'HMAC-SHA2-512', 'HMAC-SHA-512'],
    rfc: 4868,
    keyLength: 64,
    anyKeyLength: true,
    icvLength: 32,
    create: hmacIntegrity('sha512', 32),
  },
  {
    name: 'MAC-RIPEMD-160-96 [RFC2857]',
    aliases: ['HMAC-RIPEMD-160-96', 'HMAC-RIPEMD-160'],
    rfc: 2857,
    keyLength: 20,
    anyKeyLength: true,
    icvLength: 12,
    create: hmacIntegrity('ripemd160', 12),
  },
  {
    name: 'AES-XCBC-MAC-96 [RFC3566]',
    aliases: ['AES-XCBC-MAC-96', 'AES-XCBC'],
    rfc: 3566,
    keyLength: 16,
    anyKeyLength: false,
    icvLength: 12,
    create: aesXcbcMac,
  },
  {
    name: 'AES-CMAC-96 [RFC4494]',
    aliases: ['AES-CMAC-96', 'AES-CMAC'],
    rfc: 4494,
    keyLength: 16,
    anyKeyLength: false,
    icvLength: 12,
    create: aesCmac,
  },
  uncheckedRow(64),
  uncheckedRow(96),
  uncheckedRow(128),
  uncheckedRow(192),
  uncheckedRow(256),
];

/** Names Wireshark knows and this program cannot compute. */
export const UNSUPPORTED_ENCRYPTION_NAMES: readonly string[] = [
  'CAST5-CBC [RFC2144]',
  'BLOWFISH-CBC [RFC2451]',
  'TWOFISH-CBC',
  'AES-GCM with IIV and 16 octet ICV [RFC4106 & RFC8750]',
  'ChaCha20 with Poly1305 and IIV [RFC7634 & RFC8750]',
];

/** The form in which names are compared: without a bracketed reference, case, spaces and punctuation. */
export function normalizedName(name: string): string {
  if (name.length > 100) return '';
  return name
    .replace(/ *\[[^\]]*\] *$/, '')
    .replace(/[^0-9A-Za-z]/g, '')
    .toLowerCase();
}

function byName<T extends { name: string; aliases: readonly string[] }>(
  rows: readonly T[],
): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const row of rows) {
    for (const name of [row.name, ...row.aliases]) map.set(normalizedName(name), row);
  }
  return map;
}

const encryptionByName = byName(ENCRYPTION_TRANSFORMS);
const integrityByName = byName(INTEGRITY_TRANSFORMS);

/** Encryption transform of a name or alias; case, spaces and the `[RFC...]` part do not matter. */
export function findEncryption(name: string): EncryptionTransform | undefined {
  return encryptionByName.get(normalizedName(name));
}

/** Integrity transform of a name or alias, compared as in {@link findEncryption}. */
export function findIntegrity(name: string): IntegrityTransform | undefined {
  return integrityByName.get(normalizedName(name));
}
