/**
 * The IPv6 node under every role: packets in and out of its links, its tunnels and its programs.
 *
 * Roles (home agent, mobile node, correspondent node) hang their decisions into it: which way a packet takes (`paths`),
 * what becomes of packets for others (`onTransit`), which tunnelled packets count (`acceptsTunnelled`), which addresses a
 * type 2 routing header may name (`isHomeAddress`). State machines only: time, octets and randomness are handed in.
 */
import {
  addressKey,
  isLinkLocal,
  isMulticast,
  isSameAddress,
} from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { u32, u8 } from '../../dissectors/core/bytes.ts';
import { fragmentPacket } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { Ipv6View, walkIpv6 } from '../../dissectors/walk.ts';
import type { LinkPort, LocalStack, RandomSource, Scheduler } from '../../engine/ports.ts';
import { Reassembly } from '../../engine/state/reassembly.ts';
import { BindingCache } from '../binding-cache.ts';
import { LinkInterface } from '../interface/link-interface.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';
import { MobilityEndpoint } from '../mobility/mobility-endpoint.ts';
import { limitedLog } from '../limited-log.ts';
import type { LogLevel, NodeLog } from '../node-log.ts';
import {
  isOfLinkOnly,
  isSolicitationOfDefended,
  isUnanswerable,
  walkHeaders,
} from './header-walk.ts';
import type { WalkResult } from './header-walk.ts';
import type { HostOptions, InterfaceOptions, TransitPacket, TransitVerdict } from './host-parts.ts';
import { Icmpv6Endpoint } from './icmpv6-endpoint.ts';
import type { IpsecLayer } from './ipsec-layer.ts';
import type {
  InboundPacket,
  OutboundPacket,
  Path,
  Selectors,
  TunnelEnds,
  TunnelOrigin,
} from './packet.ts';
import { PathMtuTable } from './path-mtu.ts';
import { RouteTable } from './routes.ts';
import {
  destinationOf,
  encodePacket,
  encodePlain,
  hopLimitOf,
  inboundPacket,
  selectorsOf,
  setHopLimit,
  sourceOf,
  upperLayerType,
  wholePacket,
  wireHeaders,
} from './wire.ts';

/** Tunnels in tunnels; RFC 2473 section 4.1.1 suggests a limit of four. */
const MAX_TUNNELS = 4;
/** Every link carries this. RFC 8200 section 5. */
const MIN_MTU = 1280;
const DEFAULT_HOP_LIMIT = 64;
const IPV6_OCTETS = 40;

