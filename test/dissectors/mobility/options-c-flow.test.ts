/**
 * Flow bindings, traffic offload and quality of service: the options with traffic selectors. Octets after the
 * figures of RFC 6088, RFC 6089, RFC 6909, RFC 7109 and RFC 7222.
 */
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import { mobilityOptions } from '../../../dissectors/mobility/options/index.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { readOption } from './options-b-place.ts';

const BU = 5;
const BA = 6;
const BRI = 16;
const UPN = 19;
const FBI = 21;
const HI = 14;

const SOURCE = '20010db8000000010000000000000001';
const address = (text: string) => parseAddress(text) ?? new Uint8Array();

/** Encodes what was read, in the same place. */
function again(hex: string, mhType: number): string {
  const { option } = readOption(hex, mhType);
  return option === undefined ? '' : hexOf(mobilityOptions.encode([option], 0, 'as-given'));
}

/** Option 45 of a FID and a priority, around sub-options. */
function flow(subOptions: string): string {
  const data = octetsOf(`0007 000a 00 00 ${subOptions}`);
  return `2d ${data.length.toString(16).padStart(2, '0')} ${hexOf(data)}`;
}

describe('the Flow Summary option', () => {
  it('lists one FID after the other', () => {
    const read = readOption('2c 06 0001 0002 00ff', BU);
    expect(read.codes).toEqual([]);
    expect(read.option).toEqual({
      kind: 'flow-summary',
      flowIdentifiers: [{ flowIdentifier: 1 }, { flowIdentifier: 2 }, { flowIdentifier: 255 }],
    });
    expect(read.lines).toEqual(['mip6.flow.fid: 1', 'mip6.flow.fid: 2', 'mip6.flow.fid: 255']);
  });

  it.each([
    ['without a FID', '2c 00'],
    ['with half a FID', '2c 03 0001 00'],
  ])('%s has a wrong length', (_, hex) => {
    expect(readOption(hex, BU).codes).toEqual(['OPTION_LENGTH']);
  });

  it('holds no FID 0, belongs into a Binding Update and may be repeated', () => {
    expect(readOption('2c 04 0001 0000', BU).details).toEqual(['Flow Summary: FID 0 is reserved']);
    expect(readOption('2c 02 0001', BA).codes).toEqual(['OPTION_NOT_ALLOWED']);
    expect(readOption('2c 02 0001 2c 02 0002', BU).codes).toEqual([]);
    expect(readOption('2c 02 0001', BU, 1).codes).toEqual(['OPTION_ALIGNMENT']);
  });
});

