/**
 * A regular file that somebody still writes to.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { RawOctets } from './octets.ts';

/** Milliseconds between two looks at the size. */
const LOOK_MS = 200;

/** Octets of a file, and those that are appended to it. Ends when the file gets shorter than what was read of it. */
export class FollowedOctets implements RawOctets {
  octetsRead = 0;
  private readonly path: string;
  private readonly onEnd: () => void;
  private descriptor: number | undefined = undefined;
  private closed = false;
  /** Ends the wait. */
  private wake: (() => void) | undefined = undefined;

  /** @param onEnd called whenever all octets so far are read */
  constructor(path: string, onEnd: () => void) {
    this.path = path;
    this.onEnd = onEnd;
  }

  readInto(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    const count = this.read(target, offset, length);
    if (count > 0 || this.closed) return count;
    this.onEnd();
    return this.waitInto(target, offset, length);
  }

  close(): void {
    this.closed = true;
    this.wake?.();
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private read(target: Uint8Array, offset: number, length: number): number {
    if (this.closed) return 0;
    this.descriptor ??= openSync(this.path, 'r');
    const count = readSync(this.descriptor, target, offset, length, this.octetsRead);
    this.octetsRead += count;
    return count;
  }

  private async waitInto(target: Uint8Array, offset: number, length: number): Promise<number> {
    for (;;) {
      await this.pause();
      const count = this.read(target, offset, length);
      if (count > 0 || this.descriptor === undefined) return count;
      if (fstatSync(this.descriptor).size < this.octetsRead) return 0;
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.closed) this.wake();
    });
  }
}
