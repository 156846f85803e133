/**
 * Identities, which both versions write alike. RFC 2407 section 4.6.2.1, RFC 7296 section 3.5.
 */
import { formatAddress, formatIpv4 } from '../core/address.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { address, bytesField, hexText, ipv4, layout } from '../core/layout.ts';
import type { Field, Layout } from '../core/layout.ts';
import { printable } from '../core/text.ts';
import { ID_TYPE } from './names/identity.ts';

const V1 = { rfc: 2407, section: '4.6.2.1' } as const;
const format = <const F extends readonly Field[]>(name: string, fields: F) =>
  layout({ name, spec: V1, fields });
const text = (name: string, filter: string) =>
  format(name, [bytesField('rest', 'name', { label: name, filter, show: 'text' })]);
const octets = (name: string, filter: string) =>
  format(name, [bytesField('rest', 'octets', { label: name, filter })]);

/** Identification Data by ID type; a subnet is an address and a mask, and in Wireshark `subnet` is the mask. */
export const ID_DATA: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [
    ID_TYPE.ipv4Address,
    format('ID_IPV4_ADDR', [
      ipv4('address', { label: 'IPv4 address', filter: 'isakmp.id.data.ipv4_addr' }),
    ]),
  ],
  [ID_TYPE.fqdn, text('ID_FQDN', 'isakmp.id.data.fqdn')],
  [ID_TYPE.rfc822Address, text('ID_RFC822_ADDR', 'isakmp.id.data.user_fqdn')],
  [
    ID_TYPE.ipv4Subnet,
    format('ID_IPV4_ADDR_SUBNET', [
      ipv4('address', { label: 'IPv4 subnet', filter: 'isakmp.id.data.ipv4_addr' }),
      ipv4('mask', { label: 'Mask', filter: 'isakmp.id.data.ipv4_subnet' }),
    ]),
  ],
  [
    ID_TYPE.ipv6Address,
    format('ID_IPV6_ADDR', [
      address('address', { label: 'IPv6 address', filter: 'isakmp.id.data.ipv6_addr' }),
    ]),
  ],
  [
    ID_TYPE.ipv6Subnet,
    format('ID_IPV6_ADDR_SUBNET', [
      address('address', { label: 'IPv6 subnet', filter: 'isakmp.id.data.ipv6_addr' }),
      address('mask', { label: 'Mask', filter: 'isakmp.id.data.ipv6_subnet' }),
    ]),
  ],
  [
    ID_TYPE.ipv4Range,
    format('ID_IPV4_ADDR_RANGE', [
      ipv4('start', { label: 'Start', filter: 'isakmp.id.data.ipv4_range_start' }),
      ipv4('end', { label: 'End', filter: 'isakmp.id.data.ipv4_range_end' }),
    ]),
  ],
  [
    ID_TYPE.ipv6Range,
    format('ID_IPV6_ADDR_RANGE', [
      address('start', { label: 'Start', filter: 'isakmp.id.data.ipv6_range_start' }),
      address('end', { label: 'End', filter: 'isakmp.id.data.ipv6_range_end' }),
    ]),
  ],
  [ID_TYPE.derDistinguishedName, octets('ID_DER_ASN1_DN', 'isakmp.id.data.der_asn1_dn')],
  [ID_TYPE.derGeneralName, octets('ID_DER_ASN1_GN', 'isakmp.id.data.der_asn1_gn')],
  [ID_TYPE.keyId, octets('ID_KEY_ID', 'isakmp.id.data.key_id')],
]);

/** Octets that an address identity takes; other types take any number. */
const LENGTHS: ReadonlyMap<number, number> = new Map([
  [ID_TYPE.ipv4Address, 4],
  [ID_TYPE.ipv4Subnet, 8],
  [ID_TYPE.ipv6Address, 16],
  [ID_TYPE.ipv6Subnet, 32],
  [ID_TYPE.ipv4Range, 8],
  [ID_TYPE.ipv6Range, 32],
]);

/** Text of an identity: an address, two of them for subnets and ranges, a name, or hex. */
export function identityText(idType: number, data: Uint8Array): string {
  if (data.length !== (LENGTHS.get(idType) ?? data.length)) return hexText(data);
  switch (idType) {
    case ID_TYPE.ipv4Address:
      return formatIpv4(data);
    case ID_TYPE.ipv6Address:
      return formatAddress(data);
    case ID_TYPE.ipv4Subnet:
      return `${formatIpv4(data)} mask ${formatIpv4(data, 4)}`;
    case ID_TYPE.ipv4Range:
      return `${formatIpv4(data)} to ${formatIpv4(data, 4)}`;
    case ID_TYPE.ipv6Subnet:
      return `${formatAddress(data)} mask ${formatAddress(data, 16)}`;
    case ID_TYPE.ipv6Range:
      return `${formatAddress(data)} to ${formatAddress(data, 16)}`;
    case ID_TYPE.fqdn:
    case ID_TYPE.rfc822Address:
      return printable(data);
    default:
      return hexText(data);
  }
}

/** Reports an address identity of a wrong length. */
export function checkIdentity(
  idType: number,
  data: Uint8Array,
  end: number,
  diagnostics: DiagnosticList,
): void {
  const wanted = LENGTHS.get(idType);
  if (wanted === undefined || wanted === data.length) return;
  const found = `ID type ${idType} of ${data.length} octets, expected ${wanted}`;
  diagnostics.add('IKE_PAYLOAD_MALFORMED', end - data.length, data.length, found);
}
