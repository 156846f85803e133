/**
 * Multicast in mobility options: records of IGMPv3 and MLDv2, RFC 7028, RFC 7161 and RFC 7411 with both readings
 * of their fields and lengths.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import type { FieldNode } from '../../../dissectors/core/node.ts';
import { mobilityOptions } from '../../../dissectors/mobility/options/index.ts';
import { multicastSelector } from '../../../dissectors/mobility/options/rfc7028.ts';
import { igmpGroupRecord, multicastAddressRecord } from '../../../dissectors/multicast/records.ts';
import { valuesOf } from '../arbitraries.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { find } from '../trees.ts';
import { readOption } from './options-b-place.ts';

const BU = 5;
const BA = 6;
const FBU = 8;
const FBACK = 9;
const HI = 14;
const HACK = 15;
const RESPONSE = 23;

const GROUP = 'ff3e0000000000000000000000000001';
const SOURCE = '20010db8000000010000000000000001';
/** MLDv2: include one source of a group; 36 octets. */
const MLD_RECORD = `01 00 0001 ${GROUP} ${SOURCE}`;
/** IGMPv3: exclude two sources of 232.1.1.1, with a word of auxiliary data; 20 octets. */
const IGMP_RECORD = '02 01 0002 e8010101 c0000201 c0000202 deadbeef';
/** IGMPv3 without sources; 8 octets. */
const IGMP_SHORT = '04 00 0000 e8010102';

const IGMP_LINES = [
  'igmp.record_type: 2 (MODE_IS_EXCLUDE)',
  'igmp.aux_data_len: 1 (4 octets)',
  'igmp.num_src: 2',
  'igmp.maddr: 232.1.1.1',
  'igmp.saddr: 192.0.2.1',
  'igmp.saddr: 192.0.2.2',
  'igmp.aux_data: deadbeef',
];
const MLD_LINES = [
  'icmpv6.mldr.mar.record_type: 1 (MODE_IS_INCLUDE)',
  'icmpv6.mldr.mar.aux_data_len: 0 (0 octets)',
  'icmpv6.mldr.mar.nb_sources: 1',
  'icmpv6.mldr.mar.multicast_address: ff3e::1',
  'icmpv6.mldr.mar.source_address: 2001:db8:0:1::1',
];

function tree(hex: string): FieldNode[] {
  const bytes = octetsOf(hex);
  return mobilityOptions.tree(bytes, 0, bytes.length, 0);
}

/** Text of the Length of the first option. */
const lengthText = (hex: string) => find(tree(hex), 'mip6.mobility_opt.len')?.text;

/** Reads a list of options and encodes it again. */
function again(hex: string, mhType: number): string {
  const bytes = octetsOf(hex);
  const found = new DiagnosticList();
  const { options } = mobilityOptions.decode(bytes, 0, bytes.length, 0, mhType, found);
  return hexOf(mobilityOptions.encode(options, 0, 'as-given'));
}

describe('records of multicast reports', () => {
  it('of IGMPv3 count IPv4 sources and words of auxiliary data', () => {
    const bytes = octetsOf(IGMP_RECORD);
    expect(igmpGroupRecord.decode(bytes, 0, bytes.length)).toEqual({
      recordType: 2,
      auxDataLength: 1,
      numberOfSources: 2,
      group: octetsOf('e8010101'),
      sources: [{ address: octetsOf('c0000201') }, { address: octetsOf('c0000202') }],
      auxData: octetsOf('deadbeef'),
    });
    expect(igmpGroupRecord.measure(bytes, 0, bytes.length)).toBe(20);
  });

  it('of MLDv2 count IPv6 sources', () => {
    const bytes = octetsOf(`${MLD_RECORD} ffff`);
    expect(multicastAddressRecord.decode(bytes, 0, bytes.length)).toEqual({
      recordType: 1,
      auxDataLength: 0,
      numberOfSources: 1,
      group: octetsOf(GROUP),
      sources: [{ address: octetsOf(SOURCE) }],
      auxData: new Uint8Array(),
    });
    expect(multicastAddressRecord.measure(bytes, 0, bytes.length)).toBe(36);
  });

  it.each([
    ['sources', '02 00 0003 e8010101 c0000201 c0000202'],
    ['65535 sources', '02 00 ffff e8010101 c0000201 c0000202'],
    ['auxiliary data', '02 02 0001 e8010101 c0000201 deadbeef'],
  ])('that count more %s than there are do not fit', (_, hex) => {
    const bytes = octetsOf(hex);
    expect(igmpGroupRecord.decode(bytes, 0, bytes.length)).toBeUndefined();
    expect(igmpGroupRecord.measure(bytes, 0, bytes.length)).toBe(-1);
  });

  it.each([igmpGroupRecord, multicastAddressRecord])('$name: decode undoes encode', (record) => {
    fc.assert(
      fc.property(valuesOf(record), (value) => {
        const bytes = record.encodeFields(value);
        expect(record.decode(bytes, 0, bytes.length)).toEqual(value);
        expect(record.measure(bytes, 0, bytes.length)).toBe(bytes.length);
      }),
    );
  });
});

