/**
 * What a router advertises: defaults, limits, and what other routers of the link say differently.
 * RFC 4861 section 6.2.1, RFC 6275 sections 7.4, 7.5 and 13.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import { ROUTER_ADVERTISEMENT_FLAGS } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import type { AdvertisedPrefix, LinkMessage } from './network-interface.ts';
import { advertisedPrefixes } from './router-list.ts';

/** Seconds; RFC 4861 section 6.2.1. */
const DEFAULT_MAX_INTERVAL = 600;
const LONGEST_MAX_INTERVAL = 1800;
const LONGEST_LIFETIME = 9000;
const MIN_DELAY_BETWEEN_RAS = 3;
/** Floors for mobile nodes, seconds. RFC 6275 sections 7.5 and 13. */
const LEAST_MIN_INTERVAL = 0.03;
const LEAST_MAX_INTERVAL = 0.07;
const LEAST_DELAY_BETWEEN_RAS = 0.03;
const LONGEST_REACHABLE_TIME = 3_600_000;
const DEFAULT_HOP_LIMIT = 64;

/** What a home agent says of itself. RFC 6275 section 7.4. */
export interface HomeAgentConfiguration {
  /** 0..65535, more is better; default 0. */
  readonly preference?: number;
  /** Seconds, 1..65535; default: the router's lifetime. */
  readonly lifetime?: number;
  /** It serves mobile routers (RFC 3963 section 7.3); default false. */
  readonly supportsMobileRouters?: boolean;
}

/** What a router advertises. */
export interface RouterConfiguration {
  /** MaxRtrAdvInterval, seconds, 0.07..1800; default 600. */
  readonly maxInterval?: number;
  /** MinRtrAdvInterval, seconds, 0.03 up to 0.75 of `maxInterval`; default a third of it. */
  readonly minInterval?: number;
  /** MinDelayBetweenRAs, seconds, 0.03 up to `minInterval`; default 3, or `minInterval` when that is less. */
  readonly minDelayBetweenRas?: number;
  /** AdvDefaultLifetime, seconds: 0, or `maxInterval`..9000; default three times `maxInterval`, 1 at least. */
  readonly lifetime?: number;
  /** 0..255, 0 = unspecified; default 64. */
  readonly currentHopLimit?: number;
  readonly isManaged?: boolean;
  readonly isOther?: boolean;
  /** Milliseconds, 0 = unspecified; default 0. */
  readonly reachableTime?: number;
  readonly retransTimer?: number;
  /** Octets; default: not advertised. */
  readonly mtu?: number;
  readonly prefixes: readonly AdvertisedPrefix[];
  /** Default: no home agent. */
  readonly homeAgent?: HomeAgentConfiguration | undefined;
  /** Advertisement Interval option (RFC 6275 section 7.3); default false. */
  readonly sendsInterval?: boolean;
  /** Advertises without being asked; default true. RFC 6275 section 7.5 */
  readonly isUnsolicited?: boolean;
  /** How solicitations are answered that have a source; default `multicast`. RFC 4861 section 6.2.6 */
  readonly answers?: 'multicast' | 'unicast';
  /** Says so when it stops; default true. */
  readonly sendsFinal?: boolean;
}

/** A checked configuration without gaps. */
export interface AdvertisedConfiguration extends Required<
  Omit<RouterConfiguration, 'homeAgent' | 'mtu'>
> {
  readonly homeAgent: Required<HomeAgentConfiguration> | undefined;
  readonly mtu: number | undefined;
}

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** Faults of single prefixes. */
function prefixFaults(prefixes: readonly AdvertisedPrefix[]): string[] {
  const faults: string[] = [];
  for (const prefix of prefixes) {
    const text = `prefix ${formatAddress(prefix.address)}/${prefix.prefixLength}`;
    if (!isWithin(prefix.prefixLength, 0, 128)) faults.push(`${text}: expected 0 to 128 bits`);
    if (!(prefix.preferredLifetime >= 0 && prefix.validLifetime >= prefix.preferredLifetime)) {
      faults.push(`${text}: expected 0 <= preferred lifetime <= valid lifetime`);
    }
  }
  return faults;
}

