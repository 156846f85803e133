import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePcap } from '../../../dissectors/capture-file/index.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { concat, hex } from '../../dissectors/capture-file/collect.ts';
import { octets, samplePackets, START } from '../../dissectors/capture-file/samples.ts';
import { codesOf, deliverAll, Scratch } from './scratch.ts';

const PACKETS = samplePackets(400);
const PCAP = encodePcap(PACKETS, { linkType: 1 });
const EXPECTED = PACKETS.map((packet) => hex(packet.bytes));

// zstd -19 tiny.pcap -o test/io/capture/tiny.pcap.zst
// where tiny.pcap is encodePcap(samplePackets(20), { linkType: 1 })
const TINY_ZSTD = new URL('tiny.pcap.zst', import.meta.url);

const hasZstd = spawnSync('zstd', ['--version']).status === 0;

interface ZstdFrame {
  readonly window?: number;
  readonly blockLength?: number;
  readonly checksum?: boolean;
}

/** A zstd frame of uncompressed blocks (RFC 8878 section 3.1.1). */
function zstdFrame(data: Uint8Array, frame: ZstdFrame = {}): Uint8Array {
  const { window = 0x38, blockLength = 1000, checksum = false } = frame;
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, checksum ? 4 : 0, window)];
  for (let at = 0; at === 0 || at < data.length; at += blockLength) {
    const block = data.subarray(at, at + blockLength);
    const header = (block.length << 3) | (at + blockLength >= data.length ? 1 : 0);
    parts.push(Uint8Array.of(header & 0xff, (header >> 8) & 0xff, header >> 16), block);
  }
  if (checksum) parts.push(Uint8Array.of(1, 2, 3, 4));
  return concat(...parts);
}

function zstdSkippable(length: number): Uint8Array {
  return concat(
    Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, length & 0xff, length >> 8, 0, 0),
    octets(length, 1),
  );
}

