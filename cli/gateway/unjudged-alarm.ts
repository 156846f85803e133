/**
 * Alarms when packets pass, or are dropped, that nobody judged: at once, then with the number every now and then.
 */
import type { VerdictCounts } from '../../engine/ports.ts';

/** Milliseconds between two alarms of one kind. */
const INTERVAL = 10_000;
/** Milliseconds after the last such packet until it is over. */
export const CALM = 60_000;

/** What is told. */
export interface UnjudgedAlarm {
  readonly code: 'GATEWAY_PASSED_UNJUDGED' | 'GATEWAY_DROPPED_UNJUDGED';
  readonly sentence: string;
}

interface Kind {
  readonly code: UnjudgedAlarm['code'];
  readonly fate: string;
  readonly count: (counts: VerdictCounts) => number;
}

const KINDS: readonly Kind[] = [
  {
    code: 'GATEWAY_PASSED_UNJUDGED',
    fate: 'passed unjudged (failMode open)',
    count: ({ passedUnjudged }) => passedUnjudged,
  },
  {
    code: 'GATEWAY_DROPPED_UNJUDGED',
    fate: 'were dropped unjudged',
    count: ({ droppedUnjudged }) => droppedUnjudged,
  },
];

/** Follows the counts. */
export class UnjudgedWatch {
  readonly #kinds = KINDS.map((kind) => ({
    kind,
    told: 0,
    seen: 0,
    toldAt: -Infinity,
    at: -Infinity,
  }));

  /**
   * @param counts totals of all queues
   * @param now milliseconds from any start
   * @returns what is to be told now
   */
  look(counts: VerdictCounts, now: number): UnjudgedAlarm[] {
    return this.#kinds.flatMap((state): UnjudgedAlarm[] => {
      const { kind } = state;
      const count = kind.count(counts);
      if (count > state.seen) {
        state.seen = count;
        state.at = now;
      }
      const fresh = count - state.told;
      if (fresh <= 0 || now - state.toldAt < INTERVAL) return [];
      state.told = count;
      state.toldAt = now;
      const sentence = `${fresh} packets ${kind.fate}, ${count} since the start`;
      return [{ code: kind.code, sentence }];
    });
  }

  /** Whether there were such packets a moment ago. */
  isRecent(now: number): boolean {
    return this.#kinds.some(({ at }) => now - at < CALM);
  }
}
