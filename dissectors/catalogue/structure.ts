/**
 * Fields that no format table declares: headers as a whole, what is derived, what is renamed.
 */
import { PAYLOAD_NAMES } from '../ike/names/message.ts';
import { VERDICT_VALUES } from '../verdict.ts';
import type { FieldRow } from './field-info.ts';

const protocol = (name: string, label: string): FieldRow => ({ name, label, type: 'protocol' });
const octets = (name: string, label: string): FieldRow => ({ name, label, type: 'octets' });

/** Values of the verdict on a checksum. */
const CHECKSUM_STATUS = [
  { value: 0, name: 'Bad' },
  { value: 1, name: 'Good' },
  { value: 2, name: 'Unverified' },
  { value: 3, name: 'Not present' },
  { value: 4, name: 'Illegal' },
] as const;

const checksumStatus = (name: string): FieldRow => ({
  name: `${name}.status`,
  label: 'Checksum status',
  type: 'number',
  values: CHECKSUM_STATUS,
  max: 255,
});

/** Verdict on an authenticator or a signature, behind its option. */
const verdict = (name: string, label: string, rfc: number, section: string): FieldRow => ({
  name: `${name}.status`,
  label,
  type: 'number',
  values: VERDICT_VALUES,
  min: 0,
  max: 2,
  spec: { rfc, section },
});

/** Length of an 802.3 frame, where other frames have a type. */
const frameLength = (name: string): readonly FieldRow[] => [
  { name: `${name}.len`, label: 'Length', type: 'number', unit: 'octets', max: 0xffff },
  { name: `${name}.invalid_lentype`, label: 'Invalid length/type', type: 'number', max: 0xffff },
];

const addressBits = (name: string): readonly FieldRow[] => [
  { name: `${name}.lg`, label: 'LG bit', type: 'boolean', max: 1 },
  { name: `${name}.ig`, label: 'IG bit', type: 'boolean', max: 1 },
];

/** Attributes of IKE: each a group with a name. */
const ATTRIBUTES: readonly FieldRow[] = [
  'isakmp.ike.attr',
  'isakmp.ipsec.attr',
  'isakmp.cfg.attr',
  'isakmp.ike2.attr',
  'isakmp.notify.data.resp_lifetime.ike.attr',
  'isakmp.notify.data.resp_lifetime.ipsec.attr',
].map((name) => ({ name, label: 'Attribute', type: 'none' }));

/** Headers of the tree. */
const PROTOCOLS: readonly FieldRow[] = [
  protocol('eth', 'Ethernet II'),
  protocol('vlan', '802.1Q Virtual LAN'),
  protocol('ieee8021ad', 'IEEE 802.1ad'),
  protocol('sll', 'Linux cooked capture'),
  protocol('null', 'Null/Loopback'),
  protocol('ip', 'Internet Protocol Version 4'),
  protocol('ipv6', 'Internet Protocol Version 6'),
  protocol('ipv6.hopopts', 'IPv6 Hop-by-Hop Option'),
  protocol('ipv6.dstopts', 'Destination Options for IPv6'),
  protocol('ipv6.routing', 'Routing Header for IPv6'),
  protocol('ipv6.fraghdr', 'Fragment Header for IPv6'),
  protocol('ah', 'Authentication Header'),
  protocol('esp', 'Encapsulating Security Payload'),
  protocol('icmpv6', 'Internet Control Message Protocol v6'),
  protocol('mip6', 'Mobile IPv6'),
  protocol('tcp', 'Transmission Control Protocol'),
  protocol('udp', 'User Datagram Protocol'),
  protocol('data', 'Data'),
  protocol('llc', 'Logical-Link Control'),
  protocol('ppp', 'Point-to-Point Protocol'),
  protocol('lcp', 'PPP Link Control Protocol'),
  protocol('ipcp', 'PPP IP Control Protocol'),
  protocol('ipv6cp', 'PPP IPv6 Control Protocol'),
  protocol('chdlc', 'Cisco HDLC'),
  protocol('pppoed', 'PPP-over-Ethernet Discovery'),
  protocol('pppoes', 'PPP-over-Ethernet Session'),
  protocol('cmd', 'Cisco MetaData'),
  protocol('gre', 'Generic Routing Encapsulation'),
  protocol('udpencap', 'UDP Encapsulation of IPsec Packets'),
  protocol('isakmp', 'Internet Security Association and Key Management Protocol'),
  protocol('dhcpv6', 'DHCPv6'),
  protocol('pmip6.tlv', 'Proxy Mobile IPv6 TLV header'),
  protocol('mip6tls', 'TLS-based Mobile IPv6'),
];

