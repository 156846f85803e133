/**
 * HMAC (RFC 2104): integrity of ESP, and the functions that return routability is made of.
 */
import { hash } from 'node:crypto';
import { hmac } from '@noble/hashes/hmac.js';
import { md5, ripemd160, sha1 as nobleSha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { putU32, u8 } from '../../dissectors/core/bytes.ts';
import { constantTimeEqual, constantTimeEqualText } from './constant-time.ts';
import { NO_SEQUENCE_HIGH, type CryptoBackend, type EspIntegrity } from './esp-backend.ts';

const HASHES = {
  md5: { noble: md5, blockLength: 64 },
  ripemd160: { noble: ripemd160, blockLength: 64 },
  sha1: { noble: nobleSha1, blockLength: 64 },
  sha256: { noble: sha256, blockLength: 64 },
  sha384: { noble: sha384, blockLength: 128 },
  sha512: { noble: sha512, blockLength: 128 },
} as const;

/** Hash functions an HMAC can be made with. */
export type HashName = keyof typeof HASHES;

/** SHA-1 over the parts one after another; 20 octets. */
export function sha1(...parts: Uint8Array[]): Uint8Array {
  return nobleSha1(concatBytes(...parts));
}

/** HMAC-SHA-1 over the parts one after another; 20 octets. The key may have any length. */
export function hmacSha1(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  return hmac(nobleSha1, key, concatBytes(...parts));
}

// Inner pad and message have to be one array for a one-shot hash; one array serves all keys.
let work = new Uint8Array(4096);

function workOfLength(length: number): Uint8Array {
  if (length > work.length) {
    let size = work.length;
    while (size < length) size *= 2;
    work = new Uint8Array(size);
  }
  return work;
}

/**
 * HMAC as two one-shot hashes over cached pads, digests as Latin-1 text: a third of the time of `createHmac`
 * with `digest()`, whose objects cost more than the hashing.
 */
class NodeHmac implements EspIntegrity {
  readonly #name: HashName;
  readonly #icvLength: number;
  readonly #innerPad: Uint8Array;
  /** Outer pad with room for the inner digest behind it. */
  readonly #outer: Uint8Array;

  constructor(name: HashName, key: Uint8Array, icvLength: number) {
    const { noble, blockLength } = HASHES[name];
    const padded = new Uint8Array(blockLength);
    padded.set(key.length > blockLength ? noble(key) : key);
    this.#name = name;
    this.#icvLength = icvLength;
    this.#innerPad = padded.map((octet) => octet ^ 0x36);
    this.#outer = new Uint8Array(blockLength + noble.outputLen);
    this.#outer.set(padded.map((octet) => octet ^ 0x5c));
    // Fails here, not at the first packet, when this build of the backend lacks the hash.
    hash(name, new Uint8Array(0), 'binary');
  }

  #digest(bytes: Uint8Array, start: number, end: number, sequenceHigh: number): string {
    const pad = this.#innerPad;
    const outer = this.#outer;
    const blockLength = pad.length;
    let length = blockLength + end - start;
    const input = workOfLength(length + 4);
    input.set(pad, 0);
    input.set(bytes.subarray(start, end), blockLength);
    if (sequenceHigh !== NO_SEQUENCE_HIGH) {
      // RFC 4303 section 2.2.1: the upper half is hashed after the trailer and not transmitted.
      putU32(input, length, sequenceHigh);
      length += 4;
    }
    const inner = hash(this.#name, input.subarray(0, length), 'binary');
    for (let i = 0; i < inner.length; i++) outer[blockLength + i] = inner.charCodeAt(i);
    return hash(this.#name, outer, 'binary');
  }

  verify(bytes: Uint8Array, esp: number, icv: number, sequenceHigh: number): boolean {
    const digest = this.#digest(bytes, esp, icv, sequenceHigh);
    return constantTimeEqualText(digest, bytes, icv, this.#icvLength);
  }

  sign(packet: Uint8Array, icv: number, sequenceHigh: number): void {
    const digest = this.#digest(packet, 0, icv, sequenceHigh);
    for (let i = 0; i < this.#icvLength; i++) packet[icv + i] = digest.charCodeAt(i);
  }
}

class NobleHmac implements EspIntegrity {
  readonly #name: HashName;
  readonly #icvLength: number;
  readonly #key: Uint8Array;

  constructor(name: HashName, key: Uint8Array, icvLength: number) {
    this.#name = name;
    this.#icvLength = icvLength;
    this.#key = key.slice();
  }

  #digest(bytes: Uint8Array, start: number, end: number, sequenceHigh: number): Uint8Array {
    const tail = sequenceHigh === NO_SEQUENCE_HIGH ? new Uint8Array(0) : new Uint8Array(4);
    if (tail.length > 0) putU32(tail, 0, sequenceHigh);
    const { noble } = HASHES[this.#name];
    return hmac(noble, this.#key, concatBytes(bytes.subarray(start, end), tail));
  }

  verify(bytes: Uint8Array, esp: number, icv: number, sequenceHigh: number): boolean {
    const digest = this.#digest(bytes, esp, icv, sequenceHigh);
    return constantTimeEqual(digest, 0, bytes, icv, this.#icvLength);
  }

  sign(packet: Uint8Array, icv: number, sequenceHigh: number): void {
    const digest = this.#digest(packet, 0, icv, sequenceHigh);
    for (let i = 0; i < this.#icvLength; i++) packet[icv + i] = u8(digest, i);
  }
}

/**
 * HMAC truncated to its first `icvLength` octets (RFC 2104 section 5).
 * @throws Error when the backend does not offer the hash function.
 */
export function hmacIntegrity(
  name: HashName,
  icvLength: number,
): (key: Uint8Array, backend: CryptoBackend) => EspIntegrity {
  return (key, backend) =>
    backend === 'node' ? new NodeHmac(name, key, icvLength) : new NobleHmac(name, key, icvLength);
}
