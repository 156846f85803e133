/**
 * Which way packets of home addresses go, and which are taken. RFC 6275 sections 11.3.1 to 11.3.4.
 *
 * Stricter than the RFC where draft-ebalard-mext-hld-security-00 asks for it: away, and as long as a return is not
 * confirmed, a home address is spoken to through the tunnel alone.
 */
import {
  addressKey,
  isLinkLocal,
  isMulticast,
  isSameAddress,
} from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { InboundPacket, OutboundPacket, Path, TunnelOrigin } from '../ip/packet.ts';
import { destinationOf, selectorsOf, sourceOf } from '../ip/wire.ts';
import type { HomeAddress } from './home-address.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';

/** Multicast scope of a link. RFC 4291 section 2.7. */
const LINK_SCOPE = 2;
const NEIGHBOR_DISCOVERY = { from: 133, to: 137 } as const;
/** Multicast Listener Query. RFC 3810 section 5.1. */
const LISTENER_QUERY = 130;

const discard = (reason: string): Path => ({ kind: 'discard', reason });

/** What traffic is judged with. */
export interface HomeTrafficOptions {
  readonly context: MobileNodeContext;
  readonly homeAddresses: readonly HomeAddress[];
  /** Whether the node still has an address that a tunnel ends at. */
  readonly isReachable: (careOfAddress: Uint8Array) => boolean;
  /** Whether a group is received through the home agent. */
  readonly isTunnelledGroup: (group: Uint8Array) => boolean;
  /** The home agent asks for group members through the tunnel. */
  readonly onListenerQuery: (home: HomeAddress) => void;
}

/** Traffic of all home addresses. */
export class HomeTraffic {
  readonly #options: HomeTrafficOptions;

  constructor(options: HomeTrafficOptions) {
    this.#options = options;
  }

  /** The home address that an address is. */
  find(address: Uint8Array): HomeAddress | undefined {
    return this.#options.homeAddresses.find((home) => isSameAddress(home.address, address));
  }

  /** Way of a packet of this node. */
  path(packet: OutboundPacket): Path | undefined {
    const home = this.find(packet.source);
    // RFC 6275 section 11.3.1: other addresses need nothing special.
    if (home === undefined) return undefined;
    if (this.find(packet.destination) !== undefined) return { kind: 'direct' };
    const isOfLink = isLinkLocal(packet.destination) || isLinkScope(packet.destination);
    if (home.state === 'home') {
      const { tunnel } = home;
      return tunnel === undefined || isOfLink ? { kind: 'direct' } : { kind: 'tunnel', tunnel };
    }
    // RFC 6275 section 11.3.1: no Home Address option for peers on the link, and no other way to be answered.
    if (isOfLink) return discard('a home address is no source on a visited link');
    const { tunnel } = home;
    if (tunnel === undefined) return discard('home address not registered');
    if (!this.#options.isReachable(tunnel.local)) return discard('care-of address is gone');
    if (home.state !== 'deregistering') {
      const optimised = this.#options.context.correspondents?.path(packet, home);
      if (optimised !== undefined) return optimised;
    }
    return { kind: 'tunnel', tunnel };
  }

  /** Whether what came in a tunnel counts. RFC 6275 section 11.3.3: from the home agent, and for the home address. */
  acceptsTunnelled(inner: Uint8Array, origin: TunnelOrigin): boolean {
    const destination = destinationOf(inner);
    const home = this.#homeOfTunnel(destination, origin);
    if (home === undefined) return this.#isAcknowledgement(inner, origin);
    // Nobody else sends from addresses of this node.
    if (this.find(sourceOf(inner)) !== undefined) return false;
    if (isMulticast(destination)) {
      const { protocol, type } = selectorsOf(inner);
      if (protocol === NEXT_HEADER.icmpv6 && type === LISTENER_QUERY) {
        this.#options.onListenerQuery(home);
        return true;
      }
      return this.#options.isTunnelledGroup(destination);
    }
    this.#options.context.events.tell('tunnelled', { homeAddress: home.address, inner, origin });
    return true;
  }

  /**
   * Whether a packet to a home address may go on to its upper layer. Out of the tunnel and by a type 2 routing header: yes;
   * straight to it: only at home, or what a return home needs.
   */
  admits(packet: InboundPacket): boolean {
    const home = this.find(packet.destination);
    if (home === undefined || packet.tunnels.length > 0) return true;
    // What the node sends to itself.
    if (packet.interface === undefined) return true;
    if (isNeighborDiscovery(packet) || this.#isFromHomeAgent(packet, home)) return true;
    if (packet.type2RoutingHeader !== undefined) return home.state !== 'deregistering';
    return home.state === 'home' && home.tunnel === undefined;
  }

  /** Signalling of the home agent, which its own rules judge. */
  #isFromHomeAgent(packet: InboundPacket, home: HomeAddress): boolean {
    return (
      packet.protocol === NEXT_HEADER.mobility &&
      this.#options.context.isHomeAgent(packet.source) &&
      (packet.type2RoutingHeader !== undefined ||
        home.state === 'deregistering' ||
        home.state === 'home')
    );
  }

  /** Signalling in ESP tunnel mode comes before there is a tunnel for packets, and after it. RFC 4877 section 3. */
  #isAcknowledgement(inner: Uint8Array, { protection }: TunnelOrigin): boolean {
    const home = this.find(destinationOf(inner));
    const { ipsec } = this.#options.context.host;
    if (home === undefined || selectorsOf(inner).protocol !== NEXT_HEADER.mobility) return false;
    return ipsec?.isBindingProtection(home.address, protection) === true;
  }

  #homeOfTunnel(
    destination: Uint8Array,
    { source, destination: local }: TunnelOrigin,
  ): HomeAddress | undefined {
    return this.#options.homeAddresses.find((home) => {
      const { tunnel } = home;
      if (tunnel === undefined || !isSameAddress(source, tunnel.remote)) return false;
      if (!isMulticast(destination)) return isSameAddress(destination, home.address);
      return isSameAddress(local, tunnel.local);
    });
  }
}

function isLinkScope(address: Uint8Array): boolean {
  return isMulticast(address) && (u8(address, 1) & 0x0f) <= LINK_SCOPE;
}

function isNeighborDiscovery({ protocol, payload }: InboundPacket): boolean {
  const type = u8(payload, 0);
  return (
    protocol === NEXT_HEADER.icmpv6 &&
    type >= NEIGHBOR_DISCOVERY.from &&
    type <= NEIGHBOR_DISCOVERY.to
  );
}

/** Groups that are received through home agents; who joins twice has to leave twice. */
export class GroupCounts {
  readonly #groups = new Map<AddressKey, { readonly group: Uint8Array; count: number }>();

  has(group: Uint8Array): boolean {
    return this.#groups.has(addressKey(group));
  }

  get groups(): Uint8Array[] {
    return [...this.#groups.values()].map(({ group }) => group);
  }

  /** @returns whether the group is new */
  add(group: Uint8Array): boolean {
    const key = addressKey(group);
    const known = this.#groups.get(key);
    if (known === undefined) this.#groups.set(key, { group: group.slice(), count: 1 });
    else known.count++;
    return known === undefined;
  }

  /** @returns whether nobody wants the group any more */
  remove(group: Uint8Array): boolean {
    const key = addressKey(group);
    const known = this.#groups.get(key);
    if (known === undefined || --known.count > 0) return false;
    return this.#groups.delete(key);
  }
}
