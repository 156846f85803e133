/**
 * Which stations are on which side of a pair of ports, as a bridge learns it. IEEE 802.1D section 7.8.
 */
import { u16, u32, u8 } from '../../dissectors/core/bytes.ts';
import type { Scheduler } from '../../engine/ports.ts';

/** Stations outside that are remembered; the one not heard for longest goes first. */
const MAX_OUTSIDE = 4096;
/** Inside is the home agent, and what little is beside it. */
const MAX_INSIDE = 256;
/** Milliseconds that a station is remembered. IEEE 802.1D table 7-5. */
const AGE = 300_000;
const SOURCE = 6;

/** A link-layer address as a number: 48 bits. */
function stationAt(frame: Uint8Array, offset: number): number {
  return u16(frame, offset) * 0x1_0000_0000 + u32(frame, offset + 2);
}

/** Where a frame may go. */
export type Route =
  /** To the other side. */
  | 'across'
  /** Whom it is for is on the side that it came from. */
  | 'local'
  /** Somebody outside speaks with the address of a station inside. */
  | 'spoofed';

/** Learns from sources. Stations inside are believed before those outside: nobody outside takes their place. */
export class Stations {
  readonly #scheduler: Scheduler;
  readonly #outside = new Map<number, number>();
  readonly #inside = new Map<number, number>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Stations remembered. */
  get size(): number {
    return this.#outside.size + this.#inside.size;
  }

  /** Takes note of the source of a frame, and says where the frame may go. */
  route(frame: Uint8Array, isFromOutside: boolean): Route {
    const source = stationAt(frame, SOURCE);
    if (isFromOutside && this.#knows(this.#inside, source)) return 'spoofed';
    const isGroup = (u8(frame, 0) & 1) !== 0;
    if (isFromOutside) this.#note(this.#outside, source, MAX_OUTSIDE);
    else {
      this.#note(this.#inside, source, MAX_INSIDE);
      this.#outside.delete(source);
    }
    if (isGroup) return 'across';
    const destination = stationAt(frame, 0);
    const own = isFromOutside ? this.#outside : this.#inside;
    return this.#knows(own, destination) ? 'local' : 'across';
  }

  #knows(side: Map<number, number>, station: number): boolean {
    const at = side.get(station);
    if (at === undefined) return false;
    if (this.#scheduler.now - at <= AGE) return true;
    side.delete(station);
    return false;
  }

  #note(side: Map<number, number>, station: number, most: number): void {
    // In order of when they were heard: the first is the oldest.
    side.delete(station);
    if (side.size >= most) {
      const oldest = side.keys().next();
      if (oldest.done !== true) side.delete(oldest.value);
    }
    side.set(station, this.#scheduler.now);
  }
}
