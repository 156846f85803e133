/**
 * What is around mobility messages, transcribed by hand from the RFCs: ICMPv6 and neighbor discovery, encapsulations,
 * bootstrapping over DHCPv6, and numbers of IKE.
 */

/** An ICMPv6 type, or a subtype of 154. */
export interface Icmpv6Row {
  readonly type: number;
  readonly subtype?: number;
  readonly name: string;
}

// oxfmt-ignore
export const ICMPV6_ROWS: readonly Icmpv6Row[] = [
  { type: 4, name: 'Parameter Problem' },
  { type: 133, name: 'Router Solicitation' }, { type: 134, name: 'Router Advertisement' },
  { type: 135, name: 'Neighbor Solicitation' }, { type: 136, name: 'Neighbor Advertisement' },
  { type: 137, name: 'Redirect' },
  { type: 144, name: 'Home Agent Address Discovery Request' }, { type: 145, name: 'Home Agent Address Discovery Reply' },
  { type: 146, name: 'Mobile Prefix Solicitation' }, { type: 147, name: 'Mobile Prefix Advertisement' },
  { type: 148, name: 'Certification Path Solicitation' }, { type: 149, name: 'Certification Path Advertisement' },
  { type: 154, subtype: 2, name: 'Router Solicitation for Proxy Advertisement' },
  { type: 154, subtype: 3, name: 'Proxy Router Advertisement' },
];

/** A neighbor discovery option: octets from Type on, and values that its tree shows, by filter field. */
export interface NdOptionRow {
  readonly type: number;
  readonly name: string;
  /** Message it stands in. */
  readonly within:
    | 'ra'
    | 'rs'
    | 'ns'
    | 'na'
    | 'redirect'
    | 'cps'
    | 'cpa'
    | 'rtsolpr'
    | 'prrtadv'
    | 'ins'
    | 'ina';
  readonly hex: string;
  readonly lines: readonly string[];
}

const HOST = '20010db8000000000000000000000001';
const P64 = '20010db8000100000000000000000000';
/** A DER SEQUENCE, as a public key is one. */
const KEY = '3004 05000500';

