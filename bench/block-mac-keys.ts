/**
 * Keys of MACs made of AES-CBC, for the raw side of `esp.ts`.
 */
import { createCipheriv } from 'node:crypto';

/** One key for the cipher, and what the last block is changed with: when it is whole, and after padding. */
export interface MacKeys {
  readonly cipherKey: Uint8Array;
  readonly wholeKey: Uint8Array;
  readonly paddedKey: Uint8Array;
}

function encrypted(key: Uint8Array, octet: number): Uint8Array {
  return createCipheriv('aes-128-ecb', key, null).update(new Uint8Array(16).fill(octet));
}

/** RFC 3566 section 4. */
export function aesXcbcSubkeys(key: Uint8Array): MacKeys {
  return {
    cipherKey: encrypted(key, 1),
    wholeKey: encrypted(key, 2),
    paddedKey: encrypted(key, 3),
  };
}

/** RFC 4493 section 2.3. */
export function aesCmacSubkeys(key: Uint8Array): MacKeys {
  const wholeKey = doubled(encrypted(key, 0));
  return { cipherKey: key, wholeKey, paddedKey: doubled(wholeKey) };
}

function doubled(block: Uint8Array): Uint8Array {
  const result = block.map((octet, i) => (octet << 1) | ((block[i + 1] ?? 0) >> 7));
  if ((block[0] ?? 0) >= 0x80) result[15] = (result[15] ?? 0) ^ 0x87;
  return result;
}
