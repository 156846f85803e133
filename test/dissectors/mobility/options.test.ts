import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import { mobilityOptions } from '../../../dissectors/mobility/options/index.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { decodeOctets, decoded, nodesOf, textOf } from './decoded.ts';

const ADDRESS = parseAddress('2001:db8::1') ?? new Uint8Array(16);
const UPDATE: MobilityMessage = {
  kind: 'binding-update',
  sequence: 1,
  flags: 0x8000,
  lifetime: 10,
};
const text = (value: string) => new TextEncoder().encode(value);

/** Findings about options in a Binding Update. */
const findingsOf = (...options: MobilityOption[]) => decoded(UPDATE, options).findings;
/** A message of any type whose fields are zero, with options. */
function zeroMessage(mhType: number, octets: number, options: readonly MobilityOption[]) {
  const fields = new Uint8Array(octets);
  const encoded = mobilityOptions.encode(options, 6 + octets, 'compute');
  const message = {
    kind: 'unknown-message',
    mhType,
    data: concatenate([fields, encoded]),
  } as const;
  return decodeOctets(
    encodeMobilityHeader(message, [], {
      source: ADDRESS,
      destination: ADDRESS,
      padding: 'as-given',
    }),
  );
}

describe('a Mobile Node Identifier', () => {
  const shown = (subtype: number, identifier: Uint8Array) =>
    textOf(
      decoded(UPDATE, [{ kind: 'mobile-node-identifier', subtype, identifier }]).tree,
      'mip6.mnid.identifier',
    );

  it.each([
    ['a NAI as text', 1, '6d6e406578616d706c652e636f6d', 'mn@example.com'],
    ['a NAI without its control characters', 1, '6d6e1b5b324a', 'mn\\x1b[2J'],
    ['an IPv6 address', 2, '20010db8000000000000000000000001', '2001:db8::1'],
    ['an IMSI as digits, filled with 0xf', 3, '123456123456789f', '123456123456789'],
    ['an IMSI with an even number of digits', 3, '12345612345678', '12345612345678'],
    ['an IMSI that is none as octets', 3, '1a', '1a'],
    ['an EUI-48 address', 5, '02005e005301', '02:00:5e:00:53:01'],
    ['an EUI-64 address', 6, '02005efffe005301', '02:00:5e:ff:fe:00:53:01'],
    ['a DUID as octets', 8, '00030001', '00030001'],
    ['an address of a wrong length as octets', 2, '2001', '2001'],
  ])('shows %s', (_, subtype, hex, expected) => {
    expect(shown(subtype, octetsOf(hex))).toBe(expected);
  });

  it.each([
    [1, '', 'empty identifier'],
    [2, '2001', '2 octets, an identifier of subtype 2 has 16'],
    [2, 'fe800000000000000000000000000001', 'fe80::1 is not a unicast routable address'],
    [3, 'ab', 'IMSI is not 1 to 15 digits'],
    [3, '1234567890123456', 'IMSI is not 1 to 15 digits'],
    [3, '12f4', 'IMSI is not 1 to 15 digits'],
    [5, '02005e', '3 octets, an identifier of subtype 5 has 6'],
    [6, '02005e005301', '6 octets, an identifier of subtype 6 has 8'],
  ])('of subtype %i with octets %s: %s', (subtype, hex, fault) => {
    const option = { kind: 'mobile-node-identifier', subtype, identifier: octetsOf(hex) } as const;
    expect(findingsOf(option)).toEqual([`OPTION_VALUE: Mobile Node Identifier: ${fault}`]);
  });

  it('is named by subtype, reserved ones too', () => {
    const { tree } = decoded(UPDATE, [
      { kind: 'mobile-node-identifier', subtype: 9, identifier: text('x') },
    ]);
    expect(textOf(tree, 'mip6.mnid.subtype')).toBe('9 (Reserved)');
  });

  it('has to come before options that authenticate', () => {
    expect(
      findingsOf(
        {
          kind: 'message-authentication',
          subtype: 1,
          mobilitySpi: 256,
          authenticationData: new Uint8Array(12),
        },
        { kind: 'mobile-node-identifier', subtype: 1, identifier: text('mn') },
      ),
    ).toContain('OPTION_ORDER: Mobile Node Identifier');
  });
});

describe('options that say when', () => {
  it('show NTP time in UTC', () => {
    const timestamp = octetsOf('e9d3a400 80000000');
    const { tree } = decoded(UPDATE, [{ kind: 'replay-protection', timestamp }]);
    expect(textOf(tree, 'mip6.mseg_id.timestamp')).toBe('2024-04-24 15:30:08.500000 UTC');
  });
});

