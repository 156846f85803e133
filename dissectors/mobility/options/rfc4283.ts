/**
 * Mobile Node Identifier option: RFC 4283 section 3, with the subtypes of RFC 8371.
 */
import { formatAddress, formatMac, isUnicastRoutable } from '../../core/address.ts';
import { u8 } from '../../core/bytes.ts';
import { bytesField, hexText, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { printable } from '../../core/text.ts';
import { named, namedRange } from '../named.ts';
import { option } from '../option.ts';
import { AUTHENTICATION_OPTIONS } from './authentication.ts';

const NAI = 1;
const IPV6_ADDRESS = 2;
const IMSI = 3;
const EUI_48 = 5;
const EUI_64 = 6;

/** Subtypes of mobile node identifiers. RFC 4283 section 3.1, RFC 8371 section 6. */
export const MOBILE_NODE_IDENTIFIER_SUBTYPES: readonly NamedValue[] = [
  ...named(4283, '3.1', [[NAI, 'NAI']]),
  ...named(8371, '6', [
    [IPV6_ADDRESS, 'IPv6 Address'],
    [IMSI, 'IMSI'],
    [4, 'P-TMSI'],
    [EUI_48, 'EUI-48 address'],
    [EUI_64, 'EUI-64 address'],
    [7, 'GUTI'],
    [8, 'DUID'],
  ]),
  ...namedRange(8371, '6', 9, 15, 'Reserved'),
];

/** Octets that identifiers of a subtype have. RFC 8371 sections 4.1 to 4.4. */
const OCTETS: ReadonlyMap<number, number> = new Map([
  [IPV6_ADDRESS, 16],
  [EUI_48, 6],
  [EUI_64, 8],
]);

/**
 * Digits of an IMSI, high nibble first, without the 0xf that fills the last octet; undefined when the octets are
 * none. RFC 8371 section 4.2.
 */
function imsiDigits(octets: Uint8Array): string | undefined {
  let digits = '';
  for (let i = 0; i < 2 * octets.length; i++) {
    const octet = u8(octets, i >> 1);
    const digit = i % 2 === 0 ? octet >> 4 : octet & 15;
    if (digit === 15 && i === 2 * octets.length - 1) break;
    if (digit > 9) return undefined;
    digits += `${digit}`;
  }
  return digits.length > 0 && digits.length <= 15 ? digits : undefined;
}

/** An identifier as people write it. */
export function identifierText(octets: Uint8Array, subtype: number): string {
  if (subtype === NAI) return printable(octets);
  if (subtype === IMSI) return imsiDigits(octets) ?? hexText(octets);
  if (OCTETS.get(subtype) !== octets.length) return hexText(octets);
  return subtype === IPV6_ADDRESS ? formatAddress(octets) : formatMac(octets, 0, octets.length);
}

/** What is wrong with an identifier of a subtype; undefined = nothing. RFC 8371 section 4. */
export function identifierFault(octets: Uint8Array, subtype: number): string | undefined {
  const expected = OCTETS.get(subtype);
  if (expected !== undefined && octets.length !== expected) {
    return `${octets.length} octets, an identifier of subtype ${subtype} has ${expected}`;
  }
  if (octets.length === 0) return 'empty identifier';
  if (subtype === IMSI && imsiDigits(octets) === undefined) return 'IMSI is not 1 to 15 digits';
  if (subtype === IPV6_ADDRESS && !isUnicastRoutable(octets)) {
    return `${formatAddress(octets)} is not a unicast routable address`;
  }
  return undefined;
}

const mobileNodeIdentifier = option({
  kind: 'mobile-node-identifier',
  type: 8,
  name: 'Mobile Node Identifier',
  filter: 'mip6.options.mnid',
  spec: { rfc: 4283, section: '3' },
  // Localized routing names two nodes (RFC 6705 section 10.1); where one is right the message checks say so.
  repeatable: true,
  // Section 3.2: before any authentication-related option.
  precedes: AUTHENTICATION_OPTIONS,
  check: ({ subtype, identifier }) => identifierFault(identifier, subtype),
  fields: [
    uint8('subtype', {
      label: 'Subtype',
      filter: 'mip6.mnid.subtype',
      values: MOBILE_NODE_IDENTIFIER_SUBTYPES,
    }),
    bytesField('rest', 'identifier', {
      label: 'Identifier',
      filter: 'mip6.mnid.identifier',
      show: (octets, { subtype = 0 }) => identifierText(octets, subtype),
    }),
  ],
});

/** Rows of RFC 4283. */
export const rfc4283Options = [mobileNodeIdentifier] as const;
