/**
 * Names for the objects of alerts about senders and receivers, of which an attacker may make up either.
 */
import { addressKey, formatAddress } from '../../dissectors/core/address.ts';

/** What is asked of the rule's own tables; every rule context has it. */
export interface PairStore {
  table<V>(
    name: string,
    bounds: { maxEntries: number; ttlSeconds: number },
  ): { get(key: string): V | undefined; set(key: string, value: V): void };
}

/** Others that one node is named with; with more it stands alone. */
export const MAX_PARTNERS = 4;
/** Pairs named in one run; what more there are is one. */
export const MAX_PAIR_OBJECTS = 256;

const BOUNDS = { maxEntries: 1024, ttlSeconds: 24 * 3600 } as const;
const SEEN_BOUNDS = { maxEntries: 2, ttlSeconds: 10 * 365 * 86_400 } as const;

/** Whether `partner` is one of the first few of `node`, or has room to become one. */
function isNamedWith(store: PairStore, side: string, node: string, partner: string): boolean {
  const table = store.table<Set<string>>(`pairs-${side}`, BOUNDS);
  const known = table.get(node) ?? new Set<string>();
  if (known.has(partner)) return true;
  if (known.size >= MAX_PARTNERS) return false;
  known.add(partner);
  table.set(node, known);
  return true;
}

/**
 * Object of an alert about packets from one node to another. A receiver with many senders (their addresses are made up)
 * is one object, a sender with many receivers (a sweep) is one, and at most 256 objects come out of a run.
 */
export function pairObject(store: PairStore, sender: Uint8Array, receiver: Uint8Array): string {
  const from = addressKey(sender);
  const to = addressKey(receiver);
  const isReceiverNamed = isNamedWith(store, 'to', to, from);
  const isSenderNamed = isNamedWith(store, 'from', from, to);
  const object = !isReceiverNamed
    ? `to ${formatAddress(receiver)}`
    : !isSenderNamed
      ? `from ${formatAddress(sender)}`
      : `${formatAddress(sender)} to ${formatAddress(receiver)}`;
  const seen = store.table<Set<string>>('pairs-named', SEEN_BOUNDS);
  const names = seen.get('') ?? new Set<string>();
  if (names.has(object)) return object;
  if (names.size >= MAX_PAIR_OBJECTS) return 'further nodes';
  names.add(object);
  seen.set('', names);
  return object;
}
