/**
 * The whole network of the mobile node's tests with a proxy in the cables of its home agent, which takes whatever RFC 6275
 * allows, from wherever it comes: a legacy one.
 */
import { formatAddress } from '../../../dissectors/core/address.ts';
import { u16 } from '../../../dissectors/core/bytes.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { ethernetFrame } from '../../../dissectors/ipv6/build.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import type { BindingStore } from '../../../engine/ports.ts';
import type { RegistrationOptions } from '../../../nodes/home-agent/home-agent-parts.ts';
import { encodePacket, wholePacket } from '../../../nodes/ip/wire.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import type { ProtectionDeclaration } from '../../../nodes/ipsec/policy.ts';
import type { LogEntry } from '../../../nodes/node-log.ts';
import { ProxyHomeAgent } from '../../../nodes/proxy-home-agent/proxy-home-agent.ts';
import type {
  ProxyPortPair,
  ProxyRegistrationOptions,
} from '../../../nodes/proxy-home-agent/proxy-parts.ts';
import { sealedPacket, sealedTunnel } from '../../../nodes/proxy-home-agent/sealed-packet.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import type { MemoryLinkOptions } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { associationsFor, protect } from '../ipsec/protected-pair.ts';
import type { Keying } from '../ipsec/protected-pair.ts';
import { AGENT, CORRESPONDENT, FLAG, HOME, NODE_LINK, echo } from '../mobile-node/bench.ts';
import { WholeNetwork } from '../mobile-node/whole-network.ts';
import type { NetworkOptions } from '../mobile-node/whole-network.ts';
import { readPacket } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';

/** Takes every layout of a de-registration, from every link. */
export const PERMISSIVE: RegistrationOptions = {
  deregistration: 'rfc',
  ingress: 'alarm',
  alternateCareOfAddress: 'optional',
};

/** What a network may differ in. */
export interface ProxiedOptions extends Omit<NetworkOptions, 'agentPort'> {
  /** Default: `same`. */
  readonly associations?: 'same' | 'other';
  /** Protection behind the proxy, with associations `other`. */
  readonly legacyProtection?: Partial<ProtectionDeclaration>;
  readonly proxyRegistration?: ProxyRegistrationOptions;
  readonly otherProtection?: 'discard' | 'pass';
  readonly otherAddresses?: readonly Uint8Array[];
  readonly store?: BindingStore;
  /** How the links behind the proxy treat frames. */
  readonly insideLink?: Partial<MemoryLinkOptions>;
  /** Mobile nodes of the proxy besides that of the network: their home addresses. */
  readonly isHomeLink?: boolean;
  readonly isAllowed?: boolean;
}

/** What a Binding Update of the mobile node says. */
export interface UpdateFields {
  readonly sequence: number;
  /** Units of 4 seconds; default 60. */
  readonly lifetime?: number;
  readonly flags?: number;
  readonly alternate?: Uint8Array;
  /** Wire source; default: the home address, without a Home Address option. */
  readonly careOfSource?: Uint8Array;
  readonly options?: readonly MobilityOption[];
}

const OTHER: Keying = { offset: 3 };

/** The network. */
export class ProxiedNetwork {
  readonly network: WholeNetwork;
  readonly pairs: ProxyPortPair[] = [];
  readonly insideLinks: MemoryLink[] = [];
  readonly log: LogEntry[] = [];
  /** Packets on the links behind the proxy. */
  readonly inside: (WirePacket & { readonly link: string })[] = [];
  readonly declaration: ProtectionDeclaration;
  proxy: ProxyHomeAgent;
  readonly #options: ProxiedOptions;
  /** The mobile node's associations, for whoever speaks in its place. */
  readonly #copy: NodeIpsec;