describe('the Dynamic IP Multicast Selector option', () => {
  it('has records of MLDv2 and says how they are routed', () => {
    const read = readOption(`36 28 8f 80 0001 ${MLD_RECORD}`, BA);
    expect(read.codes).toEqual([]);
    expect(read.option).toMatchObject({
      kind: 'dynamic-ip-multicast-selector',
      protocolAndMode: 0x8f80,
      numberOfRecords: 1,
      addressRecords: [{ recordType: 1, sources: [{ address: octetsOf(SOURCE) }] }],
    });
    expect(read.lines).toContain('mip6.dmcast.protocol: 143 (MLDv2)');
    expect(read.lines).toContain('mip6.dmcast.m_flag: set');
    expect(read.lines.slice(-5)).toEqual(MLD_LINES);
  });

  it.each([
    ['MLDv2', '8f', `${MLD_RECORD} ${MLD_RECORD}`, '47 80'],
    ['MLDv1', '83', `${GROUP} ${GROUP}`, '41 80'],
    ['IGMPv1', '12', 'e8010101 e8010102', '09 00'],
    ['IGMPv2', '16', 'e8010101 e8010102', '0b 00'],
    ['IGMPv3', '22', `${IGMP_RECORD} ${IGMP_SHORT}`, '11 00'],
  ])(
    'of %s is read with 8 bits of Protocol, or 9 as the figure draws',
    (name, octet, records, drawn) => {
      const option = (word: string) => {
        const data = octetsOf(`${word} 0002 ${records}`);
        return `36 ${data.length.toString(16).padStart(2, '0')} ${hexOf(data)}`;
      };
      const text = octetsOf(`${octet} 00`);
      const figure = octetsOf(drawn);
      for (const [word, flag] of [
        [hexOf(text), 'not set'],
        [hexOf(Uint8Array.of(text[0] ?? 0, 0x80)), 'set'],
        [hexOf(figure), 'not set'],
        [hexOf(Uint8Array.of(figure[0] ?? 0, (figure[1] ?? 0) | 0x40)), 'set'],
      ] as const) {
        const hex = option(word);
        const read = readOption(hex, BA);
        expect(read.codes).toEqual([]);
        expect(read.lines[1]).toMatch(new RegExp(`^mip6.dmcast.protocol: \\d+ \\(${name}`));
        expect(read.lines).toContain(`mip6.dmcast.m_flag: ${flag}`);
        expect(read.lines).toContain('mip6.dmcast.nb_records: 2');
        expect(again(hex, BA)).toBe(hexOf(octetsOf(hex)));
      }
      const label = find(tree(option(drawn)), 'mip6.dmcast.protocol')?.label;
      expect(label).toContain('of 9 bits, as in the figure');
      expect(find(tree(option(hexOf(text))), 'mip6.dmcast.protocol')?.label).toBe('Protocol');
    },
  );

  it('keeps both readings apart', () => {
    expect(multicastSelector(0x8f80)).toEqual({ protocol: 143, isLocal: true, isDrawn: false });
    expect(multicastSelector(0x47c0)).toEqual({ protocol: 143, isLocal: true, isDrawn: true });
    expect(multicastSelector(0x1100)).toEqual({ protocol: 34, isLocal: false, isDrawn: true });
    // Octet 0 of a drawn protocol, but the ninth bit is of none.
    expect(multicastSelector(0x4700)).toEqual({ protocol: 71, isLocal: false, isDrawn: false });
  });

  it('of an unknown protocol keeps the records as octets', () => {
    const read = readOption('36 07 63 00 0001 aabbcc', BA);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain('unknown protocol 99');
    expect(read.option).toMatchObject({ records: octetsOf('aabbcc') });
  });

  it.each([
    ['fewer records than counted', `36 28 8f 80 0002 ${MLD_RECORD}`],
    ['octets after the records', `36 29 8f 80 0001 ${MLD_RECORD} 00`],
    ['a record cut short', '36 0b 22 80 0001 02 00 0001 e80101'],
    ['no number of records', '36 03 8f 80 00'],
  ])('with %s is kept as octets', (_, hex) => {
    const read = readOption(`${hex} 01 00`, BA);
    expect(read.codes).toEqual(['OPTION_LENGTH']);
    expect(tree(`${hex} 01 00`).map(({ label }) => label)).toEqual([
      'Mobility option: Dynamic IP Multicast Selector',
      'Mobility option: PadN',
    ]);
    expect(again(hex, BA)).toBe(hexOf(octetsOf(hex)));
  });

  it('belongs into acknowledgements and may be repeated', () => {
    const hex = '36 08 12 00 0001 e8010101';
    expect(readOption(hex, BU).codes).toEqual(['OPTION_NOT_ALLOWED']);
    expect(readOption(`${hex} ${hex}`, BA).codes).toEqual([]);
  });
});

