/**
 * Captures without a link header: link types 12, 14, 101, 228, 229. The version nibble tells what follows.
 */
import { u8 } from '../core/bytes.ts';
import { addData, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE } from './ethertype.ts';

/** Layer: the IP packet at `offset`, by its version; anything else is data. */
export function dissectRaw(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const version = offset < end ? u8(context.bytes, offset) >> 4 : 0;
  if (version === 6) return { table: 'ethertype', key: ETHERTYPE.ipv6, offset, end };
  if (version === 4) return { table: 'ethertype', key: ETHERTYPE.ipv4, offset, end };
  const found = offset < end ? `version ${version}` : 'no octets';
  // A frame that the capture cut behind its link header has no octets of the packet.
  if (offset >= end && context.isCut) return undefined;
  report(context, 'LINK_TRUNCATED', offset, end - offset, `no IP packet: ${found}`);
  addData(context, offset, end);
  return undefined;
}
