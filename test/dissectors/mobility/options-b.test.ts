/**
 * Options of Proxy Mobile IPv6, dual-stack Mobile IPv6 and multiple care-of addresses: octets after the figures
 * of their documents, and what is wrong with octets that are not.
 */
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import type { DiagnosticCode } from '../../../dissectors/core/diagnostic.ts';
import { mobilityOptions } from '../../../dissectors/mobility/options/index.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { readOption } from './options-b-place.ts';

const BRR = 0;
const HOTI = 1;
const COTI = 2;
const COT = 4;
const BU = 5;
const BA = 6;
const BE = 7;
const HI = 14;
const HACK = 15;
const BRI = 16;
const LRI = 17;
const LRA = 18;
const UPN = 19;
const SQ = 22;

const PREFIX = '20010db8000100000000000000000000';
const HOST = '20010db8000000000000000000000001';
const LINK_LOCAL = 'fe800000000000000000000000000001';
const IPV4 = 'c0000201';
const address = (text: string) => parseAddress(text) ?? new Uint8Array();
const ipv4 = octetsOf(IPV4);

interface Vector {
  readonly name: string;
  readonly hex: string;
  /** Offset of the Type octet that the alignment asks for. */
  readonly place: number;
  /** MH types that may hold it. */
  readonly allowed: readonly number[];
  readonly value: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

const VECTORS: readonly Vector[] = [
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

describe.each(VECTORS)('$name', ({ hex, place, allowed, value, lines }) => {
  const bytes = octetsOf(hex);
  const type = bytes[0] ?? 0;

  it.each(allowed)('is read without a fault in a message of type %i', (mhType) => {
    const read = readOption(hex, mhType, place);
    expect(read.codes).toEqual([]);
    expect(read.option).toEqual(value);
  });

  it('shows every field', () => {
    expect(readOption(hex, allowed[0] ?? BU, place).lines).toEqual(lines);
  });

  it('is encoded to the same octets, aligned', () => {
    const { option } = readOption(hex, allowed[0] ?? BU, place);
    if (option === undefined) throw new Error('not decoded');
    const encoded = hexOf(mobilityOptions.encode([option], place, 'compute'));
    expect(encoded.startsWith(hexOf(bytes))).toBe(true);
  });

  it('is named when it is in a message that must not have it', () => {
    const definition = mobilityOptions.definitions.get(type);
    expect(definition?.allowedIn).not.toBe('any');
    for (const mhType of [HOTI, BE]) {
      expect(readOption(hex, mhType, place).codes).toContain('OPTION_NOT_ALLOWED');
    }
  });
});

describe('an option of a length its document does not allow', () => {
  const others = new Map(VECTORS.map((vector) => [octetsOf(vector.hex)[0] ?? 0, vector]));
  /** Options that take any identifier. */
  others.delete(25);
  others.delete(40);

  it.each([...others.values()])('$name: one octet more is kept and named', ({ hex, place }) => {
    const bytes = octetsOf(`${hex} ee`);
    bytes[1] = bytes.length - 2;
    const read = readOption(hexOf(bytes), BU, place);
    expect(read.codes).toContain('OPTION_LENGTH');
    expect(read.option).toEqual({ kind: 'unknown', type: bytes[0], data: bytes.slice(2) });
    expect(read.lines.at(-1)).toMatch(/(^|[^0-9a-f])([0-9a-f]{2})*ee$/);
  });

  it.each([...others.values()])('$name: no octets at all are kept and named', ({ hex, place }) => {
    const bytes = octetsOf(hex).slice(0, 2);
    bytes[1] = 0;
    const read = readOption(hexOf(bytes), BU, place);
    expect(read.codes).toContain('OPTION_LENGTH');
    expect(read.option).toEqual({ kind: 'unknown', type: bytes[0], data: new Uint8Array() });
  });

  it('keeps a Context Request whose last request is cut', () => {
    const read = readOption('28 05 0000 16 02 ab', HI);
    expect(read.codes).toEqual(['OPTION_LENGTH']);
    expect(read.option).toMatchObject({ kind: 'unknown', type: 40 });
  });
});

describe('an option with a value it must not have', () => {
  const WRONG: readonly (readonly [string, string, number, number, string])[] = [
    ['a home network prefix of 129 bits', `16 12 00 81 ${PREFIX}`, BU, 4, '129 exceeds 128'],
    ['handoff indicator 0', '17 02 00 00', BU, 0, 'handoff indicator 0'],
    ['access technology type 0', '18 02 00 00', BU, 0, 'access technology type 0'],
    ['an empty link-layer identifier', '19 02 0000', BU, 0, 'no identifier'],
    ['a link-local address that is global', `1a 10 ${HOST}`, BU, 6, 'not link-local'],
    ['IPv4 home address with prefix length 0', `1d 06 0000 ${IPV4}`, BU, 0, 'prefix length 0'],
    ['an IPv4 home address with 33 bits', `1d 06 8400 ${IPV4}`, BU, 0, '33 exceeds 32'],
    ['a prefix length in a refusal', `1e 06 80 80 ${IPV4}`, BA, 0, 'in a refusal'],
    ['an IPv4 acknowledgement with 63 bits', `1e 06 00 fc ${IPV4}`, BA, 0, '63 exceeds 32'],
    ['an IPv4 request with 33 bits', `24 06 8400 ${IPV4}`, BU, 0, '33 exceeds 32'],
    ['an IPv4 reply with 33 bits', `25 06 00 84 ${IPV4}`, BA, 0, '33 exceeds 32'],
    ['binding identifier 0', '23 04 0000 00 00', BU, 0, 'binding identifier 0'],
    ['an IPv6 care-of address in an answer', `23 14 0001 00 00 ${HOST}`, BA, 2, 'care-of address'],
    ['an IPv4 care-of address in an answer', `23 08 0001 00 00 ${IPV4}`, BA, 2, 'care-of address'],
    ['the H flag in an answer', '23 04 0001 00 80', BA, 0, 'H flag'],
    ['an IPv6 anchor with code 2', `29 12 02 00 ${HOST}`, HI, 0, 'option code 2'],
    ['an IPv4 anchor with code 1', `29 06 01 00 ${IPV4}`, HI, 0, 'option code 1'],
    ['an anchor with code 0', `29 06 00 00 ${IPV4}`, HI, 0, 'option code 0'],
    ['a transient binding of no time', '2b 02 01 00', BU, 0, 'lifetime 0'],
    ['a redirection to nothing', `2f 12 0000 ${HOST}`, BA, 0, 'neither K nor N'],
    ['a redirection to both', `2f 12 c000 ${HOST}`, BA, 0, 'both K and N'],
    ['an IPv6 redirection with N', `2f 12 4000 ${HOST}`, BA, 0, 'N flag, but an IPv6'],
    ['an IPv4 redirection with K', `2f 06 8000 ${IPV4}`, BA, 0, 'K flag, but an IPv4'],
    ['group identifier 0', '32 06 01 00 00000000', BU, 0, 'group identifier 0'],
    ['a gateway address of 64 bits', `33 12 00 40 ${HOST}`, LRI, 4, 'address length 64'],
  ];

  it.each(WRONG)('%s is read and named', (_, hex, mhType, place, detail) => {
    const read = readOption(hex, mhType, place);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain(detail);
    expect(read.option?.kind).not.toBe('unknown');
  });

  it('takes the unspecified link-local address that asks for one', () => {
    expect(readOption(`1a 10 ${'00'.repeat(16)}`, BU, 6).codes).toEqual([]);
  });

  const RESERVED: readonly (readonly [string, string, number, number])[] = [
    ['Home Network Prefix', `16 12 01 40 ${PREFIX}`, BU, 4],
    ['Handoff Indicator', '17 02 01 01', BU, 0],
    ['Link-layer Identifier', '19 08 0001 020000000001', BU, 0],
    ['IPv4 Home Address', `1d 06 8001 ${IPV4}`, BU, 0],
    ['IPv4 Address Acknowledgement', `1e 06 00 81 ${IPV4}`, BA, 0],
    ['NAT Detection', '1f 06 0001 00000000', BA, 0],
    ['GRE Key', '21 02 0001', BU, 0],
    ['IPv4 DHCP Support Mode', '27 02 0002', BA, 0],
    ['Transient Binding', '2b 02 02 00', BU, 0],
    ['Redirect', `2f 06 4001 ${IPV4}`, BA, 0],
  ];

  it.each(RESERVED)('reserved bits of %s are named and kept', (_, hex, mhType, place) => {
    const read = readOption(hex, mhType, place);
    expect(read.codes).toEqual(['RESERVED_NOT_ZERO']);
    if (read.option === undefined) throw new Error('not decoded');
    const encoded = hexOf(mobilityOptions.encode([read.option], 0, 'as-given'));
    expect(encoded).toBe(hexOf(octetsOf(hex)));
  });
});

describe('where an option is and how often', () => {
  const misplaced = VECTORS.filter(({ place }) => place % 2 === 0);
  it.each(misplaced)(
    '$name is named off its alignment, if it has one',
    ({ hex, place, allowed }) => {
      const type = octetsOf(hex)[0] ?? 0;
      const codes: readonly DiagnosticCode[] = readOption(hex, allowed[0] ?? BU, place + 1).codes;
      const isAligned = mobilityOptions.definitions.get(type)?.align !== undefined;
      expect(codes).toEqual(isAligned ? ['OPTION_ALIGNMENT'] : []);
    },
  );

  it.each([
    ['Handoff Indicator', '17 02 00 01', BU, true],
    ['Link-layer Identifier', '19 08 0000 020000000001', BU, true],
    ['Transient Binding', '2b 02 01 14', BU, true],
    ['Binding Identifier', '23 04 0001 00 00 01 00', BU, false],
    ['Mobile Node Group Identifier', '32 06 01 00 00000002', BU, false],
  ] as const)('%s twice: a fault is %s', (_, hex, mhType, isFault) => {
    const { codes } = readOption(`${hex} ${hex}`, mhType);
    expect(codes.includes('OPTION_DUPLICATE')).toBe(isFault);
  });
});
