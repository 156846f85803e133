/**
 * Keys of an IKE SA: SKEYSEED and what is made of it. RFC 7296 sections 2.13, 2.14 and 2.18.
 */
import { concatenate } from '../../dissectors/core/layout.ts';
import { prfPlus } from '../crypto/prf.ts';
import type { Prf } from '../crypto/prf.ts';
import { KeyMaterial } from '../keys/key-material.ts';
import type { IkeMessageKeys } from './secret.ts';
import type { Suite } from './suite.ts';

/** Nonces and SPIs that keys are made of. */
export interface DerivationInput {
  readonly initiatorNonce: Uint8Array;
  readonly responderNonce: Uint8Array;
  /** 8 octets each. */
  readonly initiatorSpi: Uint8Array;
  readonly responderSpi: Uint8Array;
}

/** Everything that SKEYSEED gives but the keys of authentication. */
export interface DerivedKeys extends IkeMessageKeys {
  /** SK_d. */
  readonly derivation: KeyMaterial;
}

/** SKEYSEED of the first IKE SA: prf(Ni | Nr, g^ir). RFC 7296 section 2.14. */
export function firstSkeyseed(
  prf: Prf,
  sharedSecret: Uint8Array,
  { initiatorNonce, responderNonce }: DerivationInput,
): Uint8Array {
  const cut = (nonce: Uint8Array): Uint8Array => nonce.subarray(0, prf.nonceOctets);
  return prf.compute(concatenate([cut(initiatorNonce), cut(responderNonce)]), sharedSecret);
}

/**
 * SKEYSEED of a rekeyed IKE SA: prf(SK_d (old), g^ir (new) | Ni | Nr). RFC 7296 section 2.18.
 * @param prf of the old IKE SA
 */
export function rekeyedSkeyseed(
  prf: Prf,
  oldDerivation: Uint8Array,
  sharedSecret: Uint8Array,
  { initiatorNonce, responderNonce }: DerivationInput,
): Uint8Array {
  return prf.compute(oldDerivation, sharedSecret, initiatorNonce, responderNonce);
}

/** SK_d, SK_ai, SK_ar, SK_ei, SK_er = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr). RFC 7296 section 2.14. */
export function ikeKeys(
  prf: Prf,
  { keyLength, integrity }: Pick<Suite, 'keyLength' | 'integrity'>,
  skeyseed: Uint8Array,
  input: DerivationInput,
): DerivedKeys {
  const { initiatorNonce, responderNonce, initiatorSpi, responderSpi } = input;
  const seed = concatenate([initiatorNonce, responderNonce, initiatorSpi, responderSpi]);
  const integrityLength = integrity.keyLength;
  const octets = prfPlus(prf, skeyseed, seed, prf.length + 2 * (integrityLength + keyLength));
  let at = 0;
  const take = (length: number): KeyMaterial => {
    at += length;
    return new KeyMaterial(octets.subarray(at - length, at));
  };
  return {
    derivation: take(prf.length),
    initiatorIntegrity: take(integrityLength),
    responderIntegrity: take(integrityLength),
    initiatorEncryption: take(keyLength),
    responderEncryption: take(keyLength),
  };
}
