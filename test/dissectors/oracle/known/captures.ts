/**
 * What captures add to the differences on generated packets: the fixtures of this project, and public captures.
 */
import type { Entry } from '../judge.ts';

/** Seen in captures of this project. */
const fixtureEntries: readonly Entry[] = [
  {
    names: ['tcp.checksum.status'],
    kinds: ['value'],
    about: /mip6-1401/,
    verdict: 'ours right',
    rfc: 'RFC 8200 8.1, RFC 6275 6.4',
    reason:
      'the checksum of a packet that an error quotes is made with the address of its type 2 routing header; tshark ' +
      'takes the care-of address there',
  },
  {
    names: ['mip6.opt.len.invalid'],
    kinds: ['only there'],
    about: /mip6-2109/,
    verdict: 'ours right',
    rfc: 'RFC 5142 4',
    reason: 'tshark looks for options of a Home Agent Switch inside its addresses',
  },
  {
    names: ['esp.*', 'mip6.*'],
    kinds: ['only here'],
    about: /drg-13|mip6-1115|mip6-18|quiet-dual-stack|mip6-250[124]/,
    verdict: 'ours right',
    rfc: 'RFC 4301 4.1, RFC 3776 4.2',
    reason:
      'a security association is found by SPI, and by the addresses as normalised; tshark opens no packet of another ' +
      'care-of address or inside UDP',
  },
  {
    names: ['esp.*', 'mip6.*'],
    kinds: ['only there'],
    about: /mip6-1817/,
    verdict: 'ours right',
    rfc: 'RFC 4303 3.4.4',
    reason:
      'ESP whose integrity check fails is not decrypted; tshark shows what the wrong octets decrypt to',
  },
  {
    names: ['ipv6.*'],
    kinds: ['only here'],
    about: /mip6-18/,
    verdict: 'ours right',
    rfc: 'RFC 3776 3.1',
    reason: 'headers inside ESP of another care-of address, which tshark does not open',
  },
  {
    names: ['mip6.cgar.*'],
    kinds: ['only here'],
    about: /mip6-2607/,
    verdict: 'ours right',
    rfc: 'RFC 4866 5.1, RFC 3972 3',
    reason: 'tshark shows CGA Parameters as octets',
  },
  {
    names: ['ipv6.*', 'udp.*', 'data.data'],
    kinds: ['only here', 'only there'],
    about: /quiet-dual-stack|mip6-250[124]/,
    verdict: 'ours right',
    rfc: 'RFC 5555 4.1',
    reason: 'tshark does not decode the tunnel of UDP port 4191',
  },
  {
    names: ['esp.icv*', 'esp.iv', 'esp.encrypted_data'],
    kinds: ['only there'],
    about: /mip6-1006/,
    verdict: 'ours right',
    rfc: 'RFC 4303 3.4.1',
    reason:
      'ESP in fragments is opened when it is put together; tshark takes the end of a fragment for the ICV',
  },
  {
    names: ['esp.contained_data', 'esp.decrypted_data', 'esp.icv_bad'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason:
      'tshark repeats the octets that were decrypted, and shows both verdicts on an ICV, good and bad',
  },
  {
    names: ['esp.protocol'],
    kinds: ['name'],
    verdict: 'equal by other means',
    reason: 'the protocol has a name in other words',
  },
  {
    names: ['mip6.mobility_opt.data'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 6275 6.2.1',
    reason:
      'octets of an unknown option, and those that its fields leave over, are shown; tshark shows none',
  },
  {
    names: ['mip6.options.pad1', 'mip6.bri_*'],
    kinds: ['only here'],
    about: /mip6-1003/,
    verdict: 'ours right',
    rfc: 'RFC 5846 5',
    reason: 'tshark shows nothing of a Binding Revocation message of an unknown type',
  },
  {
    names: ['udp.checksum.status'],
    kinds: ['value'],
    about: /mip6-1007|mip6-1009/,
    verdict: 'not comparable',
    rfc: 'RFC 6275 6.3, 6.4.1',
    reason:
      'a Home Address option out of place or a wrong type 2 routing header makes the packet void: which address the ' +
      'checksum is made with is not said',
  },
  {
    names: ['ipv6.routing.unknown_data'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 8200 4.4',
    reason: 'a routing header says its length: octets that its type has no place for are shown',
  },
  {
    names: ['icmpv6.length', 'icmpv6.reserved'],
    kinds: ['only here'],
    about: /relay-attack|normal-life|icmpv6-messages/,
    verdict: 'ours right',
    rfc: 'RFC 4884 4.1, 4.2',
    reason:
      'the Length of the quoted packet is there also when it is 0, which tshark does not show',
  },
  {
    names: ['icmpv6.undecoded.type'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'octets of an unknown message are shown as octets',
  },
  {
    names: ['ipv6.slaac_mac', 'ipv6.src_slaac_mac', 'ipv6.dst_slaac_mac'],
    kinds: ['only there'],
    verdict: 'not comparable',
    rfc: 'RFC 7136 5',
    reason:
      'tshark computes link-layer addresses from interface identifiers, which are opaque: no octet of the packet',
  },
  {
    names: ['data.data'],
    kinds: ['only here', 'only there'],
    verdict: 'equal by other means',
    reason: 'octets of a protocol that is not decoded are one run of octets',
  },
  {
    names: ['eth.padding_bad', 'eth.trailer'],
    kinds: ['only there'],
    verdict: 'not comparable',
    reason:
      'octets behind a packet have no name on the wire; tshark guesses between padding, trailer and checksum, here ' +
      'they are one trailer or part of the protocol that is not decoded',
  },
  {
    names: ['ieee8021ah.etype'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'tshark names the Ethertype behind a service tag after another standard',
  },
];

/** Protocols that no mobility goes through. */
const OUT_OF_SCOPE: readonly Entry[] = [
  {
    names: ['x509*', 'ber.*', 'pkcs*'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'certificates, names and keys are octets here; tshark goes on in their ASN.1',
  },
  {
    names: ['arp.*', 'dns.*', 'http.*', 'lldp.*', 'ripng.*', 'syslog.*'],
    kinds: ['only there'],
    verdict: 'not comparable',
    reason: 'protocols beside mobility: their octets are shown as octets',
  },
  {
    names: ['tcp.analysis.*', 'tcp.segment*', 'tcp.window_size_scalefactor', 'tcp.*'],
    kinds: ['only there'],
    verdict: 'not comparable',
    reason: 'tshark follows TCP connections from packet to packet',
  },
  {
    names: ['cdp.*', 'dtp.*', 'icmp.*', 'loop.*', 'ospf.*', 'pim.*', 'stp.*'],
    kinds: ['only there'],
    verdict: 'not comparable',
    needsSharedCaptures: true,
    reason: 'protocols beside mobility: their octets are shown as octets',
  },
];

/** Seen in public captures alone. */
const sharedEntries: readonly Entry[] = (
  [
    {
      names: ['mip6.*'],
      kinds: ['only there'],
      about: /mobility_opt_asan|ipv6-mobility-header-oobr/,
      verdict: 'ours right',
      rfc: 'RFC 6275 6.1',
      reason:
        'Next Header of a Mobility Header is 135; tshark decodes 62 of an old draft, which is CFTP by assignment',
    },
    {
      names: ['mip6.options.*', 'mip6.ni.*', 'mip6.bad.auth'],
      kinds: ['only here'],
      about: /inet6_uts_mobility/,
      verdict: 'ours right',
      rfc: 'RFC 6275 6.2.1',
      reason: 'tshark stops showing options behind the first that it takes for wrong',
    },
    {
      names: ['esp.*', 'ip.*'],
      kinds: ['only here'],
      about: /08-sunrise-sunset-esp2.pcap with keys/,
      verdict: 'not comparable',
      reason:
        'what is recorded of tshark was made without the right key; the expected output of tcpdump shows what is shown here',
    },
    {
      names: ['esp.icv_good'],
      kinds: ['only there'],
      verdict: 'equal by other means',
      reason: 'tshark shows both verdicts on an ICV, good and bad, also where none was verified',
    },
    {
      names: ['eth.padding', 'eth.fcs', 'vlan.trailer'],
      kinds: ['only there'],
      verdict: 'not comparable',
      reason:
        'octets behind a packet have no name on the wire; tshark guesses between padding, trailer and checksum',
    },
    {
      names: ['eth.trailer'],
      kinds: ['length'],
      verdict: 'not comparable',
      reason: 'tshark takes the last four octets of a trailer for a frame check sequence',
    },
    {
      names: ['ipv6.opt.pmtu.*'],
      kinds: ['only there'],
      verdict: 'not comparable',
      rfc: 'RFC 9268 3',
      reason: 'the Minimum Path MTU option is none of mobility: its octets are shown as octets',
    },
    {
      names: ['ipv6.*'],
      kinds: ['only here'],
      about: /rfc7112/,
      verdict: 'ours right',
      rfc: 'RFC 4443 2.4',
      reason:
        'an error message quotes as much of a packet as fits: tshark does not look into a quoted first fragment',
    },
    {
      names: ['isakmp.sak.*', 'isakmp.ike.nat_hash'],
      kinds: ['only here', 'only there'],
      verdict: 'ours right',
      rfc: 'RFC 3947 3.2, RFC 6407 5.3',
      reason:
        'payload 15 in Main Mode is NAT-D of the draft that the peers announce; SA KEK is of GDOI, on port 848',
    },
    {
      names: ['isakmp.*'],
      kinds: ['only here', 'only there', 'length'],
      about: /ISAKMP_sa_setup|ikev1_id_ipv6|ikev2-id|ikev2pI2-segfault|isakmp-/,
      verdict: 'ours right',
      rfc: 'RFC 7296 3.1, 3.2, RFC 2408 3.1, 3.2',
      reason:
        'messages and payloads end where their Length says: tshark reads past it, or gives up at a Length past the datagram',
    },
  ] satisfies readonly Entry[]
).map((entry) => ({ ...entry, needsSharedCaptures: true }));

export const captureEntries: readonly Entry[] = [...fixtureEntries, ...sharedEntries];
export const outOfScopeEntries: readonly Entry[] = OUT_OF_SCOPE;
