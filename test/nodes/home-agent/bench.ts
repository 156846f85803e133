/**
 * A home agent between its home link and the rest of the world, with mobile nodes that are made of octets: what they send is
 * composed here, header by header, and what the home agent sends is read from the wire.
 */
import { formatAddress, parsePrefix } from '../../../dissectors/core/address.ts';
import type { Prefix } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../../dissectors/icmpv6/index.ts';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
} from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { Host } from '../../../nodes/ip/host.ts';
import type { HostOptions } from '../../../nodes/ip/host.ts';
import type { IpsecLayer } from '../../../nodes/ip/ipsec-layer.ts';
import type { NetworkInterface } from '../../../nodes/interface/network-interface.ts';
import { solicitedNodeGroup } from '../../../nodes/interface/link-address.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import type { ProtectionDeclaration } from '../../../nodes/ipsec/policy.ts';
import { HomeAgent } from '../../../nodes/home-agent/home-agent.ts';
import type { HomeAgentNodeOptions } from '../../../nodes/home-agent/home-agent.ts';
import type { MobileNodePolicy } from '../../../nodes/home-agent/home-agent-parts.ts';
import type { HomePrefixOptions } from '../../../nodes/home-agent/home-prefixes.ts';
import { MobileNodeTable } from '../../../nodes/home-agent/mobile-node-directory.ts';
import type { InboundPacket } from '../../../nodes/ip/packet.ts';
import type { ReceivedBindingUpdate } from '../../../nodes/mobility/binding-update.ts';
import type { LogEntry } from '../../../nodes/node-log.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { protect } from '../ipsec/protected-pair.ts';
import type { Keying } from '../ipsec/protected-pair.ts';
import { WirePeer, ip, readPacket } from '../wire-peer.ts';
import { MobileSide } from './mobile-side.ts';
import type { Acknowledgement, LinkName, Seen, UpdateFields } from './mobile-side.ts';

/** The home agent. */
export const AGENT = ip('2001:db8:a::1');
/** Care-of addresses: two of foreign links, one of an attacker. */
export const CARE_OF = ip('2001:db8:b::100');
export const NEW_CARE_OF = ip('2001:db8:d::100');
export const ATTACKER = ip('2001:db8:e::666');
export const ALL_NODES = ip('ff02::1');
const UNSPECIFIED = new Uint8Array(16);

/** A prefix given as text. */
export function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`no prefix: ${text}`);
  return prefix;
}

/** What a bench may differ in. */
export interface BenchOptions {
  readonly agent?: Partial<Omit<HomeAgentNodeOptions, 'host'>>;
  readonly host?: Partial<HostOptions>;
  /** How the mobile nodes are protected. */
  readonly protection?: Partial<ProtectionDeclaration>;
  readonly keying?: Keying;
  /** The IPsec that the host is given in place of its own. */
  readonly wrapIpsec?: (own: NodeIpsec) => IpsecLayer;
  /** Policies by number of the mobile node. */
  readonly policies?: Readonly<Record<number, Partial<MobileNodePolicy> | 'unknown'>>;
  /** The home link has no interface. */
  readonly isVirtual?: boolean;
  readonly prefix?: Partial<HomePrefixOptions>;
  readonly scheduler?: VirtualScheduler;
  /** Home addresses with associations, whatever the home agent thinks of them. */
  readonly homeAddresses?: readonly string[];
}

/** Home addresses of the mobile nodes 1, 2 and 3; the last one lies outside of the home prefix. */
export const HOMES: readonly string[] = ['2001:db8:a::100', '2001:db8:a::200', '2001:db8:f::100'];

/** The home agent and its two links. */
export class HomeAgentBench {
  readonly scheduler: VirtualScheduler;
  readonly host: Host;
  readonly agent: HomeAgent;
  readonly ipsec: NodeIpsec;
  readonly home: NetworkInterface;
  readonly upstream: NetworkInterface;
  readonly directory: MobileNodeTable;
  readonly homePeer: WirePeer;
  readonly upstreamPeer: WirePeer;
  readonly log: LogEntry[] = [];
  readonly mobiles: readonly MobileSide[];
  readonly homePort;
  #seen: Seen[] = [];