/** Fields of headers that no table row stands for. */
const PARTS: readonly FieldRow[] = [
  { name: 'ipv6.opt', label: 'IPv6 Option', type: 'none', spec: { rfc: 8200, section: '4.2' } },
  { name: 'icmpv6.opt', label: 'ICMPv6 Option', type: 'none', spec: { rfc: 4861, section: '4.6' } },
  {
    name: 'mip6.options.pad1',
    label: 'Pad1',
    type: 'none',
    spec: { rfc: 6275, section: '6.2.2' },
  },
  {
    name: 'mip6.mobility_opt.len',
    label: 'Length',
    type: 'number',
    unit: 'octets',
    max: 255,
    spec: { rfc: 6275, section: '6.2.1' },
  },
  checksumStatus('mip6.csum'),
  checksumStatus('icmpv6.checksum'),
  checksumStatus('udp.checksum'),
  checksumStatus('tcp.checksum'),
  checksumStatus('ip.checksum'),
  checksumStatus('gre.checksum'),
  octets('data.data', 'Data'),
  octets('eth.padding', 'Octets after the packet'),
  octets('eth.trailer', 'Octets after the packet'),
  octets('sll.trailer', 'Octets after the packet'),
  ...frameLength('eth'),
  ...frameLength('vlan'),
  ...frameLength('ieee8021ad'),
  ...frameLength('sll'),
  ...addressBits('eth.dst'),
  ...addressBits('eth.src'),
  { name: 'llc.cisco_pid', label: 'Protocol ID', type: 'number', max: 0xffff },
  { name: 'llc.pid', label: 'Protocol ID', type: 'number', max: 0xffff },
  octets('udp.payload', 'Payload'),
  octets('tcp.payload', 'Payload'),
  { name: 'gre.routing', label: 'Routing', type: 'none' },
  {
    name: 'isakmp.typepayload',
    label: 'Payload',
    type: 'number',
    max: 255,
    values: PAYLOAD_NAMES,
  },
  { name: 'isakmp.vid_string', label: 'Vendor', type: 'text' },
  { name: 'isakmp.ts.data', label: 'Traffic Selector', type: 'none' },
  ...ATTRIBUTES,
  { name: 'ipv6.routing.rpl.addr_count', label: 'Total Address Count', type: 'number' },
  octets('ipv6.routing.rpl.address', 'Address'),
  { name: 'ipv6.routing.rpl.full_address', label: 'Full Address', type: 'address', octets: 16 },
  { name: 'dhcpv6.mip6.haa_ipv4', label: 'Home Agent IPv4 Address', type: 'address', octets: 4 },
  verdict('mip6.bad.auth', 'Binding Authorization Data', 6275, '6.2.7'),
  verdict('mip6.auth', 'Mobility message authentication', 4285, '5'),
  verdict('mip6.badff.auth', 'Binding Authorization Data for FMIPv6', 5568, '6.4.5'),
  verdict('mip6.sign.sign', 'CGA signature', 4866, '4.7'),
  verdict('icmpv6.opt.cga', 'CGA verification', 3971, '5.1'),
  verdict('icmpv6.opt.rsa', 'RSA signature', 3971, '5.2'),
  octets('isakmp.enc.iv', 'Initialization Vector'),
  { name: 'isakmp.enc.decrypted', label: 'Decrypted Data', type: 'none' },
  { name: 'isakmp.enc.contained', label: 'Contained Data', type: 'none' },
  { name: 'mip6guard.ike.reassembled', label: 'Reassembled payloads', type: 'none' },
  octets('isakmp.enc.icd', 'Integrity Checksum Data'),
  { name: 'mip6guard.ike.icv_good', label: 'Integrity checksum good', type: 'boolean', max: 1 },
  { name: 'mip6guard.ike.icv_bad', label: 'Integrity checksum bad', type: 'boolean', max: 1 },
  octets('esp.iv', 'ESP IV'),
  octets('esp.icv', 'ESP ICV'),
  { name: 'esp.icv_good', label: 'ICV good', type: 'boolean', max: 1 },
  { name: 'esp.icv_bad', label: 'ICV bad', type: 'boolean', max: 1 },
  {
    name: 'mip6guard.src',
    label: 'Source after the Home Address option',
    type: 'address',
    octets: 16,
    spec: { rfc: 6275, section: '6.3' },
  },
  {
    name: 'mip6guard.dst',
    label: 'Destination after the routing header',
    type: 'address',
    octets: 16,
    spec: { rfc: 6275, section: '6.4' },
  },
  { name: 'mip6guard.association', label: 'Security association', type: 'text' },
  { name: 'mip6guard.esp_null', label: 'ESP with NULL encryption', type: 'text' },
];

/** Rows of `structure`: in the catalogue before those of the tables. */
export const STRUCTURE: readonly FieldRow[] = [...PROTOCOLS, ...PARTS];

/** Fields shown in other units than the wire has: these hold, not what the table says. */
export const SCALED: readonly FieldRow[] = [
  {
    name: 'ip.hdr_len',
    label: 'Header Length',
    type: 'number',
    unit: 'octets',
    max: 60,
    spec: { rfc: 791, section: '3.1' },
  },
  {
    name: 'tcp.hdr_len',
    label: 'Header Length',
    type: 'number',
    unit: 'octets',
    max: 60,
    spec: { rfc: 9293, section: '3.1' },
  },
  {
    name: 'dhcpv6.elapsed_time',
    label: 'Elapsed time',
    type: 'number',
    unit: 'ms',
    max: 655_350,
    spec: { rfc: 8415, section: '21.9' },
  },
];
