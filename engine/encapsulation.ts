/**
 * Finds IPv6 packets inside encapsulations other than IPv6-in-IPv6.
 */
import { u16, u8 } from '../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';

/**
 * Where an inner IPv6 packet starts, and what carries it: `6in4`, `gre`, `teredo`, `vxlan`, `udp:4191`, and `esp` for
 * ESP directly in IPv4. Offsets are in the octets looked through; -1 = there is none.
 */
export interface InnerPacket {
  readonly offset: number;
  readonly name: string;
  /** IPv4 header around it. */
  readonly ipv4: number;
  /** UDP header in front of it. */
  readonly udp: number;
  /** Key of the GRE header in front of it. RFC 2890 section 2.1. */
  readonly greKey: number;
  /** Octets that the other offsets are in, where those looked through were decrypted. */
  readonly bytes?: Uint8Array;
}

const ETHERTYPE_IPV6 = 0x86dd;
const TEREDO_PORT = 3544;
const VXLAN_PORT = 4789;

/** Whether an IPv6 header at `offset` fills the octets up to `end` exactly. */
function isExactIpv6(bytes: Uint8Array, offset: number, end: number): boolean {
  return (
    end - offset >= 40 &&
    u8(bytes, offset) >> 4 === 6 &&
    offset + 40 + u16(bytes, offset + 4) === end
  );
}

/**
 * @param protocol 4 for an IPv4 header at `offset`, else the protocol whose header is there (GRE, UDP).
 */
export function findInnerIpv6(
  protocol: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): InnerPacket | undefined {
  if (protocol === NEXT_HEADER.ipv4) return insideIpv4(bytes, offset, end);
  if (protocol === NEXT_HEADER.gre) return insideGre(bytes, offset, end);
  if (protocol === NEXT_HEADER.udp) return insideUdp(bytes, offset, end);
  return undefined;
}

function insideIpv4(bytes: Uint8Array, offset: number, end: number): InnerPacket | undefined {
  const headerLength = (u8(bytes, offset) & 0x0f) * 4;
  if (headerLength < 20 || offset + headerLength > end) return undefined;
  const fragment = u16(bytes, offset + 6) & 0x3fff;
  if (fragment !== 0) return undefined;
  const packetEnd = Math.min(end, offset + u16(bytes, offset + 2));
  const payload = offset + headerLength;
  const protocol = u8(bytes, offset + 9);
  if (protocol === NEXT_HEADER.ipv6) {
    return { offset: payload, name: '6in4', ipv4: offset, udp: -1, greKey: -1 };
  }
  if (protocol === NEXT_HEADER.ipv4) return undefined;
  const inner = findInnerIpv6(protocol, bytes, payload, packetEnd);
  return inner === undefined ? undefined : { ...inner, ipv4: offset };
}

/** RFC 2784, RFC 2890: optional checksum, key and sequence number after four octets. */
function insideGre(bytes: Uint8Array, offset: number, end: number): InnerPacket | undefined {
  if (end - offset < 4 || u16(bytes, offset + 2) !== ETHERTYPE_IPV6) return undefined;
  const flags = u8(bytes, offset);
  const key = offset + 4 + ((flags & 0x80) !== 0 ? 4 : 0);
  const hasKey = (flags & 0x20) !== 0;
  const inner = key + (hasKey ? 4 : 0) + ((flags & 0x10) !== 0 ? 4 : 0);
  if (inner >= end) return undefined;
  return { offset: inner, name: 'gre', ipv4: -1, udp: -1, greKey: hasKey ? key : -1 };
}

function insideUdp(bytes: Uint8Array, offset: number, end: number): InnerPacket | undefined {
  const payload = offset + 8;
  if (payload >= end) return undefined;
  const sourcePort = u16(bytes, offset);
  const destinationPort = u16(bytes, offset + 2);
  const carrier = { ipv4: -1, udp: offset, greKey: -1 };
  if (destinationPort === VXLAN_PORT) {
    // RFC 7348 section 5: 8 octets, then an Ethernet frame.
    const frame = payload + 8;
    return u16(bytes, frame + 12) === ETHERTYPE_IPV6 && isExactIpv6(bytes, frame + 14, end)
      ? { offset: frame + 14, name: 'vxlan', ...carrier }
      : undefined;
  }
  if (!isExactIpv6(bytes, payload, end)) return undefined;
  if (sourcePort === TEREDO_PORT || destinationPort === TEREDO_PORT) {
    return { offset: payload, name: 'teredo', ...carrier };
  }
  // Answers go from the well-known port to one the node chose: the lower one names the service.
  const name = `udp:${Math.min(sourcePort, destinationPort)}`;
  return { offset: payload, name, ...carrier };
}
