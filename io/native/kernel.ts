/**
 * The few calls of the kernel that Node.js does not offer, behind an interface: what stands above knows no library.
 */
import { getSystemErrorName } from 'node:util';
import { HostError, PRIVILEGES_HINT } from './host-error.ts';
import type { HostErrorCode } from './host-error.ts';

/**
 * Memory that keeps its place, so that the kernel can be given its address. It lives as long as this object: whoever
 * stores an address in other memory keeps the object.
 */
export interface NativeMemory {
  readonly bytes: Uint8Array;
  /** The same octets. */
  readonly view: DataView;
  readonly address: number;
}

/** A descriptor that is waited for. */
export interface Watch {
  /** Ends the waiting; before the descriptor is closed. Never throws. */
  close(): void;
}

/**
 * Calls of the kernel. Those that return a number return what the kernel does: 0 or more, or an error number below 0
 * (`-os.constants.errno.EAGAIN`). They throw RangeError for octets outside of the memory, which is a bug of the caller.
 */
export interface Kernel {
  /** @param octets more than 0; they are 0 at first */
  allocate(octets: number): NativeMemory;
  /** @returns descriptor, which does not block and is not inherited */
  socket(domain: number, type: number, protocol: number): number;
  bind(descriptor: number, address: NativeMemory, length: number): number;
  connect(descriptor: number, address: NativeMemory, length: number): number;
  setOption(
    descriptor: number,
    level: number,
    option: number,
    value: NativeMemory,
    length: number,
  ): number;
  /** @param length room for the value, octets; its own length is not told */
  getOption(
    descriptor: number,
    level: number,
    option: number,
    value: NativeMemory,
    length: number,
  ): number;
  ioctl(descriptor: number, request: number, argument: NativeMemory): number;
  read(descriptor: number, into: NativeMemory, offset: number, length: number): number;
  write(descriptor: number, from: NativeMemory, offset: number, length: number): number;
  receive(
    descriptor: number,
    into: NativeMemory,
    offset: number,
    length: number,
    flags: number,
  ): number;
  send(
    descriptor: number,
    from: NativeMemory,
    offset: number,
    length: number,
    flags: number,
  ): number;
  /** recvmmsg(2). @param messages begins with `count` elements of `struct mmsghdr` */
  receiveMessages(descriptor: number, messages: NativeMemory, count: number): number;
  /**
   * sendmmsg(2).
   * @param messages elements of `struct mmsghdr`
   * @param first element that is sent
   * @returns how many were sent, 1 or more; an error number when the first was not
   */
  sendMessages(
    descriptor: number,
    messages: NativeMemory,
    first: number,
    count: number,
    flags: number,
  ): number;
  /**
   * poll(2): waits, and the event loop with it.
   * @param descriptors begins with `count` elements of `struct pollfd`
   * @param milliseconds how long at most
   * @returns how many are ready
   */
  poll(descriptors: NativeMemory, count: number, milliseconds: number): number;
  /** sched_setscheduler(2) for the thread that calls. */
  setScheduler(policy: number, priority: number): number;
  /**
   * Calls `onReadable` in a turn of the event loop of its own whenever there is something to read, or an error to
   * collect; what is left unread calls it again in the next turn, after the timers that are due.
   * @param onReadable returns false when the descriptor is of no use any more: it is not waited for again
   */
  watch(descriptor: number, onReadable: () => boolean): Watch;
  close(descriptor: number): void;
}

/** Name of an error number as the kernel returns it: 'EPERM' for -1. */
export function errorName(result: number): string {
  return getSystemErrorName(result);
}

/**
 * The error for a call that failed.
 * @param what was tried, as "open a packet socket on eth0"
 * @param result error number below 0
 */
export function callError(
  code: HostErrorCode,
  what: string,
  result: number,
  interfaceName?: string,
): HostError {
  const name = errorName(result);
  const details = interfaceName === undefined ? {} : { interfaceName };
  if (name === 'EPERM' || name === 'EACCES') {
    return new HostError(
      'ERR_HOST_PERMISSION',
      `this process may not ${what}: it takes the capabilities CAP_NET_ADMIN and CAP_NET_RAW`,
      { ...details, hint: PRIVILEGES_HINT },
    );
  }
  return new HostError(code, `the kernel does not ${what}: ${name}`, details);
}
