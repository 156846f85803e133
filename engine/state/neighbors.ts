/**
 * Who is at which link-layer address on each link, as neighbor discovery says. RFC 4861 sections 6 and 7.
 *
 * Every claim of an address is remembered, not the last alone: a second claimant is what rules look for.
 */
import { findNdOption } from '../../dissectors/icmpv6/index.ts';
import { isMulticast, isUnspecified } from '../../dissectors/core/address.ts';
import { isSameLinkLayer } from '../home-link/addresses.ts';
import type { Icmpv6Event, Link, PacketReference } from '../events.ts';
import { PerLink } from './per-link.ts';

/** Addresses remembered of one link. */
export const MAX_NEIGHBORS_PER_LINK = 2048;
/** Link-layer addresses remembered of one address. */
export const MAX_CLAIMS = 4;
/** Probes of duplicate address detection remembered of one link. */
const MAX_PROBES_PER_LINK = 1024;
/** Microseconds after which the first claimant of an address that has another one now is forgotten. */
const STALE = 3600e6;
/** Messages after which a neighbor is no passer-by. */
const SETTLED = 3;

/** A link-layer address that was given for an address. */
export interface LinkLayerClaim {
  /** 6 octets on Ethernet. */
  readonly linkLayerAddress: Uint8Array;
  /** Microseconds since 1970. */
  readonly firstSeen: number;
  lastSeen: number;
  readonly firstPacket: PacketReference;
  lastPacket: PacketReference;
  /** Messages that said so. */
  count: number;
}

/** An address on a link. */
export interface Neighbor {
  readonly link: Link;
  readonly address: Uint8Array;
  /** At least one, oldest first, at most `MAX_CLAIMS`; the oldest stays, of the others the one seen longest ago goes. */
  readonly claims: LinkLayerClaim[];
  /** It sent a Router Advertisement, or said with the R flag that it is a router. */
  isRouter: boolean;
  /** Messages about it. */
  count: number;
}

/** A node that looks whether an address is in use: Neighbor Solicitation from `::`. RFC 4862 section 5.4. */
export interface DuplicateProbe {
  readonly link: Link;
  readonly target: Uint8Array;
  /** Of the frame: the message itself names nobody. */
  readonly linkLayerAddress: Uint8Array | undefined;
  readonly packet: PacketReference;
}

/** What a message says about who is where. */
export interface NeighborStatement {
  readonly address: Uint8Array;
  readonly linkLayerAddress: Uint8Array;
  readonly isRouter: boolean;
}

/** R flag of a Neighbor Advertisement. RFC 4861 section 4.4. */
const ROUTER_FLAG = 0x80000000;

/**
 * The address a message gives a link-layer address for: by its option, else by the frame it came in.
 * Undefined for other messages and for one from the unspecified address.
 */
export function neighborStatementOf(event: Icmpv6Event): NeighborStatement | undefined {
  const { message, context } = event;
  switch (message.kind) {
    case 'neighbor-advertisement': {
      const option = findNdOption(message.options, 'target-link-layer-address');
      return statement(
        message.targetAddress,
        option?.address ?? context.linkSource,
        (message.flags & ROUTER_FLAG) !== 0,
      );
    }
    case 'neighbor-solicitation':
    case 'router-solicitation':
    case 'router-advertisement': {
      const option = findNdOption(message.options, 'source-link-layer-address');
      const isRouter = message.kind === 'router-advertisement';
      return statement(context.source, option?.address ?? context.linkSource, isRouter);
    }
    default:
      return undefined;
  }
}

function statement(
  address: Uint8Array,
  linkLayerAddress: Uint8Array | undefined,
  isRouter: boolean,
): NeighborStatement | undefined {
  if (linkLayerAddress === undefined || isUnspecified(address) || isMulticast(address)) {
    return undefined;
  }
  return { address, linkLayerAddress, isRouter };
}

/**
 * Neighbors and probes by link. Of a full link the least recently used address that had fewer than three messages
 * and one claimant goes first: a sweep of made-up addresses pushes out itself.
 */
export class Neighbors {
  readonly #neighbors: PerLink<Neighbor>;
  readonly #probes: PerLink<DuplicateProbe>;

  constructor(seed?: number) {
    this.#neighbors = new PerLink<Neighbor>({
      maxEntries: MAX_NEIGHBORS_PER_LINK,
      seed,
      mayEvict: ({ claims, count }) => claims.length === 1 && count < SETTLED,
    });
    this.#probes = new PerLink<DuplicateProbe>({ maxEntries: MAX_PROBES_PER_LINK, seed });
  }

  get evictions(): number {
    return this.#neighbors.evictions + this.#probes.evictions;
  }

  /** What is known of an address on a link. */
  find(link: Link, address: Uint8Array): Readonly<Neighbor> | undefined {
    return this.#neighbors.peek(link, address);
  }

  /** Last probe for an address on a link. */
  probe(link: Link, target: Uint8Array): DuplicateProbe | undefined {
    return this.#probes.peek(link, target);
  }

  /** Takes note of a message that a receiver accepts. */
  observe(event: Icmpv6Event): void {
    const { context, message } = event;
    const { link, packet, linkSource } = context;
    if (message.kind === 'neighbor-solicitation' && isUnspecified(context.source)) {
      const target = message.targetAddress;
      this.#probes.set(link, target, { link, target, linkLayerAddress: linkSource, packet });
      return;
    }
    const said = neighborStatementOf(event);
    if (said === undefined) return;
    const { address, linkLayerAddress, isRouter } = said;
    const claim: LinkLayerClaim = {
      linkLayerAddress,
      firstSeen: packet.time,
      lastSeen: packet.time,
      firstPacket: packet,
      lastPacket: packet,
      count: 1,
    };
    const known = this.#neighbors.get(link, address);
    if (known === undefined) {
      this.#neighbors.set(link, address, { link, address, claims: [claim], isRouter, count: 1 });
      return;
    }
    known.count++;
    known.isRouter ||= isRouter;
    add(known.claims, claim);
  }
}

function add(claims: LinkLayerClaim[], claim: LinkLayerClaim): void {
  const same = claims.find((item) =>
    isSameLinkLayer(item.linkLayerAddress, claim.linkLayerAddress),
  );
  const [first] = claims;
  if (first !== undefined && first !== same && claim.lastSeen - first.lastSeen > STALE) {
    claims.shift();
  }
  if (same !== undefined) {
    same.lastSeen = claim.lastSeen;
    same.lastPacket = claim.lastPacket;
    same.count++;
    return;
  }
  if (claims.length >= MAX_CLAIMS) {
    let oldest = 1;
    for (const [i, item] of claims.entries()) {
      if (i > 1 && item.lastSeen < (claims[oldest]?.lastSeen ?? 0)) oldest = i;
    }
    claims.splice(oldest, 1);
  }
  claims.push(claim);
}
