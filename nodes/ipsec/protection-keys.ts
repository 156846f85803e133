/**
 * Transforms and keys of an association of a node. What is made of the keys can be used; they cannot be read.
 */
import type { EspIntegrity } from '../../engine/crypto/esp-backend.ts';
import { EspContext, checkKeyLengths } from '../../engine/crypto/esp.ts';
import type { EspKeys } from '../../engine/crypto/esp.ts';
import type { EncryptionTransform, IntegrityTransform } from '../../engine/crypto/transforms.ts';

/** RFCs of the transforms that leave the payload readable: NULL, and NULL with AES-GMAC. */
const READABLE = [2410, 4543];

/** Keys of one direction. Neither JSON nor `console.log` nor an error shows them. */
export class ProtectionKeys {
  readonly encryption: EncryptionTransform;
  readonly integrity: IntegrityTransform;
  /** Both keys, one behind the other and a character for each octet: an array costs ten times as much as the key in it. */
  readonly #octets: string;
  readonly #encryptionOctets: number;

  /**
   * @param keys for AH, NULL encryption; the octets are copied
   * @throws RangeError when a key has the wrong length, or two transforms would authenticate
   */
  constructor(keys: Omit<EspKeys, 'backend'>) {
    checkKeyLengths(keys);
    this.encryption = keys.encryption;
    this.integrity = keys.integrity;
    this.#octets = String.fromCharCode(...keys.encryptionKey, ...keys.integrityKey);
    this.#encryptionOctets = keys.encryptionKey.length;
  }

  /** Whether a changed packet is told from a true one. Not with NULL, and not with a transform that only has room for an ICV. */
  get isAuthenticated(): boolean {
    return this.encryption.icvLength > 0 || this.integrity.create !== undefined;
  }

  get isEncrypted(): boolean {
    return !READABLE.includes(this.encryption.rfc);
  }

  /** Whether an IV that comes twice gives the plaintext away, or the key of the ICV: counter modes. RFC 3686, RFC 4106. */
  get isCounterMode(): boolean {
    return this.encryption.ivLength > 0 && this.encryption.blockLength === 1;
  }

  /** Ready for ESP. */
  createEsp(): EspContext {
    return new EspContext({
      encryption: this.encryption,
      encryptionKey: this.#octetsOf(0, this.#encryptionOctets),
      integrity: this.integrity,
      integrityKey: this.#integrityKey(),
    });
  }

  /** Ready for AH; undefined without a separate integrity transform that the crypto backend has. */
  createIntegrity(): EspIntegrity | undefined {
    try {
      return this.integrity.create?.(this.#integrityKey(), 'node');
    } catch {
      return undefined;
    }
  }

  #integrityKey(): Uint8Array {
    return this.#octetsOf(this.#encryptionOctets, this.#octets.length);
  }

  #octetsOf(start: number, end: number): Uint8Array {
    return Uint8Array.from({ length: end - start }, (_, i) => this.#octets.charCodeAt(start + i));
  }

  toJSON(): { readonly encryption: string; readonly integrity: string } {
    return { encryption: this.encryption.name, integrity: this.integrity.name };
  }
}
