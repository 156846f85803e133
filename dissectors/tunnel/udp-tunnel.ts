/**
 * IP packets in UDP: dual-stack Mobile IPv6 (RFC 5555 section 4.1) and user data of Proxy Mobile IPv6 (RFC 5844
 * section 4), the latter also behind a TLV header (RFC 5845 section 7.2).
 */
import { u8 } from '../core/bytes.ts';
import { addData, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE } from '../link/ethertype.ts';
import { dissectTlvHeader } from './tlv-header.ts';

/** Port of home agents. RFC 5555 section 8. */
export const DSMIPV6_PORT = 4191;
/** Port of user data of Proxy Mobile IPv6 over IPv4. RFC 5844 section 6. */
export const PMIPV6_DATA_PORT = 5437;

/** Layer: the first four bits are an IP version, or 0 for a TLV header. */
export function dissectUdpTunnel(context: LayerContext, input: LayerInput): LayerInput | undefined {
  const { offset, end } = input;
  if (offset >= end) return undefined;
  const version = u8(context.bytes, offset) >> 4;
  if (version === 6) return { table: 'ethertype', key: ETHERTYPE.ipv6, offset, end };
  if (version === 4) return { table: 'ethertype', key: ETHERTYPE.ipv4, offset, end };
  if (version === 0) return dissectTlvHeader(context, input);
  report(context, 'TUNNEL_PAYLOAD', offset, 1, `version ${version}`);
  addData(context, offset, end);
  return undefined;
}