describe('the Active Multicast Subscription options', () => {
  it.each([
    ['12', 'IGMPv1'],
    ['16', 'IGMPv2'],
  ])('for IPv4 have the group of type 0x%s', (type, name) => {
    const read = readOption(`38 05 ${type} e8010101`, RESPONSE, 1);
    expect(read.codes).toEqual([]);
    expect(read.option).toEqual({
      kind: 'active-multicast-subscription-ipv4',
      reportType: Number.parseInt(type, 16),
      group: octetsOf('e8010101'),
    });
    expect(read.lines).toEqual([
      `mip6.ams.igmp_type: 0x${type} (${name})`,
      'igmp.maddr: 232.1.1.1',
    ]);
  });

  it('for IPv4 have the record of IGMPv3', () => {
    const hex = `38 15 22 ${IGMP_RECORD}`;
    const read = readOption(hex, BU, 1);
    expect(read.codes).toEqual([]);
    expect(read.lines).toEqual(['mip6.ams.igmp_type: 0x22 (IGMPv3)', ...IGMP_LINES]);
    expect(again(hex, BU)).toBe(hexOf(octetsOf(hex)));
  });

  it('for IPv6 have the record of MLDv2', () => {
    const hex = `39 25 8f ${MLD_RECORD}`;
    const read = readOption(hex, BA, 1);
    expect(read.codes).toEqual([]);
    expect(read.lines).toEqual(['mip6.ams.mld_type: 143 (MLDv2)', ...MLD_LINES]);
    expect(again(hex, BA)).toBe(hexOf(octetsOf(hex)));
  });

  it('for IPv6 have four octets in front of the group of MLDv1', () => {
    const hex = `39 15 83 00000000 ${GROUP}`;
    const read = readOption(hex, RESPONSE, 1);
    expect(read.codes).toEqual([]);
    expect(read.option).toEqual({
      kind: 'active-multicast-subscription-ipv6',
      reportType: 131,
      group: octetsOf(GROUP),
    });
    expect(again(hex, RESPONSE)).toBe(hexOf(octetsOf(hex)));
    expect(readOption(`39 15 83 00000001 ${GROUP}`, RESPONSE, 1).codes).toEqual([
      'RESERVED_NOT_ZERO',
    ]);
  });

  it.each([
    ['two records', `38 1d 22 ${IGMP_RECORD} ${IGMP_SHORT}`, '2 records, a subscription has one'],
    ['no record', '39 01 8f', '0 records, a subscription has one'],
    ['an unknown type', '38 02 33 aa', 'unknown report type 51'],
    ['an unknown type', '39 01 84', 'unknown report type 132'],
  ])('say what is wrong: %s', (_, hex, detail) => {
    const read = readOption(hex, BU, 1);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain(detail);
  });

  it.each([
    ['38 06 12 e801010100', 1],
    ['38 09 22 02 00 0001 e8010101', 1],
    ['39 14 83 00000000 ff3e00000000000000000000000000', 1],
    ['38 00', 1],
  ])('of a wrong length are kept as octets: %s', (hex, place) => {
    expect(readOption(hex, BU, place).codes).toEqual(['OPTION_LENGTH']);
    expect(again(hex, BU)).toBe(hexOf(octetsOf(hex)));
  });

  it('have their places and alignments', () => {
    const four = '38 05 16 e8010101';
    const six = `39 15 83 00000000 ${GROUP}`;
    expect(readOption(four, BU, 0).codes).toEqual(['OPTION_ALIGNMENT']);
    expect(readOption(six, BU, 0).codes).toEqual(['OPTION_ALIGNMENT']);
    for (const mhType of [BU, BA, RESPONSE, 19]) {
      expect(readOption(four, mhType, 1).codes).toEqual([]);
      expect(readOption(six, mhType, 1).codes).toEqual([]);
    }
    expect(readOption(four, FBU, 1).codes).toEqual(['OPTION_NOT_ALLOWED']);
    expect(readOption(`${four} 00 ${four}`, BU, 1).codes).toEqual([]);
  });
});

