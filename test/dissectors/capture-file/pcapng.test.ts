import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePcapng,
  type PcapngInterfaceToWrite,
  type PcapngPacketToWrite,
} from '../../../dissectors/capture-file/index.ts';
import { MAX_INTERFACES } from '../../../dissectors/capture-file/pcapng.ts';
import { collect, concat, hex } from './collect.ts';
import { Blocks } from './pcapng-blocks.ts';
import { octets, samplePackets, START } from './samples.ts';

const LITTLE = new Blocks();
const TIME = BigInt(START) * 1_000_000n;
const DATA = octets(41, 1);

const INTERFACES: readonly PcapngInterfaceToWrite[] = [
  { linkType: 1, name: 'eth0', description: 'home link', snapLength: 65_535 },
  { linkType: 101, name: 'ip6tnl1' },
  { linkType: 276 },
];

/** A file as the parts it was made of, with the offset of each part. */
function assemble(parts: readonly Uint8Array[]): { file: Uint8Array; at: number[] } {
  let offset = 0;
  const at = parts.map((part) => (offset += part.length) - part.length);
  return { file: concat(...parts), at };
}

describe('pcapng', () => {
  for (const byteOrder of ['little-endian', 'big-endian'] as const) {
    it(`gives back what was written on several interfaces, ${byteOrder}`, () => {
      const packets = samplePackets(30).map((packet, i) => ({
        ...packet,
        nanoseconds: packet.nanoseconds + i,
        originalLength: 1500,
        interfaceIndex: i % 3,
        ...(i % 2 === 0 ? { comment: `packet ${i}: Bündel` } : {}),
      }));
      const read = collect(encodePcapng(packets, INTERFACES, byteOrder), 100);
      expect(read.faults).toEqual([]);
      expect(read.interfaces).toEqual([
        { name: 'eth0', description: 'home link', linkType: 1, snapLength: 65_535 },
        { name: 'ip6tnl1', description: undefined, linkType: 101, snapLength: 0 },
        { name: undefined, description: undefined, linkType: 276, snapLength: 0 },
      ]);
      expect(read.packets.map(({ fileOffset, ...rest }) => [rest, fileOffset > 0])).toEqual(
        packets.map((packet, i) => [
          {
            data: hex(packet.bytes),
            originalLength: 1500,
            seconds: packet.seconds,
            nanoseconds: packet.nanoseconds,
            linkType: INTERFACES[i % 3]?.linkType,
            interfaceIndex: i % 3,
            number: i + 1,
          },
          true,
        ]),
      );
    });
  }

  it('gives back any time that a resolution can hold', () => {
    const resolution = fc.oneof(
      fc.record({ base: fc.constant(10 as const), exponent: fc.integer({ min: 0, max: 9 }) }),
      fc.record({ base: fc.constant(2 as const), exponent: fc.integer({ min: 0, max: 30 }) }),
    );
    const property = fc.property(
      resolution,
      fc.integer({ min: 0, max: 4_000_000_000 }),
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.option(fc.integer({ min: -1_000_000, max: 0 }), { nil: undefined }),
      (given, seconds, nanoseconds, offsetSeconds) => {
        const packet: PcapngPacketToWrite = { bytes: DATA, seconds, nanoseconds };
        const description = {
          linkType: 1,
          resolution: given,
          ...(offsetSeconds === undefined ? {} : { offsetSeconds }),
        };
        const read = collect(encodePcapng([packet], [description]));
        const units = BigInt(given.base) ** BigInt(given.exponent);
        const kept = (BigInt(nanoseconds) * units) / 1_000_000_000n;
        expect(read.faults).toEqual([]);
        expect([read.packets[0]?.seconds, read.packets[0]?.nanoseconds]).toEqual([
          seconds,
          Number((kept * 1_000_000_000n) / units),
        ]);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it('reads resolutions finer than nanoseconds', () => {
    const picoseconds = LITTLE.option(9, Uint8Array.of(12));
    const fine = LITTLE.option(9, Uint8Array.of(0x80 | 34));
    const file = concat(
      LITTLE.section(),
      LITTLE.interface(1, 0, picoseconds),
      LITTLE.interface(1, 0, fine),
      LITTLE.enhanced(0, 1_700_000n * 10n ** 12n + 999_999_999_999n, DATA),
      LITTLE.enhanced(1, (1_700_000n << 34n) + (1n << 33n), DATA),
    );
    const read = collect(file);
    expect(read.packets.map((p) => [p.seconds, p.nanoseconds])).toEqual([
      [1_700_000, 999_999_999],
      [1_700_000, 500_000_000],
    ]);
  });

  it('takes microseconds when no resolution is given', () => {
    const file = concat(
      LITTLE.section(),
      LITTLE.interface(1),
      LITTLE.enhanced(0, TIME + 123_456n, DATA),
    );
    const [packet] = collect(file).packets;
    expect([packet?.seconds, packet?.nanoseconds]).toEqual([START, 123_456_000]);
  });

  it('moves a time outside of the years 1970 to 9999 to the nearer end and says so', () => {
    const past = LITTLE.option(14, LITTLE.u32(0xffff_fff6, 0xffff_ffff));
    const file = concat(
      LITTLE.section(),
      LITTLE.interface(1, 0, past),
      LITTLE.interface(1, 0, LITTLE.option(9, Uint8Array.of(0))),
      LITTLE.enhanced(0, 3_000_000n, DATA),
      LITTLE.enhanced(1, (1n << 64n) - 1n, DATA),
    );
    const read = collect(file);
    expect(read.packets.map((p) => p.seconds)).toEqual([0, 253_402_300_799]);
    expect(read.faults.map((f) => f.code)).toEqual(['CAPTURE_TIME_RANGE', 'CAPTURE_TIME_RANGE']);
  });

  it('reads several sections, each with its own byte order and interfaces', () => {
    const [first, second] = [samplePackets(4), samplePackets(3, START + 10)];
    const file = concat(
      encodePcapng(first, [{ linkType: 1, name: 'eth0' }]),
      encodePcapng(second, [{ linkType: 101, name: 'tun0' }], 'big-endian'),
      encodePcapng(first, [{ linkType: 1, name: 'eth0' }]),
    );
    const read = collect(file, 33);
    expect(read.faults).toEqual([]);
    expect(read.packets.map((p) => p.data)).toEqual(
      [...first, ...second, ...first].map((p) => hex(p.bytes)),
    );
    expect(read.packets.map((p) => [p.linkType, p.interfaceIndex])).toEqual([
      ...first.map(() => [1, 0]),
      ...second.map(() => [101, 1]),
      ...first.map(() => [1, 0]),
    ]);
    expect(read.interfaces.map((i) => i.name)).toEqual(['eth0', 'tun0']);
  });

  for (const byteOrder of ['little-endian', 'big-endian'] as const) {
    it(`reads Simple and obsolete Packet Blocks and passes over others, ${byteOrder}`, () => {
      const blocks = new Blocks(byteOrder);
      const file = concat(
        blocks.section(),
        blocks.interface(1, 30),
        blocks.block(0x7777, [octets(33, 2)]),
        blocks.simple(DATA.subarray(0, 30), 1400),
        blocks.packet(0, TIME + 5n, DATA, 90),
        blocks.block(5, [octets(12, 2)]),
        blocks.simple(DATA.subarray(0, 5)),
      );
      const read = collect(file, 7);
      expect(read.faults).toEqual([]);
      expect(read.packets.map((p) => [p.data, p.originalLength, p.seconds, p.nanoseconds])).toEqual(
        [
          [hex(DATA, 0, 30), 1400, 0, 0],
          [hex(DATA), 90, START, 5000],
          [hex(DATA, 0, 5), 5, START, 5000],
        ],
      );
    });
  }

  it('passes over a custom block larger than any packet without holding it', () => {
    const big = LITTLE.block(0x0bad, [new Uint8Array(20 * 1024 * 1024)]);
    const file = concat(LITTLE.section(), LITTLE.interface(1), big, LITTLE.enhanced(0, TIME, DATA));
    const read = collect(file);
    expect(read.faults).toEqual([]);
    expect(read.packets).toHaveLength(1);
  });
});

describe('a faulty pcapng file', () => {
  const section = LITTLE.section();
  const ethernet = LITTLE.interface(1);
  const packets = Array.from({ length: 6 }, (_, i) =>
    LITTLE.enhanced(0, TIME + BigInt(i), octets(30 + i, i)),
  );
  const { file, at } = assemble([section, ethernet, ...packets]);
  const whole = collect(file);

  /** The file with one 32-bit number replaced. */
  function damaged(offset: number, value: number): Uint8Array {
    const copy = file.slice();
    copy.set(LITTLE.u32(value), offset);
    return copy;
  }

  it('gives the packets before a cut and one fault, wherever it is cut', () => {
    const rich = encodePcapng(
      samplePackets(3).map((packet, i) => ({ ...packet, comment: 'cut here', interfaceIndex: i })),
      INTERFACES,
    );
    const all = collect(rich).packets;
    const boundaries = [...all.map((p) => p.fileOffset)];
    for (let length = 4; length < rich.length; length++) {
      const read = collect(rich.slice(0, length), 37);
      expect(read.packets).toEqual(all.slice(0, read.packets.length));
      expect(read.packets.length).toBe(
        all.filter((_, i) => (all[i + 1]?.fileOffset ?? rich.length) <= length).length,
      );
      const codes = read.faults.map((f) => f.code);
      if (boundaries.includes(length)) expect(codes).toEqual([]);
      else if (codes.length > 0) expect(codes).toEqual(['CAPTURE_TRUNCATED']);
      else expect(length).toBeLessThan(boundaries[0] ?? 0);
    }
  });

  for (const [what, value] of [
    ['not a multiple of four', 65],
    ['too small', 8],
    ['beyond 256 MiB', 0xffff_fff0],
    ['beyond the largest packet', 100_000_000],
    ['beyond the end of the file', 4000],
    ['over the next blocks', 200],
    ['into the packet', 40],
  ] as const) {
    for (const chunk of [16, 65_536]) {
      it(`is read on behind a block whose length is ${what}, pieces of ${chunk}`, () => {
        const bad = at[3] ?? 0;
        const read = collect(damaged(bad + 4, value), chunk);
        expect(read.faults.map((f) => [f.fileOffset, f.packetsBefore])).toEqual([[bad, 1]]);
        expect(['CAPTURE_RECORD_LENGTH', 'CAPTURE_BLOCK_TRAILER']).toContain(read.faults[0]?.code);
        expect(read.packets.map((p) => p.data)).toEqual(
          whole.packets.filter((p) => p.number !== 2).map((p) => p.data),
        );
      });
    }
  }

  it('loses nothing when only the second length of a block is wrong', () => {
    const next = at[4] ?? 0;
    const read = collect(damaged(next - 4, 99));
    expect(read.faults.map((f) => [f.code, f.fileOffset])).toEqual([
      ['CAPTURE_BLOCK_TRAILER', at[3]],
    ]);
    expect(read.packets).toEqual(whole.packets);
  });

  it('loses nothing when the last length of the file is wrong', () => {
    const read = collect(damaged(file.length - 4, 99), 20);
    expect(read.faults.map((f) => f.code)).toEqual(['CAPTURE_BLOCK_TRAILER']);
    expect(read.packets).toEqual(whole.packets);
  });

  it('is read on at a section header that follows a cut-off block at any octet', () => {
    const cut = file.slice(0, (at[5] ?? 0) + 33);
    const second = encodePcapng(samplePackets(2), [{ linkType: 113, name: 'any' }], 'big-endian');
    const read = collect(concat(cut, second));
    expect(read.packets.map((p) => p.linkType)).toEqual([1, 1, 1, 113, 113]);
    expect(read.faults).toHaveLength(1);
  });

  it('gives a packet of an unknown interface no link type, but a fault', () => {
    const stray = LITTLE.enhanced(3, TIME, DATA);
    const parts = assemble([section, ethernet, stray, packets[0] ?? DATA]);
    const read = collect(parts.file);
    expect(read.packets).toHaveLength(1);
    expect(read.faults.map((f) => [f.code, f.fileOffset])).toEqual([
      ['CAPTURE_INTERFACE_UNKNOWN', parts.at[2]],
    ]);
    expect(read.faults[0]?.message).toContain('interface 3');
  });

  it('does not give the number of a lost interface to the next one', () => {
    const lost = LITTLE.interface(1);
    lost.set(LITTLE.u32(18), 4);
    const read = collect(
      concat(
        section,
        lost,
        LITTLE.interface(101),
        LITTLE.enhanced(0, TIME, DATA),
        LITTLE.enhanced(1, TIME, DATA),
      ),
    );
    expect(read.packets.map((p) => p.linkType)).toEqual([101]);
    expect(read.faults.map((f) => f.code)).toEqual([
      'CAPTURE_RECORD_LENGTH',
      'CAPTURE_INTERFACE_UNKNOWN',
    ]);
  });

  it('does not use the interfaces of the section before for a section whose header is damaged', () => {
    const broken = LITTLE.section();
    broken.set(LITTLE.u32(0), 8);
    const read = collect(
      concat(section, ethernet, broken, LITTLE.interface(101), LITTLE.enhanced(0, TIME, DATA)),
    );
    expect(read.packets.map((p) => p.linkType)).toEqual([101]);
    expect(read.faults.map((f) => f.code)).toEqual(['CAPTURE_BYTE_ORDER']);
  });

  it('passes over a section of an unknown version', () => {
    const read = collect(
      concat(LITTLE.section(2), ethernet, LITTLE.enhanced(0, TIME, DATA), section, ethernet, DATA),
    );
    expect(read.packets).toEqual([]);
    expect(read.faults[0]?.code).toBe('CAPTURE_VERSION');
  });

  it('does not read a packet that says it is longer than its block', () => {
    const bad = at[3] ?? 0;
    const read = collect(damaged(bad + 20, 5000));
    expect(read.faults.map((f) => [f.code, f.fileOffset])).toEqual([
      ['CAPTURE_RECORD_LENGTH', bad],
    ]);
    expect(read.packets).toHaveLength(5);
  });

  it('reads an interface whose options run over the end of the block', () => {
    const odd = LITTLE.interface(
      1,
      0,
      LITTLE.option(2, octets(4, 1)),
      LITTLE.u16(3),
      LITTLE.u16(900),
    );
    const read = collect(concat(section, odd, packets[0] ?? DATA));
    expect(read.packets).toHaveLength(1);
    expect(read.faults.map((f) => f.code)).toEqual(['CAPTURE_INTERFACE_OPTION']);
  });

  it('does not use options of impossible length or value', () => {
    const odd = LITTLE.interface(
      1,
      0,
      LITTLE.option(9, Uint8Array.of(9, 9)),
      LITTLE.option(14, LITTLE.u32(0, 0x7fff_ffff)),
      LITTLE.option(14, LITTLE.u32(5)),
    );
    const read = collect(concat(section, odd, LITTLE.enhanced(0, TIME + 1n, DATA)));
    expect(read.packets.map((p) => [p.seconds, p.nanoseconds])).toEqual([[START, 1000]]);
    expect(read.faults.map((f) => f.code)).toEqual(Array(3).fill('CAPTURE_INTERFACE_OPTION'));
  });

  it('keeps a bounded number of interfaces', () => {
    const many = Array.from({ length: MAX_INTERFACES + 2 }, () => ethernet);
    const read = collect(
      concat(
        section,
        ...many,
        LITTLE.enhanced(MAX_INTERFACES - 1, TIME, DATA),
        LITTLE.enhanced(MAX_INTERFACES, TIME, DATA),
      ),
    );
    expect(read.interfaces).toHaveLength(MAX_INTERFACES);
    expect(read.packets).toHaveLength(1);
    expect(read.faults.map((f) => f.code)).toEqual([
      'CAPTURE_INTERFACE_LIMIT',
      'CAPTURE_INTERFACE_LIMIT',
      'CAPTURE_INTERFACE_UNKNOWN',
    ]);
  });

  it('does not take blocks inside of a cut-off packet for blocks of the file', () => {
    const inner = concat(packets[0] ?? DATA, packets[1] ?? DATA, octets(300, 1));
    const outer = concat(section, ethernet, LITTLE.enhanced(0, TIME, inner));
    const read = collect(outer.slice(0, -200));
    expect(read.packets).toEqual([]);
    expect(read.faults.map((f) => f.code)).toEqual(['CAPTURE_TRUNCATED']);
  });
});
