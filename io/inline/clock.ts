/**
 * Time and chance of the real world, for nodes.
 */
import { randomFillSync } from 'node:crypto';
import type { RandomSource, ScheduledAction, Scheduler } from '../../engine/ports.ts';

/** Longest time that a timer of Node.js takes, milliseconds; a longer one would end at once. */
const LONGEST = 2 ** 31 - 1;
/** Octets drawn at once: many small draws are slow. */
const POOL = 4096;

/**
 * The clock of this machine. An action never runs before its time; 0 milliseconds are the next turn of the event loop, after
 * packets that have come already. Pending actions keep the process running.
 */
export const systemScheduler: Scheduler = {
  get now(): number {
    return performance.now();
  },
  get wallClock(): number {
    return Date.now() / 1000;
  },
  after(delay: number, action: () => void): ScheduledAction {
    return new SystemAction(delay, action);
  },
};

class SystemAction implements ScheduledAction {
  readonly #due: number;
  readonly #action: () => void;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  readonly #onTime = (): void => {
    this.#timer = undefined;
    this.#turn = undefined;
    // Timers count whole milliseconds and may be some tenths early.
    if (this.#due > performance.now()) this.#wait();
    else this.#action();
  };

  constructor(delay: number, action: () => void) {
    // No number at all counts as 0, as it does for the timers of Node.js.
    this.#due = performance.now() + (delay > 0 ? delay : 0);
    this.#action = action;
    if (delay > 0) this.#wait();
    else this.#turn = setImmediate(this.#onTime);
  }

  get isPending(): boolean {
    return this.#timer !== undefined || this.#turn !== undefined;
  }

  cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
  }

  #wait(): void {
    const left = Math.ceil(this.#due - performance.now());
    this.#timer = setTimeout(this.#onTime, Math.min(left, LONGEST));
  }
}

const pool = new Uint8Array(POOL);
let used = POOL;

/** Random octets of the operating system, fit for keys. What was handed out is not kept. */
export const systemRandom: RandomSource = {
  octets(count: number): Uint8Array {
    if (count > POOL / 8) return randomFillSync(new Uint8Array(count));
    if (used + count > POOL) {
      randomFillSync(pool);
      used = 0;
    }
    const octets = pool.slice(used, used + count);
    pool.fill(0, used, used + count);
    used += count;
    return octets;
  },
};
