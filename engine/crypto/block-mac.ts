/**
 * MACs made of AES in CBC mode: AES-XCBC-MAC-96 (RFC 3566) and AES-CMAC-96 (RFC 4494, RFC 4493).
 *
 * Both are CBC-MAC with a zero IV whose last block is changed with one of two further keys: the first when that
 * block is whole, the second after `10...0` padding. They differ in how the three keys come from the
 * configured one.
 */
import { createCipheriv, createSecretKey } from 'node:crypto';
import { putU32, u8 } from '../../dissectors/core/bytes.ts';
import { constantTimeEqual } from './constant-time.ts';
import { NO_SEQUENCE_HIGH, type CryptoBackend, type EspIntegrity } from './esp-backend.ts';

const BLOCK_LENGTH = 16;
const ICV_LENGTH = 12;
const ZERO_IV = new Uint8Array(BLOCK_LENGTH);

/** AES-CBC with a zero IV over whole blocks. */
type EncryptCbc = (input: Uint8Array) => Uint8Array;

function encryptCbc(key: Uint8Array, backend: CryptoBackend): EncryptCbc {
  if (backend !== 'node') {
    return (input) => backend.aesCbc(key, ZERO_IV).encrypt(input);
  }
  const keyObject = createSecretKey(key);
  return (input) => createCipheriv('aes-128-cbc', keyObject, ZERO_IV).update(input);
}

/** Integrity with a MAC over AES-CBC. */
class BlockMac implements EspIntegrity {
  readonly #encrypt: EncryptCbc;
  readonly #wholeKey: Uint8Array;
  readonly #paddedKey: Uint8Array;

  constructor(encrypt: EncryptCbc, wholeKey: Uint8Array, paddedKey: Uint8Array) {
    this.#encrypt = encrypt;
    this.#wholeKey = wholeKey;
    this.#paddedKey = paddedKey;
  }

  /** All 16 octets of the MAC. */
  mac(bytes: Uint8Array, start: number, end: number, sequenceHigh: number): Uint8Array {
    const length = end - start + (sequenceHigh === NO_SEQUENCE_HIGH ? 0 : 4);
    const blocks = Math.max(1, Math.ceil(length / BLOCK_LENGTH));
    const input = new Uint8Array(blocks * BLOCK_LENGTH);
    input.set(bytes.subarray(start, end), 0);
    if (sequenceHigh !== NO_SEQUENCE_HIGH) putU32(input, end - start, sequenceHigh);
    const isWhole = length === input.length;
    if (!isWhole) input[length] = 0x80;
    const last = input.length - BLOCK_LENGTH;
    const key = isWhole ? this.#wholeKey : this.#paddedKey;
    for (let i = 0; i < BLOCK_LENGTH; i++) input[last + i] = u8(input, last + i) ^ u8(key, i);
    return this.#encrypt(input).subarray(last, last + BLOCK_LENGTH);
  }

  verify(bytes: Uint8Array, esp: number, icv: number, sequenceHigh: number): boolean {
    const mac = this.mac(bytes, esp, icv, sequenceHigh);
    return constantTimeEqual(mac, 0, bytes, icv, ICV_LENGTH);
  }

  sign(packet: Uint8Array, icv: number, sequenceHigh: number): void {
    packet.set(this.mac(packet, 0, icv, sequenceHigh).subarray(0, ICV_LENGTH), icv);
  }
}

/** AES-XCBC-MAC-96; key of 16 octets. Keys as in RFC 3566 section 4. */
export function aesXcbcMac(key: Uint8Array, backend: CryptoBackend): EspIntegrity {
  return xcbc(key, backend);
}

/** AES-CMAC-96; key of 16 octets. Subkeys as in RFC 4493 section 2.3. */
export function aesCmac(key: Uint8Array, backend: CryptoBackend): EspIntegrity {
  return cmac(key, backend);
}

/** All 16 octets of AES-XCBC-MAC of a message (RFC 3566 section 4); key of 16 octets. */
export function aesXcbc128(key: Uint8Array, message: Uint8Array): Uint8Array {
  return xcbc(key, 'node').mac(message, 0, message.length, NO_SEQUENCE_HIGH);
}

/** All 16 octets of AES-CMAC of a message (RFC 4493 section 2.4); key of 16 octets. */
export function aesCmac128(key: Uint8Array, message: Uint8Array): Uint8Array {
  return cmac(key, 'node').mac(message, 0, message.length, NO_SEQUENCE_HIGH);
}

function xcbc(key: Uint8Array, backend: CryptoBackend): BlockMac {
  const encrypt = encryptCbc(key.slice(), backend);
  const derive = (octet: number): Uint8Array => encrypt(new Uint8Array(BLOCK_LENGTH).fill(octet));
  return new BlockMac(encryptCbc(derive(1), backend), derive(2), derive(3));
}

function cmac(key: Uint8Array, backend: CryptoBackend): BlockMac {
  const encrypt = encryptCbc(key.slice(), backend);
  const wholeKey = doubled(encrypt(new Uint8Array(BLOCK_LENGTH)));
  return new BlockMac(encrypt, wholeKey, doubled(wholeKey));
}

/** Multiplication by x in GF(2**128) with the polynomial of RFC 4493 section 2.3. */
function doubled(block: Uint8Array): Uint8Array {
  const result = new Uint8Array(BLOCK_LENGTH);
  for (let i = 0; i < BLOCK_LENGTH; i++) result[i] = (u8(block, i) << 1) | (u8(block, i + 1) >>> 7);
  if (u8(block, 0) >= 0x80) result[BLOCK_LENGTH - 1] = u8(result, BLOCK_LENGTH - 1) ^ 0x87;
  return result;
}
