/**
 * Networks that live for seconds: programs in namespaces, what went over their links, and what an audit says of it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { hasProgram, MAIN, environment, ROOT } from '../e2e/command.ts';

/** The network is seen by nobody outside; it and every process in it end with the first one, however that ends. */
const ISOLATED = [
  ...['--net', '--mount', '--propagation', 'private'],
  ...['--pid', '--fork', '--kill-child', '--mount-proc'],
];
/** Milliseconds after which a network is ended: before its test is, so that what it wrote is shown. */
const HANGS = 240_000;
const SITE = path.join(import.meta.dirname, 'site.yaml');
const PROBE =
  'mount -t tmpfs none /run && mkdir /run/netns && ip netns add lab && ip link add name home type bridge && ip link add name home0 type veth peer name home1';

/** Whether networks can be made here: for root alone, and not in every container. */
export const canIsolate =
  ['tcpdump', 'ip', 'unshare'].every(hasProgram) &&
  spawnSync('unshare', [...ISOLATED, 'sh', '-c', PROBE], { stdio: 'ignore' }).status === 0;

/** A Python with Scapy and what Scapy needs for ESP; distributions install it for the system's own. */
export const scapyPython = ['python3', '/usr/bin/python3'].find(
  (command) =>
    spawnSync(command, ['-c', 'import scapy.layers.ipsec, cryptography'], { stdio: 'ignore' })
      .status === 0,
);

/** Makes an empty folder for one network. */
export function labFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'mip6guard-lab-'));
}

/**
 * Runs a script of this folder in a network of its own.
 * @param script file beside this one
 * @param args its arguments
 * @returns resolves when it has ended; rejects with what it wrote when it failed
 */
export function inNetwork(script: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const file = path.join(import.meta.dirname, script);
    const child = spawn('unshare', [...ISOLATED, 'bash', file, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PYTHON: scapyPython ?? 'python3' },
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), HANGS);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(new Error(`${script} ended with ${code ?? 'a signal'}: ${errors.slice(-2000)}`));
    });
  });
}

const document = z.object({
  counters: z.looseObject({ packets: z.int() }),
  alerts: z.array(z.looseObject({ rule: z.string(), severity: z.string(), message: z.string() })),
  incidents: z.array(z.looseObject({ title: z.string(), assessment: z.string().optional() })),
});

/** What an audit by the built command says. */
export type LiveAudit = z.infer<typeof document>;

/** Audits captures of a network; throws when the command ends otherwise than with or without findings. */
export function auditLive(files: readonly string[], keys?: string): LiveAudit {
  const options = ['--format', 'json', '--quiet', '--config', SITE];
  const run = spawnSync(
    process.execPath,
    [MAIN, 'audit', ...options, ...(keys === undefined ? [] : ['--keys', keys]), ...files],
    { cwd: ROOT, env: environment(), encoding: 'utf8', maxBuffer: 256 * 2 ** 20 },
  );
  if (run.status !== 0 && run.status !== 1) {
    throw new Error(`audit ended with ${run.status ?? 'a signal'}: ${run.stderr.slice(-2000)}`);
  }
  return document.parse(JSON.parse(run.stdout));
}

/** Alerts of medium or higher, a line each. */
export function accusations({ alerts }: LiveAudit): string[] {
  return alerts
    .filter(({ severity }) => severity !== 'info' && severity !== 'low')
    .map(({ rule, severity, message }) => `${rule} ${severity}: ${message}`);
}

/** What the programs of a network said, for the reader of a failed test. */
export function saidIn(folder: string): string {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.out'))
    .map((name) => `${name}: ${readFileSync(path.join(folder, name), 'latin1').slice(-500)}`)
    .join('\n');
}

/** Octets of a file; 0 when there is none. */
export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
