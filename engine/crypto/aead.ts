/**
 * Transforms that encrypt and authenticate at once: AES-GCM (RFC 4106), AES-CCM (RFC 4309),
 * ChaCha20-Poly1305 (RFC 7634).
 *
 * Nonce: salt (end of the key), IV 8 (on the wire). Additional authenticated data: SPI and sequence number, or
 * SPI and the whole extended sequence number (RFC 4106 section 5, RFC 4309 section 5, RFC 7634 section 2.1).
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type CipherCCMTypes,
  type CipherGCMTypes,
} from 'node:crypto';
import { putU32, u32, u8 } from '../../dissectors/core/bytes.ts';
import { constantTimeEqual } from './constant-time.ts';
import {
  ESP_HEADER_LENGTH,
  NO_SEQUENCE_HIGH,
  type CryptoBackend,
  type EspCipher,
  type EspScratch,
} from './esp-backend.ts';

const IV_LENGTH = 8;
const TEXT = ESP_HEADER_LENGTH + IV_LENGTH;

/** The algorithm under the framing of ESP or IKE. */
export interface Aead {
  /** Plaintext of `[text, icv)`, or `undefined` when the tag at `icv` is not the right one. */
  decrypt(
    nonce: Uint8Array,
    aad: Uint8Array,
    bytes: Uint8Array,
    text: number,
    icv: number,
  ): Uint8Array | undefined;
  /** Ciphertext and tag of a plaintext. */
  encrypt(
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): { text: Uint8Array; tag: Uint8Array };
}

class AeadCipher implements EspCipher {
  readonly #nonce: Uint8Array;
  readonly #saltLength: number;
  readonly #aad = new Uint8Array(8);
  readonly #extendedAad = new Uint8Array(12);
  readonly #aead: Aead;

  constructor(salt: Uint8Array, aead: Aead) {
    this.#nonce = new Uint8Array(salt.length + IV_LENGTH);
    this.#nonce.set(salt, 0);
    this.#saltLength = salt.length;
    this.#aead = aead;
  }

  /** Fills the nonce, gives the additional data. */
  #prepare(bytes: Uint8Array, esp: number, sequenceHigh: number): Uint8Array {
    const iv = esp + ESP_HEADER_LENGTH;
    for (let i = 0; i < IV_LENGTH; i++) this.#nonce[this.#saltLength + i] = u8(bytes, iv + i);
    const isExtended = sequenceHigh !== NO_SEQUENCE_HIGH;
    const aad = isExtended ? this.#extendedAad : this.#aad;
    putU32(aad, 0, u32(bytes, esp));
    if (isExtended) putU32(aad, 4, sequenceHigh);
    putU32(aad, aad.length - 4, u32(bytes, esp + 4));
    return aad;
  }

  open(
    bytes: Uint8Array,
    esp: number,
    icv: number,
    sequenceHigh: number,
    scratch: EspScratch,
  ): boolean {
    const aad = this.#prepare(bytes, esp, sequenceHigh);
    const plaintext = this.#aead.decrypt(this.#nonce, aad, bytes, esp + TEXT, icv);
    if (plaintext === undefined) return false;
    scratch.take(plaintext, 0);
    return true;
  }

  seal(packet: Uint8Array, icv: number, sequenceHigh: number): void {
    const aad = this.#prepare(packet, 0, sequenceHigh);
    const { text, tag } = this.#aead.encrypt(this.#nonce, aad, packet.subarray(TEXT, icv));
    packet.set(text, TEXT);
    packet.set(tag, icv);
  }
}

/** What the three combined ciphers of the node backend have in common. */
interface NodeCipher {
  setAAD(aad: Uint8Array, options?: { plaintextLength: number }): unknown;
  update(input: Uint8Array): Uint8Array;
  final(): unknown;
}
interface NodeSealer extends NodeCipher {
  getAuthTag(): Uint8Array;
}
interface NodeOpener extends NodeCipher {
  setAuthTag(tag: Uint8Array): unknown;
}

/** One algorithm of the node backend with its key inside. */
interface NodeAlgorithm {
  /** CCM wants the length before the data; for the others it would only cost time. */
  readonly wantsLength?: boolean;
  readonly sealer: (nonce: Uint8Array) => NodeSealer;
  readonly opener: (nonce: Uint8Array) => NodeOpener;
}

