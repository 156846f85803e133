/**
 * PPP over Ethernet. RFC 2516 section 4.
 */
import { u16, u8 } from '../core/bytes.ts';
import { concatenate, flags, layout, uint16, uint8 } from '../core/layout.ts';
import { addData, addHeader, addTrailer, report, reportLinkEnd } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { LINKTYPE } from '../walk.ts';
import { ETHERTYPE } from './ethertype.ts';

/** Code of a session packet; discovery has others. RFC 2516 sections 5 and 6. */
const SESSION = 0;

/** PPPoE header of both stages. RFC 2516 section 4. */
export const pppoeHeader = layout({
  name: 'PPP-over-Ethernet',
  spec: { rfc: 2516, section: '4' },
  fields: [
    flags(1, 'versionAndType', {
      label: 'Version and type',
      filter: 'pppoe.version_type',
      bits: {
        version: { mask: 0xf0, label: 'Version', filter: 'pppoe.version' },
        type: { mask: 0x0f, label: 'Type', filter: 'pppoe.type' },
      },
    }),
    uint8('code', {
      label: 'Code',
      filter: 'pppoe.code',
      hex: true,
      values: [
        { value: SESSION, name: 'Session Data' },
        { value: 0x07, name: 'Active Discovery Offer (PADO)' },
        { value: 0x09, name: 'Active Discovery Initiation (PADI)' },
        { value: 0x19, name: 'Active Discovery Request (PADR)' },
        { value: 0x65, name: 'Active Discovery Session-confirmation (PADS)' },
        { value: 0xa7, name: 'Active Discovery Terminate (PADT)' },
      ],
    }),
    uint16('sessionIdentifier', { label: 'Session ID', filter: 'pppoe.session_id', hex: true }),
    uint16('length', { label: 'Payload Length', filter: 'pppoe.payload_length', unit: 'octets' }),
  ],
});

const OCTETS = pppoeHeader.fixedOctets;
const CODE = pppoeHeader.offsetOf('code');
const SESSION_IDENTIFIER = pppoeHeader.offsetOf('sessionIdentifier');
const LENGTH = pppoeHeader.offsetOf('length');

/** Layer: PPPoE. A session packet holds a PPP frame without Address and Control. */
export function dissectPppoe(
  context: LayerContext,
  { key, offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  const isSession = key === ETHERTYPE.pppoeSession;
  const isWhole = end - offset >= OCTETS;
  const session = u16(bytes, offset + SESSION_IDENTIFIER)
    .toString(16)
    .padStart(4, '0');
  const text = isWhole && isSession ? `session 0x${session}` : '';
  addHeader(context, pppoeHeader, isSession ? 'pppoes' : 'pppoed', offset, end, text);
  if (!isWhole) return reportLinkEnd(context, 'PPPoE', offset, end);
  const at = offset + OCTETS;
  const length = u16(bytes, offset + LENGTH);
  const isFitting = at + length <= end;
  if (!isFitting && !context.isCut && !context.isPartial) {
    report(context, 'LINK_LENGTH', offset + LENGTH, 2, `${length} octets, ${end - at} left`);
  }
  const dataEnd = isFitting ? at + length : end;
  addTrailer(context, dataEnd, end);
  if (isSession && u8(bytes, offset + CODE) === SESSION) {
    return { table: 'link-type', key: LINKTYPE.ppp, offset: at, end: dataEnd };
  }
  addData(context, at, dataEnd);
  return undefined;
}

/** Payload of an Ethernet frame of type 0x8864 around a PPP frame. Throws RangeError when a number does not fit. */
export function pppoe(packet: {
  readonly sessionIdentifier: number;
  /** PPP frame without Address and Control. */
  readonly payload: Uint8Array;
  /** Length to write instead of the right one. */
  readonly length?: number;
}): Uint8Array {
  const { sessionIdentifier, payload, length = payload.length } = packet;
  const header = { versionAndType: 0x11, code: SESSION, sessionIdentifier, length };
  return concatenate([pppoeHeader.encode(header), payload]);
}
