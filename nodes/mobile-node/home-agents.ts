/**
 * Home agents that a home address may be registered with, and in which order they are tried. RFC 6275 section 11.4.1,
 * RFC 5142 section 6.2.
 */
import { isSameAddress, isUnicastRoutable, prefixMatches } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';

/** Home agents that are remembered. A reply is not authenticated and may be long. */
export const MAX_HOME_AGENTS = 16;

/** Order of trying. */
export class HomeAgents {
  readonly #prefix: () => Prefix;
  #list: Uint8Array[];
  #current: Uint8Array | undefined;
  /** Nobody configured any: they have to be found. */
  readonly isDynamic: boolean;

  /** @param configured best first; empty = to be discovered */
  constructor(configured: readonly Uint8Array[], prefix: () => Prefix) {
    this.#prefix = prefix;
    this.#list = this.#usable(configured);
    this.#current = this.#list[0];
    this.isDynamic = this.#list.length === 0;
  }

  /** In the order of trying. */
  get list(): readonly Uint8Array[] {
    return this.#list;
  }

  /** Of the present registration, or of the one that comes. */
  get current(): Uint8Array | undefined {
    return this.#current;
  }

  /** A reply of discovery: its order counts (RFC 6275 section 11.4.1). The present home agent stays first. */
  discovered(addresses: readonly Uint8Array[], keepsCurrent: boolean): void {
    const current = keepsCurrent ? this.#current : undefined;
    const others = this.#usable(addresses).filter((each) => !isSameAddress(each, current));
    this.#list = current === undefined ? others : [current, ...others].slice(0, MAX_HOME_AGENTS);
    this.#current = this.#list[0];
  }

  /**
   * The home agent sends its mobile nodes elsewhere. Those of the home prefix come first (RFC 5142 section 6.2).
   * @returns whether there is somebody to go to
   */
  switchTo(addresses: readonly Uint8Array[]): boolean {
    const old = this.#current;
    const { bytes, length } = this.#prefix();
    const isNear = (address: Uint8Array): boolean => prefixMatches(bytes, length, address, 0);
    const others = this.#usable(addresses).filter((each) => !isSameAddress(each, old));
    this.#list = [
      ...others.filter((each) => isNear(each)),
      ...others.filter((each) => !isNear(each)),
    ];
    this.#current = this.#list[0];
    return this.#current !== undefined;
  }

  /** The one to try after the present one, round and round; undefined when there is no other. */
  next(): Uint8Array | undefined {
    if (this.#list.length < 2) return undefined;
    const at = this.#list.findIndex((each) => isSameAddress(each, this.#current));
    this.#current = this.#list[(at + 1) % this.#list.length];
    return this.#current;
  }

  has(address: Uint8Array): boolean {
    return this.#list.some((each) => isSameAddress(each, address));
  }

  #usable(addresses: readonly Uint8Array[]): Uint8Array[] {
    const usable: Uint8Array[] = [];
    for (const address of addresses) {
      const isKnown = usable.some((each) => isSameAddress(each, address));
      if (!isKnown && isUnicastRoutable(address)) usable.push(address.slice());
      if (usable.length === MAX_HOME_AGENTS) break;
    }
    return usable;
  }
}
