/**
 * How long packets wait for the process that judges them.
 */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Flags of Node.js with which packets wait less. What is new in memory is put in order often and in a little: with the 16 MiB
 * of Node.js a pause takes 7 to 18 ms while bindings come, with these about 0.3 ms, and CPU time stays the same
 * (`npm run bench:inline -- --judge`). The thread that packets wait for does so alone: threads that help it run after the
 * other programs of a busy machine, and it would wait for them. All memory is looked at after 128 MiB, about once a minute
 * at 20,000 packets a second, and takes some milliseconds: not when a run is young, and not because no packet came for
 * some time. Code stays compiled then as well.
 */
export const SHORT_PAUSES: readonly string[] = [
  '--max-semi-space-size=1',
  // Between packets, at a tenth of it, rather than within one that finds it full.
  '--minor-gc-task-trigger=10',
  '--no-parallel-scavenge',
  '--no-parallel-compaction',
  '--no-parallel-pointer-update',
  '--no-concurrent-array-buffer-sweeping',
  '--initial-old-space-size=128',
  '--no-memory-reducer',
  '--no-flush-bytecode',
];

/** Of -20 to 19, the least first: before programs that nobody waits for. */
const PRIORITY = -10;

/**
 * Lets this process run before others: on a busy machine the slowest of a hundred packets wait half as long. Its threads
 * that compile have the same priority, as memory is not put in order before each of them has come to a stop. Without the
 * privilege (CAP_SYS_NICE) it stays as it is.
 */
export function runBeforeOthers(): void {
  try {
    for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), PRIORITY);
  } catch {
    // It judges all the same, a little later.
  }
}
