/**
 * Time that passes only when it is told to: hours of protocol in milliseconds, the same in every run.
 */
import type { ScheduledAction, Scheduler } from '../../engine/ports.ts';

/** Cancelled actions are cleared away when there are this many of them, and more than others. */
const SWEEP_FROM = 1024;

interface Entry extends ScheduledAction {
  readonly at: number;
  /** Order of the calls, for equal times. */
  readonly order: number;
  action: (() => void) | undefined;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** A scheduler on a virtual clock. Actions of one instant happen in the order in which they were asked for. */
export class VirtualScheduler implements Scheduler {
  #now = 0;
  #order = 0;
  #cancelled = 0;
  /** Binary heap, earliest first. */
  #heap: Entry[] = [];
  readonly #epoch: number;
  readonly #mostOfAnInstant: number;

  /**
   * @param epoch seconds since 1970 at the start of the clock
   * @param mostOfAnInstant actions that one instant may hold: a chain of actions without delay would never end
   */
  constructor(epoch = 1_700_000_000, mostOfAnInstant = 1_000_000) {
    this.#epoch = epoch;
    this.#mostOfAnInstant = mostOfAnInstant;
  }

  get now(): number {
    return this.#now;
  }

  get wallClock(): number {
    return this.#epoch + this.#now / 1000;
  }

  /** Actions that have not happened and were not cancelled. */
  get pending(): number {
    return this.#heap.length - this.#cancelled;
  }

  after(delay: number, action: () => void): ScheduledAction {
    const pend = Number.isFinite(delay) ? Math.max(0, delay) : Number.MAX_SAFE_INTEGER;
    const cancelled = (): void => {
      this.#countCancelled();
    };
    const entry: Entry = {
      at: this.#now + pend,
      order: this.#order++,
      action,
      get isPending() {
        return entry.action !== undefined;
      },
      cancel() {
        if (entry.action === undefined) return;
        entry.action = undefined;
        cancelled();
      },
    };
    this.#push(entry);
    return entry;
  }

  /**
   * Lets time pass, and all that falls into it happen. Milliseconds.
   * @throws RangeError when actions without delay call each other without end
   */
  advance(milliseconds: number): void {
    const until = this.#now + Math.max(0, milliseconds);
    this.#run(until, () => false);
    this.#now = until;
  }

  /**
   * Lets time pass until the condition holds; asked after every action.
   * @param limitMilliseconds time that may pass at most
   * @returns whether the condition holds
   */
  runUntil(condition: () => boolean, limitMilliseconds: number): boolean {
    if (condition()) return true;
    const until = this.#now + Math.max(0, limitMilliseconds);
    if (this.#run(until, condition)) return true;
    this.#now = until;
    return condition();
  }

  /** @returns whether it stopped because the condition holds */
  #run(until: number, condition: () => boolean): boolean {
    let ofInstant = 0;
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      const { action, at } = next;
      if (action === undefined) {
        this.#cancelled--;
        continue;
      }
      ofInstant = at > this.#now ? 0 : ofInstant + 1;
      if (ofInstant > this.#mostOfAnInstant) {
        throw new RangeError(`virtual clock: actions without delay call each other at ${at} ms`);
      }
      this.#now = at;
      next.action = undefined;
      action();
      if (condition()) return true;
    }
    return false;
  }

  #countCancelled(): void {
    this.#cancelled++;
    if (this.#cancelled < SWEEP_FROM || this.#cancelled * 2 < this.#heap.length) return;
    // A sorted list is a heap.
    this.#heap = this.#heap
      .filter(({ action }) => action !== undefined)
      .sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  /** Takes the earliest entry away. */
  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        below++;
        child = right;
      }
      if (child === undefined || isBefore(last, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}