  constructor(options: ProxiedOptions = {}) {
    this.#options = options;
    this.declaration = {
      homeAddress: HOME,
      homeAgent: AGENT,
      bindingUpdates: 'esp-transport',
      prefixDiscovery: 'esp',
      homeTests: 'esp',
      payload: 'esp',
      ...options.protection,
    };
    this.#copy = new NodeIpsec({ random: new SeededRandom(7) });
    protect(this.#copy, this.declaration, 'mobile-node');
    let proxy: ProxyHomeAgent | undefined;
    this.network = new WholeNetwork({
      registration: PERMISSIVE,
      ...options,
      ...(options.associations === 'other'
        ? { agentKeying: OTHER, agentProtection: options.legacyProtection ?? {} }
        : {}),
      agentPort: (port) => {
        const { link } = port;
        port.moveTo(this.#behind(link), { isNoticed: false });
        if (this.pairs.length === 2) {
          proxy = this.#makeProxy();
          proxy.start();
        }
        return port;
      },
    });
    if (proxy === undefined) throw new Error('no proxy');
    this.proxy = proxy;
  }

  /** Ends the proxy, and puts another one in its place. @param store other than before */
  restart(store = this.#options.store): void {
    this.proxy.close();
    this.proxy = this.#makeProxy(store);
    this.proxy.start();
  }

  advance(milliseconds: number): void {
    this.network.scheduler.advance(milliseconds);
  }

  /** Care-of addresses of the home address: what the proxy knows, and what the legacy home agent does. */
  careOf(): { readonly proxy: string | undefined; readonly legacy: string | undefined } {
    const shown = (address: Uint8Array | undefined): string | undefined =>
      address === undefined ? undefined : formatAddress(address);
    return {
      proxy: shown(this.proxy.bindings.find(HOME)?.careOfAddress),
      legacy: shown(this.network.agentHost.bindings.find(HOME)?.careOfAddress),
    };
  }

  /** Alarms of the proxy, by event. */
  alarms(): string[] {
    return this.log.filter(({ level }) => level === 'alarm').map(({ event }) => event);
  }

  /** Packets behind the proxy since the last time. */
  takeInside(): (WirePacket & { readonly link: string })[] {
    return this.inside.splice(0);
  }

  /** Octets of a Binding Update, sealed with the mobile node's own keys. */
  update(fields: UpdateFields): Uint8Array {
    const { sequence, lifetime = 60, alternate, careOfSource, options = [] } = fields;
    const ends = { source: HOME, destination: AGENT };
    const flags = fields.flags ?? FLAG.A | FLAG.H;
    const all: MobilityOption[] = [...options];
    if (alternate !== undefined) {
      all.push({ kind: 'alternate-care-of-address', careOfAddress: alternate });
    }
    const payload = encodeMobilityHeader(
      { kind: 'binding-update', sequence, flags, lifetime },
      all,
      ends,
    );
    const sealed = sealedPacket(this.#copy, { ...ends, protocol: 135, payload, careOfSource });
    if (sealed.kind === 'refused') throw new Error(sealed.reason);
    return sealed.bytes;
  }

  /** A packet of the tunnel as the mobile node seals it, from any address. */
  tunnelled(inner: Uint8Array, careOfAddress: Uint8Array): Uint8Array {
    const ends = { local: careOfAddress, remote: AGENT, homeAddress: HOME };
    this.#copy.moveTunnel(HOME, ends);
    const sealed = sealedTunnel(this.#copy, inner, ends, 64);
    if (sealed.kind === 'refused') throw new Error(sealed.reason);
    return sealed.bytes;
  }

  /** What ESP has sealed, relayed from another address with a Home Address option: its ICV covers neither. */
  relayed(packet: Uint8Array, source: Uint8Array): Uint8Array {
    const { payload, protocol } = readPacket(packet);
    const wire = {
      source,
      destination: AGENT,
      homeAddressOption: HOME,
      type2RoutingHeader: undefined,
    };
    return encodePacket(wire, protocol, payload, 64);
  }

  /** Puts a packet on a link in front of the proxy, for the home agent. @param by link-layer source; default: a router's */
  inject(packet: Uint8Array, link: 'core' | 'home', by = Uint8Array.of(2, 0, 0, 0, 0xbb, 1)): void {
    const port = this.network.agentHost.interfaces[link === 'home' ? 0 : 1]?.port;
    if (port === undefined) throw new Error('no port');
    const destination = port.linkLayerAddress;
    this.network.links[link].carry(ethernetFrame({ destination, source: by, payload: packet }));
    this.advance(50);
  }

  /** Puts a packet in clear of the mobile node's own link-layer address on the home link. */
  injectAtHome(packet: Uint8Array): void {
    this.inject(packet, 'home', NODE_LINK);
  }

  /** Echo requests each way. @returns replies, and protocols of what was on the foreign links meanwhile */
  ping(): { readonly replies: number; readonly protocols: readonly number[] } {
    const { network } = this;
    let replies = 0;
    const directions = [
      [network.mobileHost, HOME, CORRESPONDENT],
      [network.correspondent, CORRESPONDENT, HOME],
    ] as const;
    network.take();
    for (const [host, source, destination] of directions) {
      host.icmpv6.handle('echo-reply', () => {
        replies++;
      });
      const payload = encodeIcmpv6(echo('echo-request'), { source, destination });
      host.send({ source, destination, protocol: 58, payload });
      this.advance(2500);
    }
    const foreign = network
      .take()
      .filter(({ link, icmpv6 }) => {
        const isNoise = icmpv6 !== undefined && !icmpv6.kind.startsWith('echo');
        return (link === 'one' || link === 'two') && !isNoise;
      })
      .map(({ protocol }) => protocol);
    return { replies, protocols: [...new Set(foreign)] };
  }

  close(): void {
    this.proxy.close();
    this.network.close();
  }

  #behind(link: MemoryLink): MemoryLink {
    const { scheduler } = link;
    const inside = new MemoryLink({
      scheduler,
      random: new SeededRandom(55 + this.pairs.length),
      ...this.#options.insideLink,
      name: `behind ${link.name}`,
    });
    inside.tap((frame) => {
      if (u16(frame, 12) !== 0x86dd || wholePacket(frame.subarray(14)) === undefined) return;
      this.inside.push({
        ...readPacket(frame.slice(14, 54 + u16(frame, 18))),
        link: link.name,
      });
    });
    this.insideLinks.push(inside);
    this.pairs.push({
      outside: link.attach('proxy-outside'),
      inside: inside.attach('proxy-inside'),
      isHomeLink: link.name === 'home' && this.#options.isHomeLink !== false,
    });
    return inside;
  }

  #makeProxy(store = this.#options.store): ProxyHomeAgent {
    const scheduler = this.insideLinks[0]?.scheduler;
    if (scheduler === undefined) throw new Error('no link');
    const { proxyRegistration, otherProtection, otherAddresses, associations } = this.#options;
    const outside = new NodeIpsec({ random: new SeededRandom(8) });
    protect(outside, this.declaration, 'home-agent');
    const legacy = new NodeIpsec({ random: new SeededRandom(9) });
    const isOther = associations === 'other';
    protect(
      legacy,
      { ...this.declaration, ...(isOther ? this.#options.legacyProtection : {}) },
      'mobile-node',
      isOther ? OTHER : {},
    );
    const names = new Set(outside.describe().map(({ name }) => name));
    if (names.size !== associationsFor(this.declaration, 'home-agent').length) {
      throw new Error('associations are missing');
    }
    return new ProxyHomeAgent({
      scheduler,
      random: new SeededRandom(10),
      log: (entry) => this.log.push(entry),
      pairs: this.pairs,
      homeAgent: AGENT,
      outside,
      homeAddressOf: (association) => (names.has(association) ? HOME : undefined),
      mobileNodes: [
        {
          policy: { homeAddress: HOME, isAllowed: this.#options.isAllowed ?? true },
          legacy,
          hasSameAssociations: !isOther,
        },
      ],
      ...(proxyRegistration === undefined ? {} : { registration: proxyRegistration }),
      ...(otherProtection === undefined ? {} : { otherProtection }),
      ...(otherAddresses === undefined ? {} : { otherAddresses }),
      ...(store === undefined ? {} : { store }),
    });
  }
}

/** A network in which the mobile node has registered from the foreign link `one`. */
export function registered(options: ProxiedOptions = {}): ProxiedNetwork {
  const proxied = new ProxiedNetwork(options);
  proxied.advance(8000);
  return proxied;
}
