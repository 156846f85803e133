/**
 * Requests of dynamic home agent address discovery and of mobile prefix discovery, for their answers.
 * RFC 6275 sections 6.5 to 6.8, 11.4.1 and 11.4.2.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { Icmpv6Event, Link, PacketReference } from '../events.ts';
import { AddressTable } from './address-table.ts';

/** Nodes of which requests are remembered. */
export const MAX_REQUESTERS = 8192;
/** Requests remembered of one node. */
const MAX_REQUESTS = 8;
/** Microseconds after which a request is answered no more: four retries from 3 s, doubled. RFC 6275 section 12. */
export const REQUEST_LIFETIME = 60e6;

/** What is asked for. */
export type DiscoveryKind = 'home-agents' | 'prefixes';

/** A request. */
export interface DiscoveryRequest {
  readonly kind: DiscoveryKind;
  /** Who asks: for home agents the care-of address, for prefixes the home address. */
  readonly requester: Uint8Array;
  /** 0..65535. */
  readonly identifier: number;
  /** The Home-Agents anycast address, or the home agent. */
  readonly destination: Uint8Array;
  readonly link: Link;
  packet: PacketReference;
  /** Answers with its identifier that were seen. */
  answers: number;
}

/** Requests by node. When full, the node that asked longest ago is forgotten, those with answers first. */
export class DiscoveryRequests {
  evictions = 0;
  readonly #requests: AddressTable<DiscoveryRequest[]>;

  constructor(seed?: number) {
    this.#requests = new AddressTable<DiscoveryRequest[]>({
      maxEntries: MAX_REQUESTERS,
      ...(seed === undefined ? {} : { seed }),
      mayEvict: (list) => list.every(({ answers }) => answers > 0),
      onEvict: () => {
        this.evictions++;
      },
    });
  }

  /** The request that an answer to `requester` belongs to, at most a minute before `now` (microseconds). */
  find(
    kind: DiscoveryKind,
    requester: Uint8Array,
    identifier: number,
    now: number,
  ): Readonly<DiscoveryRequest> | undefined {
    return this.#find(kind, requester, identifier, now);
  }

  /** Takes note of a request or an answer. */
  observe(event: Icmpv6Event): void {
    const { message, context } = event;
    const { packet, link, source, destination } = context;
    switch (message.kind) {
      case 'home-agent-discovery-request':
        this.#add({
          kind: 'home-agents',
          requester: source,
          identifier: message.identifier,
          destination,
          link,
          packet,
          answers: 0,
        });
        return;
      case 'mobile-prefix-solicitation':
        this.#add({
          kind: 'prefixes',
          requester: context.homeAddressOption ?? source,
          identifier: message.identifier,
          destination,
          link,
          packet,
          answers: 0,
        });
        return;
      case 'home-agent-discovery-reply':
        this.#answer('home-agents', destination, message.identifier, packet.time);
        return;
      case 'mobile-prefix-advertisement': {
        const requester = context.routingHomeAddress ?? destination;
        this.#answer('prefixes', requester, message.identifier, packet.time);
        return;
      }
      default:
    }
  }

  #find(
    kind: DiscoveryKind,
    requester: Uint8Array,
    identifier: number,
    now: number,
  ): DiscoveryRequest | undefined {
    return this.#requests
      .peek(requester)
      ?.find(
        (item) =>
          item.kind === kind &&
          item.identifier === identifier &&
          now - item.packet.time <= REQUEST_LIFETIME,
      );
  }

  #answer(kind: DiscoveryKind, requester: Uint8Array, identifier: number, now: number): void {
    const request = this.#find(kind, requester, identifier, now);
    if (request !== undefined) request.answers++;
  }

  #add(request: DiscoveryRequest): void {
    const list = this.#requests.get(request.requester);
    if (list === undefined) {
      this.#requests.set(request.requester, 0, [request]);
      return;
    }
    const { kind, identifier, destination } = request;
    const known = list.find(
      (item) =>
        item.kind === kind &&
        item.identifier === identifier &&
        isSameAddress(item.destination, destination),
    );
    if (known !== undefined) {
      known.packet = request.packet;
      return;
    }
    if (list.length >= MAX_REQUESTS) list.shift();
    list.push(request);
  }
}
