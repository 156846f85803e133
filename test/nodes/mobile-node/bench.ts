/**
 * A mobile node on links whose routers, home agent and correspondents are made of octets: what they send is composed here,
 * what the mobile node sends is read from the wire and opened with the home agent's keys.
 */
import { addressKey, formatAddress, isSameAddress } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MessageOf, MobilityMessage } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import type { NetworkInterface } from '../../../nodes/interface/network-interface.ts';
import { walkHeaders } from '../../../nodes/ip/header-walk.ts';
import { Host } from '../../../nodes/ip/host.ts';
import type { InboundPacket } from '../../../nodes/ip/packet.ts';
import {
  encodePacket,
  inboundPacket,
  selectorsOf,
  upperLayerType,
} from '../../../nodes/ip/wire.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import type { ProtectionDeclaration } from '../../../nodes/ipsec/policy.ts';
import { MobileNode } from '../../../nodes/mobile-node/mobile-node.ts';
import type {
  MobileNodeConfiguration,
  MobileNodeEvents,
} from '../../../nodes/mobile-node/mobile-node-parts.ts';
import type { LogEntry } from '../../../nodes/node-log.ts';
import type { MemoryPort } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { protect } from '../ipsec/protected-pair.ts';
import type { Keying } from '../ipsec/protected-pair.ts';
import { ip, readPacket } from '../wire-peer.ts';
import { ScriptedLink, isOfLink } from './scripted-link.ts';
import type { Seen } from './scripted-link.ts';

export const AGENT = ip('2001:db8:a::1');
export const OTHER_AGENT = ip('2001:db8:a::2');
export const CORRESPONDENT = ip('2001:db8:c::10');
export const ALL_NODES = ip('ff02::1');
/** Link-layer addresses of the mobile node, and what follows from the first one. */
export const NODE_LINK = Uint8Array.of(0x02, 0, 0, 0, 0x10, 0x01);
export const SECOND_LINK = Uint8Array.of(0x02, 0, 0, 0, 0x10, 0x02);
export const NODE_IDENTIFIER = '0:ff:fe00:1001';
/** The home address has the interface identifier of the link-local address. */
export const HOME = ip(`2001:db8:a:0:${NODE_IDENTIFIER}`);
export const OTHER_HOME = ip('2001:db8:a::200');
export const LINK_LOCAL = ip(`fe80::${NODE_IDENTIFIER}`);
/** Care-of addresses on the foreign links. */
export const CARE_OF_ONE = ip(`2001:db8:1:0:${NODE_IDENTIFIER}`);
export const CARE_OF_TWO = ip(`2001:db8:2:0:${NODE_IDENTIFIER}`);
export const FLAG = { A: 0x8000, H: 0x4000, L: 0x2000, K: 0x1000, R: 0x0400 } as const;

export type LinkName = 'one' | 'two' | 'home';

/** What a bench may differ in. */
export interface BenchOptions {
  readonly configuration?: Partial<MobileNodeConfiguration>;
  /** Default: all that goes between mobile node and home agent. `none`: nobody uses IPsec. */
  readonly protection?: Partial<ProtectionDeclaration> | 'none';
  readonly keying?: Keying;
  readonly homes?: readonly Uint8Array[];
  /** Further interfaces, by the links that they stand on. */
  readonly secondInterface?: LinkName;
  readonly start?: LinkName;
  readonly agents?: readonly Uint8Array[];
  readonly random?: SeededRandom;
  /** The configuration says nothing of home links; default: `prefix`, so that there is one. */
  readonly hasDefaultTrust?: boolean;
}

/** A packet of the mobile node without its protection, as the home agent sees it. */
export interface Opened {
  readonly seen: Seen;
  readonly inbound: InboundPacket;
  readonly isProtected: boolean;
  /** Inner packet of a tunnel. */
  readonly inner: Uint8Array | undefined;
}

/** A Binding Update as the home agent sees it. */
export interface Update {
  readonly seen: Seen;
  readonly at: number;
  readonly message: MessageOf<'binding-update'>;
  readonly options: readonly MobilityOption[];
  readonly isProtected: boolean;
  /** Wire source. */
  readonly source: string;
  readonly homeAddressOption: string | undefined;
  readonly homeAddress: Uint8Array;
  readonly destination: string;
  readonly alternateCareOf: string | undefined;
  readonly sequence: number;
  /** Seconds. */
  readonly lifetime: number;
}

