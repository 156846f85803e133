/**
 * What nodes tell whoever runs them.
 */

/** How much a line matters. `alarm`: somebody may be attacking, or protection is refused. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'alarm';

/** One thing that happened. Values are ready to be shown: addresses as text; never a key. */
export interface LogEntry {
  readonly level: LogLevel;
  /** Stable name, `binding-accepted`: scripts look for it. */
  readonly event: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** Takes what nodes tell. */
export type NodeLog = (entry: LogEntry) => void;

/** Tokens that come back with time; whoever finds none may not act. RFC 4443 section 2.4 (f). */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  /** @param now milliseconds */
  constructor(capacity: number, perSecond: number, now = 0) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
    this.#at = now;
  }

  /** Takes a token, if there is one. */
  take(now: number): boolean {
    this.#tokens = Math.min(
      this.#capacity,
      this.#tokens + (Math.max(0, now - this.#at) / 1000) * this.#perSecond,
    );
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
