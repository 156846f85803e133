/**
 * How long a home registration lasts, and what the mobile node is told of its prefix. RFC 6275 section 10.3.1.
 */
import { lifetimeField, lifetimeSeconds } from '../../../engine/mobility/lifetime.ts';
import type { RemainingLifetimes } from '../home-prefixes.ts';
import { STATUS } from './constants.ts';

/** A grant. */
export interface GrantedLifetime {
  /** Seconds, a multiple of 4; 0 = the prefix is as good as gone. */
  readonly seconds: number;
  /** 0, or 1: prefix discovery necessary. */
  readonly status: number;
}

/**
 * @param requested seconds of the Binding Update
 * @param prefix seconds left of the home prefix
 * @param maximum seconds of local policy
 */
export function grantedLifetime(
  requested: number,
  prefix: RemainingLifetimes,
  maximum: number,
): GrantedLifetime {
  // "Ignoring the two least significant bits": prefixes count in whole units of four seconds.
  const valid = prefix.valid === Infinity ? Infinity : lifetimeSecondsOf(prefix.valid);
  const preferred = prefix.preferred === Infinity ? Infinity : lifetimeSecondsOf(prefix.preferred);
  // The preferred lifetime does not shorten it.
  const seconds = lifetimeSeconds(lifetimeField(Math.min(requested, valid, maximum)));
  // Deprecated now, or while the binding lasts, or invalid at its end.
  const changes = preferred < seconds || valid <= seconds;
  return {
    seconds,
    status: changes ? STATUS.acceptedPrefixDiscoveryNecessary : STATUS.accepted,
  };
}

/** Whole units, without the bound of the Lifetime field. */
function lifetimeSecondsOf(seconds: number): number {
  return Math.floor(seconds / 4) * 4;
}
