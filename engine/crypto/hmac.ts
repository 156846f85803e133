/**
 * HMAC (RFC 2104): integrity of ESP, and the functions that return routability is made of.
 */
import { hash } from 'node:crypto';
import { hmac } from '@noble/hashes/hmac.js';
import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { putU32, u8 } from '../../dissectors/core/bytes.ts';
import { constantTimeEqual, constantTimeEqualText } from './constant-time.ts';
import {
  NO_SEQUENCE_HIGH,
  type CryptoBackend,
  type EspIntegrity,
  type PortableCrypto,
} from './esp-backend.ts';
import { workOctets } from './work-octets.ts';

/** Octets of a block and of a digest. */
const HASHES = {
  md5: { blockLength: 64, digestLength: 16 },
  ripemd160: { blockLength: 64, digestLength: 20 },
  sha1: { blockLength: 64, digestLength: 20 },
  sha256: { blockLength: 64, digestLength: 32 },
  sha384: { blockLength: 128, digestLength: 48 },
  sha512: { blockLength: 128, digestLength: 64 },
} as const;

/** Hash functions an HMAC can be made with. */
export type HashName = keyof typeof HASHES;

/** Octets that the inner and the outer pad are made of. RFC 2104 section 2. */
const INNER = 0x36;
const OUTER = 0x5c;

/** Writes a digest that came as Latin-1 text: cheaper than one that comes as a buffer of its own. */
function putDigest(bytes: Uint8Array, offset: number, digest: string): void {
  for (let i = 0; i < digest.length; i++) bytes[offset + i] = digest.charCodeAt(i);
}

function digestOf(name: HashName, bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(HASHES[name].digestLength);
  putDigest(digest, 0, hash(name, bytes, 'binary'));
  return digest;
}

/** Puts the parts one after another. @returns where they end */
function putParts(bytes: Uint8Array, offset: number, parts: readonly Uint8Array[]): number {
  let at = offset;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return at;
}

/** SHA-1 over the parts one after another; 20 octets. */
export function sha1(...parts: Uint8Array[]): Uint8Array {
  return nobleSha1(concatBytes(...parts));
}

/** Digest of octets. */
export function digest(name: HashName, bytes: Uint8Array): Uint8Array {
  return digestOf(name, bytes);
}

/** HMAC-SHA-1 over the parts one after another; 20 octets. The key may have any length. */
export function hmacSha1(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  return hmac(nobleSha1, key, concatBytes(...parts));
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
    const { blockLength, digestLength } = HASHES[name];
    const padded = new Uint8Array(blockLength);
    padded.set(key.length > blockLength ? digestOf(name, key) : key);
    this.#name = name;
    this.#icvLength = icvLength;
    this.#innerPad = padded.map((octet) => octet ^ INNER);
    this.#outer = new Uint8Array(blockLength + digestLength);
    this.#outer.set(padded.map((octet) => octet ^ OUTER));
    // Fails here, not at the first packet, when this build of the backend lacks the hash.
    hash(name, new Uint8Array(0), 'binary');
  }

  #digest(bytes: Uint8Array, start: number, end: number, sequenceHigh: number): string {
    const pad = this.#innerPad;
    const outer = this.#outer;
    const blockLength = pad.length;
    let length = blockLength + end - start;
    // Inner pad and message have to be one array for a one-shot hash.
    const input = workOctets(length + 4);
    input.set(pad, 0);
    input.set(bytes.subarray(start, end), blockLength);
    if (sequenceHigh !== NO_SEQUENCE_HIGH) {
      // RFC 4303 section 2.2.1: the upper half is hashed after the trailer and not transmitted.
      putU32(input, length, sequenceHigh);
      length += 4;
    }
    const inner = hash(this.#name, input.subarray(0, length), 'binary');
    putDigest(outer, blockLength, inner);
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

class PortableHmac implements EspIntegrity {
  readonly #name: HashName;
  readonly #icvLength: number;
  readonly #key: Uint8Array;
  readonly #hmac: PortableCrypto['hmac'];

  constructor(name: HashName, key: Uint8Array, icvLength: number, { hmac }: PortableCrypto) {
    this.#name = name;
    this.#icvLength = icvLength;
    this.#key = key.slice();
    this.#hmac = hmac;
  }

  #digest(bytes: Uint8Array, start: number, end: number, sequenceHigh: number): Uint8Array {
    const tail = new Uint8Array(sequenceHigh === NO_SEQUENCE_HIGH ? 0 : 4);
    if (tail.length > 0) putU32(tail, 0, sequenceHigh);
    const input = new Uint8Array(end - start + tail.length);
    putParts(input, 0, [bytes.subarray(start, end), tail]);
    return this.#hmac(this.#name, this.#key, input);
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
    backend === 'node'
      ? new NodeHmac(name, key, icvLength)
      : new PortableHmac(name, key, icvLength, backend);
}
