/**
 * NULL encryption with AES-GMAC integrity in ESP (ENCR_NULL_AUTH_AES_GMAC, RFC 4543 section 3).
 *
 * The RFC contradicts itself on the IV: section 7 keeps it out of the authenticated data, the bracket of figure
 * 4 takes it in, and stacks in use do the latter. Both are tried; which one matched is told in
 * `EspScratch.variant`, and tried first the next time.
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { putU32, u32, u8 } from '../../dissectors/core/bytes.ts';
import { gcmName } from './aead.ts';
import { constantTimeEqual } from './constant-time.ts';
import {
  ESP_HEADER_LENGTH,
  NO_SEQUENCE_HIGH,
  type CryptoBackend,
  type EspCipher,
  type EspScratch,
  type PortableCrypto,
} from './esp-backend.ts';
import { workOctets } from './work-octets.ts';

const SALT_LENGTH = 4;
const IV_LENGTH = 8;
const ICV_LENGTH = 16;
const TEXT = ESP_HEADER_LENGTH + IV_LENGTH;

/** GMAC with one key. */
interface Gmac {
  /** All 16 octets of the tag. */
  tag(nonce: Uint8Array, aad: Uint8Array): Uint8Array;
  verify(nonce: Uint8Array, aad: Uint8Array, tag: Uint8Array): boolean;
}

class AesGmac implements EspCipher {
  readonly #nonce = new Uint8Array(SALT_LENGTH + IV_LENGTH);
  readonly #tag = new Uint8Array(ICV_LENGTH);
  readonly #gmac: Gmac;
  #variant = 0;

  constructor(salt: Uint8Array, gmac: Gmac) {
    this.#nonce.set(salt, 0);
    this.#gmac = gmac;
  }

  /** Fills the nonce, gives the authenticated data, valid for the next call. */
  #prepare(
    bytes: Uint8Array,
    esp: number,
    icv: number,
    sequenceHigh: number,
    variant: number,
  ): Uint8Array {
    const iv = esp + ESP_HEADER_LENGTH;
    for (let i = 0; i < IV_LENGTH; i++) this.#nonce[SALT_LENGTH + i] = u8(bytes, iv + i);
    const headerLength = sequenceHigh === NO_SEQUENCE_HIGH ? 8 : 12;
    const payload = bytes.subarray(variant === 1 ? iv : esp + TEXT, icv);
    const length = headerLength + payload.length;
    // Each call of the backend costs more than copying a packet.
    const aad = workOctets(length).subarray(0, length);
    putU32(aad, 0, u32(bytes, esp));
    if (headerLength === 12) putU32(aad, 4, sequenceHigh);
    putU32(aad, headerLength - 4, u32(bytes, esp + 4));
    aad.set(payload, headerLength);
    return aad;
  }

  open(
    bytes: Uint8Array,
    esp: number,
    icv: number,
    sequenceHigh: number,
    scratch: EspScratch,
  ): boolean {
    const tag = this.#tag;
    for (let i = 0; i < ICV_LENGTH; i++) tag[i] = u8(bytes, icv + i);
    for (let i = 0; i < 2; i++) {
      const variant = i === 0 ? this.#variant : 1 - this.#variant;
      const aad = this.#prepare(bytes, esp, icv, sequenceHigh, variant);
      if (this.#gmac.verify(this.#nonce, aad, tag)) {
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
    const aad = this.#prepare(packet, 0, icv, sequenceHigh, 0);
    packet.set(this.#gmac.tag(this.#nonce, aad), icv);
  }
}

function nodeGmac(key: Uint8Array): Gmac {
  const name = gcmName(key.length);
  const keyObject: KeyObject = createSecretKey(key);
  const options = { authTagLength: ICV_LENGTH };
  return {
    tag(nonce, aad) {
      const cipher = createCipheriv(name, keyObject, nonce, options);
      cipher.setAAD(aad);
      cipher.final();
      return cipher.getAuthTag();
    },
    verify(nonce, aad, tag) {
      const decipher = createDecipheriv(name, keyObject, nonce, options);
      decipher.setAuthTag(tag);
      decipher.setAAD(aad);
      try {
        decipher.final();
        return true;
      } catch {
        return false;
      }
    },
  };
}

function portableGmac(key: Uint8Array, portable: PortableCrypto): Gmac {
  const tagOf = (nonce: Uint8Array, aad: Uint8Array): Uint8Array =>
    portable.aesGcm(key, nonce, aad).encrypt(new Uint8Array(0));
  return {
    tag: tagOf,
    verify: (nonce, aad, tag) => constantTimeEqual(tagOf(nonce, aad), 0, tag, 0, ICV_LENGTH),
  };
}

/** NULL with AES-GMAC; key of 16, 24 or 32 octets followed by the salt of 4. */
export function nullAesGmac(keyAndSalt: Uint8Array, backend: CryptoBackend): EspCipher {
  const key = keyAndSalt.slice(0, -SALT_LENGTH);
  const salt = keyAndSalt.subarray(key.length);
  return new AesGmac(salt, backend === 'node' ? nodeGmac(key) : portableGmac(key, backend));
}
