/**
 * RSA signatures of secure neighbor discovery and enhanced route optimization: PKCS #1 v1.5 over SHA-1.
 * RFC 3971 section 5.2, RFC 3972 section 6.
 */
import { X509Certificate, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Largest modulus: longer ones only cost time. RFC 3972 section 5 asks for 2048 bits. */
const MAX_MODULUS_BITS = 8192;

/** A DER SubjectPublicKeyInfo in the text form, which takes no `Buffer`. RFC 7468 section 13. */
export function publicKeyPem(publicKey: Uint8Array): string {
  const base64 = btoa(Array.from(publicKey, (octet) => String.fromCharCode(octet)).join(''));
  return `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`;
}

/** An RSA key out of DER SubjectPublicKeyInfo; undefined when it is none, or too long. */
function rsaKey(publicKey: Uint8Array): KeyObject | undefined {
  try {
    const key = createPublicKey(publicKeyPem(publicKey));
    const bits = key.asymmetricKeyDetails?.modulusLength ?? Number.POSITIVE_INFINITY;
    return key.asymmetricKeyType === 'rsa' && bits <= MAX_MODULUS_BITS ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Octets of a signature of a key, 0 when the octets are no RSA key. */
export function signatureOctets(publicKey: Uint8Array): number {
  const bits = rsaKey(publicKey)?.asymmetricKeyDetails?.modulusLength ?? 0;
  return Math.ceil(bits / 8);
}

/**
 * Verifies a signature.
 * @param publicKey DER SubjectPublicKeyInfo.
 * @returns undefined when the octets are no RSA key.
 */
export function verifySignature(
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean | undefined {
  const key = rsaKey(publicKey);
  if (key === undefined) return undefined;
  try {
    return verify('sha1', data, key, signature);
  } catch {
    // A security policy of the machine may forbid SHA-1.
    return undefined;
  }
}

/**
 * DER SubjectPublicKeyInfo of a certificate or public key in PEM (RFC 7468).
 * @returns undefined when the text holds neither, or no RSA key.
 */
export function publicKeyOf(text: string): Uint8Array | undefined {
  try {
    const key = text.includes('-----BEGIN CERTIFICATE-----')
      ? new X509Certificate(text).publicKey
      : createPublicKey(text);
    if (key.type !== 'public' || key.asymmetricKeyType !== 'rsa') return undefined;
    return Uint8Array.from(key.export({ format: 'der', type: 'spki' }));
  } catch {
    return undefined;
  }
}

/** A private RSA key. The key itself cannot be read out of it. */
export interface SigningKey {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** Octets of a signature. */
  readonly signatureOctets: number;
  /** PKCS #1 v1.5 over SHA-1. */
  sign(data: Uint8Array): Uint8Array;
}

/**
 * A private key in PEM (RFC 7468 sections 10 and 11), without a passphrase.
 * @returns undefined when the text holds none, or no RSA key.
 */
export function signingKeyOf(text: string): SigningKey | undefined {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType !== 'rsa') return undefined;
    const publicKey = Uint8Array.from(createPublicKey(key).export({ format: 'der', type: 'spki' }));
    return {
      publicKey,
      signatureOctets: signatureOctets(publicKey),
      sign: (data) => Uint8Array.from(sign('sha1', data, key)),
    };
  } catch {
    return undefined;
  }
}
