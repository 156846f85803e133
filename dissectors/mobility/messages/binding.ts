/**
 * Binding Refresh Request, Binding Update, Binding Acknowledgement and Binding Error.
 * RFC 6275 sections 6.1.2 and 6.1.7 to 6.1.9; flags of other documents are further rows of the same words.
 */
import { address, flags, reserved, uint16, uint8 } from '../../core/layout.ts';
import { message } from '../message.ts';
import { BINDING_ACKNOWLEDGEMENT_STATUS, BINDING_ERROR_STATUS } from '../status.ts';

export const bindingRefreshRequest = message({
  kind: 'binding-refresh-request',
  mhType: 0,
  name: 'Binding Refresh Request',
  spec: { rfc: 6275, section: '6.1.2' },
  fields: [reserved(2, 'reserved', 'mip6.binding_refresh_request')],
});

/** Flags of a Binding Update. */
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

/** Flags of a Binding Acknowledgement. */
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
    uint16('lifetime', { label: 'Lifetime', filter: 'mip6.ba.lifetime', unit: '4 s' }),
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
