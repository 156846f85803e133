/**
 * Findings about one packet's octets: a closed list of codes, each with a severity, a group and its source.
 */
import type { Spec } from './spec.ts';

/** `chat` is normal life, `note` unusual, `warn` a fault a receiver tolerates, `error` one it must not. */
export type DiagnosticSeverity = 'chat' | 'note' | 'warn' | 'error';

export type DiagnosticGroup =
  'malformed' | 'checksum' | 'protocol' | 'reassembly' | 'decryption' | 'undecoded' | 'deprecated';

interface DiagnosticDefinition {
  readonly severity: DiagnosticSeverity;
  readonly group: DiagnosticGroup;
  readonly text: string;
  readonly spec?: Spec;
}

const rfc = (number: number, section: string): Spec => ({ rfc: number, section });

/** Every diagnostic a dissector can make. Codes are stable: exports and filters carry them. */
export const DIAGNOSTICS = {
  LINK_TRUNCATED: { severity: 'error', group: 'malformed', text: 'link header cut short' },
  LINK_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'length in the link header exceeds the frame',
  },
  LINK_TYPE_UNKNOWN: { severity: 'note', group: 'undecoded', text: 'link type not decoded' },
  CAPTURE_CUT: { severity: 'note', group: 'undecoded', text: 'the capture cut this packet' },
  IPV6_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'IPv6 header cut short',
    spec: rfc(8200, '3'),
  },
  IPV6_VERSION: {
    severity: 'error',
    group: 'malformed',
    text: 'IP version is not 6',
    spec: rfc(8200, '3'),
  },
  IPV6_PAYLOAD_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'Payload Length exceeds the packet',
    spec: rfc(8200, '3'),
  },
  IPV6_JUMBO: {
    severity: 'error',
    group: 'malformed',
    text: 'Payload Length and Jumbo Payload option do not fit each other',
    spec: rfc(2675, '3'),
  },
  IPV4_MALFORMED: { severity: 'error', group: 'malformed', text: 'IPv4 header malformed' },
  IPV4_OPTION_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'IPv4 option exceeds the header',
    spec: rfc(791, '3.1'),
  },
  IPV4_CHECKSUM: {
    severity: 'warn',
    group: 'checksum',
    text: 'IPv4 header checksum wrong; normal in captures made on a sender whose interface computes it',
    spec: rfc(791, '3.1'),
  },
  EXTENSION_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'extension header exceeds the packet',
    spec: rfc(8200, '4'),
  },
  EXTENSION_ORDER: {
    severity: 'warn',
    group: 'protocol',
    text: 'extension headers out of order or repeated',
    spec: rfc(8200, '4.1'),
  },
  EXTENSION_LIMIT: {
    severity: 'error',
    group: 'malformed',
    text: 'too many nested headers; the rest is not decoded',
  },
  DESTINATION_OPTION_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'destination option exceeds its header',
    spec: rfc(8200, '4.2'),
  },
  HAO_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'Home Address option length is not 16',
    spec: rfc(6275, '6.3'),
  },
  HAO_POSITION: {
    severity: 'error',
    group: 'protocol',
    text: 'Home Address option where it must not be',
    spec: rfc(6275, '6.3'),
  },
  HAO_DUPLICATE: {
    severity: 'error',
    group: 'protocol',
    text: 'more than one Home Address option',
    spec: rfc(6275, '6.3'),
  },
  HAO_ADDRESS: {
    severity: 'error',
    group: 'protocol',
    text: 'Home Address option holds an address that is not unicast routable',
    spec: rfc(6275, '9.3.1'),
  },
  RH0_DEPRECATED: {
    severity: 'warn',
    group: 'deprecated',
    text: 'type 0 routing header',
    spec: rfc(5095, '3'),
  },
  RH2_MALFORMED: {
    severity: 'error',
    group: 'malformed',
    text: 'type 2 routing header must have length 2 and one segment left',
    spec: rfc(6275, '6.4.1'),
  },
  RH2_ADDRESS: {
    severity: 'error',
    group: 'protocol',
    text: 'type 2 routing header holds an address that is not unicast routable',
    spec: rfc(6275, '6.4'),
  },
  RH2_POSITION: {
    severity: 'error',
    group: 'protocol',
    text: 'type 2 routing header before another routing header',
    spec: rfc(6275, '6.4.1'),
  },
  ROUTING_MALFORMED: {
    severity: 'error',
    group: 'malformed',
    text: 'length, segments left and addresses of a routing header do not fit each other',
    spec: rfc(8200, '4.4'),
  },
  FRAGMENT_ATOMIC: {
    severity: 'note',
    group: 'protocol',
    text: 'fragment header in a packet that is not fragmented',
    spec: rfc(6946, '2'),
  },
  FRAGMENT_OVERLAP: {
    severity: 'error',
    group: 'reassembly',
    text: 'fragments overlap: the whole packet is discarded',
    spec: rfc(8200, '4.5'),
  },
  FRAGMENT_LENGTH: {
    severity: 'error',
    group: 'reassembly',
    text: 'fragment length is not a multiple of 8 or exceeds 65535 octets',
    spec: rfc(8200, '4.5'),
  },
  FRAGMENT_HEADER_CHAIN: {
    severity: 'warn',
    group: 'reassembly',
    text: 'first fragment lacks the whole header chain',
    spec: rfc(7112, '5'),
  },
  FRAGMENT_MOBILITY: {
    severity: 'warn',
    group: 'reassembly',
    text: 'Mobility Header in a first fragment smaller than any link asks for',
    spec: rfc(8200, '5'),
  },
  FRAGMENT_PENDING: {
    severity: 'chat',
    group: 'reassembly',
    text: 'fragment of a packet that is not complete here',
  },
  MH_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'Mobility Header shorter than its message',
    spec: rfc(6275, '9.2'),
  },
  MH_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'Mobility Header length exceeds the packet',
    spec: rfc(6275, '9.2'),
  },
  MH_TRAILING: {
    severity: 'warn',
    group: 'malformed',
    text: 'octets after the Mobility Header',
    spec: rfc(6275, '6.1.1'),
  },
  MH_PAYLOAD_PROTO: {
    severity: 'error',
    group: 'protocol',
    text: 'Payload Proto is not 59 (No Next Header)',
    spec: rfc(6275, '9.2'),
  },
  MH_CHECKSUM: {
    severity: 'error',
    group: 'checksum',
    text: 'Mobility Header checksum wrong',
    spec: rfc(6275, '6.1.1'),
  },
  MH_TYPE_UNKNOWN: {
    severity: 'note',
    group: 'undecoded',
    text: 'unknown MH Type',
    spec: rfc(6275, '9.2'),
  },
  MH_KIND_UNKNOWN: {
    severity: 'note',
    group: 'undecoded',
    text: 'neither indication nor acknowledgement',
    spec: rfc(5846, '5'),
  },
  OPTION_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'mobility option exceeds the Mobility Header',
    spec: rfc(6275, '6.2.1'),
  },
  OPTION_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'mobility option has a wrong length',
    spec: rfc(6275, '6.2'),
  },
  OPTION_ALIGNMENT: {
    severity: 'note',
    group: 'protocol',
    text: 'mobility option not aligned',
    spec: rfc(6275, '6.2.1'),
  },
  OPTION_DUPLICATE: {
    severity: 'warn',
    group: 'protocol',
    text: 'mobility option that may appear once appears again',
    spec: rfc(6275, '6.2'),
  },
  OPTION_NOT_ALLOWED: {
    severity: 'warn',
    group: 'protocol',
    text: 'mobility option not allowed in this message',
    spec: rfc(6275, '6.2'),
  },
  OPTION_NOT_LAST: {
    severity: 'error',
    group: 'protocol',
    text: 'authorization option is not the last one',
    spec: rfc(6275, '6.2.7'),
  },
  OPTION_ORDER: {
    severity: 'warn',
    group: 'protocol',
    text: 'mobility option after one that it must precede',
    spec: rfc(6275, '6.2'),
  },
  OPTION_VALUE: {
    severity: 'warn',
    group: 'protocol',
    text: 'mobility option holds a value it must not',
  },
  OPTION_FRAMING: {
    severity: 'note',
    group: 'protocol',
    text: 'length of the mobility option follows the other of two readings of its document',
  },
  BINDING_FLAGS: {
    severity: 'warn',
    group: 'protocol',
    text: 'flags of the binding message need or exclude each other',
    spec: rfc(6275, '6.1.7'),
  },
  NONCE_INDICES: {
    severity: 'error',
    group: 'protocol',
    text: 'Nonce Indices option where it must not be',
    spec: rfc(6275, '9.5.1'),
  },
  BINDING_AUTHORIZATION: {
    severity: 'error',
    group: 'protocol',
    text: 'Binding Authorization Data where expired nonces are told',
    spec: rfc(6275, '9.5.4'),
  },
  MOBILE_NETWORK_PREFIX: {
    severity: 'note',
    group: 'protocol',
    text: 'Mobile Network Prefix of a node that is no mobile router',
    spec: rfc(3963, '4.1'),
  },
  AUTHENTICATION_ORDER: {
    severity: 'error',
    group: 'protocol',
    text: 'Mobility Message Authentication options out of order or repeated',
    spec: rfc(4285, '5'),
  },
  CGA_PARAMETERS_RUN: {
    severity: 'error',
    group: 'protocol',
    text: 'CGA Parameters not in one run, or without the signature behind them',
    spec: rfc(4866, '5.1'),
  },
  FAST_HANDOVER_FLAGS: {
    severity: 'warn',
    group: 'protocol',
    text: 'flags of the fast handover message need or exclude each other',
    spec: rfc(5568, '6.2'),
  },
  FAST_HANDOVER_OPTIONS: {
    severity: 'warn',
    group: 'protocol',
    text: 'option that the fast handover message must have is missing',
    spec: rfc(5568, '6.2'),
  },
  HEARTBEAT_REQUEST: {
    severity: 'warn',
    group: 'protocol',
    text: 'heartbeat request with what belongs to responses',
    spec: rfc(5847, '3.3'),
  },
  REVOCATION_TRIGGER: {
    severity: 'warn',
    group: 'protocol',
    text: 'revocation trigger does not fit the Global flag',
    spec: rfc(5846, '6.1.1'),
  },
  REVOCATION_OPTIONS: {
    severity: 'warn',
    group: 'protocol',
    text: 'options of the revocation do not fit its flags',
    spec: rfc(5846, '5.1'),
  },
  LOCALIZED_ROUTING_OPTIONS: {
    severity: 'warn',
    group: 'protocol',
    text: 'options do not name the mobile nodes of a localized route',
    spec: rfc(6705, '10'),
  },
  UPDATE_NOTIFICATION_OPTIONS: {
    severity: 'note',
    group: 'protocol',
    text: 'notification says its reason in an option that is missing',
    spec: rfc(7077, '4.1'),
  },
  SUBSCRIPTION_OPTIONS: {
    severity: 'warn',
    group: 'protocol',
    text: 'options of the multicast subscription message missing or too many',
    spec: rfc(7161, '4.3'),
  },
  SUBOPTION_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'sub-option exceeds what holds it',
  },
  SUBOPTION_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'sub-option has a wrong length',
  },
  SUBOPTION_DUPLICATE: {
    severity: 'warn',
    group: 'protocol',
    text: 'sub-option that may appear once appears again',
  },
  SUBOPTION_UNKNOWN: { severity: 'chat', group: 'undecoded', text: 'unknown sub-option' },
  OPTION_UNKNOWN: { severity: 'chat', group: 'undecoded', text: 'unknown mobility option' },
  AUTHENTICATOR: {
    severity: 'error',
    group: 'checksum',
    text: 'Binding Authorization Data wrong',
    spec: rfc(6275, '9.5.1'),
  },
  MESSAGE_AUTHENTICATION: {
    severity: 'error',
    group: 'checksum',
    text: 'mobility message authentication option wrong for the supplied key',
    spec: rfc(4285, '5'),
  },
  CGA: {
    severity: 'error',
    group: 'checksum',
    text: 'address is not the one that its CGA Parameters generate',
    spec: rfc(3972, '5'),
  },
  SEND_SIGNATURE: {
    severity: 'error',
    group: 'checksum',
    text: 'RSA Signature option wrong',
    spec: rfc(3971, '5.2.2'),
  },
  CGA_SIGNATURE: {
    severity: 'error',
    group: 'checksum',
    text: 'signature of the binding message, or its CGA, wrong',
    spec: rfc(4866, '4.6'),
  },
  RESERVED_NOT_ZERO: {
    severity: 'note',
    group: 'protocol',
    text: 'reserved bits are not zero',
  },
  ICMPV6_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'ICMPv6 message cut short',
    spec: rfc(4443, '2.1'),
  },
  ICMPV6_CHECKSUM: {
    severity: 'error',
    group: 'checksum',
    text: 'ICMPv6 checksum wrong',
    spec: rfc(4443, '2.3'),
  },
  ICMPV6_CODE: {
    severity: 'warn',
    group: 'protocol',
    text: 'code that the ICMPv6 message does not define',
    spec: rfc(4443, '2.1'),
  },
  ICMPV6_TRAILING: {
    severity: 'note',
    group: 'protocol',
    text: 'octets after the ICMPv6 message',
    spec: rfc(4443, '2.1'),
  },
  ND_HOP_LIMIT: {
    severity: 'error',
    group: 'protocol',
    text: 'neighbor discovery with a hop limit other than 255',
    spec: rfc(4861, '6.1.2'),
  },
  ND_OPTION_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'neighbor discovery option with length zero or past the end',
    spec: rfc(4861, '4.6'),
  },
  ND_OPTION_SIZE: {
    severity: 'warn',
    group: 'malformed',
    text: 'neighbor discovery option has a wrong length for its type',
    spec: rfc(4861, '4.6'),
  },
  ND_FRAGMENTED: {
    severity: 'warn',
    group: 'protocol',
    text: 'neighbor discovery in fragments',
    spec: rfc(6980, '5'),
  },
  ND_CODE: {
    severity: 'error',
    group: 'protocol',
    text: 'code of a neighbor discovery message is not 0: it is discarded',
    spec: rfc(4861, '6.1.1'),
  },
  ND_SOURCE: {
    severity: 'error',
    group: 'protocol',
    text: 'Router Advertisement or Redirect from an address that is not link-local',
    spec: rfc(4861, '6.1.2'),
  },
  ND_SOURCE_UNSPECIFIED: {
    severity: 'error',
    group: 'protocol',
    text: 'source link-layer address option from the unspecified address',
    spec: rfc(4861, '7.1.1'),
  },
  ND_DESTINATION: {
    severity: 'error',
    group: 'protocol',
    text: 'Neighbor Solicitation from the unspecified address to one that is not solicited-node multicast',
    spec: rfc(4861, '7.1.1'),
  },
  ND_TARGET: {
    severity: 'error',
    group: 'protocol',
    text: 'target address of neighbor discovery is multicast',
    spec: rfc(4861, '7.1.1'),
  },
  ND_SOLICITED: {
    severity: 'error',
    group: 'protocol',
    text: 'Solicited flag in a multicast Neighbor Advertisement',
    spec: rfc(4861, '7.1.2'),
  },
  REDIRECT_DESTINATION: {
    severity: 'error',
    group: 'protocol',
    text: 'Redirect of a multicast destination',
    spec: rfc(4861, '8.1'),
  },
  REDIRECT_TARGET: {
    severity: 'error',
    group: 'protocol',
    text: 'target of a Redirect is neither link-local nor the destination',
    spec: rfc(4861, '8.1'),
  },
  ND_OPTION_NOT_ALLOWED: {
    severity: 'warn',
    group: 'protocol',
    text: 'neighbor discovery option that this message ignores',
    spec: rfc(4861, '4.6'),
  },
  ND_OPTION_DUPLICATE: {
    severity: 'warn',
    group: 'protocol',
    text: 'neighbor discovery option that may appear once appears again',
    spec: rfc(4861, '4.6'),
  },
  ND_OPTION_VALUE: {
    severity: 'warn',
    group: 'protocol',
    text: 'neighbor discovery option holds a value it must not',
  },
  ND_PREFIX_LENGTH: {
    severity: 'warn',
    group: 'protocol',
    text: 'prefix length over 128 bits',
    spec: rfc(4861, '4.6.2'),
  },
  ND_PREFERRED_LIFETIME: {
    severity: 'warn',
    group: 'protocol',
    text: 'preferred lifetime exceeds the valid lifetime',
    spec: rfc(4861, '4.6.2'),
  },
  ROUTER_PREFERENCE: {
    severity: 'warn',
    group: 'protocol',
    text: 'reserved value of a router or route preference',
    spec: rfc(4191, '2.1'),
  },
  ROUTE_PREFIX_SHORT: {
    severity: 'warn',
    group: 'protocol',
    text: 'Route Information option too short for its prefix length',
    spec: rfc(4191, '2.3'),
  },
  ROUTE_REPEATED: {
    severity: 'warn',
    group: 'protocol',
    text: 'two Route Information options with the same prefix',
    spec: rfc(4191, '2.3'),
  },
  FLAGS_EXPANSION_EMPTY: {
    severity: 'note',
    group: 'protocol',
    text: 'RA Flags Expansion option without a flag',
    spec: rfc(5175, '4'),
  },
  MAP_DISTANCE: {
    severity: 'warn',
    group: 'protocol',
    text: 'distance of a Mobility Anchor Point is 0',
    spec: rfc(5380, '5'),
  },
  HOME_AGENT_LIFETIME: {
    severity: 'error',
    group: 'protocol',
    text: 'home agent lifetime is 0',
    spec: rfc(6275, '7.4'),
  },
  HOME_AGENT_FLAG: {
    severity: 'warn',
    group: 'protocol',
    text: 'Home Agent Information option in an advertisement without the H flag',
    spec: rfc(6275, '7.4'),
  },
  DHAAD_DESTINATION: {
    severity: 'note',
    group: 'protocol',
    text: 'home agent address discovery to an address that is not the anycast address of home agents',
    spec: rfc(6275, '6.5'),
  },
  MPS_HOME_ADDRESS: {
    severity: 'error',
    group: 'protocol',
    text: 'Mobile Prefix Solicitation without a Home Address option',
    spec: rfc(6275, '6.7'),
  },
  MPA_ROUTING: {
    severity: 'error',
    group: 'protocol',
    text: 'Mobile Prefix Advertisement without a type 2 routing header',
    spec: rfc(6275, '6.8'),
  },
  MPA_PREFIX_MISSING: {
    severity: 'warn',
    group: 'malformed',
    text: 'Mobile Prefix Advertisement without a Prefix Information option',
    spec: rfc(6275, '6.8'),
  },
  IND_OPTION_MISSING: {
    severity: 'error',
    group: 'malformed',
    text: 'inverse neighbor discovery without an option it must have',
    spec: rfc(3122, '4.3'),
  },
  IND_DESTINATION: {
    severity: 'warn',
    group: 'protocol',
    text: 'Inverse Neighbor Discovery Solicitation to an address that is not all nodes',
    spec: rfc(3122, '2.1'),
  },
  IND_ADDRESS_REPEATED: {
    severity: 'warn',
    group: 'protocol',
    text: 'address twice in an address list of inverse neighbor discovery',
    spec: rfc(3122, '3.1'),
  },
  SEND_AFTER_SIGNATURE: {
    severity: 'warn',
    group: 'protocol',
    text: 'option after the RSA Signature: receivers ignore it',
    spec: rfc(3971, '5.2.2'),
  },
  SEND_TIMESTAMP_MISSING: {
    severity: 'error',
    group: 'protocol',
    text: 'RSA Signature without a Timestamp before it: the message is discarded',
    spec: rfc(3971, '5.3.4'),
  },
  SEND_NONCE_MISSING: {
    severity: 'error',
    group: 'protocol',
    text: 'solicitation with RSA Signature and without a Nonce before it: it is discarded',
    spec: rfc(3971, '5.3.4'),
  },
  SEND_UNSIGNED: {
    severity: 'note',
    group: 'protocol',
    text: 'SEND options without RSA Signature: the message counts as unsecured',
    spec: rfc(3971, '5.2.2'),
  },
  CGA_COLLISION_COUNT: {
    severity: 'error',
    group: 'protocol',
    text: 'collision count of CGA parameters is over 2',
    spec: rfc(3972, '3'),
  },
  CERTIFICATION_PATH_SOURCE: {
    severity: 'warn',
    group: 'protocol',
    text: 'certification path message from an address that is not link-local',
    spec: rfc(3971, '6.4'),
  },
  CERTIFICATION_PATH_IDENTIFIER: {
    severity: 'error',
    group: 'protocol',
    text: 'identifier of a certification path message is 0, or is not 0 when sent to all nodes',
    spec: rfc(3971, '6.4'),
  },
  CERTIFICATION_PATH_COMPONENT: {
    severity: 'warn',
    group: 'protocol',
    text: 'component of a certification path is not below the number of components',
    spec: rfc(3971, '6.4.2'),
  },
  TRUST_ANCHOR_NAME: {
    severity: 'error',
    group: 'protocol',
    text: 'first trust anchor of a solicitation is no X.501 name',
    spec: rfc(3971, '6.4.1'),
  },
  TRUST_ANCHOR_COMPONENT: {
    severity: 'warn',
    group: 'protocol',
    text: 'trust anchor in a component that is not the first',
    spec: rfc(3971, '6.4.2'),
  },
  MLD_HOP_LIMIT: {
    severity: 'warn',
    group: 'protocol',
    text: 'multicast listener discovery with a hop limit other than 1',
    spec: rfc(3810, '5'),
  },
  MLD_SOURCE: {
    severity: 'error',
    group: 'protocol',
    text: 'multicast listener discovery from an address that is not link-local',
    spec: rfc(3810, '5'),
  },
  MLD_ROUTER_ALERT: {
    severity: 'warn',
    group: 'protocol',
    text: 'multicast listener discovery without a Router Alert option',
    spec: rfc(3810, '5'),
  },
  MLD_QUERY_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'Multicast Listener Query is neither 24 nor 28 or more octets',
    spec: rfc(3810, '8.1'),
  },
  MLD_GROUP: {
    severity: 'warn',
    group: 'protocol',
    text: 'address of multicast listener discovery is not multicast',
    spec: rfc(3810, '5.1.5'),
  },
  MLD_RECORD_TYPE: {
    severity: 'note',
    group: 'protocol',
    text: 'unknown type of a multicast address record',
    spec: rfc(3810, '5.2.12'),
  },
  MLD_AUXILIARY_DATA: {
    severity: 'note',
    group: 'protocol',
    text: 'multicast address record with auxiliary data',
    spec: rfc(3810, '5.2.10'),
  },
  FMIPV6_SUBTYPE: {
    severity: 'note',
    group: 'undecoded',
    text: 'unknown subtype of a fast handover message',
    spec: rfc(5568, '11'),
  },
  FMIPV6_DEPRECATED: {
    severity: 'note',
    group: 'deprecated',
    text: 'handover message of ICMPv6: the Mobility Header has its successor',
    spec: rfc(5568, '11'),
  },
  FMIPV6_SOURCE: {
    severity: 'warn',
    group: 'protocol',
    text: 'Proxy Router Advertisement from an address that is not link-local',
    spec: rfc(5568, '6.1.2'),
  },
  FMIPV6_IDENTIFIER: {
    severity: 'warn',
    group: 'protocol',
    text: 'unsolicited Proxy Router Advertisement with an identifier',
    spec: rfc(5568, '6.1.2'),
  },
  FMIPV6_OPTION_MISSING: {
    severity: 'warn',
    group: 'malformed',
    text: 'fast handover message without an option it must have',
    spec: rfc(5568, '6.1'),
  },
  FMIPV6_WILDCARD: {
    severity: 'warn',
    group: 'protocol',
    text: 'wildcard and another access point in one solicitation',
    spec: rfc(5568, '6.1.1'),
  },
  ESP_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'ESP packet too short',
    spec: rfc(4303, '2'),
  },
  ESP_SPI_RESERVED: {
    severity: 'warn',
    group: 'protocol',
    text: 'ESP SPI is in the reserved range 0-255',
    spec: rfc(4303, '2.1'),
  },
  ESP_ICV: {
    severity: 'error',
    group: 'decryption',
    text: 'ESP integrity check value wrong for the supplied key',
    spec: rfc(4303, '3.4.4'),
  },
  ESP_PADDING: {
    severity: 'warn',
    group: 'decryption',
    text: 'decrypted ESP padding is not 1, 2, 3 ...: the key is likely wrong',
    spec: rfc(4303, '2.4'),
  },
  AH_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'Authentication Header is no multiple of 8 octets in IPv6, or longer than the packet',
    spec: rfc(4302, '2.2'),
  },
  AH_SPI_RESERVED: {
    severity: 'warn',
    group: 'protocol',
    text: 'AH SPI is in the reserved range 0-255',
    spec: rfc(4302, '2.4'),
  },
  IKE_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'IKE header cut short',
    spec: rfc(7296, '3.1'),
  },
  IKE_VERSION: {
    severity: 'error',
    group: 'protocol',
    text: 'IKE major version is neither 1 nor 2',
    spec: rfc(7296, '2.5'),
  },
  IKE_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'IKE Length does not fit the datagram',
    spec: rfc(7296, '3.1'),
  },
  IKE_TRAILING: {
    severity: 'warn',
    group: 'malformed',
    text: 'octets after the last IKE payload',
    spec: rfc(7296, '3.2'),
  },
  IKE_PAYLOAD_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'IKE payload length below 4 or past the message: payloads after it cannot be found',
    spec: rfc(7296, '3.2'),
  },
  IKE_PAYLOAD_MALFORMED: {
    severity: 'error',
    group: 'malformed',
    text: 'content of an IKE payload is too short or has a wrong length',
    spec: rfc(7296, '2.21'),
  },
  IKE_SUBSTRUCTURE_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'IKE proposal, transform, attribute or selector exceeds what holds it',
    spec: rfc(7296, '3.3'),
  },
  IKE_COUNT: {
    severity: 'error',
    group: 'protocol',
    text: 'count in an IKE payload is not the number of items that follow',
    spec: rfc(7296, '3.3'),
  },
  IKE_NEXT: {
    severity: 'warn',
    group: 'protocol',
    text: 'IKE proposal or transform says wrongly what follows it',
    spec: rfc(7296, '3.3.1'),
  },
  IKE_CRITICAL: {
    severity: 'error',
    group: 'protocol',
    text: 'unknown IKE payload with the critical bit: the message is rejected',
    spec: rfc(7296, '2.5'),
  },
  IKE_CRITICAL_DEFINED: {
    severity: 'note',
    group: 'protocol',
    text: 'critical bit in an IKE payload that every receiver knows',
    spec: rfc(7296, '3.2'),
  },
  IKE_PAYLOAD_UNKNOWN: {
    severity: 'chat',
    group: 'undecoded',
    text: 'IKE payload not decoded',
    spec: rfc(7296, '2.5'),
  },
  IKE_RESERVED: {
    severity: 'note',
    group: 'protocol',
    text: 'reserved bits of an IKE message are not zero',
    spec: rfc(7296, '3.2'),
  },
  IKE_FRAGMENT_NUMBER: {
    severity: 'error',
    group: 'reassembly',
    text: 'IKE fragment number is zero or above the total',
    spec: rfc(7383, '2.6'),
  },
  IKE_LIMIT: {
    severity: 'warn',
    group: 'malformed',
    text: 'more items in an IKE message than are decoded; the rest is shown as octets',
  },
  UDP_TRUNCATED: { severity: 'error', group: 'malformed', text: 'UDP header cut short' },
  UDP_CHECKSUM: {
    severity: 'warn',
    group: 'checksum',
    text: 'UDP checksum wrong; normal in captures made on a sender whose interface computes it',
    spec: rfc(768, 'Fields'),
  },
  UDP_CHECKSUM_ZERO: {
    severity: 'warn',
    group: 'checksum',
    text: 'UDP over IPv6 without checksum: only tunnels may',
    spec: rfc(8200, '8.1'),
  },
  TCP_TRUNCATED: { severity: 'error', group: 'malformed', text: 'TCP header cut short' },
  TCP_OPTION_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'TCP option exceeds the header',
    spec: rfc(9293, '3.2'),
  },
  TCP_CHECKSUM: {
    severity: 'warn',
    group: 'checksum',
    text: 'TCP checksum wrong; normal in captures made on a sender whose interface computes it',
    spec: rfc(9293, '3.1'),
  },
  GRE_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'GRE header cut short',
    spec: rfc(2784, '2'),
  },
  GRE_VERSION: {
    severity: 'note',
    group: 'undecoded',
    text: 'GRE version is neither 0 nor 1',
    spec: rfc(2784, '2.3.1'),
  },
  GRE_CHECKSUM: {
    severity: 'error',
    group: 'checksum',
    text: 'GRE checksum wrong',
    spec: rfc(2784, '2.5'),
  },
  GRE_ROUTING: {
    severity: 'warn',
    group: 'deprecated',
    text: 'GRE with a source route',
    spec: rfc(2784, '2.3'),
  },
  TUNNEL_PAYLOAD: {
    severity: 'error',
    group: 'malformed',
    text: 'octets in the tunnel are none of what it may carry',
  },
  TLV_HEADER_LENGTH: {
    severity: 'error',
    group: 'malformed',
    text: 'Length of the TLV header is not that of the UDP payload behind it',
    spec: rfc(5845, '7.2'),
  },
  MH_CHECKSUM_NOT_ZERO: {
    severity: 'note',
    group: 'checksum',
    text: 'checksum of a Mobility Header in UDP over IPv4 is not zero',
    spec: rfc(5844, '4.1.3'),
  },
  MIP6TLS_MALFORMED: {
    severity: 'error',
    group: 'malformed',
    text: 'packet type, SPI and sequence number do not fit each other, or are cut short',
    spec: rfc(6618, '6'),
  },
  DHCPV6_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'DHCPv6 message cut short',
    spec: rfc(8415, '8'),
  },
} as const satisfies Record<string, DiagnosticDefinition>;

