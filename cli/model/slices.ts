/**
 * Work in slices, so that requests are answered between them.
 */

/** Milliseconds of a slice: what a request waits for at most, once for each piece of work under way. */
const SLICE_MS = 4;

/** The turn of others: signals, timers, messages. */
export function othersTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Clock of one long piece of work. */
export class Slices {
  #start = performance.now();

  /** Whether others should have their turn: await `pause` then. */
  get isOver(): boolean {
    return performance.now() - this.#start >= SLICE_MS;
  }

  /** Lets others have their turn. */
  async pause(): Promise<void> {
    await othersTurn();
    this.#start = performance.now();
  }
}
