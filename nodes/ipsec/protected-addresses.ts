/**
 * Finds the home address that a packet is about: by the end of the packet that is the mobile node's.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { AddressTable } from '../../engine/state/address-table.ts';
import type { Selectors } from '../ip/packet.ts';
import { policyMatches } from './policy.ts';
import type { NodePolicy } from './policy.ts';
import { trafficOf } from './protected-address.ts';
import type { ProtectedAddress } from './protected-address.ts';

/** Home addresses of a node; more are refused, none is ever evicted. */
export const MAX_PROTECTED_ADDRESSES = 262_144;
/** Home addresses of a mobile node of one machine; a packet out of a tunnel is compared with each. */
export const MAX_OWN_HOME_ADDRESSES = 64;

const ADDRESS = 16;
/** A prefix filled up with zeros; nobody keeps it. */
const masked = new Uint8Array(ADDRESS);

/** Prefixes behind mobile routers (RFC 3963): one look-up for each length in use. */
class NetworkTable {
  readonly #byLength = new Map<number, AddressTable<ProtectedAddress>>();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add({ bytes, length }: Prefix, owner: ProtectedAddress): void {
    let table = this.#byLength.get(length);
    if (table === undefined) {
      table = new AddressTable({ maxEntries: MAX_PROTECTED_ADDRESSES, seed: this.#seed });
      this.#byLength.set(length, table);
    }
    table.set(bytes, 0, owner);
  }

  remove({ bytes, length }: Prefix): void {
    const table = this.#byLength.get(length);
    table?.delete(bytes);
    if (table?.size === 0) this.#byLength.delete(length);
  }

  find(address: Uint8Array): ProtectedAddress | undefined {
    for (const [length, table] of this.#byLength) {
      for (let i = 0; i < ADDRESS; i++) {
        const kept = Math.min(Math.max(length - 8 * i, 0), 8);
        masked[i] = u8(address, i) & (0xff00 >>> kept);
      }
      const owner = table.peek(masked);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }
}

/** All home addresses of a node. */
export class ProtectedAddresses {
  readonly #table: AddressTable<ProtectedAddress>;
  readonly #networks: NetworkTable;
  /** Those of this node itself. */
  readonly #own: ProtectedAddress[] = [];
  /** Lists of policies in use at the home agent side, with how many home addresses use them. */
  readonly #served = new Map<readonly NodePolicy[], number>();

  /** @param seed makes the hash unpredictable */
  constructor(seed: number) {
    this.#table = new AddressTable({ maxEntries: MAX_PROTECTED_ADDRESSES, seed });
    this.#networks = new NetworkTable(seed);
  }

  get size(): number {
    return this.#table.size;
  }

  /** The row of a home address. No allocation. */
  get(homeAddress: Uint8Array): ProtectedAddress | undefined {
    return this.#table.peek(homeAddress);
  }

  /** All rows. */
  values(): IterableIterator<ProtectedAddress> {
    return this.#table.values();
  }

  /** @throws RangeError for more than the table takes */
  add(row: ProtectedAddress): void {
    if (this.#table.size >= MAX_PROTECTED_ADDRESSES) {
      throw new RangeError(`more than ${MAX_PROTECTED_ADDRESSES} home addresses`);
    }
    if (row.side === 'mobile-node') {
      if (this.#own.length >= MAX_OWN_HOME_ADDRESSES) {
        throw new RangeError(`more than ${MAX_OWN_HOME_ADDRESSES} home addresses of this node`);
      }
      this.#own.push(row);
    } else this.#served.set(row.policies, (this.#served.get(row.policies) ?? 0) + 1);
    this.#table.set(row.homeAddress, 0, row);
    for (const prefix of row.mobileNetworks) this.#networks.add(prefix, row);
  }

  remove(row: ProtectedAddress): void {
    this.#table.delete(row.homeAddress);
    for (const prefix of row.mobileNetworks) this.#networks.remove(prefix);
    if (row.side === 'mobile-node') {
      this.#own.splice(this.#own.indexOf(row), 1);
      return;
    }
    const left = (this.#served.get(row.policies) ?? 0) - 1;
    if (left > 0) this.#served.set(row.policies, left);
    else this.#served.delete(row.policies);
  }

  /** The row that a packet falls under; undefined: none, or its addresses do not tell. */
  ownerOf(selectors: Selectors, isOutbound: boolean): ProtectedAddress | undefined {
    const { source, destination, tunnelHomeAddress, isTunnelled } = selectors;
    if (tunnelHomeAddress !== undefined) return this.#table.peek(tunnelHomeAddress);
    const near = isOutbound ? source : destination;
    const far = isOutbound ? destination : source;
    const own = this.#table.peek(near);
    if (own?.side === 'mobile-node') return own;
    const served = this.#table.peek(far);
    if (served?.side === 'home-agent') return served;
    if (!isTunnelled) return undefined;
    const behindOwn = this.#networks.find(near);
    if (behindOwn?.side === 'mobile-node') return behindOwn;
    const behindServed = this.#networks.find(far);
    return behindServed?.side === 'home-agent' ? behindServed : undefined;
  }

  /**
   * Whether some policy may be about a tunnelled packet of whose owner nothing is known: then it is refused rather than
   * let through, for the wrong mobile node or in clear.
   */
  mayConcern(selectors: Selectors, isOutbound: boolean): boolean {
    if (!selectors.isTunnelled) return false;
    if (this.#own.length > 0) {
      const traffic = trafficOf('mobile-node', isOutbound, selectors);
      for (const row of this.#own) {
        for (const policy of row.policies) if (policyMatches(policy, row, traffic)) return true;
      }
    }
    const traffic = trafficOf('home-agent', isOutbound, selectors);
    for (const policies of this.#served.keys()) {
      for (const policy of policies) if (policyMatches(policy, undefined, traffic)) return true;
    }
    return false;
  }
}
