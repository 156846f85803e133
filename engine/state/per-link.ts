/**
 * A bounded table of addresses for each link, so that a flood on one link forgets nothing of another.
 */
import type { Link } from '../events.ts';
import { AddressTable } from './address-table.ts';

/** Links with a table of their own; what is on further links is not remembered. */
const MAX_LINKS = 64;

/** Bounds of the table of each link, as those of `AddressTable`. */
export interface PerLinkBounds<V> {
  readonly maxEntries: number;
  readonly seed?: number | undefined;
  /** Entries that go first when a link's table is full. */
  readonly mayEvict?: (value: V) => boolean;
}

/** Values by link and IPv6 address. Full: see `AddressTable`; links past the 64th are counted as evictions. */
export class PerLink<V> {
  /** Values forgotten because a table was full, or never kept because there were too many links. */
  evictions = 0;
  readonly #tables = new Map<number, AddressTable<V>>();
  readonly #bounds: PerLinkBounds<V>;

  constructor(bounds: PerLinkBounds<V>) {
    this.#bounds = bounds;
  }

  /** Value of an address on a link; does not count as use. */
  peek(link: Link, address: Uint8Array): V | undefined {
    return this.#tables.get(link.id)?.peek(address);
  }

  /** Value of an address on a link; counts as use. */
  get(link: Link, address: Uint8Array): V | undefined {
    return this.#tables.get(link.id)?.get(address);
  }

  /** Sets the value of an address on a link. */
  set(link: Link, address: Uint8Array, value: V): void {
    const table = this.#tables.get(link.id) ?? this.#make(link);
    if (table === undefined) this.evictions++;
    else table.set(address, 0, value);
  }

  /** Values of a link, least recently used first. */
  values(link: Link): Iterable<V> {
    return this.#tables.get(link.id)?.values() ?? [];
  }

  /** Values of a link. */
  sizeOf(link: Link): number {
    return this.#tables.get(link.id)?.size ?? 0;
  }

  #make(link: Link): AddressTable<V> | undefined {
    if (this.#tables.size >= MAX_LINKS) return undefined;
    const { maxEntries, seed, mayEvict } = this.#bounds;
    const table = new AddressTable<V>({
      maxEntries,
      ...(seed === undefined ? {} : { seed }),
      ...(mayEvict === undefined ? {} : { mayEvict }),
      onEvict: () => {
        this.evictions++;
      },
    });
    this.#tables.set(link.id, table);
    return table;
  }
}
