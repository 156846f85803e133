/**
 * Ethernet II header, link type 1.
 */
import { u16 } from '../core/bytes.ts';
import { bytesField, concatenate, layout, uint16 } from '../core/layout.ts';
import { addData, addHeader, renameField, report } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE_NAMES, SMALLEST_ETHERTYPE } from './ethertype.ts';

/** Ethernet II header. RFC 2464 section 3. */
export const ethernetHeader = layout({
  name: 'Ethernet II',
  spec: { rfc: 2464, section: '3' },
  fields: [
    bytesField(6, 'destination', { label: 'Destination', filter: 'eth.dst', show: 'mac' }),
    bytesField(6, 'source', { label: 'Source', filter: 'eth.src', show: 'mac' }),
    uint16('etherType', { label: 'Type', filter: 'eth.type', hex: true, values: ETHERTYPE_NAMES }),
  ],
});

const OCTETS = ethernetHeader.fixedOctets;
const ETHER_TYPE = ethernetHeader.offsetOf('etherType');
/** Shortest frame without its check sequence: senders fill shorter ones. */
const SHORTEST_FRAME = 60;

/** Layer: Ethernet. */
export function dissectEthernet(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const node = addHeader(context, ethernetHeader, 'eth', offset, end);
  if (end - offset < OCTETS) {
    report(context, 'LINK_TRUNCATED', offset, end - offset, `${end - offset} octets of Ethernet`);
    return undefined;
  }
  const trailer = end - offset <= SHORTEST_FRAME ? 'eth.padding' : 'eth.trailer';
  context.link = { node, trailer };
  const key = u16(context.bytes, offset + ETHER_TYPE);
  if (key < SMALLEST_ETHERTYPE) {
    renameField(node, 'eth.type', 'eth.len', 'Length');
    addData(context, offset + OCTETS, end);
    return undefined;
  }
  return { table: 'ethertype', key, offset: offset + OCTETS, end };
}

/**
 * Ethernet frame without check sequence.
 * @throws RangeError when an address is not 6 octets or the type is out of range.
 */
export function ethernetFrame(frame: {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** Default: IPv6. */
  readonly etherType?: number;
  readonly payload: Uint8Array;
}): Uint8Array {
  const { destination, source, etherType = 0x86dd, payload } = frame;
  return concatenate([ethernetHeader.encode({ destination, source, etherType }), payload]);
}