// oxfmt-ignore
export const ND_OPTION_ROWS: readonly NdOptionRow[] = [
  { type: 1, name: 'Source link-layer address', within: 'ns', hex: '01 01 02005e005302',
    lines: ['icmpv6.opt.linkaddr: 02:00:5e:00:53:02'] },
  { type: 2, name: 'Target link-layer address', within: 'na', hex: '02 01 02005e005302',
    lines: ['icmpv6.opt.linkaddr: 02:00:5e:00:53:02'] },
  { type: 3, name: 'Prefix information', within: 'ra', hex: `03 04 40 20 ffffffff 00000708 00000000 ${HOST}`,
    lines: ['icmpv6.opt.prefix.flag.l: not set', 'icmpv6.opt.prefix.flag.r: set', 'icmpv6.opt.prefix: 2001:db8::1',
      'icmpv6.opt.prefix.valid_lifetime: infinity', 'icmpv6.opt.prefix.preferred_lifetime: 1800 s'] },
  { type: 4, name: 'Redirected header', within: 'redirect', hex: '04 02 000000000000 6000000000003b40', lines: [] },
  { type: 5, name: 'MTU', within: 'ra', hex: '05 01 0000 000005dc', lines: ['icmpv6.opt.mtu: 1500 octets'] },
  { type: 7, name: 'Advertisement Interval', within: 'ra', hex: '07 01 0000 00000bb8', lines: ['3000 ms'] },
  { type: 8, name: 'Home Agent Information', within: 'ra', hex: '08 01 8000 000a 0708', lines: ['1800 s'] },
  { type: 9, name: 'Source Address List', within: 'ins', hex: `09 03 000000000000 ${HOST}`,
    lines: ['icmpv6.opt.ipv6_address: 2001:db8::1'] },
  { type: 10, name: 'Target Address List', within: 'ina', hex: `0a 03 000000000000 ${HOST}`,
    lines: ['icmpv6.opt.ipv6_address: 2001:db8::1'] },
  { type: 11, name: 'CGA', within: 'ns', hex: `0b 05 05 00 000102030405060708090a0b0c0d0e0f 20010db800010000 01 ${KEY} 0000000000`,
    lines: ['icmpv6.opt.cga.pad_length: 5', 'icmpv6.opt.cga.count: 1'] },
  { type: 12, name: 'RSA Signature', within: 'ns', hex: '0c 03 0000 000102030405060708090a0b0c0d0e0f 01020304',
    lines: ['icmpv6.opt.rsa.key_hash: 000102030405060708090a0b0c0d0e0f'] },
  { type: 13, name: 'Timestamp', within: 'ns', hex: '0d 02 000000000000 00004a0000008000', lines: ['2009-05-05'] },
  { type: 14, name: 'Nonce', within: 'ns', hex: '0e 01 010203040506', lines: ['icmpv6.opt.nonce: 010203040506'] },
  { type: 15, name: 'Trust Anchor', within: 'cps', hex: '0f 02 02 04 026d6e 03636f6d 00 00000000', lines: ['mn.com'] },
  { type: 16, name: 'Certificate', within: 'cpa', hex: '10 02 01 00 3002 0500 0000000000000000', lines: ['X.509v3'] },
  { type: 17, name: 'IP Address/Prefix', within: 'prrtadv', hex: `11 03 02 80 00000000 ${HOST}`,
    lines: ['2 (New Care-of Address)', 'icmpv6.opt.ipa.ipv6_address: 2001:db8::1'] },
  { type: 18, name: 'New Router Prefix Information', within: 'prrtadv', hex: `12 03 00 40 00000000 ${P64}`, lines: [] },
  { type: 19, name: 'Link-layer Address', within: 'rtsolpr', hex: '13 02 01 02005e005302 00000000000000', lines: ['1 (New Access Point)'] },
  { type: 20, name: 'Neighbor Advertisement Acknowledgment', within: 'ra', hex: `14 03 00 02 00000000 ${HOST}`,
    lines: ['2 (NCoA is invalid, use the supplied NCoA)', 'icmpv6.opt.naack.supplied_ncoa: 2001:db8::1'] },
  { type: 23, name: 'Mobility Anchor Point', within: 'ra', hex: `17 03 1f 80 00000e10 ${HOST}`,
    lines: ['icmpv6.opt.map.distance: 1', 'icmpv6.opt.map.preference: 15', 'icmpv6.opt.map.flag.r: set', '3600 s'] },
  { type: 24, name: 'Route Information', within: 'ra', hex: '18 02 30 08 ffffffff 20010db800050000',
    lines: ['1 (High)', 'infinity'] },
  { type: 25, name: 'Recursive DNS Server', within: 'ra', hex: `19 03 0000 ffffffff ${HOST}`,
    lines: ['infinity', 'icmpv6.opt.rdnss: 2001:db8::1'] },
  { type: 26, name: 'RA Flags Expansion', within: 'ra', hex: '1a 01 800000000000', lines: ['800000000000'] },
  { type: 27, name: 'Handover Key Request', within: 'rtsolpr', hex: '1b 02 00 10 000102030405060708090a0b', lines: ['icmpv6.opt.hkr.at: 1'] },
  { type: 28, name: 'Handover Key Reply', within: 'prrtadv', hex: '1c 02 00 10 0e10 00010203040506070809', lines: ['3600 s'] },
  { type: 29, name: 'Handover Assist Information', within: 'rtsolpr', hex: '1d 01 01 03 010203 00', lines: ['icmpv6.opt.hai.value: 010203'] },
  { type: 30, name: 'Mobile Node Identifier', within: 'rtsolpr', hex: '1e 01 01 03 6d4061 00', lines: ['icmpv6.opt.mn.value: m@a'] },
  { type: 31, name: 'DNS Search List', within: 'ra', hex: '1f 03 0000 00000e10 026d6e 03636f6d 00 0000000000000000', lines: ['mn.com', '3600 s'] },
];

