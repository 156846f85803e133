/**
 * Anti-replay window (RFC 4303 section 3.4.3, Appendix A2) for 32-bit and extended sequence numbers.
 *
 * A ring of 32-bit words, one bit for each sequence number, as RFC 6479 describes it: moving on clears words
 * and never shifts. Differences of 64-bit numbers are floating point; they are exact where it matters, near the
 * window, and only their size counts elsewhere.
 */

/** Verdict about a sequence number. */
export type ReplayVerdict = 'new' | 'replay' | 'too-old';

/** Smallest and largest window, in sequence numbers (RFC 4303 section 3.4.3 demands 32, wants 64). */
export const MIN_REPLAY_WINDOW = 32;
export const MAX_REPLAY_WINDOW = 4096;

const TWO_32 = 0x1_0000_0000;

/** Sequence numbers of one security association in one direction. */
export class ReplayWindow {
  /** Sequence numbers the window spans. */
  readonly size: number;
  /** Highest sequence number seen, lower 32 bits; 0 before the first. */
  highest = 0;
  /** Its upper 32 bits; stays 0 without extended sequence numbers. */
  highestHigh: number;
  readonly #words: Int32Array;

  /**
   * @param size 32..4096.
   * @param initialHigh upper half to start from, with extended sequence numbers.
   * @throws RangeError for a size out of range.
   */
  constructor(size = 64, initialHigh = 0) {
    if (!Number.isInteger(size) || size < MIN_REPLAY_WINDOW || size > MAX_REPLAY_WINDOW) {
      throw new RangeError(
        `replay window of ${size}: expected a whole number from ${MIN_REPLAY_WINDOW} to ${MAX_REPLAY_WINDOW}`,
      );
    }
    this.size = size;
    this.highestHigh = initialHigh;
    // One word more than the window, so that it never overlaps itself; a power of two, so that the ring
    // goes on evenly where the 32-bit number wraps.
    let words = 2;
    while (words < size / 32 + 1) words *= 2;
    this.#words = new Int32Array(words);
    // Number 0 of the first 2**32 is never sent (RFC 4303 section 3.3.3): taken as seen.
    if (initialHigh === 0) this.#words[0] = 1;
  }

  /** Bits of the numbers that were seen, as `restore` takes them. */
  get words(): readonly number[] {
    return [...this.#words];
  }

  /** Goes on where a window of the same size was. @returns false for words of another size; nothing has changed */
  restore(highest: number, highestHigh: number, words: readonly number[]): boolean {
    if (words.length !== this.#words.length) return false;
    this.highest = highest;
    this.highestHigh = highestHigh;
    this.#words.set(words);
    return true;
  }

  /** How far ahead of the highest number seen; negative or 0 inside and behind the window. */
  #ahead(sequence: number, high: number): number {
    return (high - this.highestHigh) * TWO_32 + (sequence - this.highest);
  }

  /** Upper half of the number whose lower half arrived (RFC 4303 Appendix A2.2). */
  inferHigh(sequence: number): number {
    const bottom = this.highest - this.size + 1;
    if (bottom >= 0) return sequence >= bottom ? this.highestHigh : this.highestHigh + 1;
    // The window reaches back into the previous 2**32; there is none before the first.
    return sequence >= bottom + TWO_32 && this.highestHigh > 0
      ? this.highestHigh - 1
      : this.highestHigh;
  }

  /** Whether a number is new. Changes nothing. */
  check(sequence: number, high = 0): ReplayVerdict {
    const ahead = this.#ahead(sequence, high);
    if (ahead > 0) return 'new';
    if (-ahead >= this.size) return 'too-old';
    const word = this.#words[(sequence >>> 5) & (this.#words.length - 1)] ?? 0;
    return (word & (1 << (sequence & 31))) === 0 ? 'new' : 'replay';
  }

  /** Marks a number as seen. To be called for packets whose ICV was right (RFC 4303 section 3.4.3). */
  update(sequence: number, high = 0): void {
    const words = this.#words;
    const mask = words.length - 1;
    const ahead = this.#ahead(sequence, high);
    if (-ahead >= this.size) return;
    if (ahead > 0) {
      const steps = Math.min(Math.floor(((this.highest & 31) + ahead) / 32), words.length);
      const from = this.highest >>> 5;
      for (let i = 1; i <= steps; i++) words[(from + i) & mask] = 0;
      this.highest = sequence;
      this.highestHigh = high;
    }
    const index = (sequence >>> 5) & mask;
    words[index] = (words[index] ?? 0) | (1 << (sequence & 31));
  }
}
