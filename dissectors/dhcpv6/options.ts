/**
 * DHCPv6 options: those of Mobile IPv6 bootstrapping (RFC 6610), and the common ones around them (RFC 8415 section 21).
 */
import {
  address,
  addresses,
  bytesField,
  layout,
  list,
  tlvs,
  uint16,
  uint32,
  uint8,
} from '../core/layout.ts';
import { tlv, tlvCodec } from '../core/tlv.ts';
import type { TlvFraming } from '../core/tlv.ts';
import { duid } from './duid.ts';

const rfc8415 = (section: string) => ({ rfc: 8415, section: `21.${section}` });
const rfc6610 = (section: string) => ({ rfc: 6610, section });

/** Names of options that are shown as octets. */
const NAMES = [
  { value: 11, name: 'Authentication' },
  { value: 15, name: 'User Class' },
  { value: 16, name: 'Vendor Class' },
  { value: 17, name: 'Vendor-specific Information' },
  { value: 20, name: 'Reconfigure Accept' },
  { value: 31, name: 'SNTP Servers' },
  { value: 37, name: 'Remote Identifier' },
  { value: 38, name: 'Subscriber Identifier' },
  { value: 39, name: 'Client FQDN' },
  { value: 45, name: 'Client Data' },
  { value: 54, name: 'MoS IPv6 Address' },
  { value: 55, name: 'MoS Domain Name List' },
  { value: 56, name: 'NTP Server' },
  { value: 64, name: 'AFTR Name' },
  { value: 66, name: 'Relay-Supplied Options' },
  { value: 79, name: 'Client Link-Layer Address' },
  { value: 82, name: 'SOL_MAX_RT' },
  { value: 83, name: 'INF_MAX_RT' },
] as const;

const framing: TlvFraming = {
  name: 'DHCPv6 option',
  spec: { rfc: 8415, section: '21.1' },
  typeFilter: 'dhcpv6.option.type',
  lengthFilter: 'dhcpv6.option.length',
  dataFilter: 'dhcpv6.option.data',
  octets: 2,
  names: NAMES,
};

const STATUS_CODES = [
  { value: 0, name: 'Success' },
  { value: 1, name: 'UnspecFail' },
  { value: 2, name: 'NoAddrsAvail' },
  { value: 3, name: 'NoBinding' },
  { value: 4, name: 'NotOnLink' },
  { value: 5, name: 'UseMulticast' },
  { value: 6, name: 'NoPrefixAvail' },
] as const;

const SECONDS = { unit: 's' } as const;

const statusCode = tlv({
  kind: 'status-code',
  type: 13,
  name: 'Status Code',
  spec: rfc8415('13'),
  fields: [
    uint16('status', { label: 'Status Code', filter: 'dhcpv6.status_code', values: STATUS_CODES }),
    bytesField('rest', 'message', {
      label: 'Status Message',
      filter: 'dhcpv6.status_msg',
      show: 'text',
    }),
  ],
});

/** Options of a home network. RFC 6610 sections 3.3 to 3.5. */
const homeNetworkPrefix = tlv({
  kind: 'home-network-prefix',
  type: 71,
  name: 'MIPv6 Home Network Prefix',
  spec: rfc6610('3.3'),
  lengths: [17],
  fields: [
    uint8('prefixLength', {
      label: 'Prefix-len',
      filter: 'dhcpv6.mip6.hnp.prefix_len',
      unit: 'bits',
    }),
    address('prefix', { label: 'Home Network Prefix', filter: 'dhcpv6.mip6.hnp.prefix' }),
  ],
});

const homeAgentAddress = tlv({
  kind: 'home-agent-address',
  type: 72,
  name: 'MIPv6 Home Agent Address',
  spec: rfc6610('3.4'),
  lengths: [16],
  fields: [address('homeAgent', { label: 'Home Agent Address', filter: 'dhcpv6.mip6.haa' })],
});

const homeAgentName = tlv({
  kind: 'home-agent-fqdn',
  type: 73,
  name: 'MIPv6 Home Agent FQDN',
  spec: rfc6610('3.5'),
  fields: [
    bytesField('rest', 'fqdn', {
      label: 'Home Agent FQDN',
      filter: 'dhcpv6.mip6.haf',
      show: 'dns',
    }),
  ],
});