  constructor(options: BenchOptions = {}) {
    this.scheduler = options.scheduler ?? new VirtualScheduler();
    const { scheduler } = this;
    const homes = (options.homeAddresses ?? HOMES).map(ip);
    const links = ['home', 'upstream'].map(
      (name) => new MemoryLink({ scheduler, random: new SeededRandom(99), name }),
    );
    const [homeLink, upstreamLink] = links;
    if (homeLink === undefined || upstreamLink === undefined) throw new Error('no links');
    this.ipsec = new NodeIpsec({ random: new SeededRandom(5) });
    this.host = new Host({
      scheduler,
      random: new SeededRandom(7),
      log: (entry) => this.log.push(entry),
      isRouter: true,
      ipsec: options.wrapIpsec?.(this.ipsec) ?? this.ipsec,
      ...options.host,
    });
    this.homePort = homeLink.attach('agent-home');
    const upstreamPort = upstreamLink.attach('agent-upstream');
    this.home = this.host.addInterface(this.homePort);
    this.upstream = this.host.addInterface(upstreamPort);
    if (options.isVirtual === true) this.host.addLocalAddress(AGENT);
    else this.home.addAddress(AGENT, { detection: 'skip' });
    this.upstream.addAddress(ip('2001:db8:9::2'), { detection: 'skip' });
    this.homePeer = new WirePeer(homeLink, this.homePort.linkLayerAddress, ip('fe80::aaaa'));
    this.upstreamPeer = new WirePeer(upstreamLink, upstreamPort.linkLayerAddress);
    this.upstream.setStaticRouter(this.upstreamPeer.linkLocal);
    this.#watch(homeLink, 'home', this.homePort.linkLayerAddress);
    this.#watch(upstreamLink, 'upstream', upstreamPort.linkLayerAddress);
    this.mobiles = homes.map((homeAddress, at) => {
      const declaration: ProtectionDeclaration = {
        homeAddress,
        homeAgent: AGENT,
        bindingUpdates: 'esp-transport',
        prefixDiscovery: 'none',
        homeTests: 'none',
        payload: 'none',
        ...options.protection,
      };
      const keying = { ...options.keying, offset: at };
      protect(this.ipsec, declaration, 'home-agent', keying);
      const own = new NodeIpsec({ random: new SeededRandom(20 + at) });
      protect(own, declaration, 'mobile-node', keying);
      return new MobileSide(homeAddress, AGENT, own);
    });
    const policies: MobileNodePolicy[] = [];
    for (const [at, homeAddress] of homes.entries()) {
      const policy = options.policies?.[at + 1];
      if (policy !== 'unknown') policies.push({ homeAddress, ...policy });
    }
    this.directory = new MobileNodeTable(policies);
    this.agent = new HomeAgent({
      host: this.host,
      prefixes: [
        {
          prefix: prefixOf('2001:db8:a::/64'),
          interface: options.isVirtual === true ? undefined : this.home,
          agentAddress: AGENT,
          ...options.prefix,
        },
      ],
      mobileNodes: this.directory,
      ...options.agent,
    });
    // Duplicate address detection of the node's own addresses.
    scheduler.advance(5000);
    this.agent.start();
    this.take();
  }

  /** Mobile node 1, 2 or 3. */
  mobile(number = 1): MobileSide {
    const mobile = this.mobiles[number - 1];
    if (mobile === undefined) throw new Error(`no mobile node ${number}`);
    return mobile;
  }

