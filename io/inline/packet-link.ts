/**
 * An Ethernet interface as a link of a node: raw frames of IPv6 in both directions (packet(7)).
 */
import type { LinkPort } from '../../engine/ports.ts';
import { HostError } from '../native/host-error.ts';
import type { Kernel, NativeMemory, Watch } from '../native/kernel.ts';
import { openKernel } from '../native/koffi-kernel.ts';
import { ARPHRD_ETHER, EINTR, MSG_DONTWAIT } from '../native/linux.ts';
import { MessageBatch } from '../native/message-batch.ts';
import type { HostConfiguration } from './host-configuration.ts';
import { LinkMonitor, ethernetLink, isLinkUp } from './link-monitor.ts';
import type { LinkEvent, LinkFacts } from './link-monitor.ts';
import { FrameCompleter, VIRTIO_HEADER } from './offload.ts';
import { lostFrames, openPacketSocket } from './packet-socket.ts';

/** Frames read with one call, and calls in one turn of the event loop, at most. */
const BATCH = 64;
const CALLS = 2;
const ETHERNET = 14;
/** Room for what the kernel hands over at once: its header, Ethernet, and an IPv6 packet of 65 575 octets. */
const SLOT = 65_664;
const MIN_MTU = 1280;

/** How a link is opened. */
export interface PacketLinkOptions {
  /**
   * Silences the kernel's own IPv6 on the interface, brings it up, and undoes both. Without it the interface is taken as it
   * is, and the kernel answers beside the node where it has IPv6 there.
   */
  readonly host?: HostConfiguration;
  /** Hears unicast frames to everybody; without it those to its own address and all groups. */
  readonly isPromiscuous?: boolean;
  /** Calls of the kernel; those by the package koffi otherwise. */
  readonly kernel?: Kernel;
}

/** What went over a link since it was opened. */
export interface PacketLinkCounts {
  /** Frames handed to the node, after cutting. */
  readonly received: number;
  readonly sent: number;
  /** Frames that the kernel could not send: link down, queue full, larger than the link takes. */
  readonly notSent: number;
  /** Frames lost before the process read them, because it was busy. */
  readonly lostUnread: number;
  /** Frames that were dropped because they cannot be cut to what a wire carries. */
  readonly refused: number;
}

/** A link of this machine. */
export interface PacketLink extends LinkPort {
  counts(): PacketLinkCounts;
  /** Gives the interface back; no frame is handed over any more. What `host` has changed is undone by its own close. */
  close(): void;
}

/**
 * Opens an interface.
 *
 * Frames come whole, one for each packet that would be on a wire: with finished checksums, and cut where the kernel has
 * left that to the hardware. A turn of the event loop hands over 128 frames of the kernel at most, then timers and other
 * links have theirs. When the interface goes down, goes away or comes back under its name, `onStateChange` tells, and
 * the link goes on.
 *
 * @param name of an Ethernet interface with an MTU of 1280 or more
 * @throws HostError
 */
export function openPacketLink(name: string, options: PacketLinkOptions = {}): PacketLink {
  return new KernelLink(name, options, options.kernel ?? openKernel());
}

class KernelLink implements PacketLink {
  readonly name: string;
  onFrame: ((frame: Uint8Array) => void) | undefined;
  onStateChange: ((isUp: boolean) => void) | undefined;
  readonly #options: PacketLinkOptions;
  readonly #kernel: Kernel;
  readonly #monitor: LinkMonitor;
  readonly #batch: MessageBatch;
  readonly #completer: FrameCompleter;
  readonly #out: NativeMemory;
  #facts: LinkFacts;
  /** There is an interface. */
  #isPresent = true;
  #descriptor: number;
  #watch: Watch | undefined;
  #isUp: boolean;
  #isClosed = false;
  #received = 0;
  #sent = 0;
  #notSent = 0;
  #lostUnread = 0;
  readonly #take = (frame: Uint8Array): void => {
    // The node may have closed the link while it had a frame of the same batch.
    if (this.#isClosed) return;
    this.#received++;
    this.onFrame?.(frame);
  };