describe('the Flow Identification option', () => {
  it('has a FID, a priority and a status, with or without sub-options', () => {
    const read = readOption('2d 06 0007 000a 00 85', BA);
    expect(read.codes).toEqual([]);
    expect(read.option).toEqual({
      kind: 'flow-identification',
      flowIdentifier: 7,
      priority: 10,
      status: 133,
      subOptions: [],
    });
    expect(read.lines).toEqual([
      'mip6.flow.fid: 7',
      'mip6.flow.fid_pri: 10',
      'mip6.flow.reserved: 00',
      'mip6.flow.status: 133 (Traffic selector format not supported)',
    ]);
    for (const mhType of [BU, BA, BRI, UPN, FBI]) {
      expect(readOption(flow(''), mhType).codes).toEqual([]);
    }
    expect(readOption(flow(''), HI).codes).toEqual(['OPTION_NOT_ALLOWED']);
  });

  it('shows the sub-options of RFC 6089 and RFC 7109', () => {
    const hex = flow(
      `00 01 02 0000 02 04 0001 0003 04 02 00 0f 05 06 0000 c0000201 05 12 0000 ${SOURCE}`,
    );
    const read = readOption(hex, FBI);
    expect(read.codes).toEqual([]);
    expect(read.option).toMatchObject({
      subOptions: [
        { kind: 'pad1' },
        { kind: 'padn', padding: octetsOf('0000') },
        {
          kind: 'binding-reference',
          bindingIdentifiers: [{ bindingIdentifier: 1 }, { bindingIdentifier: 3 }],
        },
        { kind: 'flow-binding-action', action: 15 },
        { kind: 'target-care-of-address', ipv4CareOfAddress: octetsOf('c0000201') },
        { kind: 'target-care-of-address', careOfAddress: octetsOf(SOURCE) },
      ],
    });
    expect(read.lines).toContain('mip6.flow.action: 15 (Move a flow binding)');
    expect(read.lines).toContain('mip6.flow.target_coa: 192.0.2.1');
    expect(read.lines).toContain('mip6.flow.target_coa: 2001:db8:0:1::1');
    expect(again(hex, FBI)).toBe(hexOf(octetsOf(hex)));
  });

  it.each([
    ['FID 0', '2d 06 0000 000a 00 00', 'FID 0 is reserved'],
    ['FID-PRI 0', '2d 06 0007 0000 00 00', 'FID-PRI 0 is reserved'],
    ['BID 0', flow('02 02 0000'), 'BID 0 is reserved'],
    ['an action that is not assigned', flow('04 02 00 0a'), 'action 10 is not assigned'],
    ['a move to nowhere', flow('04 02 00 0f'), 'without a target care-of address'],
    ['TS format 0', flow('03 02 00 00'), 'TS format 0 is reserved'],
  ])('says what is wrong: %s', (_, hex, detail) => {
    const read = readOption(hex, BU);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain(detail);
  });

  it('has one Binding Reference and one Traffic Selector at most', () => {
    const read = readOption(flow('02 02 0001 02 02 0002 03 02 09 00 03 02 09 00'), BU);
    expect(read.codes).toEqual(['SUBOPTION_DUPLICATE', 'SUBOPTION_DUPLICATE']);
  });

  it.each([
    ['a Binding Reference of half a BID', '02 03 0001 00', 'SUBOPTION_LENGTH'],
    ['an Action of three octets', '04 03 00 0b 00', 'SUBOPTION_LENGTH'],
    ['a care-of address of five octets', '05 07 0000 c000020100', 'SUBOPTION_LENGTH'],
    ['an unknown sub-option', '63 01 aa', 'SUBOPTION_UNKNOWN'],
    ['a sub-option past the end', '04 09 00 0b', 'SUBOPTION_TRUNCATED'],
    ['a sub-option without a length', '04', 'SUBOPTION_TRUNCATED'],
  ])('keeps %s as octets, and shows the next option', (_, subOptions, code) => {
    const hex = `${flow(subOptions)} 2c 02 0001`;
    const bytes = octetsOf(hex);
    const read = readOption(hex, BU);
    expect(read.codes).toContain(code);
    expect(read.option?.kind).toBe('flow-identification');
    const nodes = mobilityOptions.tree(bytes, 0, bytes.length, 0);
    expect(nodes.map(({ label }) => label)).toEqual([
      'Mobility option: Flow Identification',
      'Mobility option: Flow Summary',
    ]);
    expect(again(flow(subOptions), BU)).toBe(hexOf(octetsOf(flow(subOptions))));
  });

  it('of less than six octets is unknown', () => {
    expect(readOption('2d 05 0007 000a 00', BU).codes).toEqual(['OPTION_LENGTH']);
  });
});

