import { describe, expect, it } from 'vitest';
import {
  CHUNK_PACKETS,
  MARK,
  PACKET_OCTETS,
  PacketCatalogue,
} from '../../../cli/model/catalogue.ts';
import { MAX_LOG_LINES, ModelLog } from '../../../cli/model/model-log.ts';
import { Spool } from '../../../cli/model/spool.ts';
import { emptyPacketRecord } from '../../../engine/ports.ts';
import type { CaptureInterface, PacketRecord } from '../../../engine/ports.ts';

const INTERFACES: readonly CaptureInterface[] = [0, 1].map((inputIndex) => ({
  inputIndex,
  name: undefined,
  description: undefined,
  linkType: 1,
  snapLength: 0,
}));

function record(changes: Partial<PacketRecord>): PacketRecord {
  return { ...emptyPacketRecord(), ...changes };
}

describe('the catalogue of packets', () => {
  it('takes at most 40 octets a packet', () => {
    const catalogue = new PacketCatalogue(INTERFACES);
    for (let i = 0; i < 10 * CHUNK_PACKETS; i++) catalogue.add(record({ number: i + 1 }), i, 0);
    expect(PACKET_OCTETS).toBeLessThanOrEqual(40);
    expect(catalogue.memory).toBe(10 * CHUNK_PACKETS * PACKET_OCTETS);
  });

  it('keeps what cannot be found elsewhere, whole', () => {
    const catalogue = new PacketCatalogue(INTERFACES);
    const packet = record({
      seconds: 253_402_300_799,
      nanoseconds: 999_999_999,
      end: 300,
      originalLength: 0xffff_ffff,
      interfaceIndex: 1,
      inputIndex: 1,
      number: 4_000_000_000,
    });
    catalogue.add(packet, 2 ** 45 + 1, MARK.plain);
    const copy = emptyPacketRecord();
    catalogue.fill(0, copy);
    expect(copy).toMatchObject({ seconds: 253_402_300_799, nanoseconds: 999_999_999 });
    expect(copy).toMatchObject({ originalLength: 0xffff_ffff, interfaceIndex: 1, inputIndex: 1 });
    expect([catalogue.offset(0), catalogue.captured(0)]).toEqual([2 ** 45 + 1, 300]);
    catalogue.mark(0, MARK.opened);
    expect(catalogue.marks(0)).toBe(MARK.plain | MARK.opened);
  });

  it('finds packets of merged inputs by number', () => {
    const catalogue = new PacketCatalogue(INTERFACES);
    const numbers = [0, 0];
    const places: [number, number, number][] = [];
    for (let i = 0; i < 3 * CHUNK_PACKETS; i++) {
      // The second input comes late and seldom.
      const inputIndex = i > CHUNK_PACKETS && i % 7 === 0 ? 1 : 0;
      const number = (numbers[inputIndex] ?? 0) + 1;
      numbers[inputIndex] = number;
      const at = catalogue.add(record({ inputIndex, interfaceIndex: inputIndex, number }), 0, 0);
      places.push([inputIndex, number, at]);
    }
    for (const [input, number, position] of places.filter((_, i) => i % 97 === 0)) {
      expect(catalogue.positionOf(input, number)).toBe(position);
    }
    expect(catalogue.positionOf(0, 0)).toBeUndefined();
    expect(catalogue.positionOf(1, (numbers[1] ?? 0) + 1)).toBeUndefined();
    expect(catalogue.positionOf(2, 1)).toBeUndefined();
  });

  it('forgets the oldest packets, and their memory by pieces', () => {
    const catalogue = new PacketCatalogue(INTERFACES);
    for (let i = 0; i < CHUNK_PACKETS + 10; i++) catalogue.add(record({ number: i + 1 }), i, 0);
    catalogue.forget(100);
    expect([catalogue.first, catalogue.has(99), catalogue.has(100)]).toEqual([100, false, true]);
    expect(catalogue.positionOf(0, 100)).toBeUndefined();
    expect(catalogue.positionOf(0, 101)).toBe(100);
    expect(catalogue.memory).toBe(2 * CHUNK_PACKETS * PACKET_OCTETS);
    catalogue.forget(CHUNK_PACKETS - 100);
    expect(catalogue.memory).toBe(CHUNK_PACKETS * PACKET_OCTETS);
    expect(catalogue.positionOf(0, CHUNK_PACKETS + 1)).toBe(CHUNK_PACKETS);
    expect(catalogue.offset(CHUNK_PACKETS + 9)).toBe(CHUNK_PACKETS + 9);
    catalogue.forget(1e6);
    expect([catalogue.first, catalogue.length]).toEqual([CHUNK_PACKETS + 10, CHUNK_PACKETS + 10]);
  });
});

