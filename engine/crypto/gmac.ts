/**
 * NULL encryption with AES-GMAC integrity in ESP (ENCR_NULL_AUTH_AES_GMAC, RFC 4543 section 3).
 *
 * The RFC contradicts itself on the IV: section 7 keeps it out of the authenticated data, the bracket of figure
 * 4 takes it in, and stacks in use do the latter. Both are tried; which one matched is told in
 * `EspScratch.variant`, and tried first the next time.
 */
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { putU32, u32 } from '../../dissectors/core/bytes.ts';
import { gcmName } from './aead.ts';
import { constantTimeEqual } from './constant-time.ts';
import {
  ESP_HEADER_LENGTH,
  NO_SEQUENCE_HIGH,
  type CryptoBackend,
  type EspCipher,
  type EspScratch,
} from './esp-backend.ts';

const SALT_LENGTH = 4;
const IV_LENGTH = 8;
const ICV_LENGTH = 16;
const TEXT = ESP_HEADER_LENGTH + IV_LENGTH;

type Tag = (nonce: Uint8Array, aad: Uint8Array) => Uint8Array;

class AesGmac implements EspCipher {
  readonly #salt: Uint8Array;
  readonly #tag: Tag;
  #variant = 0;

  constructor(salt: Uint8Array, tag: Tag) {
    this.#salt = salt.slice();
    this.#tag = tag;
  }

  #compute(
    bytes: Uint8Array,
    esp: number,
    icv: number,
    sequenceHigh: number,
    variant: number,
  ): Uint8Array {
    const nonce = new Uint8Array(SALT_LENGTH + IV_LENGTH);
    nonce.set(this.#salt, 0);
    nonce.set(bytes.subarray(esp + ESP_HEADER_LENGTH, esp + TEXT), SALT_LENGTH);
    const headerLength = sequenceHigh === NO_SEQUENCE_HIGH ? 8 : 12;
    const payload = bytes.subarray(variant === 1 ? esp + ESP_HEADER_LENGTH : esp + TEXT, icv);
    const aad = new Uint8Array(headerLength + payload.length);
    putU32(aad, 0, u32(bytes, esp));
    if (headerLength === 12) putU32(aad, 4, sequenceHigh);
    putU32(aad, headerLength - 4, u32(bytes, esp + 4));
    aad.set(payload, headerLength);
    return this.#tag(nonce, aad);
  }

  open(
    bytes: Uint8Array,
    esp: number,
    icv: number,
    sequenceHigh: number,
    scratch: EspScratch,
  ): boolean {
    for (const variant of [this.#variant, 1 - this.#variant]) {
      const tag = this.#compute(bytes, esp, icv, sequenceHigh, variant);
      if (constantTimeEqual(tag, 0, bytes, icv, ICV_LENGTH)) {
        this.#variant = variant;
        scratch.variant = variant;
        scratch.refer(bytes, esp + TEXT);
        return true;
      }
    }
    return false;
  }

  /** Seals as section 7 says: without the IV in the authenticated data. */
  seal(packet: Uint8Array, icv: number, sequenceHigh: number): void {
    packet.set(this.#compute(packet, 0, icv, sequenceHigh, 0), icv);
  }
}

/** NULL with AES-GMAC; key of 16, 24 or 32 octets followed by the salt of 4. */
export function nullAesGmac(keyAndSalt: Uint8Array, backend: CryptoBackend): EspCipher {
  const key = keyAndSalt.slice(0, -SALT_LENGTH);
  const salt = keyAndSalt.subarray(key.length);
  if (backend !== 'node') {
    return new AesGmac(salt, (nonce, aad) =>
      backend.aesGcm(key, nonce, aad).encrypt(new Uint8Array(0)),
    );
  }
  const keyObject: KeyObject = createSecretKey(key);
  return new AesGmac(salt, (nonce, aad) => {
    const cipher = createCipheriv(gcmName(key.length), keyObject, nonce, {
      authTagLength: ICV_LENGTH,
    });
    cipher.setAAD(aad);
    cipher.final();
    return cipher.getAuthTag();
  });
}
