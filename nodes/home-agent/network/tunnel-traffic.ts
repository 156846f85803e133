/**
 * Packets between mobile nodes and everybody else through their tunnels. RFC 6275 sections 10.4.2 and 10.4.5, for mobile
 * networks RFC 3963 section 6.5.
 */
import {
  formatAddress,
  isLinkLocal,
  isMulticast,
  isSameAddress,
  isUnspecified,
} from '../../../dissectors/core/address.ts';
import { u8 } from '../../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { TransitPacket, TransitVerdict } from '../../ip/host.ts';
import type { InboundPacket, OutboundPacket, Path, TunnelOrigin } from '../../ip/packet.ts';
import { destinationOf, hopLimitOf, inboundPacket, setHopLimit, sourceOf } from '../../ip/wire.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import type { MobileNetworks } from './mobile-networks.ts';
import type { MobileTunnel, TunnelDirectory } from './tunnel-directory.ts';

const NEXT_HEADER_FIELD = 6;
const IPV6_OCTETS = 40;
const MH_TYPE = 2;
const HOME_TEST = 3;
/** ICMPv6 type. RFC 6275 section 6.7. */
const MOBILE_PREFIX_SOLICITATION = 146;
/** Destination Unreachable, address unreachable. RFC 6275 section 10.4.2. */
const ADDRESS_UNREACHABLE = 3;

/** Whether a binding is for a mobile node at this care-of address. RFC 5648 section 6.5. */
export function isAtCareOf(entry: BindingCacheEntry, address: Uint8Array): boolean {
  if (isSameAddress(entry.careOfAddress, address)) return true;
  if (entry.careOfAddresses === undefined) return false;
  for (const each of entry.careOfAddresses.values()) if (isSameAddress(each, address)) return true;
  return false;
}

/** Forwards through tunnels, and judges what comes out of them. */
export class TunnelTraffic {
  readonly #context: HomeAgentContext;
  readonly #tunnels: TunnelDirectory;
  readonly #networks: MobileNetworks;

  constructor(context: HomeAgentContext, tunnels: TunnelDirectory, networks: MobileNetworks) {
    this.#context = context;
    this.#tunnels = tunnels;
    this.#networks = networks;
    const { host } = context;
    host.onTransit = (packet) => this.#pass(packet);
    host.acceptsTunnelled = (inner, origin) => this.#accepts(inner, origin);
    host.onStrayLinkLocal = (packet) => {
      this.#refuseLinkLocal(packet);
    };
    host.tunnelTo = (destination) => this.#networkTunnel(destination)?.ends;
    host.paths.push((packet) => this.#path(packet));
  }

  /** Sends a packet of somebody else, whose octets are ours, through a tunnel, as a router does. RFC 2473 section 3.1. */
  send(bytes: Uint8Array, { entry, ends }: MobileTunnel): boolean {
    const hopLimit = hopLimitOf(bytes);
    const { host } = this.#context;
    // Forwarding tells of hop limits.
    if (hopLimit <= 1) return host.forward(bytes);
    setHopLimit(bytes, hopLimit - 1);
    host.bindings.touch(entry);
    return host.sendTunnelled(bytes, ends);
  }

  /** Tunnel that packets for an address go through: of a home address, or of the router in front of a mobile network. */
  tunnelFor(destination: Uint8Array): MobileTunnel | undefined {
    return this.#tunnels.of(destination) ?? this.#networkTunnel(destination);
  }

  #networkTunnel(destination: Uint8Array): MobileTunnel | undefined {
    const router = this.#networks.routerOf(destination);
    return router === undefined ? undefined : this.#tunnels.of(router);
  }

  #pass({ bytes, destination, interface: from, tunnels }: TransitPacket): TransitVerdict {
    const tunnel = this.tunnelFor(destination);
    if (tunnel !== undefined) {
      this.send(bytes, tunnel);
      return 'taken';
    }
    if (!this.#isNowhere(destination)) return 'forward';
    // A home address without a link, or a mobile network, without a binding: sent on, it would come back.
    this.#refuse(inboundPacket(bytes, from, undefined, tunnels));
    return 'taken';
  }

