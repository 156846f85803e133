/**
 * Findings about UDP, TCP, tunnels above them, and DHCPv6.
 */
import { rfc } from './definition.ts';
import type { DiagnosticDefinition } from './definition.ts';

/** Rows by code. */
export const upperLayerDiagnostics = {
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
