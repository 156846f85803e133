/**
 * Findings about ESP, AH and IKE.
 */
import { rfc } from './definition.ts';
import type { DiagnosticDefinition } from './definition.ts';

/** Rows by code. */
export const ipsecDiagnostics = {
  ESP_TRUNCATED: {
    severity: 'error',
    group: 'malformed',
    text: 'ESP packet too short',
    spec: rfc(4303, '2'),
  },
  ESP_ALIGNMENT: {
    severity: 'error',
    group: 'malformed',
    text: 'ESP does not end at 4 octets, or its ciphertext is no whole number of blocks',
    spec: rfc(4303, '2.4'),
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
  IKE_ICV: {
    severity: 'error',
    group: 'decryption',
    text: 'IKE integrity checksum wrong for the supplied key',
    spec: rfc(7296, '3.14'),
  },
  IKE_PADDING: {
    severity: 'error',
    group: 'decryption',
    text: 'IKE padding is longer than what was decrypted',
    spec: rfc(7296, '3.14'),
  },
  IKE_LIMIT: {
    severity: 'warn',
    group: 'malformed',
    text: 'more items in an IKE message than are decoded; the rest is shown as octets',
  },
} as const satisfies Record<string, DiagnosticDefinition>;
