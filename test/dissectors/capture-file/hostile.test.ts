import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePcap, encodePcapng } from '../../../dissectors/capture-file/index.ts';
import { SEARCH_LIMIT } from '../../../dissectors/capture-file/decoder.ts';
import { IS_ENDURANCE, enduranceRuns } from '../../endurance.ts';
import { collect, concat } from './collect.ts';
import { octets, samplePackets, START } from './samples.ts';

const PACKETS = samplePackets(25);
const SEEDS: readonly (readonly [string, Uint8Array])[] = [
  ['pcap', encodePcap(PACKETS, { linkType: 1 })],
  ['pcap big-endian', encodePcap(PACKETS, { linkType: 1, byteOrder: 'big-endian' })],
  [
    'pcapng',
    concat(
      encodePcapng(PACKETS, [{ linkType: 1, name: 'a' }]),
      encodePcapng(PACKETS.slice(0, 5), [{ linkType: 101, description: 'b' }], 'big-endian'),
    ),
  ],
];

/** What an octet becomes: each of them with `npm run endurance`, otherwise they take turns. */
const DAMAGE = [0, 1, 0x40, 0x80, 0xff];

/** One change to a file: octets replaced, removed or put in. */
const mutation = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'insert'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  octets: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});

describe('capture decoders and arbitrary octets', () => {
  for (const [name, seed] of SEEDS) {
    it(`never throw, never read outside of the window, and end: damaged ${name}`, () => {
      const property = fc.property(
        fc.array(mutation, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 500 }),
        (mutations, chunk) => {
          let file = seed;
          for (const { kind, at, octets: given } of mutations) {
            // The first octets stay, or it would not be a capture any more.
            const offset = 12 + Math.floor(at * (file.length - 12));
            const rest = kind === 'insert' ? offset : Math.min(file.length, offset + given.length);
            const middle = kind === 'remove' ? new Uint8Array(0) : given;
            file = concat(file.slice(0, offset), middle, file.slice(rest));
          }
          const read = collect(file, chunk);
          // The same whole file at once gives the same packets and faults.
          expect(collect(file, file.length + 1)).toEqual(read);
          for (const packet of read.packets) {
            expect(packet.fileOffset + packet.data.length / 2).toBeLessThanOrEqual(file.length);
            expect(packet.originalLength).toBeGreaterThanOrEqual(packet.data.length / 2);
            expect(packet.nanoseconds).toBeLessThan(1_000_000_000);
          }
        },
      );
      fc.assert(property, { numRuns: enduranceRuns(300) });
    });

    it(`never throw on a file that begins like one and goes on at random: ${name}`, () => {
      const property = fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
        const read = collect(concat(seed.slice(0, 28), tail), 64);
        expect(read.packets.length).toBeLessThanOrEqual(tail.length / 12);
      });
      fc.assert(property, { numRuns: enduranceRuns(300) });
    });
  }

  for (const [name, seed] of SEEDS) {
    it(`lose at most the next six packets to one damaged octet: ${name}`, () => {
      const whole = collect(seed).packets;
      // File header, section and interface stay whole: without them nothing can be read.
      const first = whole[0]?.fileOffset ?? 0;
      const last = name === 'pcapng' ? (whole[24]?.fileOffset ?? 0) : seed.length;
      for (let at = first; at < last; at++) {
        const values = IS_ENDURANCE ? DAMAGE : DAMAGE.slice(at % 5, (at % 5) + 1);
        for (const value of values) {
          const file = seed.slice();
          file[at] = value;
          const found = new Set(collect(file).packets.map((packet) => packet.data));
          const lost = whole.filter((packet) => !found.has(packet.data));
          expect(lost.length, `octet ${at} set to ${value}`).toBeLessThanOrEqual(6);
        }
      }
    });
  }

  it('need time in proportion to the length of a file that is only damage', () => {
    // Headers that look right up to the last test, so that every octet is a candidate.
    const nasty = new Uint8Array(4 * 1024 * 1024);
    const view = new DataView(nasty.buffer);
    for (let at = 0; at + 4 <= nasty.length; at += 4) view.setUint32(at, 6, true);
    const head = SEEDS[2]?.[1].slice(0, 64) ?? nasty;
    const read = collect(concat(head, nasty), 262_144);
    expect(read.packets).toEqual([]);
    expect(read.faults).toHaveLength(1);
  });

  for (const [name, seed] of SEEDS.filter(([seedName]) => !seedName.includes('big'))) {
    it(`give up a search after ${SEARCH_LIMIT} octets: ${name}`, () => {
      const zeros = new Uint8Array(SEARCH_LIMIT + 1000);
      const read = collect(concat(seed, octets(64, 200), zeros, seed), 1024 * 1024);
      expect(read.packets).toHaveLength(name === 'pcapng' ? 30 : 25);
      expect(read.faults).toHaveLength(1);
      expect(read.faults[0]?.message).toContain('the rest is not read');
      expect(read.packets[0]?.seconds).toBe(START);
    });
  }
});