class NodeAead implements Aead {
  readonly #algorithm: NodeAlgorithm;
  readonly #tag: Uint8Array;

  constructor(algorithm: NodeAlgorithm, tagLength: number) {
    this.#algorithm = algorithm;
    this.#tag = new Uint8Array(tagLength);
  }

  decrypt(
    nonce: Uint8Array,
    aad: Uint8Array,
    bytes: Uint8Array,
    text: number,
    icv: number,
  ): Uint8Array | undefined {
    const algorithm = this.#algorithm;
    const tag = this.#tag;
    for (let i = 0; i < tag.length; i++) tag[i] = u8(bytes, icv + i);
    const opener = algorithm.opener(nonce);
    // CCM wants the tag before the data; the others do not mind.
    opener.setAuthTag(tag);
    setAad(algorithm, opener, aad, icv - text);
    try {
      const plaintext = opener.update(bytes.subarray(text, icv));
      opener.final();
      return plaintext;
    } catch {
      return undefined;
    }
  }

  encrypt(
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): { text: Uint8Array; tag: Uint8Array } {
    const sealer = this.#algorithm.sealer(nonce);
    setAad(this.#algorithm, sealer, aad, plaintext.length);
    const text = sealer.update(plaintext);
    sealer.final();
    return { text, tag: sealer.getAuthTag() };
  }
}

function setAad(
  { wantsLength = false }: NodeAlgorithm,
  cipher: NodeCipher,
  aad: Uint8Array,
  plaintextLength: number,
): void {
  if (wantsLength) cipher.setAAD(aad, { plaintextLength });
  else cipher.setAAD(aad);
}

function nodeGcm(key: Uint8Array, authTagLength: number): NodeAlgorithm {
  const name = gcmName(key.length);
  const keyObject = createSecretKey(key);
  const options = { authTagLength };
  return {
    sealer: (nonce) => createCipheriv(name, keyObject, nonce, options),
    opener: (nonce) => createDecipheriv(name, keyObject, nonce, options),
  };
}

function nodeCcm(key: Uint8Array, authTagLength: number): NodeAlgorithm {
  const name: CipherCCMTypes = `aes-${aesBits(key.length)}-ccm`;
  const keyObject = createSecretKey(key);
  const options = { authTagLength };
  return {
    wantsLength: true,
    sealer: (nonce) => createCipheriv(name, keyObject, nonce, options),
    opener: (nonce) => createDecipheriv(name, keyObject, nonce, options),
  };
}

function nodeChaCha(key: Uint8Array): NodeAlgorithm {
  const keyObject = createSecretKey(key);
  const options = { authTagLength: 16 };
  return {
    sealer: (nonce) => createCipheriv('chacha20-poly1305', keyObject, nonce, options),
    opener: (nonce) => createDecipheriv('chacha20-poly1305', keyObject, nonce, options),
  };
}

/** A stream cipher with a tag of 16 octets. */
type StreamAead = (
  nonce: Uint8Array,
  aad: Uint8Array,
) => { encrypt(plaintext: Uint8Array): Uint8Array };

/**
 * The portable backend offers whole tags only. Encrypting the ciphertext gives the plaintext (both modes add a
 * key stream), and encrypting that gives the tag to compare, cut to any length.
 */
class PortableAead implements Aead {
  readonly #create: StreamAead;
  readonly #tagLength: number;

  constructor(create: StreamAead, tagLength: number) {
    this.#create = create;
    this.#tagLength = tagLength;
  }

