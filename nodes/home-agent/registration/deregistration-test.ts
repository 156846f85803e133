/**
 * Whether a de-registration has a layout, and came a way, that it may have. RFC 6275 section 10.3.2 narrowed by
 * draft-ebalard-mext-hld-security-00 section 5.4.2.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
import { deregistrationLayout } from '../../../engine/mobility/deregistration.ts';
import type { LayoutFault } from '../../../engine/mobility/deregistration.ts';
import { outermostSource } from '../../mobility/binding-update.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import type { DeregistrationMode } from '../home-agent-parts.ts';

/** Faults that a mode puts up with. */
const TOLERATED: Readonly<Record<Exclude<DeregistrationMode, 'rfc'>, readonly LayoutFault[]>> = {
  strict: [],
  // At home UMIP adds an Alternate Care-of Address, the home address.
  umip: ['alternate-is-home-address-at-home'],
};

/** What the test found. */
export interface TestedDeregistration {
  /** `home`: it comes, or says it comes, from the home address itself. */
  readonly case: 'home' | 'remote';
  /** Why it must not be taken; empty = it may. */
  readonly faults: readonly LayoutFault[];
}

/**
 * @param registered care-of addresses of the binding, all of them (RFC 5648); none = there is no binding
 */
export function testDeregistration(
  update: ReceivedBindingUpdate,
  mode: DeregistrationMode,
  registered: readonly Uint8Array[],
): TestedDeregistration {
  const { packet, homeAddress, alternateCareOfAddress, hasHomeAddressOption } = update;
  const source = outermostSource(packet);
  // In tunnel mode a node at home has its home address outside, too. RFC 4877 section 3.
  const isTunnelled = packet.tunnels.length > 0 && !isSameAddress(source, homeAddress);
  const { case: kind, faults } = deregistrationLayout({
    source,
    homeAddress,
    isRemoteStyle: hasHomeAddressOption || isTunnelled,
    alternateCareOfAddress,
    registered: registered.find((each) => isSameAddress(each, source)) ?? registered[0],
  });
  if (mode === 'rfc') return { case: kind, faults: [] };
  const tolerated = TOLERATED[mode];
  return { case: kind, faults: faults.filter((each) => !tolerated.includes(each)) };
}
