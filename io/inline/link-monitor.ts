/**
 * Knows an interface and what becomes of it, by the kernel's own messages (rtnetlink(7)).
 *
 * Not by files in /sys: they are those of the network namespace that they were mounted in.
 */
import { callError } from '../native/kernel.ts';
import type { Kernel, NativeMemory, Watch } from '../native/kernel.ts';
import { AF_NETLINK, EAGAIN, EINTR, MSG_DONTWAIT, MSG_TRUNC, SOCK_RAW } from '../native/linux.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP = 0x300;
/** Group of links. */
const RTMGRP_LINK = 1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;

/** Headers of a message: struct nlmsghdr, struct ifinfomsg. */
const MESSAGE_HEADER = 16;
const LINK_HEADER = 16;
const ATTRIBUTE_HEADER = 4;
/** A message about a link with virtual functions takes a few kilobytes. */
const RECEIVE_OCTETS = 65_536;
/** Messages read in one turn at most. */
const MAX_MESSAGES = 64;

/** An interface as the kernel tells it. */
export interface LinkFacts {
  readonly index: number;
  readonly name: string;
  /** ARPHRD_ value. */
  readonly type: number;
  /** IFF_ flags. */
  readonly flags: number;
  readonly mtu: number;
  readonly linkLayerAddress: Uint8Array;
}

/** What happened to a link. */
export type LinkEvent =
  | { readonly kind: 'changed'; readonly facts: LinkFacts }
  | { readonly kind: 'gone'; readonly index: number };

const text = new TextDecoder();

/** One socket that asks about links and hears of them. */
export class LinkMonitor {
  /** Told of every link, by `watch`. */
  onEvent: ((event: LinkEvent) => void) | undefined;
  /** Events were lost: ask again. */
  onLoss: (() => void) | undefined;
  readonly #kernel: Kernel;
  readonly #descriptor: number;
  readonly #memory: NativeMemory;
  #watch: Watch | undefined;
  #sequence = 0;
  #isClosed = false;

