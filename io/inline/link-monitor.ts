/**
 * Knows an interface and what becomes of it, by the kernel's own messages (rtnetlink(7)).
 *
 * Not by files in /sys: they are those of the network namespace that they were mounted in.
 */
import { HostError } from '../native/host-error.ts';
import type { Kernel, NativeMemory, Watch } from '../native/kernel.ts';
import {
  ARPHRD_ETHER,
  EAGAIN,
  EINTR,
  IFF_LOWER_UP,
  IFF_UP,
  MSG_DONTWAIT,
  MSG_TRUNC,
} from '../native/linux.ts';
import {
  AttributeCursor,
  MessageCursor,
  MessageWriter,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLM_F_DUMP,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  MESSAGE_HEADER,
  openNetlink,
} from '../native/netlink.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
/** NETLINK_ROUTE */
const ROUTE = 0;
/** Group of links. */
const RTMGRP_LINK = 1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;

/** struct ifinfomsg */
const LINK_HEADER = 16;
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

/** Whether frames pass. */
export function isLinkUp({ flags }: LinkFacts): boolean {
  return (flags & IFF_UP) !== 0 && (flags & IFF_LOWER_UP) !== 0;
}

/**
 * An Ethernet interface by its name.
 * @throws HostError there is none, or it is of another kind
 */
export function ethernetLink(monitor: LinkMonitor, name: string): LinkFacts {
  const facts = monitor.ask(name)[0];
  if (facts === undefined) {
    const known = monitor.ask().map((link) => link.name);
    throw new HostError('ERR_HOST_INTERFACE_UNKNOWN', `there is no interface '${name}'`, {
      interfaceName: name,
      known,
      hint: `There is: ${known.join(', ')}`,
    });
  }
  if (facts.type !== ARPHRD_ETHER || facts.linkLayerAddress.length !== 6) {
    throw new HostError(
      'ERR_HOST_INTERFACE',
      `${name}: not an Ethernet interface (type ${facts.type})`,
      { interfaceName: name, hint: 'Name one with Ethernet frames: eth0, a veth, a bridge.' },
    );
  }
  return facts;
}

/** One socket that asks about links and hears of them. */
export class LinkMonitor {
  /** Told of every link, by `watch`. */
  onEvent: ((event: LinkEvent) => void) | undefined;
  /** Events were lost: ask again. */
  onLoss: (() => void) | undefined;
  readonly #kernel: Kernel;
  readonly #descriptor: number;
  readonly #memory: NativeMemory;
  readonly #writer: MessageWriter;
  readonly #messages: MessageCursor;
  readonly #attributes: AttributeCursor;
  #watch: Watch | undefined;
  #sequence = 0;
  #isClosed = false;

  /** Throws HostError. */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#memory = kernel.allocate(RECEIVE_OCTETS);
    this.#writer = new MessageWriter(this.#memory);
    this.#messages = new MessageCursor(this.#memory.view);
    this.#attributes = new AttributeCursor(this.#memory.view);
    this.#descriptor = openNetlink(kernel, ROUTE, RTMGRP_LINK, 'tell of links');
  }

  /**
   * Asks for one link, or for all. What is told of links in the meantime reaches `onEvent`.
   * @param name undefined = all
   */
  ask(name?: string): LinkFacts[] {
    const sequence = ++this.#sequence;
    const writer = this.#writer;
    writer.clear();
    writer.begin(RTM_GETLINK, NLM_F_REQUEST | (name === undefined ? NLM_F_DUMP : 0), sequence);
    writer.room(LINK_HEADER);
    if (name !== undefined) {
      const octets = Buffer.from(`${name}\0`);
      this.#memory.bytes.set(octets, writer.attribute(IFLA_IFNAME, octets.length));
    }
    if (this.#kernel.send(this.#descriptor, this.#memory, 0, writer.length, 0) < 0) return [];
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
    const messages = this.#messages;
    messages.begin(0, length);
    while (messages.next()) {
      const { type } = messages;
      const isAnswer = found !== undefined && messages.sequence === sequence;
      if (type === RTM_NEWLINK || type === RTM_DELLINK) {
        const facts = this.#link(messages.start + MESSAGE_HEADER, messages.end);
        if (facts !== undefined && isAnswer) found.push(facts);
        else if (facts !== undefined) this.#tell(type, facts);
        // The answer to a question for one link is one message.
        if (isAnswer && (messages.flags & NLM_F_MULTI) === 0) state = 'done';
      } else if (isAnswer && (type === NLMSG_DONE || type === NLMSG_ERROR)) state = 'done';
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
    const attributes = this.#attributes;
    attributes.begin(from + LINK_HEADER, end);
    while (attributes.next()) {
      const { type, start } = attributes;
      const octets = bytes.subarray(start, attributes.end);
      if (type === IFLA_ADDRESS) linkLayerAddress = octets.slice();
      else if (type === IFLA_IFNAME) name = text.decode(octets).replace(/\0.*$/s, '');
      else if (type === IFLA_MTU && octets.length === 4) mtu = view.getUint32(start, true);
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
