/**
 * How many errors a node will still send: they are limited to ten at once and ten a second (RFC 4443 section 2.4 (f)).
 */
import { pause } from './wire-link.ts';

/** One less than nodes send. */
const BURST = 9;
const PER_SECOND = 9;

/** Counts errors of one kind. */
export class ErrorBudget {
  #tokens = BURST;
  #at = performance.now();

  /** Waits until a packet may draw one. */
  await(): void {
    this.#refill();
    if (this.#tokens < 1) pause(((1 - this.#tokens) * 1000) / PER_SECOND);
  }

  spend(count: number): void {
    this.#refill();
    this.#tokens = Math.max(0, this.#tokens - count);
  }

  #refill(): void {
    const now = performance.now();
    const more = ((now - this.#at) * PER_SECOND) / 1000;
    this.#tokens = Math.min(BURST, this.#tokens + more);
    this.#at = now;
  }
}
