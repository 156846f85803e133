/**
 * Authentication Header in transport mode (RFC 4302), with the packet as RFC 6275 sections 9.3.1, 9.3.2 and 11.3.2 have
 * it authenticated: home addresses in the IPv6 header, care-of addresses in the Home Address option and in the type 2
 * routing header, whose Segments Left is 0.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { putU16, putU32, u32, u8 } from '../../dissectors/core/bytes.ts';
import { HOME_ADDRESS_OPTION, NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { EspIntegrity } from '../../engine/crypto/esp-backend.ts';
import type { WireHeaders } from '../ip/ipsec-layer.ts';
import type { InboundPacket } from '../ip/packet.ts';

const IPV6_OCTETS = 40;
const PAYLOAD_LENGTH = 4;
const NEXT_HEADER_FIELD = 6;
const HOP_LIMIT = 7;
const SOURCE = 8;
const DESTINATION = 24;
const ADDRESS = 16;
/** Next header, payload length, reserved, SPI, sequence number. RFC 4302 section 2. */
const FIXED_OCTETS = 12;
/** A type 2 routing header, and a Destination Options header with a Home Address option alone. */
const EXTENSION_OCTETS = 24;
const TYPE_2_ADDRESS = 8;
const HOME_ADDRESS_AT = 8;
/** An option whose data may change on the way. RFC 8200 section 4.2. */
const CHANGES_EN_ROUTE = 0x20;

/** What came of a received header. */
export interface OpenedHeader {
  status: 'ok' | 'integrity' | 'malformed' | 'other-address';
  protocol: number;
  /** Octets of the header. */
  octets: number;
}

/** Octets of the header: 8n, because IPv6 headers are (RFC 4302 section 2.6). */
function headerOctets(icvLength: number): number {
  return (FIXED_OCTETS + icvLength + 7) & ~7;
}

/** Exchanges two addresses. */
function swap(bytes: Uint8Array, a: number, b: number): void {
  for (let i = 0; i < ADDRESS; i++) {
    const octet = u8(bytes, a + i);
    bytes[a + i] = u8(bytes, b + i);
    bytes[b + i] = octet;
  }
}

/** AH with one key. */
export class AuthenticationHeaders {
  readonly #integrity: EspIntegrity;
  readonly #icvLength: number;
  /** The packet as it is authenticated, with room for an ICV behind it. */
  #work = new Uint8Array(2048);

  /** @param icvLength octets of its ICV */
  constructor(integrity: EspIntegrity, icvLength: number) {
    this.#integrity = integrity;
    this.#icvLength = icvLength;
  }

  #room(length: number): Uint8Array {
    if (this.#work.length < length) this.#work = new Uint8Array(2 * length);
    return this.#work;
  }

  /**
   * The header and the payload behind it.
   * @param wire addresses and headers as they are on the wire; a type 2 routing header stands before the Home Address
   * option (RFC 6275 section 6.3), which has PadN in front of it (8n+6)
   */
  seal(
    spi: number,
    sequence: number,
    sequenceHigh: number,
    protocol: number,
    payload: Uint8Array,
    wire: WireHeaders,
  ): Uint8Array {
    const { homeAddressOption, type2RoutingHeader } = wire;
    const icvLength = this.#icvLength;
    const octets = headerOctets(icvLength);
    const extensions =
      (homeAddressOption === undefined ? 0 : EXTENSION_OCTETS) +
      (type2RoutingHeader === undefined ? 0 : EXTENSION_OCTETS);
    const header = IPV6_OCTETS + extensions;
    const length = header + octets + payload.length;
    const work = this.#room(length + icvLength);
    work.fill(0, 0, header + octets);
    work[0] = 0x60;
    putU16(work, PAYLOAD_LENGTH, length - IPV6_OCTETS);
    work.set(homeAddressOption ?? wire.source, SOURCE);
    work.set(type2RoutingHeader ?? wire.destination, DESTINATION);
    let pointer = NEXT_HEADER_FIELD;
    let at = IPV6_OCTETS;
    if (type2RoutingHeader !== undefined) {
      work[pointer] = NEXT_HEADER.routing;
      work[at + 1] = 2;
      work[at + 2] = 2;
      work.set(wire.destination, at + TYPE_2_ADDRESS);
      pointer = at;
      at += EXTENSION_OCTETS;
    }
    if (homeAddressOption !== undefined) {
      work[pointer] = NEXT_HEADER.destinationOptions;
      work[at + 1] = 2;
      // PadN of 4 octets.
      work[at + 2] = 1;
      work[at + 3] = 2;
      work[at + 6] = HOME_ADDRESS_OPTION;
      work[at + 7] = ADDRESS;
      work.set(wire.source, at + HOME_ADDRESS_AT);
      pointer = at;
      at += EXTENSION_OCTETS;
    }
    work[pointer] = NEXT_HEADER.ah;
    work[at] = protocol;
    work[at + 1] = octets / 4 - 2;
    putU32(work, at + 4, spi);
    putU32(work, at + 8, sequence);
    work.set(payload, at + octets);
    this.#integrity.sign(work, length, sequenceHigh);
    const sealed = new Uint8Array(octets + payload.length);
    sealed.set(work.subarray(at, length), 0);
    sealed.set(work.subarray(length, length + icvLength), FIXED_OCTETS);
    return sealed;
  }

