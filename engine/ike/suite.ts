/**
 * Algorithms that peers agree on: from transforms of IKEv2 (RFC 7296 section 3.3.2) to those of this program.
 */
import { TRANSFORM_TYPE, transformKeyLength } from '../../dissectors/ike/index.ts';
import type {
  IkeProposal,
  Ikev2SecurityAssociation,
  Ikev2Transform,
} from '../../dissectors/ike/index.ts';
import { hmacIntegrity } from '../crypto/hmac.ts';
import { prfOfId } from '../crypto/prf.ts';
import type { Prf } from '../crypto/prf.ts';
import {
  NULL_ENCRYPTION,
  NULL_INTEGRITY,
  findEncryption,
  findIntegrity,
} from '../crypto/transforms.ts';
import type { EncryptionTransform, IntegrityTransform } from '../crypto/transforms.ts';

/** An encryption algorithm with the length of its key, salt included. */
export interface SizedEncryption {
  readonly encryption: EncryptionTransform;
  /** Octets. */
  readonly keyLength: number;
}

/** Algorithms of an ESP or IKE proposal; `prf` in IKE alone. */
export interface Suite extends SizedEncryption {
  readonly integrity: IntegrityTransform;
  readonly prf: Prf | undefined;
  readonly extendedSequence: boolean;
  /** Diffie-Hellman group; 0 = none. */
  readonly group: number;
}

/** Protocol IDs of proposals. RFC 7296 section 3.3.1. */
export const PROTOCOL = { ike: 1, ah: 2, esp: 3 } as const;

/** Integrity of RFC 4595, which ESP does not use. */
const FIBRE_CHANNEL_MD5: IntegrityTransform = {
  name: 'HMAC-MD5-128 [RFC4595]',
  aliases: [],
  rfc: 4595,
  keyLength: 16,
  anyKeyLength: false,
  icvLength: 16,
  create: hmacIntegrity('md5', 16),
};
const FIBRE_CHANNEL_SHA1: IntegrityTransform = {
  name: 'HMAC-SHA1-160 [RFC4595]',
  aliases: [],
  rfc: 4595,
  keyLength: 20,
  anyKeyLength: false,
  icvLength: 20,
  create: hmacIntegrity('sha1', 20),
};

function encryption(name: string): EncryptionTransform {
  const transform = findEncryption(name);
  if (transform === undefined) throw new Error(`no transform ${name}`);
  return transform;
}

function integrity(name: string): IntegrityTransform {
  const transform = findIntegrity(name);
  if (transform === undefined) throw new Error(`no transform ${name}`);
  return transform;
}

/** Transform type 1. */
const ENCRYPTION: ReadonlyMap<number, EncryptionTransform> = new Map([
  [2, encryption('DES-CBC')],
  [3, encryption('3DES-CBC')],
  [11, NULL_ENCRYPTION],
  [12, encryption('AES-CBC')],
  [13, encryption('AES-CTR')],
  [14, encryption('AES-CCM-8')],
  [15, encryption('AES-CCM-12')],
  [16, encryption('AES-CCM-16')],
  [18, encryption('AES-GCM-8')],
  [19, encryption('AES-GCM-12')],
  [20, encryption('AES-GCM-16')],
  [21, encryption('NULL-AES-GMAC')],
  [23, encryption('Camellia-CBC')],
  [28, encryption('ChaCha20-Poly1305')],
]);

/** Transform type 3. */
const INTEGRITY: ReadonlyMap<number, IntegrityTransform> = new Map([
  [0, NULL_INTEGRITY],
  [1, integrity('HMAC-MD5-96')],
  [2, integrity('HMAC-SHA-1-96')],
  [5, integrity('AES-XCBC-MAC-96')],
  [6, FIBRE_CHANNEL_MD5],
  [7, FIBRE_CHANNEL_SHA1],
  [8, integrity('AES-CMAC-96')],
  [12, integrity('HMAC-SHA-256-128')],
  [13, integrity('HMAC-SHA-384-192')],
  [14, integrity('HMAC-SHA-512-256')],
]);

/**
 * Encryption of a transform ID with the key length that the attribute asks for; undefined when this program lacks it.
 * @param bits value of the Key Length attribute, salt not included
 */
export function encryptionOfNumber(
  id: number,
  bits: number | undefined,
): SizedEncryption | undefined {
  const found = ENCRYPTION.get(id);
  if (found === undefined) return undefined;
  const { keyLengths, saltLength } = found;
  // RFC 7296 section 3.3.5: the attribute is there where an algorithm has several lengths.
  const length = bits === undefined ? (keyLengths[0] ?? 0) : bits / 8 + saltLength;
  if (keyLengths.length > 0 && !keyLengths.includes(length)) return undefined;
  return { encryption: found, keyLength: keyLengths.length === 0 ? 0 : length };
}

