import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readlinkSync, rmSync, truncateSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePcap,
  encodePcapng,
  type PacketToWrite,
} from '../../../dissectors/capture-file/index.ts';
import type { SourceProgress } from '../../../engine/ports.ts';
import { FAULTS_OMITTED, FAULTS_PER_INPUT, openCaptures } from '../../../io/capture/file.ts';
import { concat, hex } from '../../dissectors/capture-file/collect.ts';
import { Blocks } from '../../dissectors/capture-file/pcapng-blocks.ts';
import { octets, samplePackets, START } from '../../dissectors/capture-file/samples.ts';
import { codesOf, deliverAll, Scratch } from './scratch.ts';

const hasDescriptors = process.platform === 'linux';

/** Packets at the given times, in nanoseconds after the start, that hold `tag`. */
function packetsAt(tag: number, times: readonly number[]): PacketToWrite[] {
  return times.map((time, i) => ({
    bytes: Uint8Array.of(tag, i & 0xff, i >> 8, 0, 0, 0),
    seconds: START + Math.floor(time / 1e9),
    nanoseconds: time % 1e9,
  }));
}

function descriptors(directory: string): number {
  return readdirSync('/proc/self/fd').filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`).startsWith(directory);
    } catch {
      // Closed since it was listed.
      return false;
    }
  }).length;
}

describe('openCaptures', () => {
  const scratch = new Scratch();

  it('delivers the packets of one file with all their fields', async () => {
    const packets = samplePackets(10);
    const path = scratch.write('one.pcap', encodePcap(packets, { linkType: 113, snapLength: 500 }));
    const { source, errors } = await openCaptures([path]);
    const delivered = await deliverAll(source);
    expect(errors).toEqual([]);
    expect(delivered).toEqual(
      packets.map(({ bytes, seconds, nanoseconds }, i) => ({
        data: hex(bytes),
        seconds,
        nanoseconds,
        inputIndex: 0,
        interfaceIndex: 0,
        number: i + 1,
      })),
    );
    expect(source.inputs).toEqual([{ name: path, packets: 10 }]);
    expect(source.interfaces).toEqual([
      { inputIndex: 0, name: undefined, description: undefined, linkType: 113, snapLength: 500 },
    ]);
    expect(source.faults).toEqual([]);
  });

  it('delivers a file much larger than a chunk, with large records in it', async () => {
    const packets = [
      ...samplePackets(20_000),
      { bytes: octets(2_000_000, 3), seconds: START + 100, nanoseconds: 0 },
      ...samplePackets(5000, START + 101),
    ];
    const path = scratch.write('large.pcap', encodePcap(packets, { linkType: 1 }));
    const { source } = await openCaptures([path]);
    let index = 0;
    let differing = 0;
    await source.run((record) => {
      const expected = packets[index++]?.bytes ?? new Uint8Array(0);
      const got = Buffer.from(record.bytes.buffer, record.offset, record.end - record.offset);
      if (!got.equals(expected)) differing++;
    });
    expect([index, differing, source.faults.length]).toEqual([packets.length, 0, 0]);
  });

  it('merges any files by time, ties by input, each file in its own order', async () => {
    const files = fc.array(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }), {
      minLength: 1,
      maxLength: 6,
    });
    const property = fc.asyncProperty(files, async (times) => {
      const paths = times.map((list, i) =>
        scratch.write(`merge${i}.pcap`, encodePcap(packetsAt(i, list), { linkType: 1 })),
      );
      const { source } = await openCaptures(paths);
      const delivered = await deliverAll(source);
      // The definition: always the earliest of the next packets of all files.
      const queues = times.map((list) => [...list]);
      const expected: string[] = [];
      const taken = times.map(() => 0);
      for (;;) {
        let best = -1;
        queues.forEach((queue, i) => {
          const [head] = queue;
          const [rival] = queues[best] ?? [];
          if (head !== undefined && (rival === undefined || head < rival)) best = i;
        });
        if (best < 0) break;
        queues[best]?.shift();
        const position = taken[best] ?? 0;
        taken[best] = position + 1;
        expected.push(hex(Uint8Array.of(best, position, 0, 0, 0, 0)));
      }
      expect(delivered.map((packet) => packet.data)).toEqual(expected);
      expect(source.faults).toEqual([]);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('merges pcap, pcapng and gzip files, each with its own interfaces', async () => {
    const paths = [
      scratch.write('m.pcap', encodePcap(packetsAt(1, [10, 40, 70]), { linkType: 1 })),
      scratch.write(
        'm.pcapng',
        encodePcapng(packetsAt(2, [20, 50]), [{ linkType: 101, name: 'tun0' }], 'big-endian'),
      ),
      scratch.write('m.gz', gzipSync(encodePcap(packetsAt(3, [30, 60]), { linkType: 113 }))),
    ];
    const { source } = await openCaptures(paths);
    const delivered = await deliverAll(source);
    expect(delivered.map((packet) => packet.data.slice(0, 2)).join(' ')).toBe(
      '01 02 03 01 02 03 01',
    );
    for (const packet of delivered) {
      const described = source.interfaces[packet.interfaceIndex];
      expect(described?.inputIndex).toBe(packet.inputIndex);
      expect(described?.linkType).toBe([1, 101, 113][packet.inputIndex]);
    }
    expect(source.inputs.map((input) => input.packets)).toEqual([3, 2, 2]);
  });

  it('reads the others when an input cannot be read', async () => {
    const good = scratch.write('good.pcap', encodePcap(samplePackets(3), { linkType: 1 }));
    const bad = scratch.write('bad.pcap', 'just text, nothing else');
    const { source, errors } = await openCaptures([bad, good, scratch.path('absent')]);
    expect(errors.map((error) => error.code)).toEqual([
      'ERR_INPUT_NOT_A_CAPTURE',
      'ERR_INPUT_NOT_FOUND',
    ]);
    expect(await deliverAll(source)).toHaveLength(3);
  });

  it('delivers nothing when nothing can be read', async () => {
    const { source, errors } = await openCaptures([scratch.path('absent')]);
    expect(errors).toHaveLength(1);
    expect(await deliverAll(source)).toEqual([]);
  });

  it('tells a file that vanished or was cut after it was looked at', async () => {
    const file = encodePcap(samplePackets(3), { linkType: 1 });
    const [gone, cut, good] = ['gone.pcap', 'cut.pcap', 'stays.pcap'].map((name) =>
      scratch.write(name, file),
    );
    const { source, errors } = await openCaptures([gone ?? '', cut ?? '', good ?? '']);
    rmSync(gone ?? '');
    truncateSync(cut ?? '', 0);
    expect(errors).toEqual([]);
    expect((await deliverAll(source)).map((packet) => packet.inputIndex)).toEqual([2, 2, 2]);
    expect(source.faults.map((fault) => [fault.inputIndex, fault.code])).toEqual([
      [0, 'ERR_INPUT_NOT_FOUND'],
      [1, 'ERR_INPUT_EMPTY'],
    ]);
  });

  it('says where in which file a fault is and how many packets came before', async () => {
    const whole = encodePcap(samplePackets(4), { linkType: 1 });
    const paths = [scratch.write('f1.pcap', whole), scratch.write('f2.pcap', whole.slice(0, -5))];
    const { source } = await openCaptures(paths);
    await deliverAll(source);
    expect(source.faults).toMatchObject([
      { inputIndex: 1, code: 'CAPTURE_TRUNCATED', packetsBefore: 3 },
    ]);
  });

  it('keeps a bounded number of faults and tells how many it left out', async () => {
    const blocks = new Blocks();
    const stray = blocks.enhanced(9, 0n, octets(8, 1));
    const many = Array.from({ length: FAULTS_PER_INPUT + 23 }, () => stray);
    const path = scratch.write(
      'faults.pcapng',
      concat(blocks.section(), blocks.interface(1), ...many),
    );
    const { source } = await openCaptures([path]);
    await deliverAll(source);
    expect(source.faults).toHaveLength(FAULTS_PER_INPUT + 1);
    expect(source.faults.at(-1)).toMatchObject({ code: FAULTS_OMITTED });
    expect(source.faults.at(-1)?.message).toContain('23 further faults');
  });

  it('tells the fault of a capture without packets', async () => {
    const empty = encodePcap([], { linkType: 1 });
    const paths = [
      scratch.write('e1.pcap', empty),
      scratch.write('e2.pcap', empty.slice(0, 20)),
      scratch.write('e3.pcap', encodePcap(samplePackets(1), { linkType: 1 })),
    ];
    const { source, errors } = await openCaptures(paths);
    expect(errors).toEqual([]);
    expect(await deliverAll(source)).toHaveLength(1);
    expect(source.faults.map((fault) => [fault.inputIndex, fault.code])).toEqual([
      [1, 'CAPTURE_TRUNCATED'],
    ]);
  });

  it.skipIf(!hasDescriptors)(
    'keeps one descriptor open over a directory of rotated files (needs /proc)',
    async () => {
      for (let i = 0; i < 300; i++) {
        const packets = packetsAt(i & 0xff, [i * 100, i * 100 + 50]);
        scratch.write(
          `rotated/${String(i).padStart(4, '0')}.pcap`,
          encodePcap(packets, { linkType: 1 }),
        );
      }
      const { source } = await openCaptures([scratch.path('rotated')]);
      expect(descriptors(scratch.directory)).toBe(0);
      let most = 0;
      let packets = 0;
      await source.run(() => {
        if (packets++ % 60 === 0) most = Math.max(most, descriptors(scratch.directory));
      });
      expect(packets).toBe(600);
      expect(readdirSync(scratch.path('rotated'))).toHaveLength(300);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(2);
      expect(descriptors(scratch.directory)).toBe(0);
    },
  );

  it.skipIf(!hasDescriptors)(
    'holds a bounded number of descriptors when all files begin at the same time (needs /proc)',
    async () => {
      for (let i = 0; i < 200; i++) {
        const packets = packetsAt(i, [0, 1000 + i, 5000]);
        scratch.write(
          `same/${String(i).padStart(4, '0')}.pcap`,
          encodePcap(packets, { linkType: 1 }),
        );
      }
      const { source } = await openCaptures([scratch.path('same')]);
      let most = 0;
      const order: number[] = [];
      await source.run((record) => {
        order.push(record.inputIndex);
        if (order.length % 150 === 0) most = Math.max(most, descriptors(scratch.directory));
      });
      const inOrder = Array.from({ length: 200 }, (_, i) => i);
      expect(order).toEqual([...inOrder, ...inOrder, ...inOrder]);
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(128);
    },
  );

  it('lets timers run while it works', async () => {
    const path = scratch.write('work.pcap', encodePcap(samplePackets(3000), { linkType: 1 }));
    const { source } = await openCaptures([path]);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    let packets = 0;
    await source.run(() => {
      packets++;
      if (packets % 100 !== 0) return;
      const until = performance.now() + 5;
      while (performance.now() < until);
    });
    clearInterval(timer);
    expect(packets).toBe(3000);
    expect(turns).toBeGreaterThanOrEqual(2);
  });

  it('stops at the next packet when the signal says so, and closes the file', async () => {
    const path = scratch.write('stop.pcap', encodePcap(samplePackets(500), { linkType: 1 }));
    const { source } = await openCaptures([path]);
    const controller = new AbortController();
    let packets = 0;
    await source.run(
      () => {
        packets++;
        if (packets === 123) controller.abort();
      },
      { signal: controller.signal },
    );
    expect([packets, source.inputs[0]?.packets, source.faults]).toEqual([123, 123, []]);
  });

  it('delivers nothing when the signal came before', async () => {
    const path = scratch.write('stopped.pcap', encodePcap(samplePackets(5), { linkType: 1 }));
    const { source } = await openCaptures([path]);
    let packets = 0;
    await source.run(() => packets++, { signal: AbortSignal.abort() });
    expect(packets).toBe(0);
  });

  it('passes on what the receiver throws, and gives the file back', async () => {
    const path = scratch.write('throws.pcap', encodePcap(samplePackets(5), { linkType: 1 }));
    const { source } = await openCaptures([path]);
    const run = source.run(() => {
      throw new Error('receiver');
    });
    await expect(run).rejects.toThrow('receiver');
    if (hasDescriptors) expect(descriptors(path)).toBe(0);
  });

  it('runs once', async () => {
    const path = scratch.write('once.pcap', encodePcap(samplePackets(5), { linkType: 1 }));
    const { source } = await openCaptures([path]);
    await deliverAll(source);
    await expect(deliverAll(source)).rejects.toThrow('runs once');
  });

  it('reports the octets read at the end, compressed as on disk', async () => {
    const plain = encodePcap(samplePackets(200), { linkType: 1 });
    const packed = gzipSync(plain);
    const paths = [scratch.write('p.pcap', plain), scratch.write('p.gz', packed)];
    const { source } = await openCaptures(paths);
    const reports: SourceProgress[] = [];
    await source.run(() => undefined, {
      onProgress: (progress) => {
        reports.push(progress);
      },
    });
    const total = plain.length + packed.length;
    expect(reports.at(-1)).toEqual({ packets: 400, octetsRead: total, octetsTotal: total });
  });
});

describe('standard input', () => {
  const scratch = new Scratch();

  it('delivers each packet as soon as it is there', async () => {
    const packets = samplePackets(3);
    const file = encodePcap(packets, { linkType: 1 });
    const stdin = new PassThrough();
    const { source } = await openCaptures(['-'], { stdin });
    const seen: string[] = [];
    const waiting: (() => void)[] = [];
    const run = source.run((record) => {
      seen.push(hex(record.bytes, record.offset, record.end));
      waiting.shift()?.();
    });
    let at = 0;
    for (const [i, length] of [24 + 16 + 20, 16 + 33, 16 + 46].entries()) {
      const arrived = new Promise<void>((resolve) => waiting.push(resolve));
      stdin.write(file.subarray(at, at + length));
      at += length;
      await arrived;
      expect(seen).toEqual(packets.slice(0, i + 1).map((packet) => hex(packet.bytes)));
    }
    stdin.end();
    await run;
    expect(source.inputs).toEqual([{ name: '-', packets: 3 }]);
    expect(source.faults).toEqual([]);
  });

  for (const [what, pack] of [
    ['plain', (file: Uint8Array) => file],
    ['gzip', (file: Uint8Array) => gzipSync(file)],
  ] as const) {
    it(`arrives in single octets: ${what}`, async () => {
      const packets = samplePackets(30);
      const stdin = new PassThrough();
      const { source } = await openCaptures(['-'], { stdin });
      const run = deliverAll(source);
      for (const octet of pack(encodePcap(packets, { linkType: 1 })))
        stdin.write(Uint8Array.of(octet));
      stdin.end();
      expect((await run).map((packet) => packet.data)).toEqual(
        packets.map((packet) => hex(packet.bytes)),
      );
      expect(source.faults).toEqual([]);
    });
  }

  it('is merged with files', async () => {
    const path = scratch.write('f.pcap', encodePcap(packetsAt(1, [10, 30]), { linkType: 1 }));
    const stdin = new PassThrough();
    const { source } = await openCaptures([path, '-'], { stdin });
    stdin.end(encodePcap(packetsAt(2, [20, 40]), { linkType: 1 }));
    expect((await deliverAll(source)).map((packet) => packet.inputIndex)).toEqual([0, 1, 0, 1]);
  });

  it('is let go when the signal comes while nothing arrives', async () => {
    const stdin = new PassThrough();
    const { source } = await openCaptures(['-'], { stdin });
    const controller = new AbortController();
    const file = encodePcap(samplePackets(2), { linkType: 1 });
    stdin.write(file.subarray(0, file.length - 3));
    let packets = 0;
    const run = source.run(
      () => {
        packets++;
        setImmediate(() => {
          controller.abort();
        });
      },
      { signal: controller.signal },
    );
    await run;
    expect([packets, source.faults]).toEqual([1, []]);
  });

  for (const [what, octetsGiven, code] of [
    ['empty', '', 'ERR_INPUT_EMPTY'],
    ['text', 'hello, this is text', 'ERR_INPUT_NOT_A_CAPTURE'],
    ['short text', 'hi', 'ERR_INPUT_NOT_A_CAPTURE'],
  ] as const) {
    it(`is reported as a fault when it is ${what}`, async () => {
      const stdin = new PassThrough();
      const { source } = await openCaptures(['-'], { stdin });
      stdin.end(octetsGiven);
      expect(await deliverAll(source)).toEqual([]);
      expect(codesOf(source.faults)).toEqual([code]);
    });
  }

  it('that breaks off with an error is a fault', async () => {
    const stdin = new PassThrough();
    const { source } = await openCaptures(['-'], { stdin });
    stdin.write(encodePcap(samplePackets(2), { linkType: 1 }));
    let packets = 0;
    await source.run(() => {
      packets++;
      if (packets === 2) stdin.destroy(new Error('device gone'));
    });
    expect(packets).toBe(2);
    expect(codesOf(source.faults)).toEqual(['CAPTURE_READ']);
  });

  it('can be a named pipe instead', async () => {
    const packets = samplePackets(50);
    const pipe = scratch.path('pipe');
    const path = scratch.write('through.pcap', encodePcap(packets, { linkType: 1 }));
    execFileSync('mkfifo', [pipe]);
    const { source } = await openCaptures([pipe]);
    const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', path, pipe]);
    const delivered = await deliverAll(source);
    writer.kill();
    expect(delivered).toHaveLength(50);
    expect(source.faults).toEqual([]);
  });
});
