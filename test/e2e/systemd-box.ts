/**
 * A machine that systemd runs: process 1 of namespaces of its own in the network of a box, over a copy of this machine.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { PATIENCE } from '../patience.ts';
import { ROOT, hasProgram } from './command.ts';
import type { Outcome } from './command.ts';

const BOOT = path.join(import.meta.dirname, 'systemd-boot.sh');
/** Where the program is in the machine. */
const HOME = '/opt/mip6guard';
const SEARCHED = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where control groups of version 2 can be made; undefined where they cannot. */
function controlGroups(): string | undefined {
  try {
    const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    const folder = lines.map((line) => line.split(' ')).find(([, , kind]) => kind === 'cgroup2');
    if (folder?.[1] === undefined || !folder[3]?.startsWith('rw')) return undefined;
    accessSync(folder[1], constants.W_OK);
    return folder[1];
  } catch {
    return undefined;
  }
}

const GROUPS = controlGroups();

/** Whether systemd can be started here; what it lacks is in `SYSTEMD_NEEDS`. */
export const canBoot =
  process.getuid?.() === 0 &&
  GROUPS !== undefined &&
  existsSync('/lib/systemd/systemd') &&
  ['systemctl', 'journalctl', 'unshare', 'nsenter', 'useradd'].every(hasProgram);
/** What it needs, for the names of tests. */
export const SYSTEMD_NEEDS = 'needs root, systemd and control groups of version 2';

function removeGroup(folder: string): void {
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((each) =>
    each.isDirectory(),
  )) {
    removeGroup(path.join(folder, name));
  }
  rmdirSync(folder);
}

/** The machine. `remove` it when it is not needed any more. */
export class SystemdBox {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-systemd-'));
  readonly #group = path.join(GROUPS ?? '', `mip6guard-${randomBytes(4).toString('hex')}`);
  readonly #network: string;
  #child: ChildProcess | undefined;
  #first = '';

  /** @param network name of the namespace */
  constructor(network: string) {
    this.#network = network;
  }

  /** Starts it. Rejects with what was said when it does not come up. */
  async boot(): Promise<void> {
    mkdirSync(this.#group);
    const said = path.join(tmpdir(), `${path.basename(this.#folder)}.log`);
    const output = openSync(said, 'w');
    const join = `echo $$ >"$1" && shift && exec "$@"`;
    this.#child = spawn(
      'bash',
      [
        ...['-c', join, 'bash', path.join(this.#group, 'cgroup.procs')],
        ...['nsenter', `--net=/run/netns/${this.#network}`, 'unshare'],
        ...['--fork', '--pid', '--mount', '--uts', '--ipc', '--cgroup', '--kill-child'],
        ...['bash', BOOT, this.#folder, ROOT, process.execPath],
      ],
      { stdio: ['ignore', output, output] },
    );
    closeSync(output);
    const { pid = 0 } = this.#child;
    const end = performance.now() + PATIENCE;
    try {
      while (!this.#isUp(pid)) {
        if (performance.now() > end || this.#child.exitCode !== null) {
          throw new Error(`systemd does not start: ${readFileSync(said, 'utf8').slice(-2000)}`);
        }
        await after(50);
      }
    } finally {
      rmSync(said, { force: true });
    }
  }

  #isUp(pid: number): boolean {
    try {
      const file = `/proc/${pid}/task/${pid}/children`;
      this.#first = readFileSync(file, 'utf8').trim();
      const isSystemd = readFileSync(`/proc/${this.#first}/comm`, 'utf8').startsWith('systemd');
      if (this.#first === '' || !isSystemd) return false;
    } catch {
      return false;
    }
    return /running|degraded/.test(this.run('systemctl', 'is-system-running').stdout);
  }

  /** Runs a program in the machine, in the folder of the repository. */
  run(...command: readonly string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(
      'nsenter',
      [
        ...['--target', this.#first, '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'],
        ...['env', '-i', `--chdir=${HOME}`, `PATH=${SEARCHED}`, 'HOME=/root', ...command],
      ],
      { encoding: 'utf8' },
    );
    return { code: status ?? undefined, stdout, stderr };
  }

  /** Runs a line of bash in the machine, as root. @returns what it wrote; throws when it fails */
  shell(script: string): string {
    const { code, stdout, stderr } = this.run('bash', '-ec', `sudo() { "$@"; }\n${script}`);
    if (code !== 0) throw new Error(`${script}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Writes a file of the machine. @param file from the folder of the repository, or absolute */
  write(file: string, text: string): void {
    const encoded = Buffer.from(text, 'utf8').toString('base64');
    this.shell(`echo ${encoded} | base64 -d >${file}`);
  }

  /**
   * Installs and starts a unit: the commands that it begins with, one after the other.
   * @returns them, so that a test can tell that there are any
   */
  install(unit: string): string[] {
    const text = readFileSync(path.join(ROOT, 'docs/systemd', `${unit}.service`), 'utf8');
    const commands = text
      .split('\n')
      .filter((line) => line.startsWith('#   sudo '))
      .map((line) => line.slice('#   '.length));
    for (const command of commands) {
      // What another unit has done already.
      if (/ln -s/.test(command) && this.run('test', '-e', '/usr/local/bin/mip6guard').code === 0) {
        continue;
      }
      if (/useradd/.test(command) && this.run('id', 'mip6guard').code === 0) continue;
      this.shell(command);
    }
    return commands;
  }

  /** A property of a unit. */
  property(unit: string, name: string): string {
    return this.shell(`systemctl show --property=${name} --value ${unit}`).trim();
  }

  /** What a unit has said. */
  journal(unit: string): string {
    return this.shell(`journalctl --no-pager --output=cat --unit=${unit}`);
  }

  /** Waits until something is so. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    for (const end = performance.now() + PATIENCE; !isSo();) {
      if (performance.now() > end) {
        const journal = this.run('journalctl', '--no-pager', '--lines=30').stdout;
        throw new Error(`never: ${what}\n${journal}`);
      }
      await after(100);
    }
  }

  /** Ends everything at once, and removes it. */
  async remove(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise<void>((resolve) => {
        child.once('close', () => {
          resolve();
        });
      });
      child.kill('SIGKILL');
      await ended;
    }
    for (const end = performance.now() + PATIENCE; existsSync(this.#group);) {
      try {
        removeGroup(this.#group);
      } catch (error) {
        // The last processes are still ending.
        if (performance.now() > end) throw error;
        await after(50);
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
