/**
 * One line for a packet, as a packet list shows it. Made of the field tree, so it says what the tree says.
 */
import { formatAddress, formatIpv4, formatMac } from './core/address.ts';
import type { Dissection, FieldNode } from './core/node.ts';
import { nameOfValue } from './core/layout.ts';
import { find, join, number, part, text, valueName } from './core/node-text.ts';
import { describeIcmpv6 } from './icmpv6/summary.ts';
import { describeMobility } from './mobility/summary.ts';
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

type Describe = (node: FieldNode) => string;

/** Set flags of a TCP segment: `[SYN, ACK]`. */
function tcpFlags(node: FieldNode): string {
  const bits = find(node.children, 'tcp.offset_flags')?.children ?? [];
  return `[${bits
    .filter((bit) => bit.value === 1 && bit.name?.startsWith('tcp.flags.') === true)
    .map((bit) => bit.label)
    .join(', ')}]`;
}

/** What LLC carries: its access point, or the type behind SNAP. */
function accessPoint(node: FieldNode): string | undefined {
  return (
    valueName(node, 'llc.type') ??
    part('PID', text(node, 'llc.cisco_pid') ?? text(node, 'llc.pid')) ??
    valueName(node, 'llc.dsap.sap')
  );
}

/** Name of what GRE carries, else its number. */
function encapsulated(node: FieldNode): string | undefined {
  const name = valueName(node, 'gre.proto');
  return name === 'unknown' ? text(node, 'gre.proto')?.slice(0, 6) : name;
}

/** `IKE_AUTH MID 1 request`, `Quick Mode MID 0x3a5b41ae`: exchange, message, and in IKEv2 its direction. */
function describeIke(node: FieldNode): string {
  const isNew = number(node, 'isakmp.mjver') === 2;
  const isResponse = number(node, 'isakmp.flag_r') === 1;
  // In phase 1 of IKEv1 there is no Message ID yet.
  const isNamed = isNew || number(node, 'isakmp.messageid') !== 0;
  const id = isNew ? number(node, 'isakmp.messageid') : text(node, 'isakmp.messageid');
  return join([
    valueName(node, 'isakmp.exchangetype'),
    isNamed ? part('MID', id) : undefined,
    isNew ? (isResponse ? 'response' : 'request') : undefined,
  ]);
}

/** Layers that give a line its protocol, innermost last. */
const LAYERS = new Map<string, { readonly protocol: string; readonly describe: Describe }>([
  ['eth', { protocol: 'Ethernet', describe: (node) => join([text(node, 'eth.type')]) }],
  ['sll', { protocol: 'SLL', describe: (node) => join([text(node, 'sll.etype')]) }],
  ['vlan', { protocol: 'VLAN', describe: (node) => join([node.text, text(node, 'vlan.etype')]) }],
  [
    'ieee8021ad',
    { protocol: 'VLAN', describe: (node) => join([node.text, text(node, 'ieee8021ad.etype')]) },
  ],
  ['llc', { protocol: 'LLC', describe: (node) => join([accessPoint(node)]) }],
  ['ppp', { protocol: 'PPP', describe: (node) => join([valueName(node, 'ppp.protocol')]) }],
  ['chdlc', { protocol: 'CHDLC', describe: (node) => join([text(node, 'chdlc.protocol')]) }],
  ['pppoes', { protocol: 'PPPoE', describe: (node) => join([node.text]) }],
  ['pppoed', { protocol: 'PPPoE', describe: (node) => join([valueName(node, 'pppoe.code')]) }],
  [
    'gre',
    {
      protocol: 'GRE',
      describe: (node) =>
        join([
          encapsulated(node),
          part('key', text(node, 'gre.key')),
          part('seq', number(node, 'gre.sequence_number')),
        ]),
    },
  ],
  ['pmip6.tlv', { protocol: 'TLV', describe: (node) => join([valueName(node, 'pmip6.tlv.nxt')]) }],
  ['udpencap', { protocol: 'UDPENCAP', describe: (node) => node.text }],
  ['isakmp', { protocol: 'ISAKMP', describe: describeIke }],
  [
    'mip6tls',
    {
      protocol: 'MIP6TLS',
      describe: (node) =>
        join([
          valueName(node, 'mip6tls.ptype'),
          part('SPI', number(node, 'mip6tls.spi')),
          part('seq', number(node, 'mip6tls.sequence')),
        ]),
    },
  ],
  [
    'dhcpv6',
    {
      protocol: 'DHCPv6',
      describe: (node) => join([node.text, part('xid', text(node, 'dhcpv6.xid'))]),
    },
  ],
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
      describe: describeMobility,
    },
  ],
  [
    'icmpv6',
    {
      protocol: 'ICMPv6',
      describe: (node) => describeIcmpv6(node),
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
    const isIp = node.name === 'ipv6' || node.name === 'ip';
    // Of an Ethernet frame bridged through a tunnel the addresses of the tunnel say more.
    const names = isIp || !hasIp ? ADDRESSES.get(node.name ?? '') : undefined;
    if (names !== undefined) {
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
