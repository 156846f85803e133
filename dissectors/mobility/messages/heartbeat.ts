/**
 * Heartbeat between mobile access gateway and local mobility anchor. RFC 5847 section 3.3.
 */
import { flags, reserved, uint32 } from '../../core/layout.ts';
import { message } from '../message.ts';

/** Flags of a Heartbeat: the last octet of a word of 16 bits. RFC 5847 section 3.3. */
export const HEARTBEAT_FLAGS = {
  unsolicited: { mask: 0x02, label: 'Unsolicited (U)', filter: 'mip6.hb.u_flag' },
  response: { mask: 0x01, label: 'Response (R)', filter: 'mip6.hb.r_flag' },
} as const;

export const heartbeat = message({
  kind: 'heartbeat',
  mhType: 13,
  name: 'Heartbeat',
  spec: { rfc: 5847, section: '3.3' },
  fields: [
    reserved(1, 'reserved', 'mip6.hb.reserved'),
    flags(1, 'flags', { label: 'Flags', filter: 'mip6.hb.flags', bits: HEARTBEAT_FLAGS }),
    uint32('sequence', { label: 'Sequence number', filter: 'mip6.hb.seqnr' }),
  ],
});
