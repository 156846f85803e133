/**
 * Packets inside tunnels: who speaks through which tunnel, and whether control protocols do.
 *
 * Costs a hash a packet; only what is new in its second becomes an event.
 */
import { u16, u8 } from '../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import type { EngineEvent } from './events.ts';
import type { Admission } from './inline/admission.ts';
import type { Link } from './packet.ts';
import type { Level, PacketState } from './packet-state.ts';
import type { BindingTrafficCounter } from './state/binding-traffic.ts';
import type { HomeNetwork } from './state/home-network.ts';
import { ripngRoutes } from './tunnel-routes.ts';
import { TunnelLimit } from './tunnel-limit.ts';
import type { TunnelControl, TunnelDirection } from './tunnelled-event.ts';

/** Port of home agents for UDP encapsulation. RFC 5555 section 8. */
const DSMIPV6_PORT = 4191;
/** Ports of DHCPv6 (RFC 8415 section 7.2), RIPng (RFC 2080 section 2.1), Babel (RFC 8966) and BGP (RFC 4271). */
const DHCPV6_CLIENT = 546;
const DHCPV6_SERVER = 547;
const RIPNG = 521;
const BABEL = 6696;
const BGP = 179;
/** Protocol numbers of EIGRP, OSPF and PIM. */
const EIGRP = 88;
const OSPF = 89;
const PIM = 103;

/** Classes of upper layers that are limited on their own. */
const CLASS = { other: 0, tcp: 1, udp: 2, icmpv6: 3, mobility: 4, mld: 5, dhcpv6: 6, routing: 7 };

const CONTROL: readonly (TunnelControl | undefined)[] = [
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  'mld',
  'dhcpv6',
  'routing',
];

/** Whether an ICMPv6 type is one of Multicast Listener Discovery. RFC 2710 section 3, RFC 3810 section 5. */
function isListenerDiscovery(type: number): boolean {
  return (type >= 130 && type <= 132) || type === 143;
}

function isPort(bytes: Uint8Array, at: number, port: number): boolean {
  return u16(bytes, at) === port || u16(bytes, at + 2) === port;
}

/** Class of the upper layer of a level. */
function classOf({ view }: Level): number {
  const { upperBytes: bytes, upperOffset: at, upperEnd: end } = view;
  switch (view.upperProtocol) {
    case NEXT_HEADER.tcp:
      return at + 4 <= end && isPort(bytes, at, BGP) ? CLASS.routing : CLASS.tcp;
    case NEXT_HEADER.udp:
      if (at + 4 > end) return CLASS.udp;
      if (isPort(bytes, at, DHCPV6_CLIENT) || isPort(bytes, at, DHCPV6_SERVER)) return CLASS.dhcpv6;
      return isPort(bytes, at, RIPNG) || isPort(bytes, at, BABEL) ? CLASS.routing : CLASS.udp;
    case NEXT_HEADER.icmpv6:
      return at < end && isListenerDiscovery(u8(bytes, at)) ? CLASS.mld : CLASS.icmpv6;
    case NEXT_HEADER.mobility:
      return CLASS.mobility;
    case OSPF:
    case EIGRP:
    case PIM:
      return CLASS.routing;
    default:
      return CLASS.other;
  }
}

/** What is known of the traffic of bindings. */
type TunnelTraffic = Pick<BindingTrafficCounter, 'isInItsTunnel' | 'tell' | 'toldTunnel'>;

/** Tells of packets in tunnels. */
export class TunnelStage {
  readonly #packet: PacketState;
  readonly #home: HomeNetwork;
  readonly #emit: (event: EngineEvent) => void;
  readonly #limit: TunnelLimit;
  /** Every packet waits for its verdict. */
  readonly #isJudged: boolean;
  readonly #traffic: TunnelTraffic;
  readonly #wantsRepeats: (link: Link) => boolean;

  constructor(
    parts: {
      packet: PacketState;
      home: HomeNetwork;
      bindingTraffic: TunnelTraffic;
      /** Whether any rule wants to hear again what was told of a link less than a minute ago. */
      wantsRepeats: (link: Link) => boolean;
      emit: (event: EngineEvent) => void;
      admission?: Admission | undefined;
    },
    seed?: number,
  ) {
    this.#isJudged = parts.admission !== undefined;
    this.#packet = parts.packet;
    this.#home = parts.home;
    this.#emit = parts.emit;
    this.#traffic = parts.bindingTraffic;
    this.#wantsRepeats = parts.wantsRepeats;
    this.#limit = new TunnelLimit(seed);
  }

