/**
 * Message ladders: who said what to whom, made of the field trees of packets.
 */
import { formatAddress, formatMac } from '../../dissectors/core/address.ts';
import { find, findAll, letters } from '../../dissectors/core/node-text.ts';
import type { Dissection, FieldNode } from '../../dissectors/core/node.ts';
import { summarize } from '../../dissectors/summary.ts';
import type { Severity } from '../rule-api.ts';
import type { Ladder, LadderLane, LadderStep } from './model/state.ts';

/** Roles of lanes in the order in which they are drawn. */
const ROLES = ['mobile-node', 'attacker', 'home-agent', 'correspondent', 'other'] as const;
type LaneRole = (typeof ROLES)[number];

const LANE_NAMES: Readonly<Record<LaneRole, string>> = {
  'mobile-node': 'MN',
  attacker: 'ATK',
  'home-agent': 'HA',
  correspondent: 'CN',
  other: 'other',
};

/** Addresses of a lane that are told. */
const MAX_LANE_ADDRESSES = 8;
/** Headers of a layout; a hostile packet may have more. */
const MAX_HEADERS = 16;
/** Notes of a ladder. */
const MAX_NOTES = 32;
/** Longest label, characters. */
const MAX_LABEL = 96;

/** Addresses of the parties: text of IPv6 and link-layer addresses. */
export type LadderParties = Readonly<Record<Exclude<LaneRole, 'other'>, ReadonlySet<string>>>;

/** Mobility Header messages by MH Type (RFC 6275 section 6.1). */
const MOBILITY: readonly string[] = ['BRR', 'HoTI', 'CoTI', 'HoT', 'CoT', 'BU', 'BA', 'BE'];

/** ICMPv6 messages by type (RFC 4861 section 4, RFC 6275 sections 6.5 to 6.8). */
const ICMPV6: Readonly<Record<number, string>> = {
  1: 'Unreachable',
  2: 'Too Big',
  3: 'Time Exceeded',
  4: 'Parameter Problem',
  133: 'RS',
  134: 'RA',
  135: 'NS',
  136: 'NA',
  137: 'Redirect',
  144: 'HAAD Request',
  145: 'HAAD Reply',
  146: 'MPS',
  147: 'MPA',
};

/** What a ladder needs to know of a packet. */
export interface LadderFacts {
  /** Of the innermost IP header that is not that of a tunnel end. */
  readonly source: string;
  readonly destination: string;
  readonly linkSource: string | undefined;
  readonly linkDestination: string | undefined;
  readonly label: string;
  readonly layout: readonly string[];
  /** A Binding Update or Acknowledgement: for whom, and its sequence number. */
  readonly registration:
    | {
        readonly kind: 'update' | 'acknowledgement';
        readonly homeAddress: string;
        readonly sequence: number;
        /** An update that asks for an answer. */
        readonly isAsking: boolean;
      }
    | undefined;
}

/** A packet of a ladder at its place. */
export interface LadderPacket extends Pick<
  LadderStep,
  'packet' | 'number' | 'seconds' | 'isEvidence' | 'severity'
> {
  readonly facts: LadderFacts;
}

function valueOf(node: FieldNode, name: string): number | undefined {
  const value = find(node.children, name)?.value;
  return typeof value === 'number' ? value : undefined;
}

function addressOf(nodes: readonly FieldNode[], name: string): string | undefined {
  const value = find(nodes, name)?.value;
  return value instanceof Uint8Array && value.length === 16 ? formatAddress(value) : undefined;
}

function macOf(nodes: readonly FieldNode[], name: string): string | undefined {
  const value = find(nodes, name)?.value;
  return value instanceof Uint8Array && value.length === 6 ? formatMac(value, 0, 6) : undefined;
}

