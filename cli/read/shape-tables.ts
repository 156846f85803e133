/**
 * Where the tree of tshark 4.0 has another form than ours. Names that are equal need no entry.
 */

import { TIME_FIELDS } from './time-fields.ts';

/** Protocols under another name. */
export const RENAMED: Readonly<Record<string, string>> = { mip6: 'mipv6' };

/** Lines tshark does not have: what is below them stands in their place. */
export const DISSOLVED: ReadonlySet<string> = new Set([
  'ipv6.version_class_flow',
  'ipv6.fraghdr.offset_flags',
  'mip6.bu.flags',
  'mip6.ba.flags',
  'tcp.offset_flags',
  'ip.version_hdr_len',
  'ip.flags_offset',
  'vlan.tci',
  'ieee8021ad.tci',
]);

/** Headings of ours that tshark does not have. */
export const DISSOLVED_LABELS: ReadonlySet<string> = new Set(['Multicast Address Records']);

/** Headings that are fields of tshark's: by one of the fields below them. */
export const NAMED_AROUND: Readonly<Record<string, string>> = {
  'icmpv6.mldr.mar.record_type': 'icmpv6.mldr.mar',
};

/** Fields of tshark's that have no value, only octets. */
export const WITHOUT_VALUE: ReadonlySet<string> = new Set([
  'icmpv6.opt.reserved',
  'icmpv6.opt.padding',
  'icmpv6.opt.redirected_packet',
]);

/** Fields whose contents tshark puts behind them, not below. */
export const SPREAD: ReadonlySet<string> = new Set(['icmpv6.opt.redirected_packet']);

/** Headings tshark does not have: those around one of these fields. */
export const DISSOLVED_AROUND: ReadonlySet<string> = new Set([
  'mip6.binding_refresh_request',
  'mip6.unknown_type_data',
  'icmpv6.mip6.home_agent_address',
  'icmpv6.opt.rdnss',
  'icmpv6.opt.dnssl',
]);

/** Octets that tshark leaves out when it shows what is in them. */
export const DISSOLVED_WHEN_DECODED: ReadonlySet<string> = new Set(['icmpv6.data']);

/** Octets that tshark shows as one number of 64 bits, in hexadecimal. */
export const WIDE_NUMBERS: ReadonlySet<string> = new Set([
  'mip6.hoti.cookie',
  'mip6.coti.cookie',
  'mip6.hot.cookie',
  'mip6.cot.cookie',
  'mip6.hot.token',
  'mip6.cot.token',
]);

/** Fields that tshark puts below the one before them. */
export const BELOW: Readonly<Record<string, string>> = {
  'frame.interface_name': 'frame.interface_id',
  'ipv6.tclass.dscp': 'ipv6.tclass',
  'ipv6.tclass.ecn': 'ipv6.tclass',
  'ip.flags.rb': 'ip.flags',
  'ip.flags.df': 'ip.flags',
  'ip.flags.mf': 'ip.flags',
  'tcp.flags.res': 'tcp.flags',
  'tcp.flags.ae': 'tcp.flags',
  'tcp.flags.cwr': 'tcp.flags',
  'tcp.flags.ece': 'tcp.flags',
  'tcp.flags.urg': 'tcp.flags',
  'tcp.flags.ack': 'tcp.flags',
  'tcp.flags.push': 'tcp.flags',
  'tcp.flags.reset': 'tcp.flags',
  'tcp.flags.syn': 'tcp.flags',
  'tcp.flags.fin': 'tcp.flags',
};

/** Numbers that tshark writes in hexadecimal and our lines do not: digits. */
export const HEXADECIMAL: Readonly<Record<string, number>> = {
  'ipv6.tclass': 8,
  'ipv6.flow': 6,
  'ipv6.opt.type.rest': 2,
  'ipv6.fraghdr.reserved_octet': 2,
  'esp.protocol': 2,
  'ip.flags': 2,
  'tcp.flags': 4,
};

/** Numbers that tshark writes in decimal and our lines do not. */
export const DECIMAL: ReadonlySet<string> = new Set([]);

/** The same octets under a second name, behind the first: what filters and scripts ask for. */
export const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'ipv6.version': ['ip.version'],
  'ipv6.src': ['ipv6.addr', 'ipv6.src_host', 'ipv6.host'],
  'ipv6.dst': ['ipv6.addr', 'ipv6.dst_host', 'ipv6.host'],
  'ip.src': ['ip.addr', 'ip.src_host', 'ip.host'],
  'ip.dst': ['ip.addr', 'ip.dst_host', 'ip.host'],
  'udp.srcport': ['udp.port'],
  'udp.dstport': ['udp.port'],
  'tcp.srcport': ['tcp.port'],
  'tcp.dstport': ['tcp.port'],
};

/** Aliases that tshark puts below the field. */
export const ALIASES_BELOW: Readonly<Record<string, readonly string[]>> = {
  'eth.src': ['eth.addr'],
  'eth.dst': ['eth.addr'],
};

/** Layers that tshark nests in the IPv6 header before them, until another layer comes. */
export const IN_IPV6: ReadonlySet<string> = new Set([
  'ipv6.hopopts',
  'ipv6.dstopts',
  'ipv6.routing',
  'ipv6.fraghdr',
  'mipv6',
]);

/** Options that tshark gives a value: all their octets. Their type octet has no line of its own. */
export const VALUED_PREFIX = 'mip6.options.';
/** The type octet of a mobility option. */
export const OPTION_TYPE = 'mip6.mobility_opt';

/** Wireshark's field types, `enum ftenum` of 4.0. */
export const FIELD_TYPE = {
  none: 0,
  protocol: 1,
  boolean: 2,
  /** Of 1 octet; 2 to 8 octets follow. */
  uint8: 4,
  string: 26,
  ether: 29,
  bytes: 30,
  ipv4: 32,
  ipv6: 33,
} as const;

/** Fields of the exports that no filter asks for. */
export const EXPORT_ONLY_FIELDS: ReadonlySet<string> = new Set([
  ...TIME_FIELDS,
  'ip.version',
  'esp.decrypted_data',
  'esp.contained_data',
]);
