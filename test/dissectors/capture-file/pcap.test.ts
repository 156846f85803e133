import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePcap, type PcapOptions } from '../../../dissectors/capture-file/index.ts';
import { collect, concat, hex } from './collect.ts';
import { octets, samplePackets, START, withU32 } from './samples.ts';

const ETHERNET: PcapOptions = { linkType: 1 };
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** Offset of record `index` in the file written from `samplePackets`. */
function recordAt(index: number): number {
  return samplePackets(index).reduce(
    (at, { bytes }) => at + RECORD_HEADER + bytes.length,
    FILE_HEADER,
  );
}

describe('pcap', () => {
  for (const byteOrder of ['little-endian', 'big-endian'] as const) {
    for (const resolution of ['microseconds', 'nanoseconds'] as const) {
      it(`gives back what was written, ${byteOrder}, ${resolution}`, () => {
        const packets = samplePackets(50);
        const file = encodePcap(packets, { linkType: 113, snapLength: 96, byteOrder, resolution });
        const read = collect(file);
        expect(read.faults).toEqual([]);
        expect(read.interfaces).toEqual([
          { name: undefined, description: undefined, linkType: 113, snapLength: 96 },
        ]);
        expect(read.packets).toEqual(
          packets.map(({ bytes, seconds, nanoseconds }, i) => ({
            data: hex(bytes),
            originalLength: bytes.length,
            seconds,
            nanoseconds,
            linkType: 113,
            interfaceIndex: 0,
            number: i + 1,
            fileOffset: recordAt(i),
          })),
        );
      });
    }
  }

  it('gives back any lengths and times that a capture can have', () => {
    const packet = fc.record({
      bytes: fc.uint8Array({ maxLength: 40 }),
      seconds: fc.integer({ min: START, max: START + 86_000 }),
      nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
      cut: fc.integer({ min: 0, max: 70_000 }),
    });
    const property = fc.property(
      fc.array(packet, { maxLength: 12 }),
      fc.integer({ min: 1, max: 200 }),
      fc.boolean(),
      (packets, chunk, little) => {
        const written = packets.map(({ cut, ...rest }) => ({
          ...rest,
          originalLength: rest.bytes.length + cut,
        }));
        const byteOrder = little ? 'little-endian' : 'big-endian';
        const read = collect(encodePcap(written, { linkType: 1, byteOrder }), chunk);
        expect(read.faults).toEqual([]);
        expect(
          read.packets.map((p) => [p.data, p.originalLength, p.seconds, p.nanoseconds]),
        ).toEqual(written.map((p) => [hex(p.bytes), p.originalLength, p.seconds, p.nanoseconds]));
      },
    );
    fc.assert(property);
  });

  it('reads the modified format with its longer record headers', () => {
    const file = encodePcap([], { linkType: 1, resolution: 'microseconds' });
    const record = new Uint8Array(24);
    const view = new DataView(record.buffer);
    view.setUint32(0, START, true);
    view.setUint32(4, 5, true);
    view.setUint32(8, 3, true);
    view.setUint32(12, 60, true);
    const modified = withU32(file, 0, 0xa1b2cd34);
    const data = Uint8Array.of(1, 2, 3);
    const read = collect(concat(modified, record, data, record, data));
    expect(read.faults).toEqual([]);
    expect(read.packets.map((p) => [p.data, p.originalLength, p.nanoseconds])).toEqual([
      ['010203', 60, 5000],
      ['010203', 60, 5000],
    ]);
  });

  it('reads files before version 2.3, which have the two lengths the other way round', () => {
    const packets = samplePackets(3).map((packet) => ({ ...packet, originalLength: 1500 }));
    const file = encodePcap(packets, ETHERNET);
    const view = new DataView(file.buffer);
    view.setUint16(6, 2, true);
    let at = FILE_HEADER;
    for (const { bytes } of packets) {
      view.setUint32(at + 8, 1500, true);
      view.setUint32(at + 12, bytes.length, true);
      at += RECORD_HEADER + bytes.length;
    }
    const read = collect(file);
    expect(read.faults).toEqual([]);
    expect(read.packets.map((p) => [p.data, p.originalLength])).toEqual(
      packets.map((p) => [hex(p.bytes), 1500]),
    );
  });

  it('takes the link type without the bits that tell the frame check sequence', () => {
    const file = withU32(encodePcap(samplePackets(1), ETHERNET), 20, 0x5400_0065);
    expect(collect(file).packets[0]?.linkType).toBe(101);
  });

  it('says that the version is unknown and reads on', () => {
    const file = encodePcap(samplePackets(3), ETHERNET);
    file[4] = 9;
    const read = collect(file);
    expect(read.packets).toHaveLength(3);
    expect(read.faults.map((f) => [f.code, f.fileOffset])).toEqual([['CAPTURE_VERSION', 4]]);
  });

  it('delivers a record that is much larger than the pieces it arrives in', () => {
    const big = octets(3_000_000, 5);
    const packets = [...samplePackets(2), { bytes: big, seconds: START, nanoseconds: 9_000_000 }];
    const read = collect(encodePcap([...packets, ...samplePackets(2)], ETHERNET), 4096);
    expect(read.faults).toEqual([]);
    expect(read.packets.map((p) => p.data.length / 2)).toEqual([20, 33, 3_000_000, 20, 33]);
    expect(read.packets[2]?.data).toBe(hex(big));
  });

  it('keeps a record that has more octets than the packet had on the wire, when records follow', () => {
    const packets = samplePackets(3).map((packet) => ({ ...packet, originalLength: 10 }));
    const read = collect(encodePcap(packets, ETHERNET));
    expect(read.faults).toEqual([]);
    expect(read.packets.map((p) => p.originalLength)).toEqual([20, 33, 46]);
  });

  it('takes times that jump by years as they are, as in files put together from several', () => {
    const packets = [0, 40_000_000, 3, 2_000_000_000, 5, 80_000_000].map((seconds, i) => ({
      bytes: octets(30 + i, i),
      seconds: seconds + 1_000_000_000,
      nanoseconds: 1,
    }));
    const file = encodePcap(packets, ETHERNET);
    const read = collect(file, 50);
    expect(read.faults).toEqual([]);
    expect(read.packets.map((p) => p.seconds)).toEqual(packets.map((p) => p.seconds));
    const cut = collect(file.slice(0, -3), 50);
    expect(cut.packets).toHaveLength(5);
    expect(cut.faults.map((f) => f.code)).toEqual(['CAPTURE_TRUNCATED']);
  });

  it('carries a fraction beyond one second over and says so', () => {
    const packets = samplePackets(3);
    const file = encodePcap(packets, { linkType: 1, resolution: 'microseconds' });
    const read = collect(withU32(file, recordAt(1) + 4, 2_500_000));
    expect(read.packets.map((p) => [p.seconds, p.nanoseconds])).toEqual([
      [START, 7000],
      [START + 2, 500_000_000],
      [START, 2_007_000],
    ]);
    expect(read.faults.map((f) => [f.code, f.fileOffset])).toEqual([
      ['CAPTURE_TIME_RANGE', recordAt(1) + 4],
    ]);
  });
});