/** Headers that tell how a message travelled: `HAO`, `ESP`, `RH2`, `tunnel`, in order. */
export function layoutWords(nodes: readonly FieldNode[]): string[] {
  const words: string[] = [];
  let source: FieldNode | undefined;
  for (const node of nodes) {
    if (words.length >= MAX_HEADERS) break;
    const { name } = node;
    if (name === 'ipv6' || name === 'ip') {
      // A packet put together from fragments repeats the header of its last fragment.
      const isSame = source !== undefined && hasSameEnds(source, node);
      if (source !== undefined && !isSame) words.push('tunnel');
      source = node;
    } else if (name === 'ipv6.dstopts') {
      if (find(node.children, 'ipv6.opt.mipv6.home_address') !== undefined) words.push('HAO');
    } else if (name === 'ipv6.routing') {
      const isType2 = find(node.children, 'ipv6.routing.mipv6.home_address') !== undefined;
      words.push(isType2 ? 'RH2' : 'RH');
    } else if (name === 'esp') words.push('ESP');
    else if (name === 'ah') words.push('AH');
    else if (name === 'ipv6.fraghdr') words.push('fragment');
    else if (name === 'gre') words.push('GRE');
    else if (name === 'udpencap') words.push('UDP');
  }
  return words;
}

function hasSameEnds(a: FieldNode, b: FieldNode): boolean {
  return (
    a.name === b.name &&
    addressOf(a.children, 'ipv6.src') === addressOf(b.children, 'ipv6.src') &&
    addressOf(a.children, 'ipv6.dst') === addressOf(b.children, 'ipv6.dst')
  );
}

function part(name: string, value: number | undefined): string {
  return value === undefined ? '' : ` ${name} ${value}`;
}

/** Single letters of the flags: `A H`. */
function flagsOf(node: FieldNode, name: string): string {
  const found = letters(node, name)?.replaceAll(/[^A-Z]/g, '') ?? '';
  return found === '' ? '' : ` ${found.replaceAll(/(?<=.)(?=.)/g, ' ')}`;
}

function mobilityLabel(node: FieldNode, info: string): string {
  const type = valueOf(node, 'mip6.mhtype');
  const seconds = (name: string): number | undefined => {
    const units = valueOf(node, name);
    return units === undefined ? undefined : units * 4;
  };
  switch (type) {
    case 5:
      return `BU${part('seq', valueOf(node, 'mip6.bu.seqnr'))}${part('lifetime', seconds('mip6.bu.lifetime'))}${flagsOf(node, 'mip6.bu.flags')}`;
    case 6:
      return `BA${part('status', valueOf(node, 'mip6.ba.status'))}${part('seq', valueOf(node, 'mip6.ba.seqnr'))}${part('lifetime', seconds('mip6.ba.lifetime'))}`;
    case 7:
      return `BE${part('status', valueOf(node, 'mip6.be.status'))}`;
    case 3:
      return `HoT${part('nonce', valueOf(node, 'mip6.hot.nindex'))}`;
    case 4:
      return `CoT${part('nonce', valueOf(node, 'mip6.cot.nindex'))}`;
    default:
      return MOBILITY[type ?? -1] ?? info;
  }
}

function icmpv6Label(node: FieldNode, info: string): string {
  const type = valueOf(node, 'icmpv6.type') ?? -1;
  const word = ICMPV6[type];
  if (word === undefined) return info;
  if (type !== 134) return word;
  const prefixes = findAll(node.children, 'icmpv6.opt.prefix')
    .filter(({ value }) => value instanceof Uint8Array)
    .map(({ text }) => text);
  const isAgent = valueOf(node, 'icmpv6.nd.ra.flag.h') === 1;
  const shown = prefixes.slice(0, 2).join(', ');
  return `RA${shown === '' ? '' : ` ${shown}`}${isAgent ? ' H' : ''}`;
}

function labelOf(nodes: readonly FieldNode[], protocol: string, info: string): string {
  const inner = nodes.findLast(({ name }) => name === 'mip6' || name === 'icmpv6');
  if (inner?.name === 'mip6') return mobilityLabel(inner, info);
  if (inner?.name === 'icmpv6') return icmpv6Label(inner, info);
  return `${protocol} ${info}`;
}

/** Facts of a packet. Never throws. */
export function ladderFacts(dissection: Dissection): LadderFacts {
  const { nodes } = dissection;
  const { source, destination, protocol, info } = summarize(dissection);
  const mobility = nodes.findLast(({ name }) => name === 'mip6');
  const at = mobility === undefined ? -1 : nodes.lastIndexOf(mobility);
  const ip = at < 0 ? undefined : nodes.findLastIndex(({ name }, i) => i < at && name === 'ipv6');
  const headers = ip === undefined || ip < 0 ? [] : nodes.slice(ip, at);
  return {
    source,
    destination,
    linkSource: macOf(nodes, 'eth.src'),
    linkDestination: macOf(nodes, 'eth.dst'),
    label: labelOf(nodes, protocol, info).slice(0, MAX_LABEL),
    layout: layoutWords(nodes),
    registration:
      mobility === undefined ? undefined : registrationOf(mobility, headers, source, destination),
  };
}

