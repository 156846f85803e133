import { concat } from './collect.ts';

/** Writes single pcapng blocks for tests, also ones that no writer makes. */
export class Blocks {
  private readonly little: boolean;

  constructor(byteOrder: 'little-endian' | 'big-endian' = 'little-endian') {
    this.little = byteOrder === 'little-endian';
  }

  u16(value: number): Uint8Array {
    const octets = new Uint8Array(2);
    new DataView(octets.buffer).setUint16(0, value, this.little);
    return octets;
  }

  u32(...values: readonly number[]): Uint8Array {
    const octets = new Uint8Array(4 * values.length);
    const view = new DataView(octets.buffer);
    values.forEach((value, i) => {
      view.setUint32(4 * i, value, this.little);
    });
    return octets;
  }

  /** A block: its parts padded to four octets; the length at the end can be a wrong one. */
  block(type: number, parts: readonly Uint8Array[], trailer?: number): Uint8Array {
    const body = padded(concat(...parts));
    const length = body.length + 12;
    return concat(this.u32(type, length), body, this.u32(trailer ?? length));
  }

  option(code: number, value: Uint8Array): Uint8Array {
    return concat(this.u16(code), this.u16(value.length), padded(value));
  }

  section(major = 1): Uint8Array {
    return this.block(0x0a0d0d0a, [
      this.u32(0x1a2b3c4d),
      this.u16(major),
      this.u16(0),
      this.u32(0xffff_ffff, 0xffff_ffff),
    ]);
  }

  interface(linkType: number, snapLength = 0, ...options: readonly Uint8Array[]): Uint8Array {
    return this.block(1, [this.u16(linkType), this.u16(0), this.u32(snapLength), ...options]);
  }

  /** Enhanced Packet Block. */
  enhanced(id: number, time: bigint, data: Uint8Array, original = data.length): Uint8Array {
    const [high, low] = halves(time);
    return this.block(6, [this.u32(id, high, low, data.length, original), data]);
  }

  /** Obsolete Packet Block. */
  packet(id: number, time: bigint, data: Uint8Array, original = data.length): Uint8Array {
    const [high, low] = halves(time);
    return this.block(2, [
      this.u16(id),
      this.u16(7),
      this.u32(high, low, data.length, original),
      data,
    ]);
  }

  /** Simple Packet Block. */
  simple(data: Uint8Array, original = data.length): Uint8Array {
    return this.block(3, [this.u32(original), data]);
  }
}

function padded(octets: Uint8Array): Uint8Array {
  return concat(octets, new Uint8Array(-octets.length & 3));
}

function halves(time: bigint): [number, number] {
  return [Number(time >> 32n), Number(time & 0xffff_ffffn)];
}
