/**
 * Security group tag between an Ethertype and another. No RFC defines it; Wireshark has names for its fields.
 */
import { u16 } from '../core/bytes.ts';
import { layout, uint16, uint8 } from '../core/layout.ts';
import { addHeader, reportLinkEnd } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE_NAMES } from './ethertype.ts';

/** Cisco MetaData after its Ethertype. */
export const ciscoMetaData = layout({
  name: 'Cisco MetaData',
  fields: [
    uint16('etherType', { label: 'Type', filter: 'cmd.type', hex: true, values: ETHERTYPE_NAMES }),
    uint8('version', { label: 'Version', filter: 'cmd.version' }),
    uint8('length', { label: 'Length', filter: 'cmd.length' }),
    uint16('options', { label: 'Options', filter: 'cmd.options', hex: true }),
    uint16('securityGroupTag', { label: 'SGT', filter: 'cmd.sgt' }),
  ],
});

const OCTETS = ciscoMetaData.fixedOctets;

/** Layer: Cisco MetaData. */
export function dissectCiscoMetaData(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  addHeader(context, ciscoMetaData, 'cmd', offset, end);
  if (end - offset < OCTETS) return reportLinkEnd(context, ciscoMetaData.name, offset, end);
  return { table: 'ethertype', key: u16(bytes, offset), offset: offset + OCTETS, end };
}
