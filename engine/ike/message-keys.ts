/**
 * Keys of one IKE SA, as far as they are known: given, or derived from what was given and the capture.
 */
import { IkeCipher } from '../crypto/ike-cipher.ts';
import type { Prf } from '../crypto/prf.ts';
import { NULL_INTEGRITY } from '../crypto/transforms.ts';
import type { KeyMaterial } from '../keys/key-material.ts';
import { ikeKeys } from './derivation.ts';
import type { DerivationInput, DerivedKeys } from './derivation.ts';
import type { IkeNotices } from './notices.ts';
import type { IkeSecret } from './secret.ts';
import { uncheckedIntegrity } from './suite.ts';
import type { Suite } from './suite.ts';

const EMPTY = new Uint8Array(0);

/** Keys of an IKE SA. */
export class MessageKeys {
  readonly #secret: IkeSecret;
  readonly #notices: IkeNotices;
  #suite: Suite | undefined;
  #derived: DerivedKeys | undefined;
  /** Of the initiator, of the responder; null = there is none. */
  #ciphers: [IkeCipher | null | undefined, IkeCipher | null | undefined] = [undefined, undefined];

  constructor(secret: IkeSecret, notices: IkeNotices) {
    this.#secret = secret;
    this.#notices = notices;
  }

  /** The function that keys are derived with. */
  get prf(): Prf | undefined {
    return this.#suite?.prf ?? this.#secret.prf;
  }

  /** SK_d. */
  get derivation(): KeyMaterial | undefined {
    return this.#secret.derivation ?? this.#derived?.derivation;
  }

  /** Takes what the peers agreed on, and derives what follows. @param skeyseed where none was given */
  agree(suite: Suite, input: DerivationInput, skeyseed: Uint8Array | undefined): void {
    this.#suite = suite;
    this.#derived = undefined;
    this.#ciphers = [undefined, undefined];
    const seed = this.#secret.skeyseed?.reveal() ?? skeyseed;
    const { prf } = suite;
    if (prf !== undefined && seed !== undefined) {
      this.#derived = ikeKeys(prf, suite, seed, input);
    }
  }

  /** What opens messages of one side; undefined without its keys. */
  cipher(isInitiator: boolean): IkeCipher | undefined {
    const index = isInitiator ? 0 : 1;
    let made = this.#ciphers[index];
    if (made === undefined) {
      made = this.#make(isInitiator);
      this.#ciphers[index] = made;
    }
    return made ?? undefined;
  }

  #make(isInitiator: boolean): IkeCipher | null {
    const secret = this.#secret;
    const encryption = secret.encryption ?? this.#suite?.encryption;
    if (encryption === undefined) return null;
    const isCombined = encryption.icvLength > 0;
    const agreed = secret.integrity ?? this.#suite?.integrity ?? NULL_INTEGRITY;
    const integrity = isCombined ? NULL_INTEGRITY : agreed;
    const part = isInitiator ? 'initiator' : 'responder';
    const encryptionKey = this.#part(`${part}Encryption`);
    const integrityKey = this.#part(`${part}Integrity`);
    // Algorithms without a key need none.
    if (encryptionKey === undefined && encryption.keyLengths.length > 0) return null;
    try {
      return new IkeCipher({
        encryption,
        encryptionKey: encryptionKey?.reveal() ?? EMPTY,
        integrity: integrityKey === undefined ? uncheckedIntegrity(integrity) : integrity,
        integrityKey: isCombined ? EMPTY : (integrityKey?.reveal() ?? EMPTY),
      });
    } catch (error) {
      // Lengths and names alone: no message of these holds a key.
      const reason = error instanceof Error ? error.message : String(error);
      this.#notices.add('IKE_KEY', secret.origin, `keys of the ${part} cannot be used: ${reason}`);
      return null;
    }
  }

  #part(
    name:
      | 'initiatorEncryption'
      | 'responderEncryption'
      | 'initiatorIntegrity'
      | 'responderIntegrity',
  ): KeyMaterial | undefined {
    return this.#secret[name] ?? this.#derived?.[name];
  }
}
