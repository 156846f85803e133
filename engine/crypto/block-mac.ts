/**
 * MACs made of AES in CBC mode: AES-XCBC-MAC-96 (RFC 3566) and AES-CMAC-96 (RFC 4494, RFC 4493).
 *
 * Both are CBC-MAC with a zero IV whose last block is changed with one of two further keys: the first when that
 * block is whole, the second after `10...0` padding. They differ in how the three keys come from the
 * configured one.
 */
import { createCipheriv, createSecretKey, type Cipher, type KeyObject } from 'node:crypto';
import { putU32, u8 } from '../../dissectors/core/bytes.ts';
import { constantTimeEqual } from './constant-time.ts';
import {
  NO_SEQUENCE_HIGH,
  type CryptoBackend,
  type EspIntegrity,
  type PortableCrypto,
} from './esp-backend.ts';
import { workOctets } from './work-octets.ts';

const BLOCK_LENGTH = 16;
const ICV_LENGTH = 12;
const ZERO_IV = new Uint8Array(BLOCK_LENGTH);

/** AES-CBC over whole blocks, for its last block. */
interface CbcChain {
  /** Encrypts `input` with a zero IV. @returns the last block. `input` is changed. */
  lastBlock(input: Uint8Array): Uint8Array;
}

/**
 * One cipher object for the life of the key, at a third of the cost of a new one. It goes on where it stopped: the
 * last block of before is added to the first block of the next message, which takes it out again. After any error
 * the object is thrown away.
 */
class NodeChain implements CbcChain {
  readonly #key: KeyObject;
  readonly #last = new Uint8Array(BLOCK_LENGTH);
  /** Made at the first packet: a key file may hold thousands of keys that no packet uses. */
  #cipher: Cipher | undefined;

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  lastBlock(input: Uint8Array): Uint8Array {
    const last = this.#last;
    let cipher = this.#cipher;
    if (cipher === undefined) {
      cipher = createCipheriv('aes-128-cbc', this.#key, ZERO_IV);
      last.fill(0);
    }
    // Gone from here on unless the update gives everything it was fed.
    this.#cipher = undefined;
    for (let i = 0; i < BLOCK_LENGTH; i++) input[i] = u8(input, i) ^ u8(last, i);
    const output = cipher.update(input);
    const end = output.length - BLOCK_LENGTH;
    for (let i = 0; i < BLOCK_LENGTH; i++) last[i] = u8(output, end + i);
    if (output.length === input.length) this.#cipher = cipher;
    return last;
  }
}

class PortableChain implements CbcChain {
  readonly #key: Uint8Array;
  readonly #portable: PortableCrypto;

  constructor(key: Uint8Array, portable: PortableCrypto) {
    this.#key = key.slice();
    this.#portable = portable;
  }

  lastBlock(input: Uint8Array): Uint8Array {
    return this.#portable.aesCbc(this.#key, ZERO_IV).encrypt(input).subarray(-BLOCK_LENGTH);
  }
}

function cbcChain(key: Uint8Array, backend: CryptoBackend): CbcChain {
  return backend === 'node' ? new NodeChain(key) : new PortableChain(key, backend);
}

/** Integrity with a MAC over AES-CBC. */
class BlockMac implements EspIntegrity {
  readonly #chain: CbcChain;
  readonly #wholeKey: Uint8Array;
  readonly #paddedKey: Uint8Array;

  constructor(chain: CbcChain, wholeKey: Uint8Array, paddedKey: Uint8Array) {
    this.#chain = chain;
    this.#wholeKey = wholeKey;
    this.#paddedKey = paddedKey;
  }

  /** All 16 octets of the MAC; valid until the next call. */
  mac(bytes: Uint8Array, start: number, end: number, sequenceHigh: number): Uint8Array {
    const length = end - start + (sequenceHigh === NO_SEQUENCE_HIGH ? 0 : 4);
    const blocks = Math.max(1, Math.ceil(length / BLOCK_LENGTH));
    const padded = blocks * BLOCK_LENGTH;
    const input = workOctets(padded).subarray(0, padded);
    input.set(bytes.subarray(start, end), 0);
    if (sequenceHigh !== NO_SEQUENCE_HIGH) putU32(input, end - start, sequenceHigh);
    for (let i = length; i < padded; i++) input[i] = i === length ? 0x80 : 0;
    const last = padded - BLOCK_LENGTH;
    const key = length === padded ? this.#wholeKey : this.#paddedKey;
    for (let i = 0; i < BLOCK_LENGTH; i++) input[last + i] = u8(input, last + i) ^ u8(key, i);
    return this.#chain.lastBlock(input);
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
  return xcbc(key, 'node').mac(message, 0, message.length, NO_SEQUENCE_HIGH).slice();
}

/** All 16 octets of AES-CMAC of a message (RFC 4493 section 2.4); key of 16 octets. */
export function aesCmac128(key: Uint8Array, message: Uint8Array): Uint8Array {
  return cmac(key, 'node').mac(message, 0, message.length, NO_SEQUENCE_HIGH).slice();
}

/** Encrypts the block that is made of one octet. */
function encryptedBlock(chain: CbcChain, octet: number): Uint8Array {
  return chain.lastBlock(new Uint8Array(BLOCK_LENGTH).fill(octet)).slice();
}

function xcbc(key: Uint8Array, backend: CryptoBackend): BlockMac {
  const chain = cbcChain(key, backend);
  const derived = cbcChain(encryptedBlock(chain, 1), backend);
  return new BlockMac(derived, encryptedBlock(chain, 2), encryptedBlock(chain, 3));
}

function cmac(key: Uint8Array, backend: CryptoBackend): BlockMac {
  const chain = cbcChain(key, backend);
  const wholeKey = doubled(encryptedBlock(chain, 0));
  return new BlockMac(chain, wholeKey, doubled(wholeKey));
}

/** Multiplication by x in GF(2**128) with the polynomial of RFC 4493 section 2.3. */
function doubled(block: Uint8Array): Uint8Array {
  const result = new Uint8Array(BLOCK_LENGTH);
  for (let i = 0; i < BLOCK_LENGTH; i++) result[i] = (u8(block, i) << 1) | (u8(block, i + 1) >>> 7);
  if (u8(block, 0) >= 0x80) result[BLOCK_LENGTH - 1] = u8(result, BLOCK_LENGTH - 1) ^ 0x87;
  return result;
}
