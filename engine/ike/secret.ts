/**
 * What an operator has of an IKE SA.
 */
import type { Prf } from '../crypto/prf.ts';
import type { EncryptionTransform, IntegrityTransform } from '../crypto/transforms.ts';
import type { Ikev2Key } from '../keys/key-file.ts';
import type { KeyMaterial } from '../keys/key-material.ts';
import type { AssociationOrigin } from '../state/security-association.ts';
import { tableAlgorithms } from './suite.ts';

/** Keys of IKE messages: SK_ei, SK_er, SK_ai, SK_ar of RFC 7296 section 2.14. */
export interface IkeMessageKeys {
  /** Salt or nonce at the end. */
  readonly initiatorEncryption?: KeyMaterial | undefined;
  readonly responderEncryption?: KeyMaterial | undefined;
  /** Without it the checksum is not checked. */
  readonly initiatorIntegrity?: KeyMaterial | undefined;
  readonly responderIntegrity?: KeyMaterial | undefined;
}

/** A Diffie-Hellman secret g^ir. */
export interface SharedSecret {
  /**
   * First octets, at least 8, of the Key Exchange Data of either side, which say for which exchange the secret
   * is; undefined = it is tried for every exchange.
   */
  readonly publicValue: Uint8Array | undefined;
  /** As it goes into the derivation: as long as the modulus (RFC 7296 section 2.14). */
  readonly secret: KeyMaterial;
}

/**
 * Secrets of one IKE SA. Each opens what follows from it: a shared secret or SKEYSEED everything, with the
 * IKE_SA_INIT exchange in the capture; SK_d the child SAs; SK_e and SK_a the messages.
 */
export interface IkeSecret extends IkeMessageKeys {
  readonly origin: AssociationOrigin;
  /** 8 octets. */
  readonly initiatorSpi: Uint8Array;
  /** 8 octets; undefined = the one of the IKE_SA_INIT response. */
  readonly responderSpi: Uint8Array | undefined;
  /** Undefined = as agreed on in IKE_SA_INIT. */
  readonly encryption?: EncryptionTransform | undefined;
  readonly integrity?: IntegrityTransform | undefined;
  readonly prf?: Prf | undefined;
  /** SK_d. */
  readonly derivation?: KeyMaterial | undefined;
  readonly skeyseed?: KeyMaterial | undefined;
  /** g^ir of IKE_SA_INIT, of rekeyed IKE SAs and of child SAs with perfect forward secrecy. */
  readonly sharedSecrets?: readonly SharedSecret[] | undefined;
}

/**
 * Secrets of one ISAKMP SA of IKEv1. The encryption key opens its messages, when the messages of phase 1 that are in
 * clear are in the capture; SKEYID_d then gives the associations of its quick modes.
 */
export interface Ikev1Secret {
  readonly origin: AssociationOrigin;
  /** 8 octets. */
  readonly initiatorCookie: Uint8Array;
  /** RFC 2409 appendix B. */
  readonly encryptionKey?: KeyMaterial | undefined;
  /** SKEYID_d. RFC 2409 section 5. */
  readonly derivation?: KeyMaterial | undefined;
  /** Undefined = HMAC with the hash algorithm of phase 1. RFC 2409 section 4. */
  readonly prf?: Prf | undefined;
  /** g(qm)^xy of quick modes with perfect forward secrecy. RFC 2409 section 5.5. */
  readonly sharedSecrets?: readonly SharedSecret[] | undefined;
}

/** A secret of either version; a row of `ikev1_decryption_table` is one. */
export type AnyIkeSecret = IkeSecret | Ikev1Secret;

/** Whether a secret is one of IKEv1. */
export function isIkev1(secret: AnyIkeSecret): secret is Ikev1Secret {
  return 'initiatorCookie' in secret;
}

/**
 * The secret of a row of `ikev2_decryption_table` or of a secrets file of tcpdump.
 * @returns undefined when this program lacks an algorithm of the row
 */
export function secretOfKey(key: Ikev2Key): IkeSecret | undefined {
  const algorithms = tableAlgorithms(key.encryption, key.integrity);
  if (algorithms === undefined) return undefined;
  const { origin, initiatorSpi, responderSpi } = key;
  const { initiatorEncryption, responderEncryption, initiatorIntegrity, responderIntegrity } = key;
  return {
    origin,
    initiatorSpi,
    responderSpi,
    ...algorithms,
    initiatorEncryption,
    responderEncryption,
    initiatorIntegrity,
    responderIntegrity,
  };
}

/** Several secrets of one IKE SA as one: of each part the first that is there. */
export function mergedSecret(first: IkeSecret, others: readonly IkeSecret[]): IkeSecret {
  const all = [first, ...others];
  const part = <Name extends keyof IkeSecret>(name: Name): IkeSecret[Name] | undefined =>
    all.find((secret) => secret[name] !== undefined)?.[name];
  return {
    origin: first.origin,
    initiatorSpi: first.initiatorSpi,
    responderSpi: part('responderSpi'),
    encryption: part('encryption'),
    integrity: part('integrity'),
    prf: part('prf'),
    initiatorEncryption: part('initiatorEncryption'),
    responderEncryption: part('responderEncryption'),
    initiatorIntegrity: part('initiatorIntegrity'),
    responderIntegrity: part('responderIntegrity'),
    derivation: part('derivation'),
    skeyseed: part('skeyseed'),
    sharedSecrets: all.flatMap(({ sharedSecrets = [] }) => sharedSecrets),
  };
}

/** Several secrets of one ISAKMP SA as one: of each part the first that is there. */
export function mergedIkev1Secret(first: Ikev1Secret, others: readonly Ikev1Secret[]): Ikev1Secret {
  const all = [first, ...others];
  const derived = all.find(({ derivation }) => derivation !== undefined);
  return {
    // What is derived is that of the file that made it possible.
    origin: (derived ?? first).origin,
    initiatorCookie: first.initiatorCookie,
    encryptionKey: all.find((secret) => secret.encryptionKey !== undefined)?.encryptionKey,
    derivation: derived?.derivation,
    prf: all.find(({ prf }) => prf !== undefined)?.prf,
    sharedSecrets: all.flatMap(({ sharedSecrets = [] }) => sharedSecrets),
  };
}
