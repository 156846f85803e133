/**
 * UDP. RFC 768; over IPv6: RFC 8200 section 8.1.
 */
import { putU16, u16 } from '../core/bytes.ts';
import { pseudoHeaderChecksum } from '../core/checksum.ts';
import { concatenate, layout, uint16 } from '../core/layout.ts';
import { addData, addHeader, addTrailer, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';

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

/** Layer: UDP. The checksum is not verified. */
export function dissectUdp(context: LayerContext, { offset, end }: LayerInput): undefined {
  const { bytes } = context;
  const isWhole = end - offset >= OCTETS;
  const text = isWhole ? `${u16(bytes, offset)} > ${u16(bytes, offset + 2)}` : '';
  addHeader(context, udpHeader, 'udp', offset, end, text);
  if (!isWhole) {
    if (!context.isPartial) report(context, 'UDP_TRUNCATED', offset, end - offset);
    return;
  }
  const length = u16(bytes, offset + LENGTH);
  // RFC 2675 section 4: length 0 stands for a jumbogram.
  const declaredEnd = length === 0 ? end : offset + length;
  const isFitting = (length === 0 || length >= OCTETS) && declaredEnd <= end;
  if (!isFitting && !context.isPartial) {
    report(context, 'UDP_TRUNCATED', offset + LENGTH, 2, `length ${length}, ${end - offset} left`);
  }
  const dataEnd = isFitting ? declaredEnd : end;
  addData(context, offset + OCTETS, dataEnd);
  addTrailer(context, dataEnd, end);
}

/** What a UDP datagram over IPv6 is made of. */
export interface UdpDatagram {
  /** Source and final destination, 16 octets each: they are part of the checksum. */
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
  const sum = pseudoHeaderChecksum(source, 0, destination, 0, UDP, bytes, 0, bytes.length);
  // RFC 8200 section 8.1: a checksum of zero is sent as ffff.
  putU16(bytes, CHECKSUM, datagram.checksum ?? (sum === 0 ? 0xffff : sum));
  return bytes;
}
