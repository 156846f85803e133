/**
 * Transforms of IKEv2 and Diffie-Hellman groups of both versions. RFC 7296 section 3.3.2, RFC 8221 and the
 * IANA registry "IKEv2 Parameters".
 */
import type { NamedValue } from '../../core/layout.ts';

/** Transform types. RFC 7296 section 3.3.2; 6 to 12: RFC 9370. */
export const TRANSFORM_TYPE = {
  encryption: 1,
  pseudorandomFunction: 2,
  integrity: 3,
  diffieHellman: 4,
  extendedSequenceNumbers: 5,
} as const;

/** Names of transform types. */
export const TRANSFORM_TYPE_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'Encryption Algorithm (ENCR)' },
  { value: 2, name: 'Pseudorandom Function (PRF)' },
  { value: 3, name: 'Integrity Algorithm (INTEG)' },
  { value: 4, name: 'Diffie-Hellman Group (D-H)' },
  { value: 5, name: 'Extended Sequence Numbers (ESN)' },
  { value: 6, name: 'Additional Key Exchange 1' },
  { value: 7, name: 'Additional Key Exchange 2' },
  { value: 8, name: 'Additional Key Exchange 3' },
  { value: 9, name: 'Additional Key Exchange 4' },
  { value: 10, name: 'Additional Key Exchange 5' },
  { value: 11, name: 'Additional Key Exchange 6' },
  { value: 12, name: 'Additional Key Exchange 7' },
  { value: 13, name: 'Key Wrap Algorithm' },
];

/** Transform type 1. */
export const ENCRYPTION_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'ENCR_DES_IV64' },
  { value: 2, name: 'ENCR_DES' },
  { value: 3, name: 'ENCR_3DES' },
  { value: 4, name: 'ENCR_RC5' },
  { value: 5, name: 'ENCR_IDEA' },
  { value: 6, name: 'ENCR_CAST' },
  { value: 7, name: 'ENCR_BLOWFISH' },
  { value: 8, name: 'ENCR_3IDEA' },
  { value: 9, name: 'ENCR_DES_IV32' },
  { value: 11, name: 'ENCR_NULL' },
  { value: 12, name: 'ENCR_AES_CBC' },
  { value: 13, name: 'ENCR_AES_CTR' },
  { value: 14, name: 'ENCR_AES_CCM_8' },
  { value: 15, name: 'ENCR_AES_CCM_12' },
  { value: 16, name: 'ENCR_AES_CCM_16' },
  { value: 18, name: 'ENCR_AES_GCM_8' },
  { value: 19, name: 'ENCR_AES_GCM_12' },
  { value: 20, name: 'ENCR_AES_GCM_16' },
  { value: 21, name: 'ENCR_NULL_AUTH_AES_GMAC' },
  { value: 22, name: 'reserved for IEEE P1619 XTS-AES' },
  { value: 23, name: 'ENCR_CAMELLIA_CBC' },
  { value: 24, name: 'ENCR_CAMELLIA_CTR' },
  { value: 25, name: 'ENCR_CAMELLIA_CCM_8' },
  { value: 26, name: 'ENCR_CAMELLIA_CCM_12' },
  { value: 27, name: 'ENCR_CAMELLIA_CCM_16' },
  { value: 28, name: 'ENCR_CHACHA20_POLY1305' },
  { value: 29, name: 'ENCR_AES_CCM_8_IIV' },
  { value: 30, name: 'ENCR_AES_GCM_16_IIV' },
  { value: 31, name: 'ENCR_CHACHA20_POLY1305_IIV' },
  { value: 32, name: 'ENCR_KUZNYECHIK_MGM_KTREE' },
  { value: 33, name: 'ENCR_MAGMA_MGM_KTREE' },
  { value: 34, name: 'ENCR_KUZNYECHIK_MGM_MAC_KTREE' },
  { value: 35, name: 'ENCR_MAGMA_MGM_MAC_KTREE' },
];

