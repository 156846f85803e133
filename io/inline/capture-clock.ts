/**
 * Times of packets: the clock of the wall, which never goes back between packets whatever becomes of it.
 */

/** A difference that is no reading error: the clock was set, or drifted; microseconds. */
const STEP = 2000;

/** Sources of time; those of this machine, or of a test. */
export interface ClockSources {
  /** Milliseconds since 1970, whole. */
  readonly wall: () => number;
  /** Milliseconds of a clock that never goes back, with fractions. */
  readonly steady: () => number;
}

const SYSTEM: ClockSources = { wall: () => Date.now(), steady: () => performance.now() };

/** Gives packets their times, in microseconds since 1970. */
export class CaptureClock {
  /** Time given last. */
  #last = 0;
  #steadyAtLast = 0;
  /** Microseconds since 1970 less those of the steady clock. */
  #offset: number;
  readonly #sources: ClockSources;

  constructor(sources: ClockSources = SYSTEM) {
    this.#sources = sources;
    this.#offset = 1000 * (sources.wall() - sources.steady());
  }

  /** The clock of the wall now; it goes back when somebody sets it back. */
  now(): number {
    const steady = 1000 * this.#sources.steady();
    const wall = 1000 * this.#sources.wall();
    if (Math.abs(wall - (steady + this.#offset)) > STEP) this.#offset = wall - steady;
    return Math.floor(steady + this.#offset);
  }

  /**
   * Time for the next packet: `real`, unless that is earlier than the time given last. Then time goes on at half its speed
   * until the clock has caught up, so that what waits for a time still sees it come.
   * @param real microseconds since 1970
   */
  stamp(real: number): number {
    const steady = 1000 * this.#sources.steady();
    if (real < this.#last) real = this.#last + Math.floor((steady - this.#steadyAtLast) / 2);
    if (real !== this.#last) this.#steadyAtLast = steady;
    this.#last = real;
    return real;
  }
}