/** How an acknowledgement differs from the right one. */
export interface AcknowledgementFields {
  readonly status?: number;
  /** Seconds; default: as asked for. */
  readonly lifetime?: number;
  readonly sequence?: number;
  readonly flags?: number;
  readonly options?: readonly MobilityOption[];
  readonly isProtected?: boolean;
  readonly source?: Uint8Array;
  /** Wire destination. */
  readonly destination?: Uint8Array;
  /** Home address in a type 2 routing header; `none` = without one. */
  readonly routing?: Uint8Array | 'none';
  readonly homeAddress?: Uint8Array;
  readonly link?: LinkName;
}

/** The mobile node and its surroundings. */
export class MobileNodeBench {
  readonly scheduler = new VirtualScheduler();
  readonly host: Host;
  readonly node: MobileNode;
  readonly ipsec: NodeIpsec | undefined;
  readonly agentIpsec: NodeIpsec | undefined;
  readonly port: MemoryPort;
  readonly secondPort: MemoryPort | undefined;
  readonly links: Readonly<Record<LinkName, ScriptedLink>>;
  readonly log: LogEntry[] = [];
  readonly happened: { readonly kind: string; readonly event: object; readonly at: number }[] = [];
  /** What the home agent does with an update; undefined = nothing. Default: takes it. */
  answer: (update: Update) => AcknowledgementFields | undefined = () => ({});
  readonly #seen: Seen[] = [];
  readonly #updates: Update[] = [];
  readonly #agents: readonly Uint8Array[];

  constructor(options: BenchOptions = {}) {
    const { scheduler } = this;
    const { homes = [HOME], agents = [AGENT] } = options;
    this.#agents = agents;
    const nodes = options.secondInterface === undefined ? [NODE_LINK] : [NODE_LINK, SECOND_LINK];
    const link = (name: LinkName, router: string, prefix: string): ScriptedLink =>
      new ScriptedLink(
        scheduler,
        name,
        ip(router),
        { prefixes: [{ prefix: ip(prefix) }] },
        (seen) => {
          this.#take(seen);
        },
        nodes,
      );
    this.links = {
      one: link('one', 'fe80::1:1', '2001:db8:1::'),
      two: link('two', 'fe80::2:1', '2001:db8:2::'),
      home: link('home', 'fe80::a:1', '2001:db8:a::'),
    };
    // The router of the home link is the home agent: its prefix option has R and its address.
    this.links.home.router.says = {
      flags: 0x20,
      prefixes: [{ prefix: AGENT, flags: 0xe0 }],
    };
    this.links.home.router.answerFor(AGENT);
    const random = options.random ?? new SeededRandom(11);
    if (options.protection !== 'none') {
      this.ipsec = new NodeIpsec({ random: new SeededRandom(12) });
      this.agentIpsec = new NodeIpsec({ random: new SeededRandom(13) });
      for (const [at, homeAddress] of homes.entries()) {
        const declaration: ProtectionDeclaration = {
          homeAddress,
          homeAgent: agents[0] ?? AGENT,
          bindingUpdates: 'esp-transport',
          prefixDiscovery: 'esp',
          homeTests: 'esp',
          payload: 'esp',
          ...options.protection,
        };
        protect(this.ipsec, declaration, 'mobile-node', { ...options.keying, offset: at });
        protect(this.agentIpsec, declaration, 'home-agent', { ...options.keying, offset: at });
      }
    }
    this.host = new Host({
      scheduler,
      random,
      log: (entry) => this.log.push(entry),
      ipsec: this.ipsec,
    });
    const start = this.links[options.start ?? 'one'];
    this.port = start.link.attach('wlan0', NODE_LINK);
    this.host.addInterface(this.port);
    if (options.secondInterface !== undefined) {
      this.secondPort = this.links[options.secondInterface].link.attach('eth0', SECOND_LINK);
      this.host.addInterface(this.secondPort);
    }
    this.node = new MobileNode({
      host: this.host,
      configuration: {
        homeAddresses: homes.map((address) => ({ address, homeAgents: agents })),
        ...(options.hasDefaultTrust === true ? {} : { homeLink: 'prefix' }),
        ...(options.protection === 'none' ? { requiresProtection: false } : {}),
        ...options.configuration,
      },
    });
    for (const kind of EVENTS) {
      this.node.context.events.on(kind, (event) => {
        this.happened.push({ kind, event, at: scheduler.now });
      });
    }
  }

