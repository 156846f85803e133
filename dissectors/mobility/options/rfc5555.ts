/**
 * Mobility options of dual-stack Mobile IPv6: RFC 5555 section 3.
 */
import { bitsOf, flags, ipv4, reserved, uint32, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { option } from '../option.ts';
import { checkIpv4PrefixLength, IPV4_PREFIX_16, IPV4_PREFIX_8 } from './ipv4-prefix.ts';
import {
  BINDING_ACKNOWLEDGEMENT,
  BINDING_REVOCATION,
  BINDING_UPDATE,
  LOCALIZED_ROUTING,
} from './message-types.ts';

const ipv4HomeAddress = option({
  kind: 'ipv4-home-address',
  type: 29,
  name: 'IPv4 Home Address',
  filter: 'mip6.options.ipv4ha',
  spec: { rfc: 5555, section: '3.1.1' },
  align: [4, 0],
  lengths: [6],
  // RFC 5846 section 5; RFC 6705 section 9 speaks of an "IPv4 HoA option" of either document.
  allowedIn: [BINDING_UPDATE, BINDING_REVOCATION, ...LOCALIZED_ROUTING],
  // One for an address and another for a prefix.
  repeatable: true,
  check: ({ flags: word }) => {
    const length = bitsOf(word, IPV4_PREFIX_16.mask);
    // "A value of zero is invalid and MUST be considered an error."
    return length === 0 ? 'prefix length 0' : checkIpv4PrefixLength(length);
  },
  fields: [
    flags(2, 'flags', {
      label: 'Prefix length and flags',
      filter: 'mip6.ipv4ha.flags',
      bits: {
        prefixLength: IPV4_PREFIX_16,
        prefixRequested: {
          mask: 0x0200,
          label: 'Mobile network prefix requested (P)',
          filter: 'mip6.ipv4ha.p_flag',
        },
      },
    }),
    ipv4('homeAddress', { label: 'IPv4 home address', filter: 'mip6.ipv4ha.ha' }),
  ],
});

const status = { spec: { rfc: 5555, section: '3.2.1' } };

/** Status of an IPv4 Address Acknowledgement; from 128 on a failure. RFC 5555 section 3.2.1. */
export const IPV4_ADDRESS_STATUS: readonly NamedValue[] = [
  { value: 0, name: 'Success', ...status },
  { value: 128, name: 'Failure, reason unspecified', ...status },
  { value: 129, name: 'Administratively prohibited', ...status },
  { value: 130, name: 'Incorrect IPv4 home address', ...status },
  { value: 131, name: 'Invalid IPv4 address', ...status },
  { value: 132, name: 'Dynamic IPv4 home address assignment not available', ...status },
  { value: 133, name: 'Prefix allocation unauthorized', ...status },
];

/** Section 8 of the RFC misprints the type as 29; section 3.2.1 has the one in use. */
const ipv4AddressAcknowledgement = option({
  kind: 'ipv4-address-acknowledgement',
  type: 30,
  name: 'IPv4 Address Acknowledgement',
  filter: 'mip6.options.ipv4aa',
  spec: { rfc: 5555, section: '3.2.1' },
  align: [4, 0],
  lengths: [6],
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  repeatable: true,
  check: ({ status: value, flags: word }) => {
    const length = bitsOf(word, IPV4_PREFIX_8.mask);
    return value >= 128 && length !== 0
      ? `prefix length ${length} in a refusal`
      : checkIpv4PrefixLength(length);
  },
  fields: [
    uint8('status', {
      label: 'Status',
      filter: 'mip6.ipv4aa.sts',
      values: IPV4_ADDRESS_STATUS,
    }),
    flags(1, 'flags', {
      label: 'Prefix length',
      filter: 'mip6.ipv4ha.flags',
      bits: { prefixLength: IPV4_PREFIX_8 },
    }),
    ipv4('homeAddress', { label: 'IPv4 home address', filter: 'mip6.ipv4ha.ha' }),
  ],
});

/** Refresh time of a sender who found no NAT: keepalives are not needed. */
const NO_KEEPALIVES = 0xffff_ffff;

function refreshTimeText(seconds: number): string {
  if (seconds === NO_KEEPALIVES) return `${seconds} (no keepalives needed)`;
  return seconds === 0 ? '0 (ignored)' : `${seconds} s`;
}

const natDetection = option({
  kind: 'nat-detection',
  type: 31,
  name: 'NAT Detection',
  filter: 'mip6.options.natd',
  spec: { rfc: 5555, section: '3.2.2' },
  align: [4, 0],
  lengths: [6],
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  fields: [
    flags(2, 'flags', {
      label: 'Flags',
      filter: 'mip6.natd.flags',
      bits: {
        udpEncapsulationRequired: {
          mask: 0x8000,
          label: 'UDP encapsulation required (F)',
          filter: 'mip6.natd.f_flag',
        },
      },
    }),
    uint32('refreshTime', {
      label: 'Refresh time',
      filter: 'mip6.natd.refresh_t',
      unit: 's',
      format: refreshTimeText,
    }),
  ],
});

const ipv4CareOfAddress = option({
  kind: 'ipv4-care-of-address',
  type: 32,
  name: 'IPv4 Care-of Address',
  filter: 'mip6.options.ipv4coa',
  spec: { rfc: 5555, section: '3.1.2' },
  align: [4, 0],
  lengths: [6],
  allowedIn: [BINDING_UPDATE],
  fields: [
    reserved(2, 'reserved', 'mip6.ipv4coa.reserved'),
    ipv4('careOfAddress', { label: 'IPv4 care-of address', filter: 'mip6.ipv4coa.addr' }),
  ],
});

/** Rows of RFC 5555. */
export const rfc5555Options = [
  ipv4HomeAddress,
  ipv4AddressAcknowledgement,
  natDetection,
  ipv4CareOfAddress,
] as const;