  #isNowhere(destination: Uint8Array): boolean {
    const prefix = this.#context.prefixes.of(destination);
    const isVirtual = prefix !== undefined && prefix.interface === undefined;
    return isVirtual || this.#networks.isMobile(destination);
  }

  #refuse(packet: InboundPacket): void {
    this.#context.host.icmpv6.error(packet, (invokingPacket) => ({
      kind: 'destination-unreachable',
      code: ADDRESS_UNREACHABLE,
      length: 0,
      invokingPacket,
    }));
  }

  /** RFC 6275 section 10.4.2: link-local destinations are never tunnelled to. */
  #refuseLinkLocal(packet: InboundPacket): void {
    const { wireDestination, tunnels } = packet;
    if (tunnels.length > 0 || !isLinkLocal(wireDestination)) return;
    if (this.#tunnels.ofLinkLocal(wireDestination) !== undefined) this.#refuse(packet);
  }

  /** Packets that this node originates itself: with a type 2 routing header. RFC 6275 sections 9.3.2 and 10.4.2. */
  #path({ destination, protocol, payload }: OutboundPacket): Path | undefined {
    if (isMulticast(destination)) return undefined;
    if (isLinkLocal(destination)) {
      return this.#tunnels.ofLinkLocal(destination) === undefined
        ? undefined
        : { kind: 'discard', reason: 'link-local address of a mobile node away from home' };
    }
    const tunnel = this.#tunnels.of(destination);
    if (tunnel === undefined) return undefined;
    // A Home Test shows that the home address can be reached: through the tunnel. RFC 6275 sections 5.2.5 and 9.3.2.
    if (protocol === NEXT_HEADER.mobility && u8(payload, MH_TYPE) === HOME_TEST) {
      return { kind: 'tunnel', tunnel: tunnel.ends };
    }
    return { kind: 'optimised', careOfDestination: tunnel.entry.careOfAddress };
  }

  /** RFC 6275 section 10.4.5. The host has asked the policies about the inner packet and its protection already. */
  #accepts(inner: Uint8Array, origin: TunnelOrigin): boolean | 'network' {
    const source = sourceOf(inner);
    const tunnel = this.#tunnelFrom(source, destinationOf(inner), origin);
    const isEsp = origin.protection?.mode === 'tunnel';
    if (tunnel === undefined) {
      // Signalling of a mobile node that has no binding yet, in tunnel mode. RFC 4877 section 3.
      if (isEsp && this.#isSignalling(inner)) return true;
      this.#tellRefused('no-binding', source, origin);
      return false;
    }
    if (tunnel.ends.isProtected === true && !isEsp && !this.#isSignalling(inner)) {
      this.#tellRefused('not-protected', source, origin);
      return false;
    }
    if (isEsp || isAtCareOf(tunnel.entry, origin.source)) {
      this.#context.host.bindings.touch(tunnel.entry);
      const isOwn =
        isSameAddress(source, tunnel.entry.homeAddress) ||
        isLinkLocal(source) ||
        isUnspecified(source);
      return isOwn ? true : 'network';
    }
    this.#tellRefused('other-care-of-address', source, origin);
    return false;
  }

  #tunnelFrom(
    source: Uint8Array,
    destination: Uint8Array,
    origin: TunnelOrigin,
  ): MobileTunnel | undefined {
    const tunnel = this.tunnelFor(source);
    if (tunnel !== undefined) return tunnel;
    if (isLinkLocal(source)) {
      const own = this.#tunnels.ofLinkLocal(source);
      if (own !== undefined && isAtCareOf(own.entry, origin.source)) return own;
    }
    // Group membership and DHCPv6: by the tunnel, as link-local sources are nobody's in particular. Section 10.4.3.
    return (isLinkLocal(source) || isUnspecified(source)) && isMulticast(destination)
      ? this.#tunnels.atCareOf(origin.source, source)
      : undefined;
  }

  #isSignalling(inner: Uint8Array): boolean {
    const protocol = u8(inner, NEXT_HEADER_FIELD);
    const isMessage =
      protocol === NEXT_HEADER.mobility ||
      (protocol === NEXT_HEADER.icmpv6 && u8(inner, IPV6_OCTETS) === MOBILE_PREFIX_SOLICITATION);
    return isMessage && this.#context.host.owns(destinationOf(inner));
  }

  #tellRefused(reason: string, inner: Uint8Array, { source }: TunnelOrigin): void {
    this.#context.alarm('reverse-tunnel-refused', {
      reason,
      source: formatAddress(source),
      innerSource: formatAddress(inner),
    });
  }
}