  get link(): NetworkInterface {
    const [first] = this.host.interfaces;
    if (first === undefined) throw new Error('no interface');
    return first;
  }

  /** Starts the node and lets it register on the link that it stands on. */
  start(milliseconds = 5000): void {
    this.node.start();
    this.scheduler.advance(milliseconds);
  }

  /** Starts the node and waits for its first registration. */
  register(milliseconds = 5000): Update {
    this.start(milliseconds);
    const update = this.updates().at(-1);
    if (update === undefined || this.home.state !== 'registered') {
      throw new Error(`not registered: ${this.home.state}`);
    }
    this.take();
    return update;
  }

  /** Plugs the node into another link. */
  move(to: LinkName, milliseconds = 5000, isNoticed = true): void {
    this.port.moveTo(this.links[to].link, { isNoticed });
    this.scheduler.advance(milliseconds);
  }

  /** The first home address. */
  get home() {
    const [home] = this.node.homeAddresses;
    if (home === undefined) throw new Error('no home address');
    return home;
  }

  /** Updates since the last `take`. */
  updates(): Update[] {
    return [...this.#updates];
  }

  /** Packets of the node since the last `take`. */
  seen(): Seen[] {
    return [...this.#seen];
  }

  /** Packets since the last `take` that are no neighbor discovery. */
  packets(): Seen[] {
    return this.#seen.filter((each) => !isOfLink(each));
  }

  /** ICMPv6 messages of the node of a kind, in clear. */
  messages<K extends Icmpv6Message['kind']>(
    kind: K,
  ): (Seen & { readonly message: Icmpv6MessageOf<K> })[] {
    return this.#seen.flatMap((each) =>
      isOfKind(each.icmpv6, kind) ? [{ ...each, message: each.icmpv6 }] : [],
    );
  }

  /** Forgets what was seen. */
  take(): Seen[] {
    this.#updates.length = 0;
    return this.#seen.splice(0);
  }

  events(level: LogEntry['level']): string[] {
    return this.log.filter((entry) => entry.level === level).map(({ event }) => event);
  }

  /** Events of a kind that the node told. */
  told(kind: keyof MobileNodeEvents): object[] {
    return this.happened.filter((each) => each.kind === kind).map(({ event }) => event);
  }

  /** Puts a packet on the link that the node stands on. */
  deliver(packet: Uint8Array, link: LinkName = this.whereabouts): void {
    this.links[link].router.send(packet);
    this.scheduler.advance(5);
  }

  get whereabouts(): LinkName {
    const { link } = this.port;
    for (const name of ['one', 'two', 'home'] as const) {
      if (this.links[name].link === link) return name;
    }
    throw new Error('nowhere');
  }

  /** Answers an update as the home agent does. */
  acknowledge(update: Update, fields: AcknowledgementFields = {}): void {
    const homeAddress = fields.homeAddress ?? update.homeAddress;
    const wireSource = fields.source ?? ip(update.destination);
    const isAway = update.homeAddressOption !== undefined;
    const routing = fields.routing ?? (isAway ? homeAddress : 'none');
    const destination = fields.destination ?? ip(update.source);
    const message: MobilityMessage = {
      kind: 'binding-acknowledgement',
      status: fields.status ?? 0,
      flags: fields.flags ?? 0,
      sequence: fields.sequence ?? update.sequence,
      lifetime: (fields.lifetime ?? update.lifetime) / 4,
    };
    this.sendSignalling(message, fields.options ?? [], {
      source: wireSource,
      destination,
      routing,
      isProtected: fields.isProtected,
      link: fields.link,
    });
    if (fields.status === undefined || fields.status < 128) {
      const local = ip(update.destination);
      const ends = { local, remote: destination, homeAddress };
      this.agentIpsec?.moveTunnel(homeAddress, update.lifetime === 0 ? undefined : ends);
    }
  }

  /** A Mobility Header of the home agent. */
  sendSignalling(
    message: MobilityMessage,
    options: readonly MobilityOption[],
    where: {
      readonly source?: Uint8Array;
      readonly destination: Uint8Array;
      readonly routing: Uint8Array | 'none';
      readonly isProtected?: boolean | undefined;
      readonly link?: LinkName | undefined;
    },
  ): void {
    const { source = AGENT, destination, routing } = where;
    const final = routing === 'none' ? destination : routing;
    const payload = encodeMobilityHeader(message, options, { source, destination: final });
    this.sendUpper(NEXT_HEADER.mobility, payload, where);
  }

  /** An ICMPv6 message of the home agent. */
  sendIcmpv6(
    message: Icmpv6Message,
    where: {
      readonly source?: Uint8Array;
      readonly destination: Uint8Array;
      readonly routing: Uint8Array | 'none';
      readonly isProtected?: boolean | undefined;
      readonly link?: LinkName | undefined;
    },
  ): void {
    const { source = AGENT, destination, routing } = where;
    const final = routing === 'none' ? destination : routing;
    this.sendUpper(
      NEXT_HEADER.icmpv6,
      encodeIcmpv6(message, { source, destination: final }),
      where,
    );
  }

  /** An upper layer of the home agent's, protected as its policies say unless told otherwise. */
  sendUpper(
    protocol: number,
    payload: Uint8Array,
    where: {
      readonly source?: Uint8Array;
      readonly destination: Uint8Array;
      readonly routing: Uint8Array | 'none';
      readonly isProtected?: boolean | undefined;
      readonly link?: LinkName | undefined;
    },
  ): void {
    const { source = AGENT, destination, routing } = where;
    const wire = {
      source,
      destination,
      homeAddressOption: undefined,
      type2RoutingHeader: routing === 'none' ? undefined : routing,
    };
    const selectors = {
      source,
      destination: routing === 'none' ? destination : routing,
      protocol,
      type: upperLayerType(protocol, payload),
      isTunnelled: false,
    };
    const decision = where.isProtected === false ? undefined : this.agentIpsec?.outbound(selectors);
    const sealed =
      decision?.kind === 'transport'
        ? decision.protect(protocol, payload, wire)
        : { protocol, payload };
    this.links[where.link ?? this.whereabouts].router.send(
      encodePacket(wire, sealed.protocol, sealed.payload, 60),
    );
  }

  /** A packet through the tunnel of the home agent. */
  tunnel(
    inner: Uint8Array,
    fields: {
      readonly source?: Uint8Array;
      readonly careOf?: Uint8Array;
      readonly isProtected?: boolean;
      readonly homeAddress?: Uint8Array;
      readonly link?: LinkName;
    } = {},
  ): void {
    const { source = AGENT, careOf = this.careOf, homeAddress = HOME } = fields;
    const wire = {
      source,
      destination: careOf,
      homeAddressOption: undefined,
      type2RoutingHeader: undefined,
    };
    const decision =
      fields.isProtected === false
        ? undefined
        : this.agentIpsec?.outbound(selectorsOf(inner, homeAddress));
    const sealed =
      decision?.kind === 'tunnel'
        ? decision.protect(NEXT_HEADER.ipv6, inner, wire)
        : { protocol: NEXT_HEADER.ipv6, payload: inner };
    this.deliver(encodePacket(wire, sealed.protocol, sealed.payload, 60), fields.link);
  }

  /** Primary care-of address. */
  get careOf(): Uint8Array {
    const { primaryCareOfAddress } = this.node.movement;
    if (primaryCareOfAddress === undefined) throw new Error('no care-of address');
    return primaryCareOfAddress;
  }

  /** Sends an echo request of the node. @returns what was on the wire */
  ping(source: Uint8Array, destination = CORRESPONDENT): Seen[] {
    this.take();
    const payload = encodeIcmpv6(echo('echo-request'), { source, destination });
    this.host.send({ source, destination, protocol: NEXT_HEADER.icmpv6, payload });
    this.scheduler.advance(5);
    return this.packets();
  }

  /** What a packet of the node is to the home agent. */
  open(seen: Seen): Opened {
    const inbound = inboundPacket(seen.bytes.slice(), undefined, undefined, []);
    const result = walkHeaders(inbound, {
      knowsHomeAddressOption: true,
      hasBinding: () => true,
      isHomeAddress: () => true,
      open: (packet, protocol, offset) =>
        this.agentIpsec?.open(packet, protocol, offset) ?? {
          kind: 'refused',
          reason: 'no-association',
        },
    });
    const isOpen = result.kind === 'upper-layer';
    return {
      seen,
      inbound,
      isProtected: isOpen && inbound.protection !== undefined,
      inner: isOpen && inbound.protocol === NEXT_HEADER.ipv6 ? inbound.payload.slice() : undefined,
    };
  }

  close(): void {
    this.node.close();
    this.host.close();
  }

  #take(seen: Seen): void {
    this.#seen.push(seen);
    const isForAgent = this.#agents.some((each) => isSameAddress(each, ip(seen.destination)));
    if (!isForAgent) return;
    const update = this.#updateOf(seen);
    if (update === undefined) return;
    this.#updates.push(update);
    const fields = this.answer(update);
    if (fields === undefined) return;
    const link = seen.link === 'one' || seen.link === 'two' ? seen.link : 'home';
    this.scheduler.after(1, () => {
      this.acknowledge(update, { link, ...fields });
    });
  }