/** Integrity of a transform ID; undefined when this program lacks it. */
export function integrityOfNumber(id: number): IntegrityTransform | undefined {
  return INTEGRITY.get(id);
}

/** The proposal that a responder chose: the only one of its payload. RFC 7296 section 2.7. */
export function chosenProposal(
  payload: Ikev2SecurityAssociation,
): IkeProposal<Ikev2Transform> | undefined {
  return payload.proposals.find((item) => item.kind === 'proposal');
}

/** The proposal of a request that a chosen one answers: same number and protocol. RFC 7296 section 3.3.1. */
export function answeredProposal(
  request: Ikev2SecurityAssociation,
  chosen: IkeProposal<Ikev2Transform>,
): IkeProposal<Ikev2Transform> | undefined {
  const { number, protocolId } = chosen;
  return request.proposals.find(
    (item): item is IkeProposal<Ikev2Transform> =>
      item.kind === 'proposal' && item.number === number && item.protocolId === protocolId,
  );
}

/**
 * Algorithms of a chosen proposal.
 * @returns words about what is missing, when this program cannot compute one of them
 */
export function suiteOf(proposal: IkeProposal<Ikev2Transform>): Suite | string {
  const byType = new Map<number, Ikev2Transform>();
  for (const item of proposal.transforms) {
    if (item.kind === 'transform' && !byType.has(item.type)) byType.set(item.type, item);
  }
  const cipher = byType.get(TRANSFORM_TYPE.encryption);
  if (cipher === undefined) return 'a proposal without encryption';
  const sized = encryptionOfNumber(cipher.id, transformKeyLength(cipher));
  if (sized === undefined) return `encryption transform ${cipher.id}`;
  const integrityId = byType.get(TRANSFORM_TYPE.integrity)?.id ?? 0;
  const found = INTEGRITY.get(integrityId);
  if (found === undefined) return `integrity transform ${integrityId}`;
  const prfId = byType.get(TRANSFORM_TYPE.pseudorandomFunction)?.id;
  const prf = prfId === undefined ? undefined : prfOfId(prfId);
  if (prfId !== undefined && prf === undefined) return `pseudorandom function ${prfId}`;
  // RFC 9370: each of these adds a secret to the keys.
  for (const [type, { id }] of byType) {
    if (type >= 6 && type <= 12 && id !== 0) return 'additional key exchanges';
  }
  return {
    ...sized,
    // RFC 7296 section 3.3: a combined algorithm has no other integrity.
    integrity: sized.encryption.icvLength > 0 ? NULL_INTEGRITY : found,
    prf,
    extendedSequence: byType.get(TRANSFORM_TYPE.extendedSequenceNumbers)?.id === 1,
    group: byType.get(TRANSFORM_TYPE.diffieHellman)?.id ?? 0,
  };
}

/** Integrity of a name as Wireshark's `ikev2_decryption_table` has it. */
function tableIntegrity(name: string): IntegrityTransform | undefined {
  if (name.startsWith('NONE')) return NULL_INTEGRITY;
  if (name.startsWith('HMAC_MD5_128')) return FIBRE_CHANNEL_MD5;
  if (name.startsWith('HMAC_SHA1_160')) return FIBRE_CHANNEL_SHA1;
  const bits = /^ANY ([0-9]{2,3})-bits/.exec(name)?.[1];
  if (bits === undefined) return findIntegrity(name);
  const icvLength = Number(bits) / 8;
  return { name, aliases: [], rfc: 0, keyLength: 0, anyKeyLength: true, icvLength };
}

/**
 * Algorithms of names as Wireshark's `ikev2_decryption_table` has them: `AES-CBC-128 [RFC3602]`,
 * `HMAC_SHA1_96 [RFC2404]`.
 * @returns undefined when this program lacks one of them
 */
export function tableAlgorithms(
  encryptionName: string,
  integrityName: string,
): Pick<Suite, 'encryption' | 'integrity'> | undefined {
  const cipher = findEncryption(encryptionName.replace(/-(128|192|256)(?= |$)/, ''));
  const found = tableIntegrity(integrityName);
  if (cipher === undefined || found === undefined) return undefined;
  return { encryption: cipher, integrity: cipher.icvLength > 0 ? NULL_INTEGRITY : found };
}

/** The same ICV, not checked: for messages whose integrity key nobody has. */
export function uncheckedIntegrity(transform: IntegrityTransform): IntegrityTransform {
  const { name, aliases, rfc, keyLength, icvLength } = transform;
  return { name, aliases, rfc, keyLength, anyKeyLength: true, icvLength };
}
