/**
 * How long packets wait for the process that judges them.
 */
import { setPriority } from 'node:os';

/**
 * Flags of Node.js with which packets wait less. What is new in memory is put in order often and in a little: with the 16 MiB
 * of Node.js a pause takes 7 to 18 ms while bindings come, with these about 0.7 ms, and CPU time stays the same
 * (`npm run bench:inline -- --judge`). The thread that packets wait for does so alone: threads that help it run after the
 * other programs of a busy machine, and it would wait for them. And code stays compiled when no packet came for some time.
 */
export const SHORT_PAUSES: readonly string[] = [
  '--max-semi-space-size=1',
  // Between packets, at a quarter of it, rather than within one that finds it full.
  '--minor-gc-task-trigger=25',
  '--no-parallel-scavenge',
  '--no-concurrent-array-buffer-sweeping',
  '--no-flush-bytecode',
];

/** Of -20 to 19, the least first: before programs that nobody waits for. */
const PRIORITY = -10;

/**
 * Lets this process run before others: on a busy machine the slowest of a hundred packets wait half as long. Without the
 * privilege (CAP_SYS_NICE) it stays as it is.
 */
export function runBeforeOthers(): void {
  try {
    setPriority(PRIORITY);
  } catch {
    // It judges all the same, a little later.
  }
}
