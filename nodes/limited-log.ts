/**
 * Warnings and alarms that whoever sends packets can cause, cut to what somebody can read.
 */
import type { Scheduler } from '../engine/ports.ts';
import { TokenBucket } from './node-log.ts';
import type { LogEntry, NodeLog } from './node-log.ts';

/** Lines of one event at once, and a second. */
const BURST = 10;
const PER_SECOND = 1;
/** Events that have a limit of their own; the code has far fewer. The others share one. */
const MAX_EVENTS = 256;
const OTHERS = '';

interface EventLimit {
  readonly bucket: TokenBucket;
  suppressed: number;
}

/**
 * A log that hands at most ten `warn` and `alarm` lines of one event on at once, then one a second. The next line says with
 * `suppressed` how many were left out. Other levels pass.
 */
export function limitedLog(log: NodeLog, scheduler: Pick<Scheduler, 'now'>): NodeLog {
  const limits = new Map<string, EventLimit>();
  const limitOf = (event: string): EventLimit => {
    const known = limits.get(event);
    if (known !== undefined) return known;
    if (limits.size >= MAX_EVENTS && event !== OTHERS) return limitOf(OTHERS);
    const limit = { bucket: new TokenBucket(BURST, PER_SECOND, scheduler.now), suppressed: 0 };
    limits.set(event, limit);
    return limit;
  };
  return (entry: LogEntry) => {
    if (entry.level !== 'alarm' && entry.level !== 'warn') {
      log(entry);
      return;
    }
    const limit = limitOf(entry.event);
    if (!limit.bucket.take(scheduler.now)) {
      limit.suppressed++;
      return;
    }
    const { suppressed } = limit;
    limit.suppressed = 0;
    log(suppressed === 0 ? entry : { ...entry, details: { ...entry.details, suppressed } });
  };
}
