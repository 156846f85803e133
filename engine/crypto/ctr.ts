/**
 * AES counter mode in ESP (RFC 3686). Counter block: nonce 4 (end of the key), IV 8 (on the wire),
 * block counter 4, which starts at 1 (section 4).
 */
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { u8 } from '../../dissectors/core/bytes.ts';
import {
  ESP_HEADER_LENGTH,
  type CryptoBackend,
  type EspCipher,
  type EspScratch,
} from './esp-backend.ts';

const NONCE_LENGTH = 4;
const IV_LENGTH = 8;
const TEXT = ESP_HEADER_LENGTH + IV_LENGTH;

type KeyStream = (counterBlock: Uint8Array, input: Uint8Array) => Uint8Array;

class AesCtr implements EspCipher {
  readonly #counterBlock = new Uint8Array(16);
  readonly #apply: KeyStream;

  constructor(nonce: Uint8Array, apply: KeyStream) {
    this.#counterBlock.set(nonce, 0);
    this.#counterBlock[15] = 1;
    this.#apply = apply;
  }

  #run(bytes: Uint8Array, esp: number, icv: number): Uint8Array {
    const iv = esp + ESP_HEADER_LENGTH;
    for (let i = 0; i < IV_LENGTH; i++) this.#counterBlock[NONCE_LENGTH + i] = u8(bytes, iv + i);
    return this.#apply(this.#counterBlock, bytes.subarray(esp + TEXT, icv));
  }

  open(
    bytes: Uint8Array,
    esp: number,
    icv: number,
    _sequenceHigh: number,
    scratch: EspScratch,
  ): boolean {
    scratch.take(this.#run(bytes, esp, icv), 0);
    return true;
  }

  seal(packet: Uint8Array, icv: number): void {
    packet.set(this.#run(packet, 0, icv), TEXT);
  }
}

function nodeKeyStream(key: Uint8Array): KeyStream {
  const name = `aes-${key.length * 8}-ctr`;
  const keyObject: KeyObject = createSecretKey(key);
  return (counterBlock, input) => createCipheriv(name, keyObject, counterBlock).update(input);
}

/** AES-CTR; key of 16, 24 or 32 octets followed by the nonce of 4 (RFC 3686 section 5.1). */
export function aesCtr(keyAndNonce: Uint8Array, backend: CryptoBackend): EspCipher {
  const key = keyAndNonce.slice(0, -NONCE_LENGTH);
  const nonce = keyAndNonce.subarray(key.length);
  if (backend === 'node') return new AesCtr(nonce, nodeKeyStream(key));
  return new AesCtr(nonce, (block, input) => backend.aesCtr(key, block.slice()).encrypt(input));
}
