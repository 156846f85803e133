/**
 * ESP and IKE in UDP port 4500. RFC 3948 section 2.
 */
import { u32, u8 } from '../core/bytes.ts';
import { bytesField, layout, uint32 } from '../core/layout.ts';
import { NEXT_HEADER } from '../ipv6/header.ts';
import { addHeader } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';

/** Port of IKE. RFC 7296 section 3.1. */
export const IKE_PORT = 500;
/** Port of ESP in UDP, and of IKE behind a NAT. RFC 3948 section 2. */
export const UDP_ENCAPSULATION_PORT = 4500;

/** What stands in front of an IKE message where ESP has its SPI. RFC 3948 section 2.2. */
export const nonEspMarker = layout({
  name: 'UDP Encapsulation of IPsec Packets',
  spec: { rfc: 3948, section: '2.2' },
  fields: [
    uint32('marker', { label: 'Non-ESP Marker', filter: 'udpencap.non_esp_marker', hex: true }),
  ],
});

/** Datagram that keeps a NAT mapping alive. RFC 3948 section 2.3. */
export const natKeepalive = layout({
  name: 'UDP Encapsulation of IPsec Packets',
  spec: { rfc: 3948, section: '2.3' },
  fields: [
    bytesField(1, 'keepalive', {
      label: 'NAT-keepalive packet',
      filter: 'udpencap.nat_keepalive',
    }),
  ],
});

const espInUdp = layout({
  name: 'UDP Encapsulation of IPsec Packets',
  spec: { rfc: 3948, section: '2.1' },
  fields: [],
});

const NAME = 'udpencap';
const KEEPALIVE = 0xff;
const MARKER_OCTETS = nonEspMarker.fixedOctets;

/** Layer: ESP, IKE behind four zero octets, or a keepalive of one octet. */
export function dissectUdpEncapsulation(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  if (offset >= end) return undefined;
  if (end - offset === 1 && u8(bytes, offset) === KEEPALIVE) {
    addHeader(context, natKeepalive, NAME, offset, end, 'NAT keepalive');
    return undefined;
  }
  if (end - offset >= MARKER_OCTETS && u32(bytes, offset) === 0) {
    addHeader(context, nonEspMarker, NAME, offset, end, 'IKE');
    return { table: 'udp-port', key: IKE_PORT, offset: offset + MARKER_OCTETS, end };
  }
  addHeader(context, espInUdp, NAME, offset, end, 'ESP');
  return { table: 'ip-protocol', key: NEXT_HEADER.esp, offset, end };
}
