/**
 * Whether packets still come by: the rules of the packet filter, and the owner of the queue.
 */
import type { VerdictCounts } from '../../engine/ports.ts';
import type { FilterCheck, FilterCounters } from '../../io/packet-filter/index.ts';

/** Rules in the kernel, as `PacketFilter` has them. */
export interface InstalledFilter {
  /** For people. */
  readonly backend: string;
  verify(): Promise<FilterCheck>;
  readCounters(): Promise<FilterCounters>;
  remove(): string[];
}

/** What is needed of a queue to know what passed it while it was full. */
export interface AccountedQueue {
  queued(): number;
  account(hits: number): void;
}

/** A path that is watched. */
export interface PathParts {
  /** The queue of this process; undefined where there is none, as with two joined interfaces. */
  readonly queue: AccountedQueue | undefined;
  /** Packets that queues of other processes were given. */
  readonly queuedElsewhere: () => number;
  /** Whether a queue of this process still is its own. */
  readonly isOwned: () => boolean;
  readonly counts: () => VerdictCounts;
}

/** Looks without an answer that make a judge one that stands still. */
const STALLED_LOOKS = 3;

/** Follows a path. */
export class PathWatch {
  /** What is wrong with the rules, a sentence each. */
  problems: readonly string[] = [];
  /** Packets by rule of the packet filter, as read last. */
  counters: FilterCounters | undefined;
  isRulePresent = true;
  isOwned = true;
  isStalled = false;
  /** Known when the rules stand. */
  filter: InstalledFilter | undefined;
  readonly #parts: PathParts;
  #isLooking = false;
  #judged = 0;
  #stalled = 0;

  constructor(parts: PathParts) {
    this.#parts = parts;
  }

  /** What costs nothing: every second. */
  look(): void {
    const { counts, isOwned } = this.#parts;
    this.isOwned = isOwned();
    const { judged, passedUnjudged, waiting } = counts();
    const done = judged + passedUnjudged;
    this.#stalled = waiting > 0 && done === this.#judged ? this.#stalled + 1 : 0;
    this.#judged = done;
    this.isStalled = this.#stalled >= STALLED_LOOKS;
  }

  /** Asks the packet filter. Never rejects. @returns sentences that are new */
  async verify(): Promise<readonly string[]> {
    const { filter } = this;
    if (filter === undefined || this.#isLooking) return [];
    this.#isLooking = true;
    const before = this.problems;
    try {
      const check = await filter.verify();
      this.isRulePresent = check.isThere;
      this.problems = check.problems;
      this.#account(await filter.readCounters());
    } catch (error) {
      this.problems = [error instanceof Error ? error.message : String(error)];
    } finally {
      this.#isLooking = false;
    }
    return this.problems.filter((problem) => !before.includes(problem));
  }

  /** Packets that rules sent to queues that were full, so that they passed. */
  #account(counters: FilterCounters): void {
    const { queue, queuedElsewhere } = this.#parts;
    this.counters = counters;
    queue?.account(counters.queued - queuedElsewhere());
  }
}
