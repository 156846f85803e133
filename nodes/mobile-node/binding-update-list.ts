/**
 * Binding update list: every Binding Update of this node whose lifetime has not ended. RFC 6275 section 11.1.
 */
import { addressKey, isSameAddress } from '../../dissectors/core/address.ts';
import { u16 } from '../../dissectors/core/bytes.ts';
import { isSequenceGreater, nextSequence } from '../../engine/mobility/sequence.ts';
import type { RandomSource, Scheduler } from '../../engine/ports.ts';

/** A Binding Update that may still be answered. */
export interface OutstandingUpdate {
  /** 0..65535 */
  readonly sequence: number;
  /** Milliseconds of the scheduler. */
  readonly sentAt: number;
  /** Seconds asked for; 0 = de-registration. */
  readonly lifetime: number;
  readonly careOfAddress: Uint8Array;
}

/** One destination and home address. Changed in place. */
export interface BindingUpdateListEntry {
  /** Home agent or correspondent, 16 octets. */
  readonly destination: Uint8Array;
  readonly homeAddress: Uint8Array;
  readonly isHomeRegistration: boolean;
  /** Care-of address of the update sent last. */
  careOfAddress: Uint8Array;
  /** Care-of address that was acknowledged last; undefined = none. */
  acknowledgedCareOfAddress: Uint8Array | undefined;
  /** Seconds of the update sent last. */
  lifetime: number;
  /**
   * When the binding ends, milliseconds of the scheduler: counted from when the update was sent, shortened as
   * acknowledged. 0 = no binding is known to exist.
   */
  expiresAt: number;
  /** The binding at the destination was acknowledged and not given up since. */
  isAcknowledged: boolean;
  /** Until when a binding may exist there, acknowledged or not; milliseconds of the scheduler. */
  mayExistUntil: number;
  /** Sent last, 0..65535. */
  sequence: number;
  /** Milliseconds of the scheduler; -Infinity = never. */
  sentAt: number;
  /** Updates that wait for an acknowledgement, oldest first. */
  outstanding: OutstandingUpdate[];
  /** No updates to this destination before; milliseconds of the scheduler, Infinity = never again. RFC 6275 section 11.1. */
  blockedUntil: number;
}

/** Updates that are remembered until they are answered; the oldest is forgotten first. */
const MAX_OUTSTANDING = 16;
/** Entries of correspondents; the one whose update was sent longest ago goes first. */
const DEFAULT_CAPACITY = 4096;

/** What a list is made of. */
export interface BindingUpdateListOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  /** Entries of correspondents; default 4096. Home registrations are few, and never evicted. */
  readonly capacity?: number;
}

/** The list. Entries of home agents stay while the node runs: their sequence numbers must go on. */
export class BindingUpdateList {
  readonly #scheduler: Scheduler;
  readonly #random: RandomSource;
  readonly #capacity: number;
  readonly #entries = new Map<string, BindingUpdateListEntry>();
  #correspondents = 0;

