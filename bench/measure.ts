/**
 * Measures whole processes: CPU time as the kernel accounts it, and peak memory.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One run of a command. */
export interface Measurement {
  /** User and system CPU seconds. */
  readonly cpu: number;
  /** Seconds by the clock. */
  readonly wall: number;
  /** Peak resident memory in MiB, the largest reading. */
  readonly peakMiB: number;
  readonly exitCode: number;
}

/** High-water mark of a live process's memory in MiB; 0 when it is gone. */
function peakOf(pid: number): number {
  try {
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return peak === null ? 0 : Number(peak[1]) / 1024;
  } catch {
    return 0;
  }
}

/**
 * Runs a command with its output thrown away and measures it.
 *
 * CPU time comes from bash's own `times` of the finished child, memory from polling the high-water mark.
 */
export function measure(command: readonly string[]): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    // bash prints the times on its own stderr; the command's own output goes to /dev/null.
    const script = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null 2>/dev/null';
    const child = spawn('bash', ['-c', script, 'bench', ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    let peakMiB = 0;
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    const timer = setInterval(() => {
      if (child.pid === undefined) return;
      for (const pid of childrenOf(child.pid)) {
        peakMiB = Math.max(peakMiB, peakOf(pid));
      }
    }, 20);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      const times = /([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(errors);
      if (times === null) {
        reject(new Error(`cannot measure ${command[0] ?? ''}: ${errors.trim()}`));
        return;
      }
      const [, user, system, wall] = times;
      resolve({
        cpu: Number(user) + Number(system),
        wall: Number(wall),
        peakMiB,
        exitCode: code ?? 1,
      });
    });
  });
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

/** Middle value; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