  /** What the home agent has sent since the last time. */
  take(): Seen[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  /** Puts a packet on a link and lets time pass. @returns what the home agent sent meanwhile */
  deliver(packet: Uint8Array, link: LinkName = 'upstream', milliseconds = 20): Seen[] {
    this.take();
    (link === 'home' ? this.homePeer : this.upstreamPeer).send(packet);
    this.scheduler.advance(milliseconds);
    return this.take();
  }

  /** Lets time pass. @returns what the home agent sent meanwhile */
  run(milliseconds: number): Seen[] {
    this.take();
    this.scheduler.advance(milliseconds);
    return this.take();
  }

  /** Sends an update of a mobile node away from home. @returns its acknowledgements; by default those of two seconds */
  update(fields: UpdateFields, number = 1, milliseconds = 2000): Acknowledgement[] {
    const mobile = this.mobile(number);
    return mobile.acknowledgements(
      this.deliver(mobile.update(fields), fields.link ?? 'upstream', milliseconds),
    );
  }

  /** Sends an update that has one answer. @throws Error when there is another number of them */
  answer(fields: UpdateFields, number = 1): Acknowledgement {
    return onlyOne(this.update(fields, number));
  }

  /** A first registration that is accepted. */
  register(fields: Partial<UpdateFields> = {}, number = 1): Acknowledgement {
    const acknowledgement = this.answer({ sequence: 1, ...fields }, number);
    if (acknowledgement.status >= 128) throw new Error(`status ${acknowledgement.status}`);
    return acknowledgement;
  }

  /** Care-of address of the binding of a mobile node. */
  careOf(number = 1): string | undefined {
    const entry = this.host.bindings.find(this.mobile(number).home);
    return entry === undefined ? undefined : formatAddress(entry.careOfAddress);
  }

  /**
   * Echo request with a Home Address option: what the binding cache says of it. `routed`: the reply has a type 2 routing
   * header; `error`: Binding Error 1; `none`: neither.
   */
  ping(careOf = CARE_OF, number = 1): 'routed' | 'error' | 'none' {
    const { home } = this.mobile(number);
    const payload = encodeIcmpv6(echoRequest(), { source: home, destination: AGENT });
    const packet = ipv6Packet({
      source: careOf,
      destination: AGENT,
      hopLimit: 60,
      headers: [destinationOptions([homeAddressOption(home)])],
      protocol: NEXT_HEADER.icmpv6,
      payload,
    });
    for (const { packet: sent } of this.deliver(packet)) {
      const message = sent.mobility?.message;
      if (message?.kind === 'binding-error' && message.status === 1) return 'error';
      const isReply = sent.icmpv6?.kind === 'echo-reply';
      if (isReply && sent.type2RoutingHeader === formatAddress(home)) return 'routed';
    }
    return 'none';
  }

  /**
   * A packet from a correspondent to the home address. @returns where it went: care-of address of the tunnel, `home` for
   * the home link, undefined for nowhere
   */
  intercepted(number = 1, link: LinkName = 'upstream'): string | undefined {
    const source = ip('2001:db8:c::9');
    const { home } = this.mobile(number);
    const payload = encodeIcmpv6(echoRequest(), { source, destination: home });
    const packet = ipv6Packet({
      source,
      destination: home,
      hopLimit: 60,
      protocol: NEXT_HEADER.icmpv6,
      payload,
    });
    for (const { packet: sent, link: place } of this.deliver(packet, link)) {
      if (sent.protocol === NEXT_HEADER.ipv6) {
        const inner = readPacket(sent.payload);
        if (inner.destination === formatAddress(home)) return sent.destination;
      }
      if (place === 'home' && sent.destination === formatAddress(home)) return 'home';
    }
    return undefined;
  }

  /** Neighbor solicitation on the home link. @returns the advertisements that the home agent answers with */
  solicit(target: Uint8Array, how: SolicitationFields = {}): Advertisement[] {
    const { source = ip('fe80::aaaa'), destination = solicitedNodeGroup(target) } = how;
    const message: Icmpv6Message = {
      kind: 'neighbor-solicitation',
      code: 0,
      targetAddress: target,
      options: [],
    };
    return advertisements(this.deliver(neighborDiscovery(message, source, destination), 'home'));
  }

  /** Duplicate address detection of somebody else on the home link. */
  probe(target: Uint8Array): Advertisement[] {
    return this.solicit(target, { source: UNSPECIFIED });
  }

  /** Somebody else on the home link has the address. */
  claim(target: Uint8Array): void {
    const message: Icmpv6Message = {
      kind: 'neighbor-advertisement',
      code: 0,
      flags: 0x2000_0000,
      targetAddress: target,
      options: [{ kind: 'target-link-layer-address', address: Uint8Array.of(2, 0, 0, 0, 9, 9) }],
    };
    this.homePeer.send(neighborDiscovery(message, target, ALL_NODES));
  }

  /** Names of alarms. */
  alarms(): string[] {
    return this.log.filter(({ level }) => level === 'alarm').map(({ event }) => event);
  }

  /** Stops everything, as a process that ends. */
  close(): void {
    this.agent.close();
    this.host.close();
  }

  #watch(link: MemoryLink, name: LinkName, own: Uint8Array): void {
    const source = hex(own);
    link.tap((frame, at) => {
      if (hex(frame.subarray(6, 12)) !== source) return;
      const packet = readPacket(frame.slice(14));
      this.#seen.push({ packet, link: name, at, linkDestination: hex(frame.subarray(0, 6)) });
    });
  }
}

