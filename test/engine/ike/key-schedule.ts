/**
 * The key schedule of IKEv2 once more, with node:crypto and straight from RFC 7296 sections 2.13, 2.14, 2.17 and
 * 2.18: a second opinion on `engine/ike/`.
 */
import { createHmac } from 'node:crypto';

/** prf of HMAC with a hash of OpenSSL. */
export function prf(hash: string, key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac(hash, key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** prf+. */
export function prfPlus(
  hash: string,
  key: Uint8Array,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  let last: Buffer = Buffer.alloc(0);
  const parts: Buffer[] = [];
  for (let i = 1; Buffer.concat(parts).length < length; i++) {
    last = prf(hash, key, last, seed, Uint8Array.of(i));
    parts.push(last);
  }
  return new Uint8Array(Buffer.concat(parts).subarray(0, length));
}

/** The nonces and SPIs of an IKE SA. */
export interface ScheduleInput {
  readonly hash: string;
  readonly ni: Uint8Array;
  readonly nr: Uint8Array;
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  /** Octets of SK_a and SK_e. */
  readonly integrityLength: number;
  readonly encryptionLength: number;
}

/** Keys of an IKE SA. */
export interface ScheduleKeys {
  readonly skD: Uint8Array;
  readonly skAi: Uint8Array;
  readonly skAr: Uint8Array;
  readonly skEi: Uint8Array;
  readonly skEr: Uint8Array;
}

/** {SK_d | SK_ai | SK_ar | SK_ei | SK_er} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr). */
export function schedule(skeyseed: Uint8Array, input: ScheduleInput): ScheduleKeys {
  const { hash, ni, nr, spiI, spiR, integrityLength: a, encryptionLength: e } = input;
  const d = prf(hash, skeyseed).length;
  const seed = Buffer.concat([ni, nr, spiI, spiR]);
  const all = prfPlus(hash, skeyseed, seed, d + 2 * a + 2 * e);
  return {
    skD: all.slice(0, d),
    skAi: all.slice(d, d + a),
    skAr: all.slice(d + a, d + 2 * a),
    skEi: all.slice(d + 2 * a, d + 2 * a + e),
    skEr: all.slice(d + 2 * a + e),
  };
}
