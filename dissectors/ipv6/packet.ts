/**
 * Layer: IPv6 header. The header walk of the hot path finds what is wrong; this adds the tree.
 */
import { formatAddress } from '../core/address.ts';
import { u8 } from '../core/bytes.ts';
import { addData, addHeader, addTrailer, generatedNode, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { Ipv6View, walkIpv6 } from '../walk.ts';
import { NEXT_HEADER, ipv6Header } from './header.ts';

const OCTETS = ipv6Header.fixedOctets;
const NEXT_HEADER_FIELD = ipv6Header.offsetOf('nextHeader');
const ADDRESS_OCTETS = 16;

/** Layer: IPv6 header, RFC 8200 section 3. */
export function dissectIpv6(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  const view = new Ipv6View();
  const isIpv6 = walkIpv6(bytes, offset, end, context.isPartial || context.isCut, view);
  const isComplete = end - offset >= OCTETS;
  const text = isComplete
    ? `${formatAddress(bytes, view.source)} > ${formatAddress(bytes, view.destination)}`
    : '';
  if (!isIpv6) {
    const [fault] = view.diagnostics.items;
    const isCutShort = fault?.code === 'IPV6_TRUNCATED' && (context.isPartial || context.isCut);
    if (fault !== undefined && !isCutShort) {
      report(context, fault.code, fault.offset, fault.length, fault.detail);
    }
    if (u8(bytes, offset) >> 4 === 6) addHeader(context, ipv6Header, 'ipv6', offset, end, text);
    else addData(context, offset, end);
    return undefined;
  }
  // Octets behind the packet belong to what is around it.
  addTrailer(context, view.end, end);
  const node = addHeader(context, ipv6Header, 'ipv6', offset, view.end, text);
  takeDiagnostics(context, view);
  const { effectiveSource, effectiveDestination } = view;
  if (effectiveSource !== view.source) {
    node.children.push(
      generatedNode(context, {
        label: 'Source (home address)',
        name: 'mip6guard.src',
        text: formatAddress(bytes, effectiveSource),
        value: bytes.slice(effectiveSource, effectiveSource + ADDRESS_OCTETS),
        offset: effectiveSource,
      }),
    );
  }
  if (effectiveDestination !== view.destination) {
    node.children.push(
      generatedNode(context, {
        label: 'Destination (home address)',
        name: 'mip6guard.dst',
        text: formatAddress(bytes, effectiveDestination),
        value: bytes.slice(effectiveDestination, effectiveDestination + ADDRESS_OCTETS),
        offset: effectiveDestination,
      }),
    );
  }
  context.isPartial = view.isCut;
  context.ip = {
    version: 6,
    node,
    hopLimit: view.hopLimit,
    source: bytes.slice(effectiveSource, effectiveSource + ADDRESS_OCTETS),
    destination: bytes.slice(effectiveDestination, effectiveDestination + ADDRESS_OCTETS),
    extensions: [],
    extensionCount: 0,
    view,
  };
  return {
    table: 'ip-protocol',
    key: u8(bytes, offset + NEXT_HEADER_FIELD),
    offset: offset + OCTETS,
    end: view.end,
  };
}

/** Moves the diagnostics of a header walk into those of the dissection. */
export function takeDiagnostics(context: LayerContext, view: Ipv6View): void {
  for (const { code, offset, length, detail } of view.diagnostics.items) {
    report(context, code, offset, length, detail);
  }
  view.diagnostics.clear();
}

/** Layer: No Next Header. RFC 8200 section 4.7: octets after it are ignored. */
export function dissectNoNextHeader(context: LayerContext, { offset, end }: LayerInput): undefined {
  addData(context, offset, end, `Data after next header ${NEXT_HEADER.none}`);
}
