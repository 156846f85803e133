/**
 * Values of configuration attributes, which both versions write alike. RFC 7296 section 3.15.1, RFC 5026
 * section 8.2.
 */
import {
  address,
  bytesField,
  ipv4,
  layout,
  list,
  uint16,
  uint32,
  uint8,
  when,
} from '../core/layout.ts';
import type { Field, FieldNumbers, Layout } from '../core/layout.ts';
import type { Spec } from '../core/node.ts';
import type { AttributeFormats } from './attribute.ts';
import { CONFIGURATION_ATTRIBUTE_NAMES } from './names/configuration.ts';

const P = 'isakmp.cfg.attr';
const V2: Spec = { rfc: 7296, section: '3.15.1' };

const format = <const F extends readonly Field[]>(name: string, fields: F, spec: Spec = V2) =>
  layout({ name, spec, fields });
const prefixLength = (filter: string) =>
  uint8('prefixLength', { label: 'Prefix Length', filter, unit: 'bits' });
const oneIpv4 = (name: string, filter: string): readonly Layout[] => [
  format(name, [ipv4('address', { label: name, filter: `${P}.${filter}` })]),
];
const oneIpv6 = (name: string, filter: string): readonly Layout[] => [
  format(name, [address('address', { label: name, filter: `${P}.${filter}` })]),
];
const text = (name: string, filter: string): readonly Layout[] => [
  format(name, [
    bytesField('rest', 'text', { label: name, filter: `${P}.${filter}`, show: 'text' }),
  ]),
];

/** MIP6_HOME_PREFIX: the prefix a mobile node makes its home address of. RFC 5026 section 8.2. */
export const mip6HomePrefix = format(
  'MIP6_HOME_PREFIX',
  [
    uint32('prefixLifetime', {
      label: 'Prefix Lifetime',
      filter: `${P}.mip6_home_prefix.lifetime`,
      unit: 's',
    }),
    address('homePrefix', { label: 'Home Prefix', filter: `${P}.mip6_home_prefix` }),
    prefixLength(`${P}.mip6_home_prefix.length`),
  ],
  { rfc: 5026, section: '8.2' },
);

/** INTERNAL_IP6_ADDRESS: in MIPv6 the home address (RFC 5026 section 5.3.1). */
export const internalIp6Address = format('INTERNAL_IP6_ADDRESS', [
  address('address', { label: 'INTERNAL_IP6_ADDRESS', filter: `${P}.internal_ip6_address` }),
  prefixLength(`${P}.internal_ip6_address.prefix`),
]);

/** HOME_AGENT_ADDRESS: IPv6 address of the agent, and its IPv4 address where it has one. 3GPP TS 24.302. */
const homeAgentAddress = layout({
  name: 'HOME_AGENT_ADDRESS',
  fields: [
    address('ipv6', { label: 'Home agent IPv6 address', filter: `${P}.home_agent_ip6_address` }),
    when(
      (_numbers: FieldNumbers, room: number) => room > 0,
      ipv4('ipv4', { label: 'Home agent IPv4 address', filter: `${P}.home_agent_ip4_address` }),
    ),
  ],
});

const supportedAttributes = format('SUPPORTED_ATTRIBUTES', [
  list('attributes', {
    label: 'Supported attributes',
    of: format('Supported attribute', [
      uint16('attribute', {
        label: 'Attribute',
        filter: `${P}.supported_attributes`,
        values: CONFIGURATION_ATTRIBUTE_NAMES,
      }),
    ]),
  }),
]);

/** Formats by attribute type, of both versions; an empty value asks for the attribute. */
export const CONFIGURATION_VALUES: AttributeFormats = new Map<number, readonly Layout[]>([
  [1, oneIpv4('INTERNAL_IP4_ADDRESS', 'internal_ip4_address')],
  [2, oneIpv4('INTERNAL_IP4_NETMASK', 'internal_ip4_netmask')],
  [3, oneIpv4('INTERNAL_IP4_DNS', 'internal_ip4_dns')],
  [4, oneIpv4('INTERNAL_IP4_NBNS', 'internal_ip4_nbns')],
  [
    5,
    [
      format('INTERNAL_ADDRESS_EXPIRY', [
        uint32('seconds', {
          label: 'INTERNAL_ADDRESS_EXPIRY',
          filter: `${P}.internal_address_expiry`,
          unit: 's',
        }),
      ]),
    ],
  ],
  [6, oneIpv4('INTERNAL_IP4_DHCP', 'internal_ip4_dhcp')],
  [7, text('APPLICATION_VERSION', 'application_version')],
  // IKEv1 has the address without a prefix length.
  [8, [internalIp6Address, ...oneIpv6('INTERNAL_IP6_ADDRESS', 'internal_ip6_address')]],
  [9, oneIpv6('INTERNAL_IP6_NETMASK', 'internal_ip6_netmask')],
  [10, oneIpv6('INTERNAL_IP6_DNS', 'internal_ip6_dns')],
  [11, oneIpv6('INTERNAL_IP6_NBNS', 'internal_ip6_nbns')],
  [12, oneIpv6('INTERNAL_IP6_DHCP', 'internal_ip6_dhcp')],
  [
    13,
    [
      format('INTERNAL_IP4_SUBNET', [
        ipv4('address', { label: 'Subnet', filter: `${P}.internal_ip4_subnet_ip` }),
        ipv4('mask', { label: 'Netmask', filter: `${P}.internal_ip4_subnet_netmask` }),
      ]),
    ],
  ],
  [14, [supportedAttributes]],
  [
    15,
    [
      format('INTERNAL_IP6_SUBNET', [
        address('address', { label: 'Subnet', filter: `${P}.internal_ip6_subnet_ip` }),
        prefixLength(`${P}.internal_ip6_subnet_prefix`),
      ]),
    ],
  ],
  [16, [mip6HomePrefix]],
  [
    17,
    [
      format('INTERNAL_IP6_LINK', [
        bytesField(8, 'interfaceId', {
          label: 'Link-Local Interface ID',
          filter: `${P}.internal_ip6_link_interface`,
        }),
        bytesField('rest', 'linkId', {
          label: 'IKEv2 Link ID',
          filter: `${P}.internal_ip6_link_id`,
        }),
      ]),
    ],
  ],
  [
    18,
    [
      format('INTERNAL_IP6_PREFIX', [
        address('prefix', { label: 'Prefix', filter: `${P}.internal_ip6_prefix_ip` }),
        prefixLength(`${P}.internal_ip6_prefix_length`),
      ]),
    ],
  ],
  [19, [homeAgentAddress]],
  [20, oneIpv4('P_CSCF_IP4_ADDRESS', 'p_cscf_ip4_address')],
  [21, oneIpv6('P_CSCF_IP6_ADDRESS', 'p_cscf_ip6_address')],
]);
