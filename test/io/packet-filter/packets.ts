/**
 * One packet of each kind, and the rule that has to take it.
 */
import { isIPv6 } from 'node:net';
import type { QueueHook, QueuePlace } from '../../../io/packet-filter/index.ts';

export const AGENT = '2001:db8:1::1';
export const HOME = '2001:db8:1::10';
export const CORRESPONDENT = '2001:db8:9::5';
/** Nodes that nobody protects. */
export const NODE = '2001:db8:7::7';
export const OTHER = '2001:db8:8::8';

/** Link-layer addresses of the ends: outside, inside, and of the machine between them towards the outside and the inside. */
export const MAC = {
  outside: '02005e00530a',
  inside: '02005e00530b',
  towardsOutside: '02005e005301',
  towardsInside: '02005e005302',
};

/** One header with what follows it up to the next; the first octet of an extension header is filled in. */
interface Part {
  readonly protocol: number;
  readonly octets: number[];
}

function part(protocol: number, octets: number[]): Part {
  return { protocol, octets };
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** Octets of an address that is written with one `::`. */
function addressOctets(text: string): number[] {
  if (!isIPv6(text)) throw new Error(`${text} is no address`);
  const [before = '', after = ''] = text.split('::');
  const groups = (side: string): string[] => side.split(':').filter((group) => group !== '');
  const middle = 8 - groups(before).length - groups(after).length;
  const all = [...groups(before), ...zeros(middle).map(String), ...groups(after)];
  return all.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

const EXTENSIONS = new Set([0, 43, 44, 51, 60]);

/** An IPv6 packet of headers one after another. */
function packet(from: string, to: string, ...parts: readonly Part[]): number[] {
  const payload = parts.flatMap(({ protocol, octets }, i) =>
    EXTENSIONS.has(protocol) ? [parts[i + 1]?.protocol ?? 59, ...octets.slice(1)] : octets,
  );
  const header = [0x60, 0, 0, 0, payload.length >> 8, payload.length & 255];
  const first = parts[0]?.protocol ?? 59;
  return [...header, first, 255, ...addressOctets(from), ...addressOctets(to), ...payload];
}

const hopByHop = part(0, [0, 0, 5, 2, 0, 0, 1, 0]);
const padding = part(60, [0, 0, 1, 4, 0, 0, 0, 0]);
const homeAddressOption = part(60, [0, 2, 1, 2, 0, 0, 201, 16, ...addressOctets(HOME)]);
const authentication = part(51, [0, 4, 0, 0, ...zeros(20)]);
const mobility = part(135, [59, 1, 5, 0, ...zeros(12)]);
const tcp = part(6, [0x80, 0, 0, 80, ...zeros(8), 0x50, 2, ...zeros(6)]);

function routing(type: number): Part {
  return part(43, [0, 2, type, 1, 0, 0, 0, 0, ...addressOctets(HOME)]);
}

/** @param place first octet of the fragment in the packet, a multiple of 8 */
function fragment(place: number, isLast: boolean): Part {
  const field = place | (isLast ? 0 : 1);
  return part(44, [0, 0, field >> 8, field & 255, 0, 0, 0, 7]);
}

function icmpv6(type: number): Part {
  return part(58, [type, ...zeros(23)]);
}

function udp(source: number, destination: number, length = 16): Part {
  const ports = [source >> 8, source & 255, destination >> 8, destination & 255];
  return part(17, [...ports, length >> 8, length & 255, ...zeros(length - 6)]);
}

function esp(length: number): Part {
  return part(50, [0, 0, 1, 0, ...zeros(length - 4)]);
}

/** One packet. */
export interface PacketCase {
  readonly name: string;
  readonly packet: readonly number[];
  /** Sent from inside. */
  readonly isFromInside?: boolean;
  /** With a tag of priority and no VLAN: IEEE 802.1Q. */
  readonly isTagged?: boolean;
  /** Where its reason begins; undefined: it stays in the kernel. */
  readonly rule: string | undefined;
}

const MARKER_RULE = 'ICMPv6 of mobility: Home Agent Address Discovery Reply';

/** What tells that everything before it has come by, from either side. */
export function marker(isFromInside: boolean): PacketCase {
  const octets = isFromInside ? packet(OTHER, NODE, icmpv6(145)) : packet(NODE, OTHER, icmpv6(145));
  return { name: 'marker', packet: octets, isFromInside, rule: MARKER_RULE };
}

/** Bulk traffic: nobody looks at it. */
const BULK: readonly PacketCase[] = [
  { name: 'TCP of others', packet: packet(NODE, OTHER, tcp), rule: undefined },
  { name: 'UDP of others', packet: packet(NODE, OTHER, udp(5000, 5001)), rule: undefined },
  { name: 'echo of others', packet: packet(NODE, OTHER, icmpv6(128)), rule: undefined },
  { name: 'ESP of others', packet: packet(NODE, OTHER, esp(64)), rule: undefined },
  { name: 'TCP to an agent', packet: packet(NODE, AGENT, tcp), rule: undefined },
  { name: 'UDP to an agent', packet: packet(NODE, AGENT, udp(53, 5001)), rule: undefined },
  {
    name: 'TCP from an agent',
    packet: packet(AGENT, NODE, tcp),
    isFromInside: true,
    rule: undefined,
  },
];

const MOBILITY: readonly PacketCase[] = [
  { name: 'Mobility Header', packet: packet(NODE, OTHER, mobility), rule: 'Mobility Header' },
  {
    name: 'Mobility Header behind hop-by-hop options',
    packet: packet(NODE, AGENT, hopByHop, mobility),
    rule: 'Mobility Header',
  },
  ...[144, 146, 147, 154].map((type) => ({
    name: `ICMPv6 ${type}`,
    packet: packet(NODE, OTHER, icmpv6(type)),
    rule: 'ICMPv6 of mobility',
  })),
];

/** To and from agents, with several queues. */
const AGENTS: readonly PacketCase[] = [
  {
    name: 'Binding Update with a Home Address option',
    packet: packet(NODE, AGENT, homeAddressOption, mobility),
    rule: 'Destination Options to or from an agent',
  },
  {
    name: 'Home Address option behind other options',
    packet: packet(NODE, AGENT, padding, routing(2), homeAddressOption, tcp),
    rule: 'Destination Options to or from an agent',
  },
  {
    name: 'type 2 routing header of an agent',
    packet: packet(AGENT, NODE, routing(2), mobility),
    isFromInside: true,
    rule: 'routing header to or from an agent',
  },
  {
    name: 'type 0 routing header',
    packet: packet(NODE, AGENT, routing(0), tcp),
    rule: 'routing header to or from an agent',
  },
  { name: 'AH', packet: packet(NODE, AGENT, authentication, mobility), rule: 'AH to or from' },
  {
    name: 'AH behind hop-by-hop options',
    packet: packet(NODE, AGENT, hopByHop, authentication, tcp),
    rule: 'AH to or from',
  },
  { name: 'short ESP', packet: packet(NODE, AGENT, esp(560)), rule: 'ESP of an agent' },
  {
    name: 'long ESP',
    packet: packet(NODE, AGENT, esp(568)),
    rule: 'longer than 600 octets, so payload: ESP',
  },
  {
    name: 'ESP of the agent',
    packet: packet(AGENT, NODE, esp(100)),
    isFromInside: true,
    rule: 'ESP of an agent',
  },
  {
    name: 'short IPv6 in IPv6',
    packet: packet(NODE, AGENT, part(41, packet(HOME, OTHER, mobility))),
    rule: 'IPv6 in IPv6',
  },
  {
    name: 'long IPv6 in IPv6',
    packet: packet(NODE, AGENT, part(41, packet(HOME, OTHER, udp(1, 2, 900)))),
    rule: 'longer than 600 octets, so payload: IPv6 in IPv6',
  },
  { name: 'IPv4 in IPv6', packet: packet(NODE, AGENT, part(4, zeros(20))), rule: 'IPv4 in IPv6' },
  { name: 'GRE', packet: packet(NODE, AGENT, part(47, zeros(60))), rule: 'GRE of an agent' },
  { name: 'IKE', packet: packet(NODE, AGENT, udp(500, 500)), rule: 'IKE of an agent' },
  {
    name: 'IKE answered to another port',
    packet: packet(AGENT, NODE, udp(4500, 40_000)),
    isFromInside: true,
    rule: 'IKE and ESP in UDP',
  },
  { name: 'DSMIPv6', packet: packet(NODE, AGENT, udp(6000, 4191)), rule: 'UDP encapsulation' },
  {
    name: 'long DSMIPv6',
    packet: packet(NODE, AGENT, udp(4191, 6000, 700)),
    rule: 'longer than 600 octets, so payload: UDP',
  },
  ...[1, 2, 3, 4].map((type) => ({
    name: `ICMPv6 error ${type} to an agent`,
    packet: packet(NODE, AGENT, icmpv6(type)),
    rule: 'error to or from an agent',
  })),
  {
    name: 'first fragment',
    packet: packet(NODE, AGENT, fragment(0, false), mobility),
    rule: 'fragment to or from an agent',
  },
  {
    name: 'later fragment that says TCP',
    packet: packet(NODE, AGENT, fragment(16, true), part(6, zeros(16))),
    rule: 'fragment to or from an agent',
  },
  {
    name: 'first fragment that is cut inside the header chain',
    packet: packet(NODE, AGENT, fragment(0, false), padding, part(60, [])),
    rule: 'fragment to or from an agent',
  },
  {
    name: 'later fragment behind options',
    packet: packet(NODE, AGENT, padding, fragment(16, true), part(58, zeros(16))),
    rule: 'fragment to or from an agent',
  },
];

const HOME_NETWORK: readonly PacketCase[] = [
  {
    name: 'Home Address option to a node at home',
    packet: packet(NODE, HOME, homeAddressOption, tcp),
    rule: 'Destination Options of the home network',
  },
  {
    name: 'type 2 routing header to a node at home',
    packet: packet(NODE, HOME, routing(2), tcp),
    rule: 'routing header of the home network',
  },
  { name: 'TCP to a node at home', packet: packet(NODE, HOME, tcp), rule: undefined },
];

const CORRESPONDENTS: readonly PacketCase[] = [
  {
    name: 'payload with a Home Address option',
    packet: packet(NODE, CORRESPONDENT, homeAddressOption, tcp),
    rule: 'Destination Options of a correspondent',
  },
  {
    name: 'payload with a type 2 routing header',
    packet: packet(CORRESPONDENT, NODE, routing(2), tcp),
    isFromInside: true,
    rule: 'routing header of a correspondent',
  },
  {
    name: 'Parameter Problem of a correspondent',
    packet: packet(CORRESPONDENT, NODE, icmpv6(4)),
    isFromInside: true,
    rule: 'Parameter Problem of a correspondent',
  },
  {
    name: 'fragment to a correspondent',
    packet: packet(NODE, CORRESPONDENT, fragment(16, true), part(17, zeros(16))),
    rule: 'fragment to a correspondent',
  },
  {
    name: 'fragment of a correspondent',
    packet: packet(CORRESPONDENT, NODE, fragment(16, true), part(17, zeros(16))),
    isFromInside: true,
    rule: undefined,
  },
  { name: 'TCP to a correspondent', packet: packet(NODE, CORRESPONDENT, tcp), rule: undefined },
];

/** What a link has, seen by a bridge. */
const LINK: readonly PacketCase[] = [
  ...[
    ['Router Solicitation', 133],
    ['Router Advertisement', 134],
    ['Neighbor Solicitation', 135],
    ['Neighbor Advertisement', 136],
    ['Redirect', 137],
  ].map(([name, type]) => ({
    name: String(name),
    packet: packet('fe80::7', 'ff02::1', icmpv6(Number(type))),
    rule: String(name),
  })),
  {
    name: 'Router Advertisement with a tag of priority',
    packet: packet('fe80::7', 'ff02::1', icmpv6(134)),
    isTagged: true,
    rule: 'Router Advertisement',
  },
  {
    name: 'Router Advertisement behind hop-by-hop options',
    packet: packet('fe80::7', 'ff02::1', hopByHop, icmpv6(134)),
    rule: 'Hop-by-Hop Options',
  },
  {
    name: 'Router Advertisement behind destination options',
    packet: packet('fe80::7', 'ff02::1', padding, icmpv6(134)),
    rule: 'Destination Options: Home Address option',
  },
  {
    name: 'Router Advertisement behind a routing header',
    packet: packet('fe80::7', 'ff02::1', routing(0), icmpv6(134)),
    rule: 'routing header: of type 2 or illegal',
  },
  {
    name: 'Router Advertisement in fragments, the first',
    packet: packet('fe80::7', 'ff02::1', fragment(0, false), padding, part(60, [])),
    rule: 'any fragment',
  },
  {
    name: 'Router Advertisement in fragments, a later one',
    packet: packet('fe80::7', 'ff02::1', fragment(8, true), part(60, icmpv6(134).octets)),
    rule: 'any fragment',
  },
  {
    name: 'DHCPv6 answer',
    packet: packet('fe80::7', 'ff02::1', udp(547, 546)),
    rule: 'DHCPv6 server',
  },
  {
    name: 'TCP from a home address',
    packet: packet(HOME, OTHER, tcp),
    rule: 'from a home address in clear',
  },
  {
    name: 'TCP to a home address',
    packet: packet(OTHER, HOME, tcp),
    isFromInside: true,
    rule: 'to a home address in clear',
  },
  { name: 'ESP to an agent', packet: packet(NODE, AGENT, esp(100)), rule: 'ESP of an agent' },
  { name: 'multicast TCP', packet: packet('fe80::7', 'ff02::1', tcp), rule: undefined },
];

/** Cases of a plan for these places. */
export function casesOf(hook: QueueHook, place: readonly QueuePlace[]): readonly PacketCase[] {
  if (hook === 'bridge') {
    return [
      ...BULK.filter(({ name }) => !name.includes('agent')),
      ...LINK,
      ...MOBILITY.slice(0, 1),
    ];
  }
  return [
    ...[...BULK, ...MOBILITY, ...AGENTS, ...HOME_NETWORK],
    ...(place.includes('correspondent') ? CORRESPONDENTS : []),
  ];
}

/** The Ethernet frame of a case. @param isRouted it is addressed to the machine between both ends */
export function frameOf(sent: PacketCase, isRouted: boolean): string {
  const { isFromInside = false, isTagged = false } = sent;
  const source = isFromInside ? MAC.inside : MAC.outside;
  const end = isFromInside ? MAC.outside : MAC.inside;
  const router = isFromInside ? MAC.towardsInside : MAC.towardsOutside;
  const octets = Buffer.from(sent.packet).toString('hex');
  return `${isRouted ? router : end}${source}${isTagged ? '8100e000' : ''}86dd${octets}`;
}
