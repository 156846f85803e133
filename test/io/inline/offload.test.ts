import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameCompleter, VIRTIO_HEADER } from '../../../io/inline/offload.ts';

const ETHERNET = 14;
const KIND_TCP6 = 4;
const KIND_UDP = 5;
const NEEDS_CHECKSUM = 1;

/** Ones' complement sum of 16-bit words, not turned round (RFC 1071); written for clarity, not for speed. */
function sumOf(octets: readonly number[]): number {
  let sum = 0;
  octets.forEach((octet, i) => {
    sum += i % 2 === 0 ? octet * 256 : octet;
  });
  while (sum > 0xffff) sum = (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);
  return sum;
}

function word(value: number): [number, number] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

function long(value: number): number[] {
  return [...word(value >>> 16), ...word(value)];
}

const SOURCE = [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 1];
const DESTINATION = [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 2];
const OUTER = [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(9), 3];

function pseudoHeader(length: number, protocol: number): number[] {
  return [...SOURCE, ...DESTINATION, ...long(length), ...long(protocol)];
}

interface Packet {
  readonly protocol: 6 | 17;
  readonly payload: readonly number[];
  readonly sequence: number;
  readonly flags: number;
  /** Octets of TCP options, a multiple of 4. */
  readonly options: number;
  /** Whether a destination options header and an outer IPv6 header are before it. */
  readonly hasOptions: boolean;
  readonly isTunnelled: boolean;
}

/** @returns the transport header with `checksum`, and the payload */
function transportOf(packet: Packet, checksum: number): number[] {
  const { protocol, payload, sequence, flags, options } = packet;
  const ports = [...word(1000), ...word(2000)];
  if (protocol === 17)
    return [...ports, ...word(8 + payload.length), ...word(checksum), ...payload];
  const header = [...ports, ...long(sequence), ...long(77), ((20 + options) / 4) << 4, flags];
  return [
    ...[...header, ...word(500), ...word(checksum), 0, 0],
    ...new Array<number>(options).fill(1),
    ...payload,
  ];
}

/** The frame as it is on a wire, or as the kernel hands it over when `isPartial`. */
function frameOf(packet: Packet, isPartial: boolean): { frame: number[]; transport: number } {
  const { protocol, hasOptions, isTunnelled } = packet;
  const { length } = transportOf(packet, 0);
  const pseudo = pseudoHeader(length, protocol);
  const partial = sumOf(pseudo);
  const whole = ~sumOf([...pseudo, ...transportOf(packet, 0)]) & 0xffff;
  const checksum = isPartial ? partial : whole === 0 && protocol === 17 ? 0xffff : whole;
  const extension = hasOptions ? [protocol, 0, 1, 4, 0, 0, 0, 0] : [];
  const next = hasOptions ? 60 : protocol;
  const inner = [
    ...[0x60, 0, 0, 0, ...word(extension.length + length), next, 64],
    ...[...SOURCE, ...DESTINATION, ...extension],
  ];
  const outer = isTunnelled
    ? [0x60, 0, 0, 0, ...word(inner.length + length), 41, 64, ...OUTER, ...OUTER]
    : [];
  const before = [...new Array<number>(12).fill(2), 0x86, 0xdd, ...outer, ...inner];
  return { frame: [...before, ...transportOf(packet, checksum)], transport: before.length };
}

/** Hands a frame over as the kernel does. */
function completed(
  frame: readonly number[],
  header: {
    flags?: number;
    kind?: number;
    size?: number;
    start?: number;
    offset?: number;
  },
): { frames: number[][]; counts: FrameCompleter['counts'] } {
  // Frames are somewhere in the memory, with others around them.
  const before = 64;
  const memory = new Uint8Array(before + VIRTIO_HEADER + frame.length + 40).fill(0xaa);
  const view = new DataView(memory.buffer);
  view.setUint8(before, header.flags ?? 0);
  view.setUint8(before + 1, header.kind ?? 0);
  view.setUint16(before + 2, 0, true);
  view.setUint16(before + 4, header.size ?? 0, true);
  view.setUint16(before + 6, header.start ?? 0, true);
  view.setUint16(before + 8, header.offset ?? 0, true);
  memory.set(frame, before + VIRTIO_HEADER);
  const completer = new FrameCompleter(memory);
  const frames: number[][] = [];
  completer.complete(before, before + VIRTIO_HEADER + frame.length, (taken) => {
    frames.push([...taken]);
    // The node may write where it has read.
    taken.fill(0x55);
  });
  expect([...memory.subarray(0, before)]).toEqual(new Array<number>(before).fill(0xaa));
  expect([...memory.subarray(-40)]).toEqual(new Array<number>(40).fill(0xaa));
  return { frames, counts: completer.counts };
}

