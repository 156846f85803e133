/**
 * Routes that packets in tunnels announce.
 */
import { copyOctets, u8 } from '../dissectors/core/bytes.ts';
import type { SitePrefix } from './site.ts';

const UDP_OCTETS = 8;
/** Command, version and two zero octets; then route table entries. RFC 2080 section 2.1. */
const RIPNG_HEADER = 4;
const ENTRY_OCTETS = 20;
const RESPONSE = 2;
/** Metric of an entry that names a next hop, and of one that cannot be reached. RFC 2080 sections 2.1.1 and 2.5. */
const NEXT_HOP = 255;
const INFINITY = 16;
/** Entries read: as many as fit a packet of 576 octets. */
const MAX_ROUTES = 25;

/** Routes of the RIPng response in a UDP datagram at `[offset, end)`; undefined when it is none. */
export function ripngRoutes(
  bytes: Uint8Array,
  offset: number,
  end: number,
): readonly SitePrefix[] | undefined {
  const start = offset + UDP_OCTETS;
  if (start + RIPNG_HEADER > end || u8(bytes, start) !== RESPONSE) return undefined;
  const routes: SitePrefix[] = [];
  for (
    let at = start + RIPNG_HEADER;
    at + ENTRY_OCTETS <= end && routes.length < MAX_ROUTES;
    at += ENTRY_OCTETS
  ) {
    const metric = u8(bytes, at + 19);
    const length = u8(bytes, at + 18);
    if (metric === NEXT_HOP || metric >= INFINITY || length > 128) continue;
    routes.push({ prefix: copyOctets(bytes, at, at + 16), length });
  }
  return routes;
}
