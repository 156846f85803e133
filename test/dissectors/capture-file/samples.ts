import type { PacketToWrite } from '../../../dissectors/capture-file/index.ts';

/** A sensible capture time: 2023-11-14. */
export const START = 1_700_000_000;

/** `length` octets that differ by `seed`, never all zero. */
export function octets(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7 + 1) & 0xff);
}

/** `count` packets of different lengths, one a millisecond, times of whole microseconds. */
export function samplePackets(count: number, start = START): PacketToWrite[] {
  return Array.from({ length: count }, (_, i) => ({
    bytes: octets(20 + ((i * 13) % 90), i),
    seconds: start + Math.floor(i / 1000),
    nanoseconds: (i % 1000) * 1_000_000 + 7000,
  }));
}

/** 32-bit number at `offset` replaced, in a copy. */
export function withU32(
  file: Uint8Array,
  offset: number,
  value: number,
  littleEndian = true,
): Uint8Array {
  const copy = file.slice();
  new DataView(copy.buffer).setUint32(offset, value, littleEndian);
  return copy;
}
