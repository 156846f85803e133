/**
 * Tells processes apart, also when their number is used again.
 */
import { readFileSync } from 'node:fs';
import type { RunProcess } from './retention.ts';

/** Start of a process: of this start of the machine, in ticks since then. Empty where the system does not say. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name is in parentheses and may hold anything; the start is the 20th field after it.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${boot}/${ticks}`;
  } catch {
    return '';
  }
}

/** This process. */
export function ownProcess(): RunProcess {
  return { pid: process.pid, start: startOf(process.pid) };
}

/** Whether a process is still there. */
export function isRunning({ pid, start }: RunProcess): boolean {
  if (start !== '') return startOf(pid) === start;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
