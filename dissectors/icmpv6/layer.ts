/**
 * Layer: ICMPv6, with the verdict on its checksum, the packet it quotes, and what the packet around it must be.
 */
import { DiagnosticList } from '../core/diagnostic.ts';
import { concatenate } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { NEXT_HEADER } from '../ipv6/header.ts';
import { addChecksumVerdict, adoptDiagnostics, report } from '../layer.ts';
import type { IpLayer, LayerContext, LayerInput } from '../layer.ts';
import { addVerdicts, wireAddresses } from '../verdict.ts';
import {
  decodeIcmpv6,
  icmpv6Checksum,
  icmpv6Tree,
  ndOptionsOffset,
  quotedPacketOffset,
} from './header.ts';
import { REDIRECTED_PACKET } from './options/basic.ts';
import { checkPacket } from './packet-checks.ts';

/** Whether the hop-by-hop options of the innermost IPv6 header have a Router Alert. RFC 2711 section 2.1. */
function hasRouterAlert(context: LayerContext, ip: IpLayer): boolean {
  const { nodes } = context;
  for (let i = nodes.length - 1; i >= 0 && nodes[i] !== ip.node; i--) {
    const node = nodes[i];
    if (node?.name !== 'ipv6.hopopts') continue;
    return node.children.some(({ children }) =>
      children.some(({ name }) => name === 'ipv6.opt.router_alert'),
    );
  }
  return false;
}

/** Puts the packet that a message quotes under the field that holds it. */
function addQuoted(context: LayerContext, field: FieldNode | undefined): void {
  if (field === undefined) return;
  const { offset, length } = field;
  field.children.push(...(context.dissectQuoted?.(offset, offset + length) ?? []));
}

/** Adds the verdicts of a caller who can verify addresses and signatures. RFC 3971 section 5. */
function addSendVerdicts(
  context: LayerContext,
  node: FieldNode,
  offset: number,
  end: number,
): void {
  const { bytes, verifier } = context;
  const optionsOffset = verifier === undefined ? -1 : ndOptionsOffset(bytes, offset, end);
  const wire = optionsOffset < 0 ? undefined : wireAddresses(context);
  if (verifier === undefined || wire === undefined) return;
  const { source: wireSource, destination: wireDestination } = wire;
  const message = { bytes, offset, end, optionsOffset, wireSource, wireDestination };
  addVerdicts(context, node, verifier.neighborDiscovery(message));
}

/** Layer: ICMPv6. */
export function dissectIcmpv6(context: LayerContext, { offset, end }: LayerInput): undefined {
  const { bytes, source, ip } = context;
  const found = new DiagnosticList();
  const message = decodeIcmpv6(bytes, offset, end, found);
  adoptDiagnostics(context, found.items);
  const node = icmpv6Tree(bytes, offset, end, source);
  context.nodes.push(node);
  if (message === undefined) return;

  if (ip?.version === 6) {
    const { view } = ip;
    const packet = {
      hopLimit: ip.hopLimit,
      source: ip.source,
      destination: ip.destination,
      hasRouterAlert: hasRouterAlert(context, ip),
      hasHomeAddress: view !== undefined && view.homeAddress >= 0,
      hasType2Routing: view !== undefined && view.routingHomeAddress >= 0,
      isFragmented: context.isReassembled || ip.extensions.includes(NEXT_HEADER.fragment),
    };
    checkPacket(packet, message, (code, detail) => {
      report(context, code, offset, 1, detail);
    });
  }
  if (!context.isPartial && ip?.version === 6 && ip.destination !== undefined) {
    const addresses = concatenate([ip.source, ip.destination]);
    const rest = icmpv6Checksum(addresses, 0, 16, bytes, offset, end);
    const fault = addChecksumVerdict(context, node, 'icmpv6.checksum', rest);
    if (fault !== undefined) report(context, 'ICMPV6_CHECKSUM', offset + 2, 2, fault);
    addSendVerdicts(context, node, offset, end);
  }
  const quoted = quotedPacketOffset(bytes, offset, end);
  if (quoted >= 0)
    addQuoted(
      context,
      node.children.findLast((child) => child.offset === quoted),
    );
  for (const option of node.children) {
    addQuoted(
      context,
      option.children.find(({ name }) => name === REDIRECTED_PACKET),
    );
  }
}
