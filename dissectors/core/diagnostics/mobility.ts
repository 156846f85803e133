/**
 * Findings about Mobility Headers, their options, and authenticators in them.
 */
import { rfc } from './definition.ts';
import type { DiagnosticDefinition } from './definition.ts';

/** Rows by code. */
export const mobilityDiagnostics = {
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
} as const satisfies Record<string, DiagnosticDefinition>;
