/**
 * One copy of each address that events carry.
 */
import { copyOctets } from '../../dissectors/core/bytes.ts';
import { AddressTable } from './address-table.ts';

/** Addresses kept; the least recently used goes first. Events that hold it keep their copy. */
const MAX_ADDRESSES = 32_768;

/** Gives the same 16 octets for the same address, so that events cost no copies. They must not be changed. */
export class AddressPool {
  readonly #known: AddressTable<Uint8Array>;

  constructor(seed?: number) {
    this.#known = new AddressTable({
      maxEntries: MAX_ADDRESSES,
      ...(seed === undefined ? {} : { seed }),
    });
  }

  /** The address at `offset`. */
  at(bytes: Uint8Array, offset: number): Uint8Array {
    const known = this.#known.get(bytes, offset);
    if (known !== undefined) return known;
    const copy = copyOctets(bytes, offset, offset + 16);
    this.#known.set(bytes, offset, copy);
    return copy;
  }
}
