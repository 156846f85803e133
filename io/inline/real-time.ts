/**
 * Running before everything else on the machine, for the thread that packets wait for.
 */
import { availableParallelism } from 'node:os';
import type { Kernel } from '../native/kernel.ts';
import { SCHED_RESET_ON_FORK, SCHED_RR } from '../native/linux.ts';

/** Of 1 to 99, the least. */
const PRIORITY = 1;

/**
 * Lets the thread that calls run as soon as there is something for it to do: other programs, and other threads of this one,
 * wait. With an ordinary priority, however good, it is the other way round, for some milliseconds. Threads and programs
 * that it starts later are ordinary ones.
 * @param threads how many of this program want that, this one among them; one core at least is left to the others
 * @returns false when there is no such core, or where it may not (CAP_SYS_NICE or a limit RLIMIT_RTPRIO of 1)
 */
export function runInRealTime(
  kernel: Kernel,
  threads: number,
  cores: number = availableParallelism(),
): boolean {
  if (cores <= threads) return false;
  return kernel.setScheduler(SCHED_RR | SCHED_RESET_ON_FORK, PRIORITY) >= 0;
}
