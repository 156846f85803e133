/**
 * Home agents, home addresses and home prefixes: told by the site file or learned from acknowledged signalling.
 */
import { equalBytes } from '../../dissectors/core/bytes.ts';
import { prefixMatches } from '../../dissectors/core/address.ts';
import type { Site } from '../site.ts';
import { AddressTable } from './address-table.ts';

const MAX_HOME_AGENTS = 4096;
const MAX_HOME_ADDRESSES = 32_768;
/** Prefixes learned; more home networks than this in one capture are told by a site file. */
const MAX_LEARNED_PREFIXES = 256;
/** Length of a learned home prefix: the subnet prefix of a home address on ordinary links. RFC 4291 section 2.5.4. */
const LEARNED_LENGTH = 64;

/** What `HomeNetwork.learn` found new. */
const Learned = { AGENT: 1, ADDRESS: 2, PREFIX: 4 } as const;

/** A home prefix and how it is known. */
export interface HomePrefix {
  readonly prefix: Uint8Array;
  readonly length: number;
  readonly knownBy: 'site' | 'learned';
}

function learnedOf(table: AddressTable<'site' | 'learned'>): Uint8Array[] {
  return [...table.entries()].flatMap(([address, by]) => (by === 'learned' ? [address] : []));
}

/** Knowledge of the home networks. */
export class HomeNetwork {
  readonly prefixes: HomePrefix[] = [];
  evictions = 0;
  readonly #homeAgents: AddressTable<'site' | 'learned'>;
  readonly #homeAddresses: AddressTable<'site' | 'learned'>;

  constructor(site: Site, seed?: number) {
    const bounds = {
      ...(seed === undefined ? {} : { seed }),
      mayEvict: (knownBy: 'site' | 'learned') => knownBy === 'learned',
      onEvict: () => {
        this.evictions++;
      },
    };
    this.#homeAgents = new AddressTable({ maxEntries: MAX_HOME_AGENTS, ...bounds });
    this.#homeAddresses = new AddressTable({ maxEntries: MAX_HOME_ADDRESSES, ...bounds });
    this.#tell(site);
  }

  /** What is told from now on; what was learned stays, what only the site before told is forgotten. */
  reconfigure(before: Site, site: Site): void {
    const learned = this.prefixes.filter(({ knownBy }) => knownBy === 'learned');
    this.prefixes.length = 0;
    for (const agent of before.homeAgents) {
      for (const address of agent.addresses) this.#homeAgents.delete(address);
    }
    for (const { homeAddress } of before.mobileNodes) this.#homeAddresses.delete(homeAddress);
    this.#tell(site);
    this.prefixes.push(...learned);
  }

  #tell(site: Site): void {
    for (const agent of site.homeAgents) {
      for (const address of agent.addresses) this.#homeAgents.set(address, 0, 'site');
      for (const { prefix, length } of agent.homePrefixes) {
        this.prefixes.push({ prefix, length, knownBy: 'site' });
      }
    }
    for (const node of site.mobileNodes) this.#homeAddresses.set(node.homeAddress, 0, 'site');
  }

  /** Addresses that were learned, least recently learned first. */
  learnedAgents(): Uint8Array[] {
    return learnedOf(this.#homeAgents);
  }

  /** The same for home addresses. */
  learnedAddresses(): Uint8Array[] {
    return learnedOf(this.#homeAddresses);
  }

  /** Takes what an earlier run has learned. */
  restore(
    agents: readonly Uint8Array[],
    addresses: readonly Uint8Array[],
    prefixes: readonly { readonly prefix: Uint8Array; readonly length: number }[],
  ): void {
    for (const agent of agents) {
      if (!this.#homeAgents.has(agent)) this.#homeAgents.set(agent, 0, 'learned');
    }
    for (const address of addresses) {
      if (!this.#homeAddresses.has(address)) this.#homeAddresses.set(address, 0, 'learned');
    }
    for (const { prefix, length } of prefixes) {
      const isKnown = this.prefixes.some(
        (item) => item.length === length && equalBytes(item.prefix, 0, prefix, 0, 16),
      );
      if (!isKnown && this.prefixes.length < MAX_LEARNED_PREFIXES) {
        this.prefixes.push({ prefix, length, knownBy: 'learned' });
      }
    }
  }

  get homeAgentCount(): number {
    return this.#homeAgents.size;
  }

  isHomeAgent(bytes: Uint8Array, offset = 0): boolean {
    return this.#homeAgents.has(bytes, offset);
  }

  isHomeAddress(bytes: Uint8Array, offset = 0): boolean {
    return this.#homeAddresses.has(bytes, offset);
  }

  /** Whether the address is a home address or within a home prefix. */
  isHome(bytes: Uint8Array, offset: number): boolean {
    return (
      this.isHomeAddress(bytes, offset) ||
      this.prefixes.some((item) => prefixMatches(item.prefix, item.length, bytes, offset))
    );
  }

  /** Longest home prefix that covers the address. */
  prefixOf(address: Uint8Array): HomePrefix | undefined {
    let best: HomePrefix | undefined;
    for (const item of this.prefixes) {
      if (
        prefixMatches(item.prefix, item.length, address, 0) &&
        item.length > (best?.length ?? -1)
      ) {
        best = item;
      }
    }
    return best;
  }

  /**
   * Notes that `homeAgent` acknowledged a registration of `homeAddress`.
   * @returns what was new: `AGENT`, `ADDRESS` and `PREFIX` of `Learned` together; 0 = nothing
   */
  learn(homeAddress: Uint8Array, homeAgent: Uint8Array): number {
    let learned = 0;
    if (!this.#homeAgents.has(homeAgent)) {
      this.#homeAgents.set(homeAgent, 0, 'learned');
      learned |= Learned.AGENT;
    }
    if (this.#homeAddresses.has(homeAddress)) return learned;
    this.#homeAddresses.set(homeAddress, 0, 'learned');
    learned |= Learned.ADDRESS;
    const isCovered = this.prefixOf(homeAddress) !== undefined;
    if (isCovered || this.prefixes.length >= MAX_LEARNED_PREFIXES) return learned;
    const prefix = new Uint8Array(16);
    prefix.set(homeAddress.subarray(0, LEARNED_LENGTH / 8));
    if (this.prefixes.some((item) => equalBytes(item.prefix, 0, prefix, 0, 16))) return learned;
    this.prefixes.push({ prefix, length: LEARNED_LENGTH, knownBy: 'learned' });
    return learned | Learned.PREFIX;
  }

  /** Forgets what the last `learn` said was new: its packet did not arrive. */
  unlearn(learned: number, homeAddress: Uint8Array, homeAgent: Uint8Array): void {
    if ((learned & Learned.AGENT) !== 0) this.#homeAgents.delete(homeAgent);
    if ((learned & Learned.ADDRESS) !== 0) this.#homeAddresses.delete(homeAddress);
    if ((learned & Learned.PREFIX) !== 0) this.prefixes.pop();
  }
}
