/**
 * Names of attribute values of IKEv1. RFC 2409 appendix A, RFC 2407 sections 4.4 and 4.5, and the IANA
 * registries "IPSEC IKE" and "ISAKMP".
 */
import type { NamedValue } from '../../core/layout.ts';

/** Domains of interpretation. RFC 2407 section 4.1; 2: RFC 6407. */
export const DOI = { isakmp: 0, ipsec: 1, gdoi: 2 } as const;

/** Names of domains of interpretation. */
export const DOI_NAMES: readonly NamedValue[] = [
  { value: 0, name: 'ISAKMP' },
  { value: 1, name: 'IPSEC' },
  { value: 2, name: 'GDOI' },
];

/** Transform of protocol ISAKMP. RFC 2407 section 4.4.2. */
export const ISAKMP_TRANSFORM_NAMES: readonly NamedValue[] = [{ value: 1, name: 'KEY_IKE' }];

/** Transforms of AH. RFC 2407 section 4.4.3. */
export const AH_TRANSFORM_NAMES: readonly NamedValue[] = [
  { value: 2, name: 'AH_MD5' },
  { value: 3, name: 'AH_SHA' },
  { value: 4, name: 'AH_DES' },
  { value: 5, name: 'AH_SHA2-256' },
  { value: 6, name: 'AH_SHA2-384' },
  { value: 7, name: 'AH_SHA2-512' },
  { value: 8, name: 'AH_RIPEMD' },
  { value: 9, name: 'AH_AES-XCBC-MAC' },
];

/** Transforms of ESP. RFC 2407 section 4.4.4. */
export const ESP_TRANSFORM_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'ESP_DES_IV64' },
  { value: 2, name: 'ESP_DES' },
  { value: 3, name: 'ESP_3DES' },
  { value: 4, name: 'ESP_RC5' },
  { value: 5, name: 'ESP_IDEA' },
  { value: 6, name: 'ESP_CAST' },
  { value: 7, name: 'ESP_BLOWFISH' },
  { value: 8, name: 'ESP_3IDEA' },
  { value: 9, name: 'ESP_DES_IV32' },
  { value: 10, name: 'ESP_RC4' },
  { value: 11, name: 'ESP_NULL' },
  { value: 12, name: 'ESP_AES-CBC' },
  { value: 13, name: 'ESP_AES-CTR' },
  { value: 14, name: 'ESP_AES-CCM_8' },
  { value: 15, name: 'ESP_AES-CCM_12' },
  { value: 16, name: 'ESP_AES-CCM_16' },
  { value: 18, name: 'ESP_AES-GCM_8' },
  { value: 19, name: 'ESP_AES-GCM_12' },
  { value: 20, name: 'ESP_AES-GCM_16' },
  { value: 21, name: 'ESP_SEED_CBC' },
  { value: 22, name: 'ESP_CAMELLIA' },
  { value: 23, name: 'ESP_NULL_AUTH_AES-GMAC' },
];

/** Transforms of IPCOMP. RFC 2407 section 4.4.5; also of IKEv2, RFC 7296 section 3.10.1. */
export const IPCOMP_TRANSFORM_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'IPCOMP_OUI' },
  { value: 2, name: 'IPCOMP_DEFLATE' },
  { value: 3, name: 'IPCOMP_LZS' },
  { value: 4, name: 'IPCOMP_LZJH' },
];

/** Encryption algorithms of phase 1. */
export const ENCRYPTION_ALGORITHM_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'DES-CBC' },
  { value: 2, name: 'IDEA-CBC' },
  { value: 3, name: 'Blowfish-CBC' },
  { value: 4, name: 'RC5-R16-B64-CBC' },
  { value: 5, name: '3DES-CBC' },
  { value: 6, name: 'CAST-CBC' },
  { value: 7, name: 'AES-CBC' },
  { value: 8, name: 'CAMELLIA-CBC' },
];

/** Hash algorithms of phase 1. */
export const HASH_ALGORITHM_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'MD5' },
  { value: 2, name: 'SHA' },
  { value: 3, name: 'Tiger' },
  { value: 4, name: 'SHA2-256' },
  { value: 5, name: 'SHA2-384' },
  { value: 6, name: 'SHA2-512' },
];

/** Authentication methods of phase 1; from 64221 on: of drafts on hybrid and extended authentication. */
export const AUTHENTICATION_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'pre-shared key' },
  { value: 2, name: 'DSS signatures' },
  { value: 3, name: 'RSA signatures' },
  { value: 4, name: 'Encryption with RSA' },
  { value: 5, name: 'Revised encryption with RSA' },
  { value: 9, name: 'ECDSA with SHA-256 on the P-256 curve' },
  { value: 10, name: 'ECDSA with SHA-384 on the P-384 curve' },
  { value: 11, name: 'ECDSA with SHA-512 on the P-521 curve' },
  { value: 64221, name: 'HybridInitRSA' },
  { value: 64222, name: 'HybridRespRSA' },
  { value: 64223, name: 'HybridInitDSS' },
  { value: 64224, name: 'HybridRespDSS' },
  { value: 65001, name: 'XAUTHInitPreShared' },
  { value: 65002, name: 'XAUTHRespPreShared' },
  { value: 65003, name: 'XAUTHInitDSS' },
  { value: 65004, name: 'XAUTHRespDSS' },
  { value: 65005, name: 'XAUTHInitRSA' },
  { value: 65006, name: 'XAUTHRespRSA' },
];

/** Types of Diffie-Hellman groups. */
export const GROUP_TYPE_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'MODP' },
  { value: 2, name: 'ECP' },
  { value: 3, name: 'EC2N' },
];

/** Units of lifetimes. */
export const LIFE_TYPE_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'seconds' },
  { value: 2, name: 'kilobytes' },
];

/** Encapsulation modes. RFC 2407 section 4.5; 3 and 4: RFC 3947 section 5.1; 61443, 61444: its drafts. */
export const ENCAPSULATION_MODE_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'Tunnel' },
  { value: 2, name: 'Transport' },
  { value: 3, name: 'UDP-Encapsulated-Tunnel' },
  { value: 4, name: 'UDP-Encapsulated-Transport' },
  { value: 61443, name: 'UDP-Encapsulated-Tunnel (drafts)' },
  { value: 61444, name: 'UDP-Encapsulated-Transport (drafts)' },
];

/** Authentication algorithms of phase 2. */
export const AUTHENTICATION_ALGORITHM_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'HMAC-MD5' },
  { value: 2, name: 'HMAC-SHA' },
  { value: 3, name: 'DES-MAC' },
  { value: 4, name: 'KPDK' },
  { value: 5, name: 'HMAC-SHA2-256' },
  { value: 6, name: 'HMAC-SHA2-384' },
  { value: 7, name: 'HMAC-SHA2-512' },
  { value: 8, name: 'HMAC-RIPEMD' },
  { value: 9, name: 'AES-XCBC-MAC' },
  { value: 10, name: 'SIG-RSA' },
  { value: 11, name: 'AES-128-GMAC' },
  { value: 12, name: 'AES-192-GMAC' },
  { value: 13, name: 'AES-256-GMAC' },
];
