/**
 * The programs of packet filters: run to their end at start and end, and beside the judging of packets otherwise.
 */
import { execFile } from 'node:child_process';
import { HostError, PRIVILEGES_HINT } from '../native/host-error.ts';
import { runCommand } from '../inline/ip-command.ts';
import type { CommandResult, RunCommand } from '../inline/ip-command.ts';

/** Folders that programs of administrators are in when PATH does not say. */
const FOLDERS = ['', '/usr/sbin/', '/sbin/'];
/** Milliseconds after which a program is ended. */
const LIMIT = 10_000;
const MAX_OUTPUT = 2 ** 26;

/** Runs a program beside everything else. */
export type StartCommand = (program: string, args: readonly string[]) => Promise<CommandResult>;

/** Runs a program of this machine, without a shell, and does not wait for it. */
export const startCommand: StartCommand = (program, args) =>
  new Promise((resolve) => {
    const options = {
      timeout: LIMIT,
      maxBuffer: MAX_OUTPUT,
      env: { ...process.env, LC_ALL: 'C' },
      encoding: 'buffer',
    } as const;
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const isAbsent = error !== null && typeof error.code === 'string';
      resolve({
        code: error === null ? 0 : typeof error.code === 'number' ? error.code : undefined,
        stdout,
        stderr: stderr.toString(),
        ...(isAbsent ? { error } : {}),
      });
    });
  });

/** How programs are run; those of this machine otherwise. */
export interface FilterCommands {
  readonly run?: RunCommand;
  readonly start?: StartCommand;
}

/** Programs of packet filters, found in PATH or where administrators have them. */
export class FilterCommand {
  readonly #run: RunCommand;
  readonly #start: StartCommand;
  readonly #found = new Map<string, string>();

  constructor({ run = runCommand, start = startCommand }: FilterCommands = {}) {
    this.#run = run;
    this.#start = start;
  }

  /** Runs a program to its end; undefined when it is not there. */
  run(program: string, args: readonly string[], input?: string): CommandResult | undefined {
    for (const file of this.#files(program)) {
      const octets = input === undefined ? undefined : Buffer.from(input);
      const result = this.#run(file, args, octets);
      if (!isAbsent(result)) return this.#keep(program, file, result);
    }
    return undefined;
  }

  /** As `run`, beside everything else. */
  async start(program: string, args: readonly string[]): Promise<CommandResult | undefined> {
    for (const file of this.#files(program)) {
      const result = await this.#start(file, args);
      if (!isAbsent(result)) return this.#keep(program, file, result);
    }
    return undefined;
  }

  #files(program: string): string[] {
    const found = this.#found.get(program);
    return found === undefined ? FOLDERS.map((folder) => `${folder}${program}`) : [found];
  }

  #keep(program: string, file: string, result: CommandResult): CommandResult {
    this.#found.set(program, file);
    return result;
  }
}

function isAbsent({ error }: CommandResult): boolean {
  return error !== undefined && 'code' in error && error.code === 'ENOENT';
}

/** What a program said, in one line. */
export function saidBy({ stderr, stdout, code, error }: CommandResult): string {
  const said = (stderr.trim() === '' ? stdout.toString() : stderr).trim();
  if (said !== '') return said.split('\n', 6).join('; ');
  return error?.message ?? `it ended with ${code ?? 'a signal'}`;
}

/** Whether it lacked privileges. */
export function isRefused({ stderr }: CommandResult): boolean {
  return /not permitted|permission denied|must be root/i.test(stderr);
}

/** What to throw when a program lacked privileges. */
export function privilegeError(program: string, result: CommandResult): HostError {
  return new HostError(
    'ERR_HOST_PERMISSION',
    `${program}: ${saidBy(result)}; it takes the capability CAP_NET_ADMIN`,
    { hint: PRIVILEGES_HINT },
  );
}
