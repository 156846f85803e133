/**
 * Router advertisements as messages. RFC 4861 sections 4.2 and 6.2.3, RFC 6275 sections 7.1 to 7.5.
 */
import {
  PREFIX_INFORMATION_FLAGS,
  ROUTER_ADVERTISEMENT_FLAGS,
} from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf, NdOption } from '../../dissectors/icmpv6/index.ts';
import type { AdvertisedConfiguration } from './advertised-configuration.ts';
import type { AdvertisedPrefix } from './network-interface.ts';

/** Octets of an IPv6 header and the fixed part of an advertisement. */
const FIXED_OCTETS = 40 + 16;
/** Octets of a prefix information option, and of each of the others at most. */
const PREFIX_OCTETS = 32;
const OPTION_OCTETS = 8;
/** Lifetime without end. RFC 4861 section 4.6.2. */
const INFINITE = 0xffffffff;
/** Intervals below are advertised longer, for the granularity of timers; milliseconds. RFC 6275 section 7.5. */
const SHORT_INTERVAL = 200;
const INTERVAL_ALLOWANCE = 20;
/** The home agent serves mobile routers. RFC 3963 section 7.3. */
const MOBILE_ROUTER_SUPPORT = 0x8000;

/** Advertisement Interval in milliseconds of MaxRtrAdvInterval in seconds. RFC 6275 sections 7.3 and 7.5. */
export function advertisedInterval(maxInterval: number): number {
  const milliseconds = Math.round(maxInterval * 1000);
  return milliseconds < SHORT_INTERVAL ? milliseconds + INTERVAL_ALLOWANCE : milliseconds;
}

/** Prefix information option. */
export function prefixInformation(prefix: AdvertisedPrefix): NdOption {
  const { onLink, autonomous, routerAddress } = PREFIX_INFORMATION_FLAGS;
  return {
    kind: 'prefix-information',
    prefixLength: prefix.prefixLength,
    flags:
      (prefix.isOnLink ? onLink.mask : 0) |
      (prefix.isAutonomous ? autonomous.mask : 0) |
      (prefix.isRouterAddress ? routerAddress.mask : 0),
    validLifetime: wireLifetime(prefix.validLifetime),
    preferredLifetime: wireLifetime(prefix.preferredLifetime),
    prefix: prefix.address,
  };
}

function wireLifetime(seconds: number): number {
  return Math.min(INFINITE, Math.round(seconds));
}

/** Home Agent Information option, unless it would only say what is assumed without. RFC 6275 section 7.4. */
function homeAgentInformation({ homeAgent, lifetime }: AdvertisedConfiguration): NdOption[] {
  if (homeAgent === undefined) return [];
  const isDefault = homeAgent.preference === 0 && homeAgent.lifetime === lifetime;
  if (isDefault && !homeAgent.supportsMobileRouters) return [];
  return [
    {
      kind: 'home-agent-information',
      flags: homeAgent.supportsMobileRouters ? MOBILE_ROUTER_SUPPORT : 0,
      preference: homeAgent.preference,
      lifetime: homeAgent.lifetime,
    },
  ];
}

/**
 * The advertisements of a configuration: more than one when its prefixes do not fit one packet. Each has the same
 * Home Agent Information and the first router address (RFC 6275 sections 7.2 and 7.4).
 * @param linkLayerAddress always told. RFC 6275 section 7.5
 * @param mtu octets
 * @param isFinal says that this is neither router nor home agent any more
 */
export function routerAdvertisements(
  configuration: AdvertisedConfiguration,
  linkLayerAddress: Uint8Array,
  mtu: number,
  isFinal: boolean,
): Icmpv6MessageOf<'router-advertisement'>[] {
  const { prefixes, homeAgent } = configuration;
  const { managed, other, homeAgent: homeAgentFlag } = ROUTER_ADVERTISEMENT_FLAGS;
  const isHomeAgent = homeAgent !== undefined && !isFinal;
  const flags =
    (configuration.isManaged ? managed.mask : 0) |
    (configuration.isOther ? other.mask : 0) |
    (isHomeAgent ? homeAgentFlag.mask : 0);
  const options: NdOption[] = [{ kind: 'source-link-layer-address', address: linkLayerAddress }];
  if (configuration.mtu !== undefined) options.push({ kind: 'mtu', mtu: configuration.mtu });
  if (configuration.sendsInterval) {
    const interval = advertisedInterval(configuration.maxInterval);
    options.push({ kind: 'advertisement-interval', interval });
  }
  if (isHomeAgent) options.push(...homeAgentInformation(configuration));
  const constant = prefixes.find(({ isRouterAddress }) => isRouterAddress);
  const others = prefixes.filter((prefix) => prefix !== constant);
  const first = constant === undefined ? [] : [constant];
  const room = mtu - FIXED_OCTETS - options.length * OPTION_OCTETS - first.length * PREFIX_OCTETS;
  const most = Math.max(1, Math.floor(room / PREFIX_OCTETS));
  const parts: AdvertisedPrefix[][] = [];
  for (let from = 0; from < others.length || from === 0; from += most) {
    parts.push([...first, ...others.slice(from, from + most)]);
  }
  return parts.map((part) => ({
    kind: 'router-advertisement',
    code: 0,
    currentHopLimit: configuration.currentHopLimit,
    flags,
    routerLifetime: isFinal ? 0 : configuration.lifetime,
    reachableTime: configuration.reachableTime,
    retransTimer: configuration.retransTimer,
    options: [...options, ...part.map(prefixInformation)],
  }));
}
