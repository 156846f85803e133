/**
 * A home agent as a process between its home link and the rest of the world, with mobile nodes made of octets.
 */
import { formatAddress, parseAddress } from '../../dissectors/core/address.ts';
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import { encodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import { destinationOptions, homeAddressOption, ipv6Packet } from '../../dissectors/ipv6/build.ts';
import { NodeIpsec } from '../../nodes/ipsec/node-ipsec.ts';
import type { ProtectionDeclaration } from '../../nodes/ipsec/policy.ts';
import { SeededRandom } from '../../nodes/simulation/seeded-random.ts';
import { solicitedNodeGroup } from '../../nodes/interface/link-address.ts';
import { echoPacket } from '../nodes/correspondent-node/bench.ts';
import {
  AGENT,
  advertisements,
  echoRequest,
  hex,
  neighborDiscovery,
  onlyOne,
} from '../nodes/home-agent/bench.ts';
import type { Advertisement } from '../nodes/home-agent/bench.ts';
import { MobileSide } from '../nodes/home-agent/mobile-side.ts';
import type {
  Acknowledgement,
  LinkName,
  Seen,
  UpdateFields,
} from '../nodes/home-agent/mobile-side.ts';
import { associationsFor, protect, spiOf } from '../nodes/ipsec/protected-pair.ts';
import { WirePeer, ip, readPacket } from '../nodes/wire-peer.ts';
import { ErrorBudget } from './error-budget.ts';
import { WiredNode } from './wired-node.ts';

/** Hosts that ask whether everything before has been worked on: beyond the routers, and on the home link. */
const FENCES = { upstream: ip('2001:db8:fe::1'), home: ip('2001:db8:a::fe') } as const;
const FIRST_HOST = 0x1000;
const NEIGHBOR_DISCOVERY = [133, 134, 135, 136, 137, 143];
const PLAIN = {
  bindingUpdates: 'esp-transport',
  prefixDiscovery: 'none',
  homeTests: 'none',
  payload: 'none',
} as const;

/** A mobile node with its addresses. */
export class WiredMobile extends MobileSide {
  readonly careOf: Uint8Array;
  readonly next: Uint8Array;
  /** Of the last update that was made. */
  sequence = 10;

  constructor(number: number, ipsec: NodeIpsec) {
    const host = (FIRST_HOST + number).toString(16);
    super(ip(`2001:db8:a::${host}`), AGENT, ipsec);
    this.careOf = ip(`2001:db8:b::${host}`);
    this.next = ip(`2001:db8:d::${host}`);
  }

  override update(fields: UpdateFields): Uint8Array {
    return super.update({ careOf: this.careOf, ...fields });
  }
}

/** Where a mobile node differs, by number. */
export interface MobileChange {
  /** Its entry in the configuration. */
  readonly entry?: Readonly<Record<string, unknown>>;
  readonly protection?: Partial<ProtectionDeclaration>;
}

function keyOctets(length: number, first: number, number: number): string {
  const octets = Uint8Array.from({ length }, (_, i) => (first + 7 * i + 31 * number) & 0xff);
  return `0x${hex(octets)}`;
}

/** A row of a YAML key file. */
export interface KeyRow {
  readonly source: string;
  readonly destination: string;
  readonly spi: number;
  readonly mode: string;
  readonly encryption: string;
  readonly encryptionKey: string;
  readonly integrity: string;
  readonly integrityKey: string;
}

/** Rows of a key file: the keys of `protected-pair.ts`. To the home agent first, for each purpose. */
export function rowsFor(declaration: ProtectionDeclaration, offset: number): KeyRow[] {
  return associationsFor(declaration, 'home-agent', { offset }).map(({ spi, mode, direction }) => {
    const home = formatAddress(declaration.homeAddress);
    const agent = formatAddress(declaration.homeAgent);
    return {
      source: direction === 'in' ? home : agent,
      destination: direction === 'in' ? agent : home,
      ...{ spi, mode, encryption: 'AES-CBC', integrity: 'HMAC-SHA1' },
      encryptionKey: keyOctets(16, 1, spi),
      integrityKey: keyOctets(20, 101, spi),
    };
  });
}

/** The process and what is around it. */
export class WiredHomeAgent {
  readonly node: WiredNode;
  readonly homePeer: WirePeer;
  readonly upstreamPeer: WirePeer;
  readonly #mobiles: WiredMobile[] = [];
  readonly #problems = new ErrorBudget();
  readonly #errors = new ErrorBudget();
  #seen: Seen[] = [];
  #given = 0;
  #fences = 0;

  /** @param changes by number, from 1 */
  constructor(
    count: number,
    changes: Readonly<Record<number, MobileChange>> = {},
    homeAgent: Readonly<Record<string, unknown>> = {},
  ) {
    const mobileNodes: object[] = [];
    const rows: object[] = [];
    for (let number = 1; number <= count; number++) {
      const ipsec = new NodeIpsec({ random: new SeededRandom(number) });
      const mobile = new WiredMobile(number, ipsec);
      const { entry = {}, protection = {} } = changes[number] ?? {};
      const addresses = { homeAddress: mobile.home, homeAgent: AGENT };
      const declaration: ProtectionDeclaration = { ...addresses, ...PLAIN, ...protection };
      protect(ipsec, declaration, 'mobile-node', { offset: number });
      rows.push(...rowsFor(declaration, number));
      const spis = Object.fromEntries(
        (['binding', 'home-tests', 'prefix-discovery', 'payload'] as const).map((purpose) => {
          const toHomeAgent = spiOf(purpose, number);
          return [purpose, { toHomeAgent, toMobileNode: toHomeAgent + 1 }];
        }),
      );
      mobileNodes.push({ homeAddress: mobile.name, ipsec: protection, spis, ...entry });
      this.#mobiles.push(mobile);
    }
    this.node = new WiredNode({
      role: 'home-agent',
      links: ['home', 'upstream'],
      files: {
        'keys.yaml': `associations:\n${rows.map((row) => `  - ${JSON.stringify(row)}\n`).join('')}`,
      },
      configuration: {
        links: [
          { interface: 'home', addresses: [`${formatAddress(AGENT)}/64`] },
          { interface: 'upstream', addresses: ['2001:db8:9::2/64'], router: 'fe80::1' },
        ],
        keys: ['keys.yaml'],
        ipsec: PLAIN,
        homeAgent: {
          prefixes: [
            {
              prefix: '2001:db8:a::/64',
              interface: 'home',
              agentAddress: formatAddress(AGENT),
            },
          ],
          mobileNodes,
          ...homeAgent,
        },
      },
    });
    this.homePeer = this.#peer('home', ip('fe80::aaaa'));
    this.homePeer.answerFor(FENCES.home);
    this.upstreamPeer = this.#peer('upstream', ip('fe80::1'));
  }

  #peer(name: LinkName, linkLocal: Uint8Array): WirePeer {
    const port = this.node.link(name);
    port.tap = (frame, at) => {
      if (u16(frame, 12) !== 0x86dd) return;
      const packet = readPacket(frame.slice(14, 54 + u16(frame, 18)));
      this.#seen.push({ packet, link: name, at, linkDestination: hex(frame.subarray(0, 6)) });
    };
    return new WirePeer({ attach: () => port }, this.node.linkLayerAddress(name), linkLocal);
  }

  async start(): Promise<void> {
    await this.node.start();
    for (const link of ['upstream', 'home'] as const) {
      this.node.waitFor(`the home agent answers on ${link}`, () => {
        this.#send(echoPacket({ source: FENCES[link], destination: AGENT }), link);
        this.node.run(50);
        return this.take().some((each) => fenceOf(each) !== undefined);
      });
    }
  }

  remove(): Promise<void> {
    return this.node.remove();
  }

  /** A mobile node by number, from 1. */
  mobile(number: number): WiredMobile {
    const mobile = this.#mobiles[number - 1];
    if (mobile === undefined) throw new Error(`no mobile node ${number}`);
    return mobile;
  }

  /** Encryption key of a mobile node's updates, as the key file has it. */
  keyOf(number: number): string {
    return keyOctets(16, 1, spiOf('binding', number));
  }

  /** A mobile node that nobody has used; numbers go up. */
  fresh(): WiredMobile {
    this.#given++;
    return this.mobile(this.#given);
  }

  /**
   * Registers mobile nodes away from home that have no binding, all at once, with sequence 10. Each is acknowledged, and
   * right behind that asked for its groups, through its tunnel: when both have come, nothing more does.
   */
  register(mobiles: readonly WiredMobile[], fields: Partial<UpdateFields> = {}): void {
    const unacknowledged = new Set(mobiles);
    const packets: string[] = [];
    for (const mobile of mobiles) {
      this.#send(mobile.update({ sequence: 10, ...fields }), 'upstream');
    }
    this.node.waitFor('registrations', () => {
      const seen = this.take();
      packets.push(...seen.map(({ packet }) => packet.destination));
      for (const mobile of unacknowledged) {
        const isDone = mobile.acknowledgements(seen).some(({ status }) => status === 0);
        if (isDone) unacknowledged.delete(mobile);
      }
      const areAsked = mobiles.every(({ careOf }) => {
        const text = formatAddress(careOf);
        return packets.filter((destination) => destination === text).length >= 2;
      });
      return unacknowledged.size === 0 && areAsked;
    });
  }

  /** What the home agent has sent since the last time. */
  take(): Seen[] {
    const seen = this.#seen;
    this.#seen = [];
    this.homePeer.take();
    this.upstreamPeer.take();
    return seen;
  }

  /** Puts a packet on a link. @returns what the home agent sent because of it, neighbor discovery and all */
  deliverAll(packets: readonly Uint8Array[], link: LinkName = 'upstream'): Seen[] {
    this.#problems.await();
    this.#errors.await();
    this.node.collect();
    this.take();
    for (const packet of packets) this.#send(packet, link);
    const seen = this.#takeToFence(link);
    // What went to the other link is all there when that one answers.
    seen.push(...this.#takeToFence(link === 'home' ? 'upstream' : 'home'));
    const answers = seen.filter((each) => fenceOf(each) === undefined);
    const count = (isThis: (each: Seen) => boolean): number => answers.filter(isThis).length;
    this.#problems.spend(
      count(({ packet }) => packet.protocol === 58 && u8(packet.payload, 0) < 5),
    );
    this.#errors.spend(count(({ packet }) => packet.mobility?.mhType === 7));
    return answers;
  }

  /** What the home agent sends until it answers a ping on a link, which it does behind all that was sent there before. */
  #takeToFence(link: LinkName): Seen[] {
    this.#fences = (this.#fences + 1) & 0xffff;
    const number = this.#fences;
    this.#send(echoPacket({ source: FENCES[link], destination: AGENT }, number), link);
    const seen: Seen[] = [];
    this.node.waitFor(`an answer to the fence on ${link}`, () => {
      seen.push(...this.take());
      return seen.some((each) => fenceOf(each) === number);
    });
    return seen;
  }

  /** Puts a packet on a link. @returns what the home agent sent because of it, neighbor discovery left out */
  deliver(packet: Uint8Array, link: LinkName = 'upstream'): Seen[] {
    return withoutDiscovery(this.deliverAll([packet], link));
  }

  /** Lets time pass. @returns what the home agent sent meanwhile */
  run(milliseconds: number): Seen[] {
    this.node.run(milliseconds);
    return this.take();
  }

  /** Lets time pass until enough has come. @returns what came before, and what the home agent sent meanwhile */
  awaitSent(
    what: string,
    isEnough: (seen: readonly Seen[]) => boolean,
    before: readonly Seen[] = [],
  ): Seen[] {
    const seen = [...before];
    this.node.waitFor(what, () => {
      seen.push(...this.take());
      return isEnough(seen);
    });
    return seen;
  }

  /** Sends an update of a mobile node; answers come at once where it has a binding, or is refused. */
  update(mobile: WiredMobile, fields: UpdateFields): Acknowledgement[] {
    return mobile.acknowledgements(this.deliver(mobile.update(fields), fields.link ?? 'upstream'));
  }

  /** The same for one that has one answer. */
  answer(mobile: WiredMobile, fields: UpdateFields): Acknowledgement {
    return onlyOne(this.update(mobile, fields));
  }

  /** What the binding cache says of an echo request with a Home Address option. */
  ping({ home }: WiredMobile, careOf: Uint8Array): 'routed' | 'error' | 'none' {
    const payload = encodeIcmpv6(echoRequest(), { source: home, destination: AGENT });
    const packet = ipv6Packet({
      source: careOf,
      destination: AGENT,
      hopLimit: 60,
      headers: [destinationOptions([homeAddressOption(home)])],
      protocol: 58,
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

  /** Care-of address that a correspondent's packets for the home address are tunnelled to. */
  careOf({ home }: WiredMobile, link: LinkName = 'upstream'): string | undefined {
    const source = ip('2001:db8:c::9');
    const payload = encodeIcmpv6(echoRequest(), { source, destination: home });
    const packet = ipv6Packet({ source, destination: home, hopLimit: 60, protocol: 58, payload });
    for (const { packet: sent } of this.deliver(packet, link)) {
      if (sent.protocol !== 41) continue;
      if (readPacket(sent.payload).destination === formatAddress(home)) return sent.destination;
    }
    return undefined;
  }

  /** Neighbor solicitation on the home link. @returns advertisements about its target */
  solicit(
    target: Uint8Array,
    { source = ip('fe80::aaaa'), destination = solicitedNodeGroup(target) } = {},
  ): Advertisement[] {
    const message: Icmpv6Message = {
      kind: 'neighbor-solicitation',
      code: 0,
      targetAddress: target,
      options: [],
    };
    const sent = this.deliverAll([neighborDiscovery(message, source, destination)], 'home');
    const text = formatAddress(target);
    return advertisements(sent).filter((each) => each.target === text);
  }

  /** Duplicate address detection of somebody else on the home link. */
  probe(target: Uint8Array): Advertisement[] {
    return this.solicit(target, { source: new Uint8Array(16) });
  }

  /** Puts a packet on a link and goes on. */
  post(packet: Uint8Array, link: LinkName): void {
    this.#send(packet, link);
  }

  /** Alarms about an update, by what the process has said. */
  alarms(event: string): number {
    return this.node.said.split('\n').filter((line) => line.includes(` alarm ${event} `)).length;
  }

  #send(packet: Uint8Array, link: LinkName): void {
    (link === 'home' ? this.homePeer : this.upstreamPeer).send(packet);
  }
}

function fenceOf({ packet }: Seen): number | undefined {
  if (packet.icmpv6?.kind !== 'echo-reply') return undefined;
  const isFence = Object.values(FENCES).some(
    (fence) => formatAddress(fence) === packet.destination,
  );
  return isFence ? packet.icmpv6.sequence : undefined;
}

/** Packets that are no neighbor discovery. */
export function withoutDiscovery(seen: readonly Seen[]): Seen[] {
  return seen.filter(
    ({ packet }) => packet.protocol !== 58 || !NEIGHBOR_DISCOVERY.includes(u8(packet.payload, 0)),
  );
}

/** Link-local address with the interface identifier of a home address. */
export function linkLocalOf(home: Uint8Array): Uint8Array {
  const address = parseAddress('fe80::');
  if (address === undefined) throw new Error('no address');
  address.set(home.subarray(8), 8);
  return address;
}
