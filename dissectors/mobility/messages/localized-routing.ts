/**
 * Localized routing between access gateways: initiation and acknowledgment. RFC 6705 section 10. Lifetimes are
 * plain seconds.
 */
import { flags, reserved, uint16, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { message } from '../message.ts';
import { named, secondsOrInfinity } from '../named.ts';

/** Localized Routing Acknowledgment status; values below 128 are successes. RFC 6705 section 10.2. */
export const LOCALIZED_ROUTING_STATUS: readonly NamedValue[] = named(6705, '10.2', [
  [0, 'Success'],
  [128, 'Localized Routing Not Allowed'],
  [129, 'MN Not Attached'],
]);

export const localizedRoutingInitiation = message({
  kind: 'localized-routing-initiation',
  mhType: 17,
  name: 'Localized Routing Initiation',
  spec: { rfc: 6705, section: '10.1' },
  fields: [
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.lri.sequence' }),
    reserved(2, 'reserved', 'mip6.lri.reserved'),
    uint16('lifetime', {
      label: 'Lifetime',
      filter: 'mip6.lri.lifetime',
      unit: 's',
      format: secondsOrInfinity,
    }),
  ],
});

export const localizedRoutingAcknowledgment = message({
  kind: 'localized-routing-acknowledgment',
  mhType: 18,
  name: 'Localized Routing Acknowledgment',
  spec: { rfc: 6705, section: '10.2' },
  fields: [
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.lra.sequence' }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.lra.flags',
      // Wireshark files the flag under the other message.
      bits: {
        unsolicited: { mask: 0x80, label: 'Unsolicited (U)', filter: 'mip6.lri.unsolicited' },
      },
    }),
    uint8('status', {
      label: 'Status',
      filter: 'mip6.lra.status',
      values: LOCALIZED_ROUTING_STATUS,
    }),
    uint16('lifetime', {
      label: 'Lifetime',
      filter: 'mip6.lra.lifetime',
      unit: 's',
      format: secondsOrInfinity,
    }),
  ],
});
