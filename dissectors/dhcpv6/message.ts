/**
 * DHCPv6, UDP ports 546 and 547. RFC 8415 sections 8 and 9.
 */
import { formatIpv4 } from '../core/address.ts';
import { u16, u8 } from '../core/bytes.ts';
import { DiagnosticList } from '../core/diagnostic.ts';
import { address, layout, tlvs, uint24, uint8 } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { addHeader, adoptDiagnostics, generatedNode, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { dhcpv6Options } from './options.ts';

/** Ports of clients and of servers and relay agents. RFC 8415 section 7.2. */
export const DHCPV6_PORT = { client: 546, server: 547 } as const;

/** Message types. RFC 8415 section 7.3, RFC 5007 section 4.2. */
const MESSAGE_TYPES = [
  { value: 1, name: 'Solicit' },
  { value: 2, name: 'Advertise' },
  { value: 3, name: 'Request' },
  { value: 4, name: 'Confirm' },
  { value: 5, name: 'Renew' },
  { value: 6, name: 'Rebind' },
  { value: 7, name: 'Reply' },
  { value: 8, name: 'Release' },
  { value: 9, name: 'Decline' },
  { value: 10, name: 'Reconfigure' },
  { value: 11, name: 'Information-request' },
  { value: 12, name: 'Relay-forw' },
  { value: 13, name: 'Relay-reply' },
  { value: 14, name: 'Leasequery' },
  { value: 15, name: 'Leasequery-reply' },
] as const;

const messageType = uint8('messageType', {
  label: 'Message type',
  filter: 'dhcpv6.msgtype',
  values: MESSAGE_TYPES,
});
const options = tlvs('options', { label: 'Options', codec: dhcpv6Options });

/** Message between client and server. */
export const dhcpv6Message = layout({
  name: 'DHCPv6',
  spec: { rfc: 8415, section: '8' },
  fields: [
    messageType,
    uint24('transaction', { label: 'Transaction ID', filter: 'dhcpv6.xid', hex: true }),
    options,
  ],
});

/** Message between relay agent and server, around another message. */
export const dhcpv6RelayMessage = layout({
  name: 'DHCPv6',
  spec: { rfc: 8415, section: '9' },
  fields: [
    messageType,
    uint8('hopCount', { label: 'Hopcount', filter: 'dhcpv6.hopcount' }),
    address('linkAddress', { label: 'Link address', filter: 'dhcpv6.linkaddr' }),
    address('peerAddress', { label: 'Peer address', filter: 'dhcpv6.peeraddr' }),
    options,
  ],
});

const RELAY_FORWARD = 12;
const RELAY_REPLY = 13;
const RELAY_MESSAGE_OPTION = 9;
/** Octets of code and length of an option. */
const OPTION_HEADER = 4;

/** First octets of an IPv4-embedded IPv6 address: 64:ff9b::/96. RFC 6052 section 2.1. */
const WELL_KNOWN_PREFIX = Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0);

/**
 * Puts the IPv4 address of a home agent under the IPv6 address it is embedded in (RFC 6610 section 3.4), and shows
 * elapsed time in milliseconds, as Wireshark does (RFC 8415 section 21.9 counts hundredths of a second).
 */
function completeNodes(context: LayerContext, nodes: FieldNode[]): void {
  for (const [i, node] of nodes.entries()) {
    const { name, value, offset, children } = node;
    completeNodes(context, children);
    if (name === 'dhcpv6.elapsed_time' && typeof value === 'number') {
      nodes[i] = { ...node, value: value * 10, text: `${value * 10} ms` };
    }
    if (name !== 'dhcpv6.mip6.haa' || !(value instanceof Uint8Array)) continue;
    if (WELL_KNOWN_PREFIX.some((octet, at) => value[at] !== octet)) continue;
    children.push(
      generatedNode(context, {
        label: 'Home Agent IPv4 Address',
        name: 'dhcpv6.mip6.haa_ipv4',
        text: formatIpv4(value, 12),
        value: value.slice(12, 16),
        offset: offset + 12,
      }),
    );
  }
}

/** Where the relayed message is: the first Relay Message option at `[offset, end)`. */
function relayedMessage(bytes: Uint8Array, offset: number, end: number): LayerInput | undefined {
  for (let at = offset; at + OPTION_HEADER <= end;) {
    const data = at + OPTION_HEADER;
    const next = data + u16(bytes, at + 2);
    if (next > end) break;
    if (u16(bytes, at) === RELAY_MESSAGE_OPTION) {
      return { table: 'udp-port', key: DHCPV6_PORT.server, offset: data, end: next };
    }
    at = next;
  }
  return undefined;
}

/** Layer: DHCPv6. Behind a relay's message follows the one that it relays. */
export function dissectDhcpv6(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  if (offset >= end) return undefined;
  const type = u8(bytes, offset);
  const isRelay = type === RELAY_FORWARD || type === RELAY_REPLY;
  const format = isRelay ? dhcpv6RelayMessage : dhcpv6Message;
  const text = MESSAGE_TYPES.find(({ value }) => value === type)?.name ?? `type ${type}`;
  const node = addHeader(context, format, 'dhcpv6', offset, end, text, end - offset);
  completeNodes(context, node.children);
  const found = new DiagnosticList();
  if (format.decodeInto({}, bytes, offset, end, found) < 0) {
    if (context.isPartial) return undefined;
    report(context, 'DHCPV6_TRUNCATED', offset, end - offset, `${end - offset} octets`);
    return undefined;
  }
  // Most options of DHCPv6 are none of mobility: that they are shown as octets is no finding.
  adoptDiagnostics(
    context,
    found.items.filter(({ code }) => code !== 'SUBOPTION_UNKNOWN'),
  );
  return isRelay ? relayedMessage(bytes, offset + format.fixedOctets, end) : undefined;
}