describe('the Multicast Mobility option', () => {
  const WORDS = '32-bit words after the first 4 octets, RFC 7411 section 5.3';
  const OCTETS = 'octets, RFC 6275 section 6.2.1';

  it('counts words behind its first four octets', () => {
    // Report header and one record of 36 octets: 10 words.
    const hex = `3c 0a 02 00 0000 0001 ${MLD_RECORD}`;
    const read = readOption(`${hex} 01 02 0000`, HI);
    expect(read.codes).toEqual([]);
    expect(read.option).toMatchObject({
      kind: 'multicast-mobility',
      code: 2,
      numberOfRecords: 1,
      addressRecords: [{ recordType: 1 }],
    });
    expect(read.lines.slice(-5)).toEqual(MLD_LINES);
    expect(lengthText(hex)).toBe(`10 (${WORDS})`);
    expect(again(`${hex} 01 02 0000`, HI)).toBe(hexOf(octetsOf(`${hex} 01 02 0000`)));
  });

  it('is read when it counts octets as other options do, and kept as it came', () => {
    const hex = `3c 2a 02 00 0000 0001 ${MLD_RECORD}`;
    const read = readOption(`${hex} 01 02 0000`, HI);
    expect(read.codes).toEqual(['OPTION_FRAMING']);
    expect(read.option).toEqual({
      kind: 'unknown',
      type: 60,
      data: octetsOf(`02 00 0000 0001 ${MLD_RECORD}`),
    });
    expect(read.lines.slice(-5)).toEqual(MLD_LINES);
    expect(lengthText(hex)).toBe(`42 (${OCTETS})`);
    expect(tree(`${hex} 01 02 0000`)).toHaveLength(2);
    expect(again(`${hex} 01 02 0000`, HI)).toBe(hexOf(octetsOf(`${hex} 01 02 0000`)));
  });

  it.each(['01', '03'])('has group records of IGMPv3 with code %s', (code) => {
    // 4 + 20 + 8 octets: 8 words.
    const hex = `3c 08 ${code} 00 0000 0002 ${IGMP_RECORD} ${IGMP_SHORT}`;
    const read = readOption(hex, FBU);
    expect(read.codes).toEqual([]);
    for (const line of IGMP_LINES) expect(read.lines).toContain(line);
    expect(again(hex, FBU)).toBe(hexOf(octetsOf(hex)));
    expect(readOption(`3c 22 ${hex.slice(6)}`, FBU).codes).toEqual(['OPTION_FRAMING']);
  });

  it('without records is one word, or six octets', () => {
    expect(readOption('3c 01 04 00 0000 0000', HI).codes).toEqual([]);
    expect(readOption('3c 06 04 00 0000 0000', HI).codes).toEqual(['OPTION_FRAMING']);
  });

  it('of an unknown code takes the reading that leaves options behind it, words first', () => {
    const words = '3c 02 09 00 0000 0001 aabbccdd 01 00';
    expect(readOption(words, HI).codes).toEqual(['OPTION_VALUE']);
    expect(tree(words)).toHaveLength(2);
    const octets = '3c 0a 09 00 0000 0001 aabbccdd 01 00';
    expect(readOption(octets, HI).codes).toContain('OPTION_FRAMING');
    expect(tree(octets).map(({ label }) => label)).toEqual([
      'Mobility option: Multicast Mobility',
      'Mobility option: PadN',
    ]);
  });

  it.each([
    ['records that fill neither length', `3c 0a 02 00 0000 0002 ${MLD_RECORD}`, 'OPTION_LENGTH'],
    ['a length past the end', '3c ff 02 00 0000 0001 00', 'OPTION_TRUNCATED'],
    ['no report header', '3c 00 02 00', 'OPTION_LENGTH'],
    ['no data at all', '3c', 'OPTION_TRUNCATED'],
  ])('with %s is named', (_, hex, code) => {
    expect(readOption(hex, HI).codes).toEqual([code]);
  });

  it('belongs into Fast Binding Update and Handover Initiate', () => {
    const hex = '3c 01 02 00 0000 0000';
    expect(readOption(hex, HI).codes).toEqual([]);
    expect(readOption(hex, FBU).codes).toEqual([]);
    expect(readOption(hex, HACK).codes).toEqual(['OPTION_NOT_ALLOWED']);
    expect(readOption(hex, BU).codes).toEqual(['OPTION_NOT_ALLOWED']);
  });

  it('encodes whole words only', () => {
    const value = {
      kind: 'multicast-mobility',
      code: 9,
      numberOfRecords: 0,
      payload: octetsOf('aa'),
    } as const;
    expect(() => mobilityOptions.encode([value], 0, 'as-given')).toThrow(RangeError);
  });

  it('is read as often as any option can be, however short', () => {
    // Options of two octets: each looks ahead over the next.
    const bytes = new Uint8Array(2040);
    for (let i = 0; i < bytes.length; i += 2) bytes[i] = 60;
    const found = new DiagnosticList();
    const { options } = mobilityOptions.decode(bytes, 0, bytes.length, 0, HI, found);
    expect(options.length).toBe(255);
  });
});

