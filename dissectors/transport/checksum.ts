/**
 * Checksums of UDP and TCP: over the pseudo-header of IPv6 or IPv4 with the addresses that the Home Address
 * option and routing headers put in place. RFC 8200 section 8.1, RFC 768, RFC 9293 section 3.1.
 */
import { foldChecksum, sumWords } from '../core/checksum.ts';
import type { DiagnosticCode } from '../core/diagnostic.ts';
import type { FieldNode } from '../core/node.ts';
import { addChecksumVerdict, report } from '../layer.ts';
import type { LayerContext } from '../layer.ts';

/**
 * What the sum over pseudo-header and message leaves: 0 when the checksum is right, undefined when it cannot be
 * told, because octets or an address are missing.
 * @param protocol number of the upper-layer protocol.
 */
export function transportChecksum(
  context: LayerContext,
  protocol: number,
  offset: number,
  end: number,
): number | undefined {
  const { bytes, ip, isPartial } = context;
  if (isPartial || ip?.destination === undefined) return undefined;
  const { source, destination } = ip;
  const length = end - offset;
  let sum = Math.floor(length / 0x10000) + (length % 0x10000) + protocol;
  sum = sumWords(source, 0, source.length, sum);
  sum = sumWords(destination, 0, destination.length, sum);
  return foldChecksum(sumWords(bytes, offset, end, sum));
}

/** Shows and reports the verdict on the checksum field at `at` of the message at `[offset, end)`. */
export function judgeChecksum(
  context: LayerContext,
  node: FieldNode,
  message: {
    readonly protocol: number;
    readonly field: string;
    readonly code: DiagnosticCode;
    readonly at: number;
    readonly offset: number;
    readonly end: number;
  },
): void {
  const { protocol, field, code, at, offset, end } = message;
  const rest = transportChecksum(context, protocol, offset, end);
  if (rest === undefined) return;
  const fault = addChecksumVerdict(context, node, field, rest);
  if (fault !== undefined) report(context, code, at, 2, fault);
}

/** Puts the octets behind a header into its node, as a field of it. */
export function addPayload(
  context: LayerContext,
  node: FieldNode,
  name: string,
  offset: number,
  end: number,
): void {
  if (offset >= end) return;
  const { bytes, source } = context;
  const length = end - offset;
  node.children.push({
    label: 'Payload',
    name,
    text: `${length} octets`,
    value: bytes.slice(offset, end),
    offset,
    length,
    source,
    children: [],
  });
}