describe('a cut-off pcap file', () => {
  const packets = samplePackets(4);
  const file = encodePcap(packets, ETHERNET);
  const whole = collect(file);

  it('gives the records before the cut and one fault, wherever it is cut', () => {
    for (let length = 4; length < file.length; length++) {
      const read = collect(file.slice(0, length), 37);
      const boundary = [0, 1, 2, 3].find((count) => recordAt(count) === length);
      const complete = [1, 2, 3].filter((count) => recordAt(count) <= length).length;
      expect(read.packets).toEqual(whole.packets.slice(0, complete));
      expect(read.faults.map((f) => f.code)).toEqual(
        boundary === undefined ? ['CAPTURE_TRUNCATED'] : [],
      );
      if (boundary === undefined) {
        expect(read.faults[0]?.fileOffset).toBe(length < FILE_HEADER ? 0 : recordAt(complete));
        expect(read.faults[0]?.packetsBefore).toBe(complete);
      }
    }
  });

  it('is not searched for records inside of the packet that is cut', () => {
    const inner = encodePcap(samplePackets(5), ETHERNET).subarray(FILE_HEADER);
    const outer = encodePcap(
      [
        ...samplePackets(2),
        { bytes: concat(inner, octets(500, 3)), seconds: START, nanoseconds: 0 },
      ],
      ETHERNET,
    );
    const read = collect(outer.slice(0, -100));
    expect(read.packets).toHaveLength(2);
    expect(read.faults.map((f) => f.code)).toEqual(['CAPTURE_TRUNCATED']);
  });
});