describe('a Mobility Message Authentication option', () => {
  const option = (subtype: number, mobilitySpi: number, octets: number): MobilityOption => ({
    kind: 'message-authentication',
    subtype,
    mobilitySpi,
    authenticationData: new Uint8Array(octets),
  });

  it('of MN-HA has 12 octets and no reserved SPI', () => {
    expect(findingsOf(option(1, 256, 12))).toEqual([]);
    expect(findingsOf(option(1, 256, 20))).toEqual([
      'OPTION_VALUE: Mobility Message Authentication: MN-HA data of 20 octets, expected 12',
    ]);
    expect(findingsOf(option(1, 3, 12))).toEqual([
      'OPTION_VALUE: Mobility Message Authentication: reserved mobility SPI 3',
    ]);
  });

  it('of MN-AAA has the length and the SPI of its algorithm', () => {
    expect(findingsOf(option(2, 3, 20))).toEqual([]);
  });
});

describe('a DNS Update', () => {
  const shown = (hex: string) =>
    textOf(
      decoded(UPDATE, [
        { kind: 'dns-update', status: 0, flags: 0x80, mobileNodeIdentity: octetsOf(hex) },
      ]).tree,
      'mip6.dnsu.mn_id',
    );

  it('shows a name in DNS wire format, with its root or without', () => {
    expect(shown('026d6e076578616d706c6503636f6d00')).toBe('mn.example.com');
    expect(shown('026d6e076578616d706c6503636f6d')).toBe('mn.example.com');
  });

  it('shows a name as text, where it is none in wire format', () => {
    expect(shown('6d6e2e6578616d706c652e636f6d')).toBe('mn.example.com');
    expect(shown('0a0d1b')).toBe('\\x0a\\x0d\\x1b');
  });
});

describe('Service Selection and Experimental options', () => {
  it('come before what authorizes', () => {
    const authorization = {
      kind: 'binding-authorization-data',
      authenticator: new Uint8Array(12),
    } as const;
    const service = { kind: 'service-selection', identifier: text('ims') } as const;
    const experimental = { kind: 'experimental', data: text('x') } as const;
    expect(findingsOf(service, experimental, authorization)).toEqual([]);
    const findings = findingsOf(authorization, service, experimental);
    expect(findings).toContain('OPTION_ORDER: Service Selection');
    expect(findings).toContain('OPTION_ORDER: Experimental');
  });

  it('a service without a name has a wrong length', () => {
    const empty = { kind: 'unknown', type: 20, data: new Uint8Array() } as const;
    expect(findingsOf(empty)).toEqual(['OPTION_LENGTH: Service Selection: length 0']);
  });
});

describe('Binding Authorization Data for FMIPv6', () => {
  const AUTHENTICATOR = octetsOf('0102030405060708090a0b0c');
  const HEAD = octetsOf('3b 00 08 00 0000 0001 c000 0009');

  /** A Fast Binding Update with these octets of options. */
  function update(options: string) {
    const bytes = concatenate([HEAD, octetsOf(options)]);
    bytes[1] = bytes.length / 8 - 1;
    return decodeOctets(bytes);
  }

  it('has a Length that counts the SPI', () => {
    const { header, findings } = update('15 10 00000007 0102030405060708090a0b0c 0100');
    expect(header?.options[0]).toEqual({
      kind: 'fmip-authorization-data',
      spi: 7,
      authenticator: AUTHENTICATOR,
    });
    expect(findings).toEqual([]);
  });

  it('is understood where the Length counts the authenticator alone, and says so', () => {
    const { header, tree, findings } = update('15 0c 00000007 0102030405060708090a0b0c 0100');
    expect(header?.options[0]).toEqual({
      kind: 'unknown',
      type: 21,
      data: octetsOf('000000070102030405060708090a0b0c'),
      length: 12,
    });
    expect(textOf(tree, 'mip6.badff.spi')).toBe('7');
    expect(textOf(tree, 'mip6.badff.auth')).toBe('0102030405060708090a0b0c');
    expect(findings).toEqual(['OPTION_FRAMING: Binding Authorization Data for FMIPv6']);
  });

  it('is understood by either reading when options follow that must not', () => {
    // An option of 4 octets behind it, type 200, which is unknown, and padding.
    const behind = 'c802 abcd 0104 00000000';
    const regular = update(`15 10 00000007 0102030405060708090a0b0c ${behind}`);
    expect(regular.header?.options[0]?.kind).toBe('fmip-authorization-data');
    expect(regular.findings).toContain('OPTION_NOT_LAST: Binding Authorization Data for FMIPv6');
    const other = update(`15 0c 00000007 0102030405060708ffffffff ${behind}`);
    expect(other.findings).toContain('OPTION_FRAMING: Binding Authorization Data for FMIPv6');
  });

  it('runs past the end when no reading fits', () => {
    const { findings } = update('15 ff 0102');
    expect(findings).toEqual(['OPTION_TRUNCATED: option type 21']);
    expect(update('15 02 0102').findings).toContain(
      'OPTION_LENGTH: Binding Authorization Data for FMIPv6: length 2',
    );
  });

  it('is encoded with the Length every receiver can skip', () => {
    const { bytes } = decoded(
      { kind: 'fast-binding-update', sequence: 1, flags: 0xc0, lifetime: 9 },
      [{ kind: 'fmip-authorization-data', spi: 7, authenticator: AUTHENTICATOR }],
    );
    expect([...bytes.subarray(12, 14)]).toEqual([21, 16]);
  });
});