/** A packet whose octets tell its number. */
function packetOf(number: number, length: number): PacketRecord {
  return record({ bytes: new Uint8Array(length).fill(number & 0xff), end: length, number });
}

describe('the spool', () => {
  it('gives packets back from file and buffer, with their options', () => {
    const spool = new Spool();
    const places: number[] = [];
    for (let i = 0; i < 3000; i++) places.push(spool.add(packetOf(i, 100 + (i % 900))));
    const bytes = Uint8Array.of(1, 2, 3, 0, 9, 9, 9, 9);
    const withOptions = { bytes, end: 3, optionsLength: 4, isLittleEndian: false };
    const last = spool.add(record(withOptions));
    const read = emptyPacketRecord();
    for (let i = 0; i < 3000; i += 13) {
      const length = 100 + (i % 900);
      expect(spool.read(places[i] ?? -1, length, read)).toBe(true);
      expect(read.bytes.subarray(read.offset, read.end)).toEqual(packetOf(i, length).bytes);
    }
    expect(spool.read(last, 3, read)).toBe(true);
    expect(read).toMatchObject({ ...withOptions, offset: 0 });
    expect(spool.read(places[0] ?? -1, 1e9, read)).toBe(false);
    expect(spool.read(1e9, 10, read)).toBe(false);
    spool.close();
  });

  it('writes over the oldest packets when it is full', () => {
    const spool = new Spool(2 ** 21);
    const places: number[] = [];
    for (let i = 0; i < 10_000; i++) places.push(spool.add(packetOf(i, 700)));
    const read = emptyPacketRecord();
    expect(spool.oldest).toBeGreaterThan(0);
    for (let i = 0; i < 10_000; i++) {
      const at = places[i] ?? -1;
      const isThere = spool.read(at, 700, read);
      expect(isThere).toBe(at >= spool.oldest);
      if (isThere) expect(read.bytes[350]).toBe(i & 0xff);
    }
    spool.close();
  });

  it('says once what the system refuses, and keeps what it has', () => {
    const spool = new Spool(Number.POSITIVE_INFINITY, '/no/such/directory');
    let refused = 0;
    for (let i = 0; i < 2000; i++) if (spool.add(packetOf(i, 1000)) < 0) refused++;
    expect(refused).toBeGreaterThan(0);
    expect(spool.failure).toContain('ENOENT');
    spool.close();
  });
});

describe('the log', () => {
  it('keeps the newest lines, one for each line of a text, safe to show', () => {
    const log = new ModelLog(() => 5);
    log.add('warning', 'two\nlines\n');
    expect(log.lines.map(({ text }) => text)).toEqual(['two', 'lines']);
    for (let i = 0; i < MAX_LOG_LINES + 10; i++) log.add('info', `line ${i}\u001b[2J`);
    expect(log.lines.length).toBe(MAX_LOG_LINES);
    expect(log.lines.at(-1)).toEqual({
      time: 5,
      level: 'info',
      text: `line ${MAX_LOG_LINES + 9}\\x1b[2J`,
    });
  });
});
