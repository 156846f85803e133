/**
 * One line for a packet, as a packet list shows it. Made of the field tree, so it says what the tree says.
 */
import { formatAddress, formatIpv4, formatMac } from './core/address.ts';
import type { Dissection, FieldNode } from './core/node.ts';
import { nameOfValue } from './core/layout.ts';
import { NEXT_HEADER_NAMES } from './ipv6/header.ts';

/** Columns of a packet list. Text is free of control characters. */
export interface PacketSummary {
  /** Wire addresses of the innermost IP header, else link-layer addresses; empty when there are none. */
  readonly source: string;
  readonly destination: string;
  /** Short name of the innermost protocol that is decoded. */
  readonly protocol: string;
  readonly info: string;
}

/** The first node with a filter name, in the order of the tree. */
function find(nodes: readonly FieldNode[], name: string): FieldNode | undefined {
  for (const node of nodes) {
    if (node.name === name) return node;
    const inner = find(node.children, name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function number(node: FieldNode, name: string): number | undefined {
  const value = find(node.children, name)?.value;
  return typeof value === 'number' ? value : undefined;
}

function text(node: FieldNode, name: string): string | undefined {
  return find(node.children, name)?.text;
}

/** `label value`, or nothing when the packet ends before the field. */
function part(label: string, value: number | string | undefined, unit = ''): string | undefined {
  return value === undefined ? undefined : `${label} ${value}${unit}`;
}

function join(parts: readonly (string | undefined)[]): string {
  return parts.filter((item) => item !== undefined && item !== '').join(' ');
}

/** Letters of the set flags, as the labels give them in brackets: `[AH]`. */
function letters(node: FieldNode, name: string): string | undefined {
  let set = '';
  for (const bit of find(node.children, name)?.children ?? []) {
    const letter = /\(([A-Z])\)$/.exec(bit.label)?.[1];
    if (bit.value === 1 && letter !== undefined) set += letter;
  }
  return set === '' ? undefined : `[${set}]`;
}

/** Name of a value, out of a text like `132 (Not home subnet)`. */
function valueName(node: FieldNode, name: string): string | undefined {
  const shown = text(node, name);
  return shown === undefined ? undefined : (/\((.*)\)$/.exec(shown)?.[1] ?? shown);
}

/** Lifetimes of bindings count units of 4 seconds. RFC 6275 section 6.1.7. */
function lifetime(node: FieldNode, name: string): string | undefined {
  const units = number(node, name);
  return units === undefined ? undefined : `lifetime ${units * 4} s`;
}

type Describe = (node: FieldNode) => string;

/** What is said of a mobility message after its name. */
const MOBILITY = new Map<string, Describe>([
  ['Home Test Init', (node) => join([part('cookie', text(node, 'mip6.hoti.cookie'))])],
  ['Care-of Test Init', (node) => join([part('cookie', text(node, 'mip6.coti.cookie'))])],
  ['Home Test', (node) => join([part('nonce index', number(node, 'mip6.hot.nindex'))])],
  ['Care-of Test', (node) => join([part('nonce index', number(node, 'mip6.cot.nindex'))])],
  [
    'Binding Update',
    (node) =>
      join([
        part('seq', number(node, 'mip6.bu.seqnr')),
        lifetime(node, 'mip6.bu.lifetime'),
        letters(node, 'mip6.bu.flags'),
      ]),
  ],
  [
    'Binding Acknowledgement',
    (node) =>
      join([
        part('status', text(node, 'mip6.ba.status')),
        part('seq', number(node, 'mip6.ba.seqnr')),
        lifetime(node, 'mip6.ba.lifetime'),
        letters(node, 'mip6.ba.flags'),
      ]),
  ],
  [
    'Binding Error',
    (node) =>
      join([
        part('status', text(node, 'mip6.be.status')),
        part('home', text(node, 'mip6.be.haddr')),
      ]),
  ],
]);

/** What mobility options add to the line. */
function mobilityOptions(node: FieldNode): string {
  const nonces = number(node, 'mip6.ni.hni');
  // Units of 4 seconds. RFC 6275 section 6.2.4.
  const refresh = number(node, 'mip6.bra.interval');
  return join([
    part('alt-coa', text(node, 'mip6.acoa.acoa')),
    nonces === undefined ? undefined : `nonces ${nonces}/${number(node, 'mip6.ni.cni') ?? '-'}`,
    find(node.children, 'mip6.bad.auth') === undefined ? undefined : 'authenticated',
    refresh === undefined ? undefined : `refresh ${refresh * 4} s`,
  ]);
}

function prefixes(node: FieldNode): string | undefined {
  const shown: string[] = [];
  for (const option of node.children) {
    const length = number(option, 'icmpv6.opt.prefix.length');
    // A route information option has no valid lifetime, and its prefix may be cut.
    if (
      length === undefined ||
      find(option.children, 'icmpv6.opt.prefix.valid_lifetime') === undefined
    ) {
      continue;
    }
    shown.push(`prefix ${text(option, 'icmpv6.opt.prefix') ?? ''}/${length}`);
  }
  return shown.length === 0 ? undefined : shown.join(' ');
}

function identifier(node: FieldNode): string | undefined {
  return part('id', number(node, 'icmpv6.mip6.identifier'));
}

/** What is said of an ICMPv6 message after its name, by type. */
const ICMPV6 = new Map<number, Describe>([
  [1, (node) => join([valueName(node, 'icmpv6.code')])],
  [2, (node) => join([part('MTU', number(node, 'icmpv6.mtu'))])],
  [3, (node) => join([valueName(node, 'icmpv6.code')])],
  [
    4,
    (node) =>
      join([valueName(node, 'icmpv6.code'), part('pointer', number(node, 'icmpv6.pointer'))]),
  ],
  [
    134,
    (node) =>
      join([
        letters(node, 'icmpv6.nd.ra.flag'),
        part('lifetime', number(node, 'icmpv6.nd.ra.router_lifetime'), ' s'),
        prefixes(node),
        part('preference', number(node, 'icmpv6.opt.home_agent_preference')),
      ]),
  ],
  [135, (node) => join([part('for', text(node, 'icmpv6.nd.ns.target_address'))])],
  [
    136,
    (node) =>
      join([
        part('of', text(node, 'icmpv6.nd.na.target_address')),
        letters(node, 'icmpv6.nd.na.flag'),
      ]),
  ],
  [
    137,
    (node) =>
      join([
        part('of', text(node, 'icmpv6.rd.na.destination_address')),
        part('to', text(node, 'icmpv6.nd.rd.target_address')),
      ]),
  ],
  [144, (node) => join([identifier(node)])],
  [
    145,
    (node) => {
      const agents = node.children.filter((child) => child.label === 'Home Agent Address');
      const list = agents.flatMap((group) => group.children.map((child) => child.text));
      return join([identifier(node), list.length === 0 ? 'no home agent' : list.join(', ')]);
    },
  ],
  [146, (node) => join([identifier(node)])],
  [147, (node) => join([identifier(node), letters(node, 'icmpv6.mip6.flag'), prefixes(node)])],
]);

function describeEcho(node: FieldNode): string {
  return join([
    part('id', text(node, 'icmpv6.echo.identifier')),
    part('seq', number(node, 'icmpv6.echo.sequence_number')),
  ]);
}
ICMPV6.set(128, describeEcho);
ICMPV6.set(129, describeEcho);

/** Set flags of a TCP segment: `[SYN, ACK]`. */
function tcpFlags(node: FieldNode): string {
  const bits = find(node.children, 'tcp.offset_flags')?.children ?? [];
  return `[${bits
    .filter((bit) => bit.value === 1 && bit.name?.startsWith('tcp.flags.') === true)
    .map((bit) => bit.label)
    .join(', ')}]`;
}

/** Layers that give a line its protocol, innermost last. */
const LAYERS = new Map<string, { readonly protocol: string; readonly describe: Describe }>([
  ['eth', { protocol: 'Ethernet', describe: (node) => join([text(node, 'eth.type')]) }],
  ['sll', { protocol: 'SLL', describe: (node) => join([text(node, 'sll.etype')]) }],
  ['vlan', { protocol: 'VLAN', describe: (node) => join([node.text, text(node, 'vlan.etype')]) }],
  ['ip', { protocol: 'IPv4', describe: (node) => join([text(node, 'ip.proto')]) }],
  [
    'ipv6',
    {
      protocol: 'IPv6',
      describe: (node) => {
        const next = number(node, 'ipv6.nxt');
        if (next === undefined) return 'cut short';
        return nameOfValue(NEXT_HEADER_NAMES, next) ?? `next header ${next}`;
      },
    },
  ],
  ['ah', { protocol: 'AH', describe: (node) => join([part('SPI', text(node, 'ah.spi'))]) }],
  [
    'ipv6.fraghdr',
    {
      protocol: 'IPv6',
      describe: (node) =>
        join([
          'fragment',
          part('offset', (number(node, 'ipv6.fraghdr.offset') ?? 0) * 8),
          number(node, 'ipv6.fraghdr.more') === 1 ? 'more follow' : 'last',
          part('id', text(node, 'ipv6.fraghdr.ident')),
        ]),
    },
  ],
  [
    'esp',
    {
      protocol: 'ESP',
      describe: (node) =>
        join([part('SPI', text(node, 'esp.spi')), part('seq', number(node, 'esp.sequence'))]),
    },
  ],
  [
    'mip6',
    {
      protocol: 'MIPv6',
      describe: (node) =>
        join([
          valueName(node, 'mip6.mhtype') === 'unknown'
            ? part('unknown message type', number(node, 'mip6.mhtype'))
            : (valueName(node, 'mip6.mhtype') ?? 'cut short'),
          MOBILITY.get(valueName(node, 'mip6.mhtype') ?? '')?.(node),
          mobilityOptions(node),
        ]),
    },
  ],
  [
    'icmpv6',
    {
      protocol: 'ICMPv6',
      describe: (node) => join([node.text, ICMPV6.get(number(node, 'icmpv6.type') ?? -1)?.(node)]),
    },
  ],
  [
    'udp',
    {
      protocol: 'UDP',
      describe: (node) => join([node.text, part('length', number(node, 'udp.length'))]),
    },
  ],
  [
    'tcp',
    {
      protocol: 'TCP',
      describe: (node) =>
        join([
          node.text,
          tcpFlags(node),
          part('seq', number(node, 'tcp.seq_raw')),
          part('ack', number(node, 'tcp.ack_raw')),
        ]),
    },
  ],
]);

/** Address of one side of a header. */
function address(node: FieldNode, name: string): string {
  const value = find(node.children, name)?.value;
  if (!(value instanceof Uint8Array)) return '';
  if (value.length === 16) return formatAddress(value);
  return value.length === 4 ? formatIpv4(value) : formatMac(value, 0, value.length);
}

/** Filter fields of the addresses of a layer. */
const ADDRESSES = new Map<string, readonly [source: string, destination: string]>([
  ['eth', ['eth.src', 'eth.dst']],
  ['sll', ['sll.src.eth', '']],
  ['ip', ['ip.src', 'ip.dst']],
  ['ipv6', ['ipv6.src', 'ipv6.dst']],
]);

/** Columns of a packet. Never throws. */
export function summarize(dissection: Dissection): PacketSummary {
  let source = '';
  let destination = '';
  let protocol = '';
  let info = '';
  /** Notes on what the last IP header and what is around it say. */
  let notes: string[] = [];
  const around: string[] = [];
  let hasIp = false;
  let isOpened = false;
  for (const node of dissection.nodes) {
    const names = ADDRESSES.get(node.name ?? '');
    if (names !== undefined) {
      const isIp = node.name === 'ipv6' || node.name === 'ip';
      // A reassembled packet repeats the header of its fragment; a tunnel has another one.
      const inner: [string, string] = [address(node, names[0]), address(node, names[1])];
      if (isIp && hasIp && (inner[0] !== source || inner[1] !== destination)) {
        around.push(`tunnel ${source} > ${destination}`);
      }
      hasIp ||= isIp;
      [source, destination] = inner;
      const home = find(node.children, 'mip6guard.src');
      const routed = find(node.children, 'mip6guard.dst');
      notes = [];
      if (home !== undefined) notes.push(`HAO ${home.text}`);
      if (routed !== undefined) notes.push(`RH ${routed.text}`);
    }
    const layer = LAYERS.get(node.name ?? '');
    if (layer === undefined) continue;
    if (isOpened && node.source > 0 && protocol === 'ESP') around.push(`ESP ${info}`);
    isOpened = node.name === 'esp' && dissection.sources.length > node.source + 1;
    protocol = layer.protocol;
    info = layer.describe(node);
  }
  if (protocol === '') {
    protocol = 'data';
    info = join([dissection.nodes.at(-1)?.text ?? 'empty']);
  }
  const all = [...notes, ...around];
  const codes = dissection.diagnostics.map((item) => item.code);
  const isCut = codes.includes('CAPTURE_CUT');
  return {
    source,
    destination,
    protocol,
    info: join([info, all.length === 0 ? undefined : `(${all.join(', ')})`, isCut ? '[cut]' : '']),
  };
}
