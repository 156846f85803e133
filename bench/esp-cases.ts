/**
 * What `esp.ts` measures: pairs of transforms, and how one opens a packet with node:crypto alone.
 *
 * The latter is the plain way: an object made for each packet, `update`, `final`, `timingSafeEqual`; keys are made
 * once, and the octets are cut in parts beforehand, so that nothing but cryptography is timed.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  timingSafeEqual,
} from 'node:crypto';
import type { CipherCCMTypes, CipherGCMTypes } from 'node:crypto';
import { aesCmacSubkeys, aesXcbcSubkeys } from './block-mac-keys.ts';
import type { MacKeys } from './block-mac-keys.ts';

/** The parts of an ESP packet, as views. */
export interface EspParts {
  /** SPI and sequence number. */
  readonly header: Uint8Array;
  readonly iv: Uint8Array;
  readonly text: Uint8Array;
  /** Everything before the ICV. */
  readonly covered: Uint8Array;
  readonly icv: Uint8Array;
}

/** Verifies and decrypts one packet. @returns octets of plaintext; -1 when the ICV is wrong. */
export type RawOpener = (parts: EspParts) => number;

/** One pair of transforms. */
export interface EspCase {
  /** For the table. */
  readonly name: string;
  /** Names in the key file. */
  readonly encryption: string;
  /** Octets, salt included. */
  readonly encryptionKeyLength: number;
  readonly integrity: string;
  readonly integrityKeyLength: number;
  readonly raw: (encryptionKey: Uint8Array, integrityKey: Uint8Array) => RawOpener;
}

type Verifier = (parts: EspParts) => boolean;
type Decrypter = (parts: EspParts) => number;

function hmac(name: string, length: number): (key: Uint8Array) => Verifier {
  return (key) => {
    const keyObject = createSecretKey(key);
    return ({ covered, icv }) => {
      const digest = createHmac(name, keyObject).update(covered).digest();
      return timingSafeEqual(digest.subarray(0, length), icv);
    };
  };
}

/** CBC-MAC of the whole message in one call; node:crypto has neither XCBC nor CMAC. */
function blockMac(keysOf: (key: Uint8Array) => MacKeys): (key: Uint8Array) => Verifier {
  return (key) => {
    const { cipherKey, wholeKey, paddedKey } = keysOf(key);
    const keyObject = createSecretKey(cipherKey);
    const zeros = new Uint8Array(16);
    return ({ covered, icv }) => {
      const input = new Uint8Array(Math.ceil(covered.length / 16) * 16);
      input.set(covered);
      const isWhole = covered.length === input.length;
      if (!isWhole) input[covered.length] = 0x80;
      const last = input.subarray(-16);
      const subkey = isWhole ? wholeKey : paddedKey;
      for (let i = 0; i < 16; i++) last[i] = (last[i] ?? 0) ^ (subkey[i] ?? 0);
      const mac = createCipheriv('aes-128-cbc', keyObject, zeros).update(input);
      return timingSafeEqual(mac.subarray(-16, -4), icv);
    };
  };
}

function cbc(name: string): (key: Uint8Array) => Decrypter {
  return (key) => {
    const keyObject = createSecretKey(key);
    return ({ iv, text }) => {
      const decipher = createDecipheriv(name, keyObject, iv).setAutoPadding(false);
      return decipher.update(text).length + decipher.final().length;
    };
  };
}

function ctr(name: string): (key: Uint8Array) => Decrypter {
  return (key) => {
    const keyObject = createSecretKey(key.subarray(0, -4));
    const counter = new Uint8Array(16);
    counter.set(key.subarray(-4), 0);
    counter[15] = 1;
    return ({ iv, text }) => {
      counter.set(iv, 4);
      const decipher = createDecipheriv(name, keyObject, counter);
      return decipher.update(text).length + decipher.final().length;
    };
  };
}

const identity = (): Decrypter => (parts) => parts.text.length;

function separate(
  decrypter: (key: Uint8Array) => Decrypter,
  verifier: (key: Uint8Array) => Verifier,
): EspCase['raw'] {
  return (encryptionKey, integrityKey) => {
    const decrypt = decrypter(encryptionKey);
    const verify = verifier(integrityKey);
    return (parts) => (verify(parts) ? decrypt(parts) : -1);
  };
}

/** What the combined ciphers have in common. */
interface CombinedDecipher {
  setAuthTag(tag: Uint8Array): unknown;
  setAAD(aad: Uint8Array, options: { plaintextLength: number }): unknown;
  update(text: Uint8Array): Uint8Array;
  final(): Uint8Array;
}

function combined(
  saltLength: number,
  decipherOf: (key: Uint8Array) => (nonce: Uint8Array) => CombinedDecipher,
): EspCase['raw'] {
  return (key) => {
    const create = decipherOf(key.subarray(0, -saltLength));
    const nonce = new Uint8Array(saltLength + 8);
    nonce.set(key.subarray(-saltLength), 0);
    return ({ header, iv, text, icv }) => {
      nonce.set(iv, saltLength);
      const decipher = create(nonce);
      decipher.setAuthTag(icv);
      decipher.setAAD(header, { plaintextLength: text.length });
      const { length } = decipher.update(text);
      try {
        decipher.final();
      } catch {
        return -1;
      }
      return length;
    };
  };
}

