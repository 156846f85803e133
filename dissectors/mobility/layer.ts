/**
 * Layer: Mobility Header, with the verdict on its checksum. RFC 6275 section 6.1.1.
 */
import { concatenate } from '../core/layout.ts';
import { DiagnosticList } from '../core/diagnostic.ts';
import { addChecksumVerdict, adoptDiagnostics, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { addVerdicts, wireAddresses } from '../verdict.ts';
import { carriesPayload, decodeMobilityHeader, mobilityChecksum, mobilityTree } from './header.ts';

/** Layer: Mobility Header. Nothing follows it but the packet in a Fast Neighbor Advertisement. */
export function dissectMobility(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes, source, ip } = context;
  const found = new DiagnosticList();
  const header = decodeMobilityHeader(bytes, offset, end, found);
  adoptDiagnostics(context, found.items);
  const node = mobilityTree(bytes, offset, end, source);
  context.nodes.push(node);
  const headerEnd = offset + (header?.length ?? 0);
  if (header === undefined || headerEnd > end) return undefined;
  if (!context.isPartial && ip?.version === 6 && ip.destination !== undefined) {
    const addresses = concatenate([ip.source, ip.destination]);
    const rest = mobilityChecksum(addresses, 0, 16, bytes, offset, headerEnd);
    const fault = addChecksumVerdict(context, node, 'mip6.csum', rest);
    if (fault !== undefined) report(context, 'MH_CHECKSUM', offset + 4, 2, fault);
    const wire = wireAddresses(context);
    if (context.verifier !== undefined && wire !== undefined) {
      const verdicts = context.verifier.mobility({
        bytes,
        offset,
        end: headerEnd,
        header,
        source: ip.source,
        destination: ip.destination,
        wireSource: wire.source,
        wireDestination: wire.destination,
      });
      addVerdicts(context, node, verdicts);
    }
  }
  const { payloadProto, mhType } = header;
  return carriesPayload(payloadProto, mhType) && headerEnd < end
    ? { table: 'ip-protocol', key: payloadProto, offset: headerEnd, end }
    : undefined;
}
