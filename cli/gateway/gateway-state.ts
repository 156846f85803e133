/**
 * Keeps what a judge knows over restarts: taken from the store at the start, given to it every second when it has changed.
 */
import { JudgeStateError } from '../../engine/inline/index.ts';
import type { PacketJudge } from '../../engine/inline/index.ts';
import type { GatewayStore } from '../../io/store/gateway-store.ts';

/** Milliseconds between two times that the state is saved, at least. */
const INTERVAL = 1000;
/** Between two times lies at least so many times what one takes: packets wait for it. */
const REST = 50;
/**
 * Milliseconds after which a state tells nothing of what is true: the longest lifetime of a binding.
 * RFC 6275 section 6.1.7: 16 bits of 4 seconds.
 */
export const LONGEST_STATE_AGE = 0xffff * 4 * 1000;

/** The state of a judge in a store. */
export class KeptState {
  /** What became of the state of the last process, a sentence; undefined without one. */
  readonly restored: string | undefined;
  readonly #judge: PacketJudge;
  readonly #store: GatewayStore;
  readonly #now: () => number;
  #packets = 0;
  #due = Number.NEGATIVE_INFINITY;

  /**
   * Gives the judge what the last process knew. Before the first packet.
   * @param now milliseconds since 1970
   */
  constructor(judge: PacketJudge, store: GatewayStore, now: () => number = () => Date.now()) {
    this.#judge = judge;
    this.#store = store;
    this.#now = now;
    this.restored = this.#restore();
    this.#packets = judge.engine.counters.packets;
  }

  /** Saves what has changed. @param isEnd whatever it costs */
  save(isEnd = false): void {
    const start = performance.now();
    const { packets } = this.#judge.engine.counters;
    if (packets === this.#packets || (!isEnd && start < this.#due)) return;
    this.#packets = packets;
    this.#store.save(this.#judge.state(), this.#now());
    const end = performance.now();
    this.#due = start + Math.max(INTERVAL * 0.9, (end - start) * REST);
  }

  #restore(): string | undefined {
    const { left } = this.#store;
    if (left === undefined) return undefined;
    const age = this.#now() - left.savedAt;
    if (age < 0) {
      return 'the state was saved in the future: the clock was set back; it is not used';
    }
    if (age > LONGEST_STATE_AGE) {
      const days = Math.floor(age / 86_400_000);
      return `the state is ${days} days old, longer than any binding lives; it is not used`;
    }
    try {
      this.#judge.restore(left.state);
    } catch (error) {
      if (!(error instanceof JudgeStateError)) throw error;
      return `the state cannot be used, and nothing is known of before: ${error.message}`;
    }
    return `what was known ${spoken(age)} ago is known again`;
  }
}

function spoken(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} h`;
}
