/**
 * Mobility options of IPv4 support for Proxy Mobile IPv6: RFC 5844 section 3.3.
 */
import { bitsOf, flags, ipv4, reserved, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { option } from '../option.ts';
import { checkIpv4PrefixLength, IPV4_PREFIX_8 } from './ipv4-prefix.ts';
import {
  BINDING_ACKNOWLEDGEMENT,
  BINDING_REVOCATION,
  BINDING_UPDATE,
  CONTEXT_TRANSFER,
  LOCALIZED_ROUTING,
} from './message-types.ts';

const ipv4HomeAddressRequest = option({
  kind: 'ipv4-home-address-request',
  type: 36,
  name: 'IPv4 Home Address Request',
  filter: 'mip6.options.ipv4hareq',
  spec: { rfc: 5844, section: '3.3.1' },
  align: [4, 0],
  lengths: [6],
  // RFC 5949 section 6.2.7, RFC 5846 section 5, RFC 6705 section 9.
  allowedIn: [BINDING_UPDATE, ...CONTEXT_TRANSFER, BINDING_REVOCATION, ...LOCALIZED_ROUTING],
  // An anchor may refuse more than one (status 173), and localized routing is about two nodes.
  repeatable: true,
  check: ({ flags: word }) => checkIpv4PrefixLength(bitsOf(word, IPV4_PREFIX_8.mask)),
  fields: [
    flags(1, 'flags', {
      label: 'Prefix length',
      filter: 'mip6.ipv4ha.flags',
      bits: { prefixLength: IPV4_PREFIX_8 },
    }),
    reserved(1, 'reserved', 'mip6.ipv4ha.reserved'),
    ipv4('homeAddress', { label: 'IPv4 home address', filter: 'mip6.ipv4ha.ha' }),
  ],
});

const status = { spec: { rfc: 5844, section: '3.3.2' } };

/** Status of an IPv4 Home Address Reply; from 128 on a failure. RFC 5844 section 3.3.2. */
export const IPV4_HOME_ADDRESS_STATUS: readonly NamedValue[] = [
  { value: 0, name: 'Success', ...status },
  { value: 128, name: 'Failure, reason unspecified', ...status },
  { value: 129, name: 'Administratively prohibited', ...status },
  { value: 130, name: 'Incorrect IPv4 home address', ...status },
  { value: 131, name: 'Invalid IPv4 address', ...status },
  { value: 132, name: 'Dynamic IPv4 home address assignment not available', ...status },
];

const ipv4HomeAddressReply = option({
  kind: 'ipv4-home-address-reply',
  type: 37,
  name: 'IPv4 Home Address Reply',
  filter: 'mip6.options.ipv4harep',
  spec: { rfc: 5844, section: '3.3.2' },
  align: [4, 0],
  lengths: [6],
  // RFC 6705 section 9 asks for an "IPv4 HoA option" of RFC 5844 and does not say which.
  allowedIn: [BINDING_ACKNOWLEDGEMENT, ...CONTEXT_TRANSFER, ...LOCALIZED_ROUTING],
  repeatable: true,
  check: ({ flags: word }) => checkIpv4PrefixLength(bitsOf(word, IPV4_PREFIX_8.mask)),
  fields: [
    uint8('status', {
      label: 'Status',
      filter: 'mip6.ipv4aa.sts',
      values: IPV4_HOME_ADDRESS_STATUS,
    }),
    flags(1, 'flags', {
      label: 'Prefix length',
      filter: 'mip6.ipv4ha.flags',
      bits: { prefixLength: IPV4_PREFIX_8 },
    }),
    ipv4('homeAddress', { label: 'IPv4 home address', filter: 'mip6.ipv4ha.ha' }),
  ],
});

const ipv4DefaultRouterAddress = option({
  kind: 'ipv4-default-router-address',
  type: 38,
  name: 'IPv4 Default-Router Address',
  filter: 'mip6.options.ipv4dra',
  spec: { rfc: 5844, section: '3.3.3' },
  align: [4, 0],
  lengths: [6],
  allowedIn: [BINDING_ACKNOWLEDGEMENT, ...CONTEXT_TRANSFER],
  fields: [
    reserved(2, 'reserved', 'mip6.ipv4dra.reserved'),
    ipv4('router', { label: 'IPv4 default router address', filter: 'mip6.ipv4dra.dra' }),
  ],
});

const ipv4DhcpSupportMode = option({
  kind: 'ipv4-dhcp-support-mode',
  type: 39,
  name: 'IPv4 DHCP Support Mode',
  filter: 'mip6.options.ipv4dsm',
  spec: { rfc: 5844, section: '3.3.4' },
  lengths: [2],
  allowedIn: [BINDING_ACKNOWLEDGEMENT, ...CONTEXT_TRANSFER],
  fields: [
    flags(2, 'flags', {
      label: 'Flags',
      filter: 'mip6.ipv4dsm.flags',
      bits: {
        server: {
          mask: 0x0001,
          label: 'DHCP Support Mode (S)',
          filter: 'mip6.ipv4dsm.s_flag',
          values: [
            { value: 0, name: 'DHCP Relay' },
            { value: 1, name: 'DHCP Server' },
          ],
        },
      },
    }),
  ],
});

/** Rows of RFC 5844. */
export const rfc5844Options = [
  ipv4HomeAddressRequest,
  ipv4HomeAddressReply,
  ipv4DefaultRouterAddress,
  ipv4DhcpSupportMode,
] as const;
