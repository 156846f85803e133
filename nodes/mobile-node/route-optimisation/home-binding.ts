/**
 * What correspondents wait for. RFC 6275 section 11.7.2.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
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
