/**
 * Memory for several datagrams that one call of the kernel fills, or sends.
 */
import type { Kernel, NativeMemory } from './kernel.ts';
import { IOVEC_SIZE, MMSGHDR, MSG_TRUNC } from './linux.ts';

/** What a batch has beside its datagrams. */
export interface BatchLayout {
  /** Octets that stay free before each datagram; default 0. */
  readonly headroom?: number;
  /** Room for what comes with each datagram (cmsg(3)), octets; default 0 = it is not taken. */
  readonly control?: number;
}

/** Datagrams received at once. */
export class MessageBatch {
  /** How many fit. */
  readonly count: number;
  /** Memory of all datagrams. */
  readonly bytes: Uint8Array;
  /** The same octets, for the kernel. */
  readonly slots: NativeMemory;
  /** What came with the datagrams. */
  readonly control: DataView;
  readonly #kernel: Kernel;
  readonly #slot: number;
  readonly #headroom: number;
  readonly #controlRoom: number;
  readonly #memory: NativeMemory;
  /** Kept because the messages hold its address. */
  readonly #control: NativeMemory;

  /**
   * @param count of datagrams, 1 or more
   * @param slot room for each, octets, the headroom among them; a multiple of 64 keeps them aligned
   */
  constructor(kernel: Kernel, count: number, slot: number, layout: BatchLayout = {}) {
    const { headroom = 0, control = 0 } = layout;
    this.#kernel = kernel;
    this.count = count;
    this.#slot = slot;
    this.#headroom = headroom;
    this.#controlRoom = control;
    this.slots = kernel.allocate(count * slot);
    this.bytes = this.slots.bytes;
    this.#control = kernel.allocate(Math.max(8, count * control));
    this.control = this.#control.view;
    const vectors = count * MMSGHDR.size;
    const memory = kernel.allocate(vectors + count * IOVEC_SIZE);
    for (let i = 0; i < count; i++) {
      const vector = vectors + i * IOVEC_SIZE;
      const start = this.slots.address + i * slot + headroom;
      memory.view.setBigUint64(vector, BigInt(start), true);
      memory.view.setBigUint64(vector + 8, BigInt(slot - headroom), true);
      const message = i * MMSGHDR.size;
      memory.view.setBigUint64(message + MMSGHDR.iov, BigInt(memory.address + vector), true);
      memory.view.setBigUint64(message + MMSGHDR.iovLength, 1n, true);
      if (control === 0) continue;
      const beside = BigInt(this.#control.address + i * control);
      memory.view.setBigUint64(message + MMSGHDR.control, beside, true);
    }
    this.#memory = memory;
  }

  /** Receives what there is. @returns number of datagrams, or an error number below 0 */
  receive(descriptor: number): number {
    if (this.#controlRoom > 0) {
      // The kernel writes how much of the room it took.
      const { view } = this.#memory;
      for (let i = 0; i < this.count; i++) {
        view.setUint32(i * MMSGHDR.size + MMSGHDR.controlLength, this.#controlRoom, true);
      }
    }
    return this.#kernel.receiveMessages(descriptor, this.#memory, this.count);
  }

  /** Offset of a datagram in `bytes`. */
  offset(index: number): number {
    return index * this.#slot + this.#headroom;
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

  /** Offset in `control` of what came with a datagram. */
  controlOffset(index: number): number {
    return index * this.#controlRoom;
  }

  /** Octets of what came with a datagram. */
  controlLength(index: number): number {
    if (this.#controlRoom === 0) return 0;
    const at = index * MMSGHDR.size + MMSGHDR.controlLength;
    return Math.min(this.#controlRoom, this.#memory.view.getUint32(at, true));
  }
}

/** Datagrams sent at once, from where they lie. */
export class SendBatch {
  /** How many were added. */
  count = 0;
  readonly #kernel: Kernel;
  readonly #most: number;
  readonly #memory: NativeMemory;
  readonly #vectors: number;

  /** @param most datagrams at once */
  constructor(kernel: Kernel, most: number) {
    this.#kernel = kernel;
    this.#most = most;
    this.#vectors = most * MMSGHDR.size;
    const memory = kernel.allocate(this.#vectors + most * IOVEC_SIZE);
    for (let i = 0; i < most; i++) {
      const vector = BigInt(memory.address + this.#vectors + i * IOVEC_SIZE);
      memory.view.setBigUint64(i * MMSGHDR.size + MMSGHDR.iov, vector, true);
      memory.view.setBigUint64(i * MMSGHDR.size + MMSGHDR.iovLength, 1n, true);
    }
    this.#memory = memory;
  }

  /** Whether no datagram can be added. */
  get isFull(): boolean {
    return this.count === this.#most;
  }

  /**
   * Adds a datagram; not when it is full.
   * @param memory kept as it is until `clear`
   */
  add(memory: NativeMemory, offset: number, length: number): void {
    if (this.count >= this.#most || offset < 0 || offset + length > memory.bytes.length) {
      throw new RangeError(`datagram ${this.count}: octets ${offset}..${offset + length}`);
    }
    const { view } = this.#memory;
    const at = this.#vectors + this.count * IOVEC_SIZE;
    const address = memory.address + offset;
    // By halves: a number of 64 bits would be allocated.
    view.setUint32(at, address % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(address / 2 ** 32), true);
    view.setUint32(at + 8, length, true);
    this.count++;
  }

  /** Sends those from `first` on. @returns how many were sent; an error number below 0 when the first was not */
  send(descriptor: number, first: number, flags: number): number {
    return this.#kernel.sendMessages(descriptor, this.#memory, first, this.count - first, flags);
  }

  clear(): void {
    this.count = 0;
  }
}