/** Fixed parts of the messages in front of their options, from Type on, checksum zero. */
export const ND_MESSAGES: Readonly<Record<NdOptionRow['within'], string>> = {
  rs: '85 00 0000 00000000',
  ra: '86 00 0000 40 00 0708 00000000 00000000',
  ns: `87 00 0000 00000000 ${HOST}`,
  na: `88 00 0000 00000000 ${HOST}`,
  redirect: `89 00 0000 00000000 ${HOST} ${HOST}`,
  ins: '8d 00 0000 00000000',
  ina: '8e 00 0000 00000000',
  cps: '94 00 0000 0001 ffff',
  cpa: '95 00 0000 0001 0001 0000 0000',
  rtsolpr: '9a 00 0000 02 00 0001',
  prrtadv: '9a 00 0000 03 00 0001',
};

/** A frame, as far as the IPv6 packet in it. */
export interface EncapsulationRow {
  readonly name: string;
  readonly linkType: number;
  readonly hex: string;
}

const ETHERNET = '02005e005301 02005e005302';
/** IPv4 header without options and checksum in front of `octets` octets. */
const ipv4 = (protocol: string, octets: number): string =>
  `45 00 ${(20 + octets).toString(16).padStart(4, '0')} 0000 0000 40 ${protocol} 0000 c0000201 c0000202`;
const udp = (port: string, octets: number): string =>
  `${ipv4('11', 8 + octets)} 2710 ${port} ${(8 + octets).toString(16).padStart(4, '0')} 0000`;
/** Octets of the packet that the test puts behind. */
const INNER = 48;
const ipv6 = (next: string, octets: number): string =>
  `60000000 ${octets.toString(16).padStart(4, '0')} ${next} 40 ${HOST} ${HOST}`;
const RAW = 101;

// oxfmt-ignore
export const ENCAPSULATION_ROWS: readonly EncapsulationRow[] = [
  { name: 'NULL of Darwin', linkType: 0, hex: '1e000000' },
  { name: 'NULL of FreeBSD', linkType: 0, hex: '1c000000' },
  { name: 'NULL of OpenBSD', linkType: 0, hex: '18000000' },
  { name: 'Ethernet', linkType: 1, hex: `${ETHERNET} 86dd` },
  { name: 'a VLAN tag', linkType: 1, hex: `${ETHERNET} 8100 0005 86dd` },
  { name: 'stacked VLAN tags', linkType: 1, hex: `${ETHERNET} 88a8 0005 8100 0006 86dd` },
  { name: 'VLAN tags before 802.1ad', linkType: 1, hex: `${ETHERNET} 9100 0005 8100 0006 86dd` },
  { name: 'PPPoE', linkType: 1, hex: `${ETHERNET} 8864 11 00 0001 0032 0057` },
  { name: 'PPP', linkType: 9, hex: '0057' },
  { name: 'PPP with address and control', linkType: 50, hex: 'ff03 0057' },
  { name: 'RAW of BSD', linkType: 12, hex: '' },
  { name: 'RAW of OpenBSD', linkType: 14, hex: '' },
  { name: 'RAW', linkType: RAW, hex: '' },
  { name: 'LOOP', linkType: 108, hex: '00000018' },
  { name: 'Linux SLL', linkType: 113, hex: '0000 0001 0006 02005e0053020000 86dd' },
  { name: 'IPv6', linkType: 229, hex: '' },
  { name: 'Linux SLL2', linkType: 276, hex: '86dd 0000 00000001 0001 00 06 02005e0053020000' },
  { name: 'IPv6 in IPv6', linkType: RAW, hex: ipv6('29', INNER) },
  { name: 'IPv6 in IPv4', linkType: 228, hex: ipv4('29', INNER) },
  { name: 'IPv4 in IPv6', linkType: RAW, hex: `${ipv6('04', 20 + INNER)} ${ipv4('29', INNER)}` },
  { name: 'UDP of DSMIPv6', linkType: RAW, hex: udp('105f', INNER) },
  { name: 'UDP data of PMIPv6', linkType: RAW, hex: udp('153d', INNER) },
  { name: 'TLV header', linkType: RAW, hex: `${udp('105f', 4 + INNER)} 00 29 0030` },
  { name: 'plain packet of TLS-based MIPv6', linkType: RAW, hex: `${udp('1ec0', 8 + INNER)} 00000000 00000000` },
  { name: 'GRE', linkType: RAW, hex: `${ipv4('2f', 4 + INNER)} 0000 86dd` },
  { name: 'GRE with a key', linkType: RAW, hex: `${ipv6('2f', 8 + INNER)} 2000 86dd 00000102` },
  { name: 'GRE with key and sequence number', linkType: RAW, hex: `${ipv6('2f', 12 + INNER)} 3000 86dd 00000102 00000001` },
];

