/**
 * Addresses of one interface: how they are taken, grow old and go. RFC 4862 sections 5.4 and 5.5.4.
 */
import {
  addressKey,
  isLinkLocal,
  isMulticast,
  prefixMatches,
  sameAddress,
} from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import type { ScheduledAction, Scheduler } from '../../engine/ports.ts';
import type { DuplicateDetection } from './duplicate-detection.ts';
import { commonPrefixLength } from './link-address.ts';
import type {
  AddressChangeListener,
  AddressOptions,
  DuplicateProbe,
  InterfaceAddress,
} from './network-interface.ts';

/** Prefix length of an address that says nothing else. */
const DEFAULT_PREFIX_LENGTH = 64;
/** Longest wait for the end of a lifetime at one time, milliseconds: clocks count in 32 bits. */
const LONGEST_WAIT = 2 ** 30;
/** Multicast scope of a link. RFC 4291 section 2.7. */
const LINK_SCOPE = 2;

/** What a table asks of its interface. */
export interface AddressTableOptions {
  readonly scheduler: Scheduler;
  readonly detection: DuplicateDetection;
  /** DupAddrDetectTransmits. RFC 4862 section 5.1 */
  readonly duplicateTransmits: number;
  /** Joins and leaves the solicited-node group of an address. RFC 4861 section 7.2.1 */
  readonly listen: (address: Uint8Array) => void;
  readonly stopListening: (address: Uint8Array) => void;
  readonly onChange: AddressChangeListener;
}

/** An address of the table. */
export interface TableEntry {
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly isAutoconfigured: boolean;
  phase: 'tentative' | 'assigned' | 'duplicate';
  isDeprecated: boolean;
  /** Milliseconds of the scheduler. */
  preferredUntil: number;
  validUntil: number;
  probe: DuplicateProbe | undefined;
  onPreferred: (() => void)[];
  onDuplicate: (() => void)[];
}

/** How an address is entered, beyond what a host may say. */
export interface EntryOptions extends AddressOptions {
  readonly isAutoconfigured?: boolean;
  /** Milliseconds before the first solicitation. */
  readonly delay?: number;
}

/** Addresses of one interface. */
export class AddressTable {
  readonly #options: AddressTableOptions;
  readonly #entries = new Map<AddressKey, TableEntry>();
  #timer: ScheduledAction | undefined;

  constructor(options: AddressTableOptions) {
    this.#options = options;
  }

