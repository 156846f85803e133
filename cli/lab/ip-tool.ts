/**
 * The programs `ip` and what is in a namespace, for the lab.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { CliError, EXIT } from '../exit-codes.ts';
import { STATIONS, SWITCH, namespaceOf } from './plan.ts';

/** Runs `ip`. Throws CliError (4). */
export function ip(args: readonly string[], input?: string): string {
  const run = spawnSync('ip', args, {
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  });
  if (run.error !== undefined) {
    throw new CliError(EXIT.environment, `the program ip cannot be run: ${run.error.message}`, {
      hint: 'Install iproute2: apt install iproute2, or dnf install iproute.',
    });
  }
  if (run.status !== 0) {
    throw new CliError(EXIT.environment, `ip ${args.join(' ')}: ${run.stderr.trim()}`);
  }
  return run.stdout;
}

/** Network namespaces of a lab that are there. */
export function namespacesOf(prefix: string): string[] {
  // Names of other labs may begin alike.
  const stations = [SWITCH, ...STATIONS] as const;
  const own = new Set(stations.map((station) => namespaceOf(prefix, station)));
  try {
    return readdirSync('/run/netns').filter((name) => own.has(name));
  } catch {
    return [];
  }
}

/** Processes in a namespace. */
export function processesIn(namespace: string): number[] {
  return ip(['netns', 'pids', namespace])
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid);
}

/** Whether a process of this number runs, and is no zombie. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Whether this process is in a network namespace that `ip netns` keeps under this name. */
export function isInNamespace(namespace: string): boolean {
  try {
    return ip(['netns', 'identify', String(process.pid)])
      .split('\n')
      .includes(namespace);
  } catch {
    return false;
  }
}

/** Throws CliError (4) unless this process may make namespaces. */
export function checkPrivileges(): void {
  if (process.platform !== 'linux') {
    throw new CliError(EXIT.environment, 'the lab needs Linux: it is made of network namespaces');
  }
  if (process.geteuid?.() !== 0) {
    throw new CliError(EXIT.environment, 'the lab needs root: it makes network namespaces', {
      hint: 'sudo mip6guard lab up',
    });
  }
  ip(['-V']);
}

/** Waits. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