describe('a binary traffic selector', () => {
  /** All fields of Figure 1 of RFC 6088. */
  const IPV4 =
    '01 00 fffc0000 c0000201 c0000205 cb007101 cb007109 00000100 000001ff 0400 04ff 0050 0051 28 b8 06 11';
  const IPV4_LINES = [
    'mip6.ts.format: 1 (IPv4 binary traffic selector)',
    'mip6.ts.start_src: 192.0.2.1',
    'mip6.ts.end_src: 192.0.2.5',
    'mip6.ts.start_dst: 203.0.113.1',
    'mip6.ts.end_dst: 203.0.113.9',
    'mip6.ts.start_spi: 0x00000100',
    'mip6.ts.end_spi: 0x000001ff',
    'mip6.ts.start_srcport: 1024',
    'mip6.ts.end_srcport: 1279',
    'mip6.ts.start_dstport: 80',
    'mip6.ts.end_dstport: 81',
    'mip6.ts.start_ds: 0x28 (DSCP 10)',
    'mip6.ts.end_ds: 0xb8 (DSCP 46)',
    'mip6.ts.start_proto: 6',
    'mip6.ts.end_proto: 17',
  ];
  /** All fields of Figure 2. */
  const IPV6 = `02 00 ffff0000 ${SOURCE} ${SOURCE} ${SOURCE} ${SOURCE} 00000100 000001ff 00012345 000fffff
    0400 04ff 0050 0051 28 b8 06 11`;
  /** Without the flag words and reserved octets. */
  const fields = (lines: readonly string[]) =>
    lines.filter((line) => /^mip6\.ts\.(format|start|end)/.test(line));

  it('of format 1 has the fields of its flags, in their order', () => {
    const hex = flow(`03 2a ${IPV4}`);
    const read = readOption(hex, BU);
    expect(read.codes).toEqual([]);
    expect(fields(read.lines)).toEqual(IPV4_LINES);
    expect(read.option).toMatchObject({
      subOptions: [
        {
          kind: 'traffic-selector',
          tsFormat: 1,
          ipv4Flags: 0xfffc0000,
          startSourceIpv4: octetsOf('c0000201'),
          endSpi: 0x1ff,
          startSourcePort: 1024,
          endTrafficClass: 0xb8,
          endProtocol: 17,
        },
      ],
    });
    expect(again(hex, BU)).toBe(hexOf(octetsOf(hex)));
  });

  it('of format 2 has IPv6 addresses and flow labels', () => {
    const hex = flow(`03 62 ${IPV6}`);
    const read = readOption(hex, BU);
    expect(read.codes).toEqual([]);
    expect(fields(read.lines)).toEqual([
      'mip6.ts.format: 2 (IPv6 binary traffic selector)',
      'mip6.ts.start_src: 2001:db8:0:1::1',
      'mip6.ts.end_src: 2001:db8:0:1::1',
      'mip6.ts.start_dst: 2001:db8:0:1::1',
      'mip6.ts.end_dst: 2001:db8:0:1::1',
      'mip6.ts.start_spi: 0x00000100',
      'mip6.ts.end_spi: 0x000001ff',
      'mip6.ts.start_flow: 0x00012345',
      'mip6.ts.end_flow: 0x000fffff',
      'mip6.ts.start_srcport: 1024',
      'mip6.ts.end_srcport: 1279',
      'mip6.ts.start_dstport: 80',
      'mip6.ts.end_dstport: 81',
      'mip6.ts.start_ds: 0x28 (DSCP 10)',
      'mip6.ts.end_ds: 0xb8 (DSCP 46)',
      'mip6.ts.start_proto: 6',
      'mip6.ts.end_proto: 17',
    ]);
    expect(read.option).toMatchObject({
      subOptions: [{ startSource: address('2001:db8:0:1::1'), endFlowLabel: 0xfffff }],
    });
    expect(again(hex, BU)).toBe(hexOf(octetsOf(hex)));
  });

  it('means another field by the same flag in the other format', () => {
    // Flag G: source port in format 1, flow label in format 2.
    expect(fields(readOption(flow('03 08 01 00 02000000 1388'), BU).lines)).toContain(
      'mip6.ts.start_srcport: 5000',
    );
    expect(fields(readOption(flow('03 0a 02 00 02000000 00001388'), BU).lines)).toContain(
      'mip6.ts.start_flow: 0x00001388',
    );
  });

  it('without flags selects everything', () => {
    expect(readOption(flow('03 06 01 00 00000000'), BU).codes).toEqual([]);
  });

  it('of another format is octets', () => {
    const read = readOption(flow('03 05 03 00 aabbcc'), BU);
    expect(read.codes).toEqual([]);
    expect(read.option).toMatchObject({
      subOptions: [{ kind: 'traffic-selector', tsFormat: 3, selector: octetsOf('aabbcc') }],
    });
  });

  it.each([
    ['B', '03 0a 01 00 40000000 c0000205'],
    ['F', '03 0a 02 00 04000000 00000100'],
    ['N', '03 07 01 00 00040000 06'],
    ['P', '03 07 02 00 00010000 06'],
  ])('with the end %s of a range that has no start is named', (letter, subOption) => {
    const read = readOption(flow(subOption), BU);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain(`flag ${letter}: the end of a range without its start`);
  });

  it('with a flow label of more than 24 bits is named', () => {
    const read = readOption(flow('03 0a 02 00 02000000 01000000'), BU);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain('first 8 bits of a flow label');
  });

  it('with bits that no field has is noted', () => {
    expect(readOption(flow('03 06 01 00 00020000'), BU).codes).toEqual(['RESERVED_NOT_ZERO']);
    expect(readOption(flow('03 06 02 00 00008000'), BU).codes).toEqual(['RESERVED_NOT_ZERO']);
  });

  it.each([
    ['cut in the flags', '03 05 01 00 800000'],
    ['shorter than its flags ask for', '03 08 01 00 80000000 c000'],
    ['with octets left over', '03 0b 01 00 80000000 c0000201 ff'],
  ])('%s is kept as octets', (_, subOption) => {
    const hex = flow(subOption);
    const read = readOption(hex, BU);
    expect(read.codes).toEqual(['SUBOPTION_LENGTH']);
    expect(read.option).toMatchObject({ subOptions: [{ kind: 'unknown', type: 3 }] });
    expect(again(hex, BU)).toBe(hexOf(octetsOf(hex)));
  });

  it('shows the octets that its flags leave over', () => {
    const read = readOption(flow('03 0b 01 00 80000000 c0000201 ff'), BU);
    expect(read.lines).toContain('mip6.ts.start_src: 192.0.2.1');
    expect(read.lines).toContain('mip6.flow.sub_opt.data: ff');
  });

  it('is the same in an offload selector and, with the first octets swapped, in a QoS attribute', () => {
    const offload = readOption(`35 30 80000000 03 2a ${IPV4}`, BU);
    expect(offload.codes).toEqual([]);
    expect(fields(offload.lines)).toEqual(IPV4_LINES);
    const qos = readOption(`3a 32 01 b8 01 000000 0a 2a 00 01 ${IPV4.slice(5)}`, BU);
    expect(qos.codes).toEqual([]);
    expect(fields(qos.lines)).toEqual(IPV4_LINES);
  });
});

