/**
 * Access Network Identifier option: RFC 6757 section 3, with the sub-options of RFC 7563 section 3.
 */
import { u8 } from '../../core/bytes.ts';
import {
  bytesField,
  flags,
  hexText,
  reserved,
  tlvs,
  uint16,
  uint24,
  uint8,
  when,
} from '../../core/layout.ts';
import type { FieldNumbers, NamedValue } from '../../core/layout.ts';
import { printable } from '../../core/text.ts';
import { tlv, tlvCodec } from '../../core/tlv.ts';
import { civicElements } from '../civic-location.ts';
import { named, namedRange } from '../named.ts';
import { option } from '../option.ts';
import { PROXY_SESSION } from './message-types.ts';

/** The network name is UTF-8. */
const ENCODING = 0x80;
const isUtf8 = ({ flags: word = 0 }: FieldNumbers): boolean => (word & ENCODING) !== 0;

/** The Length "can be in the range of 5 to 32", which an SSID of 32 octets exceeds: any is taken. */
const networkIdentifier = tlv({
  kind: 'network-identifier',
  type: 1,
  name: 'Network-Identifier',
  filter: 'mip6.acc_net_id',
  spec: { rfc: 6757, section: '3.1.1' },
  repeatable: false,
  check: ({ networkNameLength }) =>
    networkNameLength === 0 ? 'length of the network name is 0' : undefined,
  fields: [
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.acc_net_id.flags',
      bits: {
        isUtf8: { mask: ENCODING, label: 'E (UTF-8)', filter: 'mip6.acc_net_id.e_bit' },
      },
    }),
    uint8('networkNameLength', {
      label: 'Network name length',
      filter: 'mip6.acc_net_id.net_name_len',
      unit: 'octets',
    }),
    when(
      isUtf8,
      bytesField({ by: 'networkNameLength' }, 'networkName', {
        label: 'Network name',
        filter: 'mip6.acc_net_id.net_name',
        show: 'text',
      }),
    ),
    when(
      (numbers) => !isUtf8(numbers),
      bytesField({ by: 'networkNameLength' }, 'networkNameData', {
        label: 'Network name (encoding not stated)',
        filter: 'mip6.acc_net_id.net_name_data',
      }),
    ),
    uint8('accessPointNameLength', {
      label: 'Access-point name length',
      filter: 'mip6.acc_net_id.ap_name_len',
      unit: 'octets',
    }),
    bytesField({ by: 'accessPointNameLength' }, 'accessPointName', {
      label: 'Access-point name',
      filter: 'mip6.acc_net_id.ap_name',
      show: 'text',
    }),
  ],
});

/** Units of a degree: 9 of 24 bits, the sign included, are whole. RFC 6757 section 3.1.2. */
const DEGREE = 2 ** 15;
const degrees = (value: number): string => `${(value / DEGREE).toFixed(5)} degrees`;

const geoLocation = tlv({
  kind: 'geo-location',
  type: 2,
  name: 'Geo-Location',
  filter: 'mip6.acc_net_id',
  spec: { rfc: 6757, section: '3.1.2' },
  lengths: [6],
  repeatable: false,
  check({ latitude, longitude }) {
    if (Math.abs(latitude) > 90 * DEGREE) return `latitude ${degrees(latitude)} exceeds 90`;
    if (Math.abs(longitude) > 180 * DEGREE) return `longitude ${degrees(longitude)} exceeds 180`;
    return undefined;
  },
  fields: [
    uint24('latitude', {
      label: 'Latitude',
      filter: 'mip6.acc_net_id.geo.latitude_degrees',
      signed: true,
      format: degrees,
    }),
    uint24('longitude', {
      label: 'Longitude',
      filter: 'mip6.acc_net_id.geo.longitude_degrees',
      signed: true,
      format: degrees,
    }),
  ],
});

const PRIVATE_ENTERPRISE_NUMBER = 1;
const REALM = 2;

/** Kinds of operator identifiers. RFC 6757 section 3.1.3. */
export const OPERATOR_IDENTIFIER_TYPES: readonly NamedValue[] = named(6757, '3.1.3', [
  [0, 'reserved'],
  [PRIVATE_ENTERPRISE_NUMBER, 'Private Enterprise Number'],
  [REALM, 'Realm of the operator'],
]);

/** Octets of the longest enterprise number shown in decimal. */
const MAX_NUMBER = 8;

function operatorText(octets: Uint8Array, type: number): string {
  if (type === REALM) return printable(octets);
  if (type !== PRIVATE_ENTERPRISE_NUMBER || octets.length > MAX_NUMBER) return hexText(octets);
  let value = 0n;
  for (let i = 0; i < octets.length; i++) value = (value << 8n) | BigInt(u8(octets, i));
  return `${value}`;
}

