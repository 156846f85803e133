/**
 * The order of headers of a packet in one line: `HAO | ESP(BU)`.
 */
import { find } from '../../../dissectors/core/node-text.ts';
import type { FieldNode } from '../../../dissectors/index.ts';

/** Mobility Header messages by MH Type (RFC 6275 section 6.1). */
const MOBILITY: readonly string[] = ['BRR', 'HoTI', 'CoTI', 'HoT', 'CoT', 'BU', 'BA', 'BE'];

/** ICMPv6 messages by type (RFC 4861 section 4, RFC 6275 sections 6.5 to 6.8). */
const ICMPV6: Readonly<Record<number, string>> = {
  1: 'Unreachable',
  2: 'Too Big',
  3: 'Time Exceeded',
  4: 'Parameter Problem',
  128: 'Echo',
  129: 'Echo Reply',
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

/** Other headers by the name of their fields. */
const NAMES: Readonly<Record<string, string>> = {
  'ipv6.hopopts': 'HopOpts',
  'ipv6.fraghdr': 'Fragment',
  ah: 'AH',
  udp: 'UDP',
  tcp: 'TCP',
  gre: 'GRE',
  isakmp: 'IKE',
  dhcpv6: 'DHCPv6',
};

/** Headers named; a hostile packet may have more. */
const MAX_HEADERS = 16;

/**
 * Layout of a packet. `HAO` is a destination options header with a Home Address option, `RH2` a type 2 routing header;
 * what was decrypted stands in the parentheses of its ESP.
 * @param nodes headers of the packet, outermost first
 */
export function layoutOf(nodes: readonly FieldNode[]): string {
  let text = '';
  let hasIp = false;
  let count = 0;
  const open: number[] = [];
  for (const node of nodes) {
    // Octets of another source: what a fragment was put together to, or what ESP held.
    const word = wordOf(node, hasIp);
    hasIp ||= node.name === 'ipv6' || node.name === 'ip';
    if (word === '') continue;
    if (++count > MAX_HEADERS) {
      text += ' | …';
      break;
    }
    const isInside = open.length > 0 && node.source > (open.at(-1) ?? 0);
    if (text.endsWith('ESP') && isInside) text += '(';
    else if (text !== '') text += ' | ';
    text += word;
    if (node.name === 'esp') open.push(node.source);
  }
  const opened = text.split('(').length - 1;
  return text + ')'.repeat(opened);
}

function wordOf(node: FieldNode, hasIp: boolean): string {
  const { name = '' } = node;
  switch (name) {
    case 'ipv6':
      return hasIp ? 'IPv6' : '';
    case 'ip':
      return 'IPv4';
    case 'ipv6.dstopts':
      return find(node.children, 'ipv6.opt.mipv6.home_address') === undefined ? 'DstOpts' : 'HAO';
    case 'ipv6.routing':
      return find(node.children, 'ipv6.routing.mipv6.home_address') === undefined ? 'RH' : 'RH2';
    case 'esp':
      return 'ESP';
    case 'mip6':
      return mobilityWord(numberOf(node, 'mip6.mhtype'));
    case 'icmpv6': {
      const type = numberOf(node, 'icmpv6.type');
      return type === undefined ? 'ICMPv6' : (ICMPV6[type] ?? `ICMPv6 ${type}`);
    }
    default:
      return NAMES[name] ?? '';
  }
}

function mobilityWord(type: number | undefined): string {
  if (type === undefined) return 'MH';
  return MOBILITY[type] ?? `MH ${type}`;
}

function numberOf(node: FieldNode, name: string): number | undefined {
  const value = find(node.children, name)?.value;
  return typeof value === 'number' ? value : undefined;
}
