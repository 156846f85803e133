/**
 * Signalling of Proxy Mobile IPv6 over IPv4: a Mobility Header in UDP, without an IPv6 header. RFC 5844 section 4.1.3.
 */
import { u16 } from '../core/bytes.ts';
import { NEXT_HEADER } from '../ipv6/header.ts';
import { report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';

/** Port of signalling of Proxy Mobile IPv6 over IPv4. RFC 5844 section 6. */
export const PMIPV6_CONTROL_PORT = 5436;

/** Offset of the checksum in a Mobility Header. RFC 6275 section 6.1.1. */
const CHECKSUM = 4;

/** Layer: Mobility Header in UDP. Its checksum is zero and is not verified: that of UDP stands for it. */
export function dissectPmipv6Control(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes, ip } = context;
  if (offset >= end) return undefined;
  if (offset + CHECKSUM + 2 <= end && u16(bytes, offset + CHECKSUM) !== 0) {
    report(context, 'MH_CHECKSUM_NOT_ZERO', offset + CHECKSUM, 2);
  }
  // There is no pseudo-header to verify a checksum with.
  if (ip !== undefined) ip.destination = undefined;
  return { table: 'ip-protocol', key: NEXT_HEADER.mobility, offset, end };
}
