/**
 * How long packets are judged: counts by bucket, without an allocation for each.
 */
import type { HistogramCounts } from '../../io/metrics.ts';

/** Upper bounds, microseconds. */
export const LATENCY_BOUNDS: readonly number[] = [
  5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000,
];

/** Observations in microseconds. */
export class Latency implements HistogramCounts {
  readonly bounds = LATENCY_BOUNDS;
  readonly counts = new Float64Array(LATENCY_BOUNDS.length + 1);
  sum = 0;

  add(microseconds: number): void {
    this.sum += microseconds;
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && microseconds > (bounds[at] ?? 0)) at++;
    counts[at] = (counts[at] ?? 0) + 1;
  }

  /** Adds what another process has counted. */
  merge(other: HistogramCounts): void {
    this.sum += other.sum;
    for (let i = 0; i < this.counts.length; i++) {
      this.counts[i] = (this.counts[i] ?? 0) + (other.counts[i] ?? 0);
    }
  }
}