/** Options inside options that hold options themselves no more. */
const innermost = tlvCodec(framing, [
  statusCode,
  homeNetworkPrefix,
  homeAgentAddress,
  homeAgentName,
]);

const lifetimes = [
  uint32('preferredLifetime', {
    label: 'Preferred lifetime',
    filter: 'dhcpv6.iaaddr.pref_lifetime',
    ...SECONDS,
  }),
  uint32('validLifetime', {
    label: 'Valid lifetime',
    filter: 'dhcpv6.iaaddr.valid_lifetime',
    ...SECONDS,
  }),
] as const;

const iaAddress = tlv({
  kind: 'ia-address',
  type: 5,
  name: 'IA Address',
  spec: rfc8415('6'),
  fields: [
    address('address', { label: 'IPv6 address', filter: 'dhcpv6.iaaddr.ip' }),
    ...lifetimes,
    tlvs('options', { label: 'Options', codec: innermost }),
  ],
});

const iaPrefix = tlv({
  kind: 'ia-prefix',
  type: 26,
  name: 'IA Prefix',
  spec: rfc8415('22'),
  fields: [
    uint32('preferredLifetime', {
      label: 'Preferred lifetime',
      filter: 'dhcpv6.iaprefix.pref_lifetime',
      ...SECONDS,
    }),
    uint32('validLifetime', {
      label: 'Valid lifetime',
      filter: 'dhcpv6.iaprefix.valid_lifetime',
      ...SECONDS,
    }),
    uint8('prefixLength', {
      label: 'Prefix length',
      filter: 'dhcpv6.iaprefix.pref_len',
      unit: 'bits',
    }),
    address('prefix', { label: 'Prefix address', filter: 'dhcpv6.iaprefix.pref_addr' }),
    tlvs('options', { label: 'Options', codec: innermost }),
  ],
});

/** Options inside an identity association. */
const ofAssociation = tlvCodec(framing, [iaAddress, iaPrefix, statusCode]);

const associationTimes = [
  uint32('t1', { label: 'T1', filter: 'dhcpv6.iaid.t1', ...SECONDS }),
  uint32('t2', { label: 'T2', filter: 'dhcpv6.iaid.t2', ...SECONDS }),
  tlvs('options', { label: 'Options', codec: ofAssociation }),
] as const;

const identifier = uint32('identifier', { label: 'IAID', filter: 'dhcpv6.iaid', hex: true });

const homeNetwork = <const Kind extends string>(
  kind: Kind,
  type: number,
  name: string,
  section: string,
) =>
  tlv({
    kind,
    type,
    name,
    spec: rfc6610(section),
    fields: [tlvs('options', { label: 'Options', codec: innermost })],
  });

const requestedCodes = tlv({
  kind: 'option-request',
  type: 6,
  name: 'Option Request',
  spec: rfc8415('7'),
  fields: [
    list('codes', {
      label: 'Requested Option codes',
      of: layout({
        name: 'Requested Option code',
        spec: rfc8415('7'),
        fields: [
          uint16('code', {
            label: 'Requested Option code',
            filter: 'dhcpv6.requested_option_code',
            format: (code) => `${code} (${optionName(code)})`,
          }),
        ],
      }),
    }),
  ],
});

