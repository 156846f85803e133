/**
 * Names of what the IKE header holds. IANA registries "IKEv2 Parameters" and "ISAKMP".
 */
import type { NamedValue } from '../../core/layout.ts';
import type { Spec } from '../../core/node.ts';

const rfc = (number: number, section: string): Spec => ({ rfc: number, section });

/** Exchange types of IKEv2. RFC 7296 section 3.1. */
export const IKEV2_EXCHANGE = {
  ikeSaInit: 34,
  ikeAuth: 35,
  createChildSa: 36,
  informational: 37,
} as const;

/** Exchange types of IKEv1. RFC 2408 section 3.1, RFC 2409 section 5. */
export const IKEV1_EXCHANGE = {
  base: 1,
  mainMode: 2,
  authenticationOnly: 3,
  aggressiveMode: 4,
  informational: 5,
  configuration: 6,
  quickMode: 32,
  newGroupMode: 33,
} as const;

/** Names of exchange types of IKEv2. */
export const IKEV2_EXCHANGE_NAMES: readonly NamedValue[] = [
  { value: 34, name: 'IKE_SA_INIT', spec: rfc(7296, '1.2') },
  { value: 35, name: 'IKE_AUTH', spec: rfc(7296, '1.2') },
  { value: 36, name: 'CREATE_CHILD_SA', spec: rfc(7296, '1.3') },
  { value: 37, name: 'INFORMATIONAL', spec: rfc(7296, '1.4') },
  { value: 38, name: 'IKE_SESSION_RESUME' },
  { value: 39, name: 'GSA_AUTH' },
  { value: 40, name: 'GSA_REGISTRATION' },
  { value: 41, name: 'GSA_REKEY' },
  { value: 43, name: 'IKE_INTERMEDIATE' },
  { value: 44, name: 'IKE_FOLLOWUP_KE' },
];

/** Names of exchange types of IKEv1. */
export const IKEV1_EXCHANGE_NAMES: readonly NamedValue[] = [
  { value: 0, name: 'NONE', spec: rfc(2408, '3.1') },
  { value: 1, name: 'Base', spec: rfc(2408, '4.4') },
  { value: 2, name: 'Identity Protection (Main Mode)', spec: rfc(2409, '5') },
  { value: 3, name: 'Authentication Only', spec: rfc(2408, '4.6') },
  { value: 4, name: 'Aggressive Mode', spec: rfc(2409, '5') },
  { value: 5, name: 'Informational', spec: rfc(2408, '4.8') },
  { value: 6, name: 'Transaction (Configuration Mode)' },
  { value: 32, name: 'Quick Mode', spec: rfc(2409, '5.5') },
  { value: 33, name: 'New Group Mode', spec: rfc(2409, '5.6') },
];

/**
 * Payload types of both versions: the numbers do not overlap. RFC 2408 section 3.1, RFC 7296 section 3.2.
 * Names of types that no decoder takes are here as well.
 */
