/**
 * Keeps a flood of wrong packets from becoming a flood of events.
 */

/** Microseconds between events of one key. */
const INTERVAL = 1e6;
/** Keys remembered; all are forgotten when full. */
const MAX_KEYS = 16_384;

/** One event a second for each key. */
export class EventLimit {
  readonly #last = new Map<string, number>();

  /** Whether an event of this key is due. @param time microseconds since 1970. */
  isDue(key: string, time: number): boolean {
    const last = this.#last.get(key);
    // Packets of several captures may step back in time.
    if (last !== undefined && Math.abs(time - last) < INTERVAL) return false;
    if (last === undefined && this.#last.size >= MAX_KEYS) this.#last.clear();
    this.#last.set(key, time);
    return true;
  }
}
