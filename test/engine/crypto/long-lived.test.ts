import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createEspResult,
  EspContext,
  EspScratch,
  EspStatus,
  NO_SEQUENCE_HIGH,
} from '../../../engine/crypto/esp.ts';
import { PORTABLE } from '../../../engine/crypto/portable.ts';
import {
  ENCRYPTION_TRANSFORMS,
  INTEGRITY_TRANSFORMS,
  NULL_INTEGRITY,
} from '../../../engine/crypto/transforms.ts';
import { toHex } from './vectors.ts';

/** Every pair that checks an ICV, with the longest keys. */
const PAIRS = ENCRYPTION_TRANSFORMS.flatMap((encryption) =>
  (encryption.icvLength > 0
    ? [NULL_INTEGRITY]
    : INTEGRITY_TRANSFORMS.filter(({ create }) => create !== undefined)
  ).map((integrity) => ({
    encryption,
    integrity,
    name: `${encryption.name} and ${integrity.name}`,
    keys: {
      encryption,
      encryptionKey: Uint8Array.from(
        { length: encryption.keyLengths.at(-1) ?? 0 },
        (_, i) => 7 * i + 1,
      ),
      integrity,
      integrityKey: Uint8Array.from({ length: integrity.keyLength }, (_, i) => 200 - i),
    },
  })),
).filter(({ keys }) => new EspContext(keys).isSupported);

/** What is done to a packet before it is opened. */
const HARM = fc.constantFrom('none', 'none', 'icv', 'text', 'cut');

const PACKET = fc.record({
  payload: fc.uint8Array({ maxLength: 400 }),
  high: fc.constantFrom(NO_SEQUENCE_HIGH, 0, 7),
  harm: HARM,
  offset: fc.nat(9),
});

/** What a context makes of the packet at `offset`. */
function outcome(context: EspContext, bytes: Uint8Array, offset: number, high: number) {
  const result = createEspResult();
  context.open(bytes, offset, bytes.length, high, new EspScratch(), result);
  const isRead = result.status === EspStatus.OK;
  const payload = result.bytes.subarray(result.payloadOffset, result.payloadEnd);
  return {
    ...result,
    bytes: undefined,
    payload: isRead ? toHex(payload) : '',
    payloadOffset: 0,
    payloadEnd: 0,
  };
}

describe.each(PAIRS)('one context of $name', ({ encryption, keys }) => {
  const sealer = new EspContext(keys);
  const context = new EspContext(keys);
  const portable = new EspContext({ ...keys, backend: PORTABLE });

  it('opens packet after packet as a new one would, whatever came before', () => {
    let sequence = 0;
    let opened = 0;
    fc.assert(
      fc.property(fc.array(PACKET, { minLength: 1, maxLength: 6 }), (packets) => {
        for (const { payload, high, harm, offset } of packets) {
          sequence++;
          const sealed = sealer.seal({
            spi: 0x100,
            sequence,
            ...(high === NO_SEQUENCE_HIGH ? {} : { sequenceHigh: high }),
            iv: Uint8Array.from({ length: encryption.ivLength }, (_, i) => sequence + i),
            nextHeader: 17,
            payload,
          });
          if (harm === 'icv') sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
          if (harm === 'text')
            sealed[8 + encryption.ivLength] = (sealed[8 + encryption.ivLength] ?? 0) ^ 1;
          const end = harm === 'cut' ? sealed.length - 1 : sealed.length;
          const bytes = new Uint8Array(offset + end);
          bytes.set(sealed.subarray(0, end), offset);
          const made = outcome(context, bytes, offset, high);
          expect(made).toEqual(outcome(new EspContext(keys), bytes, offset, high));
          if (portable.isSupported) expect(made).toEqual(outcome(portable, bytes, offset, high));
          expect(made.status === EspStatus.OK).toBe(harm === 'none');
          if (harm === 'none') {
            expect(made.payload).toBe(toHex(payload));
            expect(made.integrityVerified).toBe(true);
            opened++;
          }
        }
      }),
      { numRuns: 12 },
    );
    expect(opened).toBeGreaterThan(0);
  });

  it('seals packet after packet as a new one would, into octets that held others', () => {
    const room = new Uint8Array(2048).fill(0xa5);
    for (let sequence = 1; sequence < 40; sequence++) {
      const fields = {
        spi: 0x100,
        sequence,
        iv: Uint8Array.from({ length: encryption.ivLength }, (_, i) => 3 * sequence + i),
        nextHeader: 41,
        payload: Uint8Array.from({ length: (sequence * 37) % 500 }, (_, i) => i ^ sequence),
      };
      const packet = room.subarray(7, 7 + context.sealedLength(fields.payload.length));
      context.sealInto(packet, fields);
      expect(toHex(packet)).toBe(toHex(new EspContext(keys).seal(fields)));
    }
    expect(() => {
      context.sealInto(new Uint8Array(20), {
        spi: 1,
        sequence: 1,
        iv: new Uint8Array(encryption.ivLength),
        nextHeader: 41,
        payload: new Uint8Array(64),
      });
    }).toThrow('not what the packet takes');
  });
});
