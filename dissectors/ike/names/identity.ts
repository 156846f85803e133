/**
 * Names of identification types, certificates, authentication methods and hash algorithms.
 */
import type { NamedValue } from '../../core/layout.ts';

/** Identification types. RFC 2407 section 4.6.2.1, RFC 7296 section 3.5. */
export const ID_TYPE = {
  ipv4Address: 1,
  fqdn: 2,
  rfc822Address: 3,
  ipv4Subnet: 4,
  ipv6Address: 5,
  ipv6Subnet: 6,
  ipv4Range: 7,
  ipv6Range: 8,
  derDistinguishedName: 9,
  derGeneralName: 10,
  keyId: 11,
} as const;

/** Names of identification types of IKEv1. */
export const IKEV1_ID_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'ID_IPV4_ADDR' },
  { value: 2, name: 'ID_FQDN' },
  { value: 3, name: 'ID_USER_FQDN' },
  { value: 4, name: 'ID_IPV4_ADDR_SUBNET' },
  { value: 5, name: 'ID_IPV6_ADDR' },
  { value: 6, name: 'ID_IPV6_ADDR_SUBNET' },
  { value: 7, name: 'ID_IPV4_ADDR_RANGE' },
  { value: 8, name: 'ID_IPV6_ADDR_RANGE' },
  { value: 9, name: 'ID_DER_ASN1_DN' },
  { value: 10, name: 'ID_DER_ASN1_GN' },
  { value: 11, name: 'ID_KEY_ID' },
  { value: 12, name: 'ID_LIST' },
];

/** Names of identification types of IKEv2; 13: RFC 7619. */
export const IKEV2_ID_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'ID_IPV4_ADDR' },
  { value: 2, name: 'ID_FQDN' },
  { value: 3, name: 'ID_RFC822_ADDR' },
  { value: 5, name: 'ID_IPV6_ADDR' },
  { value: 9, name: 'ID_DER_ASN1_DN' },
  { value: 10, name: 'ID_DER_ASN1_GN' },
  { value: 11, name: 'ID_KEY_ID' },
  { value: 12, name: 'ID_FC_NAME' },
  { value: 13, name: 'ID_NULL' },
];

/** Certificate encodings. RFC 2408 section 3.9, RFC 7296 section 3.6. */
export const CERTIFICATE_NAMES: readonly NamedValue[] = [
  { value: 0, name: 'none' },
  { value: 1, name: 'PKCS #7 wrapped X.509 certificate' },
  { value: 2, name: 'PGP Certificate' },
  { value: 3, name: 'DNS Signed Key' },
  { value: 4, name: 'X.509 Certificate - Signature' },
  { value: 5, name: 'X.509 Certificate - Key Exchange' },
  { value: 6, name: 'Kerberos Token' },
  { value: 7, name: 'Certificate Revocation List (CRL)' },
  { value: 8, name: 'Authority Revocation List (ARL)' },
  { value: 9, name: 'SPKI Certificate' },
  { value: 10, name: 'X.509 Certificate - Attribute' },
  { value: 11, name: 'Raw RSA Key' },
  { value: 12, name: 'Hash and URL of X.509 certificate' },
  { value: 13, name: 'Hash and URL of X.509 bundle' },
  { value: 14, name: 'OCSP Content' },
  { value: 15, name: 'Raw Public Key' },
];

/** Authentication methods of IKEv2. RFC 7296 section 3.8; 14: RFC 7427. */
export const AUTHENTICATION_METHOD_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'RSA Digital Signature' },
  { value: 2, name: 'Shared Key Message Integrity Code' },
  { value: 3, name: 'DSS Digital Signature' },
  { value: 9, name: 'ECDSA with SHA-256 on the P-256 curve' },
  { value: 10, name: 'ECDSA with SHA-384 on the P-384 curve' },
  { value: 11, name: 'ECDSA with SHA-512 on the P-521 curve' },
  { value: 12, name: 'Generic Secure Password Authentication Method' },
  { value: 13, name: 'NULL Authentication' },
  { value: 14, name: 'Digital Signature' },
];

/** Hash algorithms of digital signatures. RFC 7427 section 7, RFC 8420. */
export const SIGNATURE_HASH_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'SHA1' },
  { value: 2, name: 'SHA2-256' },
  { value: 3, name: 'SHA2-384' },
  { value: 4, name: 'SHA2-512' },
  { value: 5, name: 'Identity' },
];
