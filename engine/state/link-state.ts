/**
 * What neighbor discovery, home agent discovery and prefix discovery say about links: kept from the messages that a
 * receiver accepts.
 */
import type { Icmpv6Event, Link } from '../events.ts';
import { DiscoveryRequests } from './discovery-requests.ts';
import type { DiscoveryKind, DiscoveryRequest } from './discovery-requests.ts';
import { Neighbors } from './neighbors.ts';
import type { DuplicateProbe, Neighbor } from './neighbors.ts';
import { Routers } from './routers.ts';
import type { Router } from './routers.ts';

/** Questions about links that rules may ask. All answers are as of before the event that is judged. */
export interface LinkQueries {
  /** Who was at an address of a link. */
  neighbor(link: Link, address: Uint8Array): Readonly<Neighbor> | undefined;
  /** Last duplicate address detection for an address of a link. */
  duplicateProbe(link: Link, target: Uint8Array): DuplicateProbe | undefined;
  /** The router of an address of a link. */
  router(link: Link, address: Uint8Array): Readonly<Router> | undefined;
  /** Routers of a link, the one that advertised longest ago first; at most 256. */
  routers(link: Link): Iterable<Readonly<Router>>;
  /** The request of the last minute that an answer to `requester` belongs to. */
  discoveryRequest(
    kind: DiscoveryKind,
    requester: Uint8Array,
    identifier: number,
  ): Readonly<DiscoveryRequest> | undefined;
}

/** Hop limit of neighbor discovery: a router would have lowered it. RFC 4861 sections 6.1, 7.1 and 8.1. */
const HOP_LIMIT = 255;

/**
 * Whether a receiver on the link takes a neighbor discovery message: right checksum, code 0, not forwarded, not out of
 * a tunnel. RFC 4861 sections 6.1, 7.1 and 8.1. Fragments are not taken either (RFC 6980 section 5), but by older nodes.
 */
export function isAcceptedOnLink({ context, message, checksum }: Icmpv6Event): boolean {
  return (
    checksum !== 'wrong' &&
    context.hopLimit === HOP_LIMIT &&
    context.outer === undefined &&
    context.encapsulation.length === 0 &&
    message.code === 0
  );
}

/** Neighbors, routers and requests of all links. */
export class LinkState {
  readonly neighbors: Neighbors;
  readonly routers: Routers;
  readonly requests: DiscoveryRequests;

  constructor(seed?: number) {
    this.neighbors = new Neighbors(seed);
    this.routers = new Routers(seed);
    this.requests = new DiscoveryRequests(seed);
  }

  /** Takes note of a message, after the rules have judged it. */
  observe(event: Icmpv6Event): void {
    if (event.checksum === 'wrong') return;
    this.requests.observe(event);
    if (!isAcceptedOnLink(event)) return;
    this.neighbors.observe(event);
    this.routers.observe(event);
  }

  /** @param now time of the event, microseconds since 1970. */
  queries(now: () => number): LinkQueries {
    const { neighbors, routers, requests } = this;
    return {
      neighbor: (link, address) => neighbors.find(link, address),
      duplicateProbe: (link, target) => neighbors.probe(link, target),
      router: (link, address) => routers.find(link, address),
      routers: (link) => routers.of(link),
      discoveryRequest: (kind, requester, identifier) =>
        requests.find(kind, requester, identifier, now()),
    };
  }
}