describe('the IPv4 Traffic Offload Selector option', () => {
  it('has a mode and a traffic selector', () => {
    const read = readOption('35 10 80000000 03 0a 01 00 80000000 c0000201', BA);
    expect(read.codes).toEqual([]);
    expect(read.option).toMatchObject({
      kind: 'ipv4-traffic-offload-selector',
      flags: 0x80000000,
      subOptions: [{ kind: 'traffic-selector', startSourceIpv4: octetsOf('c0000201') }],
    });
    expect(read.lines).toContain('mip6.ipv4_offload.m_flag: set');
  });

  it('without a selector asks for a policy, but gives none', () => {
    expect(readOption('35 04 00000000', BU).codes).toEqual([]);
    expect(readOption('35 04 00000000', BA).details).toEqual([
      'IPv4 Traffic Offload Selector: no traffic selector in an acknowledgement',
    ]);
    expect(readOption('35 04 80000000', BU).details).toEqual([
      'IPv4 Traffic Offload Selector: M flag without a traffic selector',
    ]);
  });

  it.each([
    ['35 0c 00000000 03 06 02 00 00000000', 'TS format 2 is not IPv4'],
    ['35 08 00000000 02 02 0001', 'sub-option binding-reference has no place here'],
  ])('takes IPv4 selectors alone: %s', (hex, detail) => {
    const read = readOption(hex, BU);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain(detail);
  });

  it('is too short without its flags, and aligned to 4n', () => {
    expect(readOption('35 03 000000', BU).codes).toEqual(['OPTION_LENGTH']);
    expect(readOption('35 04 00000000', BU, 2).codes).toEqual(['OPTION_ALIGNMENT']);
    expect(readOption('35 04 00000001', BU).codes).toEqual(['RESERVED_NOT_ZERO']);
  });
});