/** Everything wrong with a configuration, for people. */
function faultsOf(filled: AdvertisedConfiguration): string[] {
  const { minInterval, maxInterval, minDelayBetweenRas, lifetime, homeAgent, prefixes } = filled;
  const faults = prefixFaults(prefixes);
  const expect = (isRight: boolean, fault: string): void => {
    if (!isRight) faults.push(fault);
  };
  expect(
    isWithin(maxInterval, LEAST_MAX_INTERVAL, LONGEST_MAX_INTERVAL),
    `maxInterval: expected ${LEAST_MAX_INTERVAL} to ${LONGEST_MAX_INTERVAL} s, got ${maxInterval}`,
  );
  expect(
    isWithin(minInterval, LEAST_MIN_INTERVAL, 0.75 * maxInterval),
    `minInterval: expected ${LEAST_MIN_INTERVAL} s to 0.75 of maxInterval, got ${minInterval}`,
  );
  expect(
    isWithin(minDelayBetweenRas, LEAST_DELAY_BETWEEN_RAS, minInterval),
    `minDelayBetweenRas: expected ${LEAST_DELAY_BETWEEN_RAS} s to minInterval, got ${minDelayBetweenRas}`,
  );
  expect(
    Number.isInteger(lifetime) &&
      (lifetime === 0 || isWithin(lifetime, maxInterval, LONGEST_LIFETIME)),
    `lifetime: expected 0, or whole seconds from maxInterval to ${LONGEST_LIFETIME}, got ${lifetime}`,
  );
  expect(
    isWithin(filled.currentHopLimit, 0, 255),
    `currentHopLimit: expected 0 to 255, got ${filled.currentHopLimit}`,
  );
  expect(
    isWithin(filled.reachableTime, 0, LONGEST_REACHABLE_TIME),
    `reachableTime: expected 0 to ${LONGEST_REACHABLE_TIME} ms, got ${filled.reachableTime}`,
  );
  expect(
    isWithin(filled.retransTimer, 0, 0xffffffff),
    `retransTimer: expected 0 to 4294967295 ms, got ${filled.retransTimer}`,
  );
  if (homeAgent !== undefined) {
    expect(
      isWithin(homeAgent.preference, 0, 0xffff),
      `homeAgent.preference: expected 0 to 65535, got ${homeAgent.preference}`,
    );
    // RFC 6275 section 7.4: a value of 0 MUST NOT be used.
    expect(
      isWithin(homeAgent.lifetime, 1, 0xffff),
      `homeAgent.lifetime: expected 1 to 65535 s, got ${homeAgent.lifetime}`,
    );
    // RFC 6275 section 7.2.
    expect(
      prefixes.some(({ isRouterAddress }) => isRouterAddress),
      'homeAgent: expected at least one prefix with the address of the home agent (R)',
    );
  }
  return faults;
}

/**
 * Fills the gaps of a configuration and checks it.
 * @throws RangeError that names everything wrong with it
 */
export function advertisedConfiguration(given: RouterConfiguration): AdvertisedConfiguration {
  const { maxInterval = DEFAULT_MAX_INTERVAL } = given;
  const minInterval = given.minInterval ?? Math.max(LEAST_MIN_INTERVAL, maxInterval / 3);
  // RFC 6275 section 7.5: at least one second.
  const lifetime = given.lifetime ?? Math.min(LONGEST_LIFETIME, Math.ceil(3 * maxInterval));
  const filled: AdvertisedConfiguration = {
    maxInterval,
    minInterval,
    minDelayBetweenRas: given.minDelayBetweenRas ?? Math.min(MIN_DELAY_BETWEEN_RAS, minInterval),
    lifetime,
    currentHopLimit: given.currentHopLimit ?? DEFAULT_HOP_LIMIT,
    isManaged: given.isManaged ?? false,
    isOther: given.isOther ?? false,
    reachableTime: given.reachableTime ?? 0,
    retransTimer: given.retransTimer ?? 0,
    mtu: given.mtu,
    prefixes: given.prefixes,
    homeAgent:
      given.homeAgent === undefined
        ? undefined
        : {
            preference: given.homeAgent.preference ?? 0,
            lifetime: given.homeAgent.lifetime ?? lifetime,
            supportsMobileRouters: given.homeAgent.supportsMobileRouters ?? false,
          },
    sendsInterval: given.sendsInterval ?? false,
    isUnsolicited: given.isUnsolicited ?? true,
    answers: given.answers ?? 'multicast',
    sendsFinal: given.sendsFinal ?? true,
  };
  const faults = faultsOf(filled);
  if (faults.length > 0) throw new RangeError(`router advertisements: ${faults.join('; ')}`);
  return filled;
}

/** What another router says differently, for the log; undefined = nothing. RFC 4861 section 6.2.7. */
export function inconsistencies(
  own: AdvertisedConfiguration,
  packet: LinkMessage,
  message: Icmpv6MessageOf<'router-advertisement'>,
): Record<string, string> | undefined {
  const { managed, other } = ROUTER_ADVERTISEMENT_FLAGS;
  const differing: string[] = [];
  const compare = (what: string, isSame: boolean): void => {
    if (!isSame) differing.push(what);
  };
  const isSameOrOpen = (a: number, b: number): boolean => a === b || a === 0 || b === 0;
  compare('hop limit', isSameOrOpen(message.currentHopLimit, own.currentHopLimit));
  compare('reachable time', isSameOrOpen(message.reachableTime, own.reachableTime));
  compare('retransmission timer', isSameOrOpen(message.retransTimer, own.retransTimer));
  compare('managed flag', ((message.flags & managed.mask) !== 0) === own.isManaged);
  compare('other flag', ((message.flags & other.mask) !== 0) === own.isOther);
  for (const theirs of advertisedPrefixes(message.options)) {
    const ours = own.prefixes.find(
      ({ address, prefixLength }) =>
        prefixLength === theirs.prefixLength && isSameAddress(address, theirs.address),
    );
    if (ours === undefined) continue;
    const isSame =
      ours.validLifetime === theirs.validLifetime &&
      ours.preferredLifetime === theirs.preferredLifetime;
    compare(`lifetimes of ${formatAddress(theirs.address)}`, isSame);
  }
  if (differing.length === 0) return undefined;
  return { router: formatAddress(packet.wireSource), differing: differing.join(', ') };
}
