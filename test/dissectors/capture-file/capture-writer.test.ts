import { describe, expect, it } from 'vitest';
import {
  encodePcap,
  encodePcapng,
  PcapngWriter,
  PcapWriter,
} from '../../../dissectors/capture-file/index.ts';
import { collect, concat, hex } from './collect.ts';
import { octets, samplePackets, START } from './samples.ts';

const PACKET = { bytes: octets(10, 1), seconds: START, nanoseconds: 5 };

describe('PcapWriter', () => {
  it('writes the same file however often it is emptied', () => {
    const packets = samplePackets(20);
    const writer = new PcapWriter({ linkType: 1 });
    const parts = packets.map((packet) => {
      writer.write(packet);
      return writer.take();
    });
    expect(writer.pending).toBe(0);
    expect(hex(concat(...parts))).toBe(hex(encodePcap(packets, { linkType: 1 })));
  });

  it('writes the octets of a range', () => {
    const file = encodePcap([{ ...PACKET, offset: 2, end: 5 }], { linkType: 1 });
    expect(collect(file).packets[0]?.data).toBe(hex(PACKET.bytes, 2, 5));
  });

  for (const [field, packet] of [
    ['seconds', { ...PACKET, seconds: 2 ** 32 }],
    ['seconds', { ...PACKET, seconds: 1.5 }],
    ['nanoseconds', { ...PACKET, nanoseconds: 1_000_000_000 }],
    ['end', { ...PACKET, end: 11 }],
    ['offset', { ...PACKET, offset: 6, end: 5 }],
    ['originalLength', { ...PACKET, originalLength: -1 }],
  ] as const) {
    it(`refuses a packet whose ${field} is out of range and writes nothing`, () => {
      const writer = new PcapWriter({ linkType: 1 });
      const before = writer.pending;
      expect(() => {
        writer.write(packet);
      }).toThrow(new RegExp(`^${field} is .* integer`, 'u'));
      expect(writer.pending).toBe(before);
    });
  }

  it('refuses a link type that the file cannot hold', () => {
    expect(() => new PcapWriter({ linkType: 65_536 })).toThrow(RangeError);
  });
});

describe('PcapngWriter', () => {
  it('writes the same file however often it is emptied', () => {
    const packets = samplePackets(20).map((packet) => ({ ...packet, comment: 'x' }));
    const writer = new PcapngWriter([{ linkType: 1, name: 'eth0' }]);
    const parts = packets.map((packet) => {
      writer.write(packet);
      return writer.take();
    });
    expect(hex(concat(...parts))).toBe(hex(encodePcapng(packets, [{ linkType: 1, name: 'eth0' }])));
  });

  for (const [why, packet] of [
    ['an interface that was not described', { ...PACKET, interfaceIndex: 1 }],
    ['a comment longer than an option', { ...PACKET, comment: 'x'.repeat(65_536) }],
    ['a time before the offset of its interface', { ...PACKET, seconds: 5 }],
  ] as const) {
    it(`refuses ${why} and writes nothing`, () => {
      const writer = new PcapngWriter([{ linkType: 1, offsetSeconds: 10 }]);
      const before = writer.pending;
      expect(() => {
        writer.write(packet);
      }).toThrow(RangeError);
      expect(writer.pending).toBe(before);
    });
  }

  it('refuses a packet of an interface that was not described', () => {
    const writer = new PcapngWriter([]);
    const packet = { bytes: new Uint8Array(4), seconds: 1, nanoseconds: 0 };
    expect(() => {
      writer.write(packet);
    }).toThrow(RangeError);
    expect(writer.addInterface({ linkType: 101 })).toBe(0);
    writer.write(packet);
    expect(() => {
      writer.write({ ...packet, interfaceIndex: 1 });
    }).toThrow(RangeError);
  });

  it.each(['little-endian', 'big-endian'] as const)(
    'writes comments that are read back, %s',
    (order) => {
      const comments = ['first', 'sec\u00f6nd\nline', ''];
      const packets = [5, 6, 7, 8].map((length) => ({
        bytes: new Uint8Array(length),
        seconds: 1,
        nanoseconds: 0,
        comment: 'lead',
        comments,
      }));
      const bare = { bytes: new Uint8Array(3), seconds: 1, nanoseconds: 0 };
      const file = encodePcapng([...packets, bare], [{ linkType: 1 }], order);
      const lead = ['lead', ...comments];
      expect(collect(file).comments).toEqual([lead, lead, lead, lead, []]);
      // Octet by octet, so that every window has another start.
      expect(collect(file, 1).comments).toEqual([lead, lead, lead, lead, []]);
    },
  );
});
