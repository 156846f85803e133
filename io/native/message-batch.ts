/**
 * Memory for several datagrams that one call of the kernel fills.
 */
import type { Kernel, NativeMemory } from './kernel.ts';
import { IOVEC_SIZE, MMSGHDR, MSG_TRUNC } from './linux.ts';

/** Datagrams received at once. */
export class MessageBatch {
  /** How many fit. */
  readonly count: number;
  /** Memory of all datagrams. */
  readonly bytes: Uint8Array;
  readonly #kernel: Kernel;
  readonly #slot: number;
  readonly #memory: NativeMemory;
  /** Kept because the messages hold its address. */
  readonly #slots: NativeMemory;

  /**
   * @param count of datagrams, 1 or more
   * @param slot room for each, octets; a multiple of 64 keeps them aligned
   */
  constructor(kernel: Kernel, count: number, slot: number) {
    this.#kernel = kernel;
    this.count = count;
    this.#slot = slot;
    this.#slots = kernel.allocate(count * slot);
    this.bytes = this.#slots.bytes;
    const vectors = count * MMSGHDR.size;
    const memory = kernel.allocate(vectors + count * IOVEC_SIZE);
    for (let i = 0; i < count; i++) {
      const vector = vectors + i * IOVEC_SIZE;
      memory.view.setBigUint64(vector, BigInt(this.#slots.address + i * slot), true);
      memory.view.setBigUint64(vector + 8, BigInt(slot), true);
      const message = i * MMSGHDR.size;
      memory.view.setBigUint64(message + MMSGHDR.iov, BigInt(memory.address + vector), true);
      memory.view.setBigUint64(message + MMSGHDR.iovLength, 1n, true);
    }
    this.#memory = memory;
  }

  /** Receives what there is. @returns number of datagrams, or an error number below 0 */
  receive(descriptor: number): number {
    return this.#kernel.receiveMessages(descriptor, this.#memory, this.count);
  }

  /** Offset of a datagram in `bytes`. */
  offset(index: number): number {
    return index * this.#slot;
  }

  /** Octets of a datagram, those that found no room not among them. */
  length(index: number): number {
    return this.#memory.view.getUint32(index * MMSGHDR.size + MMSGHDR.received, true);
  }

  /** Whether a datagram found no room. */
  isCut(index: number): boolean {
    const flags = this.#memory.view.getUint32(index * MMSGHDR.size + MMSGHDR.flags, true);
    return (flags & MSG_TRUNC) !== 0;
  }
}
