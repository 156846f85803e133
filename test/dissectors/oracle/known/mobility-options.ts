/**
 * Mobility options: where tshark 4.0 shows otherwise.
 */
import type { Entry } from '../judge.ts';

/** Options that tshark 4.0 does not decode: their line, their fields, and the document. */
const UNDECODED: readonly (readonly [names: readonly string[], rfc: string, what: string])[] = [
  [
    ['mip6.options.flow', 'mip6.flow.*'],
    'RFC 6089 4.2',
    'Flow Identification (45) and Flow Summary (44)',
  ],
  [['mip6.options.flow_summary'], 'RFC 6089 4.2.2', 'Flow Summary (44)'],
  [['mip6.ts.*'], 'RFC 6088 3', 'the traffic selectors'],
  [['mip6.options.mag_ipv6', 'mip6.mag_ipv6.*'], 'RFC 6705 11.1', 'MAG IPv6 Address (51)'],
  [
    ['mip6.options.ipv4_offload', 'mip6.ipv4_offload.*'],
    'RFC 6909 3.1',
    'the flag of the IPv4 Traffic Offload Selector (53)',
  ],
  [['mip6.options.dmcast', 'mip6.dmcast.*'], 'RFC 7028 5.1', 'Dynamic IP Multicast Selector (54)'],
  [['mip6.options.ams_*', 'mip6.ams.*'], 'RFC 7161 4.1', 'Active Multicast Subscription (56, 57)'],
  [
    ['icmpv6.mldr.mar*', 'icmpv6.mld.multicast_address'],
    'RFC 7161 4.1',
    'MLD records in a mobility option',
  ],
  [['igmp.*'], 'RFC 7161 4.1', 'IGMP records in a mobility option'],
  [['mip6.options.qos', 'mip6.qos.*'], 'RFC 7222 4.1', 'Quality of Service (58)'],
  [['mip6.options.lma_up', 'mip6.lma_up.*'], 'RFC 7389 4', 'LMA User-Plane Address (59)'],
  [
    ['mip6.options.mcast*', 'mip6.mcast.*'],
    'RFC 7411 5.3, 5.4',
    'Multicast Mobility (60) and its acknowledgement (61)',
  ],
  [['mip6.options.lcmp', 'mip6.lcmp.*'], 'RFC 8127 3', 'LMA-Controlled MAG Parameters (62)'],
  [
    ['mip6.options.multipath', 'mip6.multipath.*', 'mip6.options.mag_id', 'mip6.mag_id.*'],
    'RFC 8278 4.1',
    'MAG Multipath Binding (63) and MAG Identifier (64)',
  ],
  [
    [
      'mip6.options.anchored_prefix',
      'mip6.anchored_prefix.*',
      'mip6.options.local_prefix',
      'mip6.local_prefix.*',
      'mip6.options.previous_maar',
      'mip6.previous_maar.*',
      'mip6.options.serving_maar',
      'mip6.serving_maar.*',
      'mip6.options.dlif_*',
      'mip6.dlif.*',
    ],
    'RFC 8885 4',
    'the options of Distributed Mobility Management (65 to 70)',
  ],
  [
    ['mip6.mnllaiid.*'],
    'RFC 5949 6.2.3',
    'the fields of Mobile Node Link-local Address Interface Identifier (43)',
  ],
  [['mip6.transient_binding.*'], 'RFC 6058 5.1', 'the fields of Transient Binding (43)'],
  [
    ['mip6.acc_net_id.civic.*', 'mip6.acc_net_id.mag_group_id', 'mip6.acc_net_id.update_timer'],
    'RFC 7563 3',
    'the sub-options 4 to 6 of Access Network Identifier (52)',
  ],
  [['mip6.hnp.l_flag'], 'RFC 7864 4.1', 'the flag L of Home Network Prefix (22)'],
  [['mip6.bi.bid_pri'], 'RFC 6089 4.1', 'the BID-PRI of Binding Identifier (35)'],
];

