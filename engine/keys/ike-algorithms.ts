/**
 * Algorithms of IKE associations: what Wireshark's tables and tcpdump call them, and how long their keys are.
 */
import { comparedName } from './algorithm-names.ts';

/** One algorithm. */
export interface IkeAlgorithm {
  /** Name in `ikev2_decryption_table`. */
  readonly name: string;
  /** Octets, salt included (RFC 5282 section 7.1); `undefined`: any, because nothing is checked. */
  readonly keyLength: number | undefined;
  /** Octets of ICV. */
  readonly icvLength: number;
  /** Name in secret files of tcpdump. */
  readonly tcpdump?: string;
}

const AES_BITS = [128, 192, 256] as const;

/** Encryption (RFC 7296 section 3.3.2 transform type 1). */
export const IKE_ENCRYPTION: readonly IkeAlgorithm[] = [
  { name: 'NULL [RFC2410]', keyLength: 0, icvLength: 0 },
  { name: '3DES [RFC2451]', keyLength: 24, icvLength: 0, tcpdump: '3des' },
  ...AES_BITS.map((bits) => ({
    name: `AES-CBC-${bits} [RFC3602]`,
    keyLength: bits / 8,
    icvLength: 0,
    tcpdump: `aes${bits}`,
  })),
  ...AES_BITS.map((bits) => ({
    name: `AES-CTR-${bits} [RFC5930]`,
    keyLength: bits / 8 + 4,
    icvLength: 0,
  })),
  ...AES_BITS.flatMap((bits) =>
    [8, 12, 16].flatMap((icvLength) => [
      {
        name: `AES-GCM-${bits} with ${icvLength} octet ICV [RFC5282]`,
        keyLength: bits / 8 + 4,
        icvLength,
      },
      {
        name: `AES-CCM-${bits} with ${icvLength} octet ICV [RFC5282]`,
        keyLength: bits / 8 + 3,
        icvLength,
      },
    ]),
  ),
];

/** Integrity (transform type 3). */
export const IKE_INTEGRITY: readonly IkeAlgorithm[] = [
  { name: 'NONE [RFC4306]', keyLength: 0, icvLength: 0 },
  { name: 'HMAC_MD5_96 [RFC2403]', keyLength: 16, icvLength: 12, tcpdump: 'md5' },
  { name: 'HMAC_SHA1_96 [RFC2404]', keyLength: 20, icvLength: 12, tcpdump: 'sha1' },
  { name: 'HMAC_MD5_128 [RFC4595]', keyLength: 16, icvLength: 16 },
  { name: 'HMAC_SHA1_160 [RFC4595]', keyLength: 20, icvLength: 20 },
  { name: 'HMAC_SHA2_256_128 [RFC4868]', keyLength: 32, icvLength: 16, tcpdump: 'sha256' },
  { name: 'HMAC_SHA2_384_192 [RFC4868]', keyLength: 48, icvLength: 24, tcpdump: 'sha384' },
  { name: 'HMAC_SHA2_512_256 [RFC4868]', keyLength: 64, icvLength: 32, tcpdump: 'sha512' },
  ...[64, 96, 128, 160, 192, 256].map((bits) => ({
    name: `ANY ${bits}-bits of Authentication [No Checking]`,
    keyLength: undefined,
    icvLength: bits / 8,
  })),
];

/** Name without its bracketed reference, case and punctuation. */
function bare(name: string): string {
  return comparedName(name.length > 100 ? '' : name.replace(/ *\[[^\]]*\] *$/, ''));
}

/** Algorithm of a name of either tool. */
export function findIkeAlgorithm(
  algorithms: readonly IkeAlgorithm[],
  name: string,
): IkeAlgorithm | undefined {
  const wanted = bare(name);
  if (wanted === '') return undefined;
  return algorithms.find((row) => bare(row.name) === wanted || row.tcpdump === wanted);
}