export const PAYLOAD_NAMES: readonly NamedValue[] = [
  { value: 0, name: 'none' },
  { value: 1, name: 'Security Association', spec: rfc(2408, '3.4') },
  { value: 2, name: 'Proposal', spec: rfc(7296, '3.3.1') },
  { value: 3, name: 'Transform', spec: rfc(7296, '3.3.2') },
  { value: 4, name: 'Key Exchange', spec: rfc(2408, '3.7') },
  { value: 5, name: 'Identification', spec: rfc(2408, '3.8') },
  { value: 6, name: 'Certificate', spec: rfc(2408, '3.9') },
  { value: 7, name: 'Certificate Request', spec: rfc(2408, '3.10') },
  { value: 8, name: 'Hash', spec: rfc(2408, '3.11') },
  { value: 9, name: 'Signature', spec: rfc(2408, '3.12') },
  { value: 10, name: 'Nonce', spec: rfc(2408, '3.13') },
  { value: 11, name: 'Notification', spec: rfc(2408, '3.14') },
  { value: 12, name: 'Delete', spec: rfc(2408, '3.15') },
  { value: 13, name: 'Vendor ID', spec: rfc(2408, '3.16') },
  { value: 14, name: 'Attributes' },
  // GDOI runs on port 848; on ports 500 and 4500 the numbers are those of drafts of NAT traversal.
  { value: 15, name: 'NAT-D (drafts 04 to 08; in GDOI SA KEK)' },
  { value: 16, name: 'NAT-OA (drafts 04 to 08; in GDOI SA TEK)' },
  { value: 17, name: 'Key Download' },
  { value: 18, name: 'Sequence Number' },
  { value: 19, name: 'Proof of Possession' },
  { value: 20, name: 'NAT-D', spec: rfc(3947, '3.2') },
  { value: 21, name: 'NAT-OA', spec: rfc(3947, '5.2') },
  { value: 22, name: 'Group Associated Policy' },
  { value: 33, name: 'Security Association', spec: rfc(7296, '3.3') },
  { value: 34, name: 'Key Exchange', spec: rfc(7296, '3.4') },
  { value: 35, name: 'Identification - Initiator', spec: rfc(7296, '3.5') },
  { value: 36, name: 'Identification - Responder', spec: rfc(7296, '3.5') },
  { value: 37, name: 'Certificate', spec: rfc(7296, '3.6') },
  { value: 38, name: 'Certificate Request', spec: rfc(7296, '3.7') },
  { value: 39, name: 'Authentication', spec: rfc(7296, '3.8') },
  { value: 40, name: 'Nonce', spec: rfc(7296, '3.9') },
  { value: 41, name: 'Notify', spec: rfc(7296, '3.10') },
  { value: 42, name: 'Delete', spec: rfc(7296, '3.11') },
  { value: 43, name: 'Vendor ID', spec: rfc(7296, '3.12') },
  { value: 44, name: 'Traffic Selector - Initiator', spec: rfc(7296, '3.13') },
  { value: 45, name: 'Traffic Selector - Responder', spec: rfc(7296, '3.13') },
  { value: 46, name: 'Encrypted and Authenticated', spec: rfc(7296, '3.14') },
  { value: 47, name: 'Configuration', spec: rfc(7296, '3.15') },
  { value: 48, name: 'Extensible Authentication', spec: rfc(7296, '3.16') },
  { value: 49, name: 'Generic Secure Password Method' },
  { value: 50, name: 'Group Identification' },
  { value: 51, name: 'Group Security Association' },
  { value: 52, name: 'Key Download' },
  { value: 53, name: 'Encrypted and Authenticated Fragment', spec: rfc(7383, '2.5') },
  { value: 54, name: 'Puzzle Solution' },
  { value: 130, name: 'NAT-D (drafts 01 to 03)' },
  { value: 131, name: 'NAT-OA (drafts 01 to 03)' },
  { value: 132, name: 'Cisco fragment' },
];

/** Protocol IDs of IKEv2. RFC 7296 section 3.3.1, RFC 4595. */
export const IKEV2_PROTOCOL_NAMES: readonly NamedValue[] = [
  { value: 0, name: 'none' },
  { value: 1, name: 'IKE' },
  { value: 2, name: 'AH' },
  { value: 3, name: 'ESP' },
  { value: 4, name: 'FC_ESP_HEADER' },
  { value: 5, name: 'FC_CT_AUTHENTICATION' },
];

/** Security protocols of IKEv1. RFC 2407 section 4.4.1. */
export const IKEV1_PROTOCOL_NAMES: readonly NamedValue[] = [
  { value: 0, name: 'none' },
  { value: 1, name: 'ISAKMP' },
  { value: 2, name: 'IPSEC_AH' },
  { value: 3, name: 'IPSEC_ESP' },
  { value: 4, name: 'IPCOMP' },
];
