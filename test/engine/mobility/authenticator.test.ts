/**
 * Keys and authenticators of return routability against node:crypto, which the functions are not made of.
 */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  AUTHENTICATOR_OCTETS,
  bindingAuthenticator,
  bindingManagementKey,
  keygenToken,
} from '../../../engine/mobility/authenticator.ts';

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('return routability', () => {
  test('a keygen token is First(64, HMAC_SHA1(Kcn, address | nonce | 0 or 1)), RFC 6275 section 5.2.5', () => {
    fc.assert(
      fc.property(
        octets(20),
        octets(16),
        fc.uint8Array({ maxLength: 32 }),
        fc.constantFrom('home', 'care-of'),
        (key, address, nonce, kind) => {
          const last = Uint8Array.of(kind === 'home' ? 0 : 1);
          const expected = createHmac('sha1', key).update(address).update(nonce).update(last);
          expect(hex(keygenToken(key, address, nonce, kind))).toBe(
            expected.digest('hex').slice(0, 16),
          );
        },
      ),
    );
  });

  test('Kbm is SHA-1 of both tokens, of the home token alone for a deletion, RFC 6275 section 5.2.5', () => {
    fc.assert(
      fc.property(octets(8), octets(8), (home, careOf) => {
        const both = createHash('sha1').update(home).update(careOf).digest('hex');
        expect(hex(bindingManagementKey(home, careOf))).toBe(both);
        expect(hex(bindingManagementKey(home))).toBe(createHash('sha1').update(home).digest('hex'));
      }),
    );
  });

  test('an authenticator is First(96, HMAC_SHA1(Kbm, care-of | correspondent | data)), RFC 6275 section 6.2.7', () => {
    fc.assert(
      fc.property(
        octets(20),
        octets(16),
        octets(16),
        fc.uint8Array({ maxLength: 200 }),
        (key, careOf, correspondent, data) => {
          const hmac = createHmac('sha1', key).update(careOf).update(correspondent).update(data);
          const found = bindingAuthenticator(key, careOf, correspondent, data);
          expect(found).toHaveLength(AUTHENTICATOR_OCTETS);
          expect(hex(found)).toBe(hmac.digest('hex').slice(0, 24));
        },
      ),
    );
  });
});
