/**
 * Where the tunnel of a home address ends: the state part of RFC 3776 sections 4.2 and 4.3.
 *
 * The endpoint follows accepted Binding Updates that IPsec protected, and nothing else: neither registrations at
 * correspondents, nor what came in clear. After a return home the tunnel policies are inactive; the associations stay
 * as they are and are used again when the node leaves.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { BindingEvent } from '../events.ts';
import type { EndpointRelation } from './endpoint-relation.ts';
import { AddressTable } from '../state/address-table.ts';

/** Home addresses followed; the least recently used one is forgotten. */
const MAX_ENDPOINTS = 32_768;
/** Earlier endpoints remembered of each; the oldest is forgotten. */
const MAX_EARLIER = 8;

/** The tunnel of a home address at its home agent. */
export interface TunnelEndpoint {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** Care-of address of the last accepted and protected registration. */
  careOfAddress: Uint8Array;
  /** Time of that, microseconds since 1970. */
  since: number;
  /** False from the de-registration or expiry on. */
  isActive: boolean;
  /**
   * Care-of address of a protected Binding Update that is not answered yet: the node sends from it at once (RFC 3776
   * section 4.3), the home agent follows with its acceptance.
   */
  announced: Uint8Array | undefined;
  /** Endpoints before, the latest first: packets on their way. */
  readonly earlier: Uint8Array[];
}

/** Endpoints of all tunnels. */
export class TunnelEndpoints {
  evictions = 0;
  #acceptsClear: boolean;
  readonly #table: AddressTable<TunnelEndpoint>;

  /** @param acceptsClear the site does not ask for protected registrations, so those in clear count as well. */
  constructor(acceptsClear: boolean, seed?: number) {
    this.#acceptsClear = acceptsClear;
    this.#table = new AddressTable<TunnelEndpoint>({
      maxEntries: MAX_ENDPOINTS,
      ...(seed === undefined ? {} : { seed }),
      onEvict: () => {
        this.evictions++;
      },
    });
  }

  /** Registrations from now on. @param acceptsClear as for the constructor */
  reconfigure(acceptsClear: boolean): void {
    this.#acceptsClear = acceptsClear;
  }

  /** Endpoint of a home address; undefined when no registration of it was seen that counts. */
  get(homeAddress: Uint8Array): TunnelEndpoint | undefined {
    return this.#table.get(homeAddress);
  }

  /** The same for an address in a packet; does not count as use. No allocation. */
  peek(bytes: Uint8Array, offset: number): TunnelEndpoint | undefined {
    return this.#table.peek(bytes, offset);
  }

  /** Takes a change of a binding. */
  apply({ binding, change, packet }: BindingEvent): void {
    if (binding.role !== 'home') return;
    // `authenticated` is return routability's word, which is none here.
    const { knownBy } = binding;
    const isProtected =
      knownBy === 'decrypted' || knownBy === 'null-encryption' || knownBy === 'inferred';
    if (!isProtected && !this.#acceptsClear) return;
    const { homeAddress, careOfAddress, peer, pending } = binding;
    const known = this.#table.get(homeAddress);
    switch (change) {
      case 'requested':
        if (known !== undefined && pending !== undefined) known.announced = pending.careOfAddress;
        return;
      case 'registered':
      case 'refreshed':
      case 'moved':
        if (known === undefined || !isSameAddress(known.homeAgent, peer)) {
          this.#table.set(homeAddress, 0, {
            homeAddress,
            homeAgent: peer,
            careOfAddress,
            since: packet.time,
            isActive: true,
            announced: undefined,
            earlier: [],
          });
          return;
        }
        if (!isSameAddress(known.careOfAddress, careOfAddress)) {
          known.earlier.unshift(known.careOfAddress);
          if (known.earlier.length > MAX_EARLIER) known.earlier.pop();
        }
        known.careOfAddress = careOfAddress;
        known.since = packet.time;
        known.isActive = true;
        known.announced = undefined;
        return;
      case 'deregistered':
      case 'expired':
        if (known !== undefined && isSameAddress(known.homeAgent, peer)) known.isActive = false;
        return;
      case 'evicted':
        this.#table.delete(homeAddress);
        return;
      case 'deregistration-sent':
      case 'rejected':
    }
  }
}

/** Where an outer address stands to a tunnel. */
export function endpointRelation(
  endpoint: Readonly<TunnelEndpoint>,
  address: Uint8Array,
): EndpointRelation {
  if (!endpoint.isActive) return 'inactive';
  if (isSameAddress(endpoint.careOfAddress, address)) return 'registered';
  if (isSameAddress(endpoint.announced, address)) return 'announced';
  return endpoint.earlier.some((item) => isSameAddress(item, address)) ? 'earlier' : 'unknown';
}
