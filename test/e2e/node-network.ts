/**
 * Two network namespaces joined by a wire: a node of the built command on the one side, an ordinary Linux machine on the
 * other.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MAIN, ROOT, environment, hasProgram } from './command.ts';
import type { Outcome } from './command.ts';

function hasKoffi(): boolean {
  try {
    createRequire(import.meta.url)('koffi');
    return true;
  } catch {
    return false;
  }
}

/** Whether nodes can run here: for root alone, with the package koffi. */
export const canRunNodes =
  hasKoffi() &&
  existsSync('/dev/net/tun') &&
  ['ip', 'unshare', 'ping', 'python3', 'setpriv'].every(hasProgram) &&
  spawnSync(
    'unshare',
    ['--net', 'ip', 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two'],
    {
      stdio: 'ignore',
    },
  ).status === 0 &&
  spawnSync('ip', ['netns', 'list'], { stdio: 'ignore' }).status === 0;

/** Name of the interface of the node. */
export const INTERFACE = 'wire0';
/** Address of the machine on the other side. */
export const MACHINE = '2001:db8:9::1';

/** The namespaces, and a folder for files. `remove` it when it is not needed any more. */
export class NodeNetwork {
  readonly node = `mip6-node-${randomBytes(4).toString('hex')}`;
  readonly machine = `${this.node}-m`;
  readonly folder = mkdtempSync(path.join(tmpdir(), 'mip6-nodes-'));
  readonly #children = new Set<ChildProcessWithoutNullStreams>();

  constructor() {
    try {
      this.#build();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  #build(): void {
    for (const name of [this.node, this.machine]) ip('netns', 'add', name);
    ip(
      '-n',
      this.node,
      'link',
      'add',
      INTERFACE,
      'type',
      'veth',
      'peer',
      'name',
      'far0',
      'netns',
      this.machine,
    );
    for (const name of [this.node, this.machine]) ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', this.node, 'address', 'add', '2001:db8:7::7/64', 'dev', INTERFACE, 'nodad');
    ip('-n', this.node, 'link', 'set', INTERFACE, 'up');
    ip('-n', this.machine, 'address', 'add', `${MACHINE}/64`, 'dev', 'far0', 'nodad');
    ip('-n', this.machine, 'link', 'set', 'far0', 'up');
  }

  /** Runs a program to its end. */
  run(
    where: 'node' | 'machine',
    command: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Outcome {
    const run = spawnSync('ip', ['netns', 'exec', this[where], ...command], {
      cwd: ROOT,
      env: environment(more),
      encoding: 'utf8',
    });
    return { code: run.status ?? undefined, stdout: run.stdout, stderr: run.stderr };
  }

  /** Starts a program that stays. */
  start(where: 'node' | 'machine', command: readonly string[]): ChildProcessWithoutNullStreams {
    const child = spawn('ip', ['netns', 'exec', this[where], ...command], {
      cwd: ROOT,
      env: environment(),
    });
    this.#children.add(child);
    child.on('exit', () => this.#children.delete(child));
    return child;
  }

  /**
   * Starts a node, and waits until it says that it is there.
   * @param as words in front of the command
   * @returns the process, and what it has said so far
   */
  async startNode(
    file: string,
    as: readonly string[] = [],
  ): Promise<{ child: ChildProcessWithoutNullStreams; said: () => string }> {
    const child = this.start('node', [...as, process.execPath, MAIN, 'cn', '--config', file]);
    let text = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('mip6guard: correspondent-node on')) resolve();
      });
      child.on('exit', (code) => {
        reject(new Error(`the node ended with ${code}: ${text}`));
      });
    });
    return { child, said: () => text };
  }

  /** Value of a setting of the interface. */
  setting(name: string): string {
    return this.run('node', ['cat', `/proc/sys/net/ipv6/conf/${INTERFACE}/${name}`]).stdout.trim();
  }

  /** Global addresses of the interface. */
  addresses(): string {
    return this.run('node', [
      'ip',
      '-6',
      '-o',
      'address',
      'show',
      'dev',
      INTERFACE,
      'scope',
      'global',
    ]).stdout;
  }

  /** Writes a file. @returns its path */
  write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const name of [this.node, this.machine]) spawnSync('ip', ['netns', 'del', name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits for the end of a process. @returns its exit code */
export function ended(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('exit', resolve);
  });
}

function ip(...args: readonly string[]): void {
  const run = spawnSync('ip', args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`ip ${args.join(' ')}: ${run.stderr}`);
}
