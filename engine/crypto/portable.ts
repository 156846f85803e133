/**
 * The same algorithms in plain JavaScript: an independent second opinion for tests. No run loads them.
 */
import { cbc, ctr, gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hmac } from '@noble/hashes/hmac.js';
import { md5, ripemd160, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import type { PortableCrypto } from './esp-backend.ts';

const HASHES = { md5, ripemd160, sha1, sha256, sha384, sha512 };

/** Backend that needs nothing of the platform; it has no DES, Camellia and AES-CCM. */
export const PORTABLE: PortableCrypto = {
  aesCbc: (key, iv) => cbc(key, iv, { disablePadding: true }),
  aesCtr: (key, counterBlock) => ctr(key, counterBlock),
  aesGcm: (key, nonce, aad) => gcm(key, nonce, aad),
  chaCha20Poly1305: (key, nonce, aad) => chacha20poly1305(key, nonce, aad),
  hmac: (name, key, message) => hmac(HASHES[name], key, message),
};
