/**
 * How long a neighbor counts as reachable after it has answered: a random time, so that nodes do not probe in step.
 * RFC 4861 section 6.3.2.
 */
import type { RandomSource, Scheduler } from '../../engine/ports.ts';
import { randomBetween } from '../random-number.ts';

/** RFC 4861 section 10; milliseconds. */
const REACHABLE_TIME = 30_000;
const MIN_RANDOM_FACTOR = 0.5;
const MAX_RANDOM_FACTOR = 1.5;
/** A new value at least every few hours, milliseconds. RFC 4861 section 6.3.4. */
const LIFE = 2 * 3_600_000;

/** ReachableTime of one interface. */
export class ReachableTime {
  readonly #scheduler: Scheduler;
  readonly #random: RandomSource;
  #base = REACHABLE_TIME;
  #value = 0;
  #until = 0;

  constructor(scheduler: Scheduler, random: RandomSource) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** BaseReachableTime, milliseconds; another one asks for a new random value. */
  setBase(milliseconds: number): void {
    if (milliseconds === this.#base) return;
    this.#base = milliseconds;
    this.#until = 0;
  }

  /** ReachableTime at present, milliseconds. */
  current(): number {
    const { now } = this.#scheduler;
    if (this.#value === 0 || now >= this.#until) {
      const least = MIN_RANDOM_FACTOR * this.#base;
      this.#value = randomBetween(this.#random, least, MAX_RANDOM_FACTOR * this.#base);
      this.#until = now + LIFE;
    }
    return this.#value;
  }
}
