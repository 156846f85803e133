/**
 * Headers of a packet for this node, gone through in the order of the wire. RFC 8200 section 4, with the Home Address
 * option and the type 2 routing header of RFC 6275 sections 9.3.1 and 11.3.3 and the protection of RFC 4301.
 */
import {
  isLinkLocal,
  isMulticast,
  isUnicastRoutable,
  isUnspecified,
} from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { HOME_ADDRESS_OPTION, NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { OpenedProtection } from './ipsec-layer.ts';
import type { InboundPacket } from './packet.ts';

/** Extension headers of one packet; more are a waste of our time. */
const MAX_HEADERS = 12;
const IPV6_OCTETS = 40;
const NEXT_HEADER_FIELD = 6;
const HOME_ADDRESS_OCTETS = 16;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_DISCOVERY_HOP_LIMIT = 255;
const TYPE_2_HEADER_LENGTH = 2;
const TYPE_2_ADDRESS = 8;

/** What is wrong and told to the sender. RFC 4443 section 3.4. */
export interface ParameterFault {
  /** 0 field, 1 next header, 2 option. */
  readonly code: 0 | 1 | 2;
  readonly pointer: number;
  /** Options of type 10xxxxxx are told of to multicast destinations too. RFC 8200 section 4.2. */
  readonly isForMulticast?: boolean;
}

/** How the walk ends. */
export type WalkResult =
  /** `packet.protocol` and `packet.payload` are set. */
  | { readonly kind: 'upper-layer' }
  | { readonly kind: 'fragment'; readonly offset: number; readonly pointer: number }
  /** Thrown away without a word to the sender. */
  | { readonly kind: 'silent'; readonly reason: string }
  | { readonly kind: 'fault'; readonly fault: ParameterFault; readonly reason: string }
  /** A Home Address option that no binding backs: Binding Error 1. RFC 6275 section 9.3.1. */
  | { readonly kind: 'unknown-binding' };

/** What the walk asks of the node. */
export interface WalkQuestions {
  /** Whether Home Address options mean anything here; RFC 6275 section 8.1 asks it of every node. */
  readonly knowsHomeAddressOption: boolean;
  /** Whether a binding says that the home address is at the wire source. RFC 6275 section 9.3.1. */
  hasBinding(homeAddress: Uint8Array, careOfAddress: Uint8Array): boolean;
  /** Whether a type 2 routing header may name the address: a home address of this mobile node. RFC 6275 section 6.4. */
  isHomeAddress(address: Uint8Array): boolean;
  open(packet: InboundPacket, protocol: 50 | 51, offset: number): OpenedProtection;
}

const silent = (reason: string): WalkResult => ({ kind: 'silent', reason });
const UPPER_LAYER: WalkResult = { kind: 'upper-layer' };

/** Walks the headers behind the IPv6 header and fills the packet. */
export function walkHeaders(packet: InboundPacket, questions: WalkQuestions): WalkResult {
  return new HeaderWalk(packet, questions).run();
}

class HeaderWalk {
  readonly #packet: InboundPacket;
  readonly #questions: WalkQuestions;
  #bytes: Uint8Array;
  #at = IPV6_OCTETS;
  /** Octet that named the header at `#at`. */
  #pointer = NEXT_HEADER_FIELD;
  #isDecrypted = false;

  constructor(packet: InboundPacket, questions: WalkQuestions) {
    this.#packet = packet;
    this.#questions = questions;
    this.#bytes = packet.bytes;
  }

  run(): WalkResult {
    for (let headers = 0; headers < MAX_HEADERS; headers++) {
      const next = u8(this.#bytes, this.#pointer);
      const result = this.#header(next, headers === 0);
      if (result !== undefined) return result;
    }
    return silent('too many extension headers');
  }

  /** @returns undefined to go on with the next header */
  #header(next: number, isFirst: boolean): WalkResult | undefined {
    switch (next) {
      case NEXT_HEADER.hopByHop:
        if (!isFirst) return this.#fault(1, this.#pointer, 'hop-by-hop options not first');
        return this.#options(false);
      case NEXT_HEADER.destinationOptions:
        return this.#options(true);
      case NEXT_HEADER.routing:
        return this.#routing();
      case NEXT_HEADER.fragment:
        if (this.#isDecrypted) return silent('fragment inside protection');
        if (this.#bytes.length - this.#at < 8) return silent('fragment header cut');
        return { kind: 'fragment', offset: this.#at, pointer: this.#pointer };
      case NEXT_HEADER.esp:
      case NEXT_HEADER.ah:
        return this.#protection(next);
      default:
        return this.#upperLayer(next);
    }
  }

  #octets(): number {
    const { length } = this.#bytes;
    if (this.#at + 8 > length) return 0;
    const octets = (u8(this.#bytes, this.#at + 1) + 1) * 8;
    return this.#at + octets > length ? 0 : octets;
  }

  #goOn(octets: number): WalkResult | undefined {
    this.#pointer = this.#at;
    this.#at += octets;
    return undefined;
  }

  #fault(code: 0 | 1 | 2, pointer: number, reason: string): WalkResult {
    // What was encrypted has no place in the packet as the sender's neighbours saw it.
    return this.#isDecrypted ? silent(reason) : { kind: 'fault', fault: { code, pointer }, reason };
  }

  #options(isDestination: boolean): WalkResult | undefined {
    const octets = this.#octets();
    if (octets === 0) return silent('options header cut');
    const end = this.#at + octets;
    for (let at = this.#at + 2; at < end;) {
      const type = u8(this.#bytes, at);
      if (type === 0) {
        at++;
        continue;
      }
      const length = u8(this.#bytes, at + 1);
      if (at + 2 + length > end) return silent('option cut');
      if (type !== 1) {
        const result =
          type === HOME_ADDRESS_OPTION && isDestination && this.#questions.knowsHomeAddressOption
            ? this.#homeAddress(at, length)
            : this.#unknownOption(type, at);
        if (result !== undefined) return result;
      }
      at += 2 + length;
    }
    return this.#goOn(octets);
  }

  /** RFC 8200 section 4.2: the two highest bits say what becomes of the packet. */
  #unknownOption(type: number, at: number): WalkResult | undefined {
    const action = type >> 6;
    if (action === 0) return undefined;
    if (action === 1) return silent('unknown option');
    const result = this.#fault(2, at, `unknown option ${type}`);
    return result.kind === 'fault' && action === 2
      ? { ...result, fault: { ...result.fault, isForMulticast: true } }
      : result;
  }

  /** RFC 6275 sections 6.3 and 9.3.1. */
  #homeAddress(at: number, length: number): WalkResult | undefined {
    const packet = this.#packet;
    if (this.#isDecrypted) return silent('Home Address option inside protection');
    if (packet.homeAddressOption !== undefined) return silent('second Home Address option');
    if (length !== HOME_ADDRESS_OCTETS) return this.#fault(0, at + 1, 'Home Address option length');
    const homeAddress = this.#bytes.slice(at + 2, at + 2 + HOME_ADDRESS_OCTETS);
    // Open point COM-HAO-04, -05: no answer, as the public suites expect.
    if (!isUnicastRoutable(homeAddress)) return silent('Home Address option not unicast routable');
    packet.homeAddressOption = homeAddress;
    packet.source = homeAddress;
    return undefined;
  }

  #routing(): WalkResult | undefined {
    const octets = this.#octets();
    if (octets === 0) return silent('routing header cut');
    const type = u8(this.#bytes, this.#at + 2);
    const segmentsLeft = u8(this.#bytes, this.#at + 3);
    if (type !== 2) {
      // RFC 5095 section 3: type 0 is like any that is not known.
      if (segmentsLeft === 0) return this.#goOn(octets);
      return this.#fault(0, this.#at + 2, `routing header type ${type}`);
    }
    const packet = this.#packet;
    const headerLength = u8(this.#bytes, this.#at + 1);
    // RFC 6275 section 11.3.3: whatever is wrong, the packet goes without an answer.
    if (headerLength !== TYPE_2_HEADER_LENGTH || segmentsLeft !== 1) {
      return silent('type 2 routing header malformed');
    }
    if (packet.type2RoutingHeader !== undefined) return silent('second type 2 routing header');
    const start = this.#at + TYPE_2_ADDRESS;
    const address = this.#bytes.slice(start, start + HOME_ADDRESS_OCTETS);
    if (!isUnicastRoutable(address) || !this.#questions.isHomeAddress(address)) {
      return silent('type 2 routing header names no home address of this node');
    }
    packet.type2RoutingHeader = address;
    packet.destination = address;
    return this.#goOn(octets);
  }

  #protection(protocol: 50 | 51): WalkResult | undefined {
    if (this.#packet.protection !== undefined) return silent('protected twice');
    const opened = this.#questions.open(this.#packet, protocol, this.#at);
    if (opened.kind === 'refused') return silent(`protection refused: ${opened.reason}`);
    this.#packet.protection = opened.protection;
    if (opened.protocol === NEXT_HEADER.ipv6) {
      // A tunnel's inner packet is walked by itself.
      this.#packet.protocol = opened.protocol;
      this.#packet.payload = opened.payload;
      this.#packet.payloadOffset = -1;
      return UPPER_LAYER;
    }
    // The rest is walked in octets of its own, with the protocol in front.
    const bytes = new Uint8Array(opened.payload.length + 8);
    bytes[0] = opened.protocol;
    bytes.set(opened.payload, 8);
    this.#bytes = bytes;
    this.#isDecrypted = true;
    this.#pointer = 0;
    this.#at = 8;
    return undefined;
  }

  #upperLayer(protocol: number): WalkResult {
    const packet = this.#packet;
    packet.protocol = protocol;
    packet.payload = this.#bytes.subarray(this.#at);
    packet.payloadOffset = this.#isDecrypted ? -1 : this.#at;
    const { homeAddressOption } = packet;
    // RFC 6275 section 9.3.1: Mobility Headers and what IPsec has verified need no binding.
    if (
      homeAddressOption !== undefined &&
      packet.protection === undefined &&
      protocol !== NEXT_HEADER.mobility &&
      !this.#questions.hasBinding(homeAddressOption, packet.wireSource)
    ) {
      return { kind: 'unknown-binding' };
    }
    return UPPER_LAYER;
  }
}

/** Whether nobody may be told: the source cannot be answered. RFC 4443 section 2.4 (e). */
export function isUnanswerable(source: Uint8Array): boolean {
  return isMulticast(source) || isUnspecified(source);
}

/** Whether a packet between these addresses stays on its link. RFC 4291 section 2.5.6. */
export function isOfLinkOnly(source: Uint8Array, destination: Uint8Array): boolean {
  return isLinkLocal(source) || isLinkLocal(destination) || isUnspecified(source);
}

/**
 * Whether a packet solicits an address that its interface defends for a node that is away, at that address itself: neighbor
 * unreachability detection is answered for it too. RFC 6275 section 10.4.1.
 */
export function isSolicitationOfDefended({
  interface: from,
  protocol,
  payload,
  hopLimit,
  wireDestination,
}: InboundPacket): boolean {
  return (
    protocol === NEXT_HEADER.icmpv6 &&
    hopLimit === NEIGHBOR_DISCOVERY_HOP_LIMIT &&
    u8(payload, 0) === NEIGHBOR_SOLICITATION &&
    from?.isDefending(wireDestination) === true
  );
}
