/**
 * Calls of the kernel by the optional package `koffi`, which is made already for all systems it runs on: no compiler.
 *
 * What has to be known of it:
 * - An error number has to be asked for before the next call.
 * - `node.poll` waits in the event loop of Node.js (uv_poll), so that no thread waits. Its callback is called outside of
 *   any turn of JavaScript: promises would not go on and an exception would be lost. So it only asks for a turn.
 * - libuv stops to wait for a descriptor after an error of it, as when an interface goes down.
 */
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { HostError } from './host-error.ts';
import type { Kernel, NativeMemory, Watch } from './kernel.ts';
import { MMSGHDR, POLLFD, SOCK_CLOEXEC, SOCK_NONBLOCK } from './linux.ts';

/** Systems whose structures and numbers are those of `linux.ts`. */
const ARCHITECTURES = ['x64', 'arm64', 'riscv64', 'loong64'];
/** Where the C library is: glibc, musl. */
const LIBRARIES = ['libc.so.6', 'libc.so'];

type NativeFunction = (...values: readonly (number | bigint)[]) => number;

interface PollHandle {
  start(callback: PollCallback): void;
  close(): void;
}

/** The package says otherwise, but the first value is a status, below 0 for an error. */
type PollCallback = (status: unknown) => void;

/** What is used of the package. */
interface Koffi {
  load(library: string): { func(definition: string): NativeFunction };
  address(memory: ArrayBuffer): bigint;
  errno(): number;
  readonly node: { poll(descriptor: number, callback: PollCallback): PollHandle };
}

function isKoffi(value: unknown): value is Koffi {
  return (
    typeof value === 'object' &&
    value !== null &&
    'load' in value &&
    'address' in value &&
    'errno' in value &&
    'node' in value &&
    typeof value.node === 'object' &&
    value.node !== null &&
    'poll' in value.node
  );
}

/** Loads a package by its name; it throws as `require` does. */
export type LoadPackage = (name: string) => unknown;

/** The system that this process runs on. */
export interface System {
  readonly platform: string;
  readonly arch: string;
}

/**
 * Loads the package.
 * @throws HostError when this is not a Linux that it can be used on, or when it is not installed or cannot be loaded
 */
export function openKernel(
  load: LoadPackage = createRequire(import.meta.url),
  { platform, arch }: System = process,
): Kernel {
  if (platform !== 'linux' || !ARCHITECTURES.includes(arch)) {
    throw new HostError(
      'ERR_HOST_PACKAGE',
      `nodes run on Linux (${ARCHITECTURES.join(', ')}); this is ${platform} on ${arch}`,
      { hint: 'Run the node on such a machine, or in a virtual one.' },
    );
  }
  const koffi = loadKoffi(load);
  return new KoffiKernel(koffi, loadLibrary(koffi));
}

function loadKoffi(load: LoadPackage): Koffi {
  let cause: unknown;
  try {
    const loaded = load('koffi');
    if (isKoffi(loaded)) return loaded;
  } catch (error) {
    cause = error;
  }
  const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND';
  throw packageError(
    isAbsent ? 'it is not installed' : (firstLine(cause) ?? 'it is another one'),
    cause,
  );
}

function loadLibrary(koffi: Koffi): ReturnType<Koffi['load']> {
  let cause: unknown;
  for (const name of LIBRARIES) {
    try {
      return koffi.load(name);
    } catch (error) {
      cause ??= error;
    }
  }
  throw packageError(firstLine(cause) ?? 'there is no C library', cause);
}

function firstLine(error: unknown): string | undefined {
  return error instanceof Error ? error.message.split('\n')[0] : undefined;
}

function packageError(reason: string, cause: unknown): HostError {
  return new HostError('ERR_HOST_PACKAGE', `nodes need the package koffi 3.3: ${reason}`, {
    hint: 'Install it, it needs no compiler: npm install --no-save koffi@3.3.4',
    cause,
  });
}

class KoffiKernel implements Kernel {
  readonly #koffi: Koffi;
  readonly #socket: NativeFunction;
  readonly #bind: NativeFunction;
  readonly #connect: NativeFunction;
  readonly #setsockopt: NativeFunction;
  readonly #getsockopt: NativeFunction;
  readonly #ioctl: NativeFunction;
  readonly #read: NativeFunction;
  readonly #write: NativeFunction;
  readonly #recv: NativeFunction;
  readonly #send: NativeFunction;
  readonly #recvmmsg: NativeFunction;
  readonly #sendmmsg: NativeFunction;
  readonly #poll: NativeFunction;
  readonly #setScheduler: NativeFunction;
  /** A number, in and out: length of a value, priority. */
  readonly #room: NativeMemory;
  /** Memory of the last call. */
  #held: NativeMemory | undefined;

