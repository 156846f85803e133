/**
 * A link in memory with nodes on it that consist of an interface alone, strangers who send what they like, and a
 * record of everything that passed.
 */
import { formatAddress, formatMac, parseAddress } from '../../../dissectors/core/address.ts';
import { u16, u8 } from '../../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { decodeIcmpv6, encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';
import { ethernetFrame, ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { LinkInterface } from '../../../nodes/interface/link-interface.ts';
import type { LinkInterfaceOptions } from '../../../nodes/interface/link-interface.ts';
import { groupLinkAddress } from '../../../nodes/interface/link-address.ts';
import type { InboundPacket } from '../../../nodes/ip/packet.ts';
import type { LogEntry } from '../../../nodes/node-log.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import type { MemoryLinkOptions, MemoryPort } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';

/** Octets of an address given as text. */
export function ip(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address?.length !== 16) throw new Error(`no IPv6 address: ${text}`);
  return address;
}

/** Octets of a link-layer address given as text. */
export function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(':').map((octet) => parseInt(octet, 16)));
}

/** A frame with ICMPv6 that passed the link, as text where tests look at it. */
export interface Seen<M extends Icmpv6Message = Icmpv6Message> {
  /** Milliseconds. */
  readonly at: number;
  readonly linkSource: string;
  readonly linkDestination: string;
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  readonly message: M;
}

interface Parsed {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly hopLimit: number;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly payloadOffset: number;
}

/** The parts of a packet with at most a hop-by-hop header. */
function parse(packet: Uint8Array): Parsed {
  let protocol = u8(packet, 6);
  let payloadOffset = 40;
  if (protocol === 0) {
    protocol = u8(packet, 40);
    payloadOffset += (u8(packet, 41) + 1) * 8;
  }
  return {
    source: packet.slice(8, 24),
    destination: packet.slice(24, 40),
    hopLimit: u8(packet, 7),
    protocol,
    payload: packet.slice(payloadOffset),
    payloadOffset,
  };
}

/** What a host hands on for a packet of a frame. */
export function inboundPacket(
  from: LinkInterface | undefined,
  packet: Uint8Array,
  linkSource: Uint8Array | undefined,
): InboundPacket {
  const { source, destination, hopLimit, protocol, payload, payloadOffset } = parse(packet);
  return {
    interface: from,
    linkSource,
    tunnels: [],
    bytes: packet,
    wireSource: source,
    wireDestination: destination,
    hopLimit,
    homeAddressOption: undefined,
    type2RoutingHeader: undefined,
    source,
    destination,
    protection: undefined,
    protocol,
    payload,
    payloadOffset,
  };
}

/** A node that is nothing but one interface. */
export class TestNode {
  readonly port: MemoryPort;
  readonly link: LinkInterface;
  readonly log: LogEntry[] = [];
  /** Packets that are no neighbor discovery. */
  readonly received: Uint8Array[] = [];

  constructor(port: MemoryPort, environment: TestLink, options: Partial<LinkInterfaceOptions>) {
    const { scheduler, random } = environment;
    this.port = port;
    this.link = new LinkInterface({
      index: 0,
      port,
      scheduler,
      random,
      log: (entry) => this.log.push(entry),
      isRouter: false,
      linkLocalDetection: 'skip',
      receive: (_, packet, linkSource) => {
        this.#receive(packet, linkSource);
      },
      ...options,
    });
  }

  get events(): string[] {
    return this.log.map(({ event }) => event);
  }

  /** States of all addresses, by their text. */
  get states(): Record<string, string> {
    const states: Record<string, string> = {};
    for (const { address, state } of this.link.addresses) states[formatAddress(address)] = state;
    return states;
  }

  #receive(packet: Uint8Array, linkSource: Uint8Array): void {
    const inbound = inboundPacket(this.link, packet, linkSource);
    const type = u8(inbound.payload, 0);
    const { payload } = inbound;
    if (inbound.protocol === 58 && type >= 130 && type <= 137) {
      const message = decodeIcmpv6(payload, 0, payload.length, new DiagnosticList());
      if (message !== undefined) this.link.receiveNeighborDiscovery(inbound, message);
    } else {
      this.received.push(packet);
    }
  }
}

/** Somebody on the link who sends what he likes. */
export class Stranger {
  readonly port: MemoryPort;
  readonly linkLayerAddress: Uint8Array;

  constructor(port: MemoryPort) {
    this.port = port;
    this.linkLayerAddress = port.linkLayerAddress;
  }