  /** A level with a tunnel around it, its headers walked and its ESP opened where a key fits. */
  inner(level: Level): void {
    const { view } = level;
    const outer = level.depth > 0 ? this.#packet.levels[level.depth - 1] : undefined;
    const limit = this.#limit;
    const kind = classOf(level);
    limit.start();
    if (outer !== undefined) {
      limit.addresses(outer.view.bytes, outer.view.source);
    } else if (level.ipv4 >= 0) {
      const { carrierBytes: bytes } = level;
      limit.octets(bytes, level.ipv4 + 12);
      limit.octets(bytes, level.ipv4 + 16);
      if (level.udp >= 0) limit.octets(bytes, level.udp);
    }
    if (level.greKey >= 0) limit.octets(level.carrierBytes, level.greKey);
    limit.endOfPair();
    limit.addresses(view.bytes, view.source);
    limit.number(kind);
    // What is judged is told packet by packet, but for what goes through its own tunnel.
    const isDue = limit.isDue(this.#packet.time);
    if (!isDue && (!this.#isJudged || this.#isExpected(level, outer, kind))) return;

    const base = this.#packet.levels[0];
    // IPv4 around the outermost IPv6 header is a tunnel of its own.
    const carried = base !== undefined && base.ipv4 >= 0 ? 1 : 0;
    const depth = level.depth + carried;
    const isExpected = depth === 1 && this.#isExpected(level, outer, kind);
    const isRepeated =
      isExpected && outer !== undefined && this.#traffic.tell(this.#packet, outer.view);
    if (isRepeated && !this.#wantsRepeats(this.#packet.link)) return;
    const told = isExpected ? this.#traffic.toldTunnel : undefined;

    const { upperBytes, upperOffset, upperEnd, upperProtocol } = view;
    const hasPorts =
      (upperProtocol === NEXT_HEADER.tcp || upperProtocol === NEXT_HEADER.udp) &&
      upperOffset + 4 <= upperEnd;
    const isRipng =
      kind === CLASS.routing &&
      upperProtocol === NEXT_HEADER.udp &&
      isPort(upperBytes, upperOffset, RIPNG);
    const routes = isRipng ? ripngRoutes(upperBytes, upperOffset, upperEnd) : undefined;
    this.#emit({
      kind: 'tunnelled',
      context: this.#packet.contextOf(level),
      direction: this.#direction(level, outer),
      protocol: upperProtocol,
      sourcePort: hasPorts ? u16(upperBytes, upperOffset) : -1,
      destinationPort: hasPorts ? u16(upperBytes, upperOffset + 2) : -1,
      control: CONTROL[kind],
      ...(routes === undefined ? {} : { routes }),
      depth,
      isExpected,
      isRepeated,
      ...(told === undefined ? {} : { told }),
    });
  }

  /** Whether payload, or a message that is judged for itself, goes through the tunnel of a registration. */
  #isExpected({ view }: Level, outer: Level | undefined, kind: number): boolean {
    const isPayload =
      kind === CLASS.other || kind === CLASS.tcp || kind === CLASS.udp || kind === CLASS.mobility;
    return (
      outer?.depth === 0 &&
      outer.ipv4 < 0 &&
      isPayload &&
      this.#traffic.isInItsTunnel(outer.view, view, this.#packet.time)
    );
  }

  #direction(level: Level, outer: Level | undefined): TunnelDirection {
    const home = this.#home;
    if (outer !== undefined) {
      const { bytes, source, destination } = outer.view;
      if (home.isHomeAgent(bytes, destination)) return 'to-home-agent';
      return home.isHomeAgent(bytes, source) ? 'from-home-agent' : 'other';
    }
    if (level.udp >= 0) {
      const { carrierBytes: bytes } = level;
      const isFrom = u16(bytes, level.udp) === DSMIPV6_PORT;
      const isTo = u16(bytes, level.udp + 2) === DSMIPV6_PORT;
      if (isTo !== isFrom) return isTo ? 'to-home-agent' : 'from-home-agent';
    }
    const { bytes, source, destination } = level.view;
    if (home.isHomeAddress(bytes, source) || home.isHomeAgent(bytes, destination)) {
      return 'to-home-agent';
    }
    return home.isHomeAddress(bytes, destination) || home.isHomeAgent(bytes, source)
      ? 'from-home-agent'
      : 'other';
  }
}
