/**
 * Router Solicitation and Advertisement, Neighbor Solicitation and Advertisement, Redirect.
 * RFC 4861 sections 4.1 to 4.5; flags of other documents are further rows of the same words.
 */
import { address, flags, reserved, uint16, uint32, uint8 } from '../core/layout.ts';
import { icmpv6MessageWithOptions } from './message.ts';
import { ROUTER_PREFERENCES } from './router-preference.ts';

/** Router Solicitation. RFC 4861 section 4.1. */
export const routerSolicitation = icmpv6MessageWithOptions({
  kind: 'router-solicitation',
  type: 133,
  name: 'Router Solicitation',
  spec: { rfc: 4861, section: '4.1' },
  fields: [reserved(4, 'reserved', 'icmpv6.reserved')],
});

/** Flags of a Router Advertisement. */
export const ROUTER_ADVERTISEMENT_FLAGS = {
  managed: {
    mask: 0x80,
    label: 'Managed address configuration (M)',
    filter: 'icmpv6.nd.ra.flag.m',
  },
  other: { mask: 0x40, label: 'Other configuration (O)', filter: 'icmpv6.nd.ra.flag.o' },
  homeAgent: {
    mask: 0x20,
    label: 'Home Agent (H)',
    filter: 'icmpv6.nd.ra.flag.h',
    spec: { rfc: 6275, section: '7.1' },
  },
  preference: {
    mask: 0x18,
    label: 'Prf (Default Router Preference)',
    filter: 'icmpv6.nd.ra.flag.prf',
    values: ROUTER_PREFERENCES,
    spec: { rfc: 4191, section: '2.2' },
  },
  proxy: {
    mask: 0x04,
    label: 'Proxy (P)',
    filter: 'icmpv6.nd.ra.flag.p',
    spec: { rfc: 5175, section: '3' },
  },
} as const;

/** Router Advertisement. RFC 4861 section 4.2. */
export const routerAdvertisement = icmpv6MessageWithOptions({
  kind: 'router-advertisement',
  type: 134,
  name: 'Router Advertisement',
  spec: { rfc: 4861, section: '4.2' },
  fields: [
    uint8('currentHopLimit', { label: 'Cur hop limit', filter: 'icmpv6.nd.ra.cur_hop_limit' }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.nd.ra.flag',
      bits: ROUTER_ADVERTISEMENT_FLAGS,
    }),
    uint16('routerLifetime', {
      label: 'Router lifetime',
      filter: 'icmpv6.nd.ra.router_lifetime',
      unit: 's',
    }),
    uint32('reachableTime', {
      label: 'Reachable time',
      filter: 'icmpv6.nd.ra.reachable_time',
      unit: 'ms',
    }),
    uint32('retransTimer', {
      label: 'Retrans timer',
      filter: 'icmpv6.nd.ra.retrans_timer',
      unit: 'ms',
    }),
  ],
});

/** Neighbor Solicitation. RFC 4861 section 4.3. */
export const neighborSolicitation = icmpv6MessageWithOptions({
  kind: 'neighbor-solicitation',
  type: 135,
  name: 'Neighbor Solicitation',
  spec: { rfc: 4861, section: '4.3' },
  fields: [
    reserved(4, 'reserved', 'icmpv6.reserved'),
    address('targetAddress', { label: 'Target Address', filter: 'icmpv6.nd.ns.target_address' }),
  ],
});

/** Flags of a Neighbor Advertisement. */
export const NEIGHBOR_ADVERTISEMENT_FLAGS = {
  router: { mask: 0x80000000, label: 'Router (R)', filter: 'icmpv6.nd.na.flag.r' },
  solicited: { mask: 0x40000000, label: 'Solicited (S)', filter: 'icmpv6.nd.na.flag.s' },
  override: { mask: 0x20000000, label: 'Override (O)', filter: 'icmpv6.nd.na.flag.o' },
} as const;

/** Neighbor Advertisement. RFC 4861 section 4.4. */
export const neighborAdvertisement = icmpv6MessageWithOptions({
  kind: 'neighbor-advertisement',
  type: 136,
  name: 'Neighbor Advertisement',
  spec: { rfc: 4861, section: '4.4' },
  fields: [
    flags(4, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.nd.na.flag',
      bits: NEIGHBOR_ADVERTISEMENT_FLAGS,
    }),
    address('targetAddress', { label: 'Target Address', filter: 'icmpv6.nd.na.target_address' }),
  ],
});

/** Redirect. RFC 4861 section 4.5. */
export const redirect = icmpv6MessageWithOptions({
  kind: 'redirect',
  type: 137,
  name: 'Redirect',
  spec: { rfc: 4861, section: '4.5' },
  fields: [
    reserved(4, 'reserved', 'icmpv6.reserved'),
    address('targetAddress', { label: 'Target Address', filter: 'icmpv6.nd.rd.target_address' }),
    address('destinationAddress', {
      label: 'Destination Address',
      filter: 'icmpv6.rd.na.destination_address',
    }),
  ],
});