  constructor({ scheduler, random, capacity = DEFAULT_CAPACITY }: BindingUpdateListOptions) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): Iterable<BindingUpdateListEntry> {
    return this.#entries.values();
  }

  find(destination: Uint8Array, homeAddress: Uint8Array): BindingUpdateListEntry | undefined {
    return this.#entries.get(entryKey(destination, homeAddress));
  }

  /** Whether there is an entry of a destination, whatever the home address. */
  hasDestination(destination: Uint8Array): boolean {
    const key = addressKey(destination);
    for (const each of this.#entries.keys()) if (each.startsWith(key)) return true;
    return false;
  }

  /** The entry of the home agent that has a binding of a home address, or may have: one that is alive before others. */
  homeBinding(homeAddress: Uint8Array): BindingUpdateListEntry | undefined {
    let found: BindingUpdateListEntry | undefined;
    for (const entry of this.#entries.values()) {
      if (!entry.isHomeRegistration || !this.mayExist(entry)) continue;
      if (!isSameAddress(entry.homeAddress, homeAddress)) continue;
      if (found === undefined || this.isAlive(entry)) found = entry;
    }
    return found;
  }

  /** The entry, made when there is none: its first sequence number is random. RFC 6275 section 11.7.2. */
  obtain(
    destination: Uint8Array,
    homeAddress: Uint8Array,
    isHomeRegistration: boolean,
  ): BindingUpdateListEntry {
    const key = entryKey(destination, homeAddress);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: BindingUpdateListEntry = {
      destination: destination.slice(),
      homeAddress: homeAddress.slice(),
      isHomeRegistration,
      careOfAddress: homeAddress.slice(),
      acknowledgedCareOfAddress: undefined,
      lifetime: 0,
      expiresAt: 0,
      isAcknowledged: false,
      mayExistUntil: 0,
      sequence: u16(this.#random.octets(2), 0),
      sentAt: -Infinity,
      outstanding: [],
      blockedUntil: 0,
    };
    if (!isHomeRegistration) {
      if (this.#correspondents >= this.#capacity) this.#evict();
      this.#correspondents++;
    }
    this.#entries.set(key, entry);
    return entry;
  }

  /**
   * Notes an update that is sent now, with the next sequence number, which comes back.
   * @param lifetime seconds
   */
  noteSent(entry: BindingUpdateListEntry, careOfAddress: Uint8Array, lifetime: number): number {
    const sequence = nextSequence(entry.sequence);
    entry.sequence = sequence;
    entry.careOfAddress = careOfAddress.slice();
    entry.lifetime = lifetime;
    entry.sentAt = this.#scheduler.now;
    entry.mayExistUntil = Math.max(entry.mayExistUntil, entry.sentAt + lifetime * 1000);
    entry.outstanding.push({
      sequence,
      sentAt: entry.sentAt,
      lifetime,
      careOfAddress: entry.careOfAddress,
    });
    if (entry.outstanding.length > MAX_OUTSTANDING) entry.outstanding.shift();
    // Back to the end of the map: the order is that of use.
    const key = entryKey(entry.destination, entry.homeAddress);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return sequence;
  }

  /**
   * Notes that an update was accepted: the lifetime counts from when it was sent. RFC 6275 section 11.7.3.
   * @param granted seconds
   */
  noteAccepted(entry: BindingUpdateListEntry, answered: OutstandingUpdate, granted: number): void {
    const lifetime = Math.min(granted, answered.lifetime);
    entry.expiresAt = lifetime === 0 ? 0 : answered.sentAt + lifetime * 1000;
    entry.isAcknowledged = lifetime > 0;
    entry.acknowledgedCareOfAddress = lifetime > 0 ? answered.careOfAddress : undefined;
    // What was sent earlier is answered with it; what was sent later still waits.
    entry.outstanding = entry.outstanding.filter(({ sequence }) =>
      isSequenceGreater(sequence, answered.sequence),
    );
    entry.mayExistUntil = entry.outstanding.reduce(
      (until, { sentAt, lifetime: asked }) => Math.max(until, sentAt + asked * 1000),
      entry.expiresAt,
    );
  }

  /** The destination has no binding any more. */
  noteGone(entry: BindingUpdateListEntry): void {
    entry.expiresAt = 0;
    entry.mayExistUntil = 0;
    entry.isAcknowledged = false;
    entry.acknowledgedCareOfAddress = undefined;
    entry.outstanding = [];
  }

  /** Whether a binding may exist at the destination, although nobody has said so. */
  mayExist(entry: BindingUpdateListEntry): boolean {
    return entry.mayExistUntil > this.#scheduler.now;
  }

  /** Whether a binding was acknowledged, and its time is not over. */
  isAlive(entry: BindingUpdateListEntry): boolean {
    return entry.isAcknowledged && entry.expiresAt > this.#scheduler.now;
  }

  remove(entry: BindingUpdateListEntry): void {
    if (!this.#entries.delete(entryKey(entry.destination, entry.homeAddress))) return;
    if (!entry.isHomeRegistration) this.#correspondents--;
  }

  #evict(): void {
    for (const entry of this.#entries.values()) {
      if (entry.isHomeRegistration) continue;
      this.remove(entry);
      return;
    }
  }
}

function entryKey(destination: Uint8Array, homeAddress: Uint8Array): string {
  return addressKey(destination) + addressKey(homeAddress);
}