/** PMIPv6 control over IPv4: UDP 5436, then a Mobility Header without an IPv6 header. RFC 5844 section 4.1.3. */
export const PMIPV6_CONTROL = `${udp('153c', 8)} 3b00000000000000`;

/** A DHCPv6 option: octets, and what its line shows. RFC 6610 section 3. */
// oxfmt-ignore
export const DHCPV6_ROWS: readonly (readonly [code: number, name: string, hex: string, text: string])[] = [
  [49, 'MIPv6 Home Network Identifier FQDN', '0031 0008 026d6e 03636f6d 00', 'mn.com'],
  [50, 'MIPv6 Visited Home Network Information', '0032 0015 0047 0011 40 20010db8000100000000000000000000', '2001:db8:1::'],
  [69, 'MIPv6 Identified Home Network Information', '0045 0014 0048 0010 20010db8000000000000000000000001', '2001:db8::1'],
  [70, 'MIPv6 Unrestricted Home Network Information', '0046 000c 0049 0008 026d6e 03636f6d 00', 'mn.com'],
  [71, 'MIPv6 Home Network Prefix', '0047 0011 40 20010db8000100000000000000000000', '2001:db8:1::'],
  [72, 'MIPv6 Home Agent Address', '0048 0010 0064ff9b0000000000000000c0000201', '64:ff9b::c000:201'],
  [73, 'MIPv6 Home Agent FQDN', '0049 0008 026d6e 03636f6d 00', 'mn.com'],
];

/** Numbers of IKE that mobility uses. RFC 7296, RFC 5026, RFC 4555, RFC 5685, RFC 2408, RFC 2409. */
// oxfmt-ignore
export const IKE_NUMBERS = {
  exchanges: [[34, 'IKE_SA_INIT'], [35, 'IKE_AUTH'], [36, 'CREATE_CHILD_SA'], [37, 'INFORMATIONAL']],
  exchanges1: [
    [1, 'Base'], [2, 'Identity Protection'], [3, 'Authentication Only'], [4, 'Aggressive'], [5, 'Informational'],
    [32, 'Quick Mode'], [33, 'New Group Mode'],
  ],
  payloads: [
    [33, 'Security Association'], [34, 'Key Exchange'], [35, 'Identification - Initiator'],
    [36, 'Identification - Responder'], [37, 'Certificate'], [38, 'Certificate Request'], [39, 'Authentication'],
    [40, 'Nonce'], [41, 'Notify'], [42, 'Delete'], [43, 'Vendor ID'], [44, 'Traffic Selector - Initiator'],
    [45, 'Traffic Selector - Responder'], [46, 'Encrypted and Authenticated'], [47, 'Configuration'],
    [48, 'Extensible Authentication'],
  ],
  notifications: [
    [40, 'UNACCEPTABLE_ADDRESSES'], [41, 'UNEXPECTED_NAT_DETECTED'], [42, 'USE_ASSIGNED_HoA'],
    [16396, 'MOBIKE_SUPPORTED'], [16397, 'ADDITIONAL_IP4_ADDRESS'], [16398, 'ADDITIONAL_IP6_ADDRESS'],
    [16399, 'NO_ADDITIONAL_ADDRESSES'], [16400, 'UPDATE_SA_ADDRESSES'], [16401, 'COOKIE2'], [16402, 'NO_NATS_ALLOWED'],
    [16406, 'REDIRECT_SUPPORTED'], [16407, 'REDIRECT'], [16408, 'REDIRECTED_FROM'],
  ],
  configuration: [[16, 'MIP6_HOME_PREFIX']],
} as const satisfies Readonly<Record<string, readonly (readonly [number, string])[]>>;
