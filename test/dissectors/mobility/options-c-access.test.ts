/**
 * The Access Network Identifier option: octets after the figures of RFC 6757, RFC 7563 and RFC 4776.
 */
import { describe, expect, it } from 'vitest';
import { mobilityOptions } from '../../../dissectors/mobility/options/index.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { find } from '../trees.ts';
import { readOption } from './options-b-place.ts';

const BU = 5;
const BA = 6;
const HI = 14;
const BRI = 16;

/** Octets of text, as hexadecimal. */
const text = (value: string) => hexOf(new TextEncoder().encode(value));
const length = (hex: string) => octetsOf(hex).length.toString(16).padStart(2, '0');
/** A sub-option or civic element. */
const item = (type: number, hex: string) =>
  `${type.toString(16).padStart(2, '0')} ${length(hex)} ${hex}`;
/** Option 52 around sub-options. */
const option = (subOptions: string) => item(52, subOptions);

function again(hex: string): string {
  const { option: value } = readOption(hex, BU);
  return value === undefined ? '' : hexOf(mobilityOptions.encode([value], 0, 'as-given'));
}

const NETWORK = item(1, `80 04 ${text('ssid')} 03 ${text('ap1')}`);
/** 48.1375 degrees north, 11.5755 west. */
const PLACE = item(2, '18119a fa3656');