describe('CGA Parameters', () => {
  const MODIFIER = '00112233445566778899aabbccddeeff';
  const PREFIX = '20010db800000001';
  const KEY = '3006020107020108';
  const parameters = (hex: string): MobilityOption => ({
    kind: 'cga-parameters',
    parameters: octetsOf(hex),
  });
  const SIGNATURE: MobilityOption = { kind: 'signature', signature: octetsOf('0102') };

  it('are shown field by field where one option holds all', () => {
    const { tree, findings } = decoded(UPDATE, [
      parameters(`${MODIFIER}${PREFIX}01${KEY}beef`),
      SIGNATURE,
    ]);
    expect(findings).toEqual([]);
    expect(textOf(tree, 'mip6.cgar.modifier')).toBe(MODIFIER);
    expect(textOf(tree, 'mip6.cgar.subnet_prefix')).toBe('2001:db8:0:1::');
    expect(textOf(tree, 'mip6.cgar.collision_count')).toBe('1');
    expect(textOf(tree, 'mip6.cgar.public_key')).toBe(KEY);
    expect(textOf(tree, 'mip6.cgar.extensions')).toBe('beef');
  });

  it.each([
    ['is cut short', `${MODIFIER}${PREFIX}013082ffff00`],
    ['is none', `${MODIFIER}${PREFIX}010400`],
    ['is missing', `${MODIFIER}${PREFIX}01`],
  ])('stay octets where the key %s', (_, hex) => {
    const { tree } = decoded(UPDATE, [parameters(hex), SIGNATURE]);
    expect(nodesOf(tree, 'mip6.cgar.modifier')).toEqual([]);
    expect(textOf(tree, 'mip6.cgar.cga_par')).toBe(hexOf(octetsOf(hex)));
  });

  it('split over options are octets, each with the number of its part', () => {
    const whole = octetsOf(`${MODIFIER}${PREFIX}00308200f6${'ab'.repeat(246)}`);
    const { tree, findings } = decoded(UPDATE, [
      { kind: 'cga-parameters', parameters: whole.slice(0, 255) },
      { kind: 'cga-parameters', parameters: whole.slice(255) },
      SIGNATURE,
    ]);
    expect(findings).toEqual([]);
    expect(nodesOf(tree, 'mip6.options.cgar').map((node) => node.text)).toEqual([
      'part 1 of 2, not put together',
      'part 2 of 2, not put together',
    ]);
    expect(nodesOf(tree, 'mip6.cgar.modifier')).toEqual([]);
  });
});

describe('where options are allowed', () => {
  const UPN = 19;
  const coa: MobilityOption = { kind: 'alternate-care-of-address', careOfAddress: ADDRESS };
  const isAllowed = (mhType: number, octets: number, option: MobilityOption) =>
    !zeroMessage(mhType, octets, [option]).findings.some((text) =>
      text.startsWith('OPTION_NOT_ALLOWED'),
    );

  it.each([
    [5, 6, true],
    [6, 6, false],
    [8, 6, true],
    [9, 6, true],
    [12, 2, false],
    [16, 6, true],
    [UPN, 6, true],
  ])('an Alternate Care-of Address in MH Type %i: %#', (mhType, octets, expected) => {
    expect(isAllowed(mhType, octets, coa)).toBe(expected);
  });

  it('is everywhere for any option in an Update Notification', () => {
    const rows: MobilityOption[] = [
      { kind: 'nonce-indices', homeNonceIndex: 1, careOfNonceIndex: 2 },
      { kind: 'restart-counter', restartCounter: 1 },
      { kind: 'permanent-home-keygen-token', encryptedToken: new Uint8Array(8) },
    ];
    for (const row of rows) {
      expect(isAllowed(UPN, 6, row)).toBe(true);
      expect(isAllowed(UPN + 1, 6, row)).toBe(true);
      expect(isAllowed(0, 2, row)).toBe(false);
    }
  });

  it('is one message each for what a correspondent asks and answers', () => {
    const request: MobilityOption = { kind: 'cga-parameters-request' };
    const init: MobilityOption = { kind: 'care-of-test-init-option' };
    const test: MobilityOption = {
      kind: 'care-of-test-option',
      careOfKeygenToken: new Uint8Array(8),
    };
    expect([request, init, test].map((option) => isAllowed(5, 6, option))).toEqual([
      true,
      true,
      false,
    ]);
    expect([request, init, test].map((option) => isAllowed(6, 6, option))).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('prefixes', () => {
  it('have no more than 128 bits', () => {
    expect(
      findingsOf({ kind: 'mobile-network-prefix', prefixLength: 129, prefix: ADDRESS }),
    ).toContain('OPTION_VALUE: Mobile Network Prefix: prefix length 129 exceeds 128');
    const { findings } = zeroMessage(14, 4, [
      { kind: 'mobility-header-address-prefix', code: 2, prefixLength: 200, address: ADDRESS },
    ]);
    expect(findings).toContain(
      'OPTION_VALUE: Mobility Header IPv6 Address/Prefix: prefix length 200 exceeds 128',
    );
  });
});
