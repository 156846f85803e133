/**
 * Packets that the wire did not carry as such: put together from fragments, or taken out of ESP.
 */
import { putU16, u8 } from '../../dissectors/core/bytes.ts';
import { foldChecksum, sumWords } from '../../dissectors/core/checksum.ts';
import type { Dissection, FieldNode } from '../../dissectors/index.ts';

/** A packet made from a captured one: IPv6 or IPv4 header and what follows. */
export interface DerivedPacket {
  readonly kind: 'reassembled' | 'decrypted';
  readonly bytes: Uint8Array;
  /** How it came about, one line. */
  readonly comment: string;
}

const IPV6_OCTETS = 40;
const IPV6_PAYLOAD_LENGTH = 4;
const IPV6_NEXT_HEADER = 6;
const IPV4_TOTAL_LENGTH = 2;
const IPV4_PROTOCOL = 9;
const IPV4_CHECKSUM = 10;
const PROTOCOL_IPV4 = 4;
const PROTOCOL_IPV6 = 41;
/** Longest packet without a jumbo payload option. */
const MAX_LENGTH = 0xffff;

/** Headers that stand between the IPv6 header and what ESP protects. RFC 4303 section 3.1.1. */
const EXTENSION_HEADERS: ReadonlySet<string> = new Set([
  'ipv6.hopopts',
  'ipv6.routing',
  'ipv6.fraghdr',
  'ipv6.dstopts',
  'ah',
]);
const IP_HEADERS: ReadonlySet<string> = new Set(['ipv6', 'ip']);

/** Packets made from this one, outermost first. */
export function derivedPackets({ sources, nodes }: Dissection): DerivedPacket[] {
  const packets: DerivedPacket[] = [];
  sources.forEach(({ label, bytes }, source) => {
    if (source === 0 || !label.startsWith('Reassembled')) return;
    packets.push({ kind: 'reassembled', bytes, comment: 'put together from fragments' });
  });
  nodes.forEach((node, index) => {
    if (node.name !== 'esp') return;
    const packet = decrypted(sources, nodes, index);
    if (packet !== undefined) packets.push(packet);
  });
  return packets;
}

function valueOf(node: FieldNode, name: string): FieldNode | undefined {
  return node.children.find((child) => child.name === name);
}

/** The packet inside the ESP header `nodes[index]`; undefined when it was not opened. */
function decrypted(
  sources: Dissection['sources'],
  nodes: readonly FieldNode[],
  index: number,
): DerivedPacket | undefined {
  const esp = nodes[index];
  if (esp === undefined) return undefined;
  const next = valueOf(esp, 'esp.protocol');
  const padding = valueOf(esp, 'esp.pad_len');
  if (typeof next?.value !== 'number' || typeof padding?.value !== 'number') return undefined;
  const inside = sources[padding.source]?.bytes;
  const around = sources[esp.source]?.bytes;
  if (inside === undefined || around === undefined || padding.source === esp.source)
    return undefined;
  const payload = inside.subarray(0, Math.max(0, padding.offset - padding.value));
  const comment = commentOf(esp);
  if (next.value === PROTOCOL_IPV6 || next.value === PROTOCOL_IPV4) {
    // Tunnel mode, RFC 4303 section 3.1.2: what is inside is a packet already.
    const isWhole =
      payload.length > 0 && u8(payload, 0) >> 4 === (next.value === PROTOCOL_IPV6 ? 6 : 4);
    return isWhole ? { kind: 'decrypted', bytes: payload.slice(), comment } : undefined;
  }
  const bytes = withoutEsp(around, nodes, index, next.value, payload);
  return bytes === undefined ? undefined : { kind: 'decrypted', bytes, comment };
}

function commentOf(esp: FieldNode): string {
  const verdict = valueOf(esp, 'esp.icv_good') === undefined ? 'not verified' : 'verified';
  const association = valueOf(esp, 'mip6guard.association')?.text;
  const spi = valueOf(esp, 'esp.spi')?.text ?? '';
  if (valueOf(esp, 'mip6guard.esp_null') !== undefined) {
    return `read without a key: ESP with NULL encryption, SPI ${spi}, integrity not verified`;
  }
  const by = association === undefined ? '' : ` with ${association}`;
  return `decrypted${by}: ESP SPI ${spi}, integrity ${verdict}`;
}

/**
 * Transport mode, RFC 4303 section 3.1.1: the headers around ESP, then the payload. Addresses and extension
 * headers stay as they were, so that checksums over the pseudo-header hold (RFC 6275 sections 6.3 and 6.4).
 */
function withoutEsp(
  around: Uint8Array,
  nodes: readonly FieldNode[],
  index: number,
  nextHeader: number,
  payload: Uint8Array,
): Uint8Array | undefined {
  const source = nodes[index]?.source;
  let at = index - 1;
  while (at >= 0 && !IP_HEADERS.has(nodes[at]?.name ?? '')) at--;
  const ip = nodes[at];
  if (ip === undefined || ip.source !== source) return undefined;
  // What stands between them and ESP (UDP, RFC 3948) goes with it.
  let last = ip;
  for (let i = at + 1; i < index; i++) {
    const header = nodes[i];
    if (header === undefined || !EXTENSION_HEADERS.has(header.name ?? '')) break;
    last = header;
  }
  const start = ip.offset;
  const end = last.offset + last.length;
  const length = end - start + payload.length;
  if (length > MAX_LENGTH) return undefined;
  const packet = new Uint8Array(length);
  packet.set(around.subarray(start, end));
  packet.set(payload, end - start);
  if (ip.name === 'ip') {
    packet[IPV4_PROTOCOL] = nextHeader;
    putU16(packet, IPV4_TOTAL_LENGTH, length);
    putU16(packet, IPV4_CHECKSUM, 0);
    putU16(packet, IPV4_CHECKSUM, foldChecksum(sumWords(packet, 0, end - start)));
    return packet;
  }
  if (end - start < IPV6_OCTETS) return undefined;
  packet[last === ip ? IPV6_NEXT_HEADER : last.offset - start] = nextHeader;
  putU16(packet, IPV6_PAYLOAD_LENGTH, length - IPV6_OCTETS);
  return packet;
}
