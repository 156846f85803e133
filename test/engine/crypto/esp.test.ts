import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createEspResult,
  EspContext,
  EspScratch,
  EspStatus,
  NO_SEQUENCE_HIGH,
  openEsp,
  sealEsp,
  type EspAssociation,
  type EspResult,
} from '../../../engine/crypto/esp.ts';
import { PORTABLE } from '../../../engine/crypto/portable.ts';
import {
  ENCRYPTION_TRANSFORMS,
  findEncryption,
  findIntegrity,
  INTEGRITY_TRANSFORMS,
  NULL_ENCRYPTION,
  NULL_INTEGRITY,
  type EncryptionTransform,
  type IntegrityTransform,
} from '../../../engine/crypto/transforms.ts';
import { espVectors, fromHex, toHex } from './vectors.ts';

const statusName = (status: EspStatus): string | undefined =>
  Object.entries(EspStatus).find(([, value]) => value === status)?.[0];

/** Every pair that may go together, with the shortest keys. */
const PAIRS = ENCRYPTION_TRANSFORMS.flatMap((encryption) =>
  (encryption.icvLength > 0 ? [NULL_INTEGRITY] : INTEGRITY_TRANSFORMS).map((integrity) => ({
    encryption,
    integrity,
    name: `${encryption.name} and ${integrity.name}`,
  })),
);
const CHECKED = PAIRS.filter(
  ({ encryption, integrity }) => encryption.icvLength > 0 || integrity.create !== undefined,
);

interface Association extends EspAssociation {
  readonly spi: number;
}

function association(
  encryption: EncryptionTransform,
  integrity: IntegrityTransform,
  high = NO_SEQUENCE_HIGH,
): Association {
  const esp = new EspContext({
    encryption,
    encryptionKey: Uint8Array.from({ length: encryption.keyLengths[0] ?? 0 }, (_, i) => i + 1),
    integrity,
    integrityKey: Uint8Array.from({ length: integrity.keyLength }, (_, i) => 200 - i),
  });
  return { spi: 0x100, esp, sequenceHigh: () => high };
}

const ivFor = (encryption: EncryptionTransform): Uint8Array =>
  Uint8Array.from({ length: encryption.ivLength }, (_, i) => 0xa0 + i);

function open(
  sa: EspAssociation,
  packet: Uint8Array,
  offset = 0,
  end = packet.length,
): EspResult & { statusName: string | undefined; payload: string } {
  const result = createEspResult();
  openEsp(sa, packet, offset, end, new EspScratch(8), result);
  return {
    ...result,
    statusName: statusName(result.status),
    payload: toHex(result.bytes.subarray(result.payloadOffset, result.payloadEnd)),
  };
}

describe.each(espVectors)('$name', (vector) => {
  const encryption = findEncryption(vector.encryption) ?? NULL_ENCRYPTION;
  const esp = new EspContext({
    encryption,
    encryptionKey: fromHex(vector.encryptionKey),
    integrity: NULL_INTEGRITY,
    integrityKey: new Uint8Array(0),
  });
  const high = vector.sequenceHigh ?? NO_SEQUENCE_HIGH;
  const sa: EspAssociation = { esp, sequenceHigh: () => high };

  it('is opened to the published payload', () => {
    const result = open(sa, fromHex(vector.packet));
    expect(result).toMatchObject({
      statusName: 'OK',
      integrityVerified: encryption.icvLength > 0,
      sequence: vector.sequence,
      payload: vector.payload,
      nextHeader: vector.nextHeader,
      padLength: vector.padding.length / 2,
    });
  });

  it('is sealed to the published octets', () => {
    const packet = esp.seal({
      spi: vector.spi,
      sequence: vector.sequence,
      sequenceHigh: high,
      iv: fromHex(vector.iv),
      payload: fromHex(vector.payload),
      padding: fromHex(vector.padding),
      nextHeader: vector.nextHeader,
    });
    expect(toHex(packet)).toBe(vector.packet);
  });
});

