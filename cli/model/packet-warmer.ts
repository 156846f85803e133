/**
 * Has packets brought into the memory of the system by other threads before they are read here: a slow disk then holds
 * up who waits for these packets, and nobody else.
 */
import { read } from 'node:fs';
import type { StoredPlace } from './spool.ts';

/** Octets read at once. */
const PIECE_OCTETS = 512 * 1024;
/** Reads under way at once. */
const MAX_READS = 4;

/** Reads octets of a file; what comes of it is told to nobody. */
export type ReadAway = (place: StoredPlace) => Promise<void>;

/** Warms packets. */
export class PacketWarmer {
  readonly #placeOf: (position: number) => StoredPlace | undefined;
  readonly #readAway: ReadAway;

  /** @param placeOf what is read for a packet; undefined = nothing */
  constructor(placeOf: (position: number) => StoredPlace | undefined, readAway = intoNothing()) {
    this.#placeOf = placeOf;
    this.#readAway = readAway;
  }

  /**
   * Warms packets.
   * @returns when reading them waits for no disk; never rejects. Undefined when it would not anyway
   */
  warm(positions: Iterable<number>): Promise<void> | undefined {
    const places: StoredPlace[] = [];
    for (const position of positions) {
      const place = this.#placeOf(position);
      if (place === undefined) continue;
      const last = places.at(-1);
      const isNext =
        last?.descriptor === place.descriptor &&
        place.start >= last.start &&
        place.start <= last.end &&
        place.end - last.start <= PIECE_OCTETS;
      if (last === undefined || !isNext) places.push(place);
      else if (place.end > last.end) places[places.length - 1] = { ...last, end: place.end };
    }
    return places.length === 0 ? undefined : this.#readAll(places);
  }

  async #readAll(places: readonly StoredPlace[]): Promise<void> {
    let next = 0;
    const readOn = async (): Promise<void> => {
      for (let place = places[next++]; place !== undefined; place = places[next++]) {
        await this.#readAway(place);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_READS, places.length) }, readOn));
  }
}

/** Reads into memory that nobody looks at. A descriptor given back meanwhile does no harm: the octets are not used. */
function intoNothing(): ReadAway {
  const scratch = new Uint8Array(PIECE_OCTETS);
  return ({ descriptor, start, end }) =>
    new Promise((resolve) => {
      const length = Math.min(end - start, scratch.length);
      // What is wrong is told when the packet itself is read.
      read(descriptor, scratch, 0, length, start, () => {
        resolve();
      });
    });
}
