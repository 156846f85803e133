/**
 * UDP. RFC 768; over IPv6: RFC 8200 section 8.1.
 */
import { putU16, u16 } from '../core/bytes.ts';
import { foldChecksum, sumWords } from '../core/checksum.ts';
import { concatenate, layout, uint16 } from '../core/layout.ts';
import { addHeader, addTrailer, generatedNode, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { addPayload, judgeChecksum } from './checksum.ts';

/** UDP header. */
export const udpHeader = layout({
  name: 'User Datagram Protocol',
  spec: { rfc: 768, section: 'Format' },
  fields: [
    uint16('sourcePort', { label: 'Source Port', filter: 'udp.srcport' }),
    uint16('destinationPort', { label: 'Destination Port', filter: 'udp.dstport' }),
    uint16('length', { label: 'Length', filter: 'udp.length', unit: 'octets' }),
    uint16('checksum', { label: 'Checksum', filter: 'udp.checksum', hex: true }),
  ],
});

const OCTETS = udpHeader.fixedOctets;
const LENGTH = udpHeader.offsetOf('length');
const CHECKSUM = udpHeader.offsetOf('checksum');
/** Protocol number of UDP. */
export const UDP = 17;

/** Largest length a UDP header can say. */
const MAX_LENGTH = 0xffff;
/** Verdicts on a checksum that the sender left out: over IPv4, over IPv6. */
const NOT_PRESENT = 3;
const ILLEGAL = 4;

/** Layer: UDP. What follows is looked up by both ports, the lower one first: it names the service. */
export function dissectUdp(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes, ip } = context;
  const isWhole = end - offset >= OCTETS;
  const sourcePort = u16(bytes, offset);
  const destinationPort = u16(bytes, offset + 2);
  const text = isWhole ? `${sourcePort} > ${destinationPort}` : '';
  const node = addHeader(context, udpHeader, 'udp', offset, end, text);
  if (!isWhole) {
    if (!context.isPartial) report(context, 'UDP_TRUNCATED', offset, end - offset);
    return undefined;
  }
  const length = u16(bytes, offset + LENGTH);
  // RFC 2675 section 4: length 0 stands for what is too long for the field.
  const isJumbo = length === 0 && end - offset > MAX_LENGTH;
  const declaredEnd = isJumbo ? end : offset + length;
  const isFitting = declaredEnd >= offset + OCTETS && declaredEnd <= end;
  if (!isFitting) {
    if (!context.isPartial) {
      const found = `length ${length}, ${end - offset} left`;
      report(context, 'UDP_TRUNCATED', offset + LENGTH, 2, found);
    }
    context.isPartial = true;
  }
  const dataEnd = isFitting ? declaredEnd : end;
  if (u16(bytes, offset + CHECKSUM) !== 0) {
    const message = { protocol: UDP, field: 'udp.checksum', code: 'UDP_CHECKSUM' } as const;
    judgeChecksum(context, node, { ...message, at: offset + CHECKSUM, offset, end: dataEnd });
  } else {
    node.children.push(
      generatedNode(context, {
        label: 'Checksum status',
        name: 'udp.checksum.status',
        text: 'not present',
        value: ip?.version === 6 ? ILLEGAL : NOT_PRESENT,
        offset: offset + CHECKSUM,
      }),
    );
    // RFC 768 lets it be absent in IPv4, RFC 6935 section 5 in tunnels over IPv6.
    if (ip?.version === 6) report(context, 'UDP_CHECKSUM_ZERO', offset + CHECKSUM, 2);
  }
  addPayload(context, node, 'udp.payload', offset + OCTETS, dataEnd);
  addTrailer(context, dataEnd, end);
  if (offset + OCTETS >= dataEnd) return undefined;
  return {
    table: 'udp-port',
    key: Math.min(sourcePort, destinationPort),
    otherKey: Math.max(sourcePort, destinationPort),
    offset: offset + OCTETS,
    end: dataEnd,
  };
}

/** What a UDP datagram is made of. */
export interface UdpDatagram {
  /** Source and final destination, 16 octets each (IPv4: 4): they are part of the checksum. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
  /** Checksum and Length to write instead of the right ones. */
  readonly checksum?: number;
  readonly length?: number;
}

/** Octets of a datagram. Throws RangeError when a number does not fit. */
export function udpDatagram(datagram: UdpDatagram): Uint8Array {
  const { source, destination, sourcePort, destinationPort, payload } = datagram;
  const length = datagram.length ?? OCTETS + payload.length;
  const header = udpHeader.encode({ sourcePort, destinationPort, length, checksum: 0 });
  const bytes = concatenate([header, payload]);
  const addresses = sumWords(
    destination,
    0,
    destination.length,
    sumWords(source, 0, source.length),
  );
  const sum = foldChecksum(sumWords(bytes, 0, bytes.length, addresses + bytes.length + UDP));
  // RFC 8200 section 8.1: a checksum of zero is sent as ffff.
  putU16(bytes, CHECKSUM, datagram.checksum ?? (sum === 0 ? 0xffff : sum));
  return bytes;
}