describe.each(PAIRS)('$name', ({ encryption, integrity }) => {
  const isChecked = encryption.icvLength > 0 || integrity.create !== undefined;

  it('opens what it sealed', () => {
    const sa = association(encryption, integrity);
    const fields = fc.record({
      sequence: fc.integer({ min: 1, max: 0xffff_ffff }),
      nextHeader: fc.integer({ min: 0, max: 255 }).filter((value) => value !== 59),
      payload: fc.uint8Array({ maxLength: 200 }),
      iv: fc.uint8Array({ minLength: encryption.ivLength, maxLength: encryption.ivLength }),
    });
    fc.assert(
      fc.property(fields, fc.nat(30), (f, offset) => {
        const packet = sealEsp(sa, f);
        expect(packet.length).toBe(sa.esp.sealedLength(f.payload.length));
        expect((packet.length - 8 - encryption.ivLength) % 4).toBe(0);
        const buffer = new Uint8Array(packet.length + offset + 5).fill(0xee);
        buffer.set(packet, offset);
        expect(open(sa, buffer, offset, offset + packet.length)).toMatchObject({
          statusName: 'OK',
          integrityVerified: isChecked,
          sequence: f.sequence,
          nextHeader: f.nextHeader,
          payload: toHex(f.payload),
        });
      }),
      { numRuns: 15 },
    );
  });

  it('answers every cut of a packet without throwing, and none of them as verified', () => {
    const sa = association(encryption, integrity);
    const iv = ivFor(encryption);
    const packet = sealEsp(sa, { sequence: 1, iv, nextHeader: 135, payload: new Uint8Array(70) });
    for (let length = 0; length < packet.length; length++) {
      const cut = open(sa, packet.slice(0, length));
      expect(cut.integrityVerified && cut.statusName).toBe(false);
      // The same when the buffer goes on behind the end.
      expect(open(sa, packet, 0, length).statusName).toBe(cut.statusName);
    }
    expect(open(sa, packet).statusName).toBe('OK');
  });

  it('answers random octets without throwing', () => {
    const sa = association(encryption, integrity);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(140), fc.nat(140), (bytes, a, b) => {
        expect(open(sa, bytes, a, b).statusName).toBeDefined();
        // Whatever came before, a good packet opens.
        const good = sealEsp(sa, {
          sequence: 7,
          iv: ivFor(encryption),
          nextHeader: 41,
          payload: bytes,
        });
        expect(open(sa, good).payload).toBe(toHex(bytes));
      }),
      { numRuns: 15 },
    );
  });
});

describe.each(CHECKED)('$name', ({ encryption, integrity }) => {
  it('refuses a packet with any one octet changed', () => {
    const sa = association(encryption, integrity);
    const iv = ivFor(encryption);
    const packet = sealEsp(sa, { sequence: 1, iv, nextHeader: 135, payload: new Uint8Array(20) });
    for (let at = 0; at < packet.length; at++) {
      const changed = packet.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
      const result = open(sa, changed);
      expect(result.statusName).toBe('ICV_MISMATCH');
      expect(result.integrityVerified).toBe(false);
      expect(result.payload).toBe('');
    }
  });

  it('takes the upper half of an extended sequence number into the ICV', () => {
    const packet = sealEsp(association(encryption, integrity), {
      sequence: 1,
      sequenceHigh: 5,
      iv: ivFor(encryption),
      nextHeader: 135,
      payload: new Uint8Array(20),
    });
    expect(open(association(encryption, integrity, 5), packet).statusName).toBe('OK');
    expect(open(association(encryption, integrity, 6), packet).statusName).toBe('ICV_MISMATCH');
    expect(open(association(encryption, integrity), packet).statusName).toBe('ICV_MISMATCH');
  });
});