const undecoded: readonly Entry[] = UNDECODED.map(([names, rfc, what]) => ({
  names,
  kinds: ['only here'],
  verdict: 'ours right',
  rfc,
  reason: `tshark 4.0 does not decode ${what}`,
}));

export const mobilityOptionEntries: readonly Entry[] = [
  ...undecoded,
  {
    names: ['mip6.mobility_opt'],
    kinds: ['only here'],
    verdict: 'equal by other means',
    reason:
      'tshark shows the Type octet of an option it does not decode; of others it is in the title',
  },
  {
    names: ['mip6.mobility_opt'],
    kinds: ['name'],
    verdict: 'ours right',
    rfc: 'RFC 6909 3.1, RFC 7028 5.1, RFC 7161 4.1, RFC 7222 4.1, RFC 8278 4.1, RFC 8885 4.3',
    reason: 'tshark 4.0 has no names for the options from 53 on',
  },
  {
    names: ['mip6.mobility_opt.len'],
    kinds: ['only here', 'only there', 'value'],
    verdict: 'ours right',
    rfc: 'RFC 6275 6.2.1',
    reason:
      'Length is the octet behind Type; of an option that it does not decode tshark shows an octet further on, past ' +
      'the option',
  },
  {
    names: ['mip6.options.padn', 'mip6.padn', 'mip6.options.*', 'mip6.mobility_opt'],
    kinds: ['only here', 'only there'],
    about: /^(multicast-|previous-maar|dlif|lma-|quality)/,
    verdict: 'ours right',
    rfc: 'RFC 7411 5.3, RFC 6275 6.2.1',
    reason:
      'the Length of the options 60 and 61 counts otherwise than that of all others; tshark takes their inside for ' +
      'options',
  },
  {
    names: ['mip6.ie_not_dissected'],
    kinds: ['only there'],
    verdict: 'ours right',
    rfc: 'RFC 8127 3, RFC 8885 4',
    reason: 'tshark says that it does not decode the option',
  },
  {
    names: [
      'mip6.auth.auth_data',
      'mip6.badff.auth',
      'mip6.cgar.cga_par',
      'mip6.dnsu.mn_id',
      'mip6.em.data',
      'mip6.phkt.phkt',
      'mip6.sign.sign',
      'mip6.mocot.co_keygen_tok',
      'mip6.vsm.data',
    ],
    kinds: ['length'],
    verdict: 'ours right',
    rfc: 'RFC 6275 6.2.1, RFC 4285 5, RFC 4866 5.1 to 5.5, RFC 5094 3, RFC 5026 8.1, RFC 5096 4',
    reason:
      'tshark takes the Type and Length octets for part of the Length and cuts the last two octets off',
  },
  {
    names: ['mip6.options.*', 'mip6.phkt.*', 'mip6.opt.len.invalid'],
    kinds: ['only here', 'only there'],
    about: /^(permanent-home-keygen-token|mobile-node-identifier|service-selection|all options)/,
    verdict: 'ours right',
    rfc: 'RFC 4866 5.3, RFC 4283 3, RFC 5149 3',
    reason:
      'an option of the least length is right; tshark warns of it and gives its line no place',
  },
  {
    names: ['mip6.auth.subtype'],
    kinds: ['name'],
    verdict: 'ours right',
    rfc: 'RFC 4285 5',
    reason: 'tshark has the names of a draft for the subtypes 1 and 2',
  },
  {
    names: ['mip6.ipv4aa.sts'],
    kinds: ['name'],
    verdict: 'ours right',
    rfc: 'RFC 5555 3.2.1',
    reason: 'tshark names the Status values after access technologies, the table of another option',
  },
  {
    names: ['mip6.hi'],
    kinds: ['name'],
    verdict: 'ours right',
    rfc: 'RFC 7864 7',
    reason: 'tshark 4.0 does not know the Handoff Indicator 6',
  },
  {
    names: ['mip6.acc_net_id.ani'],
    kinds: ['name'],
    verdict: 'ours right',
    rfc: 'RFC 7563 3',
    reason: 'tshark 4.0 does not know the sub-options 4 to 6',
  },
  {
    names: ['mip6.mnid.subtype'],
    kinds: ['name'],
    there: /^Unknown$/,
    verdict: 'ours right',
    rfc: 'RFC 8371 4',
    reason: 'tshark 4.0 knows the subtype 1 alone',
  },
  {
    names: ['mip6.cr.req_type'],
    kinds: ['name'],
    there: /^Unknown$/,
    verdict: 'ours right',
    rfc: 'RFC 5949 6.2.1',
    reason:
      'a Context Request names any mobility option; tshark 4.0 does not know those from 53 on',
  },
  {
    names: [
      'mip6.cr.req_type',
      'mip6.mnid.subtype',
      'mip6.acc_net_id.op_id.type',
      'mip6.vsm.vendorId',
    ],
    kinds: ['name'],
    verdict: 'equal by other means',
    reason: 'the same in other words',
  },
  {
    names: ['mip6.att', 'mip6.vsm.subtype'],
    kinds: ['name'],
    here: /\(unverified\)/,
    verdict: 'equal by other means',
    reason: 'the same name, marked: the document that defines it is none of the IETF',
  },
  {
    names: ['mip6.mseg_id.timestamp'],
    kinds: ['value'],
    verdict: 'ours right',
    rfc: 'RFC 4285 6, RFC 5905 6',
    reason:
      'an NTP timestamp counts from 1900, its second half is a fraction of 2^-32 s; tshark takes that half for ' +
      'nanoseconds and shows negative ones',
  },
  {
    names: ['mip6.timestamp_tmp'],
    kinds: ['value'],
    verdict: 'equal by other means',
    rfc: 'RFC 5213 8.8',
    reason: 'the same instant in other words, and octets where it is past the year 9999',
  },
  {
    names: [
      'mip6.mnid.identifier',
      'mip6.ss.identifier',
      'mip6.acc_net_id.net_name',
      'mip6.acc_net_id.ap_name',
    ],
    kinds: ['value'],
    verdict: 'equal by other means',
    rfc: 'RFC 4283 3, RFC 5149 3, RFC 6757 3.1.1',
    reason:
      'octets that are no text: tshark replaces them or stops at a zero octet, here each is shown as `\\xNN`',
  },
  {
    names: [
      'mip6.3gpp.reserved',
      'mip6.dmnp.reserved',
      'mip6.ipv4dsm.reserved',
      'mip6.natd.reserved',
      'mip6.redir.reserved',
    ],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'reserved bits are part of the word of flags',
  },
  {
    names: ['mip6.nemo.mnp.reserved'],
    kinds: ['only here'],
    verdict: 'equal by other means',
    reason: 'tshark does not show the reserved octet',
  },
  {
    names: ['mip6.gre_key.reserved', 'mip6.ipv4dra.reserved'],
    kinds: ['only here', 'only there'],
    verdict: 'ours right',
    rfc: 'RFC 5845 6.1',
    reason: 'tshark shows the reserved octets of GRE Key (33) as those of another option',
  },
  {
    names: ['mip6.mhipv6ap.ipv6_address_prefix'],
    kinds: ['only there'],
    verdict: 'ours right',
    rfc: 'RFC 5568 6.4.2',
    reason: 'tshark shows the address a second time, from the Prefix Length octet on',
  },
  {
    names: ['mip6.lmaa.*', 'mip6.redir.*'],
    kinds: ['only here', 'only there'],
    verdict: 'ours right',
    rfc: 'RFC 5949 6.2.2, RFC 6463 4.1, 4.2',
    reason:
      'where Option-Code or flags contradict the Length, the octets that are there are shown as the address they ' +
      'can be; tshark shows none, or four octets of it',
  },
  {
    names: ['mip6.vsm.*'],
    kinds: ['only here', 'only there'],
    verdict: 'ours right',
    rfc: 'RFC 5094 3, RFC 5949 6.2.1',
    reason:
      'tshark reads a vendor and a subtype past the octets they have, and shows no octets behind them',
  },
];