const payloads = fc
  .record({ length: fc.integer({ min: 0, max: 6000 }), seed: fc.nat() })
  .map(({ length, seed }) => Array.from({ length }, (_, i) => (i * 31 + seed) & 0xff));

const packets = fc.record({
  protocol: fc.constantFrom(6 as const, 17 as const),
  payload: payloads,
  sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
  flags: fc.nat({ max: 255 }),
  options: fc.integer({ min: 0, max: 10 }).map((words) => words * 4),
  hasOptions: fc.boolean(),
  isTunnelled: fc.boolean(),
});

/** The packets that a large one stands for. */
function segmentsOf(packet: Packet, size: number): Packet[] {
  const { payload } = packet;
  const starts = [0];
  for (let at = size; at < payload.length; at += size) starts.push(at);
  return starts.map((at, i) => {
    const isLast = i === starts.length - 1;
    // FIN 1, PSH 8: the last. CWR 128: the first.
    const flags = packet.flags & (isLast ? 0xff : ~9) & (i === 0 ? 0xff : ~128);
    const sequence = (packet.sequence + at) >>> 0;
    return { ...packet, flags, sequence, payload: payload.slice(at, at + size) };
  });
}

describe('frames as the kernel hands them over', () => {
  it('pass as they are when nothing is left to do', () => {
    const frame = Array.from({ length: 100 }, (_, i) => i);
    const { frames, counts } = completed(frame, { flags: 2 });
    expect(frames).toEqual([frame]);
    expect(counts).toEqual({ completed: 0, cut: 0, segments: 0, refused: 0 });
  });

  it('get the checksum that was left to the hardware', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const { frame, transport } = frameOf(packet, true);
        const offset = packet.protocol === 6 ? 16 : 6;
        const header = { flags: NEEDS_CHECKSUM, start: transport, offset };
        expect(completed(frame, header).frames).toEqual([frameOf(packet, false).frame]);
      }),
      { numRuns: 60 },
    );
  });

  it('are cut to the segments that a wire carries, whatever is before the transport header', () => {
    fc.assert(
      fc.property(
        packets,
        fc.integer({ min: 536, max: 1500 }),
        fc.boolean(),
        (packet, size, isEcn) => {
          const { frame, transport } = frameOf(packet, true);
          const isTcp = packet.protocol === 6;
          const { frames, counts } = completed(frame, {
            flags: NEEDS_CHECKSUM,
            kind: (isTcp ? KIND_TCP6 : KIND_UDP) | (isEcn && isTcp ? 0x80 : 0),
            size,
            start: transport,
            offset: isTcp ? 16 : 6,
          });
          const expected = segmentsOf(packet, size).map((segment) => frameOf(segment, false).frame);
          expect(frames).toEqual(expected);
          expect(counts).toMatchObject({ cut: 1, segments: expected.length, refused: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('with a broken header are dropped, never read or written outside of their octets', () => {
    const header = fc.record({
      flags: fc.nat({ max: 255 }),
      kind: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(1, 3, KIND_TCP6, KIND_UDP)),
      size: fc.nat({ max: 0xffff }),
      start: fc.oneof(fc.nat({ max: 0xffff }), fc.constantFrom(54, 62, 94, 102)),
      offset: fc.oneof(fc.nat({ max: 0xffff }), fc.constantFrom(6, 16)),
    });
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => [...array]),
      packets.map((packet) => frameOf(packet, true).frame),
    );
    fc.assert(
      fc.property(octets, header, fc.nat({ max: 300 }), (frame, virtio, cut) => {
        const { frames, counts } = completed(frame.slice(0, frame.length - cut), virtio);
        expect(frames.length === 0).toBe(counts.refused === 1);
        for (const taken of frames) expect(taken.length).toBeGreaterThanOrEqual(ETHERNET);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['IPv4 inside', { kind: 1 }],
    ['a size of 0', { kind: KIND_TCP6, size: 0 }],
    ['a checksum that is finished', { kind: KIND_TCP6, flags: 0 }],
  ])('that cannot be cut are dropped: %s', (_, change) => {
    const packet: Packet = {
      protocol: 6,
      payload: new Array<number>(3000).fill(7),
      sequence: 1,
      flags: 16,
      options: 0,
      hasOptions: false,
      isTunnelled: false,
    };
    const { frame, transport } = frameOf(packet, true);
    const header = { flags: NEEDS_CHECKSUM, size: 1400, start: transport, offset: 16, ...change };
    expect(completed(frame, header)).toEqual({
      frames: [],
      counts: { completed: 0, cut: 0, segments: 0, refused: 1 },
    });
  });
});