  constructor(koffi: Koffi, library: ReturnType<Koffi['load']>) {
    this.#koffi = koffi;
    this.#room = this.allocate(4);
    this.#socket = library.func('int socket(int domain, int type, int protocol)');
    this.#bind = library.func('int bind(int fd, uintptr_t address, uint32_t length)');
    this.#connect = library.func('int connect(int fd, uintptr_t address, uint32_t length)');
    this.#setsockopt = library.func(
      'int setsockopt(int fd, int level, int option, uintptr_t value, uint32_t length)',
    );
    this.#getsockopt = library.func(
      'int getsockopt(int fd, int level, int option, uintptr_t value, uintptr_t length)',
    );
    this.#ioctl = library.func('int ioctl(int fd, unsigned long request, uintptr_t argument)');
    this.#read = library.func('intptr_t read(int fd, uintptr_t into, size_t length)');
    this.#write = library.func('intptr_t write(int fd, uintptr_t from, size_t length)');
    this.#recv = library.func('intptr_t recv(int fd, uintptr_t into, size_t length, int flags)');
    this.#send = library.func('intptr_t send(int fd, uintptr_t from, size_t length, int flags)');
    this.#recvmmsg = library.func(
      'int recvmmsg(int fd, uintptr_t messages, uint32_t count, int flags, uintptr_t timeout)',
    );
    this.#sendmmsg = library.func(
      'int sendmmsg(int fd, uintptr_t messages, uint32_t count, int flags)',
    );
    this.#poll = library.func('int poll(uintptr_t descriptors, unsigned long count, int timeout)');
    this.#setScheduler = library.func(
      'int sched_setscheduler(int thread, int policy, uintptr_t parameter)',
    );
  }

  allocate(octets: number): NativeMemory {
    // The memory of an ArrayBuffer stays where it is; that of a small typed array may move.
    const memory = new ArrayBuffer(octets);
    return {
      bytes: new Uint8Array(memory),
      view: new DataView(memory),
      address: Number(this.#koffi.address(memory)),
    };
  }

  socket(domain: number, type: number, protocol: number): number {
    return this.#result(this.#socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  }

  bind(descriptor: number, address: NativeMemory, length: number): number {
    return this.#result(this.#bind(descriptor, this.#at(address, 0, length), length));
  }

  connect(descriptor: number, address: NativeMemory, length: number): number {
    return this.#result(this.#connect(descriptor, this.#at(address, 0, length), length));
  }

  setOption(
    descriptor: number,
    level: number,
    option: number,
    value: NativeMemory,
    length: number,
  ): number {
    const address = this.#at(value, 0, length);
    return this.#result(this.#setsockopt(descriptor, level, option, address, length));
  }

  getOption(
    descriptor: number,
    level: number,
    option: number,
    value: NativeMemory,
    length: number,
  ): number {
    this.#room.view.setUint32(0, length, true);
    const address = this.#at(value, 0, length);
    return this.#result(this.#getsockopt(descriptor, level, option, address, this.#room.address));
  }

  ioctl(descriptor: number, request: number, argument: NativeMemory): number {
    return this.#result(this.#ioctl(descriptor, request, this.#at(argument, 0, 0)));
  }

  read(descriptor: number, into: NativeMemory, offset: number, length: number): number {
    return this.#result(this.#read(descriptor, this.#at(into, offset, length), length));
  }

  write(descriptor: number, from: NativeMemory, offset: number, length: number): number {
    return this.#result(this.#write(descriptor, this.#at(from, offset, length), length));
  }

  receive(
    descriptor: number,
    into: NativeMemory,
    offset: number,
    length: number,
    flags: number,
  ): number {
    return this.#result(this.#recv(descriptor, this.#at(into, offset, length), length, flags));
  }

  send(
    descriptor: number,
    from: NativeMemory,
    offset: number,
    length: number,
    flags: number,
  ): number {
    return this.#result(this.#send(descriptor, this.#at(from, offset, length), length, flags));
  }

  receiveMessages(descriptor: number, messages: NativeMemory, count: number): number {
    return this.#result(
      this.#recvmmsg(descriptor, this.#at(messages, 0, count * MMSGHDR.size), count, 0, 0),
    );
  }

  sendMessages(
    descriptor: number,
    messages: NativeMemory,
    first: number,
    count: number,
    flags: number,
  ): number {
    const { size } = MMSGHDR;
    const address = this.#at(messages, first * size, count * size);
    return this.#result(this.#sendmmsg(descriptor, address, count, flags));
  }

  poll(descriptors: NativeMemory, count: number, milliseconds: number): number {
    const address = this.#at(descriptors, 0, count * POLLFD.size);
    return this.#result(this.#poll(address, count, milliseconds));
  }

  setScheduler(policy: number, priority: number): number {
    this.#room.view.setInt32(0, priority, true);
    return this.#result(this.#setScheduler(0, policy, this.#room.address));
  }

  watch(descriptor: number, onReadable: () => boolean): Watch {
    return new PollWatch(this.#koffi, descriptor, onReadable);
  }

  close(descriptor: number): void {
    closeSync(descriptor);
  }

  #result(value: number): number {
    return value < 0 ? -this.#koffi.errno() : value;
  }

  /** Address of octets of the memory, which cannot be collected as garbage before the call is over. */
  #at(memory: NativeMemory, offset: number, length: number): number {
    const { bytes, address } = memory;
    if (offset < 0 || length < 0 || offset + length > bytes.length) {
      throw new RangeError(`octets ${offset}..${offset + length} of ${bytes.length}`);
    }
    this.#held = memory;
    return address + offset;
  }
}

class PollWatch implements Watch {
  readonly #handle: PollHandle;
  readonly #onReadable: () => boolean;
  #turn: NodeJS.Immediate | undefined;
  /** libuv does not wait any more. */
  #isStopped = false;
  #isClosed = false;
  readonly #onEvent: PollCallback = (status) => {
    if (typeof status === 'number' && status < 0) this.#isStopped = true;
    this.#turn ??= setImmediate(this.#onTurn);
  };
  readonly #onTurn = (): void => {
    this.#turn = undefined;
    const isOfUse = this.#onReadable();
    if (this.#isClosed) return;
    if (!isOfUse) this.close();
    else if (this.#isStopped) {
      this.#isStopped = false;
      this.#handle.start(this.#onEvent);
    }
  };

  constructor(koffi: Koffi, descriptor: number, onReadable: () => boolean) {
    this.#onReadable = onReadable;
    this.#handle = koffi.node.poll(descriptor, this.#onEvent);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearImmediate(this.#turn);
    this.#handle.close();
  }
}
