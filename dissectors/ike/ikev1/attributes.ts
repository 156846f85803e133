/**
 * Attributes of IKEv1: of phase 1 (RFC 2409 appendix A), of the IPsec DOI (RFC 2407 section 4.5), of
 * configuration mode.
 */
import { bytesField, layout } from '../../core/layout.ts';
import type { Layout, NamedValue } from '../../core/layout.ts';
import { attributeSpace, numberAttribute } from '../attribute.ts';
import type { AttributeFormats } from '../attribute.ts';
import { CONFIGURATION_VALUES } from '../configuration-attribute.ts';
import {
  CONFIGURATION_ATTRIBUTE_NAMES,
  EXTENDED_AUTHENTICATION_NAMES,
} from '../names/configuration.ts';
import {
  AUTHENTICATION_ALGORITHM_NAMES,
  AUTHENTICATION_NAMES,
  ENCAPSULATION_MODE_NAMES,
  ENCRYPTION_ALGORITHM_NAMES,
  GROUP_TYPE_NAMES,
  HASH_ALGORITHM_NAMES,
  LIFE_TYPE_NAMES,
} from '../names/ikev1.ts';
import { GROUP_NAMES } from '../names/transform.ts';

interface Row {
  readonly type: number;
  readonly name: string;
  /** Last part of the filter field. */
  readonly filter: string;
  readonly show: 'number' | 'octets' | 'duration' | 'text';
  readonly values?: readonly NamedValue[];
}

const octetsAttribute = (label: string, filter: string, show: 'hex' | 'text'): Layout =>
  layout({ name: label, fields: [bytesField('rest', 'value', { label, filter, show })] });

/** Lifetimes of 8 octets have a field of their own, as in Wireshark. */
function durationAttribute(label: string, filter: string): readonly Layout[] {
  const wide = bytesField(8, 'value', { label, filter: `${filter}64`, show: 'uint64' });
  return [
    ...numberAttribute(label, filter),
    layout({ name: label, fields: [wide] }),
    octetsAttribute(label, `${filter}_bytes`, 'hex'),
  ];
}

function formatsOf(row: Row, prefix: string): readonly Layout[] {
  const filter = `${prefix}.${row.filter}`;
  switch (row.show) {
    case 'number':
      return numberAttribute(row.name, filter, row.values);
    case 'duration':
      return durationAttribute(row.name, filter);
    case 'octets':
      return [octetsAttribute(row.name, filter, 'hex')];
    case 'text':
      return [octetsAttribute(row.name, filter, 'text')];
  }
}

const formats = (rows: readonly Row[], prefix: string): AttributeFormats =>
  new Map(rows.map((row) => [row.type, formatsOf(row, prefix)]));
const names = (rows: readonly Row[]): readonly NamedValue[] =>
  rows.map(({ type, name }) => ({ value: type, name }));

const number = (type: number, name: string, filter: string, values?: readonly NamedValue[]): Row =>
  values === undefined
    ? { type, name, filter, show: 'number' }
    : { type, name, filter, show: 'number', values };
const octets = (type: number, name: string, filter: string): Row => ({
  type,
  name,
  filter,
  show: 'octets',
});

const IKE_ROWS: readonly Row[] = [
  number(1, 'Encryption Algorithm', 'encryption_algorithm', ENCRYPTION_ALGORITHM_NAMES),
  number(2, 'Hash Algorithm', 'hash_algorithm', HASH_ALGORITHM_NAMES),
  number(3, 'Authentication Method', 'authentication_method', AUTHENTICATION_NAMES),
  number(4, 'Group Description', 'group_description', GROUP_NAMES),
  number(5, 'Group Type', 'group_type', GROUP_TYPE_NAMES),
  octets(6, 'Group Prime/Irreducible Polynomial', 'group_prime'),
  octets(7, 'Group Generator One', 'group_generator_one'),
  octets(8, 'Group Generator Two', 'group_generator_two'),
  octets(9, 'Group Curve A', 'group_curve_a'),
  octets(10, 'Group Curve B', 'group_curve_b'),
  number(11, 'Life Type', 'life_type', LIFE_TYPE_NAMES),
  { type: 12, name: 'Life Duration', filter: 'life_duration', show: 'duration' },
  octets(13, 'PRF', 'prf'),
  number(14, 'Key Length', 'key_length'),
  octets(15, 'Field Size', 'field_size'),
  octets(16, 'Group Order', 'group_order'),
];

