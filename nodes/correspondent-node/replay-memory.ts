/**
 * What keeps an old Binding Update from being accepted again. RFC 6275 sections 5.2.8 and 9.5.3.
 *
 * Each accepted update leaves its sequence number and the youngest nonce of that moment, for as long as that nonce can be
 * valid, whatever becomes of the binding. An update that was recorded earlier has no younger nonce. So:
 *
 * - made with a younger nonce: new, whatever its sequence number (section 9.5.1, no entry);
 * - else its sequence number has to be greater than the one remembered;
 * - a node that began its numbers anew cannot be told from its past by numbers: older nonces no longer count for it.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { isSequenceGreater } from '../../engine/mobility/sequence.ts';
import type { NonceTable } from './nonces.ts';

/** What an update is judged by. */
export interface UpdateEvidence {
  readonly homeAddress: Uint8Array;
  readonly sequence: number;
  /** Of the youngest nonce that it was made with. */
  readonly generation: number;
}

/** How an update stands to those before it. */
export type Freshness =
  | { readonly kind: 'fresh' }
  /** Not greater than `last`, the sequence number accepted last. */
  | { readonly kind: 'sequence'; readonly last: number }
  /** Made with nonces that no longer count for this home address. */
  | { readonly kind: 'spent-nonces' };

interface Trace {
  sequence: number;
  /** Youngest nonce of the node when the update was accepted. */
  generation: number;
  /** Nonces up to this one no longer count. */
  spent: number;
}

const FRESH: Freshness = { kind: 'fresh' };

/** Home addresses of accepted updates, oldest first. */
export class ReplayMemory {
  readonly #nonces: NonceTable;
  readonly #capacity: number;
  readonly #traces = new Map<AddressKey, Trace>();

  /** @param capacity home addresses; when there are more, nonces of the oldest are invalidated */
  constructor(nonces: NonceTable, capacity: number) {
    this.#nonces = nonces;
    this.#capacity = capacity;
  }

  /** Home addresses remembered. */
  get size(): number {
    return this.#traces.size;
  }

  judge({ homeAddress, sequence, generation }: UpdateEvidence): Freshness {
    const trace = this.#traces.get(addressKey(homeAddress));
    if (trace === undefined) return FRESH;
    if (generation <= trace.spent) return { kind: 'spent-nonces' };
    if (generation > trace.generation || isSequenceGreater(sequence, trace.sequence)) return FRESH;
    return { kind: 'sequence', last: trace.sequence };
  }

  /**
   * Remembers an update that was accepted.
   * @returns whether nonces had to be invalidated for room
   */
  accept({ homeAddress, sequence }: UpdateEvidence): boolean {
    const key = addressKey(homeAddress);
    const before = this.#traces.get(key);
    this.#traces.delete(key);
    this.#forgetSpent();
    const isFull = this.#traces.size >= this.#capacity;
    if (isFull) this.#makeRoom();
    let spent = before?.spent ?? 0;
    if (before !== undefined && !isSequenceGreater(sequence, before.sequence)) {
      spent = before.generation;
    }
    this.#traces.set(key, { sequence, generation: this.#nonces.generation, spent });
    return isFull;
  }

  /** Traces of nonces that have all ended say nothing any more. */
  #forgetSpent(): void {
    const oldest = this.#nonces.valid[0]?.generation ?? Infinity;
    for (const [key, trace] of this.#traces) {
      if (trace.generation >= oldest) return;
      this.#traces.delete(key);
    }
  }

  /** RFC 6275 section 5.2.8: as a last measure, nonces go: the oldest, and the traces that need them. */
  #makeRoom(): void {
    const [oldest] = this.#traces.values();
    if (oldest === undefined) return;
    this.#nonces.invalidate(oldest.generation);
    this.#forgetSpent();
  }
}