/** Octets as hexadecimal digits. */
export function hex(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** The only one. @throws Error when there is another number of them */
export function onlyOne<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined || list.length !== 1) throw new Error(`expected one, got ${list.length}`);
  return first;
}

/** Addresses of a solicitation; default: from a neighbor to the solicited-node group. */
export interface SolicitationFields {
  readonly source?: Uint8Array;
  readonly destination?: Uint8Array;
}

/** A neighbor advertisement that the home agent sent. */
export interface Advertisement {
  readonly target: string;
  readonly source: string;
  readonly destination: string;
  readonly isRouter: boolean;
  readonly isSolicited: boolean;
  readonly isOverride: boolean;
  /** Target link-layer address, as hexadecimal digits. */
  readonly linkLayerAddress: string | undefined;
  readonly at: number;
  readonly link: LinkName;
}

/** Neighbor advertisements among what was sent. */
export function advertisements(seen: readonly Seen[]): Advertisement[] {
  return seen.flatMap(({ packet, at, link }) => {
    const message = packet.icmpv6;
    if (message?.kind !== 'neighbor-advertisement') return [];
    const option = message.options.find(({ kind }) => kind === 'target-link-layer-address');
    const has = (mask: number): boolean => ((message.flags >>> 0) & mask) !== 0;
    return [
      {
        target: formatAddress(message.targetAddress),
        source: packet.source,
        destination: packet.destination,
        isRouter: message.flags >>> 31 === 1,
        isSolicited: has(0x4000_0000),
        isOverride: has(0x2000_0000),
        linkLayerAddress:
          option?.kind === 'target-link-layer-address' ? hex(option.address) : undefined,
        at,
        link,
      },
    ];
  });
}

/** Targets of the duplicate address detection that the home agent did: solicitations from `::`, on the home link. */
export function probes(seen: readonly Seen[]): { readonly target: string; readonly at: number }[] {
  return seen.flatMap(({ packet, at, link }) =>
    packet.icmpv6?.kind === 'neighbor-solicitation' && packet.source === '::' && link === 'home'
      ? [{ target: formatAddress(packet.icmpv6.targetAddress), at }]
      : [],
  );
}

/** A neighbor discovery packet. */
export function neighborDiscovery(
  message: Icmpv6Message,
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  const payload = encodeIcmpv6(message, { source, destination });
  return ipv6Packet({ source, destination, hopLimit: 255, protocol: NEXT_HEADER.icmpv6, payload });
}

/** An echo request. */
export function echoRequest(sequence = 1): Icmpv6Message {
  return { kind: 'echo-request', code: 0, identifier: 7, sequence, data: Uint8Array.of(1, 2, 3) };
}

/** A registration as the registrar sees it, for tests of its parts. */
export function receivedUpdate(
  homeAddress: Uint8Array,
  packet: InboundPacket,
): ReceivedBindingUpdate {
  return {
    packet,
    homeAddress,
    octets: packet.payload,
    options: [],
    hasHomeAddressOption: true,
    careOfAddress: CARE_OF,
    alternateCareOfAddress: CARE_OF,
    sequence: 1,
    lifetime: 400,
    flags: 0xc000,
    isAcknowledgeRequested: true,
    isHomeRegistration: true,
    hasLinkLocal: false,
    hasKeyMobility: false,
    isMobileRouter: false,
  };
}
