/**
 * Where packets go: links, default routers and routes that were configured. RFC 4861 section 5.2.
 */
import { isLinkLocal, isMulticast, prefixMatches } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';

/** A route that was configured. */
export interface StaticRoute {
  readonly prefix: Prefix;
  readonly interface: NetworkInterface;
  /** undefined = on the link. */
  readonly nextHop: Uint8Array | undefined;
}

/** Link and neighbor for a destination. */
export interface Route {
  readonly interface: NetworkInterface;
  readonly nextHop: Uint8Array;
}

/** Routes of a node; the longest prefix counts, then links, then default routers in the order of interfaces. */
export class RouteTable {
  readonly #interfaces: readonly NetworkInterface[];
  readonly #routes: StaticRoute[] = [];
  /** Interface whose default router is asked first. */
  preferred: NetworkInterface | undefined;

  constructor(interfaces: readonly NetworkInterface[]) {
    this.#interfaces = interfaces;
  }

  add(route: StaticRoute): void {
    this.#routes.push(route);
    this.#routes.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  remove(prefix: Prefix): void {
    const at = this.#routes.findIndex(
      ({ prefix: { bytes, length } }) =>
        length === prefix.length && prefixMatches(prefix.bytes, length, bytes, 0),
    );
    if (at >= 0) this.#routes.splice(at, 1);
  }

  /** @param source of the packet: its interface is preferred for link-local and multicast destinations */
  find(destination: Uint8Array, source: Uint8Array | undefined): Route | undefined {
    const from =
      source === undefined
        ? undefined
        : this.#interfaces.find((each) => each.owns(source) && each.port.isUp);
    if (isMulticast(destination) || isLinkLocal(destination)) {
      const link = from ?? this.preferred ?? this.#interfaces[0];
      return link === undefined ? undefined : { interface: link, nextHop: destination };
    }
    const route = this.#routes.find(({ prefix }) =>
      prefixMatches(prefix.bytes, prefix.length, destination, 0),
    );
    if (route !== undefined && route.prefix.length > 0) {
      return { interface: route.interface, nextHop: route.nextHop ?? destination };
    }
    const link = this.#interfaces.find((each) => each.isOnLink(destination));
    if (link !== undefined) return { interface: link, nextHop: destination };
    if (route !== undefined) {
      return { interface: route.interface, nextHop: route.nextHop ?? destination };
    }
    for (const each of [from, this.preferred, ...this.#interfaces]) {
      const router = each?.defaultRouter();
      if (each !== undefined && router !== undefined) {
        return { interface: each, nextHop: router.address };
      }
    }
    return undefined;
  }
}
