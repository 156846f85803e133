/**
 * The generated packets of the comparison without a link header, for other tests that want one of everything.
 */
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { generatedPackets } from './generated/index.ts';

/** Packets by what they are about. */
export function oraclePackets(): ReadonlyMap<string, readonly Uint8Array[]> {
  const packets = new Map<string, Uint8Array[]>();
  for (const { group, bytes, linkType } of generatedPackets()) {
    if (linkType === LINKTYPE.raw) packets.set(group, [...(packets.get(group) ?? []), bytes]);
  }
  return packets;
}
