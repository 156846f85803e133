/**
 * Messages of fast handovers: RFC 5568 section 6.2, and their flags and codes between access gateways
 * (RFC 5949 section 6.1, P set). Lifetimes are plain seconds here, not the units of 4 s of RFC 6275.
 */
import { flags, reserved, uint16, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { message } from '../message.ts';
import { named, namedText } from '../named.ts';

/** Fast Binding Acknowledgment status; values below 128 accept. RFC 5568 section 6.2.3. */
export const FAST_BINDING_ACKNOWLEDGMENT_STATUS: readonly NamedValue[] = named(5568, '6.2.3', [
  [0, 'Fast Binding Update accepted'],
  [1, 'Accepted but NCoA is invalid, use NCoA of the Alternate Care-of Address'],
  [128, 'Reason unspecified'],
  [129, 'Administratively prohibited'],
  [130, 'Insufficient resources'],
  [131, 'Incorrect interface identifier length'],
]);

/** Flags of a Fast Binding Update; those of Binding Updates that are not here must be 0. RFC 5568 section 6.2.2. */
export const FAST_BINDING_UPDATE_FLAGS = {
  acknowledge: { mask: 0x80, label: 'Acknowledge (A)', filter: 'mip6.fbu.a_flag' },
  homeRegistration: { mask: 0x40, label: 'Home Registration (H)', filter: 'mip6.fbu.h_flag' },
  linkLocalAddressCompatibility: {
    mask: 0x20,
    label: 'Link-Local Address Compatibility (L)',
    filter: 'mip6.fbu.l_flag',
  },
  keyManagementMobilityCapability: {
    mask: 0x10,
    label: 'Key Management Mobility Capability (K)',
    filter: 'mip6.fbu.k_flag',
  },
  buffer: {
    mask: 0x01,
    label: 'Buffer (B)',
    filter: 'mip6.fbu.b_flag',
    spec: { rfc: 5271, section: '6.3' },
  },
} as const;

export const fastBindingUpdate = message({
  kind: 'fast-binding-update',
  mhType: 8,
  name: 'Fast Binding Update',
  spec: { rfc: 5568, section: '6.2.2' },
  fields: [
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.fbu.seqnr' }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.fbu.flags',
      bits: FAST_BINDING_UPDATE_FLAGS,
    }),
    reserved(1, 'reserved', 'mip6.fbu.reserved'),
    uint16('lifetime', { label: 'Lifetime', filter: 'mip6.fbu.lifetime', unit: 's' }),
  ],
});

export const fastBindingAcknowledgment = message({
  kind: 'fast-binding-acknowledgment',
  mhType: 9,
  name: 'Fast Binding Acknowledgment',
  spec: { rfc: 5568, section: '6.2.3' },
  fields: [
    uint8('status', {
      label: 'Status',
      filter: 'mip6.fback.status',
      values: FAST_BINDING_ACKNOWLEDGMENT_STATUS,
    }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.fback.flags',
      bits: {
        keyManagementMobilityCapability: {
          mask: 0x80,
          label: 'Key Management Mobility Capability (K)',
          filter: 'mip6.fback.k_flag',
        },
      },
    }),
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.fback.seqnr' }),
    uint16('lifetime', { label: 'Lifetime', filter: 'mip6.fback.lifetime', unit: 's' }),
  ],
});

/** Deprecated by RFC 5568 section 8, which has no figure of it. */
export const fastNeighborAdvertisement = message({
  kind: 'fast-neighbor-advertisement',
  mhType: 10,
  name: 'Fast Neighbor Advertisement (layout unverified)',
  spec: { rfc: 5568, section: '8' },
  fields: [reserved(2, 'reserved', 'mip6.fast_neighbor_advertisement')],
});

/** Flags of a Handover Initiate. RFC 5568 section 6.2.1.1. */
export const HANDOVER_INITIATE_FLAGS = {
  assignedAddress: {
    mask: 0x80,
    label: 'Assigned address configuration (S)',
    filter: 'mip6.hi.s_flag',
  },
  buffer: { mask: 0x40, label: 'Buffer (U)', filter: 'mip6.hi.u_flag' },
  proxy: {
    mask: 0x20,
    label: 'Proxy (P)',
    filter: 'mip6.hi.p_flag',
    spec: { rfc: 5949, section: '6.1.1' },
  },
  forwarding: {
    mask: 0x10,
    label: 'Forwarding (F)',
    filter: 'mip6.hi.f_flag',
    spec: { rfc: 5949, section: '6.1.1' },
  },
} as const;