  /** Sends an ICMPv6 message; the frame goes to the group of the destination unless `to` says where. */
  send(
    message: Icmpv6Message,
    how: {
      readonly source: string;
      readonly destination: string;
      readonly hopLimit?: number;
      readonly to?: Uint8Array;
      readonly from?: Uint8Array;
      readonly checksum?: number;
    },
  ): void {
    const source = ip(how.source);
    const destination = ip(how.destination);
    const { checksum } = how;
    const payload = encodeIcmpv6(message, {
      source,
      destination,
      ...(checksum === undefined ? {} : { checksum }),
    });
    const { hopLimit = 255 } = how;
    this.port.send(
      ethernetFrame({
        destination: how.to ?? groupLinkAddress(destination),
        source: how.from ?? this.linkLayerAddress,
        payload: ipv6Packet({ source, destination, hopLimit, protocol: 58, payload }),
      }),
    );
  }
}

/** Parts of a router advertisement that tests care about. */
export interface Advertisement {
  readonly routerLifetime?: number;
  readonly flags?: number;
  readonly currentHopLimit?: number;
  readonly reachableTime?: number;
  readonly retransTimer?: number;
  readonly options?: Icmpv6MessageOf<'router-advertisement'>['options'];
}

/** A router advertisement. */
export function routerAdvertisement(fields: Advertisement): Icmpv6Message {
  return {
    kind: 'router-advertisement',
    code: 0,
    currentHopLimit: 0,
    flags: 0,
    routerLifetime: 1800,
    reachableTime: 0,
    retransTimer: 0,
    options: [],
    ...fields,
  };
}

/** A prefix information option: on link and autonomous unless the flags say otherwise. */
export function prefixOption(
  prefix: string,
  fields: {
    readonly flags?: number;
    readonly prefixLength?: number;
    readonly validLifetime?: number;
    readonly preferredLifetime?: number;
  } = {},
): Icmpv6MessageOf<'router-advertisement'>['options'][number] {
  return {
    kind: 'prefix-information',
    prefixLength: 64,
    flags: 0xc0,
    validLifetime: 2_592_000,
    preferredLifetime: 604_800,
    prefix: ip(prefix),
    ...fields,
  };
}

/** A neighbor solicitation. */
export function solicitation(target: string, linkLayerAddress?: Uint8Array): Icmpv6Message {
  return {
    kind: 'neighbor-solicitation',
    code: 0,
    targetAddress: ip(target),
    options:
      linkLayerAddress === undefined
        ? []
        : [{ kind: 'source-link-layer-address', address: linkLayerAddress }],
  };
}

/** Flags of a neighbor advertisement. */
export const FLAG = { router: 0x80000000, solicited: 0x40000000, override: 0x20000000 } as const;

/** A neighbor advertisement. */
export function advertisement(
  target: string,
  flags: number,
  linkLayerAddress?: Uint8Array,
): Icmpv6Message {
  return {
    kind: 'neighbor-advertisement',
    code: 0,
    flags,
    targetAddress: ip(target),
    options:
      linkLayerAddress === undefined
        ? []
        : [{ kind: 'target-link-layer-address', address: linkLayerAddress }],
  };
}

/** One link, its clock and what passed. */
export class TestLink {
  readonly scheduler: VirtualScheduler;
  readonly random: SeededRandom;
  readonly link: MemoryLink;
  readonly seen: Seen[] = [];

  constructor(options: Partial<MemoryLinkOptions> = {}) {
    this.scheduler = new VirtualScheduler();
    this.random = new SeededRandom(1);
    const { scheduler, random } = this;
    this.link = new MemoryLink({ scheduler, random, name: 'home', delay: 1, ...options });
    this.link.tap((frame, at) => {
      this.#record(frame, at);
    });
  }

  node(name: string, options: Partial<LinkInterfaceOptions> = {}): TestNode {
    return new TestNode(this.link.attach(name), this, options);
  }

  stranger(name = 'stranger'): Stranger {
    return new Stranger(this.link.attach(name));
  }

  advance(milliseconds: number): void {
    this.scheduler.advance(milliseconds);
  }

  /** Messages of a kind that passed, in order. */
  of<K extends Icmpv6Message['kind']>(kind: K): Seen<Icmpv6MessageOf<K>>[] {
    return this.seen.filter((each): each is Seen<Icmpv6MessageOf<K>> => each.message.kind === kind);
  }

  /** Forgets what passed. */
  forget(): void {
    this.seen.length = 0;
  }

  #record(frame: Uint8Array, at: number): void {
    if (u16(frame, 12) !== 0x86dd) return;
    const { source, destination, hopLimit, protocol, payload } = parse(frame.slice(14));
    if (protocol !== 58) return;
    const message = decodeIcmpv6(payload, 0, payload.length, new DiagnosticList());
    if (message === undefined) return;
    this.seen.push({
      at,
      linkSource: formatMac(frame, 6),
      linkDestination: formatMac(frame, 0),
      source: formatAddress(source),
      destination: formatAddress(destination),
      hopLimit,
      message,
    });
  }
}