/** The node. */
export class Host {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly log: NodeLog;
  readonly isRouter: boolean;
  readonly interfaces: readonly NetworkInterface[];
  readonly routes: RouteTable;
  readonly bindings: BindingCache;
  readonly icmpv6: Icmpv6Endpoint;
  readonly mobility: MobilityEndpoint;
  readonly ipsec: IpsecLayer | undefined;
  /** Asked in order for each packet that does not bypass bindings; the first answer counts. */
  readonly paths: ((packet: OutboundPacket) => Path | undefined)[] = [];
  /** Upper layers of this node other than ICMPv6 and the Mobility Header, by protocol; then the local programs. */
  readonly protocols = new Map<number, (packet: InboundPacket) => void>();
  /** Packets for others; default: forwarded by routers, dropped by hosts. */
  onTransit: ((packet: TransitPacket) => TransitVerdict) | undefined;
  /** Packets to groups, before the node itself looks at them; true = it need not. */
  onMulticast: ((packet: InboundPacket) => boolean) | undefined;
  /** Packets on a link for link-local addresses of others. RFC 6275 section 10.4.2. */
  onStrayLinkLocal: ((packet: InboundPacket) => void) | undefined;
  /** Tunnel that leads to a wire destination: a network behind a mobile router. RFC 3963 section 6.5. */
  tunnelTo: ((destination: Uint8Array) => TunnelEnds | undefined) | undefined;
  /**
   * Whether what came in a tunnel to this node counts; default: nothing does. RFC 6275 sections 10.4.5, 11.3.3. `network`:
   * it comes from a network behind the tunnel's end, and is taken as a packet that a router has passed on (RFC 3963).
   */
  acceptsTunnelled: ((inner: Uint8Array, origin: TunnelOrigin) => boolean | 'network') | undefined;
  /** Home addresses that a type 2 routing header may name; default: none. */
  isHomeAddress: (address: Uint8Array) => boolean = () => false;
  /** Whether a packet may go on to its upper layer; default: all may. What comes out of a tunnel is asked about again. */
  admits: ((packet: InboundPacket) => boolean) | undefined;
  /** Groups whose packets are taken although no interface has joined them: they come through a tunnel. */
  acceptsGroup: ((packet: InboundPacket) => boolean) | undefined;
  /** Every packet that was taken, tunnelled ones included, before its upper layer sees it. */
  onReceived: ((packet: InboundPacket) => void) | undefined;
  /** Packets thrown away, by reason. */
  readonly drops = new Map<string, number>();
  readonly #interfaces: LinkInterface[] = [];
  readonly #localStack: LocalStack | undefined;
  readonly #knowsHomeAddressOption: boolean;
  readonly #knowsMobility: boolean;
  readonly #localAddresses = new Set<AddressKey>();
  readonly #anycastAddresses = new Set<AddressKey>();
  readonly #reassembly = new Reassembly();
  readonly #view = new Ipv6View();
  readonly #pathMtu: PathMtuTable;
  /** Tunnels that the packet at hand came out of. */
  #nesting = 0;

  constructor(options: HostOptions) {
    this.scheduler = options.scheduler;
    this.random = options.random;
    this.log = limitedLog(options.log, options.scheduler);
    this.isRouter = options.isRouter ?? false;
    this.ipsec = options.ipsec;
    this.#localStack = options.localStack;
    this.#knowsHomeAddressOption = options.knowsHomeAddressOption ?? true;
    this.#knowsMobility = options.knowsMobility ?? true;
    this.interfaces = this.#interfaces;
    this.routes = new RouteTable(this.#interfaces);
    this.bindings = new BindingCache({ ...options.bindings, scheduler: this.scheduler });
    this.icmpv6 = new Icmpv6Endpoint(this);
    this.mobility = new MobilityEndpoint(this);
    this.#pathMtu = new PathMtuTable(this.scheduler);
    this.icmpv6.onError((_, message, quoted) => {
      if (message.kind === 'packet-too-big') {
        this.#pathMtu.note(message.invokingPacket, message.mtu);
      } else if (quoted.length === 0) this.#drop('empty error');
    });
    if (this.#localStack !== undefined) {
      this.#localStack.onPacket = (packet) => {
        this.#sendForProgram(packet);
      };
    }
  }

  /** A further link. */
  addInterface(port: LinkPort, options: InterfaceOptions = {}): NetworkInterface {
    const added = new LinkInterface({
      ...options,
      index: this.#interfaces.length,
      port,
      scheduler: this.scheduler,
      random: this.random,
      log: this.log,
      isRouter: this.isRouter,
      receive: (from, packet, linkSource) => {
        this.#receive(packet, from, linkSource, []);
      },
    });
    this.#interfaces.push(added);
    return added;
  }

  /** Takes packets for an address that is on none of the links: a home address away from home, an address of a TUN device. */
  addLocalAddress(address: Uint8Array): void {
    this.#localAddresses.add(addressKey(address));
  }

  removeLocalAddress(address: Uint8Array): void {
    this.#localAddresses.delete(addressKey(address));
  }

  /** Takes packets for an anycast address from whatever link; nothing is sent from it. */
  addAnycastAddress(address: Uint8Array): void {
    this.#anycastAddresses.add(addressKey(address));
  }

  /** Whether the address is one of this node's, on whatever link. */
  owns(address: Uint8Array): boolean {
    return (
      this.#localAddresses.has(addressKey(address)) ||
      this.#interfaces.some((each) => each.owns(address))
    );
  }

