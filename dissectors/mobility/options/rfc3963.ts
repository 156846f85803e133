/**
 * Mobility option of network mobility: RFC 3963 section 4.3.
 */
import { address, reserved, uint8 } from '../../core/layout.ts';
import { option } from '../option.ts';
import { BINDING_UPDATE } from './message-types.ts';

const mobileNetworkPrefix = option({
  kind: 'mobile-network-prefix',
  type: 6,
  name: 'Mobile Network Prefix',
  filter: 'mip6.options.mnp',
  spec: { rfc: 3963, section: '4.3' },
  align: [8, 4],
  lengths: [18],
  allowedIn: [BINDING_UPDATE],
  repeatable: true,
  check: ({ prefixLength }) =>
    prefixLength > 128 ? `prefix length ${prefixLength} exceeds 128` : undefined,
  fields: [
    reserved(1, 'reserved', 'mip6.nemo.mnp.reserved'),
    uint8('prefixLength', { label: 'Prefix length', filter: 'mip6.nemo.mnp.pfl', unit: 'bits' }),
    address('prefix', { label: 'Mobile Network Prefix', filter: 'mip6.nemo.mnp.mnp' }),
  ],
});

/** Rows of RFC 3963. */
export const rfc3963Options = [mobileNetworkPrefix] as const;
