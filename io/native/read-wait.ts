/**
 * Waiting for a descriptor within a turn of the event loop.
 */
import type { Kernel, NativeMemory } from './kernel.ts';
import { POLLFD, POLLIN } from './linux.ts';

/** Waits until there is something to read. */
export class ReadWait {
  readonly #kernel: Kernel;
  readonly #descriptors: NativeMemory;

  constructor(kernel: Kernel, descriptor: number) {
    this.#kernel = kernel;
    this.#descriptors = kernel.allocate(POLLFD.size);
    this.#descriptors.view.setInt32(0, descriptor, true);
    this.#descriptors.view.setInt16(POLLFD.events, POLLIN, true);
  }

  /** Whether there is something to read, or an error to collect, within so many milliseconds. Nothing else runs meanwhile. */
  isReadable(milliseconds: number): boolean {
    return this.#kernel.poll(this.#descriptors, 1, milliseconds) > 0;
  }
}