describe('the Access Network Identifier option', () => {
  it('names network and access point', () => {
    const read = readOption(option(NETWORK), BU);
    expect(read.codes).toEqual([]);
    expect(read.option).toEqual({
      kind: 'access-network-identifier',
      subOptions: [
        {
          kind: 'network-identifier',
          flags: 0x80,
          networkNameLength: 4,
          networkName: octetsOf(text('ssid')),
          accessPointNameLength: 3,
          accessPointName: octetsOf(text('ap1')),
        },
      ],
    });
    expect(read.lines).toEqual([
      'mip6.acc_net_id: ',
      'mip6.acc_net_id.ani: 1 (Network-Identifier)',
      'mip6.acc_net_id.sub_opt_len: 10 octets',
      'mip6.acc_net_id.flags: 0x80 (E (UTF-8))',
      'mip6.acc_net_id.e_bit: set',
      'mip6.acc_net_id.net_name_len: 4 octets',
      'mip6.acc_net_id.net_name: ssid',
      'mip6.acc_net_id.ap_name_len: 3 octets',
      'mip6.acc_net_id.ap_name: ap1',
    ]);
    expect(again(option(NETWORK))).toBe(hexOf(octetsOf(option(NETWORK))));
  });

  it('shows a network name of an encoding that is not stated as octets', () => {
    const hex = option(item(1, '00 02 fffe 00'));
    const read = readOption(hex, BU);
    expect(read.codes).toEqual([]);
    expect(read.lines).toContain('mip6.acc_net_id.net_name_data: fffe');
    expect(read.lines).toContain('mip6.acc_net_id.ap_name_len: 0 octets');
    expect(again(hex)).toBe(hexOf(octetsOf(hex)));
  });

  it('never shows control characters of a name', () => {
    const read = readOption(option(item(1, '80 03 1b5b41 00')), BU);
    const line = read.lines.find((found) => found.startsWith('mip6.acc_net_id.net_name:')) ?? '';
    expect(line).not.toContain('\u001b');
  });

  it('gives the place in degrees', () => {
    const read = readOption(option(PLACE), BU);
    expect(read.codes).toEqual([]);
    expect(read.option).toMatchObject({
      subOptions: [{ kind: 'geo-location', latitude: 1577370, longitude: -379306 }],
    });
    expect(read.lines).toContain('mip6.acc_net_id.geo.latitude_degrees: 48.13751 degrees');
    expect(read.lines).toContain('mip6.acc_net_id.geo.longitude_degrees: -11.57550 degrees');
    expect(again(option(PLACE))).toBe(hexOf(octetsOf(option(PLACE))));
  });

  it.each([
    ['2d0000 5a0000', []],
    ['d30000 a60000', []],
    ['2d0001 000000', ['OPTION_VALUE']],
    ['d2ffff 000000', ['OPTION_VALUE']],
    ['000000 5a0001', ['OPTION_VALUE']],
    ['000000 a5ffff', ['OPTION_VALUE']],
  ])('takes latitudes to 90 and longitudes to 180 degrees: %s', (place, codes) => {
    expect(readOption(option(item(2, place)), BU).codes).toEqual(codes);
  });

  it('names the operator by number or realm', () => {
    const number = option(item(3, '01 0028af'));
    expect(readOption(number, BU).codes).toEqual([]);
    expect(readOption(number, BU).lines).toContain('mip6.acc_net_id.op_id: 10415');
    const realm = option(item(3, `02 ${text('example.org')}`));
    expect(readOption(realm, BU).lines).toContain('mip6.acc_net_id.op_id: example.org');
    const long = option(item(3, '01 010203040506070809'));
    expect(readOption(long, BU).lines).toContain('mip6.acc_net_id.op_id: 010203040506070809');
    for (const hex of [number, realm, long]) expect(again(hex)).toBe(hexOf(octetsOf(hex)));
  });

  it('has a civic location of elements in any order', () => {
    const elements = [
      item(0, text('de')),
      item(3, text('München')),
      item(34, text('Marienplatz')),
      item(19, text('8')),
      item(200, text('?')),
    ].join(' ');
    const hex = option(item(4, `00 00 ${text('DE')} ${elements}`));
    const read = readOption(hex, BU);
    expect(read.codes).toEqual(['SUBOPTION_UNKNOWN']);
    expect(read.option).toMatchObject({
      subOptions: [
        {
          kind: 'civic-location',
          format: 0,
          countryCode: octetsOf(text('DE')),
          elements: [
            { kind: 'language' },
            { kind: 'city', value: octetsOf(text('München')) },
            { kind: 'primary-road' },
            { kind: 'house-number' },
            { kind: 'unknown', type: 200 },
          ],
        },
      ],
    });
    for (const line of [
      'mip6.acc_net_id.civic.country: DE',
      'mip6.acc_net_id.civic.catype: 3 (City or township (A3))',
      'mip6.acc_net_id.civic.cavalue: München',
      'mip6.acc_net_id.civic.cavalue: Marienplatz',
    ]) {
      expect(read.lines).toContain(line);
    }
    expect(again(hex)).toBe(hexOf(octetsOf(hex)));
  });

  it('keeps a civic location of another format as octets', () => {
    const hex = option(item(4, '01 00 aabb'));
    const read = readOption(hex, BU);
    expect(read.codes).toEqual(['OPTION_VALUE']);
    expect(read.lines).toContain('mip6.acc_net_id.civic.data: aabb');
    expect(again(hex)).toBe(hexOf(octetsOf(hex)));
  });

  it.each([
    [item(4, `00 00 ${text('de')} ${item(3, text('x'))}`), 'OPTION_VALUE', 'two capital letters'],
    [item(4, `00 00 ${text('DE')}`), 'OPTION_VALUE', 'no civic address element'],
    [item(4, '00 00 44'), 'SUBOPTION_LENGTH', 'Civic-Location'],
    [item(4, `00 00 ${text('DE')} 03 09 41`), 'SUBOPTION_TRUNCATED', 'Civic address element'],
    [item(1, '80 00 00'), 'OPTION_VALUE', 'length of the network name is 0'],
    [item(1, '80 09 41 00'), 'SUBOPTION_LENGTH', 'Network-Identifier'],
    [item(1, '80 01 41 00 ff'), 'SUBOPTION_LENGTH', 'Network-Identifier'],
    [item(2, '000000 0000'), 'SUBOPTION_LENGTH', 'Geo-Location'],
    [item(3, '00 01'), 'OPTION_VALUE', 'type 0 of the operator identifier is reserved'],
    [item(3, '02'), 'OPTION_VALUE', 'empty operator identifier'],
    [item(5, '01'), 'SUBOPTION_LENGTH', 'MAG-Group-Identifier'],
    [item(6, '000001'), 'SUBOPTION_LENGTH', 'ANI Update-Timer'],
    [`${PLACE} ${PLACE}`, 'SUBOPTION_DUPLICATE', 'Geo-Location'],
    [item(9, 'aa'), 'SUBOPTION_UNKNOWN', 'type 9'],
    ['02 07 000000', 'SUBOPTION_TRUNCATED', 'type 2'],
  ])('says what is wrong with %s: %s', (subOptions, code, detail) => {
    const hex = option(subOptions);
    const read = readOption(`${hex} 01 00`, BU);
    expect(read.codes).toEqual([code]);
    expect(read.details[0]).toContain(detail);
    const bytes = octetsOf(`${hex} 01 00`);
    const nodes = mobilityOptions.tree(bytes, 0, bytes.length, 0);
    expect(nodes.map(({ label }) => label)).toEqual([
      'Mobility option: Access Network Identifier',
      'Mobility option: PadN',
    ]);
    expect(again(hex)).toBe(hexOf(octetsOf(hex)));
  });

  it('has a group of gateways, of two octets or three', () => {
    const two = readOption(option(item(5, '0102')), BU);
    const three = readOption(option(item(5, '010203')), BU);
    expect([two.codes, three.codes]).toEqual([[], []]);
    expect(two.lines).toContain('mip6.acc_net_id.mag_group_id: 258');
    expect(three.lines).toContain('mip6.acc_net_id.mag_group_id: 66051');
  });

  it('has a timer in units of 4 s', () => {
    const read = readOption(option(item(6, '0019')), BU);
    expect(read.codes).toEqual([]);
    expect(read.lines).toContain('mip6.acc_net_id.update_timer: 25 (100 s)');
  });

  it('is there once, in messages of a proxy session, aligned to 4n, and not empty', () => {
    const hex = option(PLACE);
    expect(readOption(hex, BA).codes).toEqual([]);
    expect(readOption(hex, 20).codes).toEqual([]);
    expect(readOption(hex, HI).codes).toEqual([]);
    expect(readOption(hex, BRI).codes).toEqual(['OPTION_NOT_ALLOWED']);
    expect(readOption(hex, BU, 2).codes).toEqual(['OPTION_ALIGNMENT']);
    expect(readOption(`${hex} 0000 ${hex}`, BU).codes).toEqual(['OPTION_DUPLICATE']);
    expect(readOption('34 00', BU).details).toEqual(['Access Network Identifier: no sub-option']);
  });

  it('has no line of sub-options when there are none', () => {
    const bytes = octetsOf('34 00');
    expect(find(mobilityOptions.tree(bytes, 0, 2, 0), 'mip6.acc_net_id')).toBeUndefined();
  });
});