const operatorIdentifier = tlv({
  kind: 'operator-identifier',
  type: 3,
  name: 'Operator-Identifier',
  filter: 'mip6.acc_net_id',
  spec: { rfc: 6757, section: '3.1.3' },
  repeatable: false,
  check({ identifierType, identifier }) {
    if (identifierType === 0) return 'type 0 of the operator identifier is reserved';
    return identifier.length === 0 ? 'empty operator identifier' : undefined;
  },
  fields: [
    uint8('identifierType', {
      label: 'Operator-Identifier type',
      filter: 'mip6.acc_net_id.op_id.type',
      values: OPERATOR_IDENTIFIER_TYPES,
    }),
    bytesField('rest', 'identifier', {
      label: 'Operator-Identifier',
      filter: 'mip6.acc_net_id.op_id',
      show: (octets, { identifierType = 0 }) => operatorText(octets, identifierType),
    }),
  ],
});

/** Encodings of civic locations: the others are reserved. RFC 7563 section 3.1. */
const BINARY = 0;
const CIVIC_FORMATS: readonly NamedValue[] = [
  ...named(7563, '3.1', [[BINARY, 'Binary Encoding']]),
  ...namedRange(7563, '3.1', 1, 255, 'reserved'),
];
const isBinary = ({ format }: FieldNumbers): boolean => format === BINARY;

const isCapital = (octet: number): boolean => octet >= 0x41 && octet <= 0x5a;

const civicLocation = tlv({
  kind: 'civic-location',
  type: 4,
  name: 'Civic-Location',
  filter: 'mip6.acc_net_id',
  spec: { rfc: 7563, section: '3.1' },
  check({ format, countryCode, elements }) {
    if (format !== BINARY) return `format ${format} is reserved`;
    if (countryCode?.every(isCapital) !== true) return 'country code is not two capital letters';
    return elements?.length === 0 ? 'no civic address element' : undefined;
  },
  fields: [
    uint8('format', {
      label: 'Format',
      filter: 'mip6.acc_net_id.civic.format',
      values: CIVIC_FORMATS,
    }),
    reserved(1, 'reserved', 'mip6.acc_net_id.civic.reserved'),
    when(
      isBinary,
      bytesField(2, 'countryCode', {
        label: 'Country code',
        filter: 'mip6.acc_net_id.civic.country',
        show: 'text',
        spec: { rfc: 4776, section: '3.1' },
      }),
    ),
    when(
      isBinary,
      tlvs('elements', {
        label: 'Civic address elements',
        codec: civicElements,
        spec: { rfc: 4776, section: '3.3' },
      }),
    ),
    when(
      (numbers) => !isBinary(numbers),
      bytesField('rest', 'location', {
        label: 'Civic location',
        filter: 'mip6.acc_net_id.civic.data',
      }),
    ),
  ],
});

/** Section 3.2 gives the Length as 2 and calls the number one of 3 octets: the Length decides. */
const gatewayGroupIdentifier = tlv({
  kind: 'gateway-group-identifier',
  type: 5,
  name: 'MAG-Group-Identifier',
  filter: 'mip6.acc_net_id',
  spec: { rfc: 7563, section: '3.2' },
  lengths: [2, 3],
  fields: [
    when(
      (_, room) => room === 2,
      uint16('group', { label: 'Group identifier', filter: 'mip6.acc_net_id.mag_group_id' }),
    ),
    when(
      (_, room) => room === 3,
      uint24('wideGroup', { label: 'Group identifier', filter: 'mip6.acc_net_id.mag_group_id' }),
    ),
  ],
});

const updateTimer = tlv({
  kind: 'update-timer',
  type: 6,
  name: 'ANI Update-Timer',
  filter: 'mip6.acc_net_id',
  spec: { rfc: 7563, section: '3.3' },
  lengths: [2],
  fields: [
    uint16('updateTimer', {
      label: 'Update-Timer',
      filter: 'mip6.acc_net_id.update_timer',
      unit: '4 s',
    }),
  ],
});

/** Codec of access network identifier sub-options. RFC 6757 section 3.1. */
export const accessNetworkSubOptions = tlvCodec(
  {
    name: 'Access network identifier sub-option',
    spec: { rfc: 6757, section: '3.1' },
    typeFilter: 'mip6.acc_net_id.ani',
    lengthFilter: 'mip6.acc_net_id.sub_opt_len',
    dataFilter: 'mip6.acc_net_id.ani.unknown',
    names: [{ value: 0, name: 'reserved' }],
  },
  [
    networkIdentifier,
    geoLocation,
    operatorIdentifier,
    civicLocation,
    gatewayGroupIdentifier,
    updateTimer,
  ],
);

const accessNetworkIdentifier = option({
  kind: 'access-network-identifier',
  type: 52,
  name: 'Access Network Identifier',
  filter: 'mip6.options.acc_net_id',
  spec: { rfc: 6757, section: '3' },
  align: [4, 0],
  allowedIn: PROXY_SESSION,
  check: ({ subOptions }) => (subOptions.length === 0 ? 'no sub-option' : undefined),
  fields: [tlvs('subOptions', { label: 'Sub-options', codec: accessNetworkSubOptions })],
});

/** Rows of RFC 6757. */
export const rfc6757Options = [accessNetworkIdentifier] as const;
