/**
 * Neighbor discovery options: the table of the known ones.
 */
import {
  address,
  addresses,
  bytesField,
  flags,
  reserved,
  uint16,
  uint32,
  uint8,
} from '../core/layout.ts';
import { ndOption, ndOptionCodec } from './nd-option.ts';
import type { NdOptionCodec } from './nd-option.ts';
import { ROUTER_PREFERENCES } from './neighbor-discovery.ts';

/** Filter field of the reserved octets of all options, as in Wireshark. */
const RESERVED = 'icmpv6.opt.reserved';

const sourceLinkLayerAddress = ndOption({
  kind: 'source-link-layer-address',
  type: 1,
  name: 'Source link-layer address',
  spec: { rfc: 4861, section: '4.6.1' },
  fields: [
    bytesField('rest', 'address', {
      label: 'Link-layer address',
      filter: 'icmpv6.opt.linkaddr',
      show: 'mac',
    }),
  ],
});

const targetLinkLayerAddress = ndOption({
  kind: 'target-link-layer-address',
  type: 2,
  name: 'Target link-layer address',
  spec: { rfc: 4861, section: '4.6.1' },
  fields: [
    bytesField('rest', 'address', {
      label: 'Link-layer address',
      filter: 'icmpv6.opt.linkaddr',
      show: 'mac',
    }),
  ],
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

const prefixInformation = ndOption({
  kind: 'prefix-information',
  type: 3,
  name: 'Prefix information',
  spec: { rfc: 4861, section: '4.6.2' },
  units: { from: 4, to: 4 },
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
      unit: 's',
    }),
    uint32('preferredLifetime', {
      label: 'Preferred Lifetime',
      filter: 'icmpv6.opt.prefix.preferred_lifetime',
      unit: 's',
    }),
    reserved(4, 'reserved', RESERVED),
    address('prefix', { label: 'Prefix', filter: 'icmpv6.opt.prefix' }),
  ],
});

const redirectedHeader = ndOption({
  kind: 'redirected-header',
  type: 4,
  name: 'Redirected header',
  spec: { rfc: 4861, section: '4.6.3' },
  fields: [
    reserved(6, 'reserved', RESERVED),
    bytesField('rest', 'packet', {
      label: 'Redirected packet',
      filter: 'icmpv6.opt.redirected_packet',
    }),
  ],
});

const mtu = ndOption({
  kind: 'mtu',
  type: 5,
  name: 'MTU',
  spec: { rfc: 4861, section: '4.6.4' },
  units: { from: 1, to: 1 },
  fields: [
    reserved(2, 'reserved', RESERVED),
    uint32('mtu', { label: 'MTU', filter: 'icmpv6.opt.mtu', unit: 'octets' }),
  ],
});

const advertisementInterval = ndOption({
  kind: 'advertisement-interval',
  type: 7,
  name: 'Advertisement Interval',
  spec: { rfc: 6275, section: '7.3' },
  units: { from: 1, to: 1 },
  fields: [
    reserved(2, 'reserved', RESERVED),
    uint32('interval', {
      label: 'Advertisement Interval',
      filter: 'icmpv6.opt.advertisement_interval',
      unit: 'ms',
    }),
  ],
});

const homeAgentInformation = ndOption({
  kind: 'home-agent-information',
  type: 8,
  name: 'Home Agent Information',
  spec: { rfc: 6275, section: '7.4' },
  units: { from: 1, to: 1 },
  fields: [
    flags(2, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.opt.home_agent_flags',
      bits: {
        mobileRouter: {
          mask: 0x8000,
          label: 'Mobile Router support (R)',
          filter: 'icmpv6.opt.home_agent_flags.r',
          spec: { rfc: 3963, section: '7.3' },
        },
      },
    }),
    uint16('preference', {
      label: 'Home Agent Preference',
      filter: 'icmpv6.opt.home_agent_preference',
    }),
    uint16('lifetime', {
      label: 'Home Agent Lifetime',
      filter: 'icmpv6.opt.home_agent_lifetime',
      unit: 's',
    }),
  ],
});

const nonce = ndOption({
  kind: 'nonce',
  type: 14,
  name: 'Nonce',
  spec: { rfc: 3971, section: '5.3.2' },
  fields: [bytesField('rest', 'nonce', { label: 'Nonce', filter: 'icmpv6.opt.nonce' })],
});

const routeInformation = ndOption({
  kind: 'route-information',
  type: 24,
  name: 'Route Information',
  spec: { rfc: 4191, section: '2.3' },
  units: { from: 1, to: 3 },
  fields: [
    uint8('prefixLength', {
      label: 'Prefix Length',
      filter: 'icmpv6.opt.prefix.length',
      unit: 'bits',
    }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.opt.route_info.flag',
      bits: {
        preference: {
          mask: 0x18,
          label: 'Route Preference',
          filter: 'icmpv6.opt.route_info.flag.route_preference',
          values: ROUTER_PREFERENCES,
        },
      },
    }),
    uint32('lifetime', {
      label: 'Route Lifetime',
      filter: 'icmpv6.opt.route_lifetime',
      unit: 's',
    }),
    // 0, 8 or 16 octets: the rest of the prefix is zero.
    bytesField('rest', 'prefix', {
      label: 'Prefix',
      filter: 'icmpv6.opt.prefix',
      show: 'prefix',
    }),
  ],
});

const recursiveDnsServer = ndOption({
  kind: 'recursive-dns-server',
  type: 25,
  name: 'Recursive DNS Server',
  spec: { rfc: 8106, section: '5.1' },
  units: { from: 3, step: 2 },
  fields: [
    reserved(2, 'reserved', RESERVED),
    uint32('lifetime', { label: 'Lifetime', filter: 'icmpv6.opt.rdnss.lifetime', unit: 's' }),
    addresses('addresses', { label: 'Recursive DNS Server', filter: 'icmpv6.opt.rdnss' }),
  ],
});

const dnsSearchList = ndOption({
  kind: 'dns-search-list',
  type: 31,
  name: 'DNS Search List',
  spec: { rfc: 8106, section: '5.2' },
  units: { from: 2 },
  fields: [
    reserved(2, 'reserved', RESERVED),
    uint32('lifetime', { label: 'Lifetime', filter: 'icmpv6.opt.dnssl.lifetime', unit: 's' }),
    // Names in DNS wire format and zero padding, as they came.
    bytesField('rest', 'names', { label: 'Domain names', filter: 'icmpv6.opt.dnssl' }),
  ],
});

/** All known options; a new one is one entry. */
export const ND_OPTIONS = [
  sourceLinkLayerAddress,
  targetLinkLayerAddress,
  prefixInformation,
  redirectedHeader,
  mtu,
  advertisementInterval,
  homeAgentInformation,
  nonce,
  routeInformation,
  recursiveDnsServer,
  dnsSearchList,
] as const;

/** Codec of all known options. */
export const ndOptions = ndOptionCodec(ND_OPTIONS);

/** Any neighbor discovery option, told apart by `kind`. */
export type NdOption = typeof ndOptions extends NdOptionCodec<infer O> ? O : never;

/** The first option of a kind, or undefined. */
export function findNdOption<K extends NdOption['kind']>(
  options: readonly NdOption[],
  kind: K,
): Extract<NdOption, { kind: K }> | undefined {
  return options.find((item): item is Extract<NdOption, { kind: K }> => item.kind === kind);
}
