/**
 * Link-layer addresses of neighbors, and whether packets reach them. RFC 4861 sections 7.2 and 7.3.
 *
 * Bounded against whoever shares the link: at most MAX_NEIGHBORS entries; a new one takes the place of the oldest that
 * never answered a solicitation of ours, then of the oldest at all, never of a router in use.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';
import type { RandomSource, ScheduledAction, Scheduler } from '../../engine/ports.ts';
import type { Neighbor, NeighborState } from './network-interface.ts';
import { ReachableTime } from './reachable-time.ts';

/** RFC 4861 section 10. */
const MAX_MULTICAST_SOLICIT = 3;
const MAX_UNICAST_SOLICIT = 3;
const DELAY_FIRST_PROBE_TIME = 5_000;

/** Entries at most. */
export const MAX_NEIGHBORS = 1024;
/** Packets that wait for one link-layer address; a new one takes the place of the oldest. RFC 4861 section 7.2.2. */
export const MAX_QUEUED_PACKETS = 3;
/** Callers that wait to hear of one neighbor. */
const MAX_WAITERS = 16;

/** What the cache asks of its interface. */
export interface NeighborCacheOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  /** Milliseconds between solicitations. */
  readonly retransTimer: () => number;
  /**
   * Sends a neighbor solicitation: to the group of the target, or to a link-layer address.
   * @param packet one that waits, whose source the solicitation takes when it can. RFC 4861 section 7.2.2
   */
  readonly solicit: (
    target: Uint8Array,
    linkDestination: Uint8Array | undefined,
    packet: Uint8Array | undefined,
  ) => void;
  readonly send: (packet: Uint8Array, linkDestination: Uint8Array) => void;
  /** A neighbor was given up. */
  readonly onUnreachable: (address: Uint8Array, undelivered: readonly Uint8Array[]) => void;
  /** Whether the neighbor must not be evicted: a router in use. */
  readonly isKept: (key: AddressKey) => boolean;
}

type Waiter = (isReachable: boolean) => void;

interface Entry {
  readonly key: AddressKey;
  readonly address: Uint8Array;
  linkLayerAddress: Uint8Array | undefined;
  /** `reachable` ends with `reachableUntil`, without an action of its own. */
  state: NeighborState;
  reachableUntil: number;
  isRouter: boolean;
  /** It answered a solicitation of ours, at the link-layer address that it has. */
  isConfirmed: boolean;
  queue: Uint8Array[];
  waiters: Waiter[];
  /** Solicitations without an answer, and how many there may be. */
  transmits: number;
  most: number;
  lastSolicited: number;
  timer: ScheduledAction | undefined;
}

/** What a neighbor advertisement says. RFC 4861 section 4.4. */
export interface Advertised {
  readonly linkLayerAddress: Uint8Array | undefined;
  readonly isRouter: boolean;
  readonly isSolicited: boolean;
  readonly isOverride: boolean;
}

/** Neighbors of one interface. */
export class NeighborCache {
  readonly #options: NeighborCacheOptions;
  /** Both in the order of eviction. */
  readonly #confirmed = new Map<AddressKey, Entry>();
  readonly #unconfirmed = new Map<AddressKey, Entry>();
  readonly #reachableTime: ReachableTime;

  constructor(options: NeighborCacheOptions) {
    this.#options = options;
    this.#reachableTime = new ReachableTime(options.scheduler, options.random);
  }

  /** Entries at present. */
  get size(): number {
    return this.#confirmed.size + this.#unconfirmed.size;
  }

  /** Milliseconds, as a router advertises. RFC 4861 section 6.3.4. */
  setBaseReachableTime(milliseconds: number): void {
    this.#reachableTime.setBase(milliseconds);
  }

