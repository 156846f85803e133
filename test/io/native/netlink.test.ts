import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AttributeCursor,
  MessageCursor,
  MessageWriter,
  NLMSG_ERROR,
  aligned,
} from '../../../io/native/netlink.ts';

function memoryOf(octets: number): { bytes: Uint8Array; view: DataView; address: number } {
  const buffer = new ArrayBuffer(octets);
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), address: 4096 };
}

describe('messages of netlink', () => {
  it('come back as they were written', () => {
    const message = fc.record({
      type: fc.nat(0xffff),
      flags: fc.nat(0xffff),
      attributes: fc.array(
        fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 40 })),
        { maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), (messages) => {
        const memory = memoryOf(4096);
        // What was there before is written over.
        memory.bytes.fill(0xff);
        const writer = new MessageWriter(memory);
        messages.forEach(({ type, flags, attributes }, i) => {
          writer.begin(type, flags, i);
          for (const [kind, value] of attributes) {
            memory.bytes.set(value, writer.attribute(kind, value.length));
          }
        });
        const cursor = new MessageCursor(memory.view);
        const attribute = new AttributeCursor(memory.view);
        cursor.begin(0, writer.length);
        const read: typeof messages = [];
        while (cursor.next()) {
          expect(cursor.sequence).toBe(read.length);
          const attributes: [number, Uint8Array<ArrayBuffer>][] = [];
          attribute.begin(cursor.start + 16, cursor.end);
          while (attribute.next()) {
            attributes.push([attribute.type, memory.bytes.slice(attribute.start, attribute.end)]);
          }
          read.push({ type: cursor.type, flags: cursor.flags, attributes });
        }
        expect(read).toEqual(messages);
      }),
    );
  });

  it('are read within their bounds and in as many steps as they have octets, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(20),
        fc.nat(400),
        (octets, offset, limit) => {
          const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
          // Small numbers make messages that fit.
          for (let at = 1; at < octets.length; at += 2) octets[at] = 0;
          const cursor = new MessageCursor(view);
          const attribute = new AttributeCursor(view);
          cursor.begin(offset, limit);
          let steps = 0;
          while (cursor.next()) {
            expect(cursor.start).toBeGreaterThanOrEqual(offset);
            expect(cursor.end).toBeLessThanOrEqual(Math.min(limit, octets.length));
            expect(cursor.end - cursor.start).toBeGreaterThanOrEqual(16);
            cursor.error();
            attribute.begin(cursor.start + 16, cursor.end);
            while (attribute.next()) {
              expect(attribute.start).toBeLessThanOrEqual(attribute.end);
              expect(attribute.end).toBeLessThanOrEqual(cursor.end);
              steps++;
            }
            steps++;
          }
          expect(steps).toBeLessThanOrEqual(octets.length);
          expect(cursor.next()).toBe(false);
        },
      ),
    );
  });

  it('tell errors, unless they are cut short', () => {
    const memory = memoryOf(64);
    const cursor = new MessageCursor(memory.view);
    memory.view.setUint32(0, 20, true);
    memory.view.setUint16(4, NLMSG_ERROR, true);
    memory.view.setInt32(16, -16, true);
    cursor.begin(0, 20);
    expect(cursor.next() && cursor.error()).toBe(-16);
    memory.view.setUint32(0, 19, true);
    cursor.begin(0, 19);
    expect(cursor.next()).toBe(true);
    expect(cursor.error()).toBeUndefined();
  });

  it('begin at multiples of four', () => {
    expect([0, 1, 4, 5].map(aligned)).toEqual([0, 4, 4, 8]);
  });
});
