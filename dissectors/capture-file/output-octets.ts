/** Byte order of the numbers of a file. */
export type ByteOrder = 'little-endian' | 'big-endian';

const encoder = new TextEncoder();

/**
 * UTF-8 of a text for an option.
 * @throws RangeError when it is longer than an option can be, 65535 octets
 */
export function optionText(text: string): Uint8Array {
  const octets = encoder.encode(text);
  if (octets.length > 0xffff) {
    throw new RangeError(`the text has ${octets.length} octets of UTF-8, an option holds 65535`);
  }
  return octets;
}

/** A growing buffer for the capture writers: numbers in one byte order, pcapng blocks and options. */
export class OutputOctets {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private readonly littleEndian: boolean;
  /** Octets written and not taken. */
  length = 0;

  constructor(byteOrder: ByteOrder) {
    this.littleEndian = byteOrder === 'little-endian';
  }

  u8(value: number): void {
    this.reserve(1);
    this.view.setUint8(this.length, value);
    this.length += 1;
  }

  u16(value: number): void {
    this.reserve(2);
    this.view.setUint16(this.length, value, this.littleEndian);
    this.length += 2;
  }

  u32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, this.littleEndian);
    this.length += 4;
  }

  u64(value: bigint): void {
    this.reserve(8);
    this.view.setBigUint64(this.length, value, this.littleEndian);
    this.length += 8;
  }

  /** Copies `bytes[offset, end)`. */
  octets(bytes: Uint8Array, offset: number, end: number): void {
    this.reserve(end - offset);
    this.bytes.set(bytes.subarray(offset, end), this.length);
    this.length += end - offset;
  }

  /** Zero octets up to a multiple of four; files of blocks only ever start at one. */
  pad4(): void {
    const padding = -this.length & 3;
    this.reserve(padding);
    this.bytes.fill(0, this.length, this.length + padding);
    this.length += padding;
  }

  /** A pcapng option; `value` has at most 65535 octets. */
  option(code: number, value: Uint8Array): void {
    this.u16(code);
    this.u16(value.length);
    this.octets(value, 0, value.length);
    this.pad4();
  }

  /** opt_endofopt. */
  endOptions(): void {
    this.u32(0);
  }

  /** Begins a pcapng block. @returns what {@link endBlock} wants */
  beginBlock(type: number): number {
    const start = this.length;
    this.u32(type);
    this.u32(0);
    return start;
  }

  /** Ends a block: writes its length behind it and into its start. */
  endBlock(start: number): void {
    const length = this.length + 4 - start;
    this.u32(length);
    this.view.setUint32(start + 4, length, this.littleEndian);
  }

  /** What was written, as a copy; the buffer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  private reserve(octets: number): void {
    const wanted = this.length + octets;
    if (wanted <= this.bytes.length) return;
    let capacity = this.bytes.length;
    while (capacity < wanted) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
