/**
 * State of the extensions of Mobile IPv6: proxy bindings, mobile networks, dual-stack nodes.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { Icmpv6Event, MobilityEvent } from '../events.ts';
import { proxyAcknowledgementOf, proxyUpdateOf } from '../extension/proxy-messages.ts';
import type { Site, SitePrefix } from '../site.ts';
import type { Binding } from './binding-cache.ts';
import type { Bindings } from './bindings.ts';
import { DualStackNodes } from './dual-stack.ts';
import type { DualStackNode, Ipv4Endpoint } from './dual-stack.ts';
import { MobileNetworks } from './mobile-networks.ts';
import type { MobileRouter } from './mobile-networks.ts';
import { ProxyBindings } from './proxy-bindings.ts';
import type { ProxyBinding, ProxyRequest } from './proxy-bindings.ts';
import { Speakers } from './speakers.ts';

/** Role of a node in a network-based mobility domain, and how it is known. */
export type DomainRole = 'site' | 'learned' | undefined;

/** Questions about extensions that rules may ask. All answers are as of before the event that is judged. */
export interface ExtensionQueries {
  /** Proxy binding of a node (`NamedNode.key`) at an anchor; may be over. */
  proxyBinding(anchor: Uint8Array, node: string): Readonly<ProxyBinding> | undefined;
  /** Live proxy binding at an anchor that a prefix overlaps, of another node than `except`. */
  proxyPrefixOwner(
    anchor: Uint8Array,
    prefix: SitePrefix,
    except?: string,
  ): Readonly<ProxyBinding> | undefined;
  /** Live proxy binding at an anchor that an address belongs to. */
  proxyBindingAt(anchor: Uint8Array, address: Uint8Array): Readonly<ProxyBinding> | undefined;
  /** Proxy Binding Update that an acknowledgement would answer. */
  proxyRequest(
    gateway: Uint8Array,
    anchor: Uint8Array,
    sequence: number,
  ): Readonly<ProxyRequest> | undefined;
  /** Whether the two agreed on a proxy binding, in either role. */
  areProxyPeers(a: Uint8Array, b: Uint8Array): boolean;
  /** Whether the address is a mobile access gateway: site file, or accepted proxy registrations. */
  accessGateway(address: Uint8Array): DomainRole;
  /** Whether the address is a local mobility anchor: site file, or proxy registrations it accepted. */
  mobilityAnchor(address: Uint8Array): DomainRole;
  /** What the last accepted registrations of a home address told of its mobile networks. */
  mobileRouter(homeAddress: Uint8Array): Readonly<MobileRouter> | undefined;
  /** Another router than `except` whose mobile network prefix overlaps. */
  mobileNetworkOwner(prefix: SitePrefix, except: Uint8Array): Readonly<MobileRouter> | undefined;
  /** Home registration that has or had this care-of address. */
  careOfBinding(careOfAddress: Uint8Array): Readonly<Binding> | undefined;
  /**
   * When something came through the tunnel of a node from a care-of address that it has left, the last time of all nodes;
   * microseconds since 1970, 0 = never, Infinity = not known.
   */
  previousHeardAt(): number;
  /** IPv4 side of the registration of a home address. */
  dualStackNode(homeAddress: Uint8Array): Readonly<DualStackNode> | undefined;
  /** IPv4 end that a Binding Update of the last seconds named, not answered yet. */
  announcedIpv4(homeAddress: Uint8Array): Ipv4Endpoint | undefined;
  /** Whether a mobility message came from the address, or out of a tunnel from it, within the last hour. */
  hasSpoken(address: Uint8Array): boolean;
  /** Home address that an IPv4 home address was granted to. */
  ipv4HomeAddressOwner(ipv4HomeAddress: Uint8Array): Uint8Array | undefined;
}

/** State of all extensions. */
export class ExtensionState {
  readonly proxies = new ProxyBindings();
  readonly networks = new MobileNetworks();
  readonly dualStack = new DualStackNodes();
  readonly speakers: Speakers;

  /** Messages between gateways and anchors, between access routers, and about mobility anchor points. */
  readonly seen = { proxyMessages: 0, handoverMessages: 0, anchorPointMessages: 0 };

  constructor(seed?: number) {
    this.speakers = new Speakers(seed);
  }

  /** Takes note of a message, after the rules have judged it. */
  observe(event: MobilityEvent | Icmpv6Event): void {
    if (event.kind === 'icmpv6') {
      const { message } = event;
      if (message.kind !== 'router-advertisement') return;
      const names = message.options.some(({ kind }) => kind === 'mobility-anchor-point');
      if (names) this.seen.anchorPointMessages++;
      return;
    }
    const { packet, outer } = event.context;
    this.speakers.note((outer ?? event.context).source, packet.time);
    const update = proxyUpdateOf(event);
    if (update !== undefined) {
      this.seen.proxyMessages++;
      this.proxies.update(update, packet);
      return;
    }
    const answer = proxyAcknowledgementOf(event);
    if (answer !== undefined) {
      this.seen.proxyMessages++;
      this.proxies.acknowledgement(answer, packet);
      return;
    }
    const { message } = event.header;
    if (message.kind === 'handover-initiate' || message.kind === 'handover-acknowledge') {
      this.seen.handoverMessages++;
    } else if (message.kind === 'binding-update') {
      const isLocal = (message.flags & BINDING_UPDATE_FLAGS.mapRegistration.mask) !== 0;
      if (isLocal) this.seen.anchorPointMessages++;
    }
    this.networks.observe(event);
    this.dualStack.observe(event);
  }

  /**
   * @param site asked anew each time: it may be another from one packet to the next
   * @param now time of the event, microseconds since 1970.
   */
  queries(
    site: Pick<Site, 'domain'>,
    bindings: Pick<Bindings, 'byCareOfAddress'> & Partial<Pick<Bindings, 'previousHeardAt'>>,
    now: () => number,
  ): ExtensionQueries {
    const { proxies, networks, dualStack } = this;
    const isTold = (list: readonly Uint8Array[], address: Uint8Array): boolean =>
      list.some((item) => isSameAddress(item, address));
    return {
      proxyBinding: (anchor, node) => proxies.find(anchor, node),
      proxyPrefixOwner: (anchor, prefix, except) => proxies.owner(anchor, prefix, now(), except),
      proxyBindingAt: (anchor, address) => proxies.at(anchor, address, now()),
      proxyRequest: (gateway, anchor, sequence) => proxies.request(gateway, anchor, sequence),
      areProxyPeers: (a, b) => proxies.arePeers(a, b),
      accessGateway: (address) => {
        if (isTold(site.domain.accessGateways, address)) return 'site';
        return proxies.isGateway(address) ? 'learned' : undefined;
      },
      mobilityAnchor: (address) => {
        if (isTold(site.domain.localMobilityAnchors, address)) return 'site';
        return proxies.isAnchor(address) ? 'learned' : undefined;
      },
      mobileRouter: (homeAddress) => networks.find(homeAddress),
      mobileNetworkOwner: (prefix, except) => networks.owner(prefix, except),
      careOfBinding: (careOfAddress) => bindings.byCareOfAddress(careOfAddress, 0),
      previousHeardAt: () => bindings.previousHeardAt ?? Infinity,
      dualStackNode: (homeAddress) => dualStack.find(homeAddress),
      announcedIpv4: (homeAddress) => dualStack.announced(homeAddress, now()),
      hasSpoken: (address) => this.speakers.has(address, now()),
      ipv4HomeAddressOwner: (address) => dualStack.owner(address),
    };
  }
}
