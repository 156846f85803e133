/**
 * Node keys and nonces of a correspondent node. RFC 6275 sections 5.2.1, 5.2.2 and 5.2.7.
 *
 * A nonce is made when a test asks for one and the last is 30 seconds old, so that an idle node has none. Kcn changes with
 * it, as section 5.2.7 recommends: an index names both.
 */
import { u16 } from '../../dissectors/core/bytes.ts';
import { keygenToken } from '../../engine/mobility/authenticator.ts';
import { MAX_NONCE_LIFETIME } from '../../engine/mobility/constants.ts';
import type { RandomSource, ScheduledAction, Scheduler } from '../../engine/ports.ts';
import { NODE_KEY_OCTETS, NONCES_KEPT, NONCE_INTERVAL, NONCE_OCTETS } from './constants.ts';

/** A nonce and the key that goes with it. */
export interface Nonce {
  /** As mobile nodes are told it, 0..65535. */
  readonly index: number;
  /** Number of the nonce in the life of the node: a larger one is younger. */
  readonly generation: number;
  /** Milliseconds of the scheduler. */
  readonly firstUsedAt: number;
  readonly nodeKey: Uint8Array;
  readonly octets: Uint8Array;
}

/** What nonces are made of. */
export interface NonceTableOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
}

const INTERVAL = NONCE_INTERVAL * 1000;
const LIFETIME = MAX_NONCE_LIFETIME * 1000;

/** Keygen token of an address, 8 octets. RFC 6275 section 5.2.5. */
export function tokenOf(nonce: Nonce, address: Uint8Array, kind: 'home' | 'care-of'): Uint8Array {
  return keygenToken(nonce.nodeKey, address, nonce.octets, kind);
}

/** Eight nonces at most; secrets are wiped when they end. */
export class NonceTable {
  readonly #scheduler: Scheduler;
  readonly #random: RandomSource;
  /** Oldest first. */
  readonly #nonces: Nonce[] = [];
  #timer: ScheduledAction | undefined;
  #nextIndex: number;
  #generation = 0;

  constructor({ scheduler, random }: NonceTableOptions) {
    this.#scheduler = scheduler;
    this.#random = random;
    // Anywhere, so that indices of before a restart are hardly ever taken for new ones.
    this.#nextIndex = u16(random.octets(2), 0);
  }

  /** Nonces that are valid now, oldest first. */
  get valid(): readonly Nonce[] {
    this.#discard();
    return this.#nonces;
  }

  /** Number of the youngest nonce ever made; 0 = none yet. */
  get generation(): number {
    return this.#generation;
  }

  /** The nonce for tokens given out now. Counts as its first use when it has to be made. */
  current(): Nonce {
    this.#discard();
    const youngest = this.#nonces.at(-1);
    const { now } = this.#scheduler;
    if (youngest !== undefined && now - youngest.firstUsedAt < INTERVAL) return youngest;
    if (this.#nonces.length >= NONCES_KEPT) this.#forgetOldest();
    const nonce: Nonce = {
      index: this.#nextIndex,
      generation: ++this.#generation,
      firstUsedAt: now,
      nodeKey: this.#random.octets(NODE_KEY_OCTETS),
      octets: this.#random.octets(NONCE_OCTETS),
    };
    this.#nextIndex = (this.#nextIndex + 1) & 0xffff;
    this.#nonces.push(nonce);
    this.#timer ??= this.#scheduler.after(LIFETIME, this.#end);
    return nonce;
  }

  /** The valid nonce of an index. */
  find(index: number): Nonce | undefined {
    this.#discard();
    return this.#nonces.find((nonce) => nonce.index === index);
  }

  /** Ends all nonces up to a generation before their time. RFC 6275 section 5.2.8, the last measure. */
  invalidate(generation: number): void {
    for (let oldest = this.#nonces[0]; oldest !== undefined; oldest = this.#nonces[0]) {
      if (oldest.generation > generation) return;
      this.#forgetOldest();
    }
  }

  /** Wipes everything. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.invalidate(this.#generation);
  }

  /** RFC 6275 section 5.2.7: a nonce MUST NOT be accepted longer than MAX_NONCE_LIFETIME after its first use. */
  #discard(): void {
    const { now } = this.#scheduler;
    // The sum that the timer is set with: any other may differ by a rounding, and the timer would never be done.
    while ((this.#nonces[0]?.firstUsedAt ?? Infinity) + LIFETIME <= now) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const nonce = this.#nonces.shift();
    nonce?.nodeKey.fill(0);
    nonce?.octets.fill(0);
  }

  /** Expired values are discarded (RFC 6275 section 5.2.2) also when nobody asks any more. */
  readonly #end = (): void => {
    this.#timer = undefined;
    this.#discard();
    const oldest = this.#nonces[0];
    if (oldest === undefined) return;
    const left = oldest.firstUsedAt + LIFETIME - this.#scheduler.now;
    this.#timer = this.#scheduler.after(left, this.#end);
  };
}
