/**
 * Policies that overlap: the first that fits decides (RFC 4301 section 4.4.1), so an entry that an earlier one covers
 * is never used, and of two that overlap in part and say different things the order decides.
 */
import { prefixMatches } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { DatabaseEntry } from './policy-database.ts';
import type { PolicyAddress, PolicyCondition } from './policy.ts';

/** Earlier entries that an entry is compared with. */
const MAX_COMPARED = 256;

/** An entry in the order of the look-up. */
export interface OrderedEntry {
  /** Entries of different databases are not compared: `home agent SPD IN`. */
  readonly database: string;
  readonly entry: DatabaseEntry;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** Two entries in each other's way. */
export interface PolicyOverlap {
  readonly earlier: OrderedEntry;
  readonly later: OrderedEntry;
  /** `covered`: the later one is never used. `partial`: both fit some packets and say different things. */
  readonly kind: 'covered' | 'partial';
}

/** The first overlap of each entry with one before it. Bounded: each is compared with the first 256 of its database. */
export function policyOverlaps(entries: readonly OrderedEntry[]): PolicyOverlap[] {
  const found: PolicyOverlap[] = [];
  const before = new Map<string, OrderedEntry[]>();
  for (const later of entries) {
    const list = before.get(later.database);
    if (list === undefined) {
      before.set(later.database, [later]);
      continue;
    }
    const overlap = firstOverlap(list, later);
    if (overlap !== undefined) found.push(overlap);
    if (list.length < MAX_COMPARED) list.push(later);
  }
  return found;
}

function firstOverlap(
  list: readonly OrderedEntry[],
  later: OrderedEntry,
): PolicyOverlap | undefined {
  let partial: PolicyOverlap | undefined;
  for (const earlier of list) {
    const one = earlier.entry;
    const other = later.entry;
    if (one.isSymmetric !== other.isSymmetric) continue;
    if (covers(one.condition, other.condition)) return { earlier, later, kind: 'covered' };
    // An exception before the rule is how a database is written.
    if (partial !== undefined || covers(other.condition, one.condition)) continue;
    const isSame =
      one.verdict.kind === other.verdict.kind &&
      (one.verdict.kind !== 'protect' ||
        other.verdict.kind !== 'protect' ||
        one.verdict.mode === other.verdict.mode);
    if (!isSame && meets(one.condition, other.condition)) {
      partial = { earlier, later, kind: 'partial' };
    }
  }
  return partial;
}

/** Whether every packet that fits `other` fits `one` as well. */
function covers(one: PolicyCondition, other: PolicyCondition): boolean {
  if ((one.interface === undefined) !== (other.interface === undefined)) return false;
  return (
    coversAddress(one.interface?.address, other.interface?.address) &&
    coversAddress(one.source, other.source) &&
    coversAddress(one.destination, other.destination) &&
    coversNumber(one.protocol, other.protocol) &&
    coversNumber(one.type, other.type) &&
    coversNumber(one.remoteType, other.remoteType) &&
    coversNumber(one.code, other.code)
  );
}

function coversNumber(one: number | undefined, other: number | undefined): boolean {
  return one === undefined || one === other;
}

function coversAddress(one: PolicyAddress | undefined, other: PolicyAddress | undefined): boolean {
  if (one === undefined) return true;
  if (one.prefix === undefined) return false;
  if (other !== undefined && other.prefix === undefined) return false;
  const inner = other?.prefix ?? ANY;
  return one.prefix.length <= inner.length && contains(one.prefix, inner);
}

const ANY: Prefix = { bytes: new Uint8Array(16), length: 0 };

function contains(outer: Prefix, inner: Prefix): boolean {
  return prefixMatches(outer.bytes, outer.length, inner.bytes, 0);
}

/** Whether a packet may fit both. */
function meets(one: PolicyCondition, other: PolicyCondition): boolean {
  if ((one.interface === undefined) !== (other.interface === undefined)) return false;
  return (
    meetsAddress(one.interface?.address, other.interface?.address) &&
    meetsAddress(one.source, other.source) &&
    meetsAddress(one.destination, other.destination) &&
    meetsNumber(one.protocol, other.protocol) &&
    meetsNumber(one.type, other.type) &&
    meetsNumber(one.code, other.code)
  );
}

function meetsNumber(one: number | undefined, other: number | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function meetsAddress(one: PolicyAddress | undefined, other: PolicyAddress | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  if (one.prefix === undefined || other.prefix === undefined) return false;
  const [outer, inner] =
    one.prefix.length <= other.prefix.length
      ? [one.prefix, other.prefix]
      : [other.prefix, one.prefix];
  return contains(outer, inner);
}
