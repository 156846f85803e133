/**
 * Delegated prefixes, planes and paths of gateways, distributed mobility: octets after the figures of RFC 7148,
 * RFC 7389, RFC 8127, RFC 8278 and RFC 8885.
 */
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import { mobilityOptions } from '../../../dissectors/mobility/options/index.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { readOption } from './options-b-place.ts';

const BU = 5;
const BA = 6;
const HOTI = 1;
const UPN = 19;
const PREFIX = '20010db8000100000000000000000000';
const HOST = '20010db8000000000000000000000001';
const LINK_LOCAL = 'fe800000000000000000000000000001';
const address = (text: string) => parseAddress(text) ?? new Uint8Array();

interface Vector {
  readonly name: string;
  readonly hex: string;
  /** Offset of the Type octet that the alignment asks for. */
  readonly place: number;
  readonly allowed: readonly number[];
  readonly isRepeatable: boolean;
  readonly value: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

const VECTORS: readonly Vector[] = [
  {
    name: 'Delegated Mobile Network Prefix of IPv6',
    hex: `37 12 00 38 ${PREFIX}`,
    place: 2,
    allowed: [BU, BA],
    isRepeatable: true,
    value: {
      kind: 'delegated-mobile-network-prefix',
      flags: 0,
      prefixLength: 56,
      prefix: address('2001:db8:1::'),
    },
    lines: [
      'mip6.dmnp.flags: 0x00',
      'mip6.dmnp.v_flag: not set',
      'mip6.dmnp.prefix_len: 56 bits',
      'mip6.dmnp.dmnp_ipv6: 2001:db8:1::',
    ],
  },
  {
    name: 'Delegated Mobile Network Prefix of IPv4',
    hex: '37 06 80 18 c0000200',
    place: 2,
    allowed: [BU, BA],
    isRepeatable: true,
    value: {
      kind: 'delegated-mobile-network-prefix',
      flags: 0x80,
      prefixLength: 24,
      ipv4Prefix: octetsOf('c0000200'),
    },
    lines: [
      'mip6.dmnp.flags: 0x80 (V (IPv4 prefix))',
      'mip6.dmnp.v_flag: set',
      'mip6.dmnp.prefix_len: 24 bits',
      'mip6.dmnp.dmnp_ipv4: 192.0.2.0',
    ],
  },
  {
    name: 'LMA User-Plane Address of IPv6',
    hex: `3b 12 0000 ${HOST}`,
    place: 2,
    allowed: [BA],
    isRepeatable: true,
    value: { kind: 'lma-user-plane-address', address: address('2001:db8::1') },
    lines: ['mip6.lma_up.reserved: 0000', 'mip6.lma_up.ipv6: 2001:db8::1'],
  },
  {
    name: 'LMA User-Plane Address of IPv4',
    hex: '3b 06 0000 c0000201',
    place: 2,
    allowed: [BA],
    isRepeatable: true,
    value: { kind: 'lma-user-plane-address', ipv4Address: octetsOf('c0000201') },
    lines: ['mip6.lma_up.reserved: 0000', 'mip6.lma_up.ipv4: 192.0.2.1'],
  },
  {
    name: 'LMA User-Plane Address without an address',
    hex: '3b 02 0000',
    place: 2,
    allowed: [BU],
    isRepeatable: true,
    value: { kind: 'lma-user-plane-address' },
    lines: ['mip6.lma_up.reserved: 0000'],
  },
  {
    name: 'LMA-Controlled MAG Parameters',
    hex: '3e 10 01 06 000a 0001 0020 02 06 003c 0005 0003',
    place: 2,
    allowed: [BA],
    isRepeatable: false,
    value: {
      kind: 'lma-controlled-mag-parameters',
      subOptions: [
        {
          kind: 'binding-reregistration-control',
          startTime: 10,
          initialRetransmission: 1,
          maximumRetransmission: 32,
        },
        {
          kind: 'heartbeat-control',
          interval: 60,
          retransmissionDelay: 5,
          maximumRetransmissions: 3,
        },
      ],
    },
    lines: [
      'mip6.lcmp.sub_opt: 1 (Binding Re-registration Control)',
      'mip6.lcmp.sub_opt.len: 6 octets',
      'mip6.lcmp.rereg_start: 10 (40 s)',
      'mip6.lcmp.initial_retrans: 1 s',
      'mip6.lcmp.max_retrans: 32 s',
      'mip6.lcmp.sub_opt: 2 (Heartbeat Control)',
      'mip6.lcmp.sub_opt.len: 6 octets',
      'mip6.lcmp.hb_interval: 60 s',
      'mip6.lcmp.hb_retrans_delay: 5 s',
      'mip6.lcmp.hb_max_retrans: 3',
    ],
  },
  {
    name: 'MAG Multipath Binding',
    hex: '3f 06 04 09 01 80 0000',
    place: 0,
    allowed: [BU, BA],
    isRepeatable: false,
    value: {
      kind: 'mag-multipath-binding',
      accessTechnology: 4,
      interfaceLabel: 9,
      bindingIdentifier: 1,
      flags: 0x80,
    },
    lines: [
      'mip6.multipath.if_att: 4 (IEEE 802.11a/b/g)',
      'mip6.multipath.if_label: 9',
      'mip6.multipath.bid: 1',
      'mip6.multipath.flags: 0x80 (B (bulk re-registration))',
      'mip6.multipath.b_flag: set',
      'mip6.multipath.o_flag: not set',
      'mip6.multipath.reserved: 0000',
    ],
  },
  {
    name: 'MAG Identifier',
    hex: '40 06 01 00 6d616731',
    place: 0,
    allowed: [BU, BA],
    isRepeatable: false,
    value: { kind: 'mag-identifier', subtype: 1, identifier: octetsOf('6d616731') },
    lines: [
      'mip6.mag_id.subtype: 1 (NAI)',
      'mip6.mag_id.reserved: 00',
      'mip6.mag_id.identifier: mag1',
    ],
  },
  {
    name: 'Anchored Prefix',
    hex: `41 12 00 40 ${PREFIX}`,
    place: 4,
    allowed: [BU, BA],
    isRepeatable: true,
    value: { kind: 'anchored-prefix', prefixLength: 64, prefix: address('2001:db8:1::') },
    lines: [
      'mip6.anchored_prefix.reserved: 00',
      'mip6.anchored_prefix.prefix_len: 64 bits',
      'mip6.anchored_prefix.prefix: 2001:db8:1::',
    ],
  },
  {
    name: 'Local Prefix',
    hex: `42 12 00 40 ${PREFIX}`,
    place: 4,
    allowed: [BU, BA],
    isRepeatable: true,
    value: { kind: 'local-prefix', prefixLength: 64, prefix: address('2001:db8:1::') },
    lines: [
      'mip6.local_prefix.reserved: 00',
      'mip6.local_prefix.prefix_len: 64 bits',
      'mip6.local_prefix.prefix: 2001:db8:1::',
    ],
  },
  {
    name: 'Previous MAAR',
    hex: `43 22 00 40 ${HOST} ${PREFIX}`,
    place: 4,
    allowed: [BA],
    isRepeatable: true,
    value: {
      kind: 'previous-maar',
      prefixLength: 64,
      previousMaar: address('2001:db8::1'),
      homeNetworkPrefix: address('2001:db8:1::'),
    },
    lines: [
      'mip6.previous_maar.reserved: 00',
      'mip6.previous_maar.prefix_len: 64 bits',
      'mip6.previous_maar.address: 2001:db8::1',
      'mip6.previous_maar.prefix: 2001:db8:1::',
    ],
  },
  {
    name: 'Serving MAAR',
    hex: `44 10 ${HOST}`,
    place: 6,
    allowed: [BU, BA],
    isRepeatable: false,
    value: { kind: 'serving-maar', servingMaar: address('2001:db8::1') },
    lines: ['mip6.serving_maar.address: 2001:db8::1'],
  },
  {
    name: 'DLIF Link-Local Address',
    hex: `45 10 ${LINK_LOCAL}`,
    place: 6,
    allowed: [BA],
    isRepeatable: true,
    value: { kind: 'dlif-link-local-address', linkLocalAddress: address('fe80::1') },
    lines: ['mip6.dlif.link_local: fe80::1'],
  },
  {
    name: 'DLIF Link-Layer Address',
    hex: '46 08 0000 020000000001',
    place: 0,
    allowed: [BA],
    isRepeatable: true,
    value: { kind: 'dlif-link-layer-address', linkLayerAddress: octetsOf('020000000001') },
    lines: ['mip6.dlif.reserved: 0000', 'mip6.dlif.link_layer: 02:00:00:00:00:01'],
  },
];

const CASES = VECTORS.map((vector) => [vector.name, vector] as const);

describe('an option of the figures', () => {
  it.each(CASES)('%s is read, shown and written', (_, { hex, place, allowed, value, lines }) => {
    for (const mhType of [...allowed, UPN]) {
      const read = readOption(hex, mhType, place);
      expect(read.codes).toEqual([]);
      expect(read.option).toEqual(value);
      expect(read.lines).toEqual(lines);
      const { option } = read;
      if (option === undefined) continue;
      expect(hexOf(mobilityOptions.encode([option], place, 'as-given'))).toBe(hexOf(octetsOf(hex)));
      // In its place, no padding goes before it.
      const computed = hexOf(mobilityOptions.encode([option], place, 'compute'));
      expect(computed.startsWith(hexOf(octetsOf(hex)))).toBe(true);
    }
    expect(readOption(hex, HOTI, place).codes).toContain('OPTION_NOT_ALLOWED');
  });

  it.each(CASES)('%s has its alignment', (_, { hex, place, allowed }) => {
    const mhType = allowed[0] ?? BU;
    const elsewhere = readOption(hex, mhType, place + 1);
    const has = mobilityOptions.definitions.get(octetsOf(hex)[0] ?? 0)?.align !== undefined;
    expect(elsewhere.codes).toEqual(has ? ['OPTION_ALIGNMENT'] : []);
  });

  it.each(CASES)('%s cut by one octet is kept, with the option after it', (_, vector) => {
    const whole = octetsOf(vector.hex);
    const cut = `${hexOf(Uint8Array.of(whole[0] ?? 0, (whole[1] ?? 0) - 1))}${hexOf(whole.slice(2, -1))}`;
    const read = readOption(`${cut} 01 00`, vector.allowed[0] ?? BU, vector.place);
    // Octets of variable length stay what they are, only shorter.
    const isVariable = ['MAG Identifier', 'DLIF Link-Layer Address'].includes(vector.name);
    const nested = vector.name === 'LMA-Controlled MAG Parameters';
    expect(read.codes).toEqual(
      isVariable ? [] : [nested ? 'SUBOPTION_TRUNCATED' : 'OPTION_LENGTH'],
    );
    const bytes = octetsOf(`${cut} 01 00`);
    const nodes = mobilityOptions.tree(bytes, 0, bytes.length, 0);
    expect(nodes.at(-1)?.label).toBe('Mobility option: PadN');
  });

  it.each(CASES)('%s twice in a message', (_, { hex, place, allowed, isRepeatable }) => {
    const one = octetsOf(hex);
    // The second at the same alignment.
    const padding = '00'.repeat((8 - (one.length % 8)) % 8);
    const read = readOption(`${hex} ${padding} ${hex}`, allowed[0] ?? BU, place);
    expect(read.codes).toEqual(isRepeatable ? [] : ['OPTION_DUPLICATE']);
  });
});

describe('values that an option must not hold', () => {
  it.each([
    ['37 06 80 21 c0000200', BU, 2, 'prefix length 33 exceeds 32'],
    [`37 12 00 81 ${PREFIX}`, BU, 2, 'prefix length 129 exceeds 128'],
    ['3b 02 0000', BA, 2, 'no address in an acknowledgement'],
    ['3b 06 0000 00000000', BA, 2, 'no address in an acknowledgement'],
    [`3b 12 0000 ${HOST}`, BU, 2, 'an address in a request must be absent or zero'],
    ['3e 00', BA, 2, 'no sub-option'],
    ['3f 06 04 09 00 00 0000', BU, 0, 'BID 0 is reserved'],
    ['3f 06 04 09 ff 00 0000', BU, 0, 'BID 255 is reserved'],
    ['3f 06 04 09 01 c0 0000', BU, 0, 'B and O flags exclude each other'],
    ['40 02 01 00', BU, 0, 'empty identifier'],
    ['40 03 02 00 20', BU, 0, 'an identifier of subtype 2 has 16'],
    [`41 12 00 81 ${PREFIX}`, BU, 4, 'prefix length 129 exceeds 128'],
    [`42 12 00 81 ${PREFIX}`, BU, 4, 'prefix length 129 exceeds 128'],
    [`43 22 00 81 ${HOST} ${PREFIX}`, BA, 4, 'prefix length 129 exceeds 128'],
    [`45 10 ${HOST}`, BA, 6, 'the address is not link-local'],
    ['46 02 0000', BA, 0, 'no address'],
  ])('%s in message %i', (hex, mhType, place, detail) => {
    const read = readOption(hex, mhType, place);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain(detail);
  });

  it('a zero address in a request is right', () => {
    expect(readOption('3b 06 0000 00000000', BU, 2).codes).toEqual([]);
  });

  it.each([
    ['37 12 80 18 c0000200000000000000000000000000', BU, 2],
    [`37 06 00 18 c0000200`, BU, 2],
  ])('a prefix of another length than its flag says: %s', (hex, mhType, place) => {
    expect(readOption(hex, mhType, place).codes).toEqual(['OPTION_LENGTH']);
  });

  it.each([
    ['37 06 81 18 c0000200', BU, 2],
    ['3b 02 0001', BU, 2],
    ['3f 06 04 09 01 20 0000', BU, 0],
    ['3f 06 04 09 01 00 0001', BU, 0],
    ['40 03 01 01 6d', BU, 0],
    [`41 12 01 40 ${PREFIX}`, BU, 4],
    ['46 03 0100 02', BA, 0],
  ])('bits that are reserved are noted: %s', (hex, mhType, place) => {
    expect(readOption(hex, mhType, place).codes).toEqual(['RESERVED_NOT_ZERO']);
  });

  it.each([
    ['3e 08 01 06 000a 0001 0020', []],
    ['3e 10 01 06 000a 0001 0020 01 06 000a 0001 0020', ['SUBOPTION_DUPLICATE']],
    ['3e 07 01 05 000a 0001 00', ['SUBOPTION_LENGTH']],
    ['3e 03 03 01 aa', ['SUBOPTION_UNKNOWN']],
    ['3e 03 02 06 00', ['SUBOPTION_TRUNCATED']],
  ])('sub-options of gateway parameters: %s', (hex, codes) => {
    expect(readOption(hex, BA, 2).codes).toEqual(codes);
  });
});