/** All options; a new one is one entry. */
export const dhcpv6Options = tlvCodec(framing, [
  tlv({
    kind: 'client-identifier',
    type: 1,
    name: 'Client Identifier',
    spec: rfc8415('2'),
    fields: duid,
  }),
  tlv({
    kind: 'server-identifier',
    type: 2,
    name: 'Server Identifier',
    spec: rfc8415('3'),
    fields: duid,
  }),
  tlv({
    kind: 'ia-na',
    type: 3,
    name: 'Identity Association for Non-temporary Address',
    spec: rfc8415('4'),
    fields: [identifier, ...associationTimes],
  }),
  tlv({
    kind: 'ia-ta',
    type: 4,
    name: 'Identity Association for Temporary Address',
    spec: rfc8415('5'),
    fields: [identifier, tlvs('options', { label: 'Options', codec: ofAssociation })],
  }),
  iaAddress,
  requestedCodes,
  tlv({
    kind: 'preference',
    type: 7,
    name: 'Preference',
    spec: rfc8415('8'),
    lengths: [1],
    fields: [uint8('preference', { label: 'Pref-value', filter: 'dhcpv6.option_preference' })],
  }),
  tlv({
    kind: 'elapsed-time',
    type: 8,
    name: 'Elapsed time',
    spec: rfc8415('9'),
    lengths: [2],
    fields: [
      uint16('elapsed', { label: 'Elapsed time', filter: 'dhcpv6.elapsed_time', unit: '10 ms' }),
    ],
  }),
  tlv({
    kind: 'relay-message',
    type: 9,
    name: 'Relay Message',
    spec: rfc8415('10'),
    fields: [
      bytesField('rest', 'message', { label: 'Relayed message', filter: 'dhcpv6.relay_message' }),
    ],
  }),
  tlv({
    kind: 'server-unicast',
    type: 12,
    name: 'Server unicast',
    spec: rfc8415('12'),
    lengths: [16],
    fields: [address('server', { label: 'IPv6 address', filter: 'dhcpv6.unicast' })],
  }),
  statusCode,
  tlv({
    kind: 'rapid-commit',
    type: 14,
    name: 'Rapid Commit',
    spec: rfc8415('14'),
    lengths: [0],
    fields: [],
  }),
  tlv({
    kind: 'interface-id',
    type: 18,
    name: 'Interface-Id',
    spec: rfc8415('18'),
    fields: [
      bytesField('rest', 'interface', { label: 'Interface-ID', filter: 'dhcpv6.interface_id' }),
    ],
  }),
  tlv({
    kind: 'reconfigure-message',
    type: 19,
    name: 'Reconfigure Message',
    spec: rfc8415('19'),
    lengths: [1],
    fields: [
      uint8('messageType', { label: 'Reconfigure message type', filter: 'dhcpv6.reconf_msg' }),
    ],
  }),
  tlv({
    kind: 'dns-servers',
    type: 23,
    name: 'DNS recursive name server',
    spec: { rfc: 3646, section: '3' },
    fields: [addresses('servers', { label: 'DNS server address', filter: 'dhcpv6.dns_server' })],
  }),
  tlv({
    kind: 'domain-search-list',
    type: 24,
    name: 'Domain Search List',
    spec: { rfc: 3646, section: '4' },
    fields: [
      bytesField('rest', 'names', {
        label: 'Search list',
        filter: 'dhcpv6.search_list_entry',
        show: 'dns',
      }),
    ],
  }),
  tlv({
    kind: 'ia-pd',
    type: 25,
    name: 'Identity Association for Prefix Delegation',
    spec: rfc8415('21'),
    fields: [identifier, ...associationTimes],
  }),
  iaPrefix,
  tlv({
    kind: 'home-network-identifier',
    type: 49,
    name: 'MIPv6 Home Network Identifier FQDN',
    spec: rfc6610('3.1'),
    fields: [
      bytesField('rest', 'fqdn', {
        label: 'Home Network Identifier FQDN',
        filter: 'dhcpv6.mip6.hnidf',
        show: 'dns',
      }),
    ],
  }),
  homeNetwork('visited-home-network', 50, 'MIPv6 Visited Home Network Information', '3.2.1'),
  homeNetwork('identified-home-network', 69, 'MIPv6 Identified Home Network Information', '3.2.2'),
  homeNetwork(
    'unrestricted-home-network',
    70,
    'MIPv6 Unrestricted Home Network Information',
    '3.2.3',
  ),
  // These stand in one of the three above; alone they are decoded as well.
  homeNetworkPrefix,
  homeAgentAddress,
  homeAgentName,
]);

function optionName(code: number): string {
  return (
    dhcpv6Options.definitions.get(code)?.name ??
    NAMES.find(({ value }) => value === code)?.name ??
    'unknown'
  );
}
