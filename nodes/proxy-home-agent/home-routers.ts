/**
 * Routers of a home link: what comes from one of them has come from elsewhere, whatever its source address says.
 */
import { u16, u32, u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';

/** Routers that are remembered; the one not heard for longest goes first. */
const MAX_ROUTERS = 64;
const ROUTER_ADVERTISEMENT = 134;
const NEXT_HEADER_FIELD = 6;
const HOP_LIMIT_FIELD = 7;
const IPV6_OCTETS = 40;
const NEIGHBOR_DISCOVERY_HOP_LIMIT = 255;

function stationOf(linkAddress: Uint8Array): number {
  return u16(linkAddress, 0) * 0x1_0000_0000 + u32(linkAddress, 2);
}

/** Knows routers by configuration, and by their advertisements. */
export class HomeRouters {
  readonly #configured: ReadonlySet<number>;
  readonly #heard = new Set<number>();

  constructor(configured: readonly Uint8Array[]) {
    this.#configured = new Set(configured.map(stationOf));
  }

  /** Routers heard. */
  get size(): number {
    return this.#heard.size;
  }

  /** Takes note of the sender of a router advertisement; RFC 4861 section 6.1.2: with this hop limit, from this link. */
  hear(packet: Uint8Array, linkSource: Uint8Array): void {
    if (
      u8(packet, NEXT_HEADER_FIELD) !== NEXT_HEADER.icmpv6 ||
      u8(packet, IPV6_OCTETS) !== ROUTER_ADVERTISEMENT ||
      u8(packet, HOP_LIMIT_FIELD) !== NEIGHBOR_DISCOVERY_HOP_LIMIT
    ) {
      return;
    }
    const station = stationOf(linkSource);
    this.#heard.delete(station);
    if (this.#heard.size >= MAX_ROUTERS) {
      const oldest = this.#heard.values().next();
      if (oldest.done !== true) this.#heard.delete(oldest.value);
    }
    this.#heard.add(station);
  }

  /** Whether a router has this link-layer address. */
  has(linkAddress: Uint8Array): boolean {
    const station = stationOf(linkAddress);
    return this.#configured.has(station) || this.#heard.has(station);
  }
}
