/**
 * Ethernet header, link type 1: Ethernet II with a type, IEEE 802.3 with a length.
 */
import { u16, u8 } from '../core/bytes.ts';
import { bytesField, concatenate, layout, uint16 } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { addHeader, reportLinkEnd } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE_NAMES, SMALLEST_ETHERTYPE } from './ethertype.ts';
import { enterLengthFrame } from './llc.ts';

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

/** The two bits of a link-layer address that say what kind it is. IEEE 802 section 8. */
const ADDRESS_BITS = [
  {
    mask: 0x020000,
    label: 'LG bit',
    suffix: 'lg',
    texts: ['globally unique', 'locally administered'],
  },
  { mask: 0x010000, label: 'IG bit', suffix: 'ig', texts: ['individual', 'group'] },
] as const;

function addAddressBits(node: FieldNode, source: number): void {
  for (const { name = '', value, offset, children } of node.children) {
    if (!(value instanceof Uint8Array)) continue;
    for (const { mask, label, suffix, texts } of ADDRESS_BITS) {
      const bit = (u8(value, 0) & (mask >> 16)) === 0 ? 0 : 1;
      children.push({
        label,
        name: `${name}.${suffix}`,
        text: texts[bit],
        value: bit,
        offset,
        length: 3,
        mask,
        source,
        children: [],
      });
    }
  }
}

/** Layer: Ethernet. */
export function dissectEthernet(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  // What a bridged frame holds is not part of the packet around it.
  context.ip = undefined;
  const node = addHeader(context, ethernetHeader, 'eth', offset, end);
  if (end - offset < OCTETS) return reportLinkEnd(context, 'Ethernet', offset, end);
  addAddressBits(node, context.source);
  const trailer = end - offset <= SHORTEST_FRAME ? 'eth.padding' : 'eth.trailer';
  context.link = { node, trailer };
  const at = offset + OCTETS;
  const key = u16(context.bytes, offset + ETHER_TYPE);
  if (key < SMALLEST_ETHERTYPE)
    return enterLengthFrame(context, node, 'eth.type', 'eth', key, at, end);
  return { table: 'ethertype', key, offset: at, end };
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
