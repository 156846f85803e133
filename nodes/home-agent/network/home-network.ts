/**
 * The home agent's network side: tunnels, interception, advertisements, discovery, mobile networks. RFC 6275 section 10.
 */
import { u8 } from '../../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import type { NetworkInterface } from '../../interface/network-interface.ts';
import type { OutboundPacket, TunnelEnds } from '../../ip/packet.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import type { HomePrefix } from '../home-prefixes.ts';
import { AddressDiscovery } from './address-discovery.ts';
import { BindingRevocation } from './binding-revocation.ts';
import { CareOfAddresses } from './care-of-addresses.ts';
import { HomeAgentSwitch } from './home-agent-switch.ts';
import { HomeLink } from './home-link.ts';
import { MobileNetworks } from './mobile-networks.ts';
import { MulticastGroups } from './multicast-groups.ts';
import { PrefixDiscovery } from './prefix-discovery.ts';
import { RefreshRequests } from './refresh-requests.ts';
import { TunnelDirectory } from './tunnel-directory.ts';
import { relayTunnelErrors } from './tunnel-errors.ts';
import { TunnelTraffic } from './tunnel-traffic.ts';

const MH_TYPE = 2;
const HOME_TEST = 3;

/** Everything that follows from bindings on the network. */
export class HomeNetwork {
  readonly links: readonly HomeLink[];
  readonly networks: MobileNetworks;
  readonly tunnels: TunnelDirectory;
  readonly traffic: TunnelTraffic;
  readonly careOfAddresses: CareOfAddresses;
  readonly homeAgentSwitch: HomeAgentSwitch;
  readonly revocation: BindingRevocation;
  /** undefined = switched off. */
  readonly addressDiscovery: AddressDiscovery | undefined;
  readonly prefixDiscovery: PrefixDiscovery | undefined;
  readonly multicast: MulticastGroups | undefined;
  readonly #refreshRequests: RefreshRequests | undefined;

  /** @throws RangeError that names everything wrong with the router advertisements */
  constructor(context: HomeAgentContext) {
    const { options, prefixes } = context;
    const {
      addressDiscovery = true,
      prefixDiscovery = true,
      multicast = {},
      refreshRequestLead = 0,
    } = options.network ?? {};
    const links = new Set(prefixes.all.map((each) => each.interface));
    this.links = [...links].map((link) => new HomeLink(context, link));
    this.careOfAddresses = new CareOfAddresses(context);
    this.homeAgentSwitch = new HomeAgentSwitch(context);
    this.networks = new MobileNetworks(context);
    // Listeners are told in this order: what others ask of a tunnel comes behind the tunnel.
    this.tunnels = new TunnelDirectory(context);
    this.traffic = new TunnelTraffic(context, this.tunnels, this.networks);
    relayTunnelErrors(context, this.traffic);
    this.revocation = new BindingRevocation(context);
    this.addressDiscovery = addressDiscovery
      ? new AddressDiscovery(context, homeAgentsOf(this.links))
      : undefined;
    this.prefixDiscovery = prefixDiscovery
      ? new PrefixDiscovery(context, this.links, (prefix) => this.#linkOf(prefix))
      : undefined;
    this.multicast =
      multicast === false
        ? undefined
        : new MulticastGroups(context, this.tunnels, this.traffic, multicast);
    this.#refreshRequests =
      refreshRequestLead > 0 ? new RefreshRequests(context, refreshRequestLead) : undefined;
  }

  /**
   * Tunnel that a message of this node's own correspondent goes through: a Home Test for a home address that is registered
   * here. RFC 6275 sections 5.2.5 and 10.4.6.
   */
  tunnelForMessage({ destination, protocol, payload }: OutboundPacket): TunnelEnds | undefined {
    return protocol === NEXT_HEADER.mobility && u8(payload, MH_TYPE) === HOME_TEST
      ? this.tunnels.of(destination)?.ends
      : undefined;
  }

  /** Stops timers; the routers of the home links are told that this is none any more. */
  close(): void {
    for (const link of this.links) link.close();
    this.homeAgentSwitch.close();
    this.revocation.close();
    this.prefixDiscovery?.close();
    this.multicast?.close();
    this.#refreshRequests?.close();
  }

  #linkOf(prefix: HomePrefix): HomeLink | undefined {
    return this.links.find((each) => each.interface === prefix.interface);
  }
}

function homeAgentsOf(
  links: readonly HomeLink[],
): ReadonlyMap<NetworkInterface, HomeLink['homeAgents']> {
  const lists = new Map<NetworkInterface, HomeLink['homeAgents']>();
  for (const { interface: link, homeAgents } of links)
    if (link !== undefined) lists.set(link, homeAgents);
  return lists;
}
