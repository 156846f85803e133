/**
 * An Ethernet segment in memory, on a clock that may be virtual: delay, loss, duplication and reordering as asked.
 */
import { copyOctets, u8 } from '../../dissectors/core/bytes.ts';
import { ethernetHeader } from '../../dissectors/link/ethernet.ts';
import type { LinkPort, RandomSource, Scheduler } from '../../engine/ports.ts';
import { randomBetween, randomFraction } from '../random-number.ts';

/** How a link treats frames. */
export interface MemoryLinkOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly name: string;
  /** Milliseconds from port to port; default 0: the same instant, but later. */
  readonly delay?: number;
  /** Share of deliveries that get lost, 0..1; each receiver on its own. */
  readonly loss?: number;
  /** Share of deliveries that arrive twice, 0..1. */
  readonly duplication?: number;
  /** Share of deliveries that others may overtake, 0..1: they take up to `reorderingDelay` longer. */
  readonly reordering?: number;
  /** Milliseconds; default 10. */
  readonly reorderingDelay?: number;
  /** Deliveries under way at most; what comes on top is lost, as in a full switch. Default 65536. */
  readonly capacity?: number;
}

/** Sees every frame that is put on a link. The octets are its own. */
export type LinkTap = (frame: Uint8Array, atMilliseconds: number) => void;

/** How a port moves. */
export interface Move {
  /** Milliseconds without any link; default 0. */
  readonly gap?: number;
  /** Whether the node is told that the link went and came; default true. */
  readonly isNoticed?: boolean;
}

const HEADER_OCTETS = ethernetHeader.fixedOctets;
const DEFAULT_MTU = 1500;

/** One Ethernet segment. Every frame reaches every other port: to look at its destination is the receiver's business. */
export class MemoryLink {
  readonly name: string;
  readonly #options: MemoryLinkOptions;
  readonly #ports = new Set<MemoryPort>();
  readonly #taps = new Set<LinkTap>();
  #underWay = 0;
  #lost = 0;
  #attached = 0;

  constructor(options: MemoryLinkOptions) {
    this.#options = options;
    this.name = options.name;
  }

  get scheduler(): Scheduler {
    return this.#options.scheduler;
  }

  /** Deliveries lost so far, by chance and for want of room. */
  get lost(): number {
    return this.#lost;
  }

  /** Ports on the link. */
  get ports(): number {
    return this.#ports.size;
  }

  /**
   * A new port on the link.
   * @param linkLayerAddress 6 octets; default: a locally administered one made of the names of link and port
   * @param mtu octets of an IPv6 packet, 1280 or more; default 1500
   */
  attach(name: string, linkLayerAddress?: Uint8Array, mtu = DEFAULT_MTU): MemoryPort {
    const address = linkLayerAddress ?? this.#ownAddress(name);
    return new MemoryPort(this, name, address, mtu);
  }

  /** Hands every frame to somebody who listens; the function that comes back ends it. */
  tap(tap: LinkTap): () => void {
    this.#taps.add(tap);
    return () => {
      this.#taps.delete(tap);
    };
  }

  /** For ports: takes part in the link. */
  join(port: MemoryPort): void {
    this.#ports.add(port);
  }

  /** For ports: no longer takes part; what is under way to it is lost. */
  leave(port: MemoryPort): void {
    this.#ports.delete(port);
  }

  /** For ports, and for whoever wants to put a frame on the link from nowhere. */
  carry(frame: Uint8Array, from?: MemoryPort): void {
    const { scheduler, random, loss = 0, duplication = 0 } = this.#options;
    for (const tap of this.#taps) tap(copyOctets(frame, 0, frame.length), scheduler.now);
    for (const port of this.#ports) {
      if (port === from) continue;
      if (loss > 0 && randomFraction(random) < loss) {
        this.#lost++;
        continue;
      }
      this.#deliver(frame, port);
      if (duplication > 0 && randomFraction(random) < duplication) this.#deliver(frame, port);
    }
  }

  #deliver(frame: Uint8Array, port: MemoryPort): void {
    const { scheduler, random, delay = 0, reordering = 0, reorderingDelay = 10 } = this.#options;
    if (this.#underWay >= (this.#options.capacity ?? 65536)) {
      this.#lost++;
      return;
    }
    const isHeldBack = reordering > 0 && randomFraction(random) < reordering;
    const copy = copyOctets(frame, 0, frame.length);
    this.#underWay++;
    scheduler.after(delay + (isHeldBack ? randomBetween(random, 0, reorderingDelay) : 0), () => {
      this.#underWay--;
      if (this.#ports.has(port)) port.take(copy);
    });
  }

  /** 02 and five octets that differ for every port of links of other names. */
  #ownAddress(name: string): Uint8Array {
    let hash = 0x811c9dc5 ^ this.#attached++;
    for (const character of `${this.name}\n${name}`) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    }
    return Uint8Array.of(0x02, this.#attached, hash >>> 24, hash >>> 16, hash >>> 8, hash);
  }
}

/** A port on a segment in memory. */
export class MemoryPort implements LinkPort {
  readonly name: string;
  readonly linkLayerAddress: Uint8Array;
  readonly mtu: number;
  onFrame: ((frame: Uint8Array) => void) | undefined;
  onStateChange: ((isUp: boolean) => void) | undefined;
  #link: MemoryLink;
  #isUp = true;
  /** Moves and changes of state so far: an end of a gap that is no longer wanted does nothing. */
  #changes = 0;

  /** Ports come from `MemoryLink.attach`. */
  constructor(link: MemoryLink, name: string, linkLayerAddress: Uint8Array, mtu: number) {
    if (linkLayerAddress.length !== 6 || (u8(linkLayerAddress, 0) & 1) !== 0) {
      throw new RangeError(`port ${name}: expected a unicast link-layer address of 6 octets`);
    }
    if (!Number.isInteger(mtu) || mtu < 1280 || mtu > 65535) {
      throw new RangeError(`port ${name}: expected an MTU from 1280 to 65535, got ${mtu}`);
    }
    this.name = name;
    this.linkLayerAddress = linkLayerAddress;
    this.mtu = mtu;
    this.#link = link;
    link.join(this);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** The link it is on. */
  get link(): MemoryLink {
    return this.#link;
  }

  send(frame: Uint8Array): void {
    if (!this.#isUp || frame.length < HEADER_OCTETS || frame.length > this.mtu + HEADER_OCTETS) {
      return;
    }
    this.#link.carry(frame, this);
  }

  /** For links: a frame arrives. */
  take(frame: Uint8Array): void {
    if (this.#isUp) this.onFrame?.(frame);
  }

  /** Plugs the port into another link. */
  moveTo(link: MemoryLink, { gap = 0, isNoticed = true }: Move = {}): void {
    this.#link.leave(this);
    this.#link = link;
    const change = ++this.#changes;
    const wasUp = this.#isUp;
    this.#isUp = false;
    if (isNoticed && wasUp) this.onStateChange?.(false);
    const arrive = (): void => {
      if (change !== this.#changes) return;
      link.join(this);
      this.#isUp = true;
      if (isNoticed) this.onStateChange?.(true);
    };
    if (gap > 0) link.scheduler.after(gap, arrive);
    else arrive();
  }

  /** Takes the link away, or gives it back. */
  setUp(isUp: boolean): void {
    if (isUp) this.#link.join(this);
    else this.#link.leave(this);
    this.#changes++;
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.onStateChange?.(isUp);
  }
}
