/**
 * ICMPv6 messages and neighbor discovery options: where tshark 4.0 shows otherwise.
 */
import type { Entry } from '../judge.ts';

export const icmpv6Entries: readonly Entry[] = [
  {
    names: ['icmpv6.mld.maximum_response_delay'],
    kinds: ['only there'],
    about: /^multicast-listener-query.*cut by its sender$/,
    verdict: 'equal by other means',
    rfc: 'RFC 3810 8.1',
    reason:
      'a query of a length that is none is no query of either version: its octets are shown as octets',
  },
  {
    names: ['icmpv6.fmip6.identifier'],
    kinds: ['only there'],
    about: /^proxy-router-advertisement, bit/,
    verdict: 'equal by other means',
    rfc: 'RFC 5568 6.1',
    reason: 'octets behind an unknown Subtype are shown as octets',
  },
  {
    names: ['icmpv6.opt'],
    kinds: ['length'],
    about: /^redirected-header, /,
    verdict: 'ours right',
    rfc: 'RFC 4861 4.6',
    reason:
      'an option of Length 0 ends the packet: all octets that are left are shown; tshark shows none',
  },
  {
    names: ['icmpv6.data'],
    kinds: ['only here'],
    verdict: 'equal by other means',
    reason:
      'the octets of a message are a line of their own, with the quoted packet under it; tshark has none',
  },
  {
    names: ['icmpv6.length', 'icmpv6.reserved'],
    kinds: ['only here'],
    about: /^(destination-unreachable|time-exceeded)/,
    verdict: 'ours right',
    rfc: 'RFC 4884 4.1, 4.2',
    reason:
      'the Length of the quoted packet is there also when it is 0, which tshark does not show',
  },
  {
    names: ['ipv6.invalid_header'],
    kinds: ['only there'],
    about: /^(packet-too-big|parameter-problem|destination-unreachable|time-exceeded)/,
    verdict: 'not comparable',
    reason: 'the quoted octets are drawn at random: tshark warns that they are no IPv6 packet',
  },
  {
    names: [
      'icmpv6.nd.na.flag.rsv',
      'icmpv6.nd.ra.flag.rsv',
      'icmpv6.ni.flag.rsv',
      'icmpv6.mip6.flag.rsv',
      'icmpv6.mld.flag.reserved',
      'icmpv6.fmip6.hi.flag.reserved',
      'icmpv6.opt.prefix.flag.reserved',
      'icmpv6.opt.route_info.flag.reserved',
      'icmpv6.opt.map.flag.reserved',
      'icmpv6.opt.hkr.reserved',
    ],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'reserved bits are part of the word of flags',
  },
  {
    names: [
      'icmpv6.mip6.flag.r',
      'icmpv6.opt.home_agent_flags.r',
      'icmpv6.fmip6.prrtadv.flag.m_or_r',
    ],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 3963 5.1 to 5.3, RFC 7411 5.1, RFC 5271 6.4',
    reason: 'flags that tshark 4.0 does not know',
  },
  {
    names: ['icmpv6.reserved', 'icmpv6.opt.reserved'],
    kinds: ['only there'],
    verdict: 'ours right',
    rfc: 'RFC 3963 5.1 to 5.3, RFC 7411 5.1, RFC 5271 6.4',
    reason: 'where tshark shows reserved octets there is a word of flags',
  },
  {
    names: ['icmpv6.mld.maximum_response_code', 'icmpv6.mld.qqi'],
    kinds: ['value'],
    verdict: 'ours right',
    rfc: 'RFC 3810 5.1.3, 5.1.9',
    reason:
      'the field is a code: the code is its value and the time its text; tshark puts the time in place of it',
  },
  {
    names: ['icmpv6.mldr.mar*'],
    kinds: ['only there'],
    verdict: 'ours right',
    rfc: 'RFC 3810 5.2.11',
    reason: 'octets behind the last of the counted records are no record',
  },
  {
    names: ['icmpv6.ni.query.subject_fqdn'],
    kinds: ['length'],
    verdict: 'ours right',
    rfc: 'RFC 4620 4',
    reason: 'the name has all the octets; tshark ends its line where the octets stop to be a name',
  },
  {
    names: ['icmpv6.opt.timestamp'],
    kinds: ['value'],
    verdict: 'equal by other means',
    rfc: 'RFC 3971 5.3.1',
    reason: 'the same instant in other words, and octets where it is past the year 9999',
  },
  {
    names: ['icmpv6.opt.cert_type', 'icmpv6.opt.name_type'],
    kinds: ['only here', 'only there'],
    verdict: 'ours right',
    rfc: 'RFC 3971 6.4.4',
    reason: 'a Certificate option has a Cert Type; tshark calls it Name Type',
  },
  {
    names: ['icmpv6.opt.certificate', 'icmpv6.x509_Certificate', 'icmpv6.x509_Name'],
    kinds: ['only here', 'only there'],
    verdict: 'equal by other means',
    reason: 'certificates and names are one field of octets here; tshark goes on in their ASN.1',
  },
  {
    names: ['icmpv6.opt.padding'],
    kinds: ['length'],
    about: /^(handover-assist-information|mobile-node-identifier)/,
    verdict: 'ours right',
    rfc: 'RFC 5271 6.1, 6.2',
    reason: 'padding ends with its option; tshark goes on behind it',
  },
  {
    names: ['icmpv6.opt.cga', 'icmpv6.opt.cga.*', 'icmpv6.opt.padding'],
    kinds: ['only there', 'only here', 'length'],
    verdict: 'ours right',
    rfc: 'RFC 3971 5.1, RFC 3972 3',
    reason:
      'the public key of CGA Parameters ends where its DER says, extensions follow, Pad Length says where padding ' +
      'begins; tshark reads on past an encoding that is none',
  },
  {
    names: ['icmpv6.opt.efo*'],
    kinds: ['only there', 'length'],
    verdict: 'ours right',
    rfc: 'RFC 5175 4',
    reason:
      'the flags of RA Flags Expansion are numbers 8 to 55 of all, none is assigned; tshark reads the flags 0 to 15 again',
  },
  {
    names: ['icmpv6.unknown_data'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'octets of an option that have no name: they are shown as padding or as octets',
  },
  {
    names: ['icmpv6.opt.naack.supplied_ncoa', 'icmpv6.opt.reserved'],
    kinds: ['only here', 'only there', 'length'],
    verdict: 'ours right',
    rfc: 'RFC 5568 6.4.6',
    reason:
      'four reserved octets come before the new care-of address; tshark shows it four octets early',
  },
  {
    names: ['icmpv6.opt.hkr.*'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'tshark shows fields of no octets',
  },
  {
    names: ['icmpv6.opt.name_type.fqdn'],
    kinds: ['value'],
    verdict: 'ours right',
    rfc: 'RFC 3971 6.4.3',
    reason: 'the name is in DNS wire format; tshark shows its length octets as characters',
  },
  {
    names: ['icmpv6.opt.name_type.key_identifier'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 3971 6.4.3, RFC 6494 3',
    reason: 'tshark does not show the key identifier of a trust anchor',
  },
  {
    names: ['icmpv6.opt.src_linkaddr', 'icmpv6.opt.target_linkaddr'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'tshark repeats `icmpv6.opt.linkaddr`',
  },
  {
    names: ['icmpv6.ni.qtype'],
    kinds: ['name'],
    here: /^1 /,
    verdict: 'ours right',
    rfc: 'RFC 4620 5',
    reason: 'Qtype 1 is unused; tshark has the meaning it had in drafts',
  },
  {
    names: [
      'icmpv6.type',
      'icmpv6.fmip6.subtype',
      'icmpv6.mldr.mar.record_type',
      'icmpv6.ni.qtype',
      'icmpv6.opt.type',
      'icmpv6.opt.ipa.option_code',
      'icmpv6.opt.lla.option_code',
      'icmpv6.opt.naack.status',
      'icmpv6.opt.name_type',
    ],
    kinds: ['name'],
    verdict: 'equal by other means',
    reason: 'the same in other words',
  },
];
