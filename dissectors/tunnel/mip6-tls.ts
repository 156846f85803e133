/**
 * Mobile IPv6 secured through TLS: packets in UDP with a security association that a controller handed out.
 * RFC 6618 section 6.
 */
import { u32, u8 } from '../core/bytes.ts';
import { bytesField, concatenate, flags, layout, uint32 } from '../core/layout.ts';
import { addData, addHeader, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE } from '../link/ethertype.ts';

/** Port of the home agent where bootstrapping named no other. RFC 6618 section 8.3. */
export const MIP6_TLS_PORT = 7872;

/** Packet types. RFC 6618 section 8.1. */
const PACKET_TYPE = { plain: 0, protectedData: 1, mobilityHeader: 8 } as const;

/** Packet type, SPI and sequence number. RFC 6618 sections 6.1 and 6.2. */
export const mip6TlsHeader = layout({
  name: 'TLS-based Mobile IPv6',
  spec: { rfc: 6618, section: '6.2' },
  fields: [
    flags(4, 'typeAndSpi', {
      label: 'Packet type and SPI',
      filter: 'mip6tls.type_spi',
      bits: {
        packetType: {
          mask: 0xf0000000,
          label: 'Packet type',
          filter: 'mip6tls.ptype',
          values: [
            { value: PACKET_TYPE.plain, name: 'non-encrypted IP packet' },
            { value: PACKET_TYPE.protectedData, name: 'encrypted IP packet' },
            { value: PACKET_TYPE.mobilityHeader, name: 'mobility header' },
          ],
        },
        spi: { mask: 0x0fffffff, label: 'SPI', filter: 'mip6tls.spi' },
      },
    }),
    uint32('sequence', { label: 'Sequence Number', filter: 'mip6tls.sequence' }),
    bytesField('rest', 'data', {
      label: 'Payload, padding and ICV',
      filter: 'mip6tls.data',
      spec: { rfc: 6618, section: '6.3' },
    }),
  ],
});

const OCTETS = mip6TlsHeader.fixedOctets;

/** What is wrong with the first two words, if anything. */
function faultOf(packetType: number, spi: number, sequence: number): string | undefined {
  if (packetType === PACKET_TYPE.plain) {
    // RFC 6618 section 6.4.
    return spi === 0 && sequence === 0
      ? undefined
      : `SPI ${spi}, sequence ${sequence} in the clear`;
  }
  if (packetType !== PACKET_TYPE.protectedData && packetType !== PACKET_TYPE.mobilityHeader) {
    return `packet type ${packetType}`;
  }
  // RFC 6618 section 6.2.
  return spi === 0 ? `packet type ${packetType} with SPI 0` : undefined;
}

/** Layer: packet type 0 leads to the IP packet in it, the others are opened by keys that no capture holds. */
export function dissectMip6Tls(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  if (offset >= end) return undefined;
  const at = offset + OCTETS;
  const isWhole = at <= end;
  const packetType = u8(bytes, offset) >> 4;
  const isPlain = isWhole && packetType === PACKET_TYPE.plain;
  const octets = isPlain ? OCTETS : end - offset;
  addHeader(context, mip6TlsHeader, 'mip6tls', offset, end, '', octets);
  if (!isWhole) {
    if (context.isPartial) return undefined;
    report(context, 'MIP6TLS_MALFORMED', offset, end - offset, `${end - offset} octets`);
    return undefined;
  }
  const fault = faultOf(packetType, u32(bytes, offset) & 0x0fffffff, u32(bytes, offset + 4));
  if (fault !== undefined) report(context, 'MIP6TLS_MALFORMED', offset, OCTETS, fault);
  if (!isPlain || at >= end) return undefined;
  const version = u8(bytes, at) >> 4;
  if (version === 6) return { table: 'ethertype', key: ETHERTYPE.ipv6, offset: at, end };
  if (version === 4) return { table: 'ethertype', key: ETHERTYPE.ipv4, offset: at, end };
  report(context, 'TUNNEL_PAYLOAD', at, 1, `version ${version}`);
  addData(context, at, end);
  return undefined;
}

/** Header and payload. Throws RangeError when a number does not fit. */
export function mip6Tls(packet: {
  readonly packetType: number;
  readonly spi: number;
  readonly sequence: number;
  readonly data: Uint8Array;
}): Uint8Array {
  const { packetType, spi, sequence, data } = packet;
  if (!(packetType >= 0 && packetType <= 15)) {
    throw new RangeError('mip6tls.ptype: expected an integer from 0 to 15');
  }
  if (!(spi >= 0 && spi <= 0x0fffffff)) {
    throw new RangeError('mip6tls.spi: expected an integer from 0 to 268435455');
  }
  const typeAndSpi = ((packetType << 28) | spi) >>> 0;
  return concatenate([mip6TlsHeader.encode({ typeAndSpi, sequence, data })]);
}
