/**
 * Netlink sockets (netlink(7)): how messages to the kernel are laid out, and those from it are read. Lengths, kinds and
 * flags are in the order of this machine, which is little-endian.
 */
import { callError } from './kernel.ts';
import type { Kernel, NativeMemory } from './kernel.ts';
import { AF_NETLINK, SOCK_RAW } from './linux.ts';

/** Octets of struct nlmsghdr: length of all, kind, flags, sequence, port of the process. */
export const MESSAGE_HEADER = 16;
/** Octets before the value of an attribute, struct nlattr: length with this header, kind. */
export const ATTRIBUTE_HEADER = 4;

/** Kinds of messages that every family has. */
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLM_F_REQUEST = 0x1;
/** One of several messages. */
export const NLM_F_MULTI = 0x2;
export const NLM_F_DUMP = 0x300;
/** Bits of an attribute's kind that are none of it: nested, in network order. */
const KIND = 0x3fff;

/** Netlink begins everything at multiples of four octets. */
export function aligned(length: number): number {
  return (length + 3) & ~3;
}

/**
 * Opens a netlink socket of a family, bound to groups of announcements.
 * @param groups bits; 0 = none
 * @param what is meant to be done with it, for the error
 * @returns descriptor
 * @throws HostError
 */
export function openNetlink(
  kernel: Kernel,
  protocol: number,
  groups: number,
  what: string,
): number {
  const descriptor = kernel.socket(AF_NETLINK, SOCK_RAW, protocol);
  if (descriptor < 0) throw callError('ERR_HOST_OPEN', 'open a netlink socket', descriptor);
  // struct sockaddr_nl; port 0 = the kernel chooses one.
  const address = kernel.allocate(12);
  address.view.setUint16(0, AF_NETLINK, true);
  address.view.setUint32(8, groups, true);
  const bound = kernel.bind(descriptor, address, 12);
  if (bound < 0) {
    kernel.close(descriptor);
    throw callError('ERR_HOST_OPEN', what, bound);
  }
  return descriptor;
}

/** Steps through the messages of a datagram. Nothing is allocated while it does. */
export class MessageCursor {
  /** Offsets of the message that it stands on: its header, and behind it without padding. */
  start = 0;
  end = 0;
  type = 0;
  flags = 0;
  sequence = 0;
  readonly #view: DataView;
  #next = 0;
  #limit = 0;

  /** @param view memory that datagrams are in */
  constructor(view: DataView) {
    this.#view = view;
  }

  /** Before the first message of a datagram at `[offset, limit)`. */
  begin(offset: number, limit: number): void {
    this.#next = offset;
    this.#limit = Math.min(limit, this.#view.byteLength);
  }

  /** @returns false behind the last message, or where what follows is none */
  next(): boolean {
    const start = this.#next;
    const limit = this.#limit;
    if (start + MESSAGE_HEADER > limit) return false;
    const view = this.#view;
    const size = view.getUint32(start, true);
    if (size < MESSAGE_HEADER || size > limit - start) {
      this.#next = limit;
      return false;
    }
    this.start = start;
    this.end = start + size;
    this.type = view.getUint16(start + 4, true);
    this.flags = view.getUint16(start + 6, true);
    this.sequence = view.getUint32(start + 8, true);
    this.#next = start + aligned(size);
    return true;
  }

  /**
   * Of a message `NLMSG_ERROR`: 0 for an acknowledgement, otherwise an error number below 0; undefined when it is cut short.
   */
  error(): number | undefined {
    const at = this.start + MESSAGE_HEADER;
    return at + 4 > this.end ? undefined : this.#view.getInt32(at, true);
  }
}

/** Steps through attributes. Nothing is allocated while it does. */
export class AttributeCursor {
  type = 0;
  /** Offset of the value, and behind it without padding. */
  start = 0;
  end = 0;
  readonly #view: DataView;
  #next = 0;
  #limit = 0;

  /** @param view memory that attributes are in */
  constructor(view: DataView) {
    this.#view = view;
  }

  /** Before the first attribute of those at `[offset, limit)`. */
  begin(offset: number, limit: number): void {
    this.#next = offset;
    this.#limit = Math.min(limit, this.#view.byteLength);
  }

  /** @returns false behind the last attribute, or where what follows is none */
  next(): boolean {
    const at = this.#next;
    const limit = this.#limit;
    if (at + ATTRIBUTE_HEADER > limit) return false;
    const size = this.#view.getUint16(at, true);
    if (size < ATTRIBUTE_HEADER || size > limit - at) {
      this.#next = limit;
      return false;
    }
    this.type = this.#view.getUint16(at + 2, true) & KIND;
    this.start = at + ATTRIBUTE_HEADER;
    this.end = at + size;
    this.#next = at + aligned(size);
    return true;
  }
}

/** Writes messages one behind another. */
export class MessageWriter {
  readonly memory: NativeMemory;
  /** Octets written. */
  length = 0;
  #message = 0;

  constructor(memory: NativeMemory) {
    this.memory = memory;
  }

  clear(): void {
    this.length = 0;
  }

  /** Begins a message; its length is kept up by what is added. */
  begin(type: number, flags: number, sequence: number): void {
    const { view, bytes } = this.memory;
    const at = this.length;
    bytes.fill(0, at, at + MESSAGE_HEADER);
    this.#message = at;
    view.setUint16(at + 4, type, true);
    view.setUint16(at + 6, flags, true);
    view.setUint32(at + 8, sequence, true);
    this.#grow(MESSAGE_HEADER);
  }

  /** Adds octets that are 0. @returns their offset */
  room(octets: number): number {
    const at = this.length;
    this.memory.bytes.fill(0, at, at + aligned(octets));
    this.#grow(aligned(octets));
    return at;
  }

  /** Adds an attribute whose value is 0. @returns offset of the value */
  attribute(type: number, octets: number): number {
    const at = this.room(ATTRIBUTE_HEADER + octets);
    this.memory.view.setUint16(at, ATTRIBUTE_HEADER + octets, true);
    this.memory.view.setUint16(at + 2, type, true);
    return at + ATTRIBUTE_HEADER;
  }

  #grow(octets: number): void {
    this.length += octets;
    this.memory.view.setUint32(this.#message, this.length - this.#message, true);
  }
}