/** Transform type 2. */
export const PSEUDORANDOM_FUNCTION_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'PRF_HMAC_MD5' },
  { value: 2, name: 'PRF_HMAC_SHA1' },
  { value: 3, name: 'PRF_HMAC_TIGER' },
  { value: 4, name: 'PRF_AES128_XCBC' },
  { value: 5, name: 'PRF_HMAC_SHA2_256' },
  { value: 6, name: 'PRF_HMAC_SHA2_384' },
  { value: 7, name: 'PRF_HMAC_SHA2_512' },
  { value: 8, name: 'PRF_AES128_CMAC' },
  { value: 9, name: 'PRF_HMAC_STREEBOG_512' },
];

/** Transform type 3. */
export const INTEGRITY_NAMES: readonly NamedValue[] = [
  { value: 0, name: 'NONE' },
  { value: 1, name: 'AUTH_HMAC_MD5_96' },
  { value: 2, name: 'AUTH_HMAC_SHA1_96' },
  { value: 3, name: 'AUTH_DES_MAC' },
  { value: 4, name: 'AUTH_KPDK_MD5' },
  { value: 5, name: 'AUTH_AES_XCBC_96' },
  { value: 6, name: 'AUTH_HMAC_MD5_128' },
  { value: 7, name: 'AUTH_HMAC_SHA1_160' },
  { value: 8, name: 'AUTH_AES_CMAC_96' },
  { value: 9, name: 'AUTH_AES_128_GMAC' },
  { value: 10, name: 'AUTH_AES_192_GMAC' },
  { value: 11, name: 'AUTH_AES_256_GMAC' },
  { value: 12, name: 'AUTH_HMAC_SHA2_256_128' },
  { value: 13, name: 'AUTH_HMAC_SHA2_384_192' },
  { value: 14, name: 'AUTH_HMAC_SHA2_512_256' },
];

/** Diffie-Hellman groups: transform type 4 of IKEv2, Group Description of IKEv1. */
export const GROUP_NAMES: readonly NamedValue[] = [
  { value: 0, name: 'NONE' },
  { value: 1, name: '768-bit MODP' },
  { value: 2, name: '1024-bit MODP' },
  { value: 3, name: 'EC2N over GF[2^155]' },
  { value: 4, name: 'EC2N over GF[2^185]' },
  { value: 5, name: '1536-bit MODP' },
  { value: 14, name: '2048-bit MODP' },
  { value: 15, name: '3072-bit MODP' },
  { value: 16, name: '4096-bit MODP' },
  { value: 17, name: '6144-bit MODP' },
  { value: 18, name: '8192-bit MODP' },
  { value: 19, name: '256-bit random ECP' },
  { value: 20, name: '384-bit random ECP' },
  { value: 21, name: '521-bit random ECP' },
  { value: 22, name: '1024-bit MODP with 160-bit prime order subgroup' },
  { value: 23, name: '2048-bit MODP with 224-bit prime order subgroup' },
  { value: 24, name: '2048-bit MODP with 256-bit prime order subgroup' },
  { value: 25, name: '192-bit random ECP' },
  { value: 26, name: '224-bit random ECP' },
  { value: 27, name: 'brainpoolP224r1' },
  { value: 28, name: 'brainpoolP256r1' },
  { value: 29, name: 'brainpoolP384r1' },
  { value: 30, name: 'brainpoolP512r1' },
  { value: 31, name: 'Curve25519' },
  { value: 32, name: 'Curve448' },
  { value: 33, name: 'GOST3410_2012_256' },
  { value: 34, name: 'GOST3410_2012_512' },
  { value: 35, name: 'ml-kem-512' },
  { value: 36, name: 'ml-kem-768' },
  { value: 37, name: 'ml-kem-1024' },
];

/** Transform type 5. RFC 7296 section 3.3.2. */
export const EXTENDED_SEQUENCE_NUMBER_NAMES: readonly NamedValue[] = [
  { value: 0, name: 'No Extended Sequence Numbers' },
  { value: 1, name: 'Extended Sequence Numbers' },
];
