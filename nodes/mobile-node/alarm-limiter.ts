/**
 * Alarms that strangers can cause: a few of each kind, then one now and then.
 */
import type { Scheduler } from '../../engine/ports.ts';
import { TokenBucket } from '../node-log.ts';
import type { NodeLog } from '../node-log.ts';

/** Alarms of a kind at once, and in a second. */
const BURST = 5;
const RATE = 0.1;
/** Kinds; event names are few and fixed. */
const MAX_KINDS = 64;

/** Tells alarms, rate limited by kind. */
export class AlarmLimiter {
  readonly #scheduler: Scheduler;
  readonly #log: NodeLog;
  readonly #buckets = new Map<string, TokenBucket>();
  /** Alarms that were not told. */
  suppressed = 0;

  constructor(scheduler: Scheduler, log: NodeLog) {
    this.#scheduler = scheduler;
    this.#log = log;
  }

  tell(event: string, details: Readonly<Record<string, string | number | boolean>> = {}): void {
    const { now } = this.#scheduler;
    let bucket = this.#buckets.get(event);
    if (bucket === undefined && this.#buckets.size < MAX_KINDS) {
      bucket = new TokenBucket(BURST, RATE, now);
      this.#buckets.set(event, bucket);
    }
    if (bucket?.take(now) !== true) {
      this.suppressed++;
      return;
    }
    this.#log({ level: 'alarm', event, details });
  }
}