const IPSEC_ROWS: readonly Row[] = [
  number(1, 'SA Life Type', 'life_type', LIFE_TYPE_NAMES),
  { type: 2, name: 'SA Life Duration', filter: 'life_duration', show: 'duration' },
  number(3, 'Group Description', 'group_description', GROUP_NAMES),
  number(4, 'Encapsulation Mode', 'encap_mode', ENCAPSULATION_MODE_NAMES),
  number(5, 'Authentication Algorithm', 'auth_algorithm', AUTHENTICATION_ALGORITHM_NAMES),
  number(6, 'Key Length', 'key_length'),
  number(7, 'Key Rounds', 'key_rounds'),
  number(8, 'Compress Dictionary Size', 'cmpr_dict_size'),
  octets(9, 'Compress Private Algorithm', 'cmpr_algorithm'),
  number(10, 'ECN Tunnel', 'ecn_tunnel', [
    { value: 1, name: 'allowed' },
    { value: 2, name: 'forbidden' },
  ]),
  number(11, 'Extended Sequence Number', 'ext_seq_nbr', [
    { value: 1, name: '64-bit sequence numbers' },
  ]),
];

/** Attributes of phase 1. RFC 2409 appendix A. */
export const ikeAttributes = attributeSpace({
  name: 'IKE Attribute',
  filter: 'isakmp.ike.attr',
  spec: { rfc: 2409, section: 'A' },
  names: names(IKE_ROWS),
  values: formats(IKE_ROWS, 'isakmp.ike.attr'),
  hasFormat: true,
});

/** Attributes of the IPsec DOI. RFC 2407 section 4.5. */
export const ipsecAttributes = attributeSpace({
  name: 'IPsec Attribute',
  filter: 'isakmp.ipsec.attr',
  spec: { rfc: 2407, section: '4.5' },
  names: names(IPSEC_ROWS),
  values: formats(IPSEC_ROWS, 'isakmp.ipsec.attr'),
  hasFormat: true,
});

/** The same attributes in a RESPONDER-LIFETIME notification. RFC 2407 section 4.6.3.1. */
export const lifetimeAttributes = {
  ike: attributeSpace({
    name: 'IKE Attribute',
    filter: 'isakmp.notify.data.resp_lifetime.ike.attr',
    spec: { rfc: 2407, section: '4.6.3.1' },
    names: names(IKE_ROWS),
    values: formats(
      IKE_ROWS.filter(({ type }) => type === 11 || type === 12),
      'isakmp.notify.data.resp_lifetime.ike.attr',
    ),
    hasFormat: true,
  }),
  ipsec: attributeSpace({
    name: 'IPsec Attribute',
    filter: 'isakmp.notify.data.resp_lifetime.ipsec.attr',
    spec: { rfc: 2407, section: '4.6.3.1' },
    names: names(IPSEC_ROWS),
    values: formats(
      IPSEC_ROWS.filter(({ type }) => type === 1 || type === 2),
      'isakmp.notify.data.resp_lifetime.ipsec.attr',
    ),
    hasFormat: true,
  }),
} as const;

const text = (type: number, name: string, filter: string): Row => ({
  type,
  name,
  filter,
  show: 'text',
});

/** Extended authentication; passwords are not shown by name, their octets are in the value. */
const EXTENDED_ROWS: readonly Row[] = [
  number(16520, 'XAUTH_TYPE', 'xauth.type'),
  text(16521, 'XAUTH_USER_NAME', 'xauth.user_name'),
  text(16524, 'XAUTH_MESSAGE', 'xauth.message'),
  text(16525, 'XAUTH_CHALLENGE', 'xauth.challenge'),
  text(16526, 'XAUTH_DOMAIN', 'xauth.domain'),
  number(16527, 'XAUTH_STATUS', 'xauth.status'),
];

/** Attributes of configuration mode, with an attribute format bit. */
export const configurationAttributes = attributeSpace({
  name: 'Configuration Attribute',
  filter: 'isakmp.cfg.attr',
  spec: { rfc: 2408, section: '3.3' },
  names: [...CONFIGURATION_ATTRIBUTE_NAMES, ...EXTENDED_AUTHENTICATION_NAMES],
  values: new Map([...CONFIGURATION_VALUES, ...formats(EXTENDED_ROWS, 'isakmp.cfg.attr')]),
  hasFormat: true,
});
