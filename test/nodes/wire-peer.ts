/**
 * The other side of a node's link: sends packets octet by octet, answers for the node's router, and reads what the node
 * put on the wire.
 */
import {
  addressKey,
  formatAddress,
  isMulticast,
  parseAddress,
} from '../../dissectors/core/address.ts';
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import { decodeIcmpv6, encodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import { ethernetFrame, ipv6Packet } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { decodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MobilityHeader } from '../../dissectors/mobility/header.ts';
import { Ipv6View, walkIpv6 } from '../../dissectors/walk.ts';
import type { LinkPort } from '../../engine/ports.ts';

const IPV6_OCTETS = 40;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_DISCOVERY = [133, 134, 135, 136, 137, 143];

/** Octets of an IPv6 address given as text. */
export function ip(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address?.length !== 16) throw new Error(`no IPv6 address: ${text}`);
  return address;
}

/** A packet that was on the wire. */
export interface WirePacket {
  readonly bytes: Uint8Array;
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  /** Protocol numbers of its extension headers, in order. */
  readonly headers: readonly number[];
  readonly homeAddressOption: string | undefined;
  readonly type2RoutingHeader: string | undefined;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly payloadOffset: number;
  /** Addresses that upper layers see. */
  readonly ends: { readonly source: Uint8Array; readonly destination: Uint8Array };
  readonly mobility: MobilityHeader | undefined;
  readonly icmpv6: Icmpv6Message | undefined;
}

function headersOf(bytes: Uint8Array): number[] {
  const headers: number[] = [];
  let next = u8(bytes, 6);
  for (let at = IPV6_OCTETS; at + 8 <= bytes.length;) {
    const isOptions = next === NEXT_HEADER.hopByHop || next === NEXT_HEADER.destinationOptions;
    if (!isOptions && next !== NEXT_HEADER.routing && next !== NEXT_HEADER.fragment) break;
    headers.push(next);
    const octets = next === NEXT_HEADER.fragment ? 8 : (u8(bytes, at + 1) + 1) * 8;
    next = u8(bytes, at);
    at += octets;
  }
  return headers;
}

/** Reads a packet. Throws when it is none. */
export function readPacket(bytes: Uint8Array): WirePacket {
  const view = new Ipv6View();
  if (!walkIpv6(bytes, 0, bytes.length, false, view)) throw new Error('no IPv6 packet');
  const payload = bytes.slice(view.upperOffset, view.upperEnd);
  const diagnostics = new DiagnosticList();
  const text = (offset: number): string | undefined =>
    offset < 0 ? undefined : formatAddress(bytes, offset);
  const isMobility = view.upperProtocol === NEXT_HEADER.mobility;
  const isIcmpv6 = view.upperProtocol === NEXT_HEADER.icmpv6;
  return {
    bytes,
    source: formatAddress(bytes, 8),
    destination: formatAddress(bytes, 24),
    hopLimit: view.hopLimit,
    headers: headersOf(bytes),
    homeAddressOption: text(view.homeAddress),
    type2RoutingHeader: text(view.routingHomeAddress),
    protocol: view.upperProtocol,
    payload,
    payloadOffset: view.upperOffset,
    ends: {
      source: bytes.slice(view.effectiveSource, view.effectiveSource + 16),
      destination: bytes.slice(view.effectiveDestination, view.effectiveDestination + 16),
    },
    mobility: isMobility
      ? decodeMobilityHeader(payload, 0, payload.length, diagnostics)
      : undefined,
    icmpv6: isIcmpv6 ? decodeIcmpv6(payload, 0, payload.length, diagnostics) : undefined,
  };
}

/**
 * Checksum of an upper layer by RFC 8200 section 8.1, written for itself: 0xffff when the field is right.
 */
export function onesComplementSum(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  payload: Uint8Array,
): number {
  const octets = [...source, ...destination, 0, 0, payload.length >> 8, payload.length & 0xff];
  octets.push(0, 0, 0, protocol, ...payload);
  if (octets.length % 2 === 1) octets.push(0);
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) {
    sum += (octets[i] ?? 0) * 256 + (octets[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

/** An end of a link, in memory or of the kernel. */
export type WirePort = Pick<LinkPort, 'linkLayerAddress' | 'send' | 'onFrame'>;

/** Everybody but the node: its router, and the Internet behind it. */
export class WirePeer {
  readonly port: WirePort;
  readonly linkLocal: Uint8Array;
  /** Packets of the node that are no neighbor discovery, since the last `take`. */
  #received: WirePacket[] = [];
  /** Neighbor discovery of the node, likewise. */
  #discovery: WirePacket[] = [];
  /** Addresses on the link that the peer answers solicitations for. */
  readonly #answersFor = new Set<string>();
  readonly #node: Uint8Array;

  /** @param node link-layer address of the node */
  constructor(
    link: { attach: (name: string) => WirePort },
    node: Uint8Array,
    linkLocal = ip('fe80::1'),
  ) {
    this.port = link.attach('peer');
    this.linkLocal = linkLocal;
    this.#node = node;
    this.answerFor(linkLocal);
    this.port.onFrame = (frame) => {
      this.#take(frame);
    };
  }

  /** Answers solicitations for an address. */
  answerFor(address: Uint8Array): void {
    this.#answersFor.add(addressKey(address));
  }

  /** Puts a packet on the link. */
  send(packet: Uint8Array): void {
    const destination = packet.slice(24, 40);
    const group = Uint8Array.of(0x33, 0x33, ...destination.subarray(12));
    this.port.send(
      ethernetFrame({
        destination: isMulticast(destination) ? group : this.#node,
        source: this.port.linkLayerAddress,
        payload: packet,
      }),
    );
  }

  /** What came since the last time. */
  take(): WirePacket[] {
    const received = this.#received;
    this.#received = [];
    return received;
  }

  /** Neighbor discovery that came since the last time. */
  takeDiscovery(): WirePacket[] {
    const discovery = this.#discovery;
    this.#discovery = [];
    return discovery;
  }

  #take(frame: Uint8Array): void {
    if (u16(frame, 12) !== 0x86dd) return;
    const packet = frame.slice(14, 14 + IPV6_OCTETS + u16(frame, 18));
    const sent = readPacket(packet);
    if (sent.protocol === NEXT_HEADER.icmpv6 && NEIGHBOR_DISCOVERY.includes(u8(sent.payload, 0))) {
      this.#discovery.push(sent);
      this.#answer(sent);
      return;
    }
    this.#received.push(sent);
  }

  #answer({ payload, ends }: WirePacket): void {
    if (u8(payload, 0) !== NEIGHBOR_SOLICITATION) return;
    const target = payload.slice(8, 24);
    if (!this.#answersFor.has(addressKey(target))) return;
    const addresses = { source: target, destination: ends.source };
    const advertisement = encodeIcmpv6(
      {
        kind: 'neighbor-advertisement',
        code: 0,
        flags: 0xe000_0000,
        targetAddress: target,
        options: [{ kind: 'target-link-layer-address', address: this.port.linkLayerAddress }],
      },
      addresses,
    );
    this.send(
      ipv6Packet({
        ...addresses,
        hopLimit: 255,
        protocol: NEXT_HEADER.icmpv6,
        payload: advertisement,
      }),
    );
  }
}
