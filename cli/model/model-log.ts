/**
 * The log of a run: what was said at its start, what is wrong with inputs, alerts.
 */
import type { LogLine } from '../../engine/views/model/index.ts';
import { safeText } from '../report/safe-text.ts';

/** Lines kept; the oldest go. */
export const MAX_LOG_LINES = 1000;
/** Longest line, characters. */
const MAX_TEXT = 1000;

/** Lines of a log, oldest first. */
export class ModelLog {
  /** Rises with each line. */
  version = 0;
  readonly #lines: LogLine[] = [];
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Adds a text: a line of the log for each of its lines. */
  add(level: LogLine['level'], text: string): void {
    for (const line of text.split('\n')) {
      if (line === '') continue;
      this.version++;
      this.#lines.push({ time: this.#now(), level, text: safeText(line.slice(0, MAX_TEXT)) });
    }
    if (this.#lines.length > MAX_LOG_LINES) {
      this.#lines.splice(0, this.#lines.length - MAX_LOG_LINES);
    }
  }
}
