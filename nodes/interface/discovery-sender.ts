/**
 * Neighbor discovery messages that an interface sends. RFC 4861 sections 6.3.7, 7.2.2, 7.2.4, 7.2.6.
 */
import { isMulticast } from '../../dissectors/core/address.ts';
import {
  ALL_NODES,
  ALL_ROUTERS,
  UNSPECIFIED,
  groupLinkAddress,
  solicitedNodeGroup,
} from './link-address.ts';
import {
  NA_OVERRIDE,
  NA_ROUTER,
  NA_SOLICITED,
  discoveryPacket,
  sourceLinkOptions,
} from './neighbor-discovery.ts';
import type {
  AdvertisementFields,
  NetworkInterface,
  SolicitationFields,
} from './network-interface.ts';

/** Offset of the source in an IPv6 packet. */
const SOURCE = 8;

/** What a sender asks of its interface. */
export interface DiscoverySenderOptions {
  readonly link: Pick<
    NetworkInterface,
    'linkLayerAddress' | 'linkLocal' | 'owns' | 'solicitationOptions' | 'sourceFor' | 'transmit'
  >;
  /** The node is a router. */
  readonly isRouter: boolean;
}

/** Sender of one interface. Without a source address it sends nothing but what may come from `::`. */
export class DiscoverySender {
  readonly #options: DiscoverySenderOptions;

  constructor(options: DiscoverySenderOptions) {
    this.#options = options;
  }

  /** Neighbor advertisement. */
  advertise(fields: AdvertisementFields): void {
    const { link } = this.#options;
    const { target, destination = ALL_NODES, isSolicited = false, isOverride = true } = fields;
    const isOwn = link.owns(target);
    const asker = isMulticast(destination) ? target : destination;
    const source = fields.source ?? (isOwn ? target : this.#sourceTowards(asker));
    if (source === undefined) return;
    const isRouter = fields.isRouter ?? (this.#options.isRouter && isOwn);
    const flags =
      (isRouter ? NA_ROUTER : 0) |
      (isSolicited ? NA_SOLICITED : 0) |
      (isOverride ? NA_OVERRIDE : 0);
    const packet = discoveryPacket(
      {
        kind: 'neighbor-advertisement',
        code: 0,
        flags: flags >>> 0,
        targetAddress: target,
        options: [{ kind: 'target-link-layer-address', address: link.linkLayerAddress }],
      },
      source,
      destination,
    );
    link.transmit(packet, destination, fields.linkDestination);
  }

  /** Neighbor solicitation as the fields say. */
  solicit(fields: SolicitationFields): void {
    const { target, destination = solicitedNodeGroup(target) } = fields;
    const source = fields.source ?? this.#sourceTowards(target);
    if (source === undefined) return;
    this.#options.link.transmit(this.#solicitation(target, source, destination), destination);
  }

  /**
   * Neighbor solicitation of the neighbor cache. RFC 4861 section 7.2.2: from the source of the packet that waits,
   * when it is an address of this interface; never from `::`, which would ask whether the address is free.
   */
  solicitNeighbor(
    target: Uint8Array,
    linkDestination: Uint8Array | undefined,
    packet: Uint8Array | undefined,
  ): void {
    const { link } = this.#options;
    const wanted = packet?.slice(SOURCE, SOURCE + 16);
    const source = wanted !== undefined && link.owns(wanted) ? wanted : this.#sourceTowards(target);
    if (source === undefined) return;
    const destination = linkDestination === undefined ? solicitedNodeGroup(target) : target;
    link.transmit(
      this.#solicitation(target, source, destination),
      destination,
      linkDestination ?? groupLinkAddress(destination),
    );
  }

  /** Router solicitation: from `::` while there is no address. */
  solicitRouter(): void {
    const { link } = this.#options;
    const extra = link.solicitationOptions?.();
    const isNamed = extra === undefined && link.owns(link.linkLocal);
    const source = isNamed ? link.linkLocal : UNSPECIFIED;
    const packet = discoveryPacket(
      {
        kind: 'router-solicitation',
        code: 0,
        options: [...sourceLinkOptions(source, link.linkLayerAddress), ...(extra ?? [])],
      },
      source,
      ALL_ROUTERS,
    );
    link.transmit(packet, ALL_ROUTERS);
  }

  /** An address to talk to a neighbor from: of its scope, or link-local as long as there is no other. */
  #sourceTowards(neighbor: Uint8Array): Uint8Array | undefined {
    const { link } = this.#options;
    return link.sourceFor(neighbor) ?? (link.owns(link.linkLocal) ? link.linkLocal : undefined);
  }

  #solicitation(target: Uint8Array, source: Uint8Array, destination: Uint8Array): Uint8Array {
    return discoveryPacket(
      {
        kind: 'neighbor-solicitation',
        code: 0,
        targetAddress: target,
        options: sourceLinkOptions(source, this.#options.link.linkLayerAddress),
      },
      source,
      destination,
    );
  }
}
