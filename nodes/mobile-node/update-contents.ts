/**
 * What home registrations say beside their addresses, and what their acknowledgements say to key management.
 * RFC 6275 sections 11.7.1 and 11.7.3, RFC 3963 section 5.2.
 */
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../../dissectors/mobility/messages/binding.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type { BindingUpdateListEntry } from './binding-update-list.ts';
import { DEFAULT_LIFETIME } from './constants.ts';
import type { HomeAddress } from './home-address.ts';
import type { MobileNodeConfiguration } from './mobile-node-parts.ts';

/** The shortest lifetime there is, seconds: 0 would de-register. */
const LEAST_LIFETIME = 4;

/**
 * Flags of an update beside A and H.
 * @param linkLocal of the interface that it leaves by
 */
export function updateFlags(
  { keyManagement, mobileRouter }: MobileNodeConfiguration,
  home: HomeAddress,
  linkLocal: Uint8Array,
): number {
  const flags = BINDING_UPDATE_FLAGS;
  return (
    (home.hasLinkLocal(linkLocal) ? flags.linkLocalAddressCompatibility.mask : 0) |
    (keyManagement?.canMove === true ? flags.keyManagementMobilityCapability.mask : 0) |
    (mobileRouter === undefined ? 0 : flags.mobileRouter.mask)
  );
}

/** Options of an update behind the Alternate Care-of Address: the prefixes of explicit mode. */
export function updateOptions({ mobileRouter }: MobileNodeConfiguration): MobilityOption[] {
  return (mobileRouter?.prefixes ?? []).map(({ bytes, length }) => ({
    kind: 'mobile-network-prefix',
    prefixLength: length,
    prefix: bytes,
  }));
}

/**
 * Seconds to ask for: not beyond the end of the home address or of the care-of address. RFC 6275 section 11.7.1.
 * @param until the earlier of the two, milliseconds of the scheduler
 */
export function lifetimeToAsk(
  { lifetime = DEFAULT_LIFETIME }: MobileNodeConfiguration,
  until: number,
  now: number,
): number {
  return Math.max(LEAST_LIFETIME, Math.min(lifetime, (until - now) / 1000));
}

/** Whether an acknowledgement says that the home agent serves mobile routers. RFC 3963 section 5.3. */
export function servesMobileRouters(flags: number): boolean {
  return (flags & BINDING_ACKNOWLEDGEMENT_FLAGS.mobileRouter.mask) !== 0;
}

/** K of an acknowledgement. RFC 6275 section 11.7.3. */
export function tellKeyManagement(
  { keyManagement }: MobileNodeConfiguration,
  { homeAddress, destination, careOfAddress }: BindingUpdateListEntry,
  flags: number,
): void {
  if (keyManagement === undefined) return;
  const { mask } = BINDING_ACKNOWLEDGEMENT_FLAGS.keyManagementMobilityCapability;
  if ((flags & mask) !== 0 && keyManagement.canMove) {
    keyManagement.move(homeAddress, careOfAddress);
  } else keyManagement.discard(homeAddress, destination);
}
