/**
 * Options of neighbor discovery, RFC 4861 section 4.6, and of inverse neighbor discovery, RFC 3122 section 3.
 */
import { addressKey } from '../../core/address.ts';
import {
  address,
  addresses,
  bytesField,
  flags,
  reserved,
  uint32,
  uint8,
} from '../../core/layout.ts';
import { MESSAGE } from '../message-types.ts';
import { ndOption } from '../nd-option.ts';
import { RESERVED, lifetimeText } from './rows.ts';

const LINK_LAYER_ADDRESS = {
  label: 'Link-layer address',
  filter: 'icmpv6.opt.linkaddr',
  show: 'mac',
} as const;

const sourceLinkLayerAddress = ndOption({
  kind: 'source-link-layer-address',
  type: 1,
  name: 'Source link-layer address',
  spec: { rfc: 4861, section: '4.6.1' },
  allowedIn: [
    MESSAGE.routerSolicitation,
    MESSAGE.routerAdvertisement,
    MESSAGE.neighborSolicitation,
    MESSAGE.inverseSolicitation,
    MESSAGE.inverseAdvertisement,
  ],
  fields: [bytesField('rest', 'address', LINK_LAYER_ADDRESS)],
});

const targetLinkLayerAddress = ndOption({
  kind: 'target-link-layer-address',
  type: 2,
  name: 'Target link-layer address',
  spec: { rfc: 4861, section: '4.6.1' },
  allowedIn: [
    MESSAGE.neighborAdvertisement,
    MESSAGE.redirect,
    MESSAGE.inverseSolicitation,
    MESSAGE.inverseAdvertisement,
  ],
  fields: [bytesField('rest', 'address', LINK_LAYER_ADDRESS)],
});

/** Flags of a Prefix Information option. */
export const PREFIX_INFORMATION_FLAGS = {
  onLink: { mask: 0x80, label: 'On-link (L)', filter: 'icmpv6.opt.prefix.flag.l' },
  autonomous: {
    mask: 0x40,
    label: 'Autonomous address-configuration (A)',
    filter: 'icmpv6.opt.prefix.flag.a',
  },
  routerAddress: {
    mask: 0x20,
    label: 'Router Address (R)',
    filter: 'icmpv6.opt.prefix.flag.r',
    spec: { rfc: 6275, section: '7.2' },
  },
} as const;

/** Bits of an address. */
const ADDRESS_BITS = 128;

const prefixInformation = ndOption({
  kind: 'prefix-information',
  type: 3,
  name: 'Prefix information',
  spec: { rfc: 4861, section: '4.6.2' },
  units: { from: 4, to: 4 },
  allowedIn: [
    MESSAGE.routerAdvertisement,
    // RFC 6275 section 6.8.
    MESSAGE.mobilePrefixAdvertisement,
    // RFC 5568 section 6.1.2 speaks of tuples with one.
    MESSAGE.proxyRouterAdvertisement,
  ],
  check: ({ prefixLength, validLifetime, preferredLifetime }, report) => {
    if (prefixLength > ADDRESS_BITS) report('ND_PREFIX_LENGTH', `${prefixLength} bits`);
    if (preferredLifetime > validLifetime) {
      const text = `${lifetimeText(preferredLifetime)}, valid ${lifetimeText(validLifetime)}`;
      report('ND_PREFERRED_LIFETIME', text);
    }
  },
  fields: [
    uint8('prefixLength', {
      label: 'Prefix Length',
      filter: 'icmpv6.opt.prefix.length',
      unit: 'bits',
    }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.opt.prefix.flag',
      bits: PREFIX_INFORMATION_FLAGS,
    }),
    uint32('validLifetime', {
      label: 'Valid Lifetime',
      filter: 'icmpv6.opt.prefix.valid_lifetime',
      format: lifetimeText,
      unit: 's',
    }),
    uint32('preferredLifetime', {
      label: 'Preferred Lifetime',
      filter: 'icmpv6.opt.prefix.preferred_lifetime',
      format: lifetimeText,
      unit: 's',
    }),
    reserved(4, 'reserved', RESERVED),
    address('prefix', { label: 'Prefix', filter: 'icmpv6.opt.prefix' }),
  ],
});

/** Filter field of the packet that a Redirect is about. */
export const REDIRECTED_PACKET = 'icmpv6.opt.redirected_packet';

const redirectedHeader = ndOption({
  kind: 'redirected-header',
  type: 4,
  name: 'Redirected header',
  spec: { rfc: 4861, section: '4.6.3' },
  allowedIn: [MESSAGE.redirect],
  fields: [
    reserved(6, 'reserved', RESERVED),
    bytesField('rest', 'packet', {
      label: 'Redirected packet',
      filter: REDIRECTED_PACKET,
    }),
  ],
});

const mtu = ndOption({
  kind: 'mtu',
  type: 5,
  name: 'MTU',
  spec: { rfc: 4861, section: '4.6.4' },
  units: { from: 1, to: 1 },
  allowedIn: [
    MESSAGE.routerAdvertisement,
    // RFC 3122 sections 2.1 and 2.2.
    MESSAGE.inverseSolicitation,
    MESSAGE.inverseAdvertisement,
  ],
  fields: [
    reserved(2, 'reserved', RESERVED),
    uint32('mtu', { label: 'MTU', filter: 'icmpv6.opt.mtu', unit: 'octets' }),
  ],
});

const sourceAddressList = ndOption({
  kind: 'source-address-list',
  type: 9,
  name: 'Source Address List',
  spec: { rfc: 3122, section: '3.1' },
  units: { from: 3, step: 2 },
  allowedIn: [MESSAGE.inverseSolicitation],
  check: ({ addresses: list }, report) => {
    if (hasRepeated(list)) report('IND_ADDRESS_REPEATED');
  },
  fields: [
    reserved(6, 'reserved', RESERVED),
    addresses('addresses', { label: 'IPv6 Address', filter: 'icmpv6.opt.ipv6_address' }),
  ],
});

const targetAddressList = ndOption({
  kind: 'target-address-list',
  type: 10,
  name: 'Target Address List',
  spec: { rfc: 3122, section: '3.1' },
  units: { from: 3, step: 2 },
  allowedIn: [MESSAGE.inverseAdvertisement],
  check: ({ addresses: list }, report) => {
    if (hasRepeated(list)) report('IND_ADDRESS_REPEATED');
  },
  fields: [
    reserved(6, 'reserved', RESERVED),
    addresses('addresses', { label: 'IPv6 Address', filter: 'icmpv6.opt.ipv6_address' }),
  ],
});

/** Whether an address is twice in a list. */
function hasRepeated(list: readonly Uint8Array[]): boolean {
  return new Set(list.map((item) => addressKey(item))).size < list.length;
}

/** Options of RFC 4861 and RFC 3122. */
export const basicOptions = [
  sourceLinkLayerAddress,
  targetLinkLayerAddress,
  prefixInformation,
  redirectedHeader,
  mtu,
  sourceAddressList,
  targetAddressList,
] as const;
