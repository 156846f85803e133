/**
 * A link whose router is made of octets: it advertises what a test tells it to, answers solicitations if it may, and writes
 * down what the mobile node puts on the link.
 */
import { addressKey, formatMac, isMulticast } from '../../../dissectors/core/address.ts';
import { u16, u8 } from '../../../dissectors/core/bytes.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, NdOption } from '../../../dissectors/icmpv6/index.ts';
import { ethernetFrame, ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import type { MemoryPort } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import type { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { ip, readPacket } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';

const IPV6_OCTETS = 40;
const ALL_NODES = ip('ff02::1');
const UNSPECIFIED = '::';
const ROUTER_SOLICITED_OVERRIDE = 0xe000_0000;
const NEIGHBOR_DISCOVERY = [130, 131, 132, 133, 134, 135, 136, 137, 143];

/** A packet of the mobile node, as it was on a link. */
export interface Seen extends WirePacket {
  readonly link: string;
  /** Milliseconds. */
  readonly at: number;
  /** Link-layer destination as text. */
  readonly to: string;
}

/** A prefix that a router advertises. */
export interface PrefixFields {
  readonly prefix: Uint8Array;
  readonly length?: number;
  /** Default L and A. */
  readonly flags?: number;
  readonly valid?: number;
  readonly preferred?: number;
}

/** What an advertisement says. */
export interface AdvertisementFields {
  readonly prefixes?: readonly PrefixFields[];
  /** Seconds; default 1800. */
  readonly lifetime?: number;
  /** H and the like. */
  readonly flags?: number;
  /** Advertisement Interval in milliseconds. */
  readonly interval?: number;
  readonly hasLinkLayerAddress?: boolean;
  readonly destination?: Uint8Array;
}

/** A router on a link. A link may have several. */
export class ScriptedRouter {
  readonly port: MemoryPort;
  readonly linkLocal: Uint8Array;
  readonly #link: ScriptedLink;
  /** What it advertises when it is solicited. */
  says: AdvertisementFields;
  answersRouterSolicitations = true;
  answersNeighborSolicitations = true;
  /** Addresses that it answers neighbor solicitations for, beside its own. */
  readonly #others = new Set<string>();
  /** Answers about addresses that it defends for others: not solicited, to all nodes. */
  readonly #defended = new Set<string>();

  constructor(
    link: ScriptedLink,
    name: string,
    linkLocal: Uint8Array,
    says: AdvertisementFields,
    linkLayerAddress?: Uint8Array,
  ) {
    this.#link = link;
    this.port = link.link.attach(name, linkLayerAddress);
    this.linkLocal = linkLocal;
    this.says = says;
    this.port.onFrame = (frame) => {
      this.#take(frame);
    };
  }

  get linkLayerAddress(): string {
    return formatMac(this.port.linkLayerAddress);
  }

  /** Answers neighbor solicitations for an address of its own. */
  answerFor(address: Uint8Array): void {
    this.#others.add(addressKey(address));
  }

  /** Answers for a node that is away, as a home agent does. */
  defend(address: Uint8Array): void {
    this.#defended.add(addressKey(address));
  }

  stopDefending(address: Uint8Array): void {
    this.#defended.delete(addressKey(address));
  }

  /** Advertises itself. */
  advertise(fields: AdvertisementFields = this.says): void {
    const { prefixes = [], lifetime = 1800, flags = 0, interval } = fields;
    const options: NdOption[] = [];
    if (fields.hasLinkLayerAddress !== false) {
      options.push({
        kind: 'source-link-layer-address',
        address: this.port.linkLayerAddress,
      });
    }
    if (interval !== undefined) options.push({ kind: 'advertisement-interval', interval });
    for (const {
      prefix,
      length = 64,
      flags: bits = 0xc0,
      valid = 86400,
      preferred = 14400,
    } of prefixes) {
      options.push({
        kind: 'prefix-information',
        prefixLength: length,
        flags: bits,
        validLifetime: valid,
        preferredLifetime: Math.min(valid, preferred),
        prefix,
      });
    }
    this.discover(
      {
        kind: 'router-advertisement',
        code: 0,
        currentHopLimit: 64,
        flags,
        routerLifetime: lifetime,
        reachableTime: 0,
        retransTimer: 0,
        options,
      },
      this.linkLocal,
      fields.destination ?? ALL_NODES,
    );
  }

  /** Sends a neighbor discovery message. */
  discover(message: Icmpv6Message, source: Uint8Array, destination: Uint8Array): void {
    const payload = encodeIcmpv6(message, { source, destination });
    this.send(
      ipv6Packet({ source, destination, hopLimit: 255, protocol: NEXT_HEADER.icmpv6, payload }),
    );
  }

  /** Puts a packet on the link: to a group, or to whoever is there. */
  send(packet: Uint8Array, linkDestination?: Uint8Array): void {
    const destination = packet.slice(24, 40);
    const everybody = isMulticast(destination)
      ? Uint8Array.of(0x33, 0x33, ...destination.subarray(12))
      : undefined;
    for (const each of this.#link.nodes) {
      this.port.send(
        ethernetFrame({
          destination: linkDestination ?? everybody ?? each,
          source: this.port.linkLayerAddress,
          payload: packet,
        }),
      );
      if (everybody !== undefined || linkDestination !== undefined) return;
    }
  }

  #take(frame: Uint8Array): void {
    if (u16(frame, 12) !== 0x86dd) return;
    const packet = readPacket(frame.slice(14, 14 + IPV6_OCTETS + u16(frame, 18)));
    const { icmpv6, ends } = packet;
    if (icmpv6?.kind === 'router-solicitation') {
      if (this.answersRouterSolicitations) this.advertise();
    } else if (icmpv6?.kind === 'neighbor-solicitation' && this.answersNeighborSolicitations) {
      const target = icmpv6.targetAddress;
      const key = addressKey(target);
      const isOwn = key === addressKey(this.linkLocal) || this.#others.has(key);
      if (isOwn && packet.source !== UNSPECIFIED) {
        this.#answer(target, ends.source, ROUTER_SOLICITED_OVERRIDE);
      } else if (this.#defended.has(key)) {
        this.#answer(target, packet.source === UNSPECIFIED ? ALL_NODES : ends.source, 0x8000_0000);
      }
    }
  }

  #answer(target: Uint8Array, destination: Uint8Array, flags: number): void {
    const message: Icmpv6Message = {
      kind: 'neighbor-advertisement',
      code: 0,
      flags,
      targetAddress: target,
      options: [{ kind: 'target-link-layer-address', address: this.port.linkLayerAddress }],
    };
    const source = this.#others.has(addressKey(target)) ? target : this.linkLocal;
    this.discover(message, source, destination);
  }
}

