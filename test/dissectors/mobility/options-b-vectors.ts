/**
 * Options of Proxy Mobile IPv6, dual-stack Mobile IPv6 and multiple care-of addresses: octets after the figures of
 * their documents.
 */
import { parseAddress } from '../../../dissectors/core/address.ts';
import { octetsOf } from '../hex.ts';

const BRR = 0;
export const HOTI = 1;
const COTI = 2;
const COT = 4;
export const BU = 5;
export const BA = 6;
export const BE = 7;
export const HI = 14;
const HACK = 15;
const BRI = 16;
export const LRI = 17;
const LRA = 18;
const UPN = 19;
const SQ = 22;

export const PREFIX = '20010db8000100000000000000000000';
export const HOST = '20010db8000000000000000000000001';
const LINK_LOCAL = 'fe800000000000000000000000000001';
export const IPV4 = 'c0000201';
const address = (text: string) => parseAddress(text) ?? new Uint8Array();
const ipv4 = octetsOf(IPV4);

/** Octets of an option and what they say. */
export interface OptionVector {
  readonly name: string;
  readonly hex: string;
  /** Offset of the Type octet that the alignment asks for. */
  readonly place: number;
  /** MH types that may hold it. */
  readonly allowed: readonly number[];
  readonly value: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

export const VECTORS: readonly OptionVector[] = [
  {
    name: 'Home Network Prefix',
    hex: `16 12 00 40 ${PREFIX}`,
    place: 4,
    allowed: [BU, BA, HI, HACK, BRI, LRI, LRA, SQ, UPN],
    value: {
      kind: 'home-network-prefix',
      flags: 0,
      prefixLength: 64,
      prefix: address('2001:db8:1::'),
    },
    lines: [
      'mip6.hnp.flags: 0x00',
      'mip6.hnp.l_flag: not set',
      'mip6.nemo.mnp.pfl: 64 bits',
      'mip6.nemo.mnp.mnp: 2001:db8:1::',
    ],
  },
  {
    name: 'Home Network Prefix off-link',
    hex: `16 12 80 40 ${PREFIX}`,
    place: 4,
    allowed: [UPN],
    value: {
      kind: 'home-network-prefix',
      flags: 0x80,
      prefixLength: 64,
      prefix: address('2001:db8:1::'),
    },
    lines: [
      'mip6.hnp.flags: 0x80 (Off-link Home Network Prefix (L))',
      'mip6.hnp.l_flag: set',
      'mip6.nemo.mnp.pfl: 64 bits',
      'mip6.nemo.mnp.mnp: 2001:db8:1::',
    ],
  },
  {
    name: 'Handoff Indicator',
    hex: '17 02 00 03',
    place: 1,
    allowed: [BU, BA, HI, HACK],
    value: { kind: 'handoff-indicator', indicator: 3 },
    lines: [
      'mip6.hi.reserved: 00',
      'mip6.hi: 3 (Handoff between mobile access gateways for the same interface)',
    ],
  },
  {
    name: 'Handoff Indicator of shared prefixes',
    hex: '17 02 00 06',
    place: 0,
    allowed: [BU],
    value: { kind: 'handoff-indicator', indicator: 6 },
    lines: [
      'mip6.hi.reserved: 00',
      'mip6.hi: 6 (Attachment over a new interface sharing prefixes)',
    ],
  },
  {
    name: 'Access Technology Type',
    hex: '18 02 00 04',
    place: 3,
    allowed: [BU, BA, HI, HACK],
    value: { kind: 'access-technology-type', technology: 4 },
    lines: ['mip6.att.reserved: 00', 'mip6.att: 4 (IEEE 802.11a/b/g)'],
  },
  {
    name: 'Access Technology Type that no text was compared with',
    hex: '18 02 00 08',
    place: 0,
    allowed: [BU],
    value: { kind: 'access-technology-type', technology: 8 },
    lines: ['mip6.att.reserved: 00', 'mip6.att: 8 (3GPP E-UTRAN (unverified))'],
  },
  {
    name: 'Mobile Node Link-layer Identifier',
    hex: '19 08 0000 020000000001',
    place: 0,
    allowed: [BU, BA, HI, HACK],
    value: {
      kind: 'mobile-node-link-layer-identifier',
      identifier: octetsOf('020000000001'),
    },
    lines: ['mip6.mnlli.reserved: 0000', 'mip6.mnlli.lli: 02:00:00:00:00:01'],
  },
  {
    name: 'Link-local Address',
    hex: `1a 10 ${LINK_LOCAL}`,
    place: 6,
    allowed: [BU, BA, HI, HACK],
    value: { kind: 'link-local-address', linkLocalAddress: address('fe80::1') },
    lines: ['mip6.lila_lla: fe80::1'],
  },
  {
    name: 'Timestamp',
    hex: '1b 08 00006553f100 8000',
    place: 2,
    allowed: [BU, BA],
    value: { kind: 'timestamp', timestamp: octetsOf('00006553f1008000') },
    lines: ['mip6.timestamp_tmp: 2023-11-14 22:13:20.500000 UTC'],
  },
  {
    name: 'IPv4 Home Address',
    // 011000 1 000000000: prefix length 24, P.
    hex: `1d 06 6200 ${IPV4}`,
    place: 0,
    allowed: [BU, BRI, LRI],
    value: { kind: 'ipv4-home-address', flags: 0x6200, homeAddress: ipv4 },
    lines: [
      'mip6.ipv4ha.flags: 0x6200 (Prefix length 24, Mobile network prefix requested (P))',
      'mip6.ipv4ha.preflen: 24',
      'mip6.ipv4ha.p_flag: set',
      'mip6.ipv4ha.ha: 192.0.2.1',
    ],
  },
  {
    name: 'IPv4 Address Acknowledgement',
    // 100000 00: prefix length 32.
    hex: `1e 06 00 80 ${IPV4}`,
    place: 4,
    allowed: [BA],
    value: { kind: 'ipv4-address-acknowledgement', status: 0, flags: 0x80, homeAddress: ipv4 },
    lines: [
      'mip6.ipv4aa.sts: 0 (Success)',
      'mip6.ipv4ha.flags: 0x80 (Prefix length 32)',
      'mip6.ipv4ha.preflen: 32',
      'mip6.ipv4ha.ha: 192.0.2.1',
    ],
  },
  {
    name: 'NAT Detection',
    hex: '1f 06 8000 0000006e',
    place: 0,
    allowed: [BA],
    value: { kind: 'nat-detection', flags: 0x8000, refreshTime: 110 },
    lines: [
      'mip6.natd.flags: 0x8000 (UDP encapsulation required (F))',
      'mip6.natd.f_flag: set',
      'mip6.natd.refresh_t: 110 s',
    ],
  },
  {
    name: 'NAT Detection where there is no NAT',
    hex: '1f 06 0000 ffffffff',
    place: 0,
    allowed: [BA],
    value: { kind: 'nat-detection', flags: 0, refreshTime: 0xffff_ffff },
    lines: [
      'mip6.natd.flags: 0x0000',
      'mip6.natd.f_flag: not set',
      'mip6.natd.refresh_t: 4294967295 (no keepalives needed)',
    ],
  },
  {
    name: 'IPv4 Care-of Address',
    hex: `20 06 0000 ${IPV4}`,
    place: 0,
    allowed: [BU],
    value: { kind: 'ipv4-care-of-address', careOfAddress: ipv4 },
    lines: ['mip6.ipv4coa.reserved: 0000', 'mip6.ipv4coa.addr: 192.0.2.1'],
  },
  {
    name: 'GRE Key',
    hex: '21 06 0000 00000100',
    place: 0,
    allowed: [BU, BA, HI, HACK],
    value: { kind: 'gre-key', key: 256 },
    lines: ['mip6.gre_key.reserved: 0000', 'mip6.gre_key: 256'],
  },
  {
    name: 'GRE Key without a key',
    hex: '21 02 0000',
    place: 0,
    allowed: [BU, BA],
    value: { kind: 'gre-key' },
    lines: ['mip6.gre_key.reserved: 0000'],
  },
  {
    name: 'Binding Identifier',
    hex: '23 04 0064 04 00',
    place: 2,
    allowed: [BRR, COTI, COT, BU, BA, BRI],
    value: { kind: 'binding-identifier', bindingIdentifier: 100, status: 4, flags: 0 },
    lines: [
      'mip6.bi.bid: 100',
      'mip6.bi.status: 4 (MCOA NOTCOMPLETE)',
      'mip6.bi.flags: 0x00',
      'mip6.bi.h_flag: not set',
      'mip6.bi.bid_pri: 0',
    ],
  },
  {
    name: 'Binding Identifier with an IPv4 care-of address',
    hex: `23 08 0064 00 81 ${IPV4}`,
    place: 2,
    allowed: [BU],
    value: {
      kind: 'binding-identifier',
      bindingIdentifier: 100,
      status: 0,
      flags: 0x81,
      ipv4CareOfAddress: ipv4,
    },
    lines: [
      'mip6.bi.bid: 100',
      'mip6.bi.status: 0 (as in the message)',
      'mip6.bi.flags: 0x81 (Simultaneous Home and Foreign Binding (H), Priority (BID-PRI) 1)',
      'mip6.bi.h_flag: set',
      'mip6.bi.bid_pri: 1',
      'mip6.bi.coa_ipv4: 192.0.2.1',
    ],
  },
  {
    name: 'Binding Identifier with an IPv6 care-of address',
    hex: `23 14 0001 00 7f ${HOST}`,
    place: 2,
    allowed: [BU],
    value: {
      kind: 'binding-identifier',
      bindingIdentifier: 1,
      status: 0,
      flags: 0x7f,
      careOfAddress: address('2001:db8::1'),
    },
    lines: [
      'mip6.bi.bid: 1',
      'mip6.bi.status: 0 (as in the message)',
      'mip6.bi.flags: 0x7f (Priority (BID-PRI) 127)',
      'mip6.bi.h_flag: not set',
      'mip6.bi.bid_pri: 127',
      'mip6.bi.coa_ipv6: 2001:db8::1',
    ],
  },
  {
    name: 'IPv4 Home Address Request',
    hex: `24 06 6000 ${IPV4}`,
    place: 0,
    allowed: [BU, HI, HACK, BRI, LRI],
    value: { kind: 'ipv4-home-address-request', flags: 0x60, homeAddress: ipv4 },
    lines: [
      'mip6.ipv4ha.flags: 0x60 (Prefix length 24)',
      'mip6.ipv4ha.preflen: 24',
      'mip6.ipv4ha.reserved: 00',
      'mip6.ipv4ha.ha: 192.0.2.1',
    ],
  },
  {
    name: 'IPv4 Home Address Reply',
    hex: `25 06 84 60 ${IPV4}`,
    place: 0,
    allowed: [BA],
    value: { kind: 'ipv4-home-address-reply', status: 132, flags: 0x60, homeAddress: ipv4 },
    lines: [
      'mip6.ipv4aa.sts: 132 (Dynamic IPv4 home address assignment not available)',
      'mip6.ipv4ha.flags: 0x60 (Prefix length 24)',
      'mip6.ipv4ha.preflen: 24',
      'mip6.ipv4ha.ha: 192.0.2.1',
    ],
  },
  {
    name: 'IPv4 Default-Router Address',
    hex: `26 06 0000 ${IPV4}`,
    place: 0,
    allowed: [BA],
    value: { kind: 'ipv4-default-router-address', router: ipv4 },
    lines: ['mip6.ipv4dra.reserved: 0000', 'mip6.ipv4dra.dra: 192.0.2.1'],
  },
  {
    name: 'IPv4 DHCP Support Mode',
    hex: '27 02 0001',
    place: 1,
    allowed: [BA],
    value: { kind: 'ipv4-dhcp-support-mode', flags: 1 },
    lines: [
      'mip6.ipv4dsm.flags: 0x0001 (DHCP Support Mode (S))',
      'mip6.ipv4dsm.s_flag: 1 (DHCP Server)',
    ],
  },
  {
    name: 'Context Request',
    // The example of RFC 5949 section 6.2.1.
    hex: '28 0d 0000 16 00 19 00 13 05 000028af 07',
    place: 0,
    allowed: [HI],
    value: {
      kind: 'context-request',
      requests: [
        { optionType: 22, dataLength: 0, data: new Uint8Array() },
        { optionType: 25, dataLength: 0, data: new Uint8Array() },
        { optionType: 19, dataLength: 5, vendorId: 10415, subType: 7 },
      ],
    },
    lines: [
      'mip6.cr.reserved: 0000',
      'mip6.cr.req_type: 22 (Home Network Prefix)',
      'mip6.cr.req_length: 0 octets',
      'mip6.cr.req_type: 25 (Mobile Node Link-layer Identifier)',
      'mip6.cr.req_length: 0 octets',
      'mip6.cr.req_type: 19 (Vendor Specific)',
      'mip6.cr.req_length: 5 octets',
      'mip6.vsm.vendorId: 10415 (3GPP)',
      'mip6.vsm.subtype: 7',
    ],
  },
  {
    name: 'Context Request with data of no known form',
    hex: '28 06 0000 16 02 abcd',
    place: 0,
    allowed: [HI],
    value: {
      kind: 'context-request',
      requests: [{ optionType: 22, dataLength: 2, data: octetsOf('abcd') }],
    },
    lines: [
      'mip6.cr.reserved: 0000',
      'mip6.cr.req_type: 22 (Home Network Prefix)',
      'mip6.cr.req_length: 2 octets',
      'mip6.vsm.req_data: abcd',
    ],
  },
  {
    name: 'Local Mobility Anchor Address',
    hex: `29 12 01 00 ${HOST}`,
    place: 0,
    allowed: [HI, HACK],
    value: {
      kind: 'local-mobility-anchor-address',
      code: 1,
      anchorAddress: address('2001:db8::1'),
    },
    lines: [
      'mip6.lmaa.opt_code: 1 (IPv6 address of the local mobility anchor (LMAA))',
      'mip6.lmaa.reserved: 00',
      'mip6.lmaa.ipv6: 2001:db8::1',
    ],
  },
  {
    name: 'Local Mobility Anchor Address of IPv4',
    hex: `29 06 02 00 ${IPV4}`,
    place: 0,
    allowed: [HI, HACK],
    value: { kind: 'local-mobility-anchor-address', code: 2, ipv4AnchorAddress: ipv4 },
    lines: [
      'mip6.lmaa.opt_code: 2 (IPv4 address of the local mobility anchor (IPv4-LMAA))',
      'mip6.lmaa.reserved: 00',
      'mip6.lmaa.ipv4: 192.0.2.1',
    ],
  },
  {
    name: 'Mobile Node Link-local Address Interface Identifier',
    hex: '2a 0a 0000 0200 00ff fe00 0001',
    place: 0,
    allowed: [HI, HACK],
    value: {
      kind: 'mobile-node-link-local-address-interface-identifier',
      interfaceIdentifier: octetsOf('020000fffe000001'),
    },
    lines: ['mip6.mnllaiid.reserved: 0000', 'mip6.mnllaiid.interface_id: 020000fffe000001'],
  },
  {
    name: 'Transient Binding',
    hex: '2b 02 01 14',
    place: 3,
    allowed: [BU, BA],
    value: { kind: 'transient-binding', flags: 1, lifetime: 20 },
    lines: [
      'mip6.transient_binding.flags: 0x01 (Late path switch (L))',
      'mip6.transient_binding.l_flag: set',
      'mip6.transient_binding.lifetime: 20 (2000 ms)',
    ],
  },
  {
    name: 'Redirect-Capability',
    hex: '2e 02 0000',
    place: 4,
    allowed: [BU],
    value: { kind: 'redirect-capability' },
    lines: ['mip6.recap.reserved: 0000'],
  },
  {
    name: 'Redirect to an IPv6 address',
    hex: `2f 12 8000 ${HOST}`,
    place: 0,
    allowed: [BA],
    value: { kind: 'redirect', flags: 0x8000, anchorAddress: address('2001:db8::1') },
    lines: [
      'mip6.redir.flags: 0x8000 (IPv6 r2LMA address (K))',
      'mip6.redir.k: set',
      'mip6.redir.n: not set',
      'mip6.redir.addr_r2lma_ipv6: 2001:db8::1',
    ],
  },
  {
    name: 'Redirect to an IPv4 address',
    hex: `2f 06 4000 ${IPV4}`,
    place: 0,
    allowed: [BA],
    value: { kind: 'redirect', flags: 0x4000, ipv4AnchorAddress: ipv4 },
    lines: [
      'mip6.redir.flags: 0x4000 (IPv4 r2LMA address (N))',
      'mip6.redir.k: not set',
      'mip6.redir.n: set',
      'mip6.redir.addr_r2lma_ipv4: 192.0.2.1',
    ],
  },
  {
    name: 'Load Information',
    hex: '30 12 0001 00000064 000003e8 00002710 000186a0',
    place: 0,
    allowed: [BA],
    value: {
      kind: 'load-information',
      priority: 1,
      sessionsInUse: 100,
      maximumSessions: 1000,
      usedCapacity: 10_000,
      maximumCapacity: 100_000,
    },
    lines: [
      'mip6.load_inf.priority: 1',
      'mip6.load_inf.sessions_in_use: 100',
      'mip6.load_inf.maximum_sessions: 1000',
      'mip6.load_inf.used_capacity: 10000 kB/s',
      'mip6.load_inf.maximum_capacity: 100000 kB/s',
    ],
  },
  {
    name: 'Alternate IPv4 Care-of Address',
    hex: `31 04 ${IPV4}`,
    place: 2,
    allowed: [BU, BA],
    value: { kind: 'alternate-ipv4-care-of-address', careOfAddress: ipv4 },
    lines: ['mip6.alt_ip4: 192.0.2.1'],
  },
  {
    name: 'Mobile Node Group Identifier',
    hex: '32 06 01 00 00000001',
    place: 0,
    allowed: [BU, BA, BRI, UPN],
    value: { kind: 'mobile-node-group-identifier', subType: 1, groupIdentifier: 1 },
    lines: [
      'mip6.mng.sub_type: 1 (Bulk Binding Update Group)',
      'mip6.mng.reserved: 00',
      'mip6.mng.mng_id: 1 (ALL-SESSIONS)',
    ],
  },
  {
    name: 'MAG IPv6 Address',
    hex: `33 12 00 80 ${HOST}`,
    place: 4,
    allowed: [LRI],
    value: {
      kind: 'mag-ipv6-address',
      addressLength: 128,
      gatewayAddress: address('2001:db8::1'),
    },
    lines: [
      'mip6.mag_ipv6.reserved: 00',
      'mip6.mag_ipv6.address_length: 128 bits',
      'mip6.mag_ipv6.address: 2001:db8::1',
    ],
  },
];
