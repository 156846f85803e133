/**
 * Options of distributed mobility management: RFC 8885 section 4. Their messages carry the D flag.
 */
import { isLinkLocal } from '../../core/address.ts';
import { address, bytesField, reserved, uint8 } from '../../core/layout.ts';
import { option } from '../option.ts';
import { BINDING_ACKNOWLEDGEMENT, PROXY_BINDING } from './message-types.ts';

const MAX_PREFIX = 128;

const checkPrefix = (length: number): string | undefined =>
  length > MAX_PREFIX ? `prefix length ${length} exceeds ${MAX_PREFIX}` : undefined;

const anchoredPrefix = option({
  kind: 'anchored-prefix',
  type: 65,
  name: 'Anchored Prefix',
  filter: 'mip6.options.anchored_prefix',
  spec: { rfc: 8885, section: '4.3' },
  align: [8, 4],
  lengths: [18],
  allowedIn: PROXY_BINDING,
  repeatable: true,
  check: ({ prefixLength }) => checkPrefix(prefixLength),
  fields: [
    reserved(1, 'reserved', 'mip6.anchored_prefix.reserved'),
    uint8('prefixLength', {
      label: 'Prefix length',
      filter: 'mip6.anchored_prefix.prefix_len',
      unit: 'bits',
    }),
    address('prefix', { label: 'Anchored prefix', filter: 'mip6.anchored_prefix.prefix' }),
  ],
});

const localPrefix = option({
  kind: 'local-prefix',
  type: 66,
  name: 'Local Prefix',
  filter: 'mip6.options.local_prefix',
  spec: { rfc: 8885, section: '4.4' },
  align: [8, 4],
  lengths: [18],
  allowedIn: PROXY_BINDING,
  repeatable: true,
  check: ({ prefixLength }) => checkPrefix(prefixLength),
  fields: [
    reserved(1, 'reserved', 'mip6.local_prefix.reserved'),
    uint8('prefixLength', {
      label: 'Prefix length',
      filter: 'mip6.local_prefix.prefix_len',
      unit: 'bits',
    }),
    address('prefix', { label: 'Local prefix', filter: 'mip6.local_prefix.prefix' }),
  ],
});

const previousMaar = option({
  kind: 'previous-maar',
  type: 67,
  name: 'Previous MAAR',
  filter: 'mip6.options.previous_maar',
  spec: { rfc: 8885, section: '4.5' },
  align: [8, 4],
  lengths: [34],
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  repeatable: true,
  check: ({ prefixLength }) => checkPrefix(prefixLength),
  fields: [
    reserved(1, 'reserved', 'mip6.previous_maar.reserved'),
    uint8('prefixLength', {
      label: 'Prefix length',
      filter: 'mip6.previous_maar.prefix_len',
      unit: 'bits',
    }),
    address('previousMaar', { label: 'Previous MAAR', filter: 'mip6.previous_maar.address' }),
    address('homeNetworkPrefix', {
      label: 'Home network prefix',
      filter: 'mip6.previous_maar.prefix',
    }),
  ],
});

const servingMaar = option({
  kind: 'serving-maar',
  type: 68,
  name: 'Serving MAAR',
  filter: 'mip6.options.serving_maar',
  spec: { rfc: 8885, section: '4.6' },
  align: [8, 6],
  lengths: [16],
  // Section 3.2: the acknowledgement returns the option.
  allowedIn: PROXY_BINDING,
  fields: [address('servingMaar', { label: 'Serving MAAR', filter: 'mip6.serving_maar.address' })],
});

const linkLocalAddress = option({
  kind: 'dlif-link-local-address',
  type: 69,
  name: 'DLIF Link-Local Address',
  filter: 'mip6.options.dlif_lla',
  spec: { rfc: 8885, section: '4.7' },
  align: [8, 6],
  lengths: [16],
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  // Section 3.7: the serving router has an interface for each of the previous ones.
  repeatable: true,
  check: ({ linkLocalAddress: octets }) =>
    isLinkLocal(octets, 0) ? undefined : 'the address is not link-local',
  fields: [
    address('linkLocalAddress', {
      label: 'DLIF link-local address',
      filter: 'mip6.dlif.link_local',
    }),
  ],
});

/** Aligned by the size of the address: no one rule. */
const linkLayerAddress = option({
  kind: 'dlif-link-layer-address',
  type: 70,
  name: 'DLIF Link-Layer Address',
  filter: 'mip6.options.dlif_link_layer',
  spec: { rfc: 8885, section: '4.8' },
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  // Section 3.7: the serving router has an interface for each of the previous ones.
  repeatable: true,
  // Where there is no link-layer address the option cannot be used.
  check: ({ linkLayerAddress: octets }) => (octets.length === 0 ? 'no address' : undefined),
  fields: [
    reserved(2, 'reserved', 'mip6.dlif.reserved'),
    bytesField('rest', 'linkLayerAddress', {
      label: 'DLIF link-layer address',
      filter: 'mip6.dlif.link_layer',
      show: 'mac',
    }),
  ],
});

/** Rows of RFC 8885. */
export const rfc8885Options = [
  anchoredPrefix,
  localPrefix,
  previousMaar,
  servingMaar,
  linkLocalAddress,
  linkLayerAddress,
] as const;
