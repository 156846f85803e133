/**
 * TLV header between UDP and what a Proxy Mobile IPv6 tunnel carries. RFC 5845 section 7.2.
 */
import { u16, u8 } from '../core/bytes.ts';
import { concatenate, flags, layout, uint16, uint8 } from '../core/layout.ts';
import { NEXT_HEADER, NEXT_HEADER_NAMES } from '../ipv6/header.ts';
import { addData, addHeader, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';

/** TLV header: Type 0 tells it from an IP header, whose first four bits are its version. */
export const tlvHeader = layout({
  name: 'Proxy Mobile IPv6 TLV header',
  spec: { rfc: 5845, section: '7.2' },
  fields: [
    flags(1, 'typeAndReserved', {
      label: 'Type and reserved bits',
      filter: 'pmip6.tlv.type_reserved',
      bits: {
        type: { mask: 0xf0, label: 'Type', filter: 'pmip6.tlv.type' },
        reserved: { mask: 0x0f, label: 'Reserved', filter: 'pmip6.tlv.reserved' },
      },
    }),
    uint8('nextHeader', {
      label: 'Next Header',
      filter: 'pmip6.tlv.nxt',
      values: NEXT_HEADER_NAMES,
    }),
    uint16('length', { label: 'Length', filter: 'pmip6.tlv.length', unit: 'octets' }),
  ],
});

const OCTETS = tlvHeader.fixedOctets;
const NEXT = tlvHeader.offsetOf('nextHeader');
const LENGTH = tlvHeader.offsetOf('length');
/** What the tunnel carries; other protocols have no meaning without an IP header. */
const CARRIED: ReadonlySet<number> = new Set([NEXT_HEADER.ipv4, NEXT_HEADER.ipv6, NEXT_HEADER.gre]);

/** Layer: TLV header, called where the first four bits are zero. */
export function dissectTlvHeader(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  addHeader(context, tlvHeader, 'pmip6.tlv', offset, end);
  const at = offset + OCTETS;
  const isWhole = at <= end;
  const length = u16(bytes, offset + LENGTH);
  // "It must equal what is left of the datagram": a TLV header of another length is dropped.
  if (!context.isPartial && (!isWhole || at + length !== end)) {
    const found = isWhole ? `length ${length}, ${end - at} left` : `${end - offset} octets`;
    report(context, 'TLV_HEADER_LENGTH', offset, Math.min(OCTETS, end - offset), found);
  }
  if (!isWhole) return undefined;
  if ((u8(bytes, offset) & 0x0f) !== 0) {
    report(context, 'RESERVED_NOT_ZERO', offset, 1, 'TLV header');
  }
  const key = u8(bytes, offset + NEXT);
  if (CARRIED.has(key)) return { table: 'ip-protocol', key, offset: at, end };
  report(context, 'TUNNEL_PAYLOAD', offset + NEXT, 1, `next header ${key}`);
  addData(context, at, end);
  return undefined;
}

/** TLV header and payload. Throws RangeError when a number does not fit. */
export function withTlvHeader(packet: {
  /** Protocol of the payload: 41, 4 or 47. */
  readonly nextHeader: number;
  readonly payload: Uint8Array;
  /** Length to write instead of the right one. */
  readonly length?: number;
}): Uint8Array {
  const { nextHeader, payload, length = payload.length } = packet;
  return concatenate([tlvHeader.encode({ typeAndReserved: 0, nextHeader, length }), payload]);
}
