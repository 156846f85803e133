/**
 * A kernel of memory: sockets whose datagrams a test puts in, and that keep what is sent.
 */
import { constants } from 'node:os';
import type { Kernel, NativeMemory, Watch } from '../../../io/native/kernel.ts';
import { AF_NETLINK, IOVEC_SIZE, MMSGHDR, MSG_PEEK, MSG_TRUNC } from '../../../io/native/linux.ts';
import { linkMessage, netlinkMessage } from './netlink-octets.ts';
import type { ToldLink } from './netlink-octets.ts';

const EAGAIN = -constants.errno.EAGAIN;

/** What a socket is given to read: octets, what comes beside them, or an error number below 0. */
export type Arrival =
  | number
  | { readonly octets: Uint8Array; readonly control?: Uint8Array | undefined };

/** A socket. */
export class FakeSocket {
  readonly domain: number;
  readonly protocol: number;
  readonly arrivals: Arrival[] = [];
  readonly sent: Uint8Array[] = [];
  /** Options that were set, as `level/option`. */
  readonly options = new Map<string, number>();
  /** Results of the next calls that send; the number of octets, or of messages, when there is none. */
  readonly sendResults: number[] = [];
  /** Called when something is sent. */
  onSend: ((octets: Uint8Array) => void) | undefined;
  onReadable: (() => boolean) | undefined;
  /** What comes while somebody waits for it, in turn; nobody waits when there is none. */
  readonly awaited: Arrival[][] = [];
  isClosed = false;

  constructor(domain: number, protocol: number) {
    this.domain = domain;
    this.protocol = protocol;
  }

  /** Gives it something to read, and says so. */
  arrive(...arrivals: Arrival[]): void {
    this.arrivals.push(...arrivals);
    this.onReadable?.();
  }
}

/** The kernel. Addresses of memory are its own. */
export class FakeKernel implements Kernel {
  readonly sockets: FakeSocket[] = [];
  /** Policies and priorities that were asked for, and whether they are given. */
  readonly scheduled: [number, number][] = [];
  mayPrefer = true;
  /** Links that it tells of when it is asked; those of the moment. */
  readonly links: ToldLink[];
  readonly #memories: NativeMemory[] = [];
  #next = 0x1_0000_1000;

  constructor(links: readonly ToldLink[] = []) {
    this.links = [...links];
  }

  allocate(octets: number): NativeMemory {
    const memory = new ArrayBuffer(octets);
    const made = {
      bytes: new Uint8Array(memory),
      view: new DataView(memory),
      address: this.#next,
    };
    this.#next += octets + 64;
    this.#memories.push(made);
    return made;
  }

  socket(domain: number, _type: number, protocol: number): number {
    const socket = new FakeSocket(domain, protocol);
    if (domain === AF_NETLINK && protocol === 0) {
      socket.onSend = (question) => {
        this.#answer(socket, question);
      };
    }
    return this.sockets.push(socket) - 1;
  }

  bind(): number {
    return 0;
  }

  connect(): number {
    return 0;
  }

  setOption(descriptor: number, level: number, option: number, value: NativeMemory): number {
    this.#at(descriptor).options.set(`${level}/${option}`, value.view.getUint32(0, true));
    return 0;
  }

  getOption(): number {
    return 0;
  }

  ioctl(): number {
    return 0;
  }

  read(): number {
    return EAGAIN;
  }

  write(): number {
    return EAGAIN;
  }

  receive(
    descriptor: number,
    into: NativeMemory,
    offset: number,
    length: number,
    flags: number,
  ): number {
    const socket = this.#at(descriptor);
    const [arrival] = socket.arrivals;
    if (arrival === undefined) return EAGAIN;
    if ((flags & MSG_PEEK) === 0) socket.arrivals.shift();
    if (typeof arrival === 'number') return arrival;
    const octets = arrival.octets.subarray(0, length);
    into.bytes.set(octets, offset);
    return (flags & MSG_TRUNC) === 0 ? octets.length : arrival.octets.length;
  }

  send(descriptor: number, from: NativeMemory, offset: number, length: number): number {
    const socket = this.#at(descriptor);
    const result = socket.sendResults.shift() ?? length;
    if (result < 0) return result;
    const octets = from.bytes.slice(offset, offset + length);
    socket.sent.push(octets);
    socket.onSend?.(octets);
    return result;
  }

