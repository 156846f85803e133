/**
 * Node Information queries and replies. RFC 4620 section 4. What a query is about is said by its code, what a
 * reply holds by its query type.
 */
import { u16, u8 } from '../core/bytes.ts';
import {
  address,
  bytesField,
  flags,
  ipv4,
  layout,
  list,
  uint16,
  uint32,
  when,
} from '../core/layout.ts';
import type { NamedValue } from '../core/layout.ts';
import { printable } from '../core/text.ts';
import { icmpv6Message } from './message.ts';

const NODE_NAME = 2;
const NODE_ADDRESSES = 3;
const IPV4_ADDRESSES = 4;

/** Query types whose replies have a form. RFC 4620 section 6. */
const DECODED_REPLIES = [NODE_NAME, NODE_ADDRESSES, IPV4_ADDRESSES];

/** Query types. RFC 4620 section 6. */
const QUERY_TYPES: readonly NamedValue[] = [
  { value: 0, name: 'NOOP', spec: { rfc: 4620, section: '6.1' } },
  { value: 1, name: 'unused' },
  { value: NODE_NAME, name: 'Node Name', spec: { rfc: 4620, section: '6.2' } },
  { value: NODE_ADDRESSES, name: 'Node Addresses', spec: { rfc: 4620, section: '6.3' } },
  { value: IPV4_ADDRESSES, name: 'IPv4 Addresses', spec: { rfc: 4620, section: '6.4' } },
];

/** Flags of queries for addresses and their replies. RFC 4620 sections 6.3 and 6.4. */
const FLAGS = {
  global: { mask: 0x20, label: 'Global-scope addresses (G)', filter: 'icmpv6.ni.flag.g' },
  site: { mask: 0x10, label: 'Site-local addresses (S)', filter: 'icmpv6.ni.flag.s' },
  link: { mask: 0x08, label: 'Link-local addresses (L)', filter: 'icmpv6.ni.flag.l' },
  compression: { mask: 0x04, label: 'IPv4-mapped addresses (C)', filter: 'icmpv6.ni.flag.c' },
  all: { mask: 0x02, label: 'All unicast addresses (A)', filter: 'icmpv6.ni.flag.a' },
  truncated: { mask: 0x01, label: 'Truncated (T)', filter: 'icmpv6.ni.flag.t' },
} as const;

const queryType = uint16('queryType', {
  label: 'Qtype',
  filter: 'icmpv6.ni.qtype',
  values: QUERY_TYPES,
});
const queryFlags = flags(2, 'flags', { label: 'Flags', filter: 'icmpv6.ni.flag', bits: FLAGS });
const nonce = bytesField(8, 'nonce', {
  label: 'Nonce',
  filter: 'icmpv6.ni.nonce',
  show: 'uint64',
});
const trailing = bytesField('rest', 'trailing', {
  label: 'Octets after the message',
  filter: 'icmpv6.data',
  optional: true,
});

/** Names of the codes of a query. RFC 4620 section 4. */
const QUERY_CODES: readonly NamedValue[] = [
  { value: 0, name: 'about an IPv6 address' },
  { value: 1, name: 'about a name, or empty' },
  { value: 2, name: 'about an IPv4 address' },
];

/** Node Information Query about an IPv6 address. RFC 4620 section 4. */
export const nodeInformationQueryAddress = icmpv6Message({
  kind: 'node-information-query-address',
  type: 139,
  forCodes: [0],
  name: 'Node Information Query',
  spec: { rfc: 4620, section: '4' },
  codes: QUERY_CODES,
  fields: [
    queryType,
    queryFlags,
    nonce,
    address('subject', { label: 'Subject', filter: 'icmpv6.ni.query.subject_ipv6' }),
    trailing,
  ],
});

/** Node Information Query about a name, in DNS wire format. RFC 4620 section 4. */
export const nodeInformationQueryName = icmpv6Message({
  kind: 'node-information-query-name',
  type: 139,
  forCodes: [1],
  name: 'Node Information Query',
  spec: { rfc: 4620, section: '4' },
  codes: QUERY_CODES,
  fields: [
    queryType,
    queryFlags,
    nonce,
    bytesField('rest', 'subject', {
      label: 'Subject',
      filter: 'icmpv6.ni.query.subject_fqdn',
      show: 'dns',
    }),
  ],
});

