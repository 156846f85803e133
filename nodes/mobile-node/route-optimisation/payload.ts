/**
 * Which packets are payload, as far as route optimisation is concerned.
 */
import { u8 } from '../../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';

const FIRST_INFORMATIONAL = 128;
/** Multicast listeners, and neighbor discovery. */
const LISTENERS = { from: 130, to: 132 } as const;
const NEIGHBOR_DISCOVERY = { from: 133, to: 137 } as const;
/** Home agent address discovery and prefix discovery. RFC 6275 sections 6.5 to 6.8. */
const MOBILITY = { from: 144, to: 147 } as const;
const LISTENERS_VERSION_2 = 143;

function isWithin(
  type: number,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  return type >= from && type <= to;
}

/** An upper layer. */
export interface UpperLayer {
  readonly protocol: number;
  readonly payload: Uint8Array;
}

/**
 * Whether it may take the direct way: everything but Mobility Headers, which have their own rules, and what belongs to the
 * link or to the home agent. RFC 6275 sections 6.1 and 11.3.1.
 */
export function isOptimisable({ protocol, payload }: UpperLayer): boolean {
  if (protocol === NEXT_HEADER.mobility) return false;
  if (protocol !== NEXT_HEADER.icmpv6) return true;
  const type = u8(payload, 0);
  return (
    !isWithin(type, NEIGHBOR_DISCOVERY) &&
    !isWithin(type, LISTENERS) &&
    !isWithin(type, MOBILITY) &&
    type !== LISTENERS_VERSION_2
  );
}

/** Whether it is a reason to register with its sender: errors are none. RFC 6275 sections 11.3.5 and 11.7.2. */
export function isReason(upperLayer: UpperLayer): boolean {
  const { protocol, payload } = upperLayer;
  const isError = protocol === NEXT_HEADER.icmpv6 && u8(payload, 0) < FIRST_INFORMATIONAL;
  return !isError && isOptimisable(upperLayer);
}