describe('compressed captures', () => {
  const scratch = new Scratch();
  let files = 0;

  async function read(
    file: Uint8Array,
  ): Promise<{ data: string[]; codes: string[]; offsets: number[] }> {
    const { source, errors } = await openCaptures([scratch.write(`c${files++}`, file)]);
    expect(errors).toEqual([]);
    const data = (await deliverAll(source)).map((packet) => packet.data);
    const offsets = source.faults.map((fault) => fault.fileOffset);
    return { data, codes: codesOf(source.faults), offsets };
  }

  /** Packets that lie completely in the first `length` octets of the file. */
  function packetsWithin(length: number): string[] {
    let at = 24;
    return EXPECTED.filter((data) => (at += 16 + data.length / 2) <= length);
  }

  it('are read from gzip', async () => {
    expect(await read(gzipSync(PCAP))).toEqual({ data: EXPECTED, codes: [], offsets: [] });
  });

  it('are read from gzip of many members, cut anywhere in the capture', async () => {
    const members = Array.from({ length: Math.ceil(PCAP.length / 333) }, (_, i) =>
      gzipSync(PCAP.subarray(i * 333, i * 333 + 333)),
    );
    expect(members.length).toBeGreaterThan(50);
    const empty = gzipSync(new Uint8Array(0));
    expect(await read(concat(...members, empty))).toEqual({
      data: EXPECTED,
      codes: [],
      offsets: [],
    });
  });

  it('are read from gzip members with name, comment, extra field and header checksum', async () => {
    const plain = gzipSync(PCAP);
    const header = concat(
      plain.subarray(0, 3),
      Uint8Array.of(0x1e),
      plain.subarray(4, 10),
      Uint8Array.of(3, 0, 9, 9, 9),
      Buffer.from('name\0a comment\0'),
      Uint8Array.of(1, 2),
    );
    expect((await read(concat(header, plain.subarray(10)))).data).toEqual(EXPECTED);
  });

  it('are read from gzip padded with zero octets, and are told of other octets behind', async () => {
    const file = gzipSync(PCAP);
    expect((await read(concat(file, new Uint8Array(700)))).codes).toEqual([]);
    const { data, codes } = await read(concat(file, Buffer.from('trailing text')));
    expect(data).toEqual(EXPECTED);
    expect(codes).toEqual(['CAPTURE_COMPRESSION']);
  });

  it('give everything before the place where gzip data is cut, and one fault', async () => {
    // Stored blocks: it is known what must come out.
    const file = gzipSync(PCAP, { level: 0 });
    for (const length of [100, 5000, 12_345, file.length - 9, file.length - 8, file.length - 1]) {
      const { data, codes } = await read(file.subarray(0, length));
      expect(data).toEqual(packetsWithin(Math.min(length - 15, PCAP.length)));
      expect(codes).toEqual(['CAPTURE_TRUNCATED']);
    }
  });

  it('give a true beginning wherever compressed gzip data is cut', async () => {
    const file = gzipSync(PCAP);
    let most = 0;
    for (let length = 200; length < file.length; length += 97) {
      const { data, codes } = await read(file.subarray(0, length));
      expect(data).toEqual(EXPECTED.slice(0, data.length));
      expect(data.length).toBeGreaterThanOrEqual(most);
      most = data.length;
      expect(codes).toEqual(['CAPTURE_TRUNCATED']);
    }
    expect(most).toBeGreaterThan(300);
  });

  it('are complete when only the checksum of the gzip data is wrong, and that is told', async () => {
    const file = gzipSync(PCAP);
    file[file.length - 6] = (file[file.length - 6] ?? 0) ^ 0xff;
    expect(await read(file)).toEqual({
      data: EXPECTED,
      codes: ['CAPTURE_COMPRESSION'],
      offsets: [PCAP.length],
    });
  });

  it('give what came before damaged gzip data', async () => {
    const file = gzipSync(PCAP);
    const middle = Math.floor(file.length / 2);
    const damaged = concat(file.subarray(0, middle), octets(200, 77), file.subarray(middle + 200));
    const { data, codes } = await read(damaged);
    expect(data.length).toBeGreaterThan(0);
    expect(data.slice(0, 10)).toEqual(EXPECTED.slice(0, 10));
    expect(codes).toContain('CAPTURE_COMPRESSION');
  });

  it('are read from zstd as its command writes it', async () => {
    const { data, codes } = await read(readFileSync(TINY_ZSTD));
    expect(data).toEqual(samplePackets(20).map((packet) => hex(packet.bytes)));
    expect(codes).toEqual([]);
  });

  for (const level of ['-1', '-3', '-9', '-19', '-3 --long=27']) {
    it.skipIf(!hasZstd)(`are read from zstd ${level}, two files in one (needs zstd)`, async () => {
      // Text-like, repetitive and incompressible packets: all kinds of blocks and sequences.
      let seed = 1;
      const packets = Array.from({ length: 3000 }, (_, i) => ({
        bytes: Uint8Array.from({ length: 60 + ((i * 37) % 900) }, (_, k) => {
          seed = (seed * 1103515245 + 12345) >>> 0;
          if (i % 3 === 0) return seed >>> 24;
          return i % 3 === 1 ? 97 + ((seed >>> 20) % 9) : (k >> 3) & 0xff;
        }),
        seconds: START,
        nanoseconds: i,
      }));
      const file = encodePcap(packets, { linkType: 1 });
      const middle = Math.floor(file.length / 3);
      const parts = [file.subarray(0, middle), file.subarray(middle)].map((input) => {
        const run = spawnSync('zstd', ['-q', '-c', ...level.split(' ')], {
          input,
          maxBuffer: 2 ** 26,
        });
        return new Uint8Array(run.stdout);
      });
      expect(await read(concat(...parts))).toEqual({
        data: packets.map((packet) => hex(packet.bytes)),
        codes: [],
        offsets: [],
      });
    });
  }

  it('are read from zstd of many frames, skippable and empty ones among them', async () => {
    const [a, b] = [PCAP.subarray(0, 7777), PCAP.subarray(7777)];
    const file = concat(
      zstdSkippable(20),
      zstdFrame(a, { checksum: true }),
      zstdFrame(new Uint8Array(0)),
      zstdSkippable(700),
      zstdFrame(b, { blockLength: 60_000 }),
    );
    expect(await read(file)).toEqual({ data: EXPECTED, codes: [], offsets: [] });
  });

  it('give everything before the place where zstd data is cut, and one fault', async () => {
    const file = zstdFrame(PCAP, { checksum: true });
    for (const [length, whole] of [
      [file.length - 1, PCAP.length - (PCAP.length % 1000)],
      [6 + 5 * 1003, 5000],
      [6 + 5 * 1003 - 1, 4000],
    ] as const) {
      const { data, codes } = await read(file.subarray(0, length));
      expect(data).toEqual(packetsWithin(whole));
      expect(codes).toEqual(['CAPTURE_TRUNCATED']);
    }
  });

  it('in zstd are refused when they want a dictionary or too large a window', async () => {
    const start = zstdFrame(PCAP.subarray(0, 5000));
    const huge = await read(concat(start, zstdFrame(PCAP, { window: 0xf8 })));
    expect(huge.data).toEqual(packetsWithin(5000));
    expect(huge.codes).toEqual(['CAPTURE_COMPRESSION']);
    const dictionary = concat(
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1, 0x38, 7),
      zstdFrame(PCAP).subarray(6),
    );
    expect((await read(concat(start, dictionary))).codes).toEqual(['CAPTURE_COMPRESSION']);
  });

  it('never throw, whatever the compressed octets are', async () => {
    const seeds = [gzipSync(PCAP.subarray(0, 3000)), readFileSync(TINY_ZSTD)].map(
      (seed) => new Uint8Array(seed),
    );
    const property = fc.asyncProperty(
      fc.constantFrom(...seeds),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.uint8Array({ minLength: 1, maxLength: 6 }),
      async (seed, at, given) => {
        const file = seed.slice();
        file.set(given, 4 + Math.floor(at * (file.length - 4 - given.length)));
        const { source, errors } = await openCaptures([scratch.write('fuzz', file)]);
        const packets = await deliverAll(source);
        expect(packets.length).toBeLessThan(1000);
        expect(errors.length).toBeLessThanOrEqual(1);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it('keep their times', async () => {
    const { source } = await openCaptures([scratch.write('times.gz', gzipSync(PCAP))]);
    const [first] = await deliverAll(source);
    expect([first?.seconds, first?.nanoseconds]).toEqual([START, 7000]);
  });
});
