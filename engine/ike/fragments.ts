/**
 * Puts fragments of encrypted messages together. RFC 7383 section 2.6.
 *
 * Bounded: at most MAX_MESSAGES messages of one IKE SA are under way, the oldest goes when another begins; a
 * message has at most MAX_FRAGMENTS fragments and MAX_MESSAGE_OCTETS octets, else it is given up.
 */
import { concatenate } from '../../dissectors/core/layout.ts';

/** Messages of one IKE SA under way. */
export const MAX_MESSAGES = 8;
/** Fragments of one message. */
export const MAX_FRAGMENTS = 512;
/** Octets of payloads of one message: more than a datagram could hold. */
export const MAX_MESSAGE_OCTETS = 256 * 1024;

/** A fragment whose checksum was judged. */
export interface IkeFragment {
  /** Message it is of: direction, request or response, Message ID. */
  readonly message: string;
  /** From 1. */
  readonly number: number;
  readonly total: number;
  /** Next Payload of the encrypted payload: that of the whole in the first fragment, 0 in others. */
  readonly firstPayload: number;
  /** Octets of payloads, without padding. */
  readonly payloads: Uint8Array;
}

/** Payloads of all fragments. */
export interface WholeMessage {
  readonly firstPayload: number;
  readonly bytes: Uint8Array;
}

interface Pending {
  readonly total: number;
  readonly parts: Map<number, Uint8Array>;
  firstPayload: number;
  octets: number;
}

/** Fragments of one IKE SA. */
export class IkeFragments {
  readonly #pending = new Map<string, Pending>();

  /** Adds a fragment. @returns the payloads when none is missing any more */
  add(fragment: IkeFragment): WholeMessage | undefined {
    const { message, number, total, firstPayload, payloads } = fragment;
    if (number < 1 || number > total || total > MAX_FRAGMENTS) return undefined;
    let pending = this.#pending.get(message);
    // RFC 7383 section 2.6: smaller fragments of the same message replace larger ones.
    if (pending !== undefined && total < pending.total) return undefined;
    if (pending?.total !== total) {
      pending = { total, parts: new Map(), firstPayload: 0, octets: 0 };
      this.#begin(message, pending);
    }
    if (pending.parts.has(number)) return undefined;
    pending.parts.set(number, payloads);
    pending.octets += payloads.length;
    if (number === 1) pending.firstPayload = firstPayload;
    if (pending.octets > MAX_MESSAGE_OCTETS) {
      this.#pending.delete(message);
      return undefined;
    }
    if (pending.parts.size < total) return undefined;
    this.#pending.delete(message);
    const parts: Uint8Array[] = [];
    for (let i = 1; i <= total; i++) parts.push(pending.parts.get(i) ?? new Uint8Array(0));
    return { firstPayload: pending.firstPayload, bytes: concatenate(parts) };
  }

  #begin(message: string, pending: Pending): void {
    this.#pending.delete(message);
    if (this.#pending.size >= MAX_MESSAGES) {
      const [oldest] = this.#pending.keys();
      if (oldest !== undefined) this.#pending.delete(oldest);
    }
    this.#pending.set(message, pending);
  }
}