  /** Source address for a destination. */
  sourceFor(destination: Uint8Array, packet?: InboundPacket): Uint8Array | undefined {
    const link =
      (isLinkLocal(destination) ? packet?.interface : undefined) ??
      this.routes.find(destination, undefined)?.interface ??
      packet?.interface ??
      this.#interfaces[0];
    return link?.sourceFor(destination);
  }

  /** Logs with the values as text. */
  tell(
    level: LogLevel,
    event: string,
    details: Readonly<Record<string, string | number | boolean>> = {},
  ): void {
    this.log({ level, event, details });
  }

  /** Sends a packet of this node. @returns whether it left. */
  send(packet: OutboundPacket): boolean {
    let addressed = packet;
    if (
      packet.bypassesBindings !== true &&
      packet.careOfSource === undefined &&
      packet.careOfDestination === undefined
    ) {
      const path = this.#pathOf(packet);
      if (path.kind === 'discard') return this.#drop(path.reason);
      if (path.kind === 'tunnel') {
        const { source, destination, protocol, payload } = packet;
        const hopLimit = packet.hopLimit ?? DEFAULT_HOP_LIMIT;
        const inner = encodePlain(source, destination, protocol, payload, hopLimit);
        return this.sendTunnelled(inner, path.tunnel);
      }
      if (path.kind === 'optimised') addressed = { ...packet, ...path };
    }
    return this.#sendAddressed(addressed);
  }

  /**
   * Sends a whole packet through the tunnel between mobile node and home agent, protected as policies say.
   * RFC 6275 sections 10.4.2 and 11.3.1, RFC 3776 sections 3.2 and 3.4.
   */
  sendTunnelled(
    inner: Uint8Array,
    { local, remote, homeAddress, isProtected = false }: TunnelEnds,
    link?: NetworkInterface,
    depth = 1,
  ): boolean {
    const decision = this.ipsec?.outbound(selectorsOf(inner, homeAddress)) ?? { kind: 'bypass' };
    if (decision.kind === 'discard') return this.#drop(`policy: ${decision.reason}`);
    if (isProtected && decision.kind === 'bypass') return this.#drop('tunnel without protection');
    const wire = {
      source: local,
      destination: remote,
      homeAddressOption: undefined,
      type2RoutingHeader: undefined,
    };
    const sealed =
      decision.kind === 'bypass'
        ? { protocol: NEXT_HEADER.ipv6, payload: inner }
        : decision.protect(NEXT_HEADER.ipv6, inner, wire);
    const outer = encodePlain(local, remote, sealed.protocol, sealed.payload, DEFAULT_HOP_LIMIT);
    const further = link === undefined ? this.tunnelTo?.(remote) : undefined;
    if (further !== undefined) {
      return depth < MAX_TUNNELS
        ? this.sendTunnelled(outer, further, undefined, depth + 1)
        : this.#drop('tunnels in tunnels');
    }
    const route =
      link === undefined || isMulticast(remote)
        ? this.routes.find(remote, local)
        : this.#routeOver(link, remote);
    if (route === undefined) return this.#drop('no route');
    const mtu = this.#mtuTo(remote, route.interface);
    if (outer.length > mtu && inner.length > MIN_MTU) {
      // RFC 2473 section 7.1 (a): the sender makes its packets smaller.
      this.#tellTooBig(inner, Math.max(MIN_MTU, mtu - (outer.length - inner.length)));
      return this.#drop('too big for the tunnel');
    }
    return this.#transmit(outer, mtu, route.interface, route.nextHop, undefined);
  }

  /** Sends a whole packet of somebody else on its way, as a router does. */
  forward(bytes: Uint8Array): boolean {
    const destination = destinationOf(bytes);
    const hopLimit = hopLimitOf(bytes);
    if (hopLimit <= 1) {
      this.icmpv6.timeExceeded(bytes);
      return this.#drop('hop limit');
    }
    const route = this.routes.find(destination, undefined);
    if (route === undefined) return this.#drop('no route');
    if (bytes.length > route.interface.mtu) {
      this.#tellTooBig(bytes, route.interface.mtu);
      return this.#drop('too big for the next link');
    }
    setHopLimit(bytes, hopLimit - 1);
    route.interface.transmit(bytes, route.nextHop);
    return true;
  }

