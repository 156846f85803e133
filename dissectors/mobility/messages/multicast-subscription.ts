/**
 * Query for the multicast groups of a mobile node that moved, and the answer. RFC 7161 section 4.3. Their sequence
 * numbers have 8 bits.
 */
import { flags, reserved, uint8 } from '../../core/layout.ts';
import { message } from '../message.ts';

export const subscriptionQuery = message({
  kind: 'subscription-query',
  mhType: 22,
  name: 'Subscription Query',
  spec: { rfc: 7161, section: '4.3.1' },
  fields: [
    uint8('sequence', { label: 'Sequence number', filter: 'mip6.sq.seqnr' }),
    reserved(1, 'reserved', 'mip6.sq.reserved'),
  ],
});

/** Flags of a Subscription Response: an octet. RFC 7161 section 4.3.2. */
export const SUBSCRIPTION_RESPONSE_FLAGS = {
  multicastInformation: {
    mask: 0x80,
    label: 'Multicast Information (I)',
    filter: 'mip6.sr.i_flag',
  },
} as const;

export const subscriptionResponse = message({
  kind: 'subscription-response',
  mhType: 23,
  name: 'Subscription Response',
  spec: { rfc: 7161, section: '4.3.2' },
  fields: [
    uint8('sequence', { label: 'Sequence number', filter: 'mip6.sr.seqnr' }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.sr.flags',
      bits: SUBSCRIPTION_RESPONSE_FLAGS,
    }),
  ],
});