  /** Throws HostError. */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#memory = kernel.allocate(RECEIVE_OCTETS);
    this.#descriptor = kernel.socket(AF_NETLINK, SOCK_RAW, 0);
    if (this.#descriptor < 0) {
      throw callError('ERR_HOST_OPEN', 'open a netlink socket', this.#descriptor);
    }
    // struct sockaddr_nl
    const address = kernel.allocate(12);
    address.view.setUint16(0, AF_NETLINK, true);
    address.view.setUint32(8, RTMGRP_LINK, true);
    const bound = kernel.bind(this.#descriptor, address, 12);
    if (bound < 0) {
      kernel.close(this.#descriptor);
      throw callError('ERR_HOST_OPEN', 'tell of links', bound);
    }
  }

  /**
   * Asks for one link, or for all. What is told of links in the meantime reaches `onEvent`.
   * @param name undefined = all
   */
  ask(name?: string): LinkFacts[] {
    const { view, bytes } = this.#memory;
    const sequence = ++this.#sequence;
    const nameOctets = name === undefined ? undefined : Buffer.from(`${name}\0`);
    const attribute = nameOctets === undefined ? 0 : ATTRIBUTE_HEADER + aligned(nameOctets.length);
    const length = MESSAGE_HEADER + LINK_HEADER + attribute;
    bytes.fill(0, 0, length);
    view.setUint32(0, length, true);
    view.setUint16(4, RTM_GETLINK, true);
    view.setUint16(6, NLM_F_REQUEST | (nameOctets === undefined ? NLM_F_DUMP : 0), true);
    view.setUint32(8, sequence, true);
    if (nameOctets !== undefined) {
      const at = MESSAGE_HEADER + LINK_HEADER;
      view.setUint16(at, ATTRIBUTE_HEADER + nameOctets.length, true);
      view.setUint16(at + 2, IFLA_IFNAME, true);
      bytes.set(nameOctets, at + ATTRIBUTE_HEADER);
    }
    if (this.#kernel.send(this.#descriptor, this.#memory, 0, length, 0) < 0) return [];
    const found: LinkFacts[] = [];
    // The kernel has answered when the call is over; a dump goes on as it is read.
    while (this.#receive(sequence, found) === 'more');
    return found;
  }

  /** Listens from now on. */
  watch(): void {
    this.#watch ??= this.#kernel.watch(this.#descriptor, () => {
      for (let i = 0; i < MAX_MESSAGES; i++) if (this.#receive(0, undefined) === 'nothing') break;
      return true;
    });
  }

  /** Never throws. */
  close(): void {
    this.#isClosed = true;
    this.#watch?.close();
    this.#kernel.close(this.#descriptor);
  }

  /**
   * Reads one datagram.
   * @param sequence of the question whose answers go to `found`
   * @returns whether its answer is complete or there is nothing to read
   */
  #receive(sequence: number, found: LinkFacts[] | undefined): 'more' | 'done' | 'nothing' {
    // Whoever was told of the message before may have closed this.
    if (this.#isClosed) return 'nothing';
    const { view } = this.#memory;
    const length = this.#kernel.receive(
      this.#descriptor,
      this.#memory,
      0,
      RECEIVE_OCTETS,
      MSG_DONTWAIT | MSG_TRUNC,
    );
    if (length === EINTR) return 'more';
    if (length === EAGAIN) return 'nothing';
    if (length < 0 || length > RECEIVE_OCTETS) {
      // Too much came at once (ENOBUFS), or more than has room.
      if (found === undefined) this.onLoss?.();
      return 'more';
    }
    let state: 'more' | 'done' = 'more';
    let offset = 0;
    while (offset + MESSAGE_HEADER <= length) {
      const size = view.getUint32(offset, true);
      if (size < MESSAGE_HEADER || offset + size > length) break;
      const type = view.getUint16(offset + 4, true);
      const isAnswer = found !== undefined && view.getUint32(offset + 8, true) === sequence;
      if (type === RTM_NEWLINK || type === RTM_DELLINK) {
        const facts = this.#link(offset + MESSAGE_HEADER, offset + size);
        if (facts !== undefined && isAnswer) found.push(facts);
        else if (facts !== undefined) this.#tell(type, facts);
        // The answer to a question for one link is one message without the flag "several" (NLM_F_MULTI).
        if (isAnswer && (view.getUint16(offset + 6, true) & 0x2) === 0) state = 'done';
      } else if (isAnswer && (type === NLMSG_DONE || type === NLMSG_ERROR)) state = 'done';
      offset += aligned(size);
    }
    return state;
  }

  #tell(type: number, facts: LinkFacts): void {
    if (type === RTM_NEWLINK) this.onEvent?.({ kind: 'changed', facts });
    else this.onEvent?.({ kind: 'gone', index: facts.index });
  }

  #link(from: number, end: number): LinkFacts | undefined {
    const { view, bytes } = this.#memory;
    if (from + LINK_HEADER > end) return undefined;
    const family = view.getUint8(from);
    // Bridges tell of their ports by messages of their own (AF_BRIDGE): a port that leaves a bridge is not gone.
    if (family !== 0) return undefined;
    let name = '';
    let mtu = 0;
    let linkLayerAddress = new Uint8Array();
    let offset = from + LINK_HEADER;
    while (offset + ATTRIBUTE_HEADER <= end) {
      const size = view.getUint16(offset, true);
      if (size < ATTRIBUTE_HEADER || offset + size > end) break;
      const value = offset + ATTRIBUTE_HEADER;
      const octets = bytes.subarray(value, offset + size);
      const type = view.getUint16(offset + 2, true) & 0x3fff;
      if (type === IFLA_ADDRESS) linkLayerAddress = octets.slice();
      else if (type === IFLA_IFNAME) name = text.decode(octets).replace(/\0.*$/s, '');
      else if (type === IFLA_MTU && octets.length === 4) mtu = view.getUint32(value, true);
      offset += aligned(size);
    }
    return {
      index: view.getInt32(from + 4, true),
      name,
      type: view.getUint16(from + 2, true),
      flags: view.getUint32(from + 8, true),
      mtu,
      linkLayerAddress,
    };
  }
}

/** Netlink begins everything at multiples of four octets. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}