  /** Addresses as others see them. */
  get views(): InterfaceAddress[] {
    const { now } = this.#options.scheduler;
    return [...this.#entries.values()].map((entry) => ({
      address: entry.address,
      prefixLength: entry.prefixLength,
      state: stateOf(entry, now),
      preferredLifetime: Math.max(0, entry.preferredUntil - now) / 1000,
      validLifetime: Math.max(0, entry.validUntil - now) / 1000,
      isAutoconfigured: entry.isAutoconfigured,
    }));
  }

  /** Entries, oldest first. */
  get entries(): Iterable<TableEntry> {
    return this.#entries.values();
  }

  /** The entry of an address, whatever its state. */
  get(key: AddressKey): TableEntry | undefined {
    return this.#entries.get(key);
  }

  /** Whether packets to the address are taken. */
  owns(address: Uint8Array): boolean {
    return this.#entries.get(addressKey(address))?.phase === 'assigned';
  }

  /** Takes an address, asks anew for one that was a duplicate, or gives new lifetimes. */
  add(address: Uint8Array, how: EntryOptions): void {
    const key = addressKey(address);
    const { now } = this.#options.scheduler;
    const { preferredLifetime = Infinity, validLifetime = Infinity } = how;
    const validUntil = now + validLifetime * 1000;
    const preferredUntil = Math.min(validUntil, now + preferredLifetime * 1000);
    let entry = this.#entries.get(key);
    if (entry?.phase === 'duplicate') {
      this.#entries.delete(key);
      entry = undefined;
    }
    if (entry === undefined) {
      entry = {
        address: address.slice(),
        prefixLength: how.prefixLength ?? DEFAULT_PREFIX_LENGTH,
        isAutoconfigured: how.isAutoconfigured ?? false,
        phase: 'tentative',
        isDeprecated: false,
        preferredUntil,
        validUntil,
        probe: undefined,
        onPreferred: [],
        onDuplicate: [],
      };
      this.#entries.set(key, entry);
    }
    this.#keepCallbacks(entry, how);
    if (entry.phase === 'tentative') {
      if (how.detection === 'skip') this.#assign(entry);
      else if (entry.probe === undefined) this.#detect(entry, how.delay ?? 0);
    }
    this.setLifetimes(entry, preferredUntil, validUntil);
  }

  /** New ends of both lifetimes, milliseconds of the scheduler. */
  setLifetimes(entry: TableEntry, preferredUntil: number, validUntil: number): void {
    entry.preferredUntil = Math.min(preferredUntil, validUntil);
    entry.validUntil = validUntil;
    this.#grow();
  }

  /** Gives an address back. */
  remove(address: Uint8Array): void {
    const entry = this.#entries.get(addressKey(address));
    if (entry !== undefined) this.#drop(entry);
  }

  /**
   * Source for a destination: same scope, then not deprecated, then most leading bits in common; itself when it is one
   * of the addresses. RFC 6724 section 5, rules 1, 2, 3 and 8.
   */
  sourceFor(destination: Uint8Array): Uint8Array | undefined {
    const isLocal = isLinkLocal(destination) || isLinkScope(destination);
    let best: TableEntry | undefined;
    let bestBits = -1;
    for (const entry of this.#entries.values()) {
      if (entry.phase !== 'assigned') continue;
      if (sameAddress(entry.address, 0, destination, 0)) return entry.address;
      if (isLinkLocal(entry.address) !== isLocal) continue;
      const bits = commonPrefixLength(entry.address, destination);
      const isBetter =
        best === undefined ||
        (best.isDeprecated && !entry.isDeprecated) ||
        (best.isDeprecated === entry.isDeprecated && bits > bestBits);
      if (!isBetter) continue;
      best = entry;
      bestBits = bits;
    }
    return best?.address;
  }

  /** Whether a configured address says that another is on its link. */
  covers(address: Uint8Array): boolean {
    for (const entry of this.#entries.values()) {
      // A prefix that an address was formed from is on the link only where its option says so. RFC 4861 section 6.3.4.
      if (entry.isAutoconfigured || entry.phase === 'duplicate') continue;
      if (prefixMatches(entry.address, entry.prefixLength, address, 0)) return true;
    }
    return false;
  }

  /** Stops everything; nobody is told. */
  close(): void {
    this.#timer?.cancel();
    for (const { probe } of this.#entries.values()) probe?.cancel();
  }

  #keepCallbacks(entry: TableEntry, { onPreferred, onDuplicate }: EntryOptions): void {
    if (entry.phase === 'tentative') {
      if (onPreferred !== undefined) entry.onPreferred.push(onPreferred);
      if (onDuplicate !== undefined) entry.onDuplicate.push(onDuplicate);
    } else if (onPreferred !== undefined) {
      this.#options.scheduler.after(0, onPreferred);
    }
  }

  #detect(entry: TableEntry, delay: number): void {
    const { detection, duplicateTransmits } = this.#options;
    entry.probe = detection.start(entry.address, duplicateTransmits, delay, (isUnique) => {
      if (isUnique) this.#assign(entry);
      else this.#refuse(entry);
    });
  }

  #assign(entry: TableEntry): void {
    const isTentative = entry.probe !== undefined;
    entry.phase = 'assigned';
    this.#options.listen(entry.address);
    entry.probe?.cancel();
    entry.probe = undefined;
    const told = entry.onPreferred;
    entry.onPreferred = [];
    entry.onDuplicate = [];
    const tell = (): void => {
      if (this.#entries.get(addressKey(entry.address)) !== entry) return;
      this.#tell(entry, entry.isDeprecated ? 'deprecated' : 'preferred');
      for (const callback of told) callback();
    };
    // Never during the call that took the address.
    if (isTentative) tell();
    else this.#options.scheduler.after(0, tell);
  }

  #refuse(entry: TableEntry): void {
    entry.phase = 'duplicate';
    entry.probe = undefined;
    const told = entry.onDuplicate;
    entry.onPreferred = [];
    entry.onDuplicate = [];
    this.#tell(entry, 'duplicate');
    for (const callback of told) callback();
  }

  #drop(entry: TableEntry): void {
    this.#entries.delete(addressKey(entry.address));
    entry.probe?.cancel();
    entry.probe = undefined;
    if (entry.phase === 'assigned') this.#options.stopListening(entry.address);
    this.#tell(entry, 'removed');
  }

  #tell(entry: TableEntry, state: Parameters<AddressChangeListener>[1]): void {
    this.#options.onChange(entry.address, state, entry.isAutoconfigured);
  }

  /** Lets addresses grow old as far as it is time, and waits for the next. RFC 4862 section 5.5.4. */
  #grow(): void {
    const { scheduler } = this.#options;
    let next = Infinity;
    for (const entry of [...this.#entries.values()]) {
      if (entry.validUntil <= scheduler.now) {
        this.#drop(entry);
        continue;
      }
      const isDeprecated = entry.preferredUntil <= scheduler.now;
      if (isDeprecated !== entry.isDeprecated) {
        entry.isDeprecated = isDeprecated;
        if (entry.phase === 'assigned')
          this.#tell(entry, isDeprecated ? 'deprecated' : 'preferred');
      }
      next = Math.min(next, isDeprecated ? entry.validUntil : entry.preferredUntil);
    }
    this.#timer?.cancel();
    if (next === Infinity) return;
    this.#timer = scheduler.after(Math.min(next - scheduler.now, LONGEST_WAIT), () => {
      this.#grow();
    });
  }
}

function stateOf(entry: TableEntry, now: number): InterfaceAddress['state'] {
  if (entry.phase !== 'assigned') return entry.phase;
  return entry.preferredUntil <= now ? 'deprecated' : 'preferred';
}

function isLinkScope(address: Uint8Array): boolean {
  return isMulticast(address) && (u8(address, 1) & 0x0f) <= LINK_SCOPE;
}
