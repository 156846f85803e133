import { u16le, u32le, u8 } from '../core/bytes.ts';

/**
 * A growable buffer that slides over a file: octets are added at `end` and consumed at `start`.
 *
 * A source reads straight into `bytes` at `end`, a decoder reads records straight out of it, so a record
 * is never copied unless it crosses a chunk. Views into `bytes` are valid until the next `makeRoom`.
 */
export class OctetWindow {
  /** Holds the unread octets at `[start, end)`. Replaced when it grows. */
  bytes: Uint8Array;
  start = 0;
  end = 0;
  /** Offset in the input of `bytes[0]`, in octets. */
  base = 0;

  /** @param capacity size to begin with, octets, >= 1 */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  /**
   * Moves what is unread to the front and grows the buffer until it can hold `need` unread octets and at least
   * one more than now.
   * @param need octets that must fit, counted from `start`; the caller bounds it
   * @returns free octets at `end`, >= 1
   */
  makeRoom(need: number): number {
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.base += this.start;
      this.end -= this.start;
      this.start = 0;
    }
    const wanted = Math.max(need, this.end + 1);
    if (wanted > this.bytes.length) {
      let capacity = this.bytes.length;
      while (capacity < wanted) capacity *= 2;
      const grown = new Uint8Array(capacity);
      grown.set(this.bytes.subarray(0, this.end));
      this.bytes = grown;
    }
    return this.bytes.length - this.end;
  }

  /** Copies `octets` to the end. */
  append(octets: Uint8Array): void {
    this.makeRoom(this.end - this.start + octets.length);
    this.bytes.set(octets, this.end);
    this.end += octets.length;
  }

  /** Unread octet at `offset` from `start`. This and the next two give 0 for what lies outside of the buffer. */
  u8(offset: number): number {
    return u8(this.bytes, this.start + offset);
  }

  /** Little-endian 16-bit number at `offset` from `start`. */
  u16le(offset: number): number {
    return u16le(this.bytes, this.start + offset);
  }

  /** Little-endian 32-bit number at `offset` from `start`. */
  u32le(offset: number): number {
    return u32le(this.bytes, this.start + offset);
  }
}
