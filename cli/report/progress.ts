/**
 * The progress line on a terminal.
 */
import type { SourceProgress } from '../../engine/ports.ts';
import { countText, durationText, octetsText } from './numbers.ts';

/** Quick runs show none: a line that flickers past tells nobody anything. Milliseconds. */
const FIRST_AFTER = 1000;

const CLEAR_LINE = '\r\u001b[K';

/** Shows how far a run is; writes nothing before a second has passed, and leaves nothing behind. */
export class ProgressLine {
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #start: number;
  #isShown = false;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(write: (text: string) => void, now: () => number) {
    this.#write = write;
    this.#now = now;
    this.#start = now();
  }

  update(progress: SourceProgress, alerts: number): void {
    const elapsed = this.#now() - this.#start;
    if (elapsed < FIRST_AFTER) return;
    this.#isShown = true;
    this.#write(`${CLEAR_LINE}${progressText(progress, alerts, elapsed)}`);
  }

  /** Removes the line. */
  clear(): void {
    if (this.#isShown) this.#write(CLEAR_LINE);
    this.#isShown = false;
  }
}

/** `42 %  1,234 packets  3 alerts  12.3 MB/s  about 4 s left`. @param elapsed milliseconds, more than 0 */
export function progressText(progress: SourceProgress, alerts: number, elapsed: number): string {
  const { packets, octetsRead, octetsTotal } = progress;
  const speed = (octetsRead * 1000) / elapsed;
  const parts = [
    `${countText(packets)} packets`,
    `${countText(alerts)} ${alerts === 1 ? 'alert' : 'alerts'}`,
    `${octetsText(Math.round(speed))}/s`,
  ];
  if (octetsTotal > 0) {
    const share = Math.min(1, octetsRead / octetsTotal);
    parts.unshift(`${Math.floor(share * 100)} %`);
    if (speed > 0 && share < 1) {
      parts.push(`about ${durationText(Math.ceil((octetsTotal - octetsRead) / speed))} left`);
    }
  }
  return parts.join('  ');
}
