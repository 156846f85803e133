/**
 * Links, IPv4, IPv6, extension headers, ESP, AH, UDP and TCP: where tshark 4.0 shows otherwise.
 */
import type { Entry } from '../judge.ts';

/** Encapsulations on UDP ports that tshark has no dissector for. */
const UNDECODED_TUNNEL = /UDP 4191|UDP 5437/;

/** Packets with one bit changed, or cut. */
const MUTATED = /, (?:bit \d of octet \d+|cut by (?:its sender|the capture))$/;

export const ipEntries: readonly Entry[] = [
  {
    names: ['*'],
    kinds: ['only here', 'value', 'name'],
    isLost: true,
    verdict: 'ours right',
    rfc: 'RFC 6275 6.2.1, RFC 8200 4.2, RFC 4861 4.6',
    reason:
      'tshark gives up a whole packet at what it takes for a fault, and loses what is behind it; every option and ' +
      'every header says its own length',
  },
  {
    names: ['*'],
    kinds: ['only here'],
    isDiagnosed: true,
    about: MUTATED,
    verdict: 'ours right',
    rfc: 'RFC 6275 6.2.1, RFC 7296 3.2, RFC 8415 21.1',
    reason:
      'of a packet with a fault the fields that are there are shown, and a diagnostic names the fault; tshark shows less',
  },
  {
    names: ['icmpv6.checksum.status', 'udp.checksum.status', 'gre.checksum.status'],
    kinds: ['only there'],
    there: /^[23]$/,
    verdict: 'equal by other means',
    reason:
      'tshark says that it has not verified the checksum of a packet that is cut; here nothing is said then',
  },
  {
    names: ['udp.checksum.status', 'gre.checksum.status'],
    kinds: ['only there'],
    there: /^0$/,
    isDiagnosed: true,
    verdict: 'equal by other means',
    reason:
      'the checksum of octets that are not all there is not judged; that they are missing is a diagnostic',
  },
  {
    names: ['ipv6.opt.padn'],
    kinds: ['only there'],
    about: /, bit \d of octet 47$/,
    verdict: 'ours right',
    rfc: 'RFC 8200 4.3',
    reason: 'options end with their header; tshark reads padding on past it',
  },
  {
    names: ['icmpv6.checksum.status'],
    kinds: ['value'],
    about: /, bit \d of octet 43$/,
    verdict: 'not comparable',
    rfc: 'RFC 6275 6.4.1',
    reason:
      'a type 2 routing header whose Segments Left is not 1 makes the packet void: which address the checksum is ' +
      'made with is not said',
  },
  {
    names: ['ipv6.opt*'],
    kinds: ['only here', 'only there'],
    about: /, bit 1 of octet 42$/,
    verdict: 'ours right',
    rfc: 'RFC 8200 4.2',
    reason:
      'an option of type 0x41 ends where its Length says; tshark takes it for one of a draft, of fixed length',
  },
  {
    names: ['ipv6.routing.rpl.addr_count'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'tshark counts the addresses of a routing header of type 3',
  },
  {
    names: ['ieee8021ad.etype'],
    kinds: ['only here'],
    verdict: 'equal by other means',
    reason: 'tshark calls the Ethertype behind a service tag `ieee8021ah.etype`',
  },
  {
    names: ['ip.*', 'ipv6.*', 'udp.*', 'mip6.*', 'data.data'],
    kinds: ['only here'],
    about: UNDECODED_TUNNEL,
    verdict: 'ours right',
    rfc: 'RFC 5555 4.1, RFC 5844 4.3.1',
    reason: 'tshark does not decode the tunnels of UDP ports 4191 and 5437',
  },
  {
    names: [
      'ip.addr',
      'ip.host',
      'ip.src_host',
      'ip.dst_host',
      'ip.version',
      'ipv6.addr',
      'ipv6.host',
      'ipv6.src_host',
      'ipv6.dst_host',
      'ipv6.hopopts.len_oct',
      'ipv6.dstopts.len_oct',
      'ipv6.routing.len_oct',
      'ipv6.opt.pad1',
      'udp.port',
      'tcp.port',
      'eth.addr*',
      'eth.dst*',
      'eth.src*',
      'eth.ig',
      'eth.lg',
      'data.len',
    ],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason:
      'tshark repeats an address, a port, a length or padding under further names and units; the filter language ' +
      'has aliases',
  },
  {
    names: ['udp.stream', 'udp.time_*', 'esp.sequence-analysis*', 'icmpv6.resp*'],
    kinds: ['only there'],
    verdict: 'not comparable',
    reason: 'tshark follows conversations from packet to packet; a field tree is of one packet',
  },
  {
    names: [
      'tcp.stream',
      'tcp.len',
      'tcp.seq',
      'tcp.ack',
      'tcp.nxtseq',
      'tcp.completeness',
      'tcp.connection.*',
      'tcp.time_*',
      'tcp.window_size',
      'tcp.options.wscale.multiplier',
      'tcp.flags.str',
    ],
    kinds: ['only there'],
    verdict: 'not comparable',
    reason: 'relative numbers and states of a TCP connection are of no use to mobility',
  },
  {
    names: ['udp.checksum_calculated', 'tcp.checksum_calculated', 'ip.checksum_calculated'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'the right checksum is told in the diagnostic of a wrong one',
  },
  {
    names: [
      'ipv6.nxt',
      'ipv6.dstopts.nxt',
      'ipv6.fraghdr.nxt',
      'ipv6.routing.nxt',
      'ip.proto',
      'eth.type',
      'null.family',
      'ipv6.routing.type',
      'tcp.option_kind',
      'isakmp.ts.protoid',
      'mip6.proto',
    ],
    kinds: ['name'],
    verdict: 'equal by other means',
    reason:
      'the protocol has a name in other words; numbers without a name here are protocols that are not decoded',
  },
  {
    names: ['ipv6.opt'],
    kinds: ['length'],
    verdict: 'ours right',
    rfc: 'RFC 8200 4.2',
    reason: 'a Pad1 option is one octet; tshark lets its line reach to the end of the header',
  },
  {
    names: ['ipv6.opt.header_mismatch'],
    kinds: ['only there'],
    verdict: 'not comparable',
    reason:
      'tshark warns of options in a header they are not meant for; the generated packets put every option into both',
  },
  {
    names: [
      'ipv6.opt.qs_ttl_diff',
      'ipv6.opt.qs_unused',
      'ipv6.opt_unknown_data',
      'ipv6.opt.qs_nonce',
      'ipv6.opt.qs_rate',
      'ipv6.opt.qs_reserved',
      'ipv6.opt.qs_ttl',
    ],
    kinds: ['only here', 'only there'],
    verdict: 'equal by other means',
    rfc: 'RFC 4782 3.1',
    reason:
      'the octets of Quick-Start have the same names for every function here; tshark shows octets alone',
  },
  {
    names: ['ipv6.opt.rpl.*', 'ipv6.opt.unknown'],
    kinds: ['only here', 'only there'],
    verdict: 'ours right',
    rfc: 'RFC 9008 11.1',
    reason: 'tshark 4.0 knows the RPL option under its old number 0x63 alone; 0x23 replaces it',
  },
  {
    names: ['ipv6.opt.unknown_data.expert', 'ipv6.routing.undecoded'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'octets that are not decoded are shown as octets',
  },
  {
    names: ['ipv6.opt.lio.line_id'],
    kinds: ['value', 'length'],
    verdict: 'ours right',
    rfc: 'RFC 6788 5.1',
    reason:
      'the length of a Line ID is counted; tshark ends it at a zero octet and shows other octets than ASCII as such',
  },
  {
    names: ['ipv6.routing.srh.flag.o'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 9259 2.1',
    reason: 'tshark 4.0 has no name for the flag O',
  },
  {
    names: ['esp.encrypted_data'],
    kinds: ['only here'],
    verdict: 'equal by other means',
    reason: 'without keys tshark shows no octets of ESP',
  },
  {
    names: ['sll.reserved'],
    kinds: ['only here'],
    verdict: 'equal by other means',
    reason: 'tshark does not show the reserved octets',
  },
  {
    names: ['data.data'],
    kinds: ['only there'],
    about: /IKE header|redirected-header|unreachable|exceeded|too-big|parameter-problem|echo/,
    verdict: 'equal by other means',
    reason: 'octets of a message are shown in its own field `icmpv6.data`',
  },
];
