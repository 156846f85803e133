import { createCipheriv, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { saltedCcm, saltedGcm } from '../../../engine/crypto/aead.ts';
import { constantTimeEqual } from '../../../engine/crypto/constant-time.ts';
import {
  EspScratch,
  NO_SEQUENCE_HIGH,
  type CryptoBackend,
} from '../../../engine/crypto/esp-backend.ts';
import { hmacSha1, sha1 } from '../../../engine/crypto/hmac.ts';
import { PORTABLE } from '../../../engine/crypto/portable.ts';
import {
  ENCRYPTION_TRANSFORMS,
  findEncryption,
  findIntegrity,
  INTEGRITY_TRANSFORMS,
  type EncryptionTransform,
  type IntegrityTransform,
} from '../../../engine/crypto/transforms.ts';
import {
  aeadVectors,
  cipherVectors,
  espVectors,
  fromHex,
  integrityVectors,
  toHex,
} from './vectors.ts';

const BACKENDS: [string, CryptoBackend][] = [
  ['node', 'node'],
  ['portable', PORTABLE],
];
/** Transforms the portable backend lacks. */
const NODE_ONLY = /^(DES|TripleDES|Camellia|AES-CCM)/;

function encryption(name: string): EncryptionTransform {
  const row = findEncryption(name);
  if (row === undefined) throw new Error(`no transform ${name}`);
  return row;
}

function integrity(name: string): IntegrityTransform {
  const row = findIntegrity(name);
  if (row === undefined) throw new Error(`no transform ${name}`);
  return row;
}

function backendsFor(name: string): [string, CryptoBackend][] {
  return NODE_ONLY.test(name) ? [['node', 'node']] : BACKENDS;
}

/** SPI and sequence number, IV and text, as a transform gets them. */
function framed(iv: Uint8Array, text: Uint8Array, icvLength = 0): Uint8Array {
  const packet = new Uint8Array(8 + iv.length + text.length + icvLength);
  packet.set(iv, 8);
  packet.set(text, 8 + iv.length);
  return packet;
}

function mac(
  row: IntegrityTransform,
  key: Uint8Array,
  message: Uint8Array,
  backend: CryptoBackend,
  sequenceHigh = NO_SEQUENCE_HIGH,
): Uint8Array {
  const packet = new Uint8Array(message.length + row.icvLength);
  packet.set(message);
  row.create?.(key, backend).sign(packet, message.length, sequenceHigh);
  return packet.slice(message.length);
}

describe.each(cipherVectors)('$transform, $name', (vector) => {
  const row = encryption(vector.transform);
  const iv = fromHex(vector.iv);
  const plain = framed(iv, fromHex(vector.plaintext));
  const sealed = framed(iv, fromHex(vector.ciphertext));

  it.each(backendsFor(row.name))('encrypts and decrypts as published, backend %s', (_, backend) => {
    const cipher = row.create(fromHex(vector.key), backend);
    const packet = plain.slice();
    cipher.seal(packet, packet.length, NO_SEQUENCE_HIGH);
    expect(toHex(packet)).toBe(toHex(sealed));
    // Twice: the second packet meets what the first left in a cipher that is kept.
    for (let i = 0; i < 2; i++) {
      const scratch = new EspScratch(16);
      expect(cipher.open(sealed, 0, sealed.length, NO_SEQUENCE_HIGH, scratch)).toBe(true);
      const length = fromHex(vector.plaintext).length;
      expect(toHex(scratch.bytes.subarray(scratch.offset, scratch.offset + length))).toBe(
        vector.plaintext,
      );
    }
  });
});

describe.each(aeadVectors)('$transform, $name', (vector) => {
  const { icvLength, saltLength } = encryption(vector.transform);
  // The salt only goes into nonces, which the vector has whole.
  const keyAndSalt = fromHex(`${vector.key}${'00'.repeat(saltLength)}`);
  const [nonce, aad] = [fromHex(vector.nonce), fromHex(vector.aad)];
  const make = vector.transform.startsWith('AES-CCM') ? saltedCcm : saltedGcm;
  const { aead } = make(icvLength, keyAndSalt);

  it('encrypts as published', () => {
    const { text, tag } = aead.encrypt(nonce, aad, fromHex(vector.plaintext));
    expect([toHex(text), toHex(tag)]).toEqual([vector.ciphertext, vector.tag]);
  });

  it('decrypts as published, and nothing with another tag', () => {
    const sealed = fromHex(vector.ciphertext + vector.tag);
    const icv = sealed.length - icvLength;
    expect(toHex(aead.decrypt(nonce, aad, sealed, 0, icv) ?? new Uint8Array(0))).toBe(
      vector.plaintext,
    );
    sealed[icv] = (sealed[icv] ?? 0) ^ 1;
    expect(aead.decrypt(nonce, aad, sealed, 0, icv)).toBeUndefined();
  });
});

describe.each(integrityVectors)('$transform, $name', (vector) => {
  it.each(BACKENDS)('gives the published ICV, backend %s', (_, backend) => {
    const row = integrity(vector.transform);
    const result = mac(row, fromHex(vector.key), fromHex(vector.message), backend);
    expect(toHex(result)).toBe(vector.icv);
  });
});

describe('the two backends', () => {
  const octets = (length: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: length, maxLength: length });
  const sequenceHigh = fc.constantFrom(NO_SEQUENCE_HIGH, 0, 1, 0xffff_ffff);

  it.each(
    ENCRYPTION_TRANSFORMS.filter((row) => !NODE_ONLY.test(row.name)).flatMap((row) =>
      (row.keyLengths.length === 0 ? [0] : row.keyLengths).map((keyLength) => ({ row, keyLength })),
    ),
  )('seal and open alike: $row.name with a key of $keyLength octets', ({ row, keyLength }) => {
    const text = fc.nat(24).chain((blocks) => octets(blocks * Math.max(4, row.blockLength)));
    fc.assert(
      fc.property(
        octets(keyLength),
        octets(row.ivLength),
        text,
        sequenceHigh,
        (key, iv, t, high) => {
          const node = row.create(key, 'node');
          const noble = row.create(key, PORTABLE);
          const packet = framed(iv, t, row.icvLength);
          const icv = packet.length - row.icvLength;
          const other = packet.slice();
          node.seal(packet, icv, high);
          noble.seal(other, icv, high);
          expect(toHex(other)).toBe(toHex(packet));
          for (const cipher of [node, noble]) {
            const scratch = new EspScratch();
            expect(cipher.open(packet, 0, icv, high, scratch)).toBe(true);
            expect(toHex(scratch.bytes.subarray(scratch.offset, scratch.offset + t.length))).toBe(
              toHex(t),
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each(INTEGRITY_TRANSFORMS.filter((row) => row.create !== undefined))(
    'compute the same ICV: $name',
    (row) => {
      const key = row.anyKeyLength
        ? fc.uint8Array({ minLength: 1, maxLength: 200 })
        : octets(row.keyLength);
      fc.assert(
        fc.property(key, fc.uint8Array({ maxLength: 300 }), sequenceHigh, (k, message, high) => {
          const node = mac(row, k, message, 'node', high);
          expect(toHex(mac(row, k, message, PORTABLE, high))).toBe(toHex(node));
          // The upper half is appended, not transmitted (RFC 4303 section 2.2.1).
          if (high !== NO_SEQUENCE_HIGH) {
            const tail = Buffer.alloc(4);
            tail.writeUInt32BE(high);
            const longer = new Uint8Array(Buffer.concat([message, tail]));
            expect(toHex(mac(row, k, longer, 'node'))).toBe(toHex(node));
          }
        }),
        { numRuns: 50 },
      );
    },
  );
});

describe('AES-CCM', () => {
  /** CBC-MAC and counter mode put together as RFC 3610 section 2 says, for L = 4. */
  function ccm(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    text: Uint8Array,
    tagLength: number,
  ): Uint8Array {
    const ecb = (block: Uint8Array): Buffer => {
      const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null);
      return cipher.setAutoPadding(false).update(block);
    };
    const padded = (bytes: Uint8Array): Buffer =>
      Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    const first = Buffer.concat([
      Buffer.of(0x40 | (((tagLength - 2) / 2) << 3) | 3),
      nonce,
      length,
    ]);
    const data = Buffer.concat([
      first,
      padded(Buffer.concat([Buffer.of(0, aad.length), aad])),
      padded(text),
    ]);
    let state: Uint8Array = new Uint8Array(16);
    for (let at = 0; at < data.length; at += 16) {
      state = ecb(state.map((octet, i) => octet ^ (data[at + i] ?? 0)));
    }
    const stream = (index: number): Buffer => {
      const counter = Buffer.alloc(4);
      counter.writeUInt32BE(index);
      return ecb(Buffer.concat([Buffer.of(3), nonce, counter]));
    };
    const encrypted = text.map((octet, i) => octet ^ (stream(1 + (i >>> 4))[i & 15] ?? 0));
    const tag = state.map((octet, i) => octet ^ (stream(0)[i] ?? 0)).subarray(0, tagLength);
    return Buffer.concat([encrypted, tag]);
  }

  it.each([8, 12, 16].flatMap((tag) => [16, 24, 32].map((key) => [tag, key] as const)))(
    'with an ICV of %i octets and a key of %i is what RFC 3610 and RFC 4309 define',
    (tagLength, keyLength) => {
      const row = encryption(`AES-CCM-${tagLength}`);
      const keyAndSalt = Uint8Array.from({ length: keyLength + 3 }, (_, i) => i * 7);
      const iv = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
      const text = Uint8Array.from({ length: 52 }, (_, i) => i);
      const packet = framed(iv, text, tagLength);
      packet.set([0, 0, 1, 0, 0, 0, 0, 9]);
      row.create(keyAndSalt, 'node').seal(packet, packet.length - tagLength, NO_SEQUENCE_HIGH);
      const nonce = Uint8Array.of(...keyAndSalt.slice(keyLength), ...iv);
      const key = keyAndSalt.slice(0, keyLength);
      const expected = ccm(key, nonce, packet.slice(0, 8), text, tagLength);
      expect(toHex(packet.slice(16))).toBe(toHex(expected));
    },
  );
});

describe('AES-GMAC', () => {
  const row = encryption('NULL-AES-GMAC');
  const key = Uint8Array.from({ length: 20 }, (_, i) => i);
  const text = Uint8Array.from({ length: 40 }, (_, i) => 255 - i);
  const iv = Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2);

  /** The tag over given additional data, straight from GCM. */
  function tagOver(aad: Uint8Array): Buffer {
    const nonce = Buffer.concat([key.slice(16), iv]);
    const cipher = createCipheriv('aes-128-gcm', key.slice(0, 16), nonce);
    cipher.setAAD(aad);
    cipher.final();
    return cipher.getAuthTag();
  }

  it('accepts the IV outside and inside of the authenticated data and tells which', () => {
    const cipher = row.create(key, 'node');
    const packet = framed(iv, text, 16);
    const icv = packet.length - 16;
    const outside = tagOver(Buffer.concat([packet.slice(0, 8), text]));
    const inside = tagOver(packet.slice(0, icv));
    for (const [tag, variant] of [
      [outside, 0],
      [inside, 1],
      [outside, 0],
    ] as const) {
      packet.set(tag, icv);
      const scratch = new EspScratch();
      expect(cipher.open(packet, 0, icv, NO_SEQUENCE_HIGH, scratch)).toBe(true);
      expect(scratch.variant).toBe(variant);
    }
    packet[icv] = (packet[icv] ?? 0) ^ 1;
    expect(cipher.open(packet, 0, icv, NO_SEQUENCE_HIGH, new EspScratch())).toBe(false);
  });

  it('gives the tag that NIST publishes for GCM without plaintext', () => {
    // CAVS gcmEncryptExtIV128, AADlen = 128: the additional data are an ESP packet without its IV.
    const vector = fromHex('77be63708971c4e240d1cb79e8d77feb' + 'e0e00f19');
    const packet = new Uint8Array([
      ...fromHex('7a43ec1d9c0a5a78' + 'fed7ba0136a797f3' + 'a0b16533a6213cab'),
      ...new Uint8Array(16),
    ]);
    for (const [, backend] of BACKENDS) {
      const cipher = row.create(vector, backend);
      const sealed = packet.slice();
      cipher.seal(sealed, 24, NO_SEQUENCE_HIGH);
      expect(toHex(sealed.slice(24))).toBe('209fcc8d3675ed938e9c7166709dd946');
      expect(cipher.open(sealed, 0, 24, NO_SEQUENCE_HIGH, new EspScratch())).toBe(true);
    }
  });

  it('seals with the IV outside, as RFC 4543 section 7 says', () => {
    const packet = framed(iv, text, 16);
    const icv = packet.length - 16;
    row.create(key, 'node').seal(packet, icv, NO_SEQUENCE_HIGH);
    expect(toHex(packet.slice(icv))).toBe(toHex(tagOver(Buffer.concat([new Uint8Array(8), text]))));
    expect(toHex(packet.slice(16, icv))).toBe(toHex(text));
  });
});

describe('hash functions for return routability', () => {
  const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

  it('are SHA-1 (FIPS 180-4) and HMAC-SHA-1 (RFC 2202) over the parts in a row', () => {
    expect(toHex(sha1(text('a'), text('bc')))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
    expect(toHex(hmacSha1(text('Jefe'), text('what do ya want '), text('for nothing?')))).toBe(
      'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    );
  });

  it('equal those of node:crypto and of the portable backend for any key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array(), (key, message) => {
        const expected = createHmac('sha1', key).update(message).digest('hex');
        expect(toHex(hmacSha1(key, message))).toBe(expected);
        expect(toHex(PORTABLE.hmac('sha1', key, message))).toBe(expected);
      }),
    );
  });
});

describe('published vectors', () => {
  const published = [...cipherVectors, ...aeadVectors, ...integrityVectors]
    .map(({ transform }) => transform)
    .concat(espVectors.map((vector) => vector.encryption));

  it('are there for every transform but AES-CCM with 12 octets, which is compared with RFC 3610', () => {
    const without = [...ENCRYPTION_TRANSFORMS, ...INTEGRITY_TRANSFORMS]
      .filter((row) => 'keyLengths' in row || row.create !== undefined)
      .map(({ name }) => name)
      .filter((name) => !published.includes(name));
    expect(without).toEqual([
      'AES-CCM with 12 octet ICV [RFC4309]',
      // In the tests of its own above.
      'NULL with AES-GMAC [RFC4543]',
    ]);
  });

  it('are there for every key length of AES-CBC, AES-CTR, AES-GCM and Camellia-CBC', () => {
    const lengths = (name: string): number[] => {
      const row = encryption(name);
      const all = [
        ...cipherVectors.map(({ transform, key }) => [transform, key] as const),
        ...aeadVectors.map(
          ({ transform, key }) => [transform, key + '00'.repeat(row.saltLength)] as const,
        ),
      ].filter(([transform]) => transform === row.name);
      return [...new Set(all.map(([, key]) => key.length / 2))].sort((a, b) => a - b);
    };
    for (const name of ['AES-CBC', 'AES-CTR', 'Camellia-CBC', 'AES-GCM-8', 'AES-GCM-12']) {
      expect(lengths(name), name).toEqual(encryption(name).keyLengths);
    }
  });
});

describe('names of transforms', () => {
  it('are found in the spelling of Wireshark and in short forms', () => {
    expect(findEncryption('AES-CBC [RFC3602]')?.rfc).toBe(3602);
    expect(findEncryption('aes-cbc')?.rfc).toBe(3602);
    expect(findEncryption('3des-cbc')?.rfc).toBe(2451);
    expect(findEncryption('AES-GCM with 12 octet ICV [RFC4106]')?.icvLength).toBe(12);
    expect(findIntegrity('hmac-sha1-96')?.rfc).toBe(2404);
    expect(findIntegrity('ANY 128 bit authentication [no checking]')?.icvLength).toBe(16);
    expect(findEncryption('NULL')?.keyLengths).toEqual([]);
    expect(findEncryption('rot13')).toBeUndefined();
    expect(findEncryption(' '.repeat(100_000))).toBeUndefined();
  });

  it('each lead to their own row', () => {
    for (const row of ENCRYPTION_TRANSFORMS) {
      for (const name of [row.name, ...row.aliases]) expect(findEncryption(name)).toBe(row);
    }
    for (const row of INTEGRITY_TRANSFORMS) {
      for (const name of [row.name, ...row.aliases]) expect(findIntegrity(name)).toBe(row);
    }
  });
});

describe('comparison in constant time', () => {
  it('is equality of the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const isEqual = a.length === b.length && toHex(a) === toHex(b);
        if (a.length === b.length) expect(constantTimeEqual(a, 0, b, 0, a.length)).toBe(isEqual);
        expect(constantTimeEqual(a, 0, a.slice(), 0, a.length)).toBe(true);
      }),
    );
  });
});
