/**
 * Which parts of the program ran, as the engine counts them.
 */
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

/** Parts of functions that ran and are not remembered. */
export interface CoverageNews {
  /** Functions with such parts. */
  readonly functions: number;
  /** Takes them as known from now on. */
  remember(): void;
}

/**
 * Characters of a function that ran: 1 each. Of nested ranges the inner one counts, and a range is told only when its
 * count is not that of the range around it.
 */
function charactersRun({ ranges }: Profiler.FunctionCoverage): Uint8Array {
  const { startOffset: start = 0, endOffset: end = 0 } = ranges[0] ?? {};
  const run = new Uint8Array(end - start);
  for (const range of ranges) {
    run.fill(range.count > 0 ? 1 : 0, range.startOffset - start, range.endOffset - start);
  }
  return run;
}

/** Collects what ran. */
export class Coverage {
  readonly #session = new Session();
  /** Characters that ran so far, by function. */
  readonly #known = new Map<string, Uint8Array>();
  readonly #isOurs: (url: string) => boolean;

  /** @param isOurs whether the script of this URL counts */
  constructor(isOurs: (url: string) => boolean) {
    this.#isOurs = isOurs;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Characters of the program that ran so far. */
  get size(): number {
    let size = 0;
    for (const run of this.#known.values()) size += run.reduce((sum, one) => sum + one, 0);
    return size;
  }

  /** What ran since the last call and is not remembered. */
  news(): CoverageNews {
    const found = new Map<string, Uint8Array>();
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      for (const { url, functions } of taken.result) {
        if (this.#isOurs(url)) this.#collect(url, functions, found);
      }
    });
    return {
      functions: found.size,
      remember: () => {
        for (const [key, run] of found) {
          const known = this.#known.get(key);
          if (known === undefined) this.#known.set(key, run);
          else for (let i = 0; i < run.length; i++) known[i] = (known[i] ?? 0) | (run[i] ?? 0);
        }
      },
    };
  }

  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  #collect(
    url: string,
    functions: readonly Profiler.FunctionCoverage[],
    found: Map<string, Uint8Array>,
  ): void {
    for (const each of functions) {
      const [whole] = each.ranges;
      if (whole === undefined || whole.count === 0) continue;
      const key = `${url}:${whole.startOffset}:${whole.endOffset}`;
      const run = charactersRun(each);
      const known = this.#known.get(key);
      if (known === undefined || run.some((one, i) => one > (known[i] ?? 0))) found.set(key, run);
    }
  }
}