  decrypt(
    nonce: Uint8Array,
    aad: Uint8Array,
    bytes: Uint8Array,
    text: number,
    icv: number,
  ): Uint8Array | undefined {
    const length = icv - text;
    const plaintext = this.#create(nonce, aad).encrypt(bytes.slice(text, icv)).slice(0, length);
    const { tag } = this.encrypt(nonce, aad, plaintext);
    return constantTimeEqual(tag, 0, bytes, icv, this.#tagLength) ? plaintext : undefined;
  }

  encrypt(
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): { text: Uint8Array; tag: Uint8Array } {
    const sealed = this.#create(nonce, aad).encrypt(plaintext.slice());
    const length = plaintext.length;
    return {
      text: sealed.subarray(0, length),
      tag: sealed.slice(length, length + this.#tagLength),
    };
  }
}

const GCM_SALT_LENGTH = 4;
const CCM_SALT_LENGTH = 3;

function aesBits(keyLength: number): 128 | 192 | 256 {
  return keyLength === 16 ? 128 : keyLength === 24 ? 192 : 256;
}

/** Name of the GCM cipher for a key of 16, 24 or 32 octets. */
export function gcmName(keyLength: number): CipherGCMTypes {
  return `aes-${aesBits(keyLength)}-gcm`;
}

/** A combined algorithm with its key and salt, for who frames otherwise than ESP does. */
export interface SaltedAead {
  readonly aead: Aead;
  /** Start of every nonce. */
  readonly salt: Uint8Array;
}

/** AES-GCM of the node backend, key as for {@link aesGcm}. */
export function saltedGcm(icvLength: number, keyAndSalt: Uint8Array): SaltedAead {
  const { key, salt } = split(keyAndSalt, GCM_SALT_LENGTH);
  return { salt, aead: new NodeAead(nodeGcm(key, icvLength), icvLength) };
}

/** AES-CCM of the node backend, key as for {@link aesCcm}. */
export function saltedCcm(icvLength: number, keyAndSalt: Uint8Array): SaltedAead {
  const { key, salt } = split(keyAndSalt, CCM_SALT_LENGTH);
  return { salt, aead: new NodeAead(nodeCcm(key, icvLength), icvLength) };
}

/** ChaCha20-Poly1305 of the node backend, key as for {@link chaCha20Poly1305}. */
export function saltedChaCha(keyAndSalt: Uint8Array): SaltedAead {
  const { key, salt } = split(keyAndSalt, GCM_SALT_LENGTH);
  return { salt, aead: new NodeAead(nodeChaCha(key), 16) };
}

function split(keyAndSalt: Uint8Array, saltLength: number): { key: Uint8Array; salt: Uint8Array } {
  const key = keyAndSalt.slice(0, -saltLength);
  return { key, salt: keyAndSalt.slice(key.length) };
}

/** AES-GCM with an ICV of 8, 12 or 16 octets; key of 16, 24 or 32 octets followed by the salt of 4. */
export function aesGcm(
  icvLength: number,
): (keyAndSalt: Uint8Array, backend: CryptoBackend) => EspCipher {
  return (keyAndSalt, backend) => {
    const key = keyAndSalt.slice(0, -GCM_SALT_LENGTH);
    const salt = keyAndSalt.subarray(key.length);
    const aead =
      backend === 'node'
        ? new NodeAead(nodeGcm(key, icvLength), icvLength)
        : new PortableAead((nonce, aad) => backend.aesGcm(key, nonce, aad), icvLength);
    return new AeadCipher(salt, aead);
  };
}

/**
 * AES-CCM with an ICV of 8, 12 or 16 octets; key of 16, 24 or 32 octets followed by the salt of 3.
 * @throws Error with the portable backend, which has no CCM.
 */
export function aesCcm(
  icvLength: number,
): (keyAndSalt: Uint8Array, backend: CryptoBackend) => EspCipher {
  return (keyAndSalt, backend) => {
    if (backend !== 'node') throw new Error('AES-CCM needs the node backend');
    const key = keyAndSalt.slice(0, -CCM_SALT_LENGTH);
    const salt = keyAndSalt.subarray(key.length);
    return new AeadCipher(salt, new NodeAead(nodeCcm(key, icvLength), icvLength));
  };
}

/** ChaCha20-Poly1305; key of 32 octets followed by the salt of 4. */
export function chaCha20Poly1305(keyAndSalt: Uint8Array, backend: CryptoBackend): EspCipher {
  const key = keyAndSalt.slice(0, -GCM_SALT_LENGTH);
  const salt = keyAndSalt.subarray(key.length);
  const aead =
    backend === 'node'
      ? new NodeAead(nodeChaCha(key), 16)
      : new PortableAead((nonce, aad) => backend.chaCha20Poly1305(key, nonce, aad), 16);
  return new AeadCipher(salt, aead);
}
