/**
 * Processes of a lab: started in their namespaces, with logs in files.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { CliError, EXIT } from '../exit-codes.ts';
import { packageRoot } from '../package-root.ts';
import type { LabPlace } from './lab-state.ts';
import { namespaceOf } from './plan.ts';
import type { Namespace } from './plan.ts';

/** Lines of a log that are shown when something hangs. */
const TAIL = 12;

/** The command itself, as it runs now. */
export const MAIN = path.join(packageRoot(), 'dist', 'cli', 'main.js');

const inNamespace = (place: LabPlace, station: Namespace, args: readonly string[]): string[] => [
  ...['netns', 'exec', namespaceOf(place.prefix, station)],
  ...[process.execPath, MAIN, ...args],
];

/** Starts mip6guard in a namespace, to run on when this process ends. Its log is `log/NAME.log`. */
export function startProcess(
  place: LabPlace,
  station: Namespace,
  name: string,
  args: readonly string[],
): ChildProcess {
  const log = openSync(place.log(name), 'a', 0o600);
  const child = spawn('ip', inNamespace(place, station, args), {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  return child;
}

/** What programs of others learn of the lab that they run in. */
function labEnvironment(
  place: LabPlace,
  more: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  return { ...process.env, MIP6GUARD_LAB: place.directory, ...more };
}

/** Starts a program of somebody else in a namespace, to run on. @param command a line for the shell */
export function startProgram(
  place: LabPlace,
  station: Namespace,
  name: string,
  command: string,
  more: Readonly<Record<string, string>> = {},
): ChildProcess {
  const log = openSync(place.log(name), 'a', 0o600);
  const namespace = namespaceOf(place.prefix, station);
  const child = spawn('ip', ['netns', 'exec', namespace, 'sh', '-c', command], {
    detached: true,
    stdio: ['ignore', log, log],
    env: labEnvironment(place, more),
  });
  closeSync(log);
  child.unref();
  return child;
}

/** A process that is waited for. */
export interface Running {
  /** What it wrote. Rejects with CliError (4) when it failed. */
  readonly output: Promise<string>;
  /** It wrote something, or ended. */
  readonly begun: Promise<void>;
  /** Asks it to end. */
  stop(): void;
}

/** Runs mip6guard in a namespace. */
export function runProcess(place: LabPlace, station: Namespace, args: readonly string[]): Running {
  const child = spawn('ip', inNamespace(place, station, args), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return {
    output: outputOf(child),
    begun: new Promise((resolve) => {
      child.stdout.once('data', () => {
        resolve();
      });
      child.once('close', () => {
        resolve();
      });
    }),
    stop: () => {
      child.kill('SIGTERM');
    },
  };
}

/** Runs mip6guard here. @returns what it wrote, whatever its exit code */
export async function runHere(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return outputOf(child, [EXIT.clean, EXIT.findings]);
}

function outputOf(
  child: ChildProcessByStdio<null, Readable, Readable>,
  expected: readonly number[] = [EXIT.clean],
): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== null && expected.includes(code)) {
        resolve(output);
        return;
      }
      const how = `a process of the lab ended with ${code ?? signal ?? 'nothing'}`;
      const told = errors.trim().replace(/^mip6guard: /, '');
      reject(new CliError(EXIT.environment, told === '' ? how : told));
    });
  });
}

/** Arguments of a process of the lab that is no node. */
export function labProcess(place: LabPlace, role: string, ...words: readonly string[]): string[] {
  return ['lab', 'process', '--directory', place.directory, role, ...words];
}

/** The last lines of a log. */
export function logTail(place: LabPlace, name: string): string {
  try {
    const lines = readFileSync(place.log(name), 'utf8').trimEnd().split('\n');
    return lines
      .slice(-TAIL)
      .map((line) => `  ${name}: ${line}`)
      .join('\n');
  } catch {
    return `  ${name}: no log`;
  }
}