  /** Sends a packet to a neighbor, at once or when its link-layer address is known. */
  transmit(packet: Uint8Array, address: Uint8Array): void {
    const entry = this.#entry(addressKey(address)) ?? this.#create(address);
    if (entry === undefined) return;
    const { linkLayerAddress } = entry;
    if (linkLayerAddress === undefined) {
      // A copy: what is on its way shares its octets with others.
      entry.queue.push(packet.slice());
      if (entry.queue.length > MAX_QUEUED_PACKETS) entry.queue.shift();
      if (entry.timer === undefined) this.#resolve(entry);
      return;
    }
    if (this.#state(entry) === 'stale') this.#delay(entry);
    this.#options.send(packet, linkLayerAddress);
  }

  /** Entry as others see it. */
  view(address: Uint8Array): Neighbor | undefined {
    const entry = this.#entry(addressKey(address));
    if (entry === undefined) return undefined;
    const { linkLayerAddress, isRouter } = entry;
    return { address: entry.address, linkLayerAddress, state: this.#state(entry), isRouter };
  }

  /** Whether the neighbor answered a solicitation and was not given up since. */
  isConfirmed(key: AddressKey): boolean {
    return this.#confirmed.has(key);
  }

  /** Whether its link-layer address is known. RFC 4861 section 6.3.6: such a router is preferred. */
  isResolved(key: AddressKey): boolean {
    return this.#entry(key)?.linkLayerAddress !== undefined;
  }

  /** Writes an entry that is reachable. */
  set(address: Uint8Array, linkLayerAddress: Uint8Array, isRouter: boolean | undefined): void {
    const entry = this.#entry(addressKey(address)) ?? this.#create(address);
    if (entry === undefined) return;
    entry.isRouter = isRouter ?? entry.isRouter;
    entry.linkLayerAddress = linkLayerAddress.slice();
    this.#confirm(entry, true);
  }

  /** Removes an entry; what waits for it is lost, who waits hears that it is not reachable. */
  forget(address: Uint8Array): void {
    const entry = this.#entry(addressKey(address));
    if (entry !== undefined) this.#drop(entry);
  }

  /**
   * A solicitation or router advertisement tells a link-layer address. RFC 4861 section 7.2.3 and appendix C.
   * @param isRouter undefined: the message does not say. RFC 4861 appendix D
   */
  heard(address: Uint8Array, linkLayerAddress: Uint8Array, isRouter: boolean | undefined): void {
    const entry = this.#entry(addressKey(address)) ?? this.#create(address);
    if (entry === undefined) return;
    entry.isRouter = isRouter ?? entry.isRouter;
    this.#moveTo(entry, linkLayerAddress);
  }

  /** The message says that an address is a router's, or not, without telling a link-layer address. */
  heardRole(address: Uint8Array, isRouter: boolean): void {
    const entry = this.#entry(addressKey(address));
    if (entry !== undefined) entry.isRouter = isRouter;
  }

  /**
   * A neighbor advertisement. RFC 4861 section 7.2.5.
   * @returns whether a router has become a host
   */
  advertised(target: Uint8Array, said: Advertised): boolean {
    const entry = this.#entry(addressKey(target));
    if (entry === undefined) return false;
    const { linkLayerAddress: told } = said;
    const known = entry.linkLayerAddress;
    if (known === undefined) {
      if (told === undefined) return false;
      entry.isRouter = said.isRouter;
      if (!said.isSolicited) {
        this.#moveTo(entry, told);
        return false;
      }
      entry.linkLayerAddress = told.slice();
      this.#confirm(entry, entry.transmits > 0);
      return false;
    }
    const isOther = told !== undefined && !equalBytes(told, 0, known, 0, known.length);
    if (isOther && !said.isOverride) {
      // RFC 4861 section 7.2.5, I: only prompts a check of the old one.
      if (this.#state(entry) === 'reachable') this.#toStale(entry);
      return false;
    }
    const wasExpected = entry.transmits > 0;
    if (isOther && said.isSolicited) entry.linkLayerAddress = told.slice();
    if (said.isSolicited) this.#confirm(entry, wasExpected || (entry.isConfirmed && !isOther));
    else if (isOther) this.#moveTo(entry, told);
    const wasRouter = entry.isRouter;
    entry.isRouter = said.isRouter;
    return wasRouter && !said.isRouter;
  }

  /** Solicits a neighbor now and tells whether it answers. RFC 4861 section 7.3. */
  check(address: Uint8Array, onResult: Waiter, transmits = MAX_UNICAST_SOLICIT): void {
    const entry = this.#entry(addressKey(address)) ?? this.#create(address);
    if (entry === undefined || entry.waiters.length >= MAX_WAITERS) {
      this.#options.scheduler.after(0, () => {
        onResult(false);
      });
      return;
    }
    entry.waiters.push(onResult);
    if (entry.linkLayerAddress === undefined) {
      if (entry.timer === undefined) this.#resolve(entry, transmits);
    } else if (entry.state !== 'probe') {
      this.#probe(entry, transmits);
    }
  }

  /** The link may be another one: nobody is known to be reachable any more. */
  doubt(): void {
    for (const entry of this.#confirmed.values()) {
      if (entry.state === 'reachable') this.#toStale(entry);
    }
  }

  /** Stops everything; nobody is told. */
  close(): void {
    for (const entries of [this.#confirmed, this.#unconfirmed]) {
      for (const { timer } of entries.values()) timer?.cancel();
      entries.clear();
    }
  }

  #entry(key: AddressKey): Entry | undefined {
    return this.#confirmed.get(key) ?? this.#unconfirmed.get(key);
  }

  #state(entry: Entry): NeighborState {
    if (entry.state === 'reachable' && this.#options.scheduler.now >= entry.reachableUntil) {
      entry.state = 'stale';
    }
    return entry.state;
  }

