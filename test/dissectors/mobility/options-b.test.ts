/**
 * Options of Proxy Mobile IPv6, dual-stack Mobile IPv6 and multiple care-of addresses: octets after the figures
 * of their documents, and what is wrong with octets that are not.
 */
import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../../dissectors/core/diagnostic.ts';
import { mobilityOptions } from '../../../dissectors/mobility/options/index.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { readOption } from './options-b-place.ts';
import { HOTI, BU, BA, BE, HI, LRI, PREFIX, HOST, IPV4, VECTORS } from './options-b-vectors.ts';

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
