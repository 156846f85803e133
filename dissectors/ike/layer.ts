/**
 * Layer: IKE in a UDP datagram.
 */
import { DiagnosticList } from '../core/diagnostic.ts';
import type { DiagnosticCode } from '../core/diagnostic.ts';
import { adoptDiagnostics } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { findEncryptedPayload } from './encrypted-place.ts';
import { decodeIke, ikeTree } from './message.ts';
import { addOpened, addOpenedIkev1 } from './opened.ts';

/** Codes that say "ends early": of no meaning where octets are missing. */
const ENDS_EARLY: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  'IKE_TRUNCATED',
  'IKE_LENGTH',
  'IKE_PAYLOAD_LENGTH',
]);

/**
 * Layer: IKE. `input.offset` is the first octet of the IKE header: the UDP payload on port 500, behind the
 * non-ESP marker on port 4500 (RFC 3948 section 2.2). A caller who can sees it and may open it.
 */
export function dissectIke(context: LayerContext, { offset, end }: LayerInput): undefined {
  const { bytes, source, isPartial } = context;
  const node = ikeTree(bytes, offset, end, source);
  context.nodes.push(node);
  const diagnostics = new DiagnosticList();
  const message = decodeIke(bytes, offset, end, diagnostics);
  adoptDiagnostics(
    context,
    diagnostics.items.filter(({ code }) => !isPartial || !ENDS_EARLY.has(code)),
  );
  const { ip, openIke } = context;
  if (openIke === undefined || isPartial || ip?.destination === undefined) return;
  const opened = openIke(bytes, offset, end, ip.source, ip.destination);
  if (opened === undefined) return;
  if (message?.version === 1) {
    addOpenedIkev1(context, node, message.header.nextPayload, opened);
    return;
  }
  const place = findEncryptedPayload(bytes, offset, end);
  if (place !== undefined) addOpened(context, node, place, opened);
}
