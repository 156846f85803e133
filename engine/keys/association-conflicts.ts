/**
 * Associations of key files that cannot all be meant: one SPI twice for a destination (RFC 4301 section 4.1), or for
 * addresses that overlap. The ICV decides between them, so this is a warning and never an error.
 */
import { prefixMatches, type Prefix } from '../../dissectors/core/address.ts';
import { formatSelector } from '../state/security-association.ts';
import type { AssociationOrigin, SecurityAssociation } from '../state/security-association.ts';

/** Associations of one SPI that a new one is compared with; those behind are compared for equality only. */
const MAX_COMPARED = 32;

/** How two associations with one SPI stand to each other. */
export type ConflictKind =
  /** The same addresses. */
  | 'same'
  /** The same destination, and another source. */
  | 'destination'
  /** Addresses of the one contain addresses of the other. */
  | 'overlap';

/** An association that was seen before and is in the way of a new one. */
export interface AssociationConflict {
  readonly kind: ConflictKind;
  readonly with: AssociationOrigin;
}

/** Associations seen so far. */
export class AssociationConflicts {
  readonly #same = new Map<string, AssociationOrigin>();
  readonly #bySpi = new Map<string, SecurityAssociation[]>();

  /** Adds an association. @returns the first that is in its way */
  add(association: SecurityAssociation): AssociationConflict | undefined {
    const { spi, source, destination, addressLength, origin } = association;
    const bucketKey = `${addressLength} ${spi ?? '*'}`;
    const key = `${bucketKey} ${formatSelector(source)} ${formatSelector(destination)}`;
    const same = this.#same.get(key);
    if (same !== undefined) return { kind: 'same', with: same };
    this.#same.set(key, origin);
    // A row for any SPI is for what no other row fits: it overlaps with all on purpose.
    if (spi === undefined) return undefined;
    const bucket = this.#bySpi.get(bucketKey);
    if (bucket === undefined) {
      this.#bySpi.set(bucketKey, [association]);
      return undefined;
    }
    let found: AssociationConflict | undefined;
    for (const other of bucket) {
      const kind = conflictOf(association, other);
      if (kind === undefined) continue;
      found = { kind, with: other.origin };
      break;
    }
    if (bucket.length < MAX_COMPARED) bucket.push(association);
    return found;
  }
}

function conflictOf(
  one: SecurityAssociation,
  other: SecurityAssociation,
): Exclude<ConflictKind, 'same'> | undefined {
  if (!overlap(one.destination, other.destination)) return undefined;
  if (overlap(one.source, other.source)) return 'overlap';
  const bits = 8 * one.addressLength;
  // Only an address chooses SPIs; a prefix or any address stands for many that do.
  const isOne = one.destination.length === bits && other.destination.length === bits;
  return isOne ? 'destination' : undefined;
}

/** Whether one prefix contains the other; both of one family. */
function overlap(one: Prefix, other: Prefix): boolean {
  const length = Math.min(one.length, other.length);
  return prefixMatches(one.bytes, length, other.bytes, 0);
}

/** What to say about a conflict. @param place of the other association, as the reader finds it */
export function conflictMessage(kind: ConflictKind, place: string): string {
  switch (kind) {
    case 'same':
      return `same SPI and addresses as ${place}; both are tried and the ICV decides. Remove one, or narrow the addresses`;
    case 'destination':
      return `same SPI and destination as ${place}, with another source: an SPI has one meaning where it is received (RFC 4301 section 4.1). Remove the one that is out of use, or the sources are care-of addresses of one tunnel`;
    case 'overlap':
      return `same SPI as ${place} and addresses that overlap; the closer one is tried first and the ICV decides. Narrow the addresses`;
  }
}

/** Code of a conflict. */
export function conflictCode(kind: ConflictKind): string {
  return kind === 'overlap' ? 'KEYS_OVERLAP' : 'KEYS_DUPLICATE';
}