  constructor(name: string, options: PacketLinkOptions, kernel: Kernel) {
    this.name = name;
    this.#options = options;
    this.#kernel = kernel;
    this.#monitor = new LinkMonitor(kernel);
    this.#batch = new MessageBatch(kernel, BATCH, SLOT);
    this.#completer = new FrameCompleter(this.#batch.bytes);
    this.#out = kernel.allocate(VIRTIO_HEADER + SLOT);
    try {
      this.#facts = this.#find();
      options.host?.takeLink(name);
      this.#descriptor = this.#open(this.#facts.index);
    } catch (error) {
      this.#monitor.close();
      throw error;
    }
    this.#facts = this.#monitor.ask(name)[0] ?? this.#facts;
    this.#isUp = isLinkUp(this.#facts);
    this.#watch = this.#wait();
    this.#monitor.onEvent = (event) => {
      this.#heard(event);
    };
    this.#monitor.onLoss = () => {
      this.#askAgain();
    };
    this.#monitor.watch();
  }

  get linkLayerAddress(): Uint8Array {
    return this.#facts.linkLayerAddress;
  }

  get mtu(): number {
    return this.#facts.mtu;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  send(frame: Uint8Array): void {
    const { length } = frame;
    if (this.#isClosed || length < ETHERNET || length > SLOT) {
      this.#notSent++;
      return;
    }
    // The header in front stays 0: nothing is left to the hardware.
    this.#out.bytes.set(frame, VIRTIO_HEADER);
    const result = this.#kernel.send(
      this.#descriptor,
      this.#out,
      0,
      VIRTIO_HEADER + length,
      MSG_DONTWAIT,
    );
    if (result < 0) this.#notSent++;
    else this.#sent++;
  }

  counts(): PacketLinkCounts {
    this.#readLosses();
    return {
      received: this.#received,
      sent: this.#sent,
      notSent: this.#notSent,
      lostUnread: this.#lostUnread,
      refused: this.#completer.counts.refused,
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#readLosses();
    this.#isClosed = true;
    this.#isUp = false;
    this.#monitor.close();
    this.#watch?.close();
    this.#kernel.close(this.#descriptor);
  }

  /** @returns the interface, when a node can stand on it */
  #find(): LinkFacts {
    const { name } = this;
    const facts = ethernetLink(this.#monitor, name);
    const { mtu } = facts;
    if (mtu < MIN_MTU) {
      throw new HostError(
        'ERR_HOST_INTERFACE',
        `${name}: its MTU is ${mtu}; IPv6 takes ${MIN_MTU} or more (RFC 8200 section 5)`,
        { interfaceName: name, hint: `Raise it: ip link set ${name} mtu 1500` },
      );
    }
    return facts;
  }

  #open(index: number): number {
    return openPacketSocket(this.#kernel, this.name, index, this.#options.isPromiscuous ?? false);
  }

  #wait(): Watch {
    return this.#kernel.watch(this.#descriptor, () => {
      this.#read();
      return true;
    });
  }

  #read(): void {
    const batch = this.#batch;
    for (let call = 0; call < CALLS; call++) {
      const count = batch.receive(this.#descriptor);
      // What is no "nothing there" is the news that the interface went down, told once; the monitor tells as well.
      if (count < 0) {
        if (count === EINTR) continue;
        return;
      }
      for (let i = 0; i < count; i++) {
        const offset = batch.offset(i);
        if (batch.isCut(i)) this.#completer.counts.refused++;
        else this.#completer.complete(offset, offset + batch.length(i), this.#take);
      }
      if (this.#isClosed || count < batch.count) return;
    }
  }

  #heard(event: LinkEvent): void {
    if (event.kind === 'gone') {
      if (event.index !== this.#facts.index) return;
      this.#isPresent = false;
      this.#tell(false);
      return;
    }
    const { facts } = event;
    if (this.#isPresent ? facts.index === this.#facts.index : facts.name === this.name) {
      this.#changed(facts);
    }
  }

  #changed(facts: LinkFacts): void {
    if (!this.#isPresent && !this.#reopen(facts)) return;
    // Messages without an address or an MTU leave them as they were.
    const { linkLayerAddress, mtu } = facts;
    this.#facts = {
      ...facts,
      linkLayerAddress:
        linkLayerAddress.length === 6 ? linkLayerAddress : this.#facts.linkLayerAddress,
      mtu: mtu === 0 ? this.#facts.mtu : mtu,
    };
    this.#tell(isLinkUp(facts));
  }

  /** The interface is back, as another one. @returns false when it is of no use yet */
  #reopen(facts: LinkFacts): boolean {
    if (facts.type !== ARPHRD_ETHER || facts.linkLayerAddress.length !== 6) return false;
    this.#isPresent = true;
    this.#readLosses();
    try {
      this.#options.host?.takeLink(this.name);
      const descriptor = this.#open(facts.index);
      this.#watch?.close();
      this.#kernel.close(this.#descriptor);
      this.#descriptor = descriptor;
      this.#watch = this.#wait();
      return true;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      // Gone again, or not ours: the next message about it is another chance.
      this.#isPresent = false;
      return false;
    }
  }

  #tell(state: boolean): void {
    if (state === this.#isUp || this.#isClosed) return;
    this.#isUp = state;
    this.onStateChange?.(state);
  }

  #askAgain(): void {
    const facts = this.#monitor.ask(this.name)[0];
    if (facts?.index !== this.#facts.index) {
      this.#heard({ kind: 'gone', index: this.#facts.index });
    }
    if (facts !== undefined) this.#heard({ kind: 'changed', facts });
  }

  #readLosses(): void {
    if (!this.#isClosed) this.#lostUnread += lostFrames(this.#kernel, this.#descriptor);
  }
}
