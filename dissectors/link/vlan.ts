/**
 * VLAN tags: IEEE 802.1Q, and 802.1ad for the outer of two.
 */
import { u16 } from '../core/bytes.ts';
import { concatenate, flags, layout, uint16 } from '../core/layout.ts';
import { addHeader, reportLinkEnd } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE, ETHERTYPE_NAMES, SMALLEST_ETHERTYPE } from './ethertype.ts';
import { enterLengthFrame } from './llc.ts';

/** Tag after its Ethertype; Wireshark has names of its own for 802.1ad. */
const tagLayout = (name: string, filter: string, typeFilter: string) =>
  layout({
    name,
    fields: [
      flags(2, 'control', {
        label: 'Tag control information',
        filter: `${filter}.tci`,
        bits: {
          priority: { mask: 0xe000, label: 'Priority', filter: `${filter}.priority` },
          dropEligible: { mask: 0x1000, label: 'DEI', filter: `${filter}.dei` },
          identifier: { mask: 0x0fff, label: 'ID', filter: `${filter}.id` },
        },
      }),
      uint16('etherType', {
        label: 'Type',
        filter: typeFilter,
        hex: true,
        values: ETHERTYPE_NAMES,
      }),
    ],
  });

/** IEEE 802.1Q tag. */
export const vlanTag = tagLayout('802.1Q Virtual LAN', 'vlan', 'vlan.etype');
/** IEEE 802.1ad service tag. */
export const serviceVlanTag = tagLayout('IEEE 802.1ad', 'ieee8021ad', 'ieee8021ad.etype');

const OCTETS = vlanTag.fixedOctets;
const ETHER_TYPE = vlanTag.offsetOf('etherType');

/** Layer: one VLAN tag. */
export function dissectVlan(
  context: LayerContext,
  { key, offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  const tag = key === ETHERTYPE.serviceVlan ? serviceVlanTag : vlanTag;
  const name = tag === serviceVlanTag ? 'ieee8021ad' : 'vlan';
  const node = addHeader(context, tag, name, offset, end, `ID ${u16(bytes, offset) & 0x0fff}`);
  if (end - offset < OCTETS) return reportLinkEnd(context, 'VLAN tag', offset, end);
  const etherType = u16(bytes, offset + ETHER_TYPE);
  const at = offset + OCTETS;
  if (etherType < SMALLEST_ETHERTYPE) {
    return enterLengthFrame(context, node, `${name}.etype`, name, etherType, at, end);
  }
  return { table: 'ethertype', key: etherType, offset: at, end };
}

/**
 * VLAN tag after its Ethertype, with what it carries: payload of a frame of type 0x8100 or 0x88a8.
 * @throws RangeError when the identifier is not 0..4095 or the priority not 0..7.
 */
export function vlan(tag: {
  readonly identifier: number;
  readonly priority?: number;
  readonly dropEligible?: boolean;
  /** Default: IPv6. */
  readonly etherType?: number;
  readonly payload: Uint8Array;
}): Uint8Array {
  const { identifier, priority = 0, dropEligible = false, etherType = 0x86dd, payload } = tag;
  if (!(identifier >= 0 && identifier <= 0x0fff)) {
    throw new RangeError('vlan.id: expected an integer from 0 to 4095');
  }
  if (!(priority >= 0 && priority <= 7)) {
    throw new RangeError('vlan.priority: expected an integer from 0 to 7');
  }
  const control = (priority << 13) | (dropEligible ? 0x1000 : 0) | identifier;
  return concatenate([vlanTag.encode({ control, etherType }), payload]);
}
