/**
 * Where tshark 4.0 and this project differ on right packets, and why. An entry that never applies fails the
 * test, so the list cannot rot.
 */
import type { KnownDifference } from './compare.ts';

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    names: ['ipv6.host', 'ipv6.src_host', 'ipv6.dst_host', 'ipv6.addr'],
    kinds: ['only there'],
    reason:
      'tshark repeats an address under further names; the filter language has them as aliases',
  },
  {
    names: ['ipv6.dstopts.len_oct', 'ipv6.routing.len_oct', 'ipv6.hopopts.len_oct'],
    kinds: ['only there'],
    reason: 'tshark repeats the length in octets',
  },
  {
    names: [
      'ipv6.version_class_flow',
      'ipv6.fraghdr.offset_flags',
      'mip6.bu.flags',
      'mip6.ba.flags',
      'icmpv6.opt.home_agent_flags*',
      'icmpv6.mip6.flag*',
    ],
    kinds: ['only here'],
    reason: 'tshark has no field for the whole word of flags; R of RFC 3963 is unknown to it',
  },
  {
    names: ['ipv6.version', 'ipv6.flow'],
    kinds: ['length', 'only here', 'only there'],
    reason: 'tshark counts the octets the bits lie in, here they are a mask of the 4-octet word',
  },
  {
    names: ['ipv6.opt'],
    kinds: ['length'],
    reason: 'tshark lets the item of a Pad1 option reach to the end of the header',
  },
  {
    names: ['ipv6.opt.pad1'],
    kinds: ['only there'],
    reason: 'tshark repeats the octet of a Pad1 option',
  },
  {
    names: ['icmpv6.opt.dnssl'],
    kinds: ['value'],
    reason: 'names of a search list are shown as octets here',
  },
  {
    names: ['icmpv6.data'],
    kinds: ['only here'],
    reason: 'tshark leaves octets after a home agent discovery request out',
  },
  {
    names: ['esp.encrypted_data'],
    kinds: ['only here'],
    reason: 'without keys tshark shows no octets of ESP',
  },
  {
    names: ['mip6.mobility_opt'],
    kinds: ['only here'],
    reason: 'tshark shows the type octet of unknown options only',
  },
  {
    names: ['mip6.hoti.reserved', 'mip6.coti.reserved', 'mip6.be.reserved'],
    kinds: ['only here'],
    reason: 'tshark leaves reserved octets out',
  },
  {
    names: ['mip6.cot.token', 'mip6.hot.token'],
    kinds: ['only here', 'only there'],
    reason: 'tshark calls the care-of keygen token of a Care-of Test mip6.hot.token',
  },
  {
    names: ['mip6.bu.t_flag', 'mip6.bu.b_flag', 'mip6.ba.t_flag', 'mip6.ba.b_flag'],
    kinds: ['only there'],
    reason: 'flags of RFC 5845 and RFC 6602, Proxy Mobile IPv6: reserved bits here',
  },
  {
    names: [
      'icmpv6.opt.route_info.flag.reserved',
      'icmpv6.nd.ra.flag.rsv',
      'icmpv6.nd.na.flag.rsv',
      'icmpv6.opt.prefix.flag.reserved',
      'icmpv6.mip6.flag.rsv',
    ],
    kinds: ['only there'],
    reason: 'reserved bits are part of the flags word here',
  },
  {
    names: ['icmpv6.reserved', 'icmpv6.opt.reserved'],
    kinds: ['only there'],
    reason: 'where tshark has reserved octets, RFC 3963 has the R flag',
  },
  {
    names: ['icmpv6.opt.src_linkaddr', 'icmpv6.opt.target_linkaddr'],
    kinds: ['only there'],
    reason: 'tshark repeats icmpv6.opt.linkaddr',
  },
];
