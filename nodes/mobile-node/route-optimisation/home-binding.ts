/**
 * What registrations with correspondents take from the home registration. RFC 6275 section 11.7.2.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
import { MAX_RR_BINDING_LIFETIME } from '../../../engine/mobility/constants.ts';
import { DEFAULT_LIFETIME } from '../constants.ts';
import type { HomeAddressView, MobileNodeContext } from '../mobile-node-parts.ts';

/**
 * Whether the home agent has acknowledged the present care-of address. While it only may have, after a move, no
 * correspondent is told.
 */
export function isHomeRegistered(
  { attachment, bindingUpdateList }: MobileNodeContext,
  home: HomeAddressView,
): boolean {
  const { primaryCareOfAddress } = attachment;
  const { homeAgent } = home;
  if (home.state !== 'registered' || homeAgent === undefined) return false;
  const entry = bindingUpdateList.find(homeAgent, home.address);
  return (
    entry !== undefined &&
    primaryCareOfAddress !== undefined &&
    bindingUpdateList.isAlive(entry) &&
    isSameAddress(entry.acknowledgedCareOfAddress, primaryCareOfAddress) &&
    isSameAddress(home.tunnelCareOfAddress, primaryCareOfAddress)
  );
}

/**
 * Seconds that a binding at a correspondent may last: not longer than the home registration, the home prefix, or what
 * return routability is good for. RFC 6275 sections 5.2.6 and 11.7.2.
 */
export function longestLifetime(
  { host, configuration }: MobileNodeContext,
  { registrationEndsAt, validUntil }: HomeAddressView,
): number {
  return Math.min(
    MAX_RR_BINDING_LIFETIME,
    configuration.lifetime ?? DEFAULT_LIFETIME,
    (Math.min(registrationEndsAt, validUntil) - host.scheduler.now) / 1000,
  );
}