  #updateOf(seen: Seen): Update | undefined {
    const { inbound, isProtected } = this.open(seen);
    if (inbound.protocol !== NEXT_HEADER.mobility) return undefined;
    const clear = readPacket(
      ipv6Packet({
        source: inbound.source,
        destination: inbound.destination,
        protocol: NEXT_HEADER.mobility,
        payload: inbound.payload.slice(),
      }),
    );
    const { mobility } = clear;
    if (mobility?.message.kind !== 'binding-update') return undefined;
    const { message, options } = mobility;
    const alternate = options.find((each) => each.kind === 'alternate-care-of-address');
    return {
      seen,
      at: seen.at,
      message,
      options,
      isProtected,
      source: seen.source,
      homeAddressOption:
        inbound.homeAddressOption === undefined
          ? undefined
          : formatAddress(inbound.homeAddressOption),
      homeAddress: inbound.source.slice(),
      destination: seen.destination,
      alternateCareOf:
        alternate?.kind === 'alternate-care-of-address'
          ? formatAddress(alternate.careOfAddress)
          : undefined,
      sequence: message.sequence,
      lifetime: message.lifetime * 4,
    };
  }
}

const EVENTS = [
  'moved',
  'homeRegistered',
  'returningHome',
  'returnedHome',
  'homeRegistrationLost',
  'homePrefixChanged',
  'tunnelled',
  'stopping',
] as const;

function isOfKind<K extends Icmpv6Message['kind']>(
  message: Icmpv6Message | undefined,
  kind: K,
): message is Icmpv6MessageOf<K> & Icmpv6Message {
  return message?.kind === kind;
}

/** An echo request or reply. */
export function echo(kind: 'echo-request' | 'echo-reply'): Icmpv6Message {
  return { kind, code: 0, identifier: 7, sequence: 1, data: Uint8Array.of(1, 2, 3) };
}

/** A whole echo request. */
export function echoPacket(source: Uint8Array, destination: Uint8Array, hopLimit = 60): Uint8Array {
  const payload = encodeIcmpv6(echo('echo-request'), { source, destination });
  return ipv6Packet({ source, destination, hopLimit, protocol: NEXT_HEADER.icmpv6, payload });
}

/** Whether two addresses given as octets and text are the same. */
export function isAddress(address: Uint8Array | undefined, text: string): boolean {
  return address !== undefined && addressKey(address) === addressKey(ip(text));
}

/** Text of an address. */
export const text = (address: Uint8Array): string => formatAddress(address);
