import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../../endurance.ts';
import { detectMagic, encodePcap, encodePcapng } from '../../../dissectors/capture-file/index.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { expandGlob } from '../../../io/capture/glob.ts';
import { concat } from '../../dissectors/capture-file/collect.ts';
import { Blocks } from '../../dissectors/capture-file/pcapng-blocks.ts';
import { octets, samplePackets, START } from '../../dissectors/capture-file/samples.ts';
import { Scratch } from './scratch.ts';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
const SHARED = fileURLToPath(new URL('../../../../shared/captures', import.meta.url));

interface Listing {
  readonly lines: string[];
  readonly complete: boolean;
}

/** Number, time, captured length and length of every packet, as tshark says. */
function listOfTshark(path: string, ...more: string[]): Listing {
  const fields = ['number', 'time_epoch', 'cap_len', 'len'].flatMap((f) => ['-e', `frame.${f}`]);
  const run = spawnSync('tshark', ['-n', '-r', path, '-T', 'fields', ...fields, ...more], {
    encoding: 'utf8',
  });
  return {
    lines: run.stdout.split('\n').filter((line) => line !== ''),
    complete: run.status === 0,
  };
}

async function ownList(path: string): Promise<Listing> {
  const { source, errors } = await openCaptures([path]);
  expect(errors).toEqual([]);
  const lines: string[] = [];
  await source.run((record) => {
    const time = `${record.seconds}.${String(record.nanoseconds).padStart(9, '0')}`;
    const captured = record.end - record.offset;
    lines.push([record.number, time, captured, record.originalLength].join('\t'));
  });
  return { lines, complete: source.faults.length === 0 };
}

describe.skipIf(!hasTshark || !IS_ENDURANCE)(
  'the readers and tshark agree (needs tshark; npm run endurance)',
  () => {
    const scratch = new Scratch();
    const packets = samplePackets(40);
    const interfaces = [
      { linkType: 1, name: 'eth0', snapLength: 100 },
      { linkType: 101, name: 'tun0', resolution: { base: 10, exponent: 6 } },
      { linkType: 1, resolution: { base: 2, exponent: 20 } },
      { linkType: 1, resolution: { base: 10, exponent: 3 }, offsetSeconds: -1000 },
    ] as const;
    const spread = packets.map((packet, i) => ({
      ...packet,
      interfaceIndex: i % 4,
      originalLength: 200,
      comment: `number ${i}`,
    }));
    const blocks = new Blocks('big-endian');
    const time = BigInt(START) * 1_000_000n;
    const oldBlocks = concat(
      blocks.section(),
      blocks.interface(1, 40),
      blocks.packet(0, time, octets(33, 1), 60),
      blocks.block(0x7777, [octets(9, 1)]),
      blocks.enhanced(0, time + 1n, octets(34, 1)),
    );
    const files: readonly (readonly [string, Uint8Array])[] = [
      ['ns.pcap', encodePcap(packets, { linkType: 1 })],
      ['us.pcap', encodePcap(packets, { linkType: 1, resolution: 'microseconds' })],
      ['be.pcap', encodePcap(packets, { linkType: 101, byteOrder: 'big-endian' })],
      ['cut.pcap', encodePcap(packets, { linkType: 1 }).slice(0, -7)],
      ['le.pcapng', encodePcapng(spread, interfaces)],
      ['be.pcapng', encodePcapng(spread, interfaces, 'big-endian')],
      ['cut.pcapng', encodePcapng(spread, interfaces).slice(0, -7)],
      [
        'sections.pcapng',
        concat(
          encodePcapng(spread, interfaces),
          encodePcapng(packets, [{ linkType: 113 }], 'big-endian'),
        ),
      ],
      ['old.pcapng', oldBlocks],
      ['ns.pcap.gz', gzipSync(encodePcap(packets, { linkType: 1 }))],
    ];

    for (const [name, file] of files) {
      it(`on ${name}`, async () => {
        const path = scratch.write(name, file);
        const theirs = listOfTshark(path);
        expect(theirs.lines.length).toBeGreaterThan(1);
        expect(await ownList(path)).toEqual(theirs);
      });
    }

    it('on the names and comments that the writer writes', () => {
      const path = scratch.write('names.pcapng', encodePcapng(spread, interfaces));
      const more = ['-e', 'frame.interface_name', '-e', 'frame.comment'];
      const { lines } = listOfTshark(path, ...more);
      expect(lines.slice(0, 2).map((line) => line.split('\t').slice(4))).toEqual([
        ['eth0', 'number 0'],
        ['tun0', 'number 1'],
      ]);
    });
  },
);

describe.skipIf(!hasTshark || !IS_ENDURANCE || !existsSync(SHARED))(
  'the readers and tshark agree on public captures (needs tshark and the captures)',
  () => {
    const paths = expandGlob(`${SHARED}/**`)
      .filter((path) => /\.(?:pcap|pcapng|cap)$/u.test(path))
      .sort();

    it('of which there are some', () => {
      expect(paths.length).toBeGreaterThan(20);
    });

    for (const path of paths) {
      it(`such as ${relative(SHARED, path)}`, async () => {
        const head = new Uint8Array(readFileSync(path));
        expect(['pcap', 'pcapng']).toContain(detectMagic(head, 0, head.length));
        const [own, theirs] = [await ownList(path), listOfTshark(path)];
        expect(own.lines.slice(0, theirs.lines.length)).toEqual(theirs.lines);
        if (theirs.complete) expect(own).toEqual(theirs);
      });
    }
  },
);
