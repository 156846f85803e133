/**
 * CBC mode in ESP: AES (RFC 3602), Camellia (RFC 4312), 3DES (RFC 2451), DES (RFC 2405). The IV is on the wire in
 * front of the ciphertext.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type Cipher,
  type Decipher,
  type KeyObject,
} from 'node:crypto';
import { u8 } from '../../dissectors/core/bytes.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import {
  ESP_HEADER_LENGTH,
  type CryptoBackend,
  type EspCipher,
  type EspScratch,
  type PortableCrypto,
} from './esp-backend.ts';

/** Whether the node backend has a cipher, by name: asked once each. */
const offered = new Map<string, boolean>();

/** Tries, because a build lists ciphers too that it refuses to make: those of a provider that is not loaded. */
function isOffered(name: string, keyLength: number, ivLength: number): boolean {
  let answer = offered.get(name);
  if (answer === undefined) {
    try {
      createDecipheriv(name, new Uint8Array(keyLength), new Uint8Array(ivLength));
      answer = true;
    } catch {
      answer = false;
    }
    offered.set(name, answer);
  }
  return answer;
}

/**
 * One object a direction for the life of the key, at a quarter of the cost of a new one for each packet.
 *
 * The decipher is fed IV and ciphertext: in CBC a plaintext block depends only on the ciphertext block before it, so
 * everything after the IV block comes out right. The cipher goes on where it stopped: the last ciphertext block of
 * before is taken out of the first plaintext block and the IV put in. A partial block would shift all that follows;
 * callers check the length, and after any error the object is thrown away.
 */
class NodeCbc implements EspCipher {
  readonly #name: string;
  readonly #key: KeyObject;
  readonly #ivLength: number;
  /** Made at the first packet: a key file may hold thousands of keys that no packet uses. */
  #decipher: Decipher | undefined;
  #cipher: Cipher | undefined;
  /** What the cipher gave last. */
  readonly #last: Uint8Array;

  constructor(name: string, key: Uint8Array, ivLength: number) {
    if (!isOffered(name, key.length, ivLength)) throw new Error(`this build has no ${name}`);
    this.#name = name;
    this.#key = createSecretKey(key);
    this.#ivLength = ivLength;
    this.#last = new Uint8Array(ivLength);
  }

  #newCipher(): Cipher {
    this.#last.fill(0);
    return createCipheriv(this.#name, this.#key, this.#last).setAutoPadding(false);
  }

  #newDecipher(): Decipher {
    const decipher = createDecipheriv(this.#name, this.#key, new Uint8Array(this.#ivLength));
    return decipher.setAutoPadding(false);
  }

  open(
    bytes: Uint8Array,
    esp: number,
    icv: number,
    _sequenceHigh: number,
    scratch: EspScratch,
  ): boolean {
    const input = bytes.subarray(esp + ESP_HEADER_LENGTH, icv);
    // Gone from here on unless the update succeeds and gives everything it was fed.
    const decipher = this.#decipher ?? this.#newDecipher();
    this.#decipher = undefined;
    const output = decipher.update(input);
    if (output.length === input.length) this.#decipher = decipher;
    scratch.take(output, this.#ivLength);
    return true;
  }

  seal(packet: Uint8Array, icv: number): void {
    const ivLength = this.#ivLength;
    const last = this.#last;
    const start = ESP_HEADER_LENGTH + ivLength;
    if (icv === start) return;
    // Gone from here on unless the update succeeds and gives everything it was fed.
    const cipher = this.#cipher ?? this.#newCipher();
    this.#cipher = undefined;
    for (let i = 0; i < ivLength; i++) {
      packet[start + i] = u8(packet, start + i) ^ u8(packet, ESP_HEADER_LENGTH + i) ^ u8(last, i);
    }
    const output = cipher.update(packet.subarray(start, icv));
    if (output.length < ivLength || output.length !== icv - start) {
      throw new Error('the cipher did not give what it was fed');
    }
    packet.set(output, start);
    const end = output.length - ivLength;
    for (let i = 0; i < ivLength; i++) last[i] = u8(output, end + i);
    this.#cipher = cipher;
  }
}

class PortableAesCbc implements EspCipher {
  readonly #key: Uint8Array;
  readonly #portable: PortableCrypto;

  constructor(key: Uint8Array, portable: PortableCrypto) {
    this.#key = key.slice();
    this.#portable = portable;
  }

  open(
    bytes: Uint8Array,
    esp: number,
    icv: number,
    _sequenceHigh: number,
    scratch: EspScratch,
  ): boolean {
    const start = esp + ESP_HEADER_LENGTH + 16;
    const iv = bytes.subarray(start - 16, start);
    const cipher = this.#portable.aesCbc(this.#key, iv);
    scratch.take(cipher.decrypt(bytes.subarray(start, icv)), 0);
    return true;
  }

  seal(packet: Uint8Array, icv: number): void {
    const start = ESP_HEADER_LENGTH + 16;
    const iv = packet.slice(ESP_HEADER_LENGTH, start);
    const cipher = this.#portable.aesCbc(this.#key, iv);
    packet.set(cipher.encrypt(packet.slice(start, icv)), start);
  }
}

/** AES-CBC; keys of 16, 24 or 32 octets. */
export function aesCbc(key: Uint8Array, backend: CryptoBackend): EspCipher {
  if (backend !== 'node') return new PortableAesCbc(key, backend);
  return new NodeCbc(`aes-${key.length * 8}-cbc`, key, 16);
}

/**
 * Camellia-CBC; keys of 16, 24 or 32 octets.
 * @throws Error with the portable backend, and with a build of the node backend that lacks Camellia.
 */
export function camelliaCbc(key: Uint8Array, backend: CryptoBackend): EspCipher {
  if (backend !== 'node') throw new Error('Camellia needs the node backend');
  return new NodeCbc(`camellia-${key.length * 8}-cbc`, key, 16);
}

/**
 * 3DES-CBC; key of 24 octets, encrypt-decrypt-encrypt (RFC 2451 section 2.4).
 * @throws Error with the portable backend, which has no DES.
 */
export function tripleDesCbc(key: Uint8Array, backend: CryptoBackend): EspCipher {
  if (backend !== 'node') throw new Error('DES needs the node backend');
  return new NodeCbc('des-ede3-cbc', key, 8);
}

/**
 * DES-CBC; key of 8 octets. Done as 3DES with three equal keys, which is the same function, because current
 * OpenSSL offers single DES only in its legacy provider. Parity bits of the key are ignored.
 * @throws Error with the portable backend, which has no DES.
 */
export function desCbc(key: Uint8Array, backend: CryptoBackend): EspCipher {
  return tripleDesCbc(concatenate([key, key, key]), backend);
}
