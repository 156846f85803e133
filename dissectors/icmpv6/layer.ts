/**
 * Layer: ICMPv6, with the verdict on its checksum and the packet an error message quotes.
 */
import { u8 } from '../core/bytes.ts';
import { DiagnosticList } from '../core/diagnostic.ts';
import { concatenate } from '../core/layout.ts';
import { NEXT_HEADER } from '../ipv6/header.ts';
import { addChecksumVerdict, adoptDiagnostics, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { decodeIcmpv6, icmpv6Checksum, icmpv6Tree, quotedPacketOffset } from './header.ts';
import { redirect, routerSolicitation } from './neighbor-discovery.ts';

/** Hop Limit of every neighbor discovery message. RFC 4861 sections 6.1, 7.1 and 8.1. */
const ND_HOP_LIMIT = 255;

/** Layer: ICMPv6. */
export function dissectIcmpv6(context: LayerContext, { offset, end }: LayerInput): undefined {
  const { bytes, source, ip } = context;
  const found = new DiagnosticList();
  const message = decodeIcmpv6(bytes, offset, end, found);
  adoptDiagnostics(context, found.items);
  const node = icmpv6Tree(bytes, offset, end, source);
  context.nodes.push(node);
  if (message === undefined) return;

  const type = u8(bytes, offset);
  if (ip !== undefined && type >= routerSolicitation.type && type <= redirect.type) {
    if (ip.hopLimit !== ND_HOP_LIMIT) {
      report(context, 'ND_HOP_LIMIT', offset, 1, `hop limit ${ip.hopLimit}`);
    }
    // RFC 6980 section 5.
    if (context.isReassembled || ip.extensions.includes(NEXT_HEADER.fragment)) {
      report(context, 'ND_FRAGMENTED', offset, 1);
    }
  }
  if (!context.isPartial && ip?.version === 6 && ip.destination !== undefined) {
    const addresses = concatenate([ip.source, ip.destination]);
    const rest = icmpv6Checksum(addresses, 0, 16, bytes, offset, end);
    const fault = addChecksumVerdict(context, node, 'icmpv6.checksum', rest);
    if (fault !== undefined) report(context, 'ICMPV6_CHECKSUM', offset + 2, 2, fault);
  }
  const quoted = quotedPacketOffset(bytes, offset, end);
  const quotedNode = node.children.at(-1);
  if (quoted >= 0 && quotedNode?.offset === quoted) {
    quotedNode.children.push(...(context.dissectQuoted?.(quoted, end) ?? []));
  }
}