const TAG = { authTagLength: 16 };

const gcm = (name: CipherGCMTypes): EspCase['raw'] =>
  combined(4, (key) => {
    const keyObject = createSecretKey(key);
    return (nonce) => createDecipheriv(name, keyObject, nonce, TAG);
  });

const ccm = (name: CipherCCMTypes): EspCase['raw'] =>
  combined(3, (key) => {
    const keyObject = createSecretKey(key);
    return (nonce) => createDecipheriv(name, keyObject, nonce, TAG);
  });

const chaCha: EspCase['raw'] = combined(4, (key) => {
  const keyObject = createSecretKey(key);
  return (nonce) => createDecipheriv('chacha20-poly1305', keyObject, nonce, TAG);
});

/** AES-GMAC: nothing is encrypted, header and text are what is authenticated (RFC 4543 section 7). */
const gmac: EspCase['raw'] = (key) => {
  const keyObject = createSecretKey(key.subarray(0, -4));
  const nonce = new Uint8Array(12);
  nonce.set(key.subarray(-4), 0);
  return ({ header, iv, text, icv }) => {
    nonce.set(iv, 4);
    const decipher = createDecipheriv('aes-128-gcm', keyObject, nonce, TAG);
    decipher.setAuthTag(icv);
    decipher.setAAD(header);
    decipher.setAAD(text);
    try {
      decipher.final();
    } catch {
      return -1;
    }
    return text.length;
  };
};

const SHA1 = { integrity: 'HMAC-SHA-1-96', integrityKeyLength: 20 };
const SHA256 = { integrity: 'HMAC-SHA-256-128', integrityKeyLength: 32 };
const NONE = { integrity: 'NULL', integrityKeyLength: 0 };
const AES_128_CBC = { encryption: 'AES-CBC', encryptionKeyLength: 16 };
const AES_256_CBC = { encryption: 'AES-CBC', encryptionKeyLength: 32 };
const sha1 = hmac('sha1', 12);
const sha256 = hmac('sha256', 16);

/** Everything that is measured. */
export const ESP_CASES: readonly EspCase[] = [
  {
    name: 'AES-128-CBC, HMAC-SHA1-96',
    ...AES_128_CBC,
    ...SHA1,
    raw: separate(cbc('aes-128-cbc'), sha1),
  },
  {
    name: 'AES-128-CBC, HMAC-SHA2-256-128',
    ...AES_128_CBC,
    ...SHA256,
    raw: separate(cbc('aes-128-cbc'), sha256),
  },
  {
    name: 'AES-256-CBC, HMAC-SHA1-96',
    ...AES_256_CBC,
    ...SHA1,
    raw: separate(cbc('aes-256-cbc'), sha1),
  },
  {
    name: 'AES-256-CBC, HMAC-SHA2-256-128',
    ...AES_256_CBC,
    ...SHA256,
    raw: separate(cbc('aes-256-cbc'), sha256),
  },
  {
    name: 'AES-128-CTR, HMAC-SHA2-256-128',
    encryption: 'AES-CTR',
    encryptionKeyLength: 20,
    ...SHA256,
    raw: separate(ctr('aes-128-ctr'), sha256),
  },
  {
    name: '3DES-CBC, HMAC-SHA1-96',
    encryption: 'TripleDES-CBC',
    encryptionKeyLength: 24,
    ...SHA1,
    raw: separate(cbc('des-ede3-cbc'), sha1),
  },
  {
    name: 'NULL, HMAC-SHA1-96',
    encryption: 'NULL',
    encryptionKeyLength: 0,
    ...SHA1,
    raw: separate(identity, sha1),
  },
  {
    name: 'AES-128-CBC, AES-XCBC-MAC-96',
    ...AES_128_CBC,
    integrity: 'AES-XCBC-MAC-96',
    integrityKeyLength: 16,
    raw: separate(cbc('aes-128-cbc'), blockMac(aesXcbcSubkeys)),
  },
  {
    name: 'AES-128-CBC, AES-CMAC-96',
    ...AES_128_CBC,
    integrity: 'AES-CMAC-96',
    integrityKeyLength: 16,
    raw: separate(cbc('aes-128-cbc'), blockMac(aesCmacSubkeys)),
  },
  {
    name: 'AES-128-GCM-16',
    encryption: 'AES-GCM-16',
    encryptionKeyLength: 20,
    ...NONE,
    raw: gcm('aes-128-gcm'),
  },
  {
    name: 'AES-256-GCM-16',
    encryption: 'AES-GCM-16',
    encryptionKeyLength: 36,
    ...NONE,
    raw: gcm('aes-256-gcm'),
  },
  {
    name: 'AES-128-CCM-16',
    encryption: 'AES-CCM-16',
    encryptionKeyLength: 19,
    ...NONE,
    raw: ccm('aes-128-ccm'),
  },
  {
    name: 'ChaCha20-Poly1305',
    encryption: 'ChaCha20-Poly1305',
    encryptionKeyLength: 36,
    ...NONE,
    raw: chaCha,
  },
  {
    name: 'NULL with AES-128-GMAC',
    encryption: 'NULL-AES-GMAC',
    encryptionKeyLength: 20,
    ...NONE,
    raw: gmac,
  },
];
