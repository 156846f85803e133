/**
 * Multicast for mobile nodes away from home: their groups are joined on the home link, and packets to groups of global
 * scope go through their tunnels. RFC 6275 sections 10.4.2 and 10.4.3.
 */
import {
  addressKey,
  isMulticast,
  isSameAddress,
  isUnicastRoutable,
} from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import { u8 } from '../../../dissectors/core/bytes.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import type { NetworkInterface } from '../../interface/network-interface.ts';
import type { InboundPacket, TunnelOrigin } from '../../ip/packet.ts';
import { hopLimitOf, inboundPacket, setHopLimit } from '../../ip/wire.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import { MULTICAST_LISTENER_INTERVAL, QUERY_INTERVAL } from './constants.ts';
import { generalQuery, groupChanges } from './listener-messages.ts';
import type { MulticastOptions } from './network-options.ts';
import type { MobileTunnel, TunnelDirectory } from './tunnel-directory.ts';
import type { TunnelTraffic } from './tunnel-traffic.ts';

const GROUPS_PER_MOBILE_NODE = 32;
/** Scope field of a group. RFC 4291 section 2.7. */
const LINK_LOCAL_SCOPE = 2;
const GLOBAL_SCOPE = 14;

/** Scope of a group, 0..15. */
function scopeOf(group: Uint8Array): number {
  return u8(group, 1) & 0x0f;
}

interface Membership {
  readonly group: Uint8Array;
  readonly homeAddress: Uint8Array;
  readonly link: NetworkInterface;
  expiresAt: number;
}

/** Groups of mobile nodes. Bounded by registrations and groups of each; further groups of one are ignored. */
export class MulticastGroups {
  readonly #context: HomeAgentContext;
  readonly #tunnels: TunnelDirectory;
  readonly #traffic: TunnelTraffic;
  readonly #groupsPerMobileNode: number;
  /** Seconds. */
  readonly #queryInterval: number;
  readonly #lifetime: number;
  /** Memberships of a mobile node, by group. */
  readonly #ofNode = new Map<AddressKey, Map<AddressKey, Membership>>();
  /** Memberships of a group, by home address. */
  readonly #ofGroup = new Map<AddressKey, Map<AddressKey, Membership>>();
  /** Home addresses by the second of the interval in which they are queried. */
  readonly #turns = new Map<number, Set<AddressKey>>();
  readonly #turnOf = new Map<AddressKey, number>();
  /** The same for every tunnel of a link. */
  readonly #queries = new Map<NetworkInterface, Uint8Array>();
  #turn = 0;
  #timer: ScheduledAction | undefined;

  constructor(
    context: HomeAgentContext,
    tunnels: TunnelDirectory,
    traffic: TunnelTraffic,
    options: MulticastOptions,
  ) {
    this.#context = context;
    this.#tunnels = tunnels;
    this.#traffic = traffic;
    this.#groupsPerMobileNode = options.groupsPerMobileNode ?? GROUPS_PER_MOBILE_NODE;
    this.#queryInterval = Math.max(1, Math.round(options.queryInterval ?? QUERY_INTERVAL));
    this.#lifetime =
      MULTICAST_LISTENER_INTERVAL + 2000 * Math.max(0, this.#queryInterval - QUERY_INTERVAL);
    for (const { entry } of tunnels.all()) this.#begin(entry.homeAddress);
    context.host.onMulticast = (packet) => this.#receive(packet);
    context.events.onRegistered(({ homeAddress }) => {
      this.#begin(homeAddress);
    });
    context.events.onDeregistered(({ homeAddress }) => {
      this.#end(homeAddress);
    });
  }

  /** Memberships at present. */
  get size(): number {
    let size = 0;
    for (const groups of this.#ofNode.values()) size += groups.size;
    return size;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** @returns whether the node itself need not look at the packet */
  #receive(packet: InboundPacket): boolean {
    const { wireDestination: group, tunnels, bytes } = packet;
    const origin = tunnels.at(-1);
    if (origin !== undefined) return this.#receiveTunnelled(packet, origin);
    if (scopeOf(group) <= LINK_LOCAL_SCOPE) return false;
    // RFC 6275 section 10.4.2: scopes between the link and the world SHOULD NOT be tunnelled.
    if (scopeOf(group) < GLOBAL_SCOPE) return true;
    const memberships = this.#ofGroup.get(addressKey(group));
    if (memberships === undefined) return true;
    for (const { homeAddress, link } of memberships.values()) {
      if (link === packet.interface) this.#tunnel(bytes, homeAddress);
    }
    return true;
  }

  #tunnel(bytes: Uint8Array, homeAddress: Uint8Array): void {
    const tunnel = this.#tunnels.of(homeAddress);
    if (tunnel !== undefined && hopLimitOf(bytes) > 1) this.#traffic.send(bytes.slice(), tunnel);
  }

  #receiveTunnelled(packet: InboundPacket, origin: TunnelOrigin): boolean {
    const { bytes, wireSource: source, wireDestination: group } = packet;
    // Reports say nothing of their sender but through the tunnel that they came in.
    const tunnel = this.#senderOf(source, origin);
    if (tunnel === undefined) return true;
    const changes = groupChanges(inboundPacket(bytes, undefined, undefined, packet.tunnels));
    if (changes !== undefined) {
      for (const change of changes) {
        if (change.isMember) this.#join(tunnel, change.group);
        else this.#leave(tunnel.entry.homeAddress, change.group);
      }
    } else if (scopeOf(group) > LINK_LOCAL_SCOPE && isUnicastRoutable(source)) {
      this.#forward(packet, tunnel);
    }
    // Link-local groups end here: nothing else of the tunnel is on this link.
    return true;
  }

