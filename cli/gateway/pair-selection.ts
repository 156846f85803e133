/**
 * Which frames between two joined interfaces matter: what packet filters queue, and as cheap.
 */
import { prefixMatches } from '../../dissectors/core/address.ts';
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { GatewaySettings } from './gateway-file.ts';

const HEADER_OCTETS = 40;
const NEXT = 6;
const SOURCE = 8;
const DESTINATION = 24;

/** Everything that can be mobility, or that mobility can hide behind. */
const HEADERS: ReadonlySet<number> = new Set([
  NEXT_HEADER.hopByHop,
  NEXT_HEADER.ipv4,
  NEXT_HEADER.ipv6,
  NEXT_HEADER.routing,
  NEXT_HEADER.fragment,
  NEXT_HEADER.gre,
  NEXT_HEADER.esp,
  NEXT_HEADER.ah,
  NEXT_HEADER.destinationOptions,
  NEXT_HEADER.mobility,
]);
/** Errors (RFC 4443), neighbor discovery (RFC 4861), mobility (RFC 6275, RFC 5568). */
const ICMPV6: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 133, 134, 135, 136, 137, 144, 145, 146, 147, 154,
]);
/** IKE, IKE and ESP in UDP, DSMIPv6, DHCPv6 servers. */
const PORTS: ReadonlySet<number> = new Set([500, 4500, 4191, 547]);

/** Tells whether a packet goes to the judge. */
export function pairSelection({
  place,
  homePrefixes,
}: Pick<GatewaySettings, 'place' | 'homePrefixes'>): (
  bytes: Uint8Array,
  packet: number,
  end: number,
) => boolean {
  // On an access link nothing of a home address may be in clear.
  const prefixes = place.includes('access-link') ? homePrefixes : [];
  return (bytes, packet, end) => {
    // What is too short for a header is the judge's to refuse.
    if (end - packet < HEADER_OCTETS) return true;
    const next = u8(bytes, packet + NEXT);
    if (HEADERS.has(next)) return true;
    const upper = packet + HEADER_OCTETS;
    if (next === NEXT_HEADER.icmpv6) {
      if (upper >= end || ICMPV6.has(u8(bytes, upper))) return true;
    } else if (next === NEXT_HEADER.udp) {
      if (upper + 4 > end) return true;
      if (PORTS.has(u16(bytes, upper)) || PORTS.has(u16(bytes, upper + 2))) return true;
    }
    for (const { bytes: prefix, length } of prefixes) {
      if (prefixMatches(prefix, length, bytes, packet + SOURCE)) return true;
      if (prefixMatches(prefix, length, bytes, packet + DESTINATION)) return true;
    }
    return false;
  };
}