  /** Stops timers; nothing is sent any more. */
  close(): void {
    for (const each of this.#interfaces) each.close();
    this.bindings.close();
    if (this.#localStack !== undefined) this.#localStack.onPacket = undefined;
  }

  #pathOf(packet: OutboundPacket): Path {
    for (const ask of this.paths) {
      const path = ask(packet);
      if (path !== undefined) return path;
    }
    return { kind: 'direct' };
  }

  #sendAddressed(packet: OutboundPacket): boolean {
    const wire = wireHeaders(packet);
    const hopLimit = packet.hopLimit ?? DEFAULT_HOP_LIMIT;
    let { protocol, payload } = packet;
    if (packet.bypassesPolicies !== true && this.ipsec !== undefined) {
      const { source, destination } = packet;
      const type = upperLayerType(protocol, payload);
      const decision = this.ipsec.outbound({
        source,
        destination,
        protocol,
        type,
        isTunnelled: false,
      });
      if (decision.kind === 'discard') return this.#drop(`policy: ${decision.reason}`);
      if (decision.kind === 'tunnel') {
        // Signalling in tunnel mode: the home address is in the inner header. RFC 4877 section 3.
        const inner = encodePlain(source, destination, protocol, payload, hopLimit);
        const outer = { ...wire, homeAddressOption: undefined, type2RoutingHeader: undefined };
        const sealed = decision.protect(NEXT_HEADER.ipv6, inner, outer);
        return this.#dispatch(
          packet,
          encodePacket(outer, sealed.protocol, sealed.payload, hopLimit),
        );
      }
      if (decision.kind === 'transport') {
        ({ protocol, payload } = decision.protect(protocol, payload, wire));
      }
    }
    return this.#dispatch(packet, encodePacket(wire, protocol, payload, hopLimit));
  }

  #dispatch(packet: OutboundPacket, bytes: Uint8Array): boolean {
    const destination = destinationOf(bytes);
    if (packet.interface === undefined && this.owns(destination)) {
      this.scheduler.after(0, () => {
        this.#receive(bytes, undefined, undefined, []);
      });
      return true;
    }
    const tunnel = packet.interface === undefined ? this.tunnelTo?.(destination) : undefined;
    if (tunnel !== undefined) return this.sendTunnelled(bytes, tunnel);
    const route =
      packet.interface === undefined
        ? this.routes.find(destination, sourceOf(bytes))
        : this.#routeOver(packet.interface, destination);
    if (route === undefined) return this.#drop('no route');
    const { interface: link } = route;
    const nextHop = packet.nextHop ?? route.nextHop;
    const mtu = this.#mtuTo(destination, link);
    return this.#transmit(bytes, mtu, link, nextHop, packet.linkDestination);
  }

  #routeOver(
    link: NetworkInterface,
    destination: Uint8Array,
  ): { readonly interface: NetworkInterface; readonly nextHop: Uint8Array } {
    const isNear = isOfLinkOnly(destination, destination) || isMulticast(destination);
    const router = isNear || link.isOnLink(destination) ? undefined : link.defaultRouter();
    return { interface: link, nextHop: router?.address ?? destination };
  }

  #mtuTo(destination: Uint8Array, link: NetworkInterface): number {
    return Math.min(link.mtu, this.#pathMtu.of(destination) ?? link.mtu);
  }

  #transmit(
    bytes: Uint8Array,
    mtu: number,
    link: NetworkInterface,
    nextHop: Uint8Array,
    linkDestination: Uint8Array | undefined,
  ): boolean {
    if (bytes.length <= mtu) {
      link.transmit(bytes, nextHop, linkDestination);
      return true;
    }
    for (const piece of fragmentPacket(bytes, mtu, u32(this.random.octets(4), 0))) {
      link.transmit(piece, nextHop, linkDestination);
    }
    return true;
  }

  #tellTooBig(bytes: Uint8Array, mtu: number): void {
    const source = sourceOf(bytes);
    // A program of this node sends through the tunnel: it is told as from a router. RFC 4443 section 3.2.
    if (this.owns(source)) this.#localStack?.deliver(this.icmpv6.tooBigFor(source, bytes, mtu));
    else this.icmpv6.packetTooBig(bytes, mtu);
  }

  #sendForProgram(bytes: Uint8Array): void {
    const whole = wholePacket(bytes);
    if (whole === undefined) return;
    const packet = whole.slice();
    const source = sourceOf(packet);
    const destination = destinationOf(packet);
    const next = u8(packet, 6);
    // Programs send plain headers; fragments of theirs go as they are.
    this.send({
      source,
      destination,
      protocol: next,
      payload: packet.subarray(IPV6_OCTETS),
      hopLimit: hopLimitOf(packet),
    });
  }

  #receive(
    bytes: Uint8Array,
    from: NetworkInterface | undefined,
    linkSource: Uint8Array | undefined,
    tunnels: readonly TunnelOrigin[],
  ): void {
    const whole = wholePacket(bytes);
    if (whole === undefined || isMulticast(sourceOf(whole))) {
      this.#drop('malformed header');
      return;
    }
    const packet = inboundPacket(whole, from, linkSource, tunnels);
    const { wireDestination } = packet;
    if (isMulticast(wireDestination)) {
      const isTaken =
        from?.isMember(wireDestination) === true || this.acceptsGroup?.(packet) === true;
      if (this.onMulticast?.(packet) === true || !isTaken) return;
    } else if (
      !this.owns(wireDestination) &&
      !this.#isAnycast(wireDestination, from) &&
      !isSolicitationOfDefended(packet)
    ) {
      this.#pass(packet);
      return;
    }
    this.#take(packet);
  }

  #isAnycast(address: Uint8Array, from: NetworkInterface | undefined): boolean {
    return from?.isAnycast(address) === true || this.#anycastAddresses.has(addressKey(address));
  }

  #pass(packet: InboundPacket): void {
    const { bytes, wireSource: source, wireDestination: destination } = packet;
    if (isOfLinkOnly(source, destination)) {
      this.onStrayLinkLocal?.(packet);
      return;
    }
    const { interface: from, tunnels } = packet;
    const transit = { bytes, source, destination, interface: from, tunnels };
    const verdict = this.onTransit?.(transit) ?? (this.isRouter ? 'forward' : 'drop');
    if (verdict === 'forward') this.forward(bytes);
    else if (verdict === 'drop') this.#drop('not for this node');
  }

  #take(packet: InboundPacket): void {
    const result = walkHeaders(packet, {
      knowsHomeAddressOption: this.#knowsHomeAddressOption,
      hasBinding: (homeAddress, careOfAddress) => this.#hasBinding(homeAddress, careOfAddress),
      isHomeAddress: (address) => this.isHomeAddress(address),
      open: (inbound, protocol, offset) =>
        this.ipsec?.open(inbound, protocol, offset) ?? {
          kind: 'refused',
          reason: 'no-association',
        },
    });
    if (result.kind === 'upper-layer') this.#deliver(packet);
    else this.#handleResult(packet, result);
  }

  #handleResult(packet: InboundPacket, result: Exclude<WalkResult, { kind: 'upper-layer' }>): void {
    switch (result.kind) {
      case 'fragment': {
        this.#reassemble(packet);
        return;
      }
      case 'silent':
        this.#drop(result.reason);
        return;
      case 'fault':
        this.#drop(result.reason);
        this.icmpv6.parameterProblem(packet, result.fault);
        return;
      case 'unknown-binding':
        this.#drop('Home Address option without binding');
        this.mobility.sendBindingError(1, packet);
    }
  }

  #reassemble(packet: InboundPacket): void {
    const { bytes, interface: from, linkSource, tunnels } = packet;
    walkIpv6(bytes, 0, bytes.length, false, this.#view);
    const time = this.scheduler.now * 1000;
    const link = from?.index ?? -1;
    const result = this.#reassembly.add(this.#view, link, time);
    if (result.kind === 'complete') this.#receive(result.bytes, from, linkSource, tunnels);
    else if (result.kind !== 'pending') this.#drop('fragments');
  }

  #hasBinding(homeAddress: Uint8Array, careOfAddress: Uint8Array): boolean {
    const entry = this.bindings.find(homeAddress);
    if (entry === undefined) return false;
    if (isSameAddress(entry.careOfAddress, careOfAddress)) return true;
    for (const other of entry.careOfAddresses?.values() ?? []) {
      if (isSameAddress(other, careOfAddress)) return true;
    }
    return false;
  }

  #selectors({ source, destination, protocol, payload, tunnels }: InboundPacket): Selectors {
    const type = upperLayerType(protocol, payload);
    return { source, destination, protocol, type, isTunnelled: tunnels.length > 0 };
  }

  #deliver(packet: InboundPacket): void {
    const { protocol } = packet;
    if (protocol === NEXT_HEADER.ipv6) {
      this.#decapsulate(packet);
      return;
    }
    // What is not protected itself has what its tunnel had. RFC 4301 section 5.2.
    const protection = packet.protection ?? packet.tunnels.at(-1)?.protection;
    if (this.ipsec?.permits(this.#selectors(packet), protection) === false) {
      this.#drop('policy: not protected as it has to be');
      return;
    }
    if (this.admits?.(packet) === false) {
      this.#drop('not admitted');
      return;
    }
    this.onReceived?.(packet);
    switch (protocol) {
      case NEXT_HEADER.icmpv6:
        if (this.icmpv6.receive(packet)) this.#deliverToPrograms(packet);
        return;
      case NEXT_HEADER.mobility:
        if (this.#knowsMobility) this.mobility.receive(packet);
        else this.#refuseProtocol(packet);
        return;
      case NEXT_HEADER.none:
        return;
      default: {
        const handler = this.protocols.get(protocol);
        if (handler !== undefined) handler(packet);
        else if (this.#localStack !== undefined) this.#deliverToPrograms(packet);
        else this.#refuseProtocol(packet);
      }
    }
  }

  #refuseProtocol(packet: InboundPacket): void {
    this.#drop('nobody for the protocol');
    this.icmpv6.refuseProtocol(packet);
  }

  #deliverToPrograms(packet: InboundPacket): void {
    const { source, destination, protocol, payload, hopLimit } = packet;
    if (isUnanswerable(source)) return;
    this.#localStack?.deliver(encodePlain(source, destination, protocol, payload, hopLimit));
  }

  #decapsulate(packet: InboundPacket): void {
    const inner = wholePacket(packet.payload);
    if (inner === undefined || this.#nesting >= MAX_TUNNELS) {
      this.#drop('malformed tunnel');
      return;
    }
    const { wireSource: source, wireDestination: destination, protection } = packet;
    const origin: TunnelOrigin = { source, destination, protection };
    if (this.ipsec?.permits(selectorsOf(inner), protection) === false) {
      this.#drop('policy: tunnelled, not protected as it has to be');
      return;
    }
    const accepted = this.acceptsTunnelled?.(inner, origin) ?? false;
    if (accepted === false) {
      this.#drop('tunnel of nobody');
      return;
    }
    this.#nesting++;
    try {
      if (accepted === 'network') this.#receive(inner, undefined, undefined, []);
      else this.#receive(inner, packet.interface, undefined, [...packet.tunnels, origin]);
    } finally {
      this.#nesting--;
    }
  }

  #drop(reason: string): false {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
    this.log({ level: 'debug', event: 'packet-dropped', details: { reason } });
    return false;
  }
}

export type { HostOptions, TransitPacket, TransitVerdict };
