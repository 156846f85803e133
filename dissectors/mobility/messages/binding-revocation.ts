/**
 * Binding Revocation: one message type, whose first octet says whether it asks or answers. RFC 5846 section 5.
 */
import { flags, uint16, uint8 } from '../../core/layout.ts';
import type { FieldNumbers, NamedValue } from '../../core/layout.ts';
import { message } from '../message.ts';
import { named, namedRange } from '../named.ts';

/** Binding Revocation Type. RFC 5846 section 5. */
export const BINDING_REVOCATION_TYPE = { indication: 1, acknowledgement: 2 } as const;

/** Names of Binding Revocation Types. RFC 5846 section 5. */
const TYPES = named(5846, '5', [
  [0, 'Reserved'],
  [BINDING_REVOCATION_TYPE.indication, 'Binding Revocation Indication'],
  [BINDING_REVOCATION_TYPE.acknowledgement, 'Binding Revocation Acknowledgement'],
]);

/** Revocation Trigger: below 128 of one mobile node, from 128 to 249 global. RFC 5846 section 5.1. */
export const REVOCATION_TRIGGERS: readonly NamedValue[] = [
  ...named(5846, '5.1', [
    [0, 'Unspecified'],
    [1, 'Administrative Reason'],
    [2, 'Inter-MAG Handover - same Access Type'],
    [3, 'Inter-MAG Handover - different Access Type'],
    [4, 'Inter-MAG Handover - Unknown'],
    [5, 'User-Initiated Session(s) Termination'],
    [6, 'Access Network Session(s) Termination'],
    [7, 'Possible Out-of-Sync BCE State'],
    [128, 'Per-Peer Policy'],
    [129, 'Revoking Mobility Node Local Policy'],
  ]),
  ...namedRange(5846, '5.1', 250, 255, 'Reserved for testing'),
];

/** Binding Revocation Acknowledgement status; values below 128 are successes. RFC 5846 section 5.2. */
export const REVOCATION_STATUS: readonly NamedValue[] = named(5846, '5.2', [
  [0, 'Success'],
  [1, 'Partial success'],
  [128, 'Binding Does NOT Exist'],
  [129, 'IPv4 Home Address Option Required'],
  [130, 'Global Revocation NOT Authorized'],
  [131, 'Revoked Mobile Nodes Identity Required'],
  [132, 'Revocation Failed - MN is Attached'],
  [133, 'Revocation Trigger NOT Supported'],
  [134, 'Revocation Function NOT Supported'],
  [135, 'Proxy Binding Revocation NOT Supported'],
]);

/** Flags of an indication: a word of 16 bits. RFC 5846 section 5.1. */
export const REVOCATION_INDICATION_FLAGS = {
  proxyBinding: { mask: 0x8000, label: 'Proxy Binding (P)', filter: 'mip6.bri_ip' },
  ipv4HomeAddressOnly: { mask: 0x4000, label: 'IPv4 HoA Binding Only (V)', filter: 'mip6.bri_iv' },
  global: { mask: 0x2000, label: 'Global (G)', filter: 'mip6.bri_ig' },
} as const;

/** Flags of an acknowledgement, copied from the indication; other filter fields. RFC 5846 section 5.2. */
export const REVOCATION_ACKNOWLEDGEMENT_FLAGS = {
  proxyBinding: { mask: 0x8000, label: 'Proxy Binding (P)', filter: 'mip6.bri_ap' },
  ipv4HomeAddressOnly: { mask: 0x4000, label: 'IPv4 HoA Binding Only (V)', filter: 'mip6.bri_av' },
  global: { mask: 0x2000, label: 'Global (G)', filter: 'mip6.bri_ag' },
} as const;

const isIndication = ({ type }: FieldNumbers): boolean =>
  type === BINDING_REVOCATION_TYPE.indication;
const isAcknowledgement = ({ type }: FieldNumbers): boolean =>
  type === BINDING_REVOCATION_TYPE.acknowledgement;

/**
 * `trigger` and `indicationFlags` of an indication, `status` and `acknowledgementFlags` of an acknowledgement. A type that
 * is neither has the layout of an indication without its names, so that options are found.
 */
export const bindingRevocation = message({
  kind: 'binding-revocation',
  mhType: 16,
  name: 'Binding Revocation',
  spec: { rfc: 5846, section: '5' },
  fields: [
    uint8('type', { label: 'Binding Revocation Type', filter: 'mip6.bri_br.type', values: TYPES }),
    uint8('trigger', {
      label: 'Revocation Trigger',
      filter: 'mip6.bri_r.trigger',
      spec: { rfc: 5846, section: '5.1' },
      values: REVOCATION_TRIGGERS,
      when: isIndication,
    }),
    uint8('status', {
      label: 'Status',
      filter: 'mip6.bri_status',
      spec: { rfc: 5846, section: '5.2' },
      values: REVOCATION_STATUS,
      when: isAcknowledgement,
    }),
    uint8('value', {
      label: 'Trigger or status',
      filter: 'mip6.bri_value',
      when: (numbers) => !isIndication(numbers) && !isAcknowledgement(numbers),
    }),
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.bri_seqnr' }),
    flags(2, 'indicationFlags', {
      label: 'Flags',
      filter: 'mip6.bri_flags',
      bits: REVOCATION_INDICATION_FLAGS,
      when: (numbers) => !isAcknowledgement(numbers),
    }),
    flags(2, 'acknowledgementFlags', {
      label: 'Flags',
      filter: 'mip6.bri_aflags',
      bits: REVOCATION_ACKNOWLEDGEMENT_FLAGS,
      when: isAcknowledgement,
    }),
  ],
});
