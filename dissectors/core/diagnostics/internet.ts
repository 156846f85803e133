/**
 * Findings about links, IPv4, IPv6 and its extension headers.
 */
import { rfc } from './definition.ts';
import type { DiagnosticDefinition } from './definition.ts';

/** Rows by code. */
export const internetDiagnostics = {
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
} as const satisfies Record<string, DiagnosticDefinition>;
