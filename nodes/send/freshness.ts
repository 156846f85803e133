/**
 * Whether a signed message is one of now: nonces of this node's solicitations, and clocks of the senders.
 * RFC 3971 section 5.3.4.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { equalBytes, putU16, putU32, u16, u32 } from '../../dissectors/core/bytes.ts';
import type { RandomSource, Scheduler } from '../../engine/ports.ts';
import { TIMESTAMP_DELTA, TIMESTAMP_DRIFT, TIMESTAMP_FUZZ } from './constants.ts';

/** Fills an option of 8 octets. RFC 3971 section 5.3.2 asks for 6 at least. */
const NONCE_OCTETS = 6;
/** Nonces of an interface that count at the same time; the oldest goes. */
const MAX_NONCES = 8;
/** Milliseconds that a solicitation can be answered: "recently" of section 5.3.4.1. */
const NONCE_LIFE = 10_000;
/** Senders whose clocks are remembered. Only authorised routers come in; the one heard longest ago goes. */
const MAX_PEERS = 256;
const FRACTIONS = 65_536;

/** Octets of a timestamp: 48 bits of seconds since 1970, 16 of fractions. RFC 3971 section 5.3.1. */
export function encodeTimestamp(seconds: number): Uint8Array {
  const octets = new Uint8Array(8);
  const whole = Math.floor(seconds);
  putU16(octets, 0, Math.floor(whole / 2 ** 32));
  putU32(octets, 2, whole >>> 0);
  putU16(octets, 6, Math.floor((seconds - whole) * FRACTIONS));
  return octets;
}

/** Seconds since 1970 of a timestamp at `offset`. */
export function decodeTimestamp(bytes: Uint8Array, offset: number): number {
  return u16(bytes, offset) * 2 ** 32 + u32(bytes, offset + 2) + u16(bytes, offset + 6) / FRACTIONS;
}

/** Nonces of the solicitations of one interface. */
export class Nonces {
  readonly #scheduler: Scheduler;
  readonly #random: RandomSource;
  readonly #sent: { readonly nonce: Uint8Array; readonly at: number }[] = [];

  constructor(scheduler: Scheduler, random: RandomSource) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** A nonce for a solicitation that leaves now. */
  next(): Uint8Array {
    const nonce = this.#random.octets(NONCE_OCTETS);
    this.#sent.push({ nonce, at: this.#scheduler.now });
    if (this.#sent.length > MAX_NONCES) this.#sent.shift();
    return nonce;
  }

  /** Whether a solicitation with this nonce has left recently. Several routers may answer one. */
  has(nonce: Uint8Array): boolean {
    const since = this.#scheduler.now - NONCE_LIFE;
    return this.#sent.some(
      (each) =>
        each.at >= since &&
        each.nonce.length === nonce.length &&
        equalBytes(each.nonce, 0, nonce, 0, nonce.length),
    );
  }
}

interface Peer {
  /** RDlast in seconds of the scheduler, which nobody sets. */
  receivedAt: number;
  /** TSlast. */
  timestamp: number;
}

/** The clocks of the senders. */
export class PeerClocks {
  readonly #scheduler: Scheduler;
  readonly #peers = new Map<AddressKey, Peer>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** What is wrong with the timestamp of a message that answers nothing; undefined = it may be of now. Section 5.3.4.2. */
  fault(source: Uint8Array, timestamp: number): string | undefined {
    const peer = this.#peers.get(addressKey(source));
    if (peer === undefined) {
      const isNear = Math.abs(this.#scheduler.wallClock - timestamp) < TIMESTAMP_DELTA;
      return isNear ? undefined : 'the timestamp is not of now';
    }
    return this.#isInOrder(peer, timestamp) ? undefined : 'the timestamp is that of an old message';
  }

  /**
   * Remembers the clock of a sender whose message was accepted.
   * @param isAnswer it had the nonce of a solicitation, and is of now whatever its clock says: a clock that was set back is
   *   believed so
   */
  accepted(source: Uint8Array, timestamp: number, isAnswer: boolean): void {
    const key = addressKey(source);
    const peer = this.#peers.get(key);
    const receivedAt = this.#scheduler.now / 1000;
    if (peer === undefined) {
      if (this.#peers.size >= MAX_PEERS) {
        const oldest = this.#peers.keys().next();
        if (oldest.done !== true) this.#peers.delete(oldest.value);
      }
      this.#peers.set(key, { receivedAt, timestamp });
      return;
    }
    this.#peers.delete(key);
    this.#peers.set(key, peer);
    if (timestamp > peer.timestamp || (isAnswer && !this.#isInOrder(peer, timestamp))) {
      peer.receivedAt = receivedAt;
      peer.timestamp = timestamp;
    }
  }

  #isInOrder({ receivedAt, timestamp: last }: Peer, timestamp: number): boolean {
    const passed = this.#scheduler.now / 1000 - receivedAt;
    return timestamp + TIMESTAMP_FUZZ > last + passed * (1 - TIMESTAMP_DRIFT) - TIMESTAMP_FUZZ;
  }
}