describe('the Quality-of-Service option', () => {
  /** Option 58 of service request 3, DSCP 46 and an operational code, around attributes. */
  function qos(attributes: string, code = '01'): string {
    const data = octetsOf(`03 b8 ${code} 000000 ${attributes}`);
    return `3a ${data.length.toString(16).padStart(2, '0')} ${hexOf(data)}`;
  }

  it('has a request, a traffic class and an operational code', () => {
    const read = readOption(qos(''), BU);
    expect(read.codes).toEqual([]);
    expect(read.option).toEqual({
      kind: 'quality-of-service',
      serviceRequest: 3,
      trafficClass: 0xb8,
      operationalCode: 1,
      attributes: [],
    });
    expect(read.lines).toEqual([
      'mip6.qos.sr_id: 3',
      'mip6.qos.tc: 0xb8 (DSCP 46)',
      'mip6.qos.dscp: 46',
      'mip6.qos.oc: 1 (ALLOCATE)',
      'mip6.qos.reserved: 000000',
    ]);
    for (const mhType of [BU, BA, HI, FBI, 19, 20]) {
      expect(readOption(qos(''), mhType).codes).toEqual([]);
    }
    expect(readOption(qos(''), BRI).codes).toEqual(['OPTION_NOT_ALLOWED']);
  });

  it.each([
    [1, 'per-node-downlink', 'mn_max_dl'],
    [2, 'per-node-uplink', 'mn_max_ul'],
    [3, 'per-session-downlink', 'session_max_dl'],
    [4, 'per-session-uplink', 'session_max_ul'],
    [6, 'aggregate-downlink', 'max_dl'],
    [7, 'aggregate-uplink', 'max_ul'],
    [8, 'guaranteed-downlink', 'guaranteed_dl'],
    [9, 'guaranteed-uplink', 'guaranteed_ul'],
  ])('attribute %i is a bit rate', (type, kind, field) => {
    const hex = qos(`0${type} 06 0000 000f4240`);
    const read = readOption(hex, BU);
    expect(read.codes).toEqual([]);
    expect(read.option).toMatchObject({ attributes: [{ kind, bitRate: 1_000_000 }] });
    expect(read.lines).toContain(`mip6.qos.${field}: 1000000 bit/s`);
    expect(again(hex, BU)).toBe(hexOf(octetsOf(hex)));
    const twice = readOption(qos(`0${type} 06 0000 000f4240 0${type} 06 0000 000f4240`), BU);
    expect(twice.codes).toEqual(['SUBOPTION_DUPLICATE']);
    expect(readOption(qos(`0${type} 05 0000 000f42`), BU).codes).toEqual(['SUBOPTION_LENGTH']);
  });

  it('measures a session with the S and E flags', () => {
    const read = readOption(qos('03 06 c000 000f4240'), BU);
    expect(read.codes).toEqual([]);
    expect(read.lines).toContain('mip6.qos.session.s_flag: set');
    expect(read.lines).toContain('mip6.qos.session.e_flag: set');
    expect(readOption(qos('03 06 2000 000f4240'), BU).codes).toEqual(['RESERVED_NOT_ZERO']);
  });

  it.each([
    ['10', ['mip6.qos.arp.pl: 1 (highest, prioritized treatment within the operator domain)']],
    [
      '94',
      ['mip6.qos.arp.pl: 9 (authorized by the home network)', 'mip6.qos.arp.pc: 1 (disabled)'],
    ],
    [
      'f1',
      [
        'mip6.qos.arp.pl: 15 (lowest, authorized by the home network)',
        'mip6.qos.arp.pv: 1 (disabled)',
      ],
    ],
  ])('has an allocation and retention priority: %s', (octet, lines) => {
    const read = readOption(qos(`05 02 00 ${octet}`), BU);
    expect(read.codes).toEqual([]);
    for (const line of lines) expect(read.lines).toContain(line);
  });

  it.each([
    ['05 02 00 05', 'priority level 0 is not defined'],
    ['05 02 00 18', 'reserved value of preemption capability or vulnerability'],
    ['05 02 00 13', 'reserved value of preemption capability or vulnerability'],
    ['0a 02 00 00', 'TS format 0 is reserved'],
    ['0a 0a 00 01 40000000 c0000205', 'flag B: the end of a range without its start (A)'],
  ])('says what is wrong with an attribute: %s', (attribute, detail) => {
    const read = readOption(qos(attribute), BU);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain(detail);
  });

  it('has attributes of vendors, several of them', () => {
    const read = readOption(qos('0b 08 0000 000028af 02 aa 0b 07 0000 000028af 03'), BU);
    expect(read.codes).toEqual([]);
    expect(read.option).toMatchObject({
      attributes: [
        { kind: 'qos-vendor-specific', vendor: 10415, subtype: 2, data: octetsOf('aa') },
        { kind: 'qos-vendor-specific', vendor: 10415, subtype: 3 },
      ],
    });
    expect(readOption(qos('0b 06 0000 000028af'), BU).codes).toEqual(['SUBOPTION_LENGTH']);
  });

  it('of an operational code that is reserved is ignored by its receiver', () => {
    expect(readOption(qos('', '05'), BU).codes).toEqual([]);
    const read = readOption(qos('', '06'), BU);
    expect(read.details).toEqual([
      'Quality of Service: operational code 6 is reserved: receivers ignore the option',
    ]);
    expect(read.lines).toContain('mip6.qos.oc: 6 (reserved)');
  });

  it('may be repeated, is aligned to 4n, and needs six octets', () => {
    expect(readOption(`${qos('')} ${qos('')}`, BU).codes).toEqual([]);
    expect(readOption(qos(''), BU, 2).codes).toEqual(['OPTION_ALIGNMENT']);
    expect(readOption('3a 05 03 b8 01 0000', BU).codes).toEqual(['OPTION_LENGTH']);
    expect(readOption(qos('0c 01 aa'), BU).codes).toEqual(['SUBOPTION_UNKNOWN']);
  });
});
