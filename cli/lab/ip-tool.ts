/**
 * The programs `ip` and what is in a namespace, for the lab.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { CliError, EXIT } from '../exit-codes.ts';
import { NAMESPACES, namespaceOf } from './plan.ts';

/** Milliseconds that processes have to end in good order. */
const GRACE = 5000;
const STEP = 50;

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
  const own = new Set(NAMESPACES.map((name) => namespaceOf(prefix, name)));
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

/** Waits; a signal ends it early. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
  });
}

/** Throws CliError (4) when somebody has pressed Ctrl-C. */
export function goOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new CliError(EXIT.environment, 'interrupted');
}

/** Switches the kernel's IPv6 off in a namespace, for what is there and what comes. */
export function silence(namespace: string): void {
  const settings = ['all', 'default'].map(
    (each) => `echo 1 > /proc/sys/net/ipv6/conf/${each}/disable_ipv6`,
  );
  ip(['netns', 'exec', namespace, 'sh', '-c', settings.join(' && ')]);
}

/** Ends processes, in good order or not. @returns those that run all the same */
export async function endProcesses(pids: readonly number[]): Promise<readonly number[]> {
  signal(pids, 'SIGTERM');
  await ended(pids, GRACE);
  signal(pids.filter(isRunning), 'SIGKILL');
  await ended(pids, GRACE);
  return pids.filter(isRunning);
}

function signal(pids: readonly number[], name: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended by itself.
    }
  }
}

async function ended(pids: readonly number[], most: number): Promise<void> {
  for (let waited = 0; waited < most && pids.some(isRunning); waited += STEP) await sleep(STEP);
}
