import { close, openSync, read } from 'node:fs';
import type { RawOctets } from './octets.ts';

/** Octets of one part of a file. */
interface Part {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

/** A read under way, or done. */
interface Reading {
  readonly part: Part;
  /** Does not reject: what went wrong is in `error`. */
  readonly done: Promise<void>;
  isDone: boolean;
  error: Error | undefined;
}

/**
 * A regular file, read by the threads of the system one part ahead: a slow disk never holds up the thread that takes the
 * octets. Costs one copy more than `FileOctets`.
 */
export class AheadOctets implements RawOctets {
  octetsRead = 0;
  private readonly path: string;
  /** What octets are taken from, and what is filled meanwhile. */
  private current: Part;
  private spare: Part;
  private descriptor: number | undefined = undefined;
  private ahead: Reading | undefined = undefined;
  /** Where the next read begins in the file. */
  private next = 0;
  private hasEnded = false;
  private closed = false;

  /** @param length octets of one part; two are held */
  constructor(path: string, length: number) {
    this.path = path;
    this.current = { bytes: new Uint8Array(length), start: 0, end: 0 };
    this.spare = { bytes: new Uint8Array(length), start: 0, end: 0 };
  }

  readInto(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.closed) return 0;
    if (this.current.start === this.current.end && !this.hasEnded) {
      const ahead = this.ahead ?? this.readAhead();
      if (!ahead.isDone) return ahead.done.then(() => this.readInto(target, offset, length));
      this.take(ahead);
    }
    return this.copy(target, offset, length);
  }

  close(): void {
    this.closed = true;
    // A descriptor must not be given back while another thread reads from it.
    if (this.ahead === undefined || this.ahead.isDone) this.release();
  }

  private readAhead(): Reading {
    const descriptor = (this.descriptor ??= openSync(this.path, 'r'));
    const part = this.spare;
    const done = new Promise<void>((resolve) => {
      read(descriptor, part.bytes, 0, part.bytes.length, this.next, (error, count) => {
        reading.isDone = true;
        reading.error = error ?? undefined;
        part.start = 0;
        part.end = error === null ? count : 0;
        if (this.closed) this.release();
        resolve();
      });
    });
    const reading: Reading = { part, done, isDone: false, error: undefined };
    this.ahead = reading;
    return reading;
  }

  /** Goes over to what was read, and begins to read on. */
  private take({ part, error }: Reading): void {
    this.ahead = undefined;
    if (error !== undefined) throw error;
    this.spare = this.current;
    this.current = part;
    this.next += part.end;
    if (part.end === 0) this.hasEnded = true;
    else this.readAhead();
  }

  private copy(target: Uint8Array, offset: number, length: number): number {
    const { bytes, start, end } = this.current;
    const count = Math.min(length, end - start);
    target.set(bytes.subarray(start, start + count), offset);
    this.current.start += count;
    this.octetsRead += count;
    return count;
  }

  private release(): void {
    if (this.descriptor !== undefined) close(this.descriptor, () => undefined);
    this.descriptor = undefined;
  }
}
