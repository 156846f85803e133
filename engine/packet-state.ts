/**
 * What the stages of the pipeline share about the packet at hand.
 */
import { copyOctets } from '../dissectors/core/bytes.ts';
import { FrameView, Ipv6View } from '../dissectors/walk.ts';
import type { EspContext, Link, PacketContext, PacketReference, Protection } from './events.ts';
import type { PacketRecord } from './ports.ts';
import { AddressPool } from './state/address-pool.ts';
import type { Links } from './state/links.ts';

/** IP headers looked through in one packet. */
export const MAX_DEPTH = 8;

const NO_PACKET: PacketReference = { input: 0, number: 0, time: 0, nanoseconds: 0 };
const NO_ENCAPSULATION: readonly string[] = [];

/** One IP header level. */
export class Level {
  readonly view = new Ipv6View();
  /** 0 = the outermost IPv6 header. */
  readonly depth: number;
  /** How this level was protected by the one around it, and after opening by its own ESP header. */
  protection: Protection = 'none';
  esp: EspContext | undefined = undefined;
  encapsulation: readonly string[] = NO_ENCAPSULATION;
  hasFragmentHeader = false;
  /** Made when the first event of this level needs it. */
  context: PacketContext | undefined = undefined;

  constructor(depth: number) {
    this.depth = depth;
  }

  reset(
    protection: Protection,
    esp: EspContext | undefined,
    encapsulation: readonly string[] = NO_ENCAPSULATION,
  ): void {
    this.protection = protection;
    this.esp = esp;
    this.encapsulation = encapsulation;
    this.hasFragmentHeader = false;
    this.context = undefined;
  }
}

/** The packet at hand; the same object for all packets of a run. */
export class PacketState {
  readonly frame = new FrameView();
  readonly levels: readonly Level[] = Array.from(
    { length: MAX_DEPTH },
    (_, depth) => new Level(depth),
  );
  /** Microseconds since 1970. */
  time = 0;
  #record: PacketRecord | undefined;
  #packet: PacketReference | undefined;
  #link: Link | undefined;
  readonly #links: Links;
  readonly #addresses: AddressPool;

  constructor(links: Links, seed?: number) {
    this.#links = links;
    this.#addresses = new AddressPool(seed);
  }

  /** Takes the next packet. */
  start(record: PacketRecord): void {
    this.#record = record;
    this.#packet = undefined;
    this.#link = undefined;
    this.time = record.seconds * 1e6 + Math.floor(record.nanoseconds / 1000);
  }

  /** The record at hand; undefined before the first. */
  get record(): PacketRecord | undefined {
    return this.#record;
  }

  /** Identity of the packet; one object, made when first asked for. */
  get packet(): PacketReference {
    const record = this.#record;
    if (record === undefined) return NO_PACKET;
    this.#packet ??= {
      input: record.inputIndex,
      number: record.number,
      time: this.time,
      nanoseconds: record.nanoseconds % 1000,
    };
    return this.#packet;
  }

  get link(): Link {
    this.#link ??= this.#links.of(this.#record?.interfaceIndex ?? 0, this.frame.vlan);
    return this.#link;
  }

  /** Both views of a level, as copies that outlive the packet. */
  contextOf(level: Level): PacketContext {
    if (level.context !== undefined) return level.context;
    const { view, depth } = level;
    const { bytes } = view;
    const outer = depth > 0 ? this.levels[depth - 1] : undefined;
    const { frame } = this;
    const addresses = this.#addresses;
    level.context = {
      packet: this.packet,
      link: this.link,
      source: addresses.at(bytes, view.source),
      destination: addresses.at(bytes, view.destination),
      homeAddressOption: view.homeAddress < 0 ? undefined : addresses.at(bytes, view.homeAddress),
      routingHomeAddress:
        view.routingHomeAddress < 0 ? undefined : addresses.at(bytes, view.routingHomeAddress),
      hopLimit: view.hopLimit,
      linkSource:
        frame.linkSource < 0
          ? undefined
          : copyOctets(frame.bytes, frame.linkSource, frame.linkSource + 6),
      protection: level.protection,
      esp: level.esp,
      ...(view.ah < 0 ? {} : { hasAuthenticationHeader: true }),
      outer: outer === undefined ? undefined : this.contextOf(outer),
      encapsulation: level.encapsulation,
      isReassembled: view.isReassembled,
      extensions: view.extensions,
      hasFragmentHeader: level.hasFragmentHeader,
    };
    return level.context;
  }
}
