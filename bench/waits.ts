/**
 * What somebody waits for who asks another thread: its work, a core for it, or something else (the disk, messages).
 */
import { readFileSync } from 'node:fs';

/** One wait, milliseconds. */
interface Wait {
  readonly total: number;
  /** The thread that was asked ran, for the answer or for what it did before. */
  readonly work: number;
  /** It could have run, and others had all cores. */
  readonly core: number;
}

/** Longest waits that are told one by one. */
const TOLD = 3;

/** Waits of one kind. */
export class Waits {
  readonly #waits: Wait[] = [];
  readonly #pid: number;

  /** @param pid process whose first thread is asked */
  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Asks, and notes how long that takes. */
  async note<T>(ask: () => Promise<T>): Promise<T> {
    const before = runOf(this.#pid);
    const start = performance.now();
    const answer = await ask();
    const total = performance.now() - start;
    const after = runOf(this.#pid);
    this.#waits.push({ total, work: after.work - before.work, core: after.core - before.core });
    return answer;
  }

  /** Median, 95th percentile and longest. */
  get spread(): string {
    const sorted = this.#sorted();
    const at = (share: number): string =>
      (sorted[Math.floor(share * sorted.length)]?.total ?? 0).toFixed(1);
    const longest = (sorted.at(-1)?.total ?? 0).toFixed(1);
    return `median ${at(0.5)}  p95 ${at(0.95)}  max ${longest} ms (${sorted.length})`;
  }

  /** The longest, with what they waited for. */
  get longest(): string[] {
    return this.#sorted()
      .slice(-TOLD)
      .reverse()
      .map(({ total, work, core }) => {
        const other = Math.max(0, total - work - core);
        const parts = `work ${work.toFixed(0)}, waiting for a core ${core.toFixed(0)}`;
        return `${total.toFixed(0)} ms: ${parts}, for others ${other.toFixed(0)}`;
      });
  }

  #sorted(): Wait[] {
    return [...this.#waits].sort((a, b) => a.total - b.total);
  }
}

/** Milliseconds that the first thread of a process ran, and waited for a core; 0 where the system does not tell. */
function runOf(pid: number): { readonly work: number; readonly core: number } {
  try {
    const [work, core] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ').map(Number);
    return { work: (work ?? 0) / 1e6, core: (core ?? 0) / 1e6 };
  } catch {
    return { work: 0, core: 0 };
  }
}