/** Stable code of a diagnostic. */
export type DiagnosticCode = keyof typeof DIAGNOSTICS;

/** One finding. `offset` and `length` are octets of `sources[source]`. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly offset: number;
  readonly length: number;
  readonly source: number;
  /** What was found here, for example `length 15, expected 16`. */
  readonly detail?: string;
}

/** Collects diagnostics of one packet; at most `MAX_DIAGNOSTICS`, the rest is counted. */
export class DiagnosticList {
  /** More than this from one packet tells nothing new and would let a packet cost memory. */
  static readonly MAX_DIAGNOSTICS = 64;
  readonly items: Diagnostic[] = [];
  dropped = 0;
  /** Source that offsets refer to; set by whoever moves on to decrypted or reassembled octets. */
  source = 0;

  add(code: DiagnosticCode, offset: number, length: number, detail?: string): void {
    if (this.items.length >= DiagnosticList.MAX_DIAGNOSTICS) {
      this.dropped++;
      return;
    }
    const base = { code, offset, length, source: this.source };
    this.items.push(detail === undefined ? base : { ...base, detail });
  }

  has(code: DiagnosticCode): boolean {
    return this.items.some((item) => item.code === code);
  }

  clear(): void {
    this.items.length = 0;
    this.dropped = 0;
    this.source = 0;
  }
}
