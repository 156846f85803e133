/**
 * Layer: Mobility Header, with the verdict on its checksum. RFC 6275 section 6.1.1.
 */
import { concatenate } from '../core/layout.ts';
import { DiagnosticList } from '../core/diagnostic.ts';
import { addChecksumVerdict, adoptDiagnostics, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { decodeMobilityHeader, mobilityChecksum, mobilityTree } from './header.ts';

/** Layer: Mobility Header. Nothing follows it (Payload Proto is No Next Header). */
export function dissectMobility(context: LayerContext, { offset, end }: LayerInput): undefined {
  const { bytes, source, ip } = context;
  const found = new DiagnosticList();
  const header = decodeMobilityHeader(bytes, offset, end, found);
  adoptDiagnostics(context, found.items);
  const node = mobilityTree(bytes, offset, end, source);
  context.nodes.push(node);
  const headerEnd = offset + (header?.length ?? 0);
  if (header === undefined || context.isPartial || headerEnd > end) return;
  if (ip?.version !== 6 || ip.destination === undefined) return;
  const addresses = concatenate([ip.source, ip.destination]);
  const rest = mobilityChecksum(addresses, 0, 16, bytes, offset, headerEnd);
  const fault = addChecksumVerdict(context, node, 'mip6.csum', rest);
  if (fault !== undefined) report(context, 'MH_CHECKSUM', offset + 4, 2, fault);
}
