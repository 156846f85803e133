/**
 * Opening and sealing of encrypted payloads of IKEv2: RFC 7296 section 3.14, combined algorithms RFC 5282.
 *
 * Nothing here throws on any message; only wrong keys and wrong calls of `seal` do.
 */
import { copyOctets, u8 } from '../../dissectors/core/bytes.ts';
import { saltedCcm, saltedChaCha, saltedGcm } from './aead.ts';
import type { SaltedAead } from './aead.ts';
import { ESP_HEADER_LENGTH, EspScratch, NO_SEQUENCE_HIGH } from './esp-backend.ts';
import type { EspCipher, EspIntegrity } from './esp-backend.ts';
import { checkKeyLengths } from './esp.ts';
import type { EspKeys } from './esp.ts';

/** What came of an encrypted payload. */
export interface IkePlaintext {
  /** `not-checked`: the integrity transform checks nothing. */
  readonly icv: 'good' | 'bad' | 'not-checked';
  /** Payloads, Padding and Pad Length; empty for a combined algorithm whose ICV is bad. */
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** Combined algorithms by the name of their ESP transform: IKE authenticates other octets. */
function combined({ encryption, encryptionKey }: EspKeys): SaltedAead | undefined {
  const { icvLength, name } = encryption;
  if (name.startsWith('AES-GCM')) return saltedGcm(icvLength, encryptionKey);
  if (name.startsWith('AES-CCM')) return saltedCcm(icvLength, encryptionKey);
  if (name.startsWith('ChaCha20')) return saltedChaCha(encryptionKey);
  return undefined;
}

/** The keys of one direction of an IKE SA, ready for use. Key material is in private fields. */
export class IkeCipher {
  /** Octets of the initialization vector. */
  readonly ivLength: number;
  /** Octets of the integrity check value. */
  readonly icvLength: number;
  readonly #blockLength: number;
  readonly #aead: SaltedAead | undefined;
  readonly #cipher: EspCipher | undefined;
  readonly #integrity: EspIntegrity | undefined;

  /**
   * @throws RangeError when a key has the wrong length, or two transforms would authenticate
   * @throws Error when the crypto backend lacks an algorithm, or IKE does not use it (AES-GMAC)
   */
  constructor(keys: EspKeys) {
    checkKeyLengths(keys);
    const { encryption, encryptionKey, integrity, integrityKey } = keys;
    this.ivLength = encryption.ivLength;
    this.icvLength = encryption.icvLength + integrity.icvLength;
    this.#blockLength = encryption.blockLength;
    if (encryption.icvLength > 0) {
      this.#aead = combined(keys);
      if (this.#aead === undefined) throw new Error(`${encryption.name}: IKE does not use it`);
      return;
    }
    this.#cipher = encryption.create(encryptionKey, 'node');
    this.#integrity = integrity.create?.(integrityKey, 'node');
  }

  /**
   * Opens the encrypted payload of the message at `message`.
   * @param body first octet of the initialization vector, at least 8 octets into the message
   * @param end behind the integrity check value, which ends the message
   * @returns undefined when it is too short, or no whole number of blocks
   */
  open(bytes: Uint8Array, message: number, body: number, end: number): IkePlaintext | undefined {
    const text = body + this.ivLength;
    const icv = end - this.icvLength;
    // Pad Length at least. Not `<`: also an offset that is no number ends here.
    if (!(icv - text >= 1) || end > bytes.length || body - message < ESP_HEADER_LENGTH) {
      return undefined;
    }
    if ((icv - text) % this.#blockLength !== 0) return undefined;
    try {
      return this.#open(bytes, message, body, icv);
    } catch {
      return undefined;
    }
  }

  #open(bytes: Uint8Array, message: number, body: number, icv: number): IkePlaintext | undefined {
    const text = body + this.ivLength;
    if (this.#aead !== undefined) {
      const { aead, salt } = this.#aead;
      const nonce = new Uint8Array(salt.length + this.ivLength);
      nonce.set(salt, 0);
      nonce.set(bytes.subarray(body, text), salt.length);
      // RFC 5282 section 5.1: everything from the header to the initialization vector is authenticated.
      const aad = bytes.slice(message, body);
      const plaintext = aead.decrypt(nonce, aad, bytes, text, icv);
      return plaintext === undefined
        ? { icv: 'bad', bytes: NOTHING }
        : { icv: 'good', bytes: copyOctets(plaintext, 0, plaintext.length) };
    }
    const isRight = this.#integrity?.verify(bytes, message, icv, NO_SEQUENCE_HIGH);
    const scratch = new EspScratch(icv - text);
    // The transforms find the initialization vector where ESP has it: 8 octets behind the start.
    const start = body - ESP_HEADER_LENGTH;
    if (this.#cipher?.open(bytes, start, icv, NO_SEQUENCE_HIGH, scratch) !== true) return undefined;
    return {
      icv: isRight === undefined ? 'not-checked' : isRight ? 'good' : 'bad',
      bytes: copyOctets(scratch.bytes, scratch.offset, scratch.offset + icv - text),
    };
  }

  /** Octets of an encrypted payload around so many octets of payloads, without its generic header. */
  sealedLength(payloadLength: number): number {
    return this.ivLength + this.#textLength(payloadLength) + this.icvLength;
  }

  #textLength(payloadLength: number): number {
    return Math.ceil((payloadLength + 1) / this.#blockLength) * this.#blockLength;
  }

  /**
   * Encrypts the payloads of a message whose header and encrypted payload, with their right lengths, end where
   * the initialization vector begins.
   * @param start everything of the message before the initialization vector
   * @returns the message
   * @throws RangeError when the initialization vector has the wrong length
   */
  seal(start: Uint8Array, payloads: Uint8Array, iv: Uint8Array): Uint8Array {
    if (iv.length !== this.ivLength) {
      throw new RangeError(`IV has ${iv.length} octets; the algorithm takes ${this.ivLength}`);
    }
    const body = start.length;
    const text = body + iv.length;
    const textLength = this.#textLength(payloads.length);
    const icv = text + textLength;
    const message = new Uint8Array(icv + this.icvLength);
    message.set(start, 0);
    message.set(iv, body);
    message.set(payloads, text);
    message[icv - 1] = textLength - payloads.length - 1;
    if (this.#aead !== undefined) {
      const { aead, salt } = this.#aead;
      const nonce = new Uint8Array([...salt, ...iv]);
      const sealed = aead.encrypt(nonce, start, message.slice(text, icv));
      message.set(sealed.text, text);
      message.set(sealed.tag, icv);
      return message;
    }
    // `seal` takes a packet whose initialization vector is behind 8 octets.
    const packet = message.slice(body - ESP_HEADER_LENGTH);
    this.#cipher?.seal(packet, icv - body + ESP_HEADER_LENGTH, NO_SEQUENCE_HIGH);
    message.set(packet, body - ESP_HEADER_LENGTH);
    this.#integrity?.sign(message, icv, NO_SEQUENCE_HIGH);
    return message;
  }
}

/** Octets of payloads in decrypted octets: without Padding and Pad Length. -1 when Pad Length is too large. */
export function payloadOctets(bytes: Uint8Array): number {
  const length = bytes.length - 1 - u8(bytes, bytes.length - 1);
  return bytes.length === 0 ? -1 : Math.max(-1, length);
}
