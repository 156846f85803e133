/**
 * What an ESP transform has to offer, and the buffer it decrypts into.
 *
 * An ESP packet (RFC 4303 section 2) lies in `bytes` as
 * `SPI 4 | Sequence 4 | IV | ciphertext | ICV`, with the SPI at `esp` and the ICV at `icv`.
 */

/** Octets of SPI and sequence number. */
export const ESP_HEADER_LENGTH = 8;

/** `sequenceHigh` of a security association without extended sequence numbers. */
export const NO_SEQUENCE_HIGH = -1;

/** A cipher that is ready for one message. */
export interface PortableCipher {
  encrypt(plaintext: Uint8Array): Uint8Array;
  decrypt(ciphertext: Uint8Array): Uint8Array;
}

/** Algorithms in plain JavaScript; see portable.ts. Nothing of theirs is loaded unless somebody hands them in. */
export interface PortableCrypto {
  /** AES-CBC over whole blocks. */
  aesCbc(key: Uint8Array, iv: Uint8Array): PortableCipher;
  aesCtr(key: Uint8Array, counterBlock: Uint8Array): PortableCipher;
  aesGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): PortableCipher;
  chaCha20Poly1305(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): PortableCipher;
  readonly hmac: (
    name: 'md5' | 'ripemd160' | 'sha1' | 'sha256' | 'sha384' | 'sha512',
    key: Uint8Array,
    message: Uint8Array,
  ) => Uint8Array;
}

/** Who computes: `node` is the fast one, the portable one is what tests compare it with. */
export type CryptoBackend = 'node' | PortableCrypto;

/**
 * Plaintext of one packet. The caller owns one for each nesting depth (ESP in a tunnel in ESP), because the
 * payload of the outer packet has to stay while the inner one is decrypted.
 */
export class EspScratch {
  /** Where the plaintext is after a successful `open`: `storage`, or the packet itself for NULL encryption. */
  bytes: Uint8Array;
  /** Offset of the first plaintext octet in `bytes`. */
  offset = 0;
  /** 1 when AES-GMAC matched with the IV in the authenticated data (see gmac.ts), else 0. */
  variant = 0;
  #storage: Uint8Array;

  /** @param size first size in octets; grows to the largest packet seen. */
  constructor(size = 2048) {
    this.#storage = new Uint8Array(size);
    this.bytes = this.#storage;
  }

  /** Copies plaintext in; it starts `skip` octets into `output`. */
  take(output: Uint8Array, skip: number): void {
    if (output.length > this.#storage.length) {
      let size = this.#storage.length;
      while (size < output.length) size *= 2;
      this.#storage = new Uint8Array(size);
    }
    this.#storage.set(output, 0);
    this.bytes = this.#storage;
    this.offset = skip;
  }

  /** Plaintext that lies in the packet already. */
  refer(bytes: Uint8Array, offset: number): void {
    this.bytes = bytes;
    this.offset = offset;
  }
}

/**
 * Scratch for who keeps the plaintext: it stays in the octets that the backend made for this packet and is not
 * copied. They belong to the caller.
 */
export class KeptPlaintext extends EspScratch {
  constructor() {
    super(0);
  }

  override take(output: Uint8Array, skip: number): void {
    this.bytes = output;
    this.offset = skip;
  }
}

/** Encryption with one key, separate or combined with integrity. */
export interface EspCipher {
  /**
   * Decrypts a packet into `scratch`. The caller has checked that IV, ciphertext and ICV are there and that
   * the ciphertext is a whole number of blocks.
   * @param sequenceHigh upper half of the sequence number, or `NO_SEQUENCE_HIGH`.
   * @returns false when the ICV of a combined transform does not match. May throw when the backend fails.
   */
  open(
    bytes: Uint8Array,
    esp: number,
    icv: number,
    sequenceHigh: number,
    scratch: EspScratch,
  ): boolean;
  /** Encrypts `packet` in place, IV already there; a combined transform writes its ICV at `icv`. */
  seal(packet: Uint8Array, icv: number, sequenceHigh: number): void;
}

/** Integrity with one key, apart from encryption (RFC 4303 section 3.3.2.1). */
export interface EspIntegrity {
  /** Whether the ICV at `icv` is the one of `[esp, icv)`. */
  verify(bytes: Uint8Array, esp: number, icv: number, sequenceHigh: number): boolean;
  /** Writes the ICV of `[0, icv)` at `icv`. */
  sign(packet: Uint8Array, icv: number, sequenceHigh: number): void;
}