  /** A new entry without link-layer address; undefined when there is no room. */
  #create(address: Uint8Array): Entry | undefined {
    if (this.size >= MAX_NEIGHBORS && !this.#evict()) return undefined;
    const entry: Entry = {
      key: addressKey(address),
      address: address.slice(),
      linkLayerAddress: undefined,
      state: 'incomplete',
      reachableUntil: 0,
      isRouter: false,
      isConfirmed: false,
      queue: [],
      waiters: [],
      transmits: 0,
      most: 0,
      lastSolicited: -Infinity,
      timer: undefined,
    };
    this.#unconfirmed.set(entry.key, entry);
    return entry;
  }

  #evict(): boolean {
    for (const entries of [this.#unconfirmed, this.#confirmed]) {
      for (const entry of entries.values()) {
        if (this.#options.isKept(entry.key)) continue;
        this.#drop(entry);
        return true;
      }
    }
    return false;
  }

  /** Removes an entry and tells who waits. */
  #drop(entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    this.#confirmed.delete(entry.key);
    this.#unconfirmed.delete(entry.key);
    this.#answer(entry, false);
  }

  #answer(entry: Entry, isReachable: boolean): void {
    const { waiters } = entry;
    if (waiters.length === 0) return;
    entry.waiters = [];
    // Later: who is told may use the cache again.
    this.#options.scheduler.after(0, () => {
      for (const waiter of waiters) waiter(isReachable);
    });
  }

  /** RFC 4861 section 7.3.1: the neighbor has received what was sent to it. */
  #confirm(entry: Entry, isAnswer: boolean): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    entry.transmits = 0;
    entry.state = 'reachable';
    entry.reachableUntil = this.#options.scheduler.now + this.#reachableTime.current();
    this.#rank(entry, isAnswer);
    this.#flush(entry);
    this.#answer(entry, true);
  }

  #rank(entry: Entry, isConfirmed: boolean): void {
    entry.isConfirmed = isConfirmed;
    // Set anew, it is the last to be evicted.
    this.#confirmed.delete(entry.key);
    this.#unconfirmed.delete(entry.key);
    (isConfirmed ? this.#confirmed : this.#unconfirmed).set(entry.key, entry);
  }

  /** A link-layer address from a message that confirms nothing. */
  #moveTo(entry: Entry, linkLayerAddress: Uint8Array): void {
    const known = entry.linkLayerAddress;
    if (known !== undefined && equalBytes(known, 0, linkLayerAddress, 0, known.length)) return;
    entry.linkLayerAddress = linkLayerAddress.slice();
    if (entry.isConfirmed) this.#rank(entry, false);
    this.#toStale(entry);
    this.#flush(entry);
    if (entry.waiters.length > 0) this.#probe(entry);
  }

  #toStale(entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    entry.transmits = 0;
    entry.state = 'stale';
  }

  /** Packets were waiting for the link-layer address that is there now. */
  #flush(entry: Entry): void {
    const { queue, linkLayerAddress } = entry;
    if (queue.length === 0 || linkLayerAddress === undefined) return;
    entry.queue = [];
    if (this.#state(entry) === 'stale') this.#delay(entry);
    for (const packet of queue) this.#options.send(packet, linkLayerAddress);
  }

  #delay(entry: Entry): void {
    entry.state = 'delay';
    entry.timer?.cancel();
    entry.timer = this.#options.scheduler.after(DELAY_FIRST_PROBE_TIME, () => {
      this.#probe(entry);
    });
  }

  #probe(entry: Entry, most = MAX_UNICAST_SOLICIT): void {
    entry.state = 'probe';
    entry.most = most;
    entry.transmits = 0;
    this.#solicit(entry);
  }

  #resolve(entry: Entry, most = MAX_MULTICAST_SOLICIT): void {
    entry.most = most;
    entry.transmits = 0;
    this.#solicit(entry);
  }

  /** One solicitation after the other. RFC 4861 sections 7.2.2, 7.3.3. */
  #solicit(entry: Entry): void {
    entry.timer?.cancel();
    const { scheduler, retransTimer } = this.#options;
    const again = (wait: number): void => {
      entry.timer = scheduler.after(wait, () => {
        this.#solicit(entry);
      });
    };
    // Not more often than once every RetransTimer to the same neighbor.
    const wait = entry.lastSolicited + retransTimer() - scheduler.now;
    if (wait > 0) {
      again(wait);
      return;
    }
    if (entry.transmits >= entry.most) {
      this.#giveUp(entry);
      return;
    }
    entry.transmits++;
    entry.lastSolicited = scheduler.now;
    again(retransTimer());
    this.#options.solicit(entry.address, entry.linkLayerAddress, entry.queue[0]);
  }

  #giveUp(entry: Entry): void {
    const { address, queue } = entry;
    entry.queue = [];
    this.#drop(entry);
    this.#options.onUnreachable(address, queue);
  }
}