describe('an ESP packet', () => {
  const aes = findEncryption('AES-CBC') ?? NULL_ENCRYPTION;
  const sha1 = findIntegrity('HMAC-SHA-1-96') ?? NULL_INTEGRITY;
  const unchecked = findIntegrity('ANY-96') ?? NULL_INTEGRITY;
  const iv = ivFor(aes);
  const sa = association(aes, sha1);
  const payload = fromHex('0102030405060708');

  it('is never verified by an ICV that nobody checks', () => {
    const blind = association(aes, unchecked);
    const packet = sealEsp(sa, { sequence: 1, iv, nextHeader: 135, payload });
    expect(open(blind, packet)).toMatchObject({ statusName: 'OK', integrityVerified: false });
    packet[packet.length - 1] = 0;
    expect(open(blind, packet)).toMatchObject({ statusName: 'OK', integrityVerified: false });
  });

  it('with other padding than 1, 2, 3 is opened with a note', () => {
    const padding = fromHex('010203040506');
    const fields = { sequence: 1, iv, nextHeader: 135, payload };
    expect(open(sa, sealEsp(sa, { ...fields, padding })).statusName).toBe('OK');
    const odd = sealEsp(sa, { ...fields, padding: fromHex('010203040507') });
    expect(open(sa, odd)).toMatchObject({
      statusName: 'PAD_CONTENT',
      integrityVerified: true,
      payload: toHex(payload),
      padLength: 6,
    });
  });

  it('with more padding than plaintext gives no payload', () => {
    const plain = association(NULL_ENCRYPTION, NULL_INTEGRITY);
    const packet = fromHex('0000010000000001' + '01020304' + '0000' + '07' + '87');
    expect(open(plain, packet)).toMatchObject({
      statusName: 'PAD_LENGTH',
      padLength: 7,
      payload: '',
    });
    packet[14] = 6;
    expect(open(plain, packet)).toMatchObject({ statusName: 'PAD_CONTENT', payload: '' });
  });

  it('with next header 59 is a dummy', () => {
    const packet = sealEsp(sa, { sequence: 1, iv, nextHeader: 59, payload });
    expect(open(sa, packet)).toMatchObject({ statusName: 'DUMMY', integrityVerified: true });
  });

  it('with a ciphertext of a part of a block is not decrypted, and the next one is', () => {
    const packet = sealEsp(sa, { sequence: 1, iv, nextHeader: 135, payload });
    const longer = new Uint8Array(packet.length + 4);
    longer.set(packet);
    expect(open(sa, longer).statusName).toBe('NOT_BLOCK_ALIGNED');
    expect(open(sa, packet).statusName).toBe('OK');
  });

  it('that does not end at 4 octets is misaligned without encryption too', () => {
    const plain = association(NULL_ENCRYPTION, sha1);
    const packet = sealEsp(plain, { sequence: 1, iv: new Uint8Array(0), nextHeader: 135, payload });
    expect(open(plain, packet.slice(0, -1)).statusName).toBe('NOT_BLOCK_ALIGNED');
  });

  it('is not copied when nothing is encrypted', () => {
    const plain = association(NULL_ENCRYPTION, sha1);
    const packet = sealEsp(plain, { sequence: 1, iv: new Uint8Array(0), nextHeader: 135, payload });
    const result = createEspResult();
    openEsp(plain, packet, 0, packet.length, new EspScratch(), result);
    expect(result.bytes).toBe(packet);
    expect(result.payloadOffset).toBe(8);
  });

  it('inside another keeps the outer plaintext when each depth has its own scratch buffer', () => {
    const inner = sealEsp(sa, { sequence: 2, iv, nextHeader: 135, payload });
    const outer = sealEsp(sa, { sequence: 1, iv, nextHeader: 50, payload: inner });
    const [first, second] = [createEspResult(), createEspResult()];
    openEsp(sa, outer, 0, outer.length, new EspScratch(), first);
    const { bytes, payloadOffset, payloadEnd } = first;
    openEsp(sa, bytes, payloadOffset, payloadEnd, new EspScratch(), second);
    expect(toHex(second.bytes.subarray(second.payloadOffset, second.payloadEnd))).toBe(
      toHex(payload),
    );
    expect(toHex(bytes.subarray(payloadOffset, payloadEnd))).toBe(toHex(inner));
  });

  it('larger than the scratch buffer makes it grow', () => {
    const large = new Uint8Array(70_000).map((_, i) => i * 7);
    const packet = sealEsp(sa, { sequence: 1, iv, nextHeader: 41, payload: large });
    expect(open(sa, packet).payload).toBe(toHex(large));
    expect(open(sa, sealEsp(sa, { sequence: 1, iv, nextHeader: 41, payload })).payload).toBe(
      toHex(payload),
    );
  });

  it('is refused for every offset and end that make no sense', () => {
    const packet = sealEsp(sa, { sequence: 1, iv, nextHeader: 135, payload });
    for (const [offset, end] of [
      [-1, packet.length],
      [packet.length, packet.length],
      [packet.length + 9, packet.length],
      [Number.NaN, packet.length],
      [0, Number.NaN],
      [0, -5],
    ] as const) {
      expect(open(sa, packet, offset, end).statusName).toBe('TOO_SHORT');
    }
    expect(open(sa, packet, 0, Infinity).statusName).toBe('OK');
  });

  it('is the same octets for the same input', () => {
    const fields = { sequence: 1, iv, nextHeader: 135, payload };
    expect(sealEsp(sa, fields)).toEqual(sealEsp(association(aes, sha1), fields));
  });
});