describe('the Multicast Acknowledgement option', () => {
  it('has the records that are refused, of either kind', () => {
    const mld = `3d 0a 00 02 0000 0001 ${MLD_RECORD}`;
    const igmp = `3d 08 00 03 0000 0002 ${IGMP_RECORD} ${IGMP_SHORT}`;
    expect(readOption(mld, HACK).codes).toEqual([]);
    expect(readOption(mld, HACK).option).toMatchObject({ addressRecords: [{ recordType: 1 }] });
    expect(readOption(mld, HACK).lines).toContain(
      'mip6.mcast.status: 2 (Requested group service unsupported)',
    );
    const read = readOption(igmp, FBACK);
    expect(read.codes).toEqual([]);
    expect(read.option).toMatchObject({ groupRecords: [{ recordType: 2 }, { recordType: 4 }] });
    for (const line of IGMP_LINES) expect(read.lines).toContain(line);
    for (const hex of [mld, igmp]) expect(again(hex, HACK)).toBe(hexOf(octetsOf(hex)));
  });

  it('is read under either reading of its length', () => {
    const read = readOption(`3d 2a 00 02 0000 0001 ${MLD_RECORD}`, HACK);
    expect(read.codes).toEqual(['OPTION_FRAMING']);
    expect(read.lines.slice(-5)).toEqual(MLD_LINES);
    const igmp = readOption(`3d 22 00 03 0000 0002 ${IGMP_RECORD} ${IGMP_SHORT}`, HACK);
    expect(igmp.codes).toEqual(['OPTION_FRAMING']);
    expect(igmp.lines).toContain('igmp.maddr: 232.1.1.2');
  });

  it('has no records when the payload type is unsupported', () => {
    const hex = '3d 01 00 01 0000 0000';
    expect(readOption(hex, HACK)).toMatchObject({
      codes: [],
      option: { kind: 'multicast-acknowledgement', code: 0, status: 1, numberOfRecords: 0 },
    });
    expect(again(hex, HACK)).toBe(hexOf(octetsOf(hex)));
  });

  it.each([
    [`3d 0a 00 01 0000 0001 ${MLD_RECORD}`, 'records although the payload type is unsupported'],
    ['3d 01 00 02 0000 0001', '1 records missing'],
    ['3d 01 00 00 0000 0000', 'status 0 is not 1 to 3'],
    ['3d 01 00 04 0000 0000', 'status 4 is not 1 to 3'],
    ['3d 01 02 02 0000 0000', 'option code 2 is not 0'],
  ])('says what is wrong: %s', (hex, detail) => {
    const read = readOption(hex, HACK);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.details[0]).toContain(detail);
  });

  it.each([
    `3d 0a 00 02 0000 0002 ${MLD_RECORD}`,
    `3d 02 00 02 0000 0000 deadbeef`,
    `3d 02 00 02 0000 0001 01 00 0000`,
  ])('with records that do not fit is kept as octets: %s', (hex) => {
    expect(readOption(hex, HACK).codes).toEqual(['OPTION_LENGTH']);
    expect(again(hex, HACK)).toBe(hexOf(octetsOf(hex)));
  });

  it('belongs into acknowledgements, as often as is needed', () => {
    const hex = '3d 01 00 02 0000 0000';
    expect(readOption(`${hex} ${hex}`, FBACK).codes).toEqual([]);
    expect(readOption(hex, HI).codes).toEqual(['OPTION_NOT_ALLOWED']);
  });
});
