/**
 * The program `ip` of iproute2, by which interfaces are set up.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { HostError, PRIVILEGES_HINT } from '../native/host-error.ts';

/** How a program ended. */
export interface CommandResult {
  /** Undefined when it could not be started or was ended by a signal. */
  readonly code: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Why it could not be started. */
  readonly error?: Error;
}

/** What a program reads: octets, or a file. */
export type CommandInput = Uint8Array | { readonly file: string };

/** Runs a program to its end. */
export type RunCommand = (
  program: string,
  args: readonly string[],
  input?: CommandInput,
) => CommandResult;

/** Milliseconds after which `ip` is ended: it asks the kernel and nobody else. */
const LIMIT = 10_000;
/** Where it is when PATH does not say. */
const PROGRAMS = ['ip', '/usr/sbin/ip', '/sbin/ip'];

/** Runs a program of this machine, without a shell. */
export const runCommand: RunCommand = (program, args, input) => {
  const file = input !== undefined && 'file' in input ? openSync(input.file, 'r') : undefined;
  try {
    const run = spawnSync(program, args, {
      ...(input instanceof Uint8Array && { input }),
      stdio: [file ?? (input === undefined ? 'ignore' : 'pipe'), 'pipe', 'pipe'],
      timeout: LIMIT,
      maxBuffer: 2 ** 26,
      env: { ...process.env, LC_ALL: 'C' },
    });
    // Without a program there is no output at all, whatever the types say.
    if (run.error !== undefined) {
      return { code: undefined, stdout: Buffer.alloc(0), stderr: '', error: run.error };
    }
    return { code: run.status ?? undefined, stdout: run.stdout, stderr: run.stderr.toString() };
  } finally {
    if (file !== undefined) closeSync(file);
  }
};

/** An interface. */
export interface InterfaceState {
  readonly index: number;
  readonly isUp: boolean;
  readonly mtu: number;
}

/** A route through an interface. */
export interface InterfaceRoute {
  /** `2001:db8::/32`, or `default`. */
  readonly prefix: string;
  /** Lower goes first; the kernel's 1024 otherwise. */
  readonly metric?: number;
  /** Source address of packets that have none yet. */
  readonly source?: string;
}

const links = z.array(
  z.object({ ifindex: z.int(), flags: z.array(z.string()), mtu: z.int().nonnegative() }),
);

/** Runs `ip`. */
export class IpCommand {
  readonly #run: RunCommand;
  #program: string | undefined;

  constructor(run: RunCommand = runCommand) {
    this.#run = run;
  }

  /**
   * Runs it to its end.
   * @returns what it wrote
   * @throws HostError with what it said when it is not there or fails
   */
  run(args: readonly string[], input?: CommandInput): Buffer {
    const result = this.#start(args, input);
    if (result.code === 0) return result.stdout;
    const said = result.stderr.trim().split('\n').join('; ');
    const command = `ip ${args.join(' ')}`;
    if (/not permitted|permission denied/i.test(said)) {
      throw new HostError(
        'ERR_HOST_PERMISSION',
        `${command}: ${said}; it takes the capability CAP_NET_ADMIN`,
        { hint: PRIVILEGES_HINT },
      );
    }
    const reason = said === '' ? `it ended with ${result.code ?? 'a signal'}` : said;
    throw new HostError('ERR_HOST_COMMAND', `${command}: ${reason}`);
  }

  /** What is known of an interface; undefined when there is none of this name. Throws HostError. */
  link(name: string): InterfaceState | undefined {
    let output: Buffer;
    try {
      output = this.run(['-json', 'link', 'show', 'dev', name]);
    } catch (error) {
      const isUnknown = error instanceof HostError && /does not exist/i.test(error.message);
      if (isUnknown) return undefined;
      throw error;
    }
    const [found] = parsed(output);
    return found && { index: found.ifindex, isUp: found.flags.includes('UP'), mtu: found.mtu };
  }

  #start(args: readonly string[], input?: CommandInput): CommandResult {
    let last: Error | undefined;
    for (const program of this.#program === undefined ? PROGRAMS : [this.#program]) {
      const result = this.#run(program, args, input);
      if (result.error === undefined) {
        this.#program = program;
        return result;
      }
      last = result.error;
      if (!('code' in last) || last.code !== 'ENOENT') break;
    }
    const isAbsent = last !== undefined && 'code' in last && last.code === 'ENOENT';
    throw new HostError(
      'ERR_HOST_COMMAND',
      `nodes set interfaces up with the program ip: ${isAbsent ? 'it is not installed' : (last?.message ?? '')}`,
      { hint: 'Install iproute2 (Debian: sudo apt-get install iproute2).', cause: last },
    );
  }
}

function parsed(output: Buffer): z.infer<typeof links> {
  try {
    return links.parse(JSON.parse(output.toString()));
  } catch (cause) {
    throw new HostError('ERR_HOST_COMMAND', 'ip -json link show: its answer is no list of links', {
      hint: 'Install a newer iproute2 (4.17 or later).',
      cause,
    });
  }
}

/** @throws HostError when it is no name of an interface (15 octets at most, no space, `/` or `:`) */
export function checkInterfaceName(name: string): void {
  const isName =
    /^[^\s/:]+$/.test(name) && Buffer.byteLength(name) < 16 && name !== '.' && name !== '..';
  if (isName) return;
  throw new HostError('ERR_HOST_OPTION', `'${name}' is no name of an interface`, {
    hint: 'Expected: 1 to 15 octets without space, / and :',
  });
}

/** @throws HostError when it is no `ADDRESS/LENGTH` */
export function checkPrefix(text: string): void {
  const [, address = '', length = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (isIPv6(address) && Number(length) <= 128) return;
  throw new HostError('ERR_HOST_OPTION', `'${text}' is no IPv6 address with a prefix length`, {
    hint: 'Expected: 2001:db8::1/64',
  });
}

/** The arguments of `ip -6 route add` behind it. Throws HostError for values out of range. */
export function routeArguments(name: string, route: InterfaceRoute): string[] {
  const { prefix, metric, source } = route;
  if (prefix !== 'default') checkPrefix(prefix);
  if (source !== undefined) checkPrefix(`${source}/128`);
  if (metric !== undefined && !(Number.isInteger(metric) && metric > 0 && metric < 2 ** 32)) {
    throw new HostError('ERR_HOST_OPTION', `the metric ${metric} is no number of 1 to 4294967295`);
  }
  return [
    ...[prefix, 'dev', name],
    ...(metric === undefined ? [] : ['metric', String(metric)]),
    ...(source === undefined ? [] : ['src', source]),
  ];
}
