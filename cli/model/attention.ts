/**
 * Who waits for an answer comes before all other work.
 */
import { othersTurn } from './slices.ts';

/** Milliseconds after an answer in which other work rests on. */
const REST_AFTER = 4;

/** Requests that somebody waits for: other work rests meanwhile. */
export class Attention {
  #waiting = 0;
  #rested: (() => void)[] = [];

  /** Answers a request while other work rests. */
  async first<T>(answer: () => Promise<T>): Promise<T> {
    this.#waiting++;
    try {
      // Not within the call: who asks for many things at once gets them one after the other.
      await othersTurn();
      return await answer();
    } finally {
      // The next request mostly follows at once: lines, then the tree of one of them.
      setTimeout(() => {
        this.#waiting--;
        if (this.#waiting === 0) for (const resume of this.#rested.splice(0)) resume();
      }, REST_AFTER);
    }
  }

  /** What other work waits for; undefined when it may go on. */
  rest(): Promise<void> | undefined {
    if (this.#waiting === 0) return undefined;
    return new Promise((resolve) => {
      this.#rested.push(resolve);
    });
  }
}
