/**
 * Published test vectors of `fixtures/vectors`, and hex for tests.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.join(import.meta.dirname, '..', '..', '..', 'fixtures', 'vectors');

/** A plaintext and its ciphertext, without ESP around it. Octets are hex. */
export interface CipherVector {
  readonly name: string;
  readonly transform: string;
  readonly key: string;
  readonly iv: string;
  readonly plaintext: string;
  readonly ciphertext: string;
}

/** A combined algorithm as such: nonce and additional data are not those of ESP. */
export interface AeadVector {
  readonly name: string;
  readonly transform: string;
  readonly key: string;
  readonly nonce: string;
  readonly aad: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** A message and its ICV. */
export interface IntegrityVector {
  readonly name: string;
  readonly transform: string;
  readonly key: string;
  readonly message: string;
  readonly icv: string;
}

/** A whole ESP packet. */
export interface EspVector {
  readonly name: string;
  readonly encryption: string;
  readonly encryptionKey: string;
  readonly spi: number;
  readonly sequence: number;
  readonly sequenceHigh?: number;
  readonly iv: string;
  readonly payload: string;
  readonly padding: string;
  readonly nextHeader: number;
  readonly packet: string;
}

function load(name: string): unknown {
  return JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8'));
}

export const cipherVectors = load('cipher.json') as CipherVector[];
export const aeadVectors = load('aead.json') as AeadVector[];
export const integrityVectors = load('integrity.json') as IntegrityVector[];
export const espVectors = load('esp.json') as EspVector[];

/** Octets of a hex text. */
export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** Hex text of octets. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
