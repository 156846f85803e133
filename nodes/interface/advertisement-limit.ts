/**
 * How many router advertisements an interface works on. Each costs a hundred times what another frame does (checksum, options,
 * prefixes, addresses), so that a flood of them would keep the answers of the router in use waiting until it counts as gone.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { TokenBucket } from '../node-log.ts';

/** Advertisements at once and in a second: six routers at the shortest interval there is (RFC 6275 section 7.5). */
const BURST = 200;
const RATE = 200;
const ROUTER_ADVERTISEMENT = 134;
const ETHERNET_OCTETS = 14;
const IPV6_OCTETS = 40;
/** Extension headers that are looked behind. */
const MAX_HEADERS = 4;

/** Limit of one interface. */
export class AdvertisementLimit {
  readonly #isConfirmed: (router: AddressKey) => boolean;
  readonly #anybody: TokenBucket;
  /** Of routers that have answered lately: strangers take nothing away from them. */
  readonly #known: TokenBucket;

  /**
   * @param isConfirmed whether a neighbor has answered lately
   * @param now milliseconds
   */
  constructor(isConfirmed: (router: AddressKey) => boolean, now: number) {
    this.#isConfirmed = isConfirmed;
    this.#anybody = new TokenBucket(BURST, RATE, now);
    this.#known = new TokenBucket(BURST, RATE, now);
  }

  /**
   * Whether a frame is to be worked on.
   * @param frame whole Ethernet frame of an IPv6 packet
   * @param now milliseconds
   */
  admits(frame: Uint8Array, now: number): boolean {
    if (!isAdvertisement(frame) || this.#anybody.take(now)) return true;
    const source = frame.subarray(ETHERNET_OCTETS + 8, ETHERNET_OCTETS + 24);
    return this.#isConfirmed(addressKey(source)) && this.#known.take(now);
  }
}

function isAdvertisement(frame: Uint8Array): boolean {
  let next = u8(frame, ETHERNET_OCTETS + 6);
  let at = ETHERNET_OCTETS + IPV6_OCTETS;
  for (let headers = 0; headers <= MAX_HEADERS && at + 8 <= frame.length; headers++) {
    if (next === NEXT_HEADER.icmpv6) return u8(frame, at) === ROUTER_ADVERTISEMENT;
    const isFragment = next === NEXT_HEADER.fragment;
    const isOptions = next === NEXT_HEADER.hopByHop || next === NEXT_HEADER.destinationOptions;
    if (!isFragment && !isOptions) return false;
    // Only a first fragment has the type.
    if (isFragment && u16(frame, at + 2) >>> 3 !== 0) return false;
    next = u8(frame, at);
    at += isFragment ? 8 : (u8(frame, at + 1) + 1) * 8;
  }
  return false;
}
