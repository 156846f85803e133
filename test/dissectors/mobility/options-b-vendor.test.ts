/**
 * Vendor-specific options, those of 3GPP among them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import { mobilityOptions } from '../../../dissectors/mobility/options/index.ts';
import { THREE_GPP_SUB_TYPES } from '../../../dissectors/mobility/vendor/3gpp.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { readOption } from './options-b-place.ts';

const BU = 5;
const THREE_GPP = '000028af';

/** A vendor-specific option of 3GPP, from Type on. */
function threeGpp(subType: number, data: string, flags = '00'): string {
  const rest = octetsOf(`${THREE_GPP} ${subType.toString(16).padStart(2, '0')} ${flags} ${data}`);
  return hexOf(concatenate([Uint8Array.of(19, rest.length), rest]));
}

describe('a vendor-specific option', () => {
  it('of a vendor whose data is not known shows vendor, sub-type and octets', () => {
    // Figure of RFC 5094 section 3, at 4n+2.
    const read = readOption('13 08 00000009 05 aabbcc', BU, 2);
    expect(read.codes).toEqual([]);
    expect(read.option).toEqual({
      kind: 'vendor-specific',
      vendorId: 9,
      subType: 5,
      data: octetsOf('aabbcc'),
    });
    expect(read.lines).toEqual([
      'mip6.vsm.vendorId: 9 (Cisco)',
      'mip6.vsm.subtype: 5',
      'mip6.vsm.data: aabbcc',
    ]);
  });

  it('may be in any message, and more than once', () => {
    const hex = '13 05 00000009 05';
    for (const mhType of [0, 1, 7, 13]) expect(readOption(hex, mhType, 2).codes).toEqual([]);
    const twice = readOption(`13 06 00000009 05 aa ${hex}`, BU, 2);
    expect(twice.codes).toEqual([]);
  });

  it('without a sub-type is too short', () => {
    const read = readOption('13 04 00000009', BU, 2);
    expect(read.codes).toEqual(['OPTION_LENGTH']);
    expect(read.option).toEqual({ kind: 'unknown', type: 19, data: octetsOf('00000009') });
    expect(read.lines).toEqual(['mip6.vsm.vendorId: 9 (Cisco)']);
  });

  it('off its alignment is named', () => {
    expect(readOption('13 05 00000009 05', BU, 0).codes).toEqual(['OPTION_ALIGNMENT']);
  });
});