  receiveMessages(descriptor: number, messages: NativeMemory, count: number): number {
    const socket = this.#at(descriptor);
    let received = 0;
    for (; received < count; received++) {
      const [arrival] = socket.arrivals;
      if (arrival === undefined || typeof arrival === 'number') break;
      socket.arrivals.shift();
      const at = received * MMSGHDR.size;
      const slot = this.#slot(messages, at);
      const octets = arrival.octets.subarray(0, slot.length);
      slot.set(octets);
      const isCut = octets.length < arrival.octets.length;
      messages.view.setUint32(at + MMSGHDR.flags, isCut ? MSG_TRUNC : 0, true);
      messages.view.setUint32(at + MMSGHDR.received, octets.length, true);
      this.#control(messages, at, arrival.control);
    }
    if (received > 0) return received;
    const error = socket.arrivals.shift();
    return typeof error === 'number' ? error : EAGAIN;
  }

  sendMessages(descriptor: number, messages: NativeMemory, first: number, count: number): number {
    const socket = this.#at(descriptor);
    const result = socket.sendResults.shift() ?? count;
    for (let i = 0; i < result; i++) {
      socket.sent.push(this.#slot(messages, (first + i) * MMSGHDR.size).slice());
    }
    return result;
  }

  poll(descriptors: NativeMemory): number {
    const socket = this.#at(descriptors.view.getInt32(0, true));
    socket.arrivals.push(...(socket.awaited.shift() ?? []));
    return socket.arrivals.length > 0 ? 1 : 0;
  }

  setScheduler(policy: number, priority: number): number {
    this.scheduled.push([policy, priority]);
    return this.mayPrefer ? 0 : -constants.errno.EPERM;
  }

  watch(descriptor: number, onReadable: () => boolean): Watch {
    const socket = this.#at(descriptor);
    socket.onReadable = onReadable;
    return {
      close: () => {
        socket.onReadable = undefined;
      },
    };
  }

  close(descriptor: number): void {
    this.#at(descriptor).isClosed = true;
  }

  /** What it says when it is asked for links: for one of a name, or for all. */
  #answer(socket: FakeSocket, question: Uint8Array): void {
    const view = new DataView(question.buffer);
    const sequence = view.getUint32(8, true);
    const name = new TextDecoder().decode(question.subarray(36)).replace(/\0.*$/s, '');
    const found = this.links.filter((link) => name === '' || link.name === name);
    const answers = found.map((link) => linkMessage(16, link, sequence));
    if (name === '') {
      for (const answer of answers) answer[6] = 2;
      answers.push(netlinkMessage(3));
    } else if (answers.length === 0) answers.push(netlinkMessage(2, new Uint8Array(20)));
    const last = answers.at(-1) ?? new Uint8Array();
    new DataView(last.buffer).setUint32(8, sequence, true);
    socket.arrivals.push(...answers.map((octets) => ({ octets })));
  }

  #at(descriptor: number): FakeSocket {
    const socket = this.sockets[descriptor];
    if (socket === undefined || socket.isClosed) throw new Error(`descriptor ${descriptor}`);
    return socket;
  }

  /** The octets that the vector of a message points to. */
  #slot(messages: NativeMemory, message: number): Uint8Array {
    const vector = this.#octets(
      Number(messages.view.getBigUint64(message + MMSGHDR.iov, true)),
      IOVEC_SIZE,
    );
    const view = new DataView(vector.buffer, vector.byteOffset, IOVEC_SIZE);
    return this.#octets(Number(view.getBigUint64(0, true)), Number(view.getBigUint64(8, true)));
  }

  #control(messages: NativeMemory, message: number, control: Uint8Array = new Uint8Array()): void {
    const room = messages.view.getUint32(message + MMSGHDR.controlLength, true);
    if (room === 0) return;
    const address = Number(messages.view.getBigUint64(message + MMSGHDR.control, true));
    const length = Math.min(room, control.length);
    this.#octets(address, length).set(control.subarray(0, length));
    messages.view.setUint32(message + MMSGHDR.controlLength, length, true);
  }

  #octets(address: number, length: number): Uint8Array {
    const memory = this.#memories.find(
      (each) => address >= each.address && address + length <= each.address + each.bytes.length,
    );
    if (memory === undefined) throw new Error(`no memory at ${address}, ${length} octets`);
    return memory.bytes.subarray(address - memory.address, address - memory.address + length);
  }
}
