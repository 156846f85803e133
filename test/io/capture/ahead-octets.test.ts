import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePcap } from '../../../dissectors/capture-file/index.ts';
import { AheadOctets } from '../../../io/capture/ahead-octets.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { samplePackets } from '../../dissectors/capture-file/samples.ts';
import { codesOf, deliverAll, Scratch } from './scratch.ts';

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

/** All octets, asked for in pieces of the given sizes, which come again and again. */
async function readAll(octets: AheadOctets, sizes: readonly number[]): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; ; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    const target = new Uint8Array(size + 2);
    const count = await octets.readInto(target, 1, size);
    expect([target[0], target[count + 1]]).toEqual([0, 0]);
    all.push(...target.subarray(1, count + 1));
    if (count === 0) return all;
  }
}

describe('octets read ahead', () => {
  const scratch = new Scratch();

  it('are those of the file, whatever the sizes', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });
    let files = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 130 }),
        sizes,
        async (length, part, pieces) => {
          const content = pattern(length);
          const octets = new AheadOctets(scratch.write(`file-${files++}`, content), part);
          expect(await readAll(octets, pieces)).toEqual([...content]);
          expect(octets.octetsRead).toBe(length);
          octets.close();
          expect(octets.readInto(new Uint8Array(9), 0, 9)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are waited for by who asks, and taken at once when they are there', async () => {
    const octets = new AheadOctets(scratch.write('two', pattern(8)), 4);
    const target = new Uint8Array(4);
    const first = octets.readInto(target, 0, 4);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toBe(4);
    // The second part is read meanwhile.
    await expect.poll(() => octets.readInto(target, 0, 0)).toBe(0);
    octets.close();
  });

  it('end for who waits when they are closed', async () => {
    const octets = new AheadOctets(scratch.write('closed', pattern(100)), 50);
    const waiting = octets.readInto(new Uint8Array(50), 0, 50);
    octets.close();
    expect(await waiting).toBe(0);
  });

  it('fail as the system says', async () => {
    const missing = new AheadOctets(scratch.path('missing'), 10);
    expect(() => missing.readInto(new Uint8Array(5), 0, 5)).toThrow('ENOENT');
    const directory = new AheadOctets(scratch.directory, 10);
    await expect(directory.readInto(new Uint8Array(5), 0, 5)).rejects.toThrow('EISDIR');
    directory.close();
  });
});

describe('captures read ahead', () => {
  const scratch = new Scratch();

  it('give the packets and faults that reading them here gives', async () => {
    const octets = encodePcap(samplePackets(3000), { linkType: 1 });
    const paths = [
      scratch.write('a.pcap', octets),
      scratch.write('cut.pcap', octets.subarray(0, octets.length - 5)),
    ];
    const { source: here } = await openCaptures(paths);
    const { source: ahead } = await openCaptures(paths, { readsAhead: true });
    expect(await deliverAll(ahead)).toEqual(await deliverAll(here));
    expect(codesOf(ahead.faults)).toEqual(codesOf(here.faults));
    expect(codesOf(here.faults)).toHaveLength(1);
  });
});
