/**
 * DHCPv6: where tshark 4.0 shows otherwise.
 */
import type { Entry } from '../judge.ts';

export const dhcpv6Entries: readonly Entry[] = [
  {
    names: ['dhcpv6.expert.*', 'dhcpv6.root_only_domain_name', 'dhcpv6.search_list_entry'],
    kinds: ['only here', 'only there'],
    verdict: 'equal by other means',
    rfc: 'RFC 8415 10',
    reason: 'octets that are no domain names: they are shown as octets, tshark warns',
  },
  {
    names: ['dhcpv6.malformed_option'],
    kinds: ['only there'],
    verdict: 'not comparable',
    reason:
      'tshark warns of contents that are drawn at random: identifiers without octets, nested messages',
  },
  {
    names: ['dhcpv6.duid.bytes', 'dhcpv6.duid.data'],
    kinds: ['only here', 'only there'],
    verdict: 'equal by other means',
    reason: 'tshark shows all octets of an identifier, here its type and what follows it',
  },
  {
    names: ['dhcpv6.duidll.link_layer_addr', 'dhcpv6.duidllt.time', 'dhcpv6.status_msg'],
    kinds: ['value'],
    verdict: 'equal by other means',
    reason: 'the same instant, address or octets in other words',
  },
  {
    names: ['dhcpv6.iaid', 'dhcpv6.iata'],
    kinds: ['only here', 'only there'],
    verdict: 'equal by other means',
    rfc: 'RFC 8415 21.5',
    reason: 'the identifier of an association has one name, whatever the association',
  },
  {
    names: [
      'dhcpv6.mip6.*',
      'dhcpv6.option.length',
      'dhcpv6.option.type',
      'dhcpv6.status_code',
      'dhcpv6.status_msg',
    ],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 6610 3',
    reason:
      'tshark 4.0 names the options of Mobile IPv6 and does not decode them, nor what is in them',
  },
  {
    names: ['dhcpv6.option.type_str'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'tshark repeats the name of the option',
  },
  {
    names: ['dhcpv6.relay_message', 'dhcpv6.msgtype', 'dhcpv6.xid', 'dhcpv6.option.*'],
    kinds: ['only here', 'only there'],
    about: /^relay-message/,
    verdict: 'not comparable',
    reason: 'a Relay Message option outside of a relay message holds octets here, a message there',
  },
  {
    names: ['dhcpv6.option.type', 'dhcpv6.status_code'],
    kinds: ['name'],
    verdict: 'equal by other means',
    reason: 'the same in other words',
  },
];