/** Node Information Query about an IPv4 address. RFC 4620 section 4. */
export const nodeInformationQueryIpv4 = icmpv6Message({
  kind: 'node-information-query-ipv4',
  type: 139,
  forCodes: [2],
  name: 'Node Information Query',
  spec: { rfc: 4620, section: '4' },
  codes: QUERY_CODES,
  fields: [
    queryType,
    queryFlags,
    nonce,
    ipv4('subject', { label: 'Subject', filter: 'icmpv6.ni.query.subject_ipv4' }),
    trailing,
  ],
});

const timeToLive = uint32('timeToLive', { label: 'TTL', filter: 'icmpv6.ni.reply.node_ttl' });

const nodeAddress = layout({
  name: 'Node address',
  spec: { rfc: 4620, section: '6.3' },
  fields: [
    timeToLive,
    address('address', { label: 'Node address', filter: 'icmpv6.ni.reply.node_address' }),
  ],
});

const nodeIpv4 = layout({
  name: 'IPv4 node address',
  spec: { rfc: 4620, section: '6.4' },
  fields: [
    timeToLive,
    ipv4('address', { label: 'IPv4 node address', filter: 'icmpv6.ni.reply.ipv4_address' }),
  ],
});

/** Octets of the TTL: pointers of compressed names count from there. RFC 4620 section 6.2. */
const TTL_OCTETS = 4;
/** Longest name. RFC 1035 section 2.3.4. */
const MAX_NAME_OCTETS = 255;

/** Name at `offset` and where the next one starts; the end of the octets when it does not end before. */
function nodeName(octets: Uint8Array, offset: number): { text: string; next: number } {
  const labels: string[] = [];
  let next = -1;
  let taken = 0;
  for (let at = offset; at < octets.length && taken < MAX_NAME_OCTETS;) {
    const length = u8(octets, at);
    if (length === 0) return { text: labels.join('.'), next: next < 0 ? at + 1 : next };
    if (length >= 0xc0) {
      const target = (u16(octets, at) & 0x3fff) - TTL_OCTETS;
      // Pointers lead back: each name ends.
      if (target < 0 || target >= at) break;
      if (next < 0) next = at + 2;
      at = target;
      taken += 2;
      continue;
    }
    if (length > 63 || at + 1 + length > octets.length) break;
    labels.push(printable(octets, at + 1, length));
    at += 1 + length;
    taken += 1 + length;
  }
  return { text: `${labels.join('.')} (cut short)`, next: octets.length };
}

/** Names one after another; a single label ends in two zero octets. RFC 4620 sections 4 and 6.2. */
function nodeNamesText(octets: Uint8Array): string {
  const names: string[] = [];
  for (let at = 0; at < octets.length;) {
    const { text, next } = nodeName(octets, at);
    if (text !== '') names.push(text);
    at = next;
  }
  return names.join(', ');
}

/** Node Information Reply. RFC 4620 section 4; names may be compressed, so they are kept as octets. */
export const nodeInformationReply = icmpv6Message({
  kind: 'node-information-reply',
  type: 140,
  name: 'Node Information Reply',
  spec: { rfc: 4620, section: '4' },
  codes: [
    { value: 0, name: 'successful' },
    { value: 1, name: 'refused' },
    { value: 2, name: 'query type unknown' },
  ],
  fields: [
    queryType,
    queryFlags,
    nonce,
    uint32('timeToLive', {
      label: 'TTL',
      filter: 'icmpv6.ni.reply.node_ttl',
      when: (numbers, room) => numbers['queryType'] === NODE_NAME && room > 0,
      spec: { rfc: 4620, section: '6.2' },
    }),
    bytesField('rest', 'names', {
      label: 'Node names',
      filter: 'icmpv6.ni.reply.node_name',
      show: nodeNamesText,
      when: (numbers, room) => numbers['timeToLive'] !== undefined && room > 0,
      spec: { rfc: 4620, section: '6.2' },
    }),
    when(
      (numbers, room) => numbers['queryType'] === NODE_ADDRESSES && room > 0,
      list('addresses', { label: 'Node addresses', of: nodeAddress }),
    ),
    when(
      (numbers, room) => numbers['queryType'] === IPV4_ADDRESSES && room > 0,
      list('ipv4Addresses', { label: 'IPv4 node addresses', of: nodeIpv4 }),
    ),
    bytesField('rest', 'data', {
      label: 'Data',
      filter: 'icmpv6.data',
      when: (numbers, room) => room > 0 && !DECODED_REPLIES.includes(numbers['queryType'] ?? 0),
    }),
  ],
});
