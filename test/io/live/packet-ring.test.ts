import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyPacketRecord } from '../../../engine/ports.ts';
import { PacketRing } from '../../../io/capture/live/packet-ring.ts';

function octets(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff);
}

function put(ring: PacketRing, bytes: Uint8Array, number = 0): boolean {
  return ring.put(bytes, bytes.length, bytes.length + 1, number, 999_999, 3, 101, number);
}

/** Takes the oldest packet. */
function take(ring: PacketRing): { bytes: number[]; seconds: number } {
  const record = emptyPacketRecord();
  ring.peek(record);
  const bytes = [...record.bytes.subarray(record.offset, record.end)];
  ring.drop();
  return { bytes, seconds: record.seconds };
}

describe('ring of packets', () => {
  it('gives a packet back with all that is known of it', () => {
    const ring = new PacketRing(1024);
    const bytes = octets(100, 1);
    expect(ring.put(bytes, 60, 1500, 4_294_967_295, 999_999, 2, 276, 5)).toBe(true);
    const record = emptyPacketRecord();
    ring.peek(record);
    expect([...record.bytes.subarray(record.offset, record.end)]).toEqual([
      ...bytes.subarray(0, 60),
    ]);
    expect(record).toMatchObject({
      originalLength: 1500,
      seconds: 4_294_967_295,
      nanoseconds: 999_999_000,
      interfaceIndex: 2,
      linkType: 276,
    });
    expect(ring.oldestArrival).toBe(5);
  });

  it('refuses what does not fit, and keeps the rest', () => {
    const ring = new PacketRing(256);
    expect(put(ring, octets(90, 1), 1)).toBe(true);
    expect(put(ring, octets(90, 2), 2)).toBe(true);
    expect(put(ring, octets(1, 3), 3)).toBe(false);
    expect(put(ring, octets(300, 4), 4)).toBe(false);
    expect([take(ring).seconds, take(ring).seconds]).toEqual([1, 2]);
    expect(ring.used).toBe(0);
  });

  it('says when more than half is taken', () => {
    const ring = new PacketRing(1024);
    put(ring, octets(480, 1));
    expect(ring.isAboveMark).toBe(false);
    put(ring, octets(8, 1));
    expect(ring.isAboveMark).toBe(true);
  });

  it('is a queue of bounded size, whatever is put in and taken out', () => {
    const steps = fc.array(fc.oneof(fc.nat(200), fc.constant(-1)), { maxLength: 400 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 64, max: 1000 }), (script, size) => {
        const ring = new PacketRing(size);
        const expected: { bytes: number[]; seconds: number }[] = [];
        for (const [number, step] of script.entries()) {
          if (step >= 0) {
            const bytes = octets(step, number);
            if (put(ring, bytes, number)) expected.push({ bytes: [...bytes], seconds: number });
          } else if (expected.length > 0) {
            expect(ring.oldestTime).toBe((expected[0]?.seconds ?? 0) * 1e6 + 999_999);
            expect(take(ring)).toEqual(expected.shift());
          }
          expect(ring.packets).toBe(expected.length);
          expect(ring.used).toBeLessThanOrEqual(ring.size);
        }
        for (const packet of expected) expect(take(ring)).toEqual(packet);
        expect(ring.used).toBe(0);
      }),
    );
  });
});
