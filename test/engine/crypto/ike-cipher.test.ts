import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findEncryptedPayload } from '../../../dissectors/ike/index.ts';
import { IkeCipher, payloadOctets } from '../../../engine/crypto/ike-cipher.ts';
import {
  ENCRYPTION_TRANSFORMS,
  INTEGRITY_TRANSFORMS,
  NULL_INTEGRITY,
  findEncryption,
  findIntegrity,
} from '../../../engine/crypto/transforms.ts';
import { hexOf, octetsOf } from '../../dissectors/hex.ts';

const counted = (length: number, first = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (first + i) & 0xff);

function cipher(encryptionName: string, integrityName = 'NULL', seed = 1): IkeCipher {
  const encryption = findEncryption(encryptionName);
  const integrity = findIntegrity(integrityName);
  if (encryption === undefined || integrity === undefined) throw new Error(encryptionName);
  return new IkeCipher({
    encryption,
    encryptionKey: counted(encryption.keyLengths.at(-1) ?? 0, seed),
    integrity,
    integrityKey: counted(integrity.keyLength, seed),
  });
}

/** RFC 7634 appendix B. */
const MESSAGE = octetsOf(`
  c0c1c2c3c4c5c6c7 d0d1d2d3d4d5d6d7 2e202500 00000009 00000045 29000029
  1011121314151617 61039470 1f8d017f 7c129248 896b71bf e25236ef d7cdc670 66906315 b2`);
const NOTIFY = '0000000c000040010000000a';

/** All pairs that IKE uses, by name. */
const PAIRS = [
  ...ENCRYPTION_TRANSFORMS.filter(
    ({ icvLength, name }) => icvLength > 0 && !name.includes('GMAC'),
  ).map(({ name }) => [name, 'NULL'] as const),
  ...ENCRYPTION_TRANSFORMS.filter(({ icvLength }) => icvLength === 0).flatMap(({ name }) =>
    INTEGRITY_TRANSFORMS.filter(({ create }) => create !== undefined).map(
      (row) => [name, row.name] as const,
    ),
  ),
];

describe('an encrypted payload of IKEv2', () => {
  it('opens as the example of RFC 7634 appendix B says', () => {
    const key = {
      ...keysOf('ChaCha20-Poly1305'),
      encryptionKey: octetsOf(
        '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3',
      ),
    };
    const opener = new IkeCipher(key);
    const place = findEncryptedPayload(MESSAGE, 0, MESSAGE.length);
    expect(place).toMatchObject({ start: 28, body: 32, end: 69, firstPayload: 41 });
    const plain = opener.open(MESSAGE, 0, 32, 69);
    expect(plain?.icv).toBe('good');
    expect(hexOf(plain?.bytes ?? new Uint8Array())).toBe(`${NOTIFY}00`);
    const sealed = opener.seal(MESSAGE.slice(0, 32), octetsOf(NOTIFY), MESSAGE.slice(32, 40));
    expect(hexOf(sealed)).toBe(hexOf(MESSAGE));
  });

  it.each(PAIRS)('that %s and %s sealed opens again, wherever it is', (encryption, integrity) => {
    const keys = cipher(encryption, integrity);
    const wrong = cipher(encryption, integrity, 2);
    for (const length of [0, 1, 15, 16, 17, 200]) {
      const payloads = counted(length, 7);
      const start = counted(32, 3);
      const sealed = keys.seal(start, payloads, counted(keys.ivLength, 9));
      expect(sealed).toHaveLength(32 + keys.sealedLength(length));
      const bytes = new Uint8Array(sealed.length + 20);
      bytes.set(sealed, 11);
      const plain = keys.open(bytes, 11, 43, 11 + sealed.length);
      expect(plain?.icv).toBe('good');
      const octets = payloadOctets(plain?.bytes ?? new Uint8Array());
      expect(hexOf(plain?.bytes.slice(0, octets) ?? new Uint8Array())).toBe(hexOf(payloads));
      expect(wrong.open(bytes, 11, 43, 11 + sealed.length)?.icv).toBe('bad');
      // Header and every octet behind it are authenticated.
      for (const at of [11, 38, 43, 11 + sealed.length - 1]) {
        const other = bytes.slice();
        other[at] = (other[at] ?? 0) ^ 1;
        expect(keys.open(other, 11, 43, 11 + sealed.length)?.icv).toBe('bad');
      }
    }
  });

  it('of any octets and any bounds is never an exception', () => {
    const all = PAIRS.filter(([, integrity]) => /^(NULL|HMAC-SHA-256-128)/.test(integrity)).map(
      ([encryption, integrity]) => cipher(encryption, integrity),
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 130 }),
        fc.nat({ max: all.length - 1 }),
        (bytes, body, end, index) => {
          const plain = all[index]?.open(bytes, 0, body, end);
          expect(plain?.icv).not.toBe('good');
          if (plain !== undefined) {
            expect(payloadOctets(plain.bytes)).toBeGreaterThanOrEqual(-1);
            expect(plain.bytes.length).toBeLessThanOrEqual(end);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is refused keys of a wrong length, and transforms that IKE does not use', () => {
    const keys = keysOf('AES-CBC');
    expect(() => new IkeCipher({ ...keys, encryptionKey: counted(17) })).toThrow(RangeError);
    expect(() => new IkeCipher(keysOf('NULL-AES-GMAC'))).toThrow(/IKE does not use it/);
  });
});

function keysOf(name: string) {
  const encryption = findEncryption(name);
  if (encryption === undefined) throw new Error(name);
  return {
    encryption,
    encryptionKey: counted(encryption.keyLengths[0] ?? 0),
    integrity: NULL_INTEGRITY,
    integrityKey: new Uint8Array(0),
  };
}
