/**
 * Update notifications of a local mobility anchor to its access gateways. RFC 7077 section 4.
 */
import { flags, reserved, uint16, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { message } from '../message.ts';
import { named } from '../named.ts';

/** Notification Reason. RFC 7077 section 4.1; values of other documents cite theirs. */
export const NOTIFICATION_REASONS: readonly NamedValue[] = [
  ...named(7077, '4.1', [
    [0, 'Reserved'],
    [1, 'FORCE-REREGISTRATION'],
    [2, 'UPDATE-SESSION-PARAMETERS'],
    [3, 'VENDOR-SPECIFIC-REASON'],
    [4, 'ANI-PARAMS-REQUESTED'],
  ]),
  ...named(7222, '4.4', [[5, 'QOS_SERVICE_REQUEST']]),
  ...named(7864, '4.2', [[8, 'FLOW-MOBILITY']]),
  ...named(7077, '4.1', [[255, 'Reserved']]),
];

/** Notification Reason whose meaning the vendor-specific options have. RFC 7077 section 4.1. */
export const VENDOR_SPECIFIC_REASON = 3;

/** Update Notification Acknowledgement status; values below 128 are successes. RFC 7077 section 4.2. */
export const NOTIFICATION_STATUS: readonly NamedValue[] = [
  ...named(7077, '4.2', [
    [0, 'SUCCESS'],
    [128, 'FAILED-TO-UPDATE-SESSION-PARAMETERS'],
    [129, 'MISSING-VENDOR-SPECIFIC-OPTION'],
  ]),
  ...named(7222, '4.5', [[130, 'CANNOT_MEET_QOS_SERVICE_REQUEST']]),
  ...named(7864, '4.3', [
    [131, 'Reason unspecified'],
    [132, 'MN not attached'],
  ]),
];

/** Flags of an Update Notification: a word of 16 bits. RFC 7077 section 4.1. */
export const UPDATE_NOTIFICATION_FLAGS = {
  acknowledgementRequested: {
    mask: 0x8000,
    label: 'Acknowledgement Requested (A)',
    filter: 'mip6.upn.a_flag',
  },
  retransmission: { mask: 0x4000, label: 'Retransmit (D)', filter: 'mip6.upn.d_flag' },
} as const;

export const updateNotification = message({
  kind: 'update-notification',
  mhType: 19,
  name: 'Update Notification',
  spec: { rfc: 7077, section: '4.1' },
  fields: [
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.upn.seqnr' }),
    uint16('reason', {
      label: 'Notification Reason',
      filter: 'mip6.upn.reason',
      values: NOTIFICATION_REASONS,
    }),
    flags(2, 'flags', {
      label: 'Flags',
      filter: 'mip6.upn.flags',
      bits: UPDATE_NOTIFICATION_FLAGS,
    }),
  ],
});

export const updateNotificationAcknowledgement = message({
  kind: 'update-notification-acknowledgement',
  mhType: 20,
  name: 'Update Notification Acknowledgement',
  spec: { rfc: 7077, section: '4.2' },
  fields: [
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.upa.seqnr' }),
    uint8('status', { label: 'Status', filter: 'mip6.upa.status', values: NOTIFICATION_STATUS }),
    reserved(3, 'reserved', 'mip6.upa.reserved'),
  ],
});