  #senderOf(source: Uint8Array, origin: TunnelOrigin): MobileTunnel | undefined {
    return (
      this.#traffic.tunnelFor(source) ??
      this.#tunnels.ofLinkLocal(source) ??
      this.#tunnels.atCareOf(origin.source, source)
    );
  }

  /** What a mobile node sends to a group goes onto its home link, and to the others who listen. RFC 6275 section 11.3.4. */
  #forward({ bytes, wireDestination: group }: InboundPacket, sender: MobileTunnel): void {
    const { homeAddress } = sender.entry;
    const hopLimit = hopLimitOf(bytes);
    if (hopLimit <= 1) return;
    const link = this.#linkOf(homeAddress);
    if (link !== undefined) {
      const copy = bytes.slice();
      setHopLimit(copy, hopLimit - 1);
      link.transmit(copy, group);
    }
    if (scopeOf(group) < GLOBAL_SCOPE) return;
    for (const each of this.#ofGroup.get(addressKey(group))?.values() ?? []) {
      if (!isSameAddress(each.homeAddress, homeAddress)) this.#tunnel(bytes, each.homeAddress);
    }
  }

  #linkOf(homeAddress: Uint8Array): NetworkInterface | undefined {
    return this.#context.prefixes.of(homeAddress)?.interface;
  }

  #join({ entry: { homeAddress } }: MobileTunnel, group: Uint8Array): void {
    const link = this.#linkOf(homeAddress);
    // Only what would be tunnelled is joined.
    if (link === undefined || !isMulticast(group) || scopeOf(group) < GLOBAL_SCOPE) return;
    const node = addressKey(homeAddress);
    const key = addressKey(group);
    const groups = this.#ofNode.get(node) ?? new Map<AddressKey, Membership>();
    const expiresAt = this.#context.host.scheduler.now + this.#lifetime;
    const known = groups.get(key);
    if (known !== undefined) {
      known.expiresAt = expiresAt;
      return;
    }
    if (groups.size >= this.#groupsPerMobileNode) return;
    const membership: Membership = { group: group.slice(), homeAddress, link, expiresAt };
    this.#ofNode.set(node, groups.set(key, membership));
    const members = this.#ofGroup.get(key) ?? new Map<AddressKey, Membership>();
    this.#ofGroup.set(key, members.set(node, membership));
    // The interface counts who joins and tells the link once.
    link.join(membership.group);
  }

  #leave(homeAddress: Uint8Array, group: Uint8Array): void {
    const node = addressKey(homeAddress);
    const key = addressKey(group);
    const groups = this.#ofNode.get(node);
    const membership = groups?.get(key);
    if (groups === undefined || membership === undefined) return;
    groups.delete(key);
    if (groups.size === 0) this.#ofNode.delete(node);
    const members = this.#ofGroup.get(key);
    members?.delete(node);
    if (members?.size === 0) this.#ofGroup.delete(key);
    membership.link.leave(membership.group);
  }

  #begin(homeAddress: Uint8Array): void {
    const key = addressKey(homeAddress);
    if (this.#turnOf.has(key)) return;
    this.#turnOf.set(key, this.#turn);
    const turn = this.#turns.get(this.#turn) ?? new Set();
    this.#turns.set(this.#turn, turn.add(key));
    this.#wait();
    // The first at once, behind the acknowledgement: groups of before are to be heard of soon.
    this.#context.host.scheduler.after(0, () => {
      this.#query(homeAddress);
    });
  }

  #end(homeAddress: Uint8Array): void {
    const key = addressKey(homeAddress);
    const turn = this.#turnOf.get(key);
    if (turn === undefined) return;
    this.#turnOf.delete(key);
    const keys = this.#turns.get(turn);
    keys?.delete(key);
    if (keys?.size === 0) this.#turns.delete(turn);
    for (const { group } of [...(this.#ofNode.get(key)?.values() ?? [])]) {
      this.#leave(homeAddress, group);
    }
  }

  #wait(): void {
    this.#timer ??= this.#context.host.scheduler.after(1000, () => {
      this.#timer = undefined;
      this.#turn = (this.#turn + 1) % this.#queryInterval;
      this.#queryTurn(this.#turns.get(this.#turn));
      if (this.#turnOf.size > 0) this.#wait();
    });
  }

  /** Mobile nodes whose turn it is: a hundred thousand are not queried at once. */
  #queryTurn(keys: ReadonlySet<AddressKey> | undefined): void {
    const { now } = this.#context.host.scheduler;
    for (const key of keys ?? []) {
      for (const { group, homeAddress, expiresAt } of [
        ...(this.#ofNode.get(key)?.values() ?? []),
      ]) {
        if (expiresAt <= now) this.#leave(homeAddress, group);
      }
      const homeAddress = this.#tunnels.byKey(key)?.entry.homeAddress;
      if (homeAddress !== undefined) this.#query(homeAddress);
    }
  }

  /** RFC 6275 section 10.4.3: queries go through the tunnel, with hop limit 1. */
  #query(homeAddress: Uint8Array): void {
    const { host } = this.#context;
    const tunnel = this.#tunnels.of(homeAddress);
    const link = this.#linkOf(homeAddress) ?? host.interfaces[0];
    if (tunnel === undefined || link === undefined) return;
    let query = this.#queries.get(link);
    if (query === undefined) {
      query = generalQuery(link.linkLocal, this.#queryInterval);
      this.#queries.set(link, query);
    }
    host.sendTunnelled(query, tunnel.ends);
  }
}
