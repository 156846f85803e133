import { closeSync, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** Octets as they lie in a file or come down a pipe, before any decompression. */
export interface RawOctets {
  /** Octets handed out so far. */
  readonly octetsRead: number;
  /**
   * Copies the next octets to `target[offset, offset + length)`.
   * @returns how many, at least 1; 0 at the end. A plain number when they were there at once
   * @throws Error of the operating system (or rejects with it)
   */
  readInto(target: Uint8Array, offset: number, length: number): number | Promise<number>;
  /** Gives everything back; a read that waits ends with 0. */
  close(): void;
}

/** A regular file, read synchronously: for a local file the cheapest way by far. */
export class FileOctets implements RawOctets {
  octetsRead = 0;
  private readonly path: string;
  private readonly keepOpen: boolean;
  private descriptor: number | undefined = undefined;
  private closed = false;

  /** @param keepOpen false: the file is opened anew for each read, when many are read at the same time */
  constructor(path: string, keepOpen = true) {
    this.path = path;
    this.keepOpen = keepOpen;
  }

  readInto(target: Uint8Array, offset: number, length: number): number {
    if (this.closed) return 0;
    this.descriptor ??= openSync(this.path, 'r');
    try {
      const count = readSync(this.descriptor, target, offset, length, this.octetsRead);
      this.octetsRead += count;
      return count;
    } finally {
      if (!this.keepOpen) this.release();
    }
  }

  close(): void {
    this.closed = true;
    this.release();
  }

  private release(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

/** Standard input, a named pipe, or any other stream of octets. */
export class StreamOctets implements RawOctets {
  octetsRead = 0;
  private readonly stream: Readable;
  private readonly chunks: AsyncIterator<unknown>;
  private rest: Uint8Array = new Uint8Array(0);
  private closed = false;

  constructor(stream: Readable) {
    this.stream = stream;
    this.chunks = stream[Symbol.asyncIterator]();
  }

  readInto(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    return this.rest.length > 0
      ? this.copy(target, offset, length)
      : this.waitInto(target, offset, length);
  }

  close(): void {
    this.closed = true;
    this.stream.destroy();
  }

  private async waitInto(target: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.rest.length === 0) {
      if (this.closed) return 0;
      try {
        const next = await this.chunks.next();
        if (next.done === true) return 0;
        this.rest = next.value instanceof Uint8Array ? next.value : Buffer.from(String(next.value));
      } catch (error) {
        if (this.wasClosed()) return 0;
        throw error;
      }
    }
    return this.copy(target, offset, length);
  }

  private wasClosed(): boolean {
    return this.closed;
  }

  private copy(target: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.rest.length);
    target.set(count < this.rest.length ? this.rest.subarray(0, count) : this.rest, offset);
    this.rest = this.rest.subarray(count);
    this.octetsRead += count;
    return count;
  }
}