describe('a context without the algorithm in its backend', () => {
  const des = findEncryption('DES-CBC') ?? NULL_ENCRYPTION;
  const esp = new EspContext({
    encryption: des,
    encryptionKey: new Uint8Array(8),
    integrity: NULL_INTEGRITY,
    integrityKey: new Uint8Array(0),
    backend: PORTABLE,
  });

  it('says so and opens nothing', () => {
    expect(esp.isSupported).toBe(false);
    const sa = { esp, sequenceHigh: () => NO_SEQUENCE_HIGH };
    expect(open(sa, new Uint8Array(64)).statusName).toBe('UNSUPPORTED');
    expect(() =>
      esp.seal({
        spi: 1,
        sequence: 1,
        iv: new Uint8Array(8),
        nextHeader: 0,
        payload: new Uint8Array(0),
      }),
    ).toThrow('DES-CBC');
  });
});

describe('wrong use', () => {
  const aes = findEncryption('AES-CBC') ?? NULL_ENCRYPTION;
  const gcm = findEncryption('AES-GCM-16') ?? NULL_ENCRYPTION;
  const sha1 = findIntegrity('HMAC-SHA-1-96') ?? NULL_INTEGRITY;
  const xcbc = findIntegrity('AES-XCBC') ?? NULL_INTEGRITY;
  const none = new Uint8Array(0);
  const key = (length: number): Uint8Array => new Uint8Array(length).fill(0x5a);

  it.each([
    ['a short key', aes, key(15), NULL_INTEGRITY, none, 'has 15 octets; expected 16, 24, 32'],
    ['a key for NULL', NULL_ENCRYPTION, key(1), NULL_INTEGRITY, none, 'expected none'],
    ['no HMAC key', aes, key(16), sha1, none, 'has 0 octets; expected 20'],
    ['a long XCBC key', aes, key(16), xcbc, key(17), 'has 17 octets; expected 16'],
    ['two ICVs', gcm, key(20), sha1, key(20), 'has to be NULL'],
  ])(
    'of %s is named without the key',
    (_, encryption, encryptionKey, integrity, integrityKey, text) => {
      const make = (): EspContext =>
        new EspContext({ encryption, encryptionKey, integrity, integrityKey });
      expect(make).toThrow(RangeError);
      expect(make).toThrow(text);
      expect(make).not.toThrow(/5a|90/);
    },
  );

  it('of IV and padding is refused', () => {
    const sa = association(aes, sha1);
    const fields = { sequence: 1, nextHeader: 41, payload: new Uint8Array(8) };
    expect(() => sealEsp(sa, { ...fields, iv: new Uint8Array(8) })).toThrow('takes 16');
    const iv = new Uint8Array(16);
    expect(() => sealEsp(sa, { ...fields, iv, padding: new Uint8Array(5) })).toThrow(
      'multiple of 16',
    );
    expect(() => sealEsp(sa, { ...fields, iv, padding: new Uint8Array(262) })).toThrow(
      'at most 255',
    );
    expect(() => sealEsp({ esp: sa.esp, spi: undefined }, { ...fields, iv })).toThrow('any SPI');
  });
});
