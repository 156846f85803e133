/**
 * What the engine says of packets in tunnels.
 */
import type { PacketContext } from './packet-context.ts';
import type { SitePrefix } from './site.ts';
import type { ToldTunnel } from './state/told-tunnel.ts';

/** Which way a tunnelled packet goes, seen from a home agent. */
export type TunnelDirection = 'to-home-agent' | 'from-home-agent' | 'other';

/** Control protocols that have no business in most tunnels: multicast listeners, addresses, routes. */
export type TunnelControl = 'mld' | 'dhcpv6' | 'routing';

/**
 * A packet inside IPv6-in-IPv6, GRE, UDP, IPv4 or opened ESP, whatever it carries. At most one event a second for each
 * pair of tunnel ends, pair of inner addresses and class of upper layer, and at most 256 a second for each pair of
 * tunnel ends: never one for every packet.
 */
export interface TunnelledEvent {
  readonly kind: 'tunnelled';
  /** Inner header; the tunnel is its `outer`, or its `ipv4Outer` where the tunnel runs over IPv4. */
  readonly context: PacketContext;
  /**
   * By the known home agents; over IPv4 by the DSMIPv6 port, else by the inner addresses. `other`: no known home agent
   * has part in it.
   */
  readonly direction: TunnelDirection;
  /** Upper-layer protocol of the inner packet, 50 for ESP that was not opened, -1 when it could not be reached. */
  readonly protocol: number;
  /** Ports of UDP and TCP, -1 for others. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly control: TunnelControl | undefined;
  /** Routes that a RIPng response announces, at most 25; absent in other packets. */
  readonly routes?: readonly SitePrefix[];
  /** Tunnels around the packet, 1 or more. */
  readonly depth: number;
  /**
   * Payload or a mobility message in the one tunnel that a valid home registration asks for: between care-of address and
   * home agent, from or to the home address. RFC 6275 section 10.4.
   */
  readonly isExpected: boolean;
  /**
   * It is expected, and the same was told less than a minute ago: to the care-of address of this registration or home
   * agent, and from it with the same link, link-layer source and hop limit.
   */
  readonly isRepeated?: boolean;
  /** Of what is expected from a care-of address: its `packet` is the last one that is so, repeated ones included. */
  readonly told?: ToldTunnel;
}
