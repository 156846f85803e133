/**
 * What the stages of the pipeline share about the packet at hand.
 */
import { copyOctets, u16, u32 } from '../dissectors/core/bytes.ts';
import { FrameView, Ipv6View } from '../dissectors/walk.ts';
import type { InnerPacket } from './encapsulation.ts';
import type {
  EspContext,
  Ipv4Outer,
  Link,
  PacketContext,
  PacketReference,
  Protection,
} from './events.ts';
import type { PacketRecord } from './ports.ts';
import { AddressPool } from './state/address-pool.ts';
import type { Links } from './state/links.ts';

/** IP headers looked through in one packet. */
export const MAX_DEPTH = 8;

const NO_PACKET: PacketReference = { input: 0, number: 0, time: 0, nanoseconds: 0 };
const NO_ENCAPSULATION: readonly string[] = [];
const NO_OCTETS = new Uint8Array();
/** Offsets of the addresses in an IPv4 header. RFC 791 section 3.1. */
const IPV4_SOURCE = 12;
const IPV4_DESTINATION = 16;

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
  /** Offsets in `carrierBytes` of the IPv4 header, UDP header and GRE key around this level; -1 = there is none. */
  ipv4 = -1;
  udp = -1;
  greKey = -1;
  carrierBytes: Uint8Array = NO_OCTETS;
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
    this.ipv4 = -1;
    this.udp = -1;
    this.greKey = -1;
    this.context = undefined;
  }

  /** What carries this level. @param bytes the octets that `carrier` has offsets in, when it does not say. */
  carry(carrier: InnerPacket, bytes: Uint8Array): void {
    this.ipv4 = carrier.ipv4;
    this.udp = carrier.udp;
    this.greKey = carrier.greKey;
    this.carrierBytes = carrier.bytes ?? bytes;
  }
}

/** Addresses of the IPv4 header around a level, and ports of the UDP header. */
function ipv4OuterOf({ ipv4, udp, carrierBytes: bytes }: Level): Ipv4Outer {
  const source = ipv4 + IPV4_SOURCE;
  const destination = ipv4 + IPV4_DESTINATION;
  return {
    source: copyOctets(bytes, source, source + 4),
    destination: copyOctets(bytes, destination, destination + 4),
    ...(udp < 0 ? {} : { sourcePort: u16(bytes, udp), destinationPort: u16(bytes, udp + 2) }),
  };
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
  /** Time of the first packet of each capture interface. */
  readonly #since: number[] = [];
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
    if (this.#since[record.interfaceIndex] === undefined) {
      this.#since[record.interfaceIndex] = this.time;
    }
  }

  /** Microseconds since the first packet of the capture interface at hand. */
  get watched(): number {
    return Math.max(0, this.time - (this.#since[this.#record?.interfaceIndex ?? 0] ?? this.time));
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
      trafficClass: (u16(bytes, view.start) >> 4) & 0xff,
      linkSource:
        frame.linkSource < 0
          ? undefined
          : copyOctets(frame.bytes, frame.linkSource, frame.linkSource + 6),
      protection: level.protection,
      esp: level.esp,
      ...(view.ah < 0 ? {} : { hasAuthenticationHeader: true }),
      outer: outer === undefined ? undefined : this.contextOf(outer),
      encapsulation: level.encapsulation,
      ...(level.ipv4 < 0 ? {} : { ipv4Outer: ipv4OuterOf(level) }),
      ...(level.greKey < 0 ? {} : { greKey: u32(level.carrierBytes, level.greKey) }),
      isReassembled: view.isReassembled,
      extensions: view.extensions,
      hasFragmentHeader: level.hasFragmentHeader,
    };
    return level.context;
  }
}
