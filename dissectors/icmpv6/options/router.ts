/**
 * Options of Router Advertisements beside those of RFC 4861: home agents, mobility anchor points, routes, name
 * servers, further flags.
 */
import {
  address,
  addresses,
  bitsOf,
  bytesField,
  flags,
  reserved,
  uint16,
  uint32,
  uint8,
} from '../../core/layout.ts';
import { MESSAGE } from '../message-types.ts';
import { ndOption } from '../nd-option.ts';
import { ROUTER_PREFERENCES, RESERVED_PREFERENCE } from '../router-preference.ts';
import { domainNames } from './parts.ts';
import { RESERVED, lifetimeText } from './rows.ts';

const ROUTER_ADVERTISEMENT = [MESSAGE.routerAdvertisement] as const;

const advertisementInterval = ndOption({
  kind: 'advertisement-interval',
  type: 7,
  name: 'Advertisement Interval',
  spec: { rfc: 6275, section: '7.3' },
  units: { from: 1, to: 1 },
  allowedIn: ROUTER_ADVERTISEMENT,
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
  allowedIn: ROUTER_ADVERTISEMENT,
  check: ({ lifetime }, report) => {
    if (lifetime === 0) report('HOME_AGENT_LIFETIME');
  },
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

/** Distance of a mobility anchor point in hops, 0 must not be used, and how it is preferred. RFC 5380 section 5. */
const MAP_DISTANCE = { mask: 0xf0, label: 'Distance', filter: 'icmpv6.opt.map.distance' } as const;
const MAP_PREFERENCE = {
  mask: 0x0f,
  label: 'Preference',
  filter: 'icmpv6.opt.map.preference',
} as const;

const mobilityAnchorPoint = ndOption({
  kind: 'mobility-anchor-point',
  type: 23,
  name: 'Mobility Anchor Point',
  spec: { rfc: 5380, section: '5' },
  units: { from: 3, to: 3 },
  allowedIn: ROUTER_ADVERTISEMENT,
  check: ({ distanceAndPreference }, report) => {
    if (bitsOf(distanceAndPreference, MAP_DISTANCE.mask) === 0) report('MAP_DISTANCE');
  },
  fields: [
    flags(1, 'distanceAndPreference', {
      label: 'Distance and preference',
      filter: 'icmpv6.opt.map.distance_preference',
      bits: { distance: MAP_DISTANCE, preference: MAP_PREFERENCE },
    }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.opt.map.flag',
      bits: {
        regionalCareOfAddress: {
          mask: 0x80,
          label: 'Regional care-of address allocated by the MAP (R)',
          filter: 'icmpv6.opt.map.flag.r',
        },
      },
    }),
    uint32('validLifetime', {
      label: 'Valid Lifetime',
      filter: 'icmpv6.opt.map.valid_lifetime',
      format: lifetimeText,
      unit: 's',
    }),
    address('globalAddress', {
      label: 'Global Address',
      filter: 'icmpv6.opt.map.global_address',
    }),
  ],
});

const ROUTE_PREFERENCE = {
  mask: 0x18,
  label: 'Route Preference',
  filter: 'icmpv6.opt.route_info.flag.route_preference',
  values: ROUTER_PREFERENCES,
} as const;

const routeInformation = ndOption({
  kind: 'route-information',
  type: 24,
  name: 'Route Information',
  spec: { rfc: 4191, section: '2.3' },
  units: { from: 1, to: 3 },
  allowedIn: ROUTER_ADVERTISEMENT,
  check: ({ prefixLength, prefix, flags: word }, report) => {
    if (prefixLength > 128) report('ND_PREFIX_LENGTH', `${prefixLength} bits`);
    else if (prefixLength > 8 * prefix.length) {
      report('ROUTE_PREFIX_SHORT', `${prefixLength} bits, ${prefix.length} octets`);
    }
    if (bitsOf(word, ROUTE_PREFERENCE.mask) === RESERVED_PREFERENCE) report('ROUTER_PREFERENCE');
  },
  fields: [
    uint8('prefixLength', {
      label: 'Prefix Length',
      filter: 'icmpv6.opt.prefix.length',
      unit: 'bits',
    }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.opt.route_info.flag',
      bits: { preference: ROUTE_PREFERENCE },
    }),
    uint32('lifetime', {
      label: 'Route Lifetime',
      filter: 'icmpv6.opt.route_lifetime',
      format: lifetimeText,
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
  allowedIn: ROUTER_ADVERTISEMENT,
  fields: [
    reserved(2, 'reserved', RESERVED),
    uint32('lifetime', {
      label: 'Lifetime',
      filter: 'icmpv6.opt.rdnss.lifetime',
      format: lifetimeText,
      unit: 's',
    }),
    addresses('addresses', { label: 'Recursive DNS Server', filter: 'icmpv6.opt.rdnss' }),
  ],
});

const flagsExpansion = ndOption({
  kind: 'flags-expansion',
  type: 26,
  name: 'RA Flags Expansion',
  spec: { rfc: 5175, section: '4' },
  units: { from: 1 },
  allowedIn: ROUTER_ADVERTISEMENT,
  repeatable: false,
  check: ({ bits }, report) => {
    if (bits.every((octet) => octet === 0)) report('FLAGS_EXPANSION_EMPTY');
  },
  fields: [
    // No bit has a meaning yet: they are counted from 8, those in the message itself are 0 to 7.
    bytesField('rest', 'bits', { label: 'Flags 8 to 55', filter: 'icmpv6.opt.efo' }),
  ],
});

const dnsSearchList = ndOption({
  kind: 'dns-search-list',
  type: 31,
  name: 'DNS Search List',
  spec: { rfc: 8106, section: '5.2' },
  units: { from: 2 },
  allowedIn: ROUTER_ADVERTISEMENT,
  parts: { of: 'names', with: domainNames },
  fields: [
    reserved(2, 'reserved', RESERVED),
    uint32('lifetime', {
      label: 'Lifetime',
      filter: 'icmpv6.opt.dnssl.lifetime',
      format: lifetimeText,
      unit: 's',
    }),
    // Names in DNS wire format and zero padding, as they came.
    bytesField('rest', 'names', {
      label: 'Domain names',
      filter: 'icmpv6.opt.dnssl',
      show: 'dns',
    }),
  ],
});

/** Options of Router Advertisements. */
export const routerOptions = [
  advertisementInterval,
  homeAgentInformation,
  mobilityAnchorPoint,
  routeInformation,
  recursiveDnsServer,
  flagsExpansion,
  dnsSearchList,
] as const;
