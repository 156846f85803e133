/**
 * Scapy 2.5 and tcpdump: where they say otherwise.
 */
import type { Entry } from '../judge.ts';

export const scapyEntries: readonly Entry[] = [
  {
    names: ['icmpv6.opt.linkaddr'],
    kinds: ['value'],
    verdict: 'ours right',
    rfc: 'RFC 4861 4.6.1',
    reason:
      'a link-layer address fills its option; Scapy takes the first six octets, those of Ethernet',
  },
  {
    names: ['mip6.bad.auth'],
    kinds: ['value'],
    verdict: 'ours right',
    rfc: 'RFC 6275 6.2.7',
    reason:
      'the Authenticator is as long as the Length says; Scapy takes 12 octets whatever it says',
  },
  {
    names: ['mip6.bad.auth'],
    kinds: ['only there'],
    about: /^built by Scapy$/,
    verdict: 'ours right',
    rfc: 'RFC 6275 6.2.6',
    reason:
      'Scapy writes Length 16 into Nonce Indices, whose Length is 4, and reads 4 octets again: the options behind lie ' +
      'inside it by what it says',
  },
  {
    names: ['mip6.*'],
    kinds: ['only there', 'value'],
    about: /^all options/,
    verdict: 'ours right',
    rfc: 'RFC 7411 5.3, 5.4',
    reason:
      'the Length of the options 60 and 61 counts units of 8 octets; Scapy takes their inside for options',
  },
  {
    names: ['ipv6.*'],
    kinds: ['only there'],
    about:
      /^(redirected-header|destination-unreachable|packet-too-big|time-exceeded|parameter-problem)/,
    verdict: 'not comparable',
    rfc: 'RFC 4443 2.4',
    reason:
      'the quoted octets are drawn at random: Scapy takes them for an IPv6 packet of any version',
  },
];

export const tcpdumpEntries: readonly Entry[] = [
  {
    names: ['mip6.*'],
    kinds: ['only there'],
    about: /mobility_opt_asan|ipv6-mobility-header-oobr/,
    needsSharedCaptures: true,
    verdict: 'ours right',
    rfc: 'RFC 6275 6.1',
    reason:
      'Next Header of a Mobility Header is 135; tcpdump decodes 62 of an old draft, which is CFTP by assignment',
  },
  {
    names: ['icmpv6.checksum.status'],
    kinds: ['value'],
    there: /^0$/,
    verdict: 'ours right',
    rfc: 'RFC 6275 6.3, 6.4, RFC 8200 8.1',
    reason:
      'the checksum is made with the home address of a Home Address option or type 2 routing header; tcpdump makes ' +
      'it with the addresses of the IPv6 header',
  },
];