function registrationOf(
  node: FieldNode,
  headers: readonly FieldNode[],
  source: string,
  destination: string,
): LadderFacts['registration'] {
  const type = valueOf(node, 'mip6.mhtype');
  if (type === 5) {
    const sequence = valueOf(node, 'mip6.bu.seqnr');
    if (sequence === undefined) return undefined;
    return {
      kind: 'update',
      homeAddress: addressOf(headers, 'ipv6.opt.mipv6.home_address') ?? source,
      sequence,
      isAsking: valueOf(node, 'mip6.bu.a_flag') === 1,
    };
  }
  const sequence = type === 6 ? valueOf(node, 'mip6.ba.seqnr') : undefined;
  if (sequence === undefined) return undefined;
  return {
    kind: 'acknowledgement',
    homeAddress: addressOf(headers, 'ipv6.routing.mipv6.home_address') ?? destination,
    sequence,
    isAsking: false,
  };
}

/** Whose lane an address is in. Whose machine it is says more than whose name it uses. */
export function laneOf(
  address: string,
  linkAddress: string | undefined,
  parties: LadderParties,
): LaneRole {
  if (linkAddress !== undefined && parties.attacker.has(linkAddress)) return 'attacker';
  return (
    (['attacker', 'home-agent', 'mobile-node', 'correspondent'] as const).find((role) =>
      parties[role].has(address),
    ) ?? 'other'
  );
}

/** Registrations that asked for an answer and got none. */
function notesOf(packets: readonly LadderPacket[]): string[] {
  const notes: string[] = [];
  const told = new Set<string>();
  packets.forEach(({ number, facts: { registration } }, at) => {
    if (registration?.kind !== 'update' || !registration.isAsking) return;
    const { homeAddress, sequence } = registration;
    const key = `${homeAddress} ${sequence}`;
    if (told.has(key) || notes.length >= MAX_NOTES) return;
    const isAnswered = packets.slice(at + 1).some(({ facts: { registration: other } }) => {
      const isSame = other?.sequence === sequence && other.homeAddress === homeAddress;
      return isSame && other.kind === 'acknowledgement';
    });
    if (isAnswered) return;
    told.add(key);
    notes.push(
      `packet ${number}: no answer was seen to the Binding Update with sequence ${sequence}`,
    );
  });
  return notes;
}

/**
 * A ladder of packets in order.
 * @param dropped packets that were left out
 */
export function ladderOf(
  title: string,
  packets: readonly LadderPacket[],
  parties: LadderParties,
  dropped: number,
): Ladder {
  const arrows = packets.map((packet) => {
    const { source, destination, linkSource, linkDestination } = packet.facts;
    const isMulticast = /^ff/i.test(destination);
    return {
      packet,
      from: laneOf(source, linkSource, parties),
      to: isMulticast ? ('all' as const) : laneOf(destination, linkDestination, parties),
    };
  });
  const used = new Set<LaneRole>();
  const others = new Set<string>();
  for (const { from, to, packet } of arrows) {
    used.add(from);
    if (from === 'other') others.add(packet.facts.source);
    if (to === 'all') continue;
    used.add(to);
    if (to === 'other') others.add(packet.facts.destination);
  }
  const roles = ROLES.filter((role) => used.has(role));
  const lanes: LadderLane[] = roles.map((role) => ({
    role,
    name: LANE_NAMES[role],
    addresses: [...(role === 'other' ? others : parties[role])].slice(0, MAX_LANE_ADDRESSES),
  }));
  const steps: LadderStep[] = arrows.map(({ packet, from, to }) => ({
    packet: packet.packet,
    number: packet.number,
    seconds: packet.seconds,
    from: roles.indexOf(from),
    to: to === 'all' ? to : roles.indexOf(to),
    label: packet.facts.label,
    layout: packet.facts.layout,
    isEvidence: packet.isEvidence,
    severity: packet.severity satisfies Severity | undefined,
  }));
  return { title, lanes, steps, dropped, notes: notesOf(packets) };
}