describe('a pcap file with a damaged record', () => {
  const count = 40;
  const file = encodePcap(samplePackets(count), ETHERNET);
  const whole = collect(file);

  for (const [what, value] of [
    ['more than 16 MiB', 0xffff_fff0],
    ['the sign bit', 0x8000_0014],
    ['beyond the end of the file', 250_000],
    ['over several records', 700],
  ] as const) {
    for (const chunk of [50, 65_536]) {
      it(`is read on behind it: captured length is ${what}, pieces of ${chunk}`, () => {
        const read = collect(withU32(file, recordAt(10) + 8, value), chunk);
        expect(read.faults.map((f) => [f.code, f.fileOffset, f.packetsBefore])).toEqual([
          ['CAPTURE_RECORD_LENGTH', recordAt(10), 10],
        ]);
        expect(read.faults[0]?.message).toContain(`reading went on at octet ${recordAt(11)}`);
        expect(read.packets.map((p) => p.data)).toEqual(
          whole.packets.filter((p) => p.number !== 11).map((p) => p.data),
        );
        expect(read.packets.map((p) => p.number)).toEqual(
          Array.from({ length: count - 1 }, (_, i) => i + 1),
        );
      });
    }
  }

  it('is read on when the damaged length is too small', () => {
    const read = collect(withU32(file, recordAt(10) + 8, 5));
    expect(read.faults).toHaveLength(1);
    expect(read.packets.map((p) => p.data).slice(11)).toEqual(
      whole.packets.slice(11).map((p) => p.data),
    );
  });

  it('is read on behind a stretch of zero octets', () => {
    const damaged = file.slice();
    damaged.fill(0, recordAt(10), recordAt(14) + 5);
    const read = collect(damaged);
    expect(read.faults.map((f) => [f.code, f.fileOffset])).toEqual([
      ['CAPTURE_RECORD_HEADER', recordAt(10)],
    ]);
    expect(read.packets.map((p) => p.data)).toEqual(
      whole.packets.filter((p) => p.number <= 10 || p.number > 15).map((p) => p.data),
    );
  });

  it('is read on at the very last record', () => {
    const read = collect(withU32(file, recordAt(count - 2) + 8, 0xffff_ffff));
    expect(read.packets.at(-1)?.data).toBe(whole.packets.at(-1)?.data);
    expect(read.packets).toHaveLength(count - 1);
  });

  it('says that nothing follows when the last record is the damaged one', () => {
    const read = collect(withU32(file, recordAt(count - 1) + 8, 0x7fff_ffff));
    expect(read.packets).toHaveLength(count - 1);
    expect(read.faults.map((f) => f.code)).toEqual(['CAPTURE_RECORD_LENGTH']);
    expect(read.faults[0]?.message).toContain('up to the end');
  });

  it('is read on when already the first record is damaged', () => {
    const read = collect(withU32(file, FILE_HEADER + 8, 0xffff_ffff));
    expect(read.packets.map((p) => p.data)).toEqual(whole.packets.slice(1).map((p) => p.data));
  });

  it('tells each damaged place', () => {
    const damaged = withU32(
      withU32(file, recordAt(10) + 8, 0xffff_ffff),
      recordAt(20) + 8,
      0x7000_0000,
    );
    const read = collect(damaged);
    expect(read.faults.map((f) => f.fileOffset)).toEqual([recordAt(10), recordAt(20)]);
    expect(read.packets).toHaveLength(count - 2);
  });

  it('does not take records of another time for records of this file', () => {
    const other = encodePcap(samplePackets(5, START - 90 * 86_400), ETHERNET).subarray(FILE_HEADER);
    const damaged = concat(
      file.slice(0, recordAt(5)),
      octets(64, 9),
      other,
      octets(64, 9),
      file.slice(recordAt(5)),
    );
    const read = collect(damaged);
    expect(read.packets.map((p) => p.data)).toEqual(whole.packets.map((p) => p.data));
    expect(read.faults).toHaveLength(1);
  });
});
