/**
 * Binding Refresh Request, Binding Update, Binding Acknowledgement and Binding Error.
 * RFC 6275 sections 6.1.2 and 6.1.7 to 6.1.9; flags of other documents are further rows of the same words.
 */
import { address, flags, reserved, uint16, uint8 } from '../../core/layout.ts';
import { message } from '../message.ts';
import { BINDING_ACKNOWLEDGEMENT_STATUS, BINDING_ERROR_STATUS, isAccepted } from '../status.ts';

export const bindingRefreshRequest = message({
  kind: 'binding-refresh-request',
  mhType: 0,
  name: 'Binding Refresh Request',
  spec: { rfc: 6275, section: '6.1.2' },
  fields: [reserved(2, 'reserved', 'mip6.binding_refresh_request')],
});

/** Whether the flags are those of a Proxy Binding Update. RFC 5213 section 8.1. */
function isProxyUpdate(word: number): boolean {
  return (word & 0x0200) !== 0;
}

/** Flags of a Binding Update: a word of 16 bits. */
export const BINDING_UPDATE_FLAGS = {
  acknowledge: { mask: 0x8000, label: 'Acknowledge (A)', filter: 'mip6.bu.a_flag' },
  homeRegistration: { mask: 0x4000, label: 'Home Registration (H)', filter: 'mip6.bu.h_flag' },
  linkLocalAddressCompatibility: {
    mask: 0x2000,
    label: 'Link-Local Address Compatibility (L)',
    filter: 'mip6.bu.l_flag',
  },
  keyManagementMobilityCapability: {
    mask: 0x1000,
    label: 'Key Management Mobility Capability (K)',
    filter: 'mip6.bu.k_flag',
  },
  mapRegistration: {
    mask: 0x0800,
    label: 'MAP Registration (M)',
    filter: 'mip6.bu.m_flag',
    spec: { rfc: 5380, section: '4' },
  },
  mobileRouter: {
    mask: 0x0400,
    label: 'Mobile Router (R)',
    filter: 'mip6.nemo.bu.r_flag',
    spec: { rfc: 3963, section: '4.1' },
  },
  proxyRegistration: {
    mask: 0x0200,
    label: 'Proxy Registration (P)',
    filter: 'mip6.bu.p_flag',
    spec: { rfc: 5213, section: '8.1' },
  },
  forceUdpEncapsulation: {
    mask: 0x0100,
    label: 'Forcing UDP encapsulation (F)',
    filter: 'mip6.bu.f_flag',
    spec: { rfc: 5555, section: '3.1.3' },
  },
  tlvHeaderFormat: {
    mask: 0x0080,
    label: 'TLV-header format (T)',
    filter: 'mip6.bu.t_flag',
    spec: { rfc: 5845, section: '6.2' },
  },
  // Two documents took this bit. A bulk update is a proxy's; the other flag is a mobile node's.
  bulkBindingUpdate: {
    mask: 0x0040,
    label: 'Bulk-Binding-Update (B)',
    filter: 'mip6.bu.b_flag',
    spec: { rfc: 6602, section: '4.1' },
    when: isProxyUpdate,
  },
  overwrite: {
    mask: 0x0040,
    label: 'Overwrite (O)',
    filter: 'mip6.bu.o_flag',
    spec: { rfc: 5648, section: '4.2' },
    when: (word: number) => !isProxyUpdate(word),
  },
  // The figure of the document has it where F is; its IANA section and RFC 8885 section 4.1 have it here.
  multicastSignaling: {
    mask: 0x0020,
    label: 'Multicast Signaling (S)',
    filter: 'mip6.bu.s_flag',
    spec: { rfc: 7161, section: '9' },
  },
  distributedMobility: {
    mask: 0x0010,
    label: 'Distributed Mobility Management (D)',
    filter: 'mip6.bu.d_flag',
    spec: { rfc: 8885, section: '4.1' },
  },
} as const;

export const bindingUpdate = message({
  kind: 'binding-update',
  mhType: 5,
  name: 'Binding Update',
  spec: { rfc: 6275, section: '6.1.7' },
  fields: [
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.bu.seqnr' }),
    flags(2, 'flags', { label: 'Flags', filter: 'mip6.bu.flags', bits: BINDING_UPDATE_FLAGS }),
    uint16('lifetime', { label: 'Lifetime', filter: 'mip6.bu.lifetime', unit: '4 s' }),
  ],
});

/** Flags of a Binding Acknowledgement: an octet. */
export const BINDING_ACKNOWLEDGEMENT_FLAGS = {
  keyManagementMobilityCapability: {
    mask: 0x80,
    label: 'Key Management Mobility Capability (K)',
    filter: 'mip6.ba.k_flag',
  },
  mobileRouter: {
    mask: 0x40,
    label: 'Mobile Router (R)',
    filter: 'mip6.nemo.ba.r_flag',
    spec: { rfc: 3963, section: '4.2' },
  },
  proxyRegistration: {
    mask: 0x20,
    label: 'Proxy Registration (P)',
    filter: 'mip6.ba.p_flag',
    spec: { rfc: 5213, section: '8.2' },
  },
  tlvHeaderFormat: {
    mask: 0x10,
    label: 'TLV-header format (T)',
    filter: 'mip6.ba.t_flag',
    spec: { rfc: 5845, section: '6.3' },
  },
  bulkBindingUpdate: {
    mask: 0x08,
    label: 'Bulk-Binding-Update (B)',
    filter: 'mip6.ba.b_flag',
    spec: { rfc: 6602, section: '4.2' },
  },
  // The figure of the document has it where T is; its IANA section and RFC 8885 section 4.2 have it here.
  multicastSignaling: {
    mask: 0x04,
    label: 'Multicast Signaling (S)',
    filter: 'mip6.ba.s_flag',
    spec: { rfc: 7161, section: '9' },
  },
  distributedMobility: {
    mask: 0x02,
    label: 'Distributed Mobility Management (D)',
    filter: 'mip6.ba.d_flag',
    spec: { rfc: 8885, section: '4.2' },
  },
} as const;

export const bindingAcknowledgement = message({
  kind: 'binding-acknowledgement',
  mhType: 6,
  name: 'Binding Acknowledgement',
  spec: { rfc: 6275, section: '6.1.8' },
  fields: [
    uint8('status', {
      label: 'Status',
      filter: 'mip6.ba.status',
      values: BINDING_ACKNOWLEDGEMENT_STATUS,
    }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.ba.flags',
      bits: BINDING_ACKNOWLEDGEMENT_FLAGS,
    }),
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.ba.seqnr' }),
    uint16('lifetime', {
      label: 'Lifetime',
      filter: 'mip6.ba.lifetime',
      unit: '4 s',
      // Section 6.1.8: the field is undefined when the update was rejected.
      format: (value, { status = 0 }) =>
        isAccepted(status) ? `${value} (${value * 4} s)` : `${value} (undefined: rejected)`,
    }),
  ],
});

export const bindingError = message({
  kind: 'binding-error',
  mhType: 7,
  name: 'Binding Error',
  spec: { rfc: 6275, section: '6.1.9' },
  fields: [
    uint8('status', { label: 'Status', filter: 'mip6.be.status', values: BINDING_ERROR_STATUS }),
    reserved(1, 'reserved', 'mip6.be.reserved'),
    address('homeAddress', { label: 'Home Address', filter: 'mip6.be.haddr' }),
  ],
});