describe('an option of 3GPP', () => {
  const CASES: readonly (readonly [number, string, readonly string[]])[] = [
    [
      1,
      '80 000d 04 c0000235 8021 00',
      [
        'gsm_a.gm.sm.ext: set',
        'gsm_a.gm.configuration_protocol: 0 (PPP)',
        'gsm_a.gm.sm.pco_pid: 0x000d (DNS Server IPv4 Address)',
        'gsm_a.gm.sm.pco.length: 4',
        'mip6.3gpp.pco_contents: 192.0.2.53',
        'gsm_a.gm.sm.pco_pid: 0x8021 (IPCP)',
        'gsm_a.gm.sm.pco.length: 0',
      ],
    ],
    [2, '40', ['mip6.3gpp.spec_pmipv6_err_code: 64 (Context Not Found)']],
    [3, 'c0000201', ['mip6.3gpp.pdn_gw_ipv4_addr: 192.0.2.1']],
    [3, '20010db8000000000000000000000001', ['mip6.3gpp.pdn_gw_ipv6_addr: 2001:db8::1']],
    [4, '01', ['mip6.3gpp.dhcpv4_addr_all_proc_ind: 1']],
    [
      5,
      '02 c0000201 0001 0002',
      [
        'gtpv2.fq_csid_type: 0',
        'gtpv2.fq_csid_nr: 2',
        'gtpv2.fq_csid_ipv4: 192.0.2.1',
        'gtpv2.fq_csid_id: 1',
        'gtpv2.fq_csid_id: 2',
      ],
    ],
    [
      5,
      '11 20010db8000000000000000000000001 0003',
      [
        'gtpv2.fq_csid_type: 1',
        'gtpv2.fq_csid_nr: 1',
        'gtpv2.fq_csid_ipv6: 2001:db8::1',
        'gtpv2.fq_csid_id: 3',
      ],
    ],
    [
      5,
      '21 00001001 0003',
      [
        'gtpv2.fq_csid_type: 2',
        'gtpv2.fq_csid_nr: 1',
        'gtpv2.fq_csid_mcc_mnc: 1',
        'gtpv2.fq_csid_node_id: 1',
        'gtpv2.fq_csid_id: 3',
      ],
    ],
    [
      6,
      '03 12',
      [
        'mip6.3gpp.pdn_type: 3 (IPv4v6)',
        'mip6.3gpp.pdn_ind_cause: 18 (New PDN type due to network preference)',
      ],
    ],
    [7, '00000101', ['mip6.3gpp.chg_id: 257']],
    [8, '01', ['gtpv2.selec_mode: 1 (MS provided APN, subscription not verified)']],
    [10, '0800', ['mip6.3gpp.charging_characteristic: 0x0800']],
    [11, '2143658709214365', ['mip6.3gpp.mei: 1234567890123456']],
    [12, '947102040503f0', ['mip6.3gpp.msisdn: 4917204050300']],
    [13, '32f451', ['mip6.3gpp.serving_network: MCC 234 MNC 15']],
    [14, '02', ['mip6.3gpp.apn_rest: 2']],
    [15, '03', ['mip6.3gpp.max_apn_rest: 3']],
    [16, '32541020000010f1', ['mip6.3gpp.imsi: 234501020000011']],
    [17, '05', ['mip6.3gpp.pdn_conn_id: 5']],
    [18, '23', ['gtpv2.timer_unit: 1 (1 min)', 'gtpv2.timer_value: 3']],
    [19, '01', ['mip6.3gpp.lapi: set']],
    [25, '4001', ['mip6.vsm.data: 4001']],
    [99, '0102', ['mip6.vsm.data: 0102']],
  ];

  it.each(CASES)('of sub-type %i with %s shows its fields', (subType, data, lines) => {
    const hex = threeGpp(subType, data);
    const read = readOption(hex, BU, 2);
    expect(read.codes).toEqual([]);
    const named = THREE_GPP_SUB_TYPES.find((row) => row.subType === subType)?.name;
    expect(read.lines.slice(0, 4)).toEqual([
      'mip6.vsm.vendorId: 10415 (3GPP)',
      `mip6.vsm.subtype: ${subType} (${named ?? 'unknown'})`,
      'mip6.3gpp.flags: 0x00',
      'mip6.3gpp.flag.m: not set',
    ]);
    // Words of bits have a line of their own before those of their parts.
    const words =
      /^mip6\.3gpp\.(pco|fq_csid|fq_csid_node|selection|pdn_connection|back_off_time|signalling_priority):/;
    expect(read.lines.slice(4).filter((line) => !words.test(line))).toEqual(lines);
  });

  it('says of every sub-type that it was not compared with its document', () => {
    expect(THREE_GPP_SUB_TYPES.map((row) => row.subType)).toEqual(
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    for (const { name } of THREE_GPP_SUB_TYPES) expect(name).toMatch(/\(unverified\)$/);
  });

  it('in fragments shows octets', () => {
    const read = readOption(threeGpp(7, '00000101', '01'), BU, 2);
    expect(read.codes).toEqual([]);
    expect(read.lines.slice(3)).toEqual(['mip6.3gpp.flag.m: set', 'mip6.vsm.data: 00000101']);
  });

  it('without data is only a vendor and a sub-type', () => {
    const read = readOption('13 05 000028af 07', BU, 2);
    expect(read.codes).toEqual([]);
    expect(read.option).toEqual({ kind: 'vendor-specific', vendorId: 10415, subType: 7 });
  });

  it.each([
    [2, ''],
    [3, 'c00002'],
    [7, '0101'],
    [10, '08'],
    [13, '32f4'],
  ])('of sub-type %i with %s, too short for it, is named and shows octets', (subType, data) => {
    const read = readOption(threeGpp(subType, data), BU, 2);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    const octets = data === '' ? [] : [`mip6.vsm.data: ${data}`];
    expect(read.lines.slice(4)).toEqual(octets);
  });

  it('shows the octets that a later edition added', () => {
    const read = readOption(threeGpp(7, '00000101 aabb'), BU, 2);
    expect(read.codes).toEqual([]);
    expect(read.lines.slice(4)).toEqual(['mip6.3gpp.chg_id: 257', 'mip6.vsm.data: aabb']);
  });

  it('of any sub-type and data is encoded to the same octets, and never throws', () => {
    const data = fc.uint8Array({ maxLength: 40 });
    const vendor = fc.constantFrom(10415, 10415, 10415, 9);
    fc.assert(
      fc.property(vendor, fc.integer({ min: 0, max: 40 }), data, (vendorId, subType, rest) => {
        const head = [19, 5 + rest.length, 0, 0, vendorId >> 8, vendorId & 255, subType];
        const bytes = Uint8Array.from([...head, ...rest]);
        const { options } = mobilityOptions.decode(
          bytes,
          0,
          bytes.length,
          -2,
          BU,
          new DiagnosticList(),
        );
        expect(hexOf(mobilityOptions.encode(options, 0, 'as-given'))).toBe(hexOf(bytes));
        const [node] = mobilityOptions.tree(bytes, 0, bytes.length, 0);
        expect(node?.length).toBe(bytes.length);
      }),
      { numRuns: 3000 },
    );
  });
});