/** Handover Initiate code between access routers (P not set). RFC 5568 section 6.2.1.1. */
export const HANDOVER_INITIATE_CODES: readonly NamedValue[] = named(5568, '6.2.1.1', [
  [0, 'FBU with PCoA as source'],
  [1, 'FBU whose source is not PCoA'],
]);

/** Handover Initiate code between access gateways (P set). RFC 5949 section 6.1.1. */
export const PROXY_HANDOVER_INITIATE_CODES: readonly NamedValue[] = named(5949, '6.1.1', [
  [0, 'Default'],
  [2, 'Completion of forwarding'],
  [3, 'All available context transferred'],
]);

export const handoverInitiate = message({
  kind: 'handover-initiate',
  mhType: 14,
  name: 'Handover Initiate',
  spec: { rfc: 5568, section: '6.2.1.1' },
  fields: [
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.hi.seqnr' }),
    flags(1, 'flags', { label: 'Flags', filter: 'mip6.hi.flags', bits: HANDOVER_INITIATE_FLAGS }),
    uint8('code', {
      label: 'Code',
      filter: 'mip6.hi.code',
      values: [...HANDOVER_INITIATE_CODES, ...PROXY_HANDOVER_INITIATE_CODES.slice(1)],
      format: (value, { flags: word = 0 }) => {
        const isProxy = (word & HANDOVER_INITIATE_FLAGS.proxy.mask) !== 0;
        return namedText(isProxy ? PROXY_HANDOVER_INITIATE_CODES : HANDOVER_INITIATE_CODES, value);
      },
    }),
  ],
});

/** Flags of a Handover Acknowledge; RFC 5568 has none. RFC 5949 section 6.1.2. */
export const HANDOVER_ACKNOWLEDGE_FLAGS = {
  buffer: { mask: 0x80, label: 'Buffer (U)', filter: 'mip6.hack.u_flag' },
  proxy: { mask: 0x40, label: 'Proxy (P)', filter: 'mip6.hack.p_flag' },
  forwarding: { mask: 0x20, label: 'Forwarding (F)', filter: 'mip6.hack.f_flag' },
} as const;

/** Codes that mean the same in both protocols. RFC 5568 section 6.2.1.2, RFC 5949 section 6.1.2. */
const REFUSALS = named(5568, '6.2.1.2', [
  [128, 'Handover Not Accepted, reason unspecified'],
  [129, 'Administratively prohibited'],
  [130, 'Insufficient resources'],
]);

/** Handover Acknowledge code between access routers (P not set). RFC 5568 section 6.2.1.2. */
export const HANDOVER_ACKNOWLEDGE_CODES: readonly NamedValue[] = [
  ...named(5568, '6.2.1.2', [
    [0, 'Handover Accepted, NCoA valid'],
    [1, 'Handover Accepted, NCoA not valid or in use'],
    [2, 'Handover Accepted, NCoA assigned'],
    [3, 'Handover Accepted, use PCoA'],
    [4, 'Message sent unsolicited'],
  ]),
  ...REFUSALS,
];

const PROXY_CONTEXT_CODES = named(5949, '6.1.2', [
  [5, 'Context Transfer Accepted or Successful'],
  [6, 'All available Context Transferred'],
  [131, 'Requested Context Not Available'],
  [132, 'Forwarding Not Available'],
]);

/** Handover Acknowledge code between access gateways (P set). RFC 5949 section 6.1.2. */
export const PROXY_HANDOVER_ACKNOWLEDGE_CODES: readonly NamedValue[] = [
  ...named(5949, '6.1.2', [[0, 'Handover Accepted or Successful']]),
  ...REFUSALS,
  ...PROXY_CONTEXT_CODES,
];

export const handoverAcknowledge = message({
  kind: 'handover-acknowledge',
  mhType: 15,
  name: 'Handover Acknowledge',
  spec: { rfc: 5568, section: '6.2.1.2' },
  fields: [
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.hack.seqnr' }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.hack.flags',
      spec: { rfc: 5949, section: '6.1.2' },
      bits: HANDOVER_ACKNOWLEDGE_FLAGS,
    }),
    uint8('code', {
      label: 'Code',
      filter: 'mip6.hack.code',
      values: [...HANDOVER_ACKNOWLEDGE_CODES, ...PROXY_CONTEXT_CODES],
      format: (value, { flags: word = 0 }) => {
        const isProxy = (word & HANDOVER_ACKNOWLEDGE_FLAGS.proxy.mask) !== 0;
        return namedText(
          isProxy ? PROXY_HANDOVER_ACKNOWLEDGE_CODES : HANDOVER_ACKNOWLEDGE_CODES,
          value,
        );
      },
    }),
  ],
});