/** A link and its first router. */
export class ScriptedLink {
  readonly link: MemoryLink;
  /** Link-layer addresses of the node under test. */
  readonly nodes: readonly Uint8Array[];
  readonly router: ScriptedRouter;
  readonly name: string;

  constructor(
    scheduler: VirtualScheduler,
    name: string,
    linkLocal: Uint8Array,
    says: AdvertisementFields,
    onSeen: (seen: Seen) => void,
    node: readonly Uint8Array[],
  ) {
    this.name = name;
    this.nodes = node;
    this.link = new MemoryLink({ scheduler, random: new SeededRandom(99), name });
    this.router = new ScriptedRouter(this, `${name}-router`, linkLocal, says);
    const senders = new Set(node.map((each) => formatMac(each)));
    this.link.tap((frame, at) => {
      if (u16(frame, 12) !== 0x86dd || !senders.has(formatMac(frame, 6))) return;
      const packet = readPacket(frame.slice(14, 14 + IPV6_OCTETS + u16(frame, 18)));
      onSeen({ ...packet, link: name, at, to: formatMac(frame, 0) });
    });
  }
}

/** Whether a packet is neighbor discovery or group membership on the link. */
export function isOfLink({ protocol, payload }: WirePacket): boolean {
  return protocol === NEXT_HEADER.icmpv6 && NEIGHBOR_DISCOVERY.includes(u8(payload, 0));
}
