/**
 * A mobile node as a process. Its router, its home agent and its correspondent are the other end of its link: they answer as
 * a test says.
 */
import { addressKey, formatAddress, isMulticast } from '../../dissectors/core/address.ts';
import { u16 } from '../../dissectors/core/bytes.ts';
import { encodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import { ethernetFrame, ipv6Packet } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MessageOf, MobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { walkHeaders } from '../../nodes/ip/header-walk.ts';
import { encodePacket, inboundPacket, selectorsOf, upperLayerType } from '../../nodes/ip/wire.ts';
import { NodeIpsec } from '../../nodes/ipsec/node-ipsec.ts';
import type { ProtectionDeclaration } from '../../nodes/ipsec/policy.ts';
import { SeededRandom } from '../../nodes/simulation/seeded-random.ts';
import { AGENT, HOME, NODE_LINK } from '../nodes/mobile-node/bench.ts';
import { isOfLink } from '../nodes/mobile-node/scripted-link.ts';
import { protect, spiOf } from '../nodes/ipsec/protected-pair.ts';
import { ip, readPacket } from '../nodes/wire-peer.ts';
import type { WirePacket } from '../nodes/wire-peer.ts';
import type { WireLink } from './wire-link.ts';
import { rowsFor } from './wired-home-agent.ts';
import { WiredNode } from './wired-node.ts';

const LINK = 'w0';
const IPV6_OCTETS = 40;
const ALL_NODES = ip('ff02::1');
const NUMBER = 1;

/** What the router of a link says. */
export interface Place {
  readonly linkLocal: Uint8Array;
  readonly prefix: Uint8Array;
  readonly prefixFlags: number;
  readonly flags: number;
}

/** Two foreign links and the home link, whose router is the home agent. */
export const PLACES = {
  one: { linkLocal: ip('fe80::1:1'), prefix: ip('2001:db8:1::'), prefixFlags: 0xc0, flags: 0 },
  two: { linkLocal: ip('fe80::2:1'), prefix: ip('2001:db8:2::'), prefixFlags: 0xc0, flags: 0 },
  home: { linkLocal: ip('fe80::a:1'), prefix: AGENT, prefixFlags: 0xe0, flags: 0x20 },
} as const satisfies Record<string, Place>;

/** A packet of the mobile node, without the protection that the home agent takes off. */
export interface SeenPacket {
  readonly wire: WirePacket;
  readonly at: number;
  /** Source of the frame and its destination. */
  readonly frame: Uint8Array;
  readonly isProtected: boolean;
  /** Upper layer, also of what ESP held. */
  readonly mobility: MobilityHeader | undefined;
  readonly homeAddressOption: string | undefined;
  /** Packet that was in a tunnel. */
  readonly inner: WirePacket | undefined;
}

/** A Binding Update. */
export interface SeenUpdate extends SeenPacket {
  readonly message: MessageOf<'binding-update'>;
  readonly options: readonly MobilityOption[];
}

/** How an acknowledgement differs from the right one. */
export interface AnswerFields {
  readonly status?: number;
  readonly sequence?: number;
  readonly isProtected?: boolean;
  readonly routing?: Uint8Array | 'none';
}

/** The process and everything around it. */
export class WiredMobileNode {
  readonly node: WiredNode;
  readonly #link: WireLink;
  readonly #ipsec = new NodeIpsec({ random: new SeededRandom(13) });
  place: Place = PLACES.one;
  /** Whether updates are acknowledged as they come. */
  answers = true;
  /** What a correspondent, or the home agent as a host, does with a packet; for what is no update to the home agent. */
  onPacket: ((packet: SeenPacket) => void) | undefined;
  #seen: SeenPacket[] = [];

  constructor(mobileNode: Readonly<Record<string, unknown>> = {}) {
    const declaration: ProtectionDeclaration = {
      homeAddress: HOME,
      homeAgent: AGENT,
      bindingUpdates: 'esp-transport',
      prefixDiscovery: 'esp',
      homeTests: 'esp',
      payload: 'esp',
    };
    protect(this.#ipsec, declaration, 'home-agent', { offset: NUMBER });
    const rows = rowsFor(declaration, NUMBER);
    const spis = Object.fromEntries(
      (['binding', 'home-tests', 'prefix-discovery', 'payload'] as const).map((purpose) => {
        const toHomeAgent = spiOf(purpose, NUMBER);
        return [purpose, { toHomeAgent, toMobileNode: toHomeAgent + 1 }];
      }),
    );
    this.node = new WiredNode({
      role: 'mobile-node',
      links: [LINK],
      files: {
        'keys.yaml': `associations:\n${rows.map((row) => `  - ${JSON.stringify(row)}\n`).join('')}`,
      },
      configuration: {
        links: [{ interface: LINK }],
        tun: { name: 'mip0', routes: ['default'] },
        keys: ['keys.yaml'],
        ipsec: { payload: 'esp' },
        mobileNode: {
          homeAddresses: [
            {
              address: `${formatAddress(HOME)}/64`,
              homeAgents: [formatAddress(AGENT)],
              spis,
            },
          ],
          homeLink: 'prefix',
          ...mobileNode,
        },
      },
    });
    // Care-of addresses follow from it.
    this.node.inside('ip', 'link', 'set', LINK, 'address', [...NODE_LINK].map(hexOctet).join(':'));
    this.#link = this.node.link(LINK);
    this.#link.onFrame = (frame) => {
      this.#take(frame);
    };
  }

  start(): Promise<void> {
    return this.node.start();
  }

  remove(): Promise<void> {
    return this.node.remove();
  }

  /** Packets since the last time, neighbor discovery and all. */
  take(): SeenPacket[] {
    this.node.collect();
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  /** Waits for a packet. @returns it, and forgets it and what came before it */
  await<T>(what: string, find: (packet: SeenPacket) => T | undefined): T {
    let found: T | undefined;
    this.node.waitFor(what, () => {
      for (;;) {
        const packet = this.#seen.shift();
        if (packet === undefined) return false;
        found = find(packet);
        if (found !== undefined) return true;
      }
    });
    if (found === undefined) throw new Error(what);
    return found;
  }

  /** Waits for the next update to an address. */
  awaitUpdate(to = AGENT): SeenUpdate {
    return this.await('a Binding Update', (packet) => updateOf(packet, to));
  }

  /** Lets time pass. @returns packets that are no neighbor discovery */
  run(milliseconds: number): SeenPacket[] {
    this.take();
    this.node.run(milliseconds);
    return this.take().filter(({ wire }) => !isOfLink(wire));
  }

  /** Plugs the node into another link. */
  move(place: Place): void {
    this.node.inside('ip', 'link', 'set', `${LINK}p`, 'down');
    this.place = place;
    this.node.run(100);
    this.node.inside('ip', 'link', 'set', `${LINK}p`, 'up');
  }

  /** Advertises the router of the place. */
  advertise(destination: Uint8Array = ALL_NODES): void {
    const { linkLocal, prefix, prefixFlags, flags } = this.place;
    const message: Icmpv6Message = {
      kind: 'router-advertisement',
      code: 0,
      currentHopLimit: 64,
      flags,
      routerLifetime: 1800,
      reachableTime: 0,
      retransTimer: 0,
      options: [
        { kind: 'source-link-layer-address', address: this.#link.linkLayerAddress },
        {
          kind: 'prefix-information',
          prefixLength: 64,
          flags: prefixFlags,
          validLifetime: 86_400,
          preferredLifetime: 14_400,
          prefix,
        },
      ],
    };
    this.#discover(message, linkLocal, destination);
  }

  /** Puts a packet on the link. */
  send(packet: Uint8Array): void {
    const destination = packet.slice(24, 40);
    const group = Uint8Array.of(0x33, 0x33, ...destination.subarray(12));
    this.#link.send(
      ethernetFrame({
        destination: isMulticast(destination) ? group : NODE_LINK,
        source: this.#link.linkLayerAddress,
        payload: packet,
      }),
    );
  }

  /** Answers an update as the home agent does, or not quite so. */
  acknowledge(update: SeenUpdate, fields: AnswerFields = {}): void {
    const { status = 0, sequence = update.message.sequence } = fields;
    const isAway = update.homeAddressOption !== undefined;
    const routing = fields.routing ?? (isAway ? HOME : 'none');
    const destination = ip(update.wire.source);
    const final = routing === 'none' ? destination : routing;
    const { lifetime } = update.message;
    const payload = encodeMobilityHeader(
      { kind: 'binding-acknowledgement', status, flags: 0, sequence, lifetime },
      [],
      { source: AGENT, destination: final },
    );
    const wire = {
      source: AGENT,
      destination,
      homeAddressOption: undefined,
      type2RoutingHeader: routing === 'none' ? undefined : routing,
    };
    const protocol = NEXT_HEADER.mobility;
    const decision = this.#ipsec.outbound({
      source: AGENT,
      destination: HOME,
      protocol,
      type: upperLayerType(protocol, payload),
      isTunnelled: false,
    });
    const isProtected = fields.isProtected !== false && decision.kind === 'transport';
    const sealed = isProtected ? decision.protect(protocol, payload, wire) : { protocol, payload };
    this.send(encodePacket(wire, sealed.protocol, sealed.payload, 60));
    if (status < 128) {
      const ends = { local: AGENT, remote: destination, homeAddress: HOME };
      this.#ipsec.moveTunnel(HOME, lifetime === 0 ? undefined : ends);
    }
  }

  /** Sends a packet through the tunnel of the home agent. */
  tunnel(
    inner: Uint8Array,
    careOf: Uint8Array,
    { source = AGENT, isProtected = true }: { source?: Uint8Array; isProtected?: boolean } = {},
  ): void {
    const wire = {
      source,
      destination: careOf,
      homeAddressOption: undefined,
      type2RoutingHeader: undefined,
    };
    const decision = this.#ipsec.outbound(selectorsOf(inner, HOME));
    const sealed =
      isProtected && decision.kind === 'tunnel'
        ? decision.protect(NEXT_HEADER.ipv6, inner, wire)
        : { protocol: NEXT_HEADER.ipv6, payload: inner };
    this.send(encodePacket(wire, sealed.protocol, sealed.payload, 60));
  }

  #take(frame: Uint8Array): void {
    if (u16(frame, 12) !== 0x86dd) return;
    const wire = readPacket(frame.slice(14, 14 + IPV6_OCTETS + u16(frame, 18)));
    const packet = this.#open(wire, frame.slice(0, 14));
    this.#seen.push(packet);
    this.#answerDiscovery(wire);
    const update = updateOf(packet, AGENT);
    if (update !== undefined && this.answers) this.acknowledge(update);
    this.onPacket?.(packet);
  }

  #open(wire: WirePacket, frame: Uint8Array): SeenPacket {
    const inbound = inboundPacket(wire.bytes.slice(), undefined, undefined, []);
    const isForAgent = wire.destination === formatAddress(AGENT);
    const walked = isForAgent
      ? walkHeaders(inbound, {
          knowsHomeAddressOption: true,
          hasBinding: () => true,
          isHomeAddress: () => false,
          open: (each, protocol, offset) => this.#ipsec.open(each, protocol, offset),
        })
      : undefined;
    const base = {
      wire,
      frame,
      at: performance.now(),
      homeAddressOption: wire.homeAddressOption,
      isProtected: inbound.protection !== undefined,
    };
    if (walked?.kind !== 'upper-layer') {
      return { ...base, mobility: wire.mobility, inner: undefined };
    }
    const { protocol, payload, source, destination } = inbound;
    const clear = readPacket(
      ipv6Packet({ source, destination, protocol, payload: payload.slice() }),
    );
    return {
      ...base,
      isProtected: inbound.protection !== undefined,
      mobility: clear.mobility,
      inner: protocol === NEXT_HEADER.ipv6 ? readPacket(payload.slice()) : undefined,
    };
  }

  #answerDiscovery({ icmpv6, source, ends }: WirePacket): void {
    if (icmpv6?.kind === 'router-solicitation') {
      this.advertise();
      return;
    }
    if (icmpv6?.kind !== 'neighbor-solicitation' || source === '::') return;
    const { linkLocal, flags } = this.place;
    const target = icmpv6.targetAddress;
    const isAgent = flags !== 0 && addressKey(target) === addressKey(AGENT);
    if (addressKey(target) !== addressKey(linkLocal) && !isAgent) return;
    this.#discover(
      {
        kind: 'neighbor-advertisement',
        code: 0,
        flags: 0xe000_0000,
        targetAddress: target,
        options: [{ kind: 'target-link-layer-address', address: this.#link.linkLayerAddress }],
      },
      target,
      ends.source,
    );
  }

  #discover(message: Icmpv6Message, source: Uint8Array, destination: Uint8Array): void {
    const payload = encodeIcmpv6(message, { source, destination });
    this.send(
      ipv6Packet({ source, destination, hopLimit: 255, protocol: NEXT_HEADER.icmpv6, payload }),
    );
  }
}

function hexOctet(octet: number): string {
  return octet.toString(16).padStart(2, '0');
}

/** A packet as an update to somebody. */
export function updateOf(packet: SeenPacket, to: Uint8Array): SeenUpdate | undefined {
  const message = packet.mobility?.message;
  if (message?.kind !== 'binding-update') return undefined;
  if (packet.wire.destination !== formatAddress(to)) return undefined;
  return { ...packet, message, options: packet.mobility?.options ?? [] };
}
