/**
 * One ESP packet against the associations that its addresses select, in their order, until one opens it.
 */
import type { Ipv6View } from '../dissectors/walk.ts';
import { isOpen, openEsp } from './crypto/esp.ts';
import type { EspResult, EspScratch } from './crypto/esp.ts';
import type {
  SecurityAssociation,
  SecurityAssociationTable,
} from './state/security-association.ts';

/** Associations tried on one packet. */
export const MAX_CANDIDATES = 4;

/**
 * Associations of the normalised addresses. RFC 3776 section 4.2: selectors name the home address, so the Home
 * Address option and the type 2 routing header are applied first.
 */
export function selectAssociations(
  table: SecurityAssociationTable,
  view: Ipv6View,
  spi: number,
  into: SecurityAssociation[],
): number {
  const { bytes, effectiveSource, effectiveDestination } = view;
  return table.candidates(
    spi,
    bytes,
    effectiveSource,
    effectiveDestination,
    view.addressOctets,
    into,
    MAX_CANDIDATES,
  );
}

/** Tries one association on the ESP header of a view. @returns true when it opens the packet. */
export function attempt(
  association: SecurityAssociation,
  view: Ipv6View,
  scratch: EspScratch,
  result: EspResult,
): boolean {
  openEsp(association, view.bytes, view.esp, view.end, scratch, result);
  return isOpen(result);
}
