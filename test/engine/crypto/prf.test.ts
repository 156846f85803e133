import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findPrf, prfOfId, prfPlus, PRFS } from '../../../engine/crypto/prf.ts';
import { hexOf, octetsOf } from '../../dissectors/hex.ts';
import { prfPlus as secondOpinion } from '../ike/key-schedule.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

describe('pseudorandom functions', () => {
  // Vectors of the RFC that is named.
  it.each([
    [
      'RFC 2202 HMAC-MD5, case 1',
      1,
      new Uint8Array(16).fill(0x0b),
      ascii('Hi There'),
      '9294727a3638bb1c13f48ef8158bfc9d',
    ],
    [
      'RFC 2202 HMAC-SHA-1, case 1',
      2,
      new Uint8Array(20).fill(0x0b),
      ascii('Hi There'),
      'b617318655057264e28bc0b6fb378c8ef146be00',
    ],
    [
      'RFC 4868 PRF-HMAC-SHA-256, case PRF-1',
      5,
      new Uint8Array(20).fill(0x0b),
      ascii('Hi There'),
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      'RFC 4868 PRF-HMAC-SHA-384, case PRF-2',
      6,
      ascii('Jefe'),
      ascii('what do ya want for nothing?'),
      'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
    ],
    [
      'RFC 4868 PRF-HMAC-SHA-512, case PRF-2',
      7,
      ascii('Jefe'),
      ascii('what do ya want for nothing?'),
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
    ['RFC 4434, key of 16 octets', 4, counted(16), counted(20), '47f51b4564966215b8985c63055ed308'],
    ['RFC 4434, key of 10 octets', 4, counted(10), counted(20), '0fa087af7d866e7653434e602fdde835'],
    [
      'RFC 4434, key of 18 octets',
      4,
      octetsOf('000102030405060708090a0b0c0d0e0fedcb'),
      counted(20),
      '8cd3c93ae598a9803006ffb67c40e9e4',
    ],
    [
      'RFC 4615, key of 18 octets',
      8,
      octetsOf('000102030405060708090a0b0c0d0e0fedcb'),
      counted(20),
      '84a348a4a45d235babfffc0d2b4da09a',
    ],
    ['RFC 4615, key of 16 octets', 8, counted(16), counted(20), '980ae87b5f4c9c5214f5b6a8455e4c2d'],
    ['RFC 4615, key of 10 octets', 8, counted(10), counted(20), '290d9e112edb09ee141fcf64c0b72f3d'],
  ])('give the result of %s', (_name, id, key, message, expected) => {
    const prf = prfOfId(id);
    expect(hexOf(prf?.compute(key, message) ?? new Uint8Array())).toBe(expected);
    // Parts are one message.
    const parts = [message.slice(0, 3), message.slice(3)];
    expect(hexOf(prf?.compute(key, ...parts) ?? new Uint8Array())).toBe(expected);
  });

  it('expand as RFC 7296 section 2.13 says, to any length', () => {
    const key = counted(40);
    const seed = counted(33);
    for (const [id, hash] of [
      [1, 'md5'],
      [2, 'sha1'],
      [5, 'sha256'],
      [6, 'sha384'],
      [7, 'sha512'],
    ] as const) {
      const prf = prfOfId(id);
      if (prf === undefined) throw new Error(`no ${id}`);
      for (const length of [0, 1, prf.length, prf.length + 1, 300]) {
        expect(hexOf(prfPlus(prf, key, seed, length))).toBe(
          hexOf(secondOpinion(hash, key, seed, length)),
        );
      }
    }
  });

  it('refuse more octets than a counter of one octet gives', () => {
    const prf = prfOfId(1);
    if (prf === undefined) throw new Error('no PRF');
    expect(prfPlus(prf, counted(16), counted(1), 255 * 16)).toHaveLength(255 * 16);
    expect(() => prfPlus(prf, counted(16), counted(1), 255 * 16 + 1)).toThrow(RangeError);
  });

  it('are found by the names of key files', () => {
    expect(findPrf('hmac-sha2-256')?.id).toBe(5);
    expect(findPrf('PRF_AES128_XCBC')?.id).toBe(4);
    expect(findPrf('HMAC_TIGER')).toBeUndefined();
    expect(PRFS.map(({ id }) => prfOfId(id)?.id)).toEqual(PRFS.map(({ id }) => id));
  });

  it('of HMAC are what OpenSSL computes', () => {
    const key = counted(200);
    const message = counted(99);
    const expected = createHmac('sha512', key).update(message).digest('hex');
    expect(hexOf(prfOfId(7)?.compute(key, message) ?? new Uint8Array())).toBe(expected);
  });
});