  /**
   * Checks the header at `offset` of a packet that ends at `end`.
   * @param result is filled
   */
  open(
    packet: InboundPacket,
    offset: number,
    end: number,
    sequenceHigh: number,
    result: OpenedHeader,
  ): void {
    const { bytes } = packet;
    const octets = headerOctets(this.#icvLength);
    result.octets = octets;
    result.protocol = u8(bytes, offset);
    result.status = 'malformed';
    // RFC 4302 section 3.3.3.2.1: more padding than needed is forbidden.
    if (offset + octets > end || u8(bytes, offset + 1) !== octets / 4 - 2) return;
    const work = this.#room(end + this.#icvLength);
    work.set(bytes.subarray(0, end), 0);
    if (!settle(work, offset)) return;
    // What policies compare is what the value vouches for.
    const source = work.subarray(SOURCE, SOURCE + ADDRESS);
    const destination = work.subarray(DESTINATION, DESTINATION + ADDRESS);
    if (!isSameAddress(source, packet.source) || !isSameAddress(destination, packet.destination)) {
      result.status = 'other-address';
      return;
    }
    const icv = offset + FIXED_OCTETS;
    work.set(bytes.subarray(icv, icv + this.#icvLength), end);
    work.fill(0, icv, icv + this.#icvLength);
    result.status = this.#integrity.verify(work, 0, end, sequenceHigh) ? 'ok' : 'integrity';
  }
}

/**
 * Brings the headers in front of AH into the form that is authenticated: RFC 4302 section 3.3.3.1.2.
 * @returns false for headers that have no place there
 */
function settle(bytes: Uint8Array, ah: number): boolean {
  // Version stays; traffic class, flow label and hop limit change on the way.
  putU32(bytes, 0, u32(bytes, 0) & 0xf0000000);
  bytes[HOP_LIMIT] = 0;
  let next = u8(bytes, NEXT_HEADER_FIELD);
  let at = IPV6_OCTETS;
  while (at < ah) {
    const octets = (u8(bytes, at + 1) + 1) * 8;
    if (at + octets > ah) return false;
    switch (next) {
      case NEXT_HEADER.hopByHop:
        if (!settleOptions(bytes, at, at + octets, false)) return false;
        break;
      case NEXT_HEADER.destinationOptions:
        if (!settleOptions(bytes, at, at + octets, true)) return false;
        break;
      case NEXT_HEADER.routing:
        // Type 2 only: no other reaches this node with an AH behind it (RFC 5095).
        if (u8(bytes, at + 2) !== 2 || octets !== EXTENSION_OCTETS) return false;
        if (u8(bytes, at + 3) !== 0) {
          bytes[at + 3] = 0;
          swap(bytes, DESTINATION, at + TYPE_2_ADDRESS);
        }
        break;
      default:
        return false;
    }
    next = u8(bytes, at);
    at += octets;
  }
  return next === NEXT_HEADER.ah;
}

function settleOptions(
  bytes: Uint8Array,
  start: number,
  end: number,
  isDestination: boolean,
): boolean {
  let hasHomeAddress = false;
  for (let at = start + 2; at < end;) {
    const type = u8(bytes, at);
    if (type === 0) {
      at++;
      continue;
    }
    const length = u8(bytes, at + 1);
    const data = at + 2;
    if (data + length > end) return false;
    if (isDestination && type === HOME_ADDRESS_OPTION) {
      if (length !== ADDRESS || hasHomeAddress) return false;
      hasHomeAddress = true;
      swap(bytes, SOURCE, data);
    } else if ((type & CHANGES_EN_ROUTE) !== 0) {
      bytes.fill(0, data, data + length);
    }
    at = data + length;
  }
  return true;
}
