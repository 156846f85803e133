/**
 * A node as a process in a network of its own, whose links end in the test.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { exchanged } from '../../cli/sensor/control-client.ts';
import { canIsolate } from '../attackers/lab.ts';
import { PATIENCE } from '../patience.ts';
import { MAIN, ROOT, environment } from './command.ts';
import { WireLink, hasKoffi, pause } from './wire-link.ts';

const COMMANDS = { 'correspondent-node': 'cn', 'home-agent': 'ha', 'mobile-node': 'mn' } as const;

/** Whether nodes can run here: for root alone, with the package koffi. */
export const canRun = canIsolate && hasKoffi;

const interfaces = z.array(
  z.looseObject({ ifname: z.string(), ifindex: z.int(), address: z.string() }),
);

/** What a node is started with. */
export interface WiredNodeOptions {
  readonly role: keyof typeof COMMANDS;
  /** Names of its links; the other end of `n0` is `n0p`. */
  readonly links: readonly string[];
  /** The rest of its configuration. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Further files, by name; the configuration may name them. */
  readonly files?: Readonly<Record<string, string>>;
}

function run(...[program = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** A process with its links. */
export class WiredNode {
  readonly namespace = `mip6-node-${randomBytes(4).toString('hex')}`;
  /** Our ends. */
  readonly links = new Map<string, WireLink>();
  /** Link-layer addresses of the process. */
  readonly linkLayerAddresses = new Map<string, Uint8Array>();
  readonly #options: WiredNodeOptions;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-node-'));
  readonly #socket = path.join(this.#folder, 'control.sock');
  #child: ChildProcess | undefined;

  constructor(options: WiredNodeOptions) {
    this.#options = options;
    run('ip', 'netns', 'add', this.namespace);
    const inside = (...command: readonly string[]): string =>
      run('ip', 'netns', 'exec', this.namespace, ...command);
    inside('ip', 'link', 'set', 'lo', 'up');
    for (const name of options.links) {
      const peer = `${name}p`;
      inside('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', peer);
      // This end is the test's: the kernel says nothing on it.
      inside('sysctl', '-q', '-w', `net.ipv6.conf.${peer}.disable_ipv6=1`);
      inside('ip', 'link', 'set', peer, 'up');
      inside('ip', 'link', 'set', name, 'up');
    }
    const found = interfaces.parse(JSON.parse(inside('ip', '-j', 'link')));
    const octets = (text: string): Uint8Array =>
      Uint8Array.from(text.split(':').map((digits) => parseInt(digits, 16)));
    for (const { ifname, ifindex, address } of found) {
      if (options.links.includes(ifname)) this.linkLayerAddresses.set(ifname, octets(address));
      const name = ifname.slice(0, -1);
      if (!options.links.includes(name) || !ifname.endsWith('p')) continue;
      this.links.set(name, new WireLink(this.namespace, ifname, ifindex, octets(address)));
    }
  }

  /** What the process has said. */
  get said(): string {
    return readFileSync(path.join(this.#folder, 'said'), 'utf8');
  }

  link(name: string): WireLink {
    const link = this.links.get(name);
    if (link === undefined) throw new Error(`no link ${name}`);
    return link;
  }

  linkLayerAddress(name: string): Uint8Array {
    const address = this.linkLayerAddresses.get(name);
    if (address === undefined) throw new Error(`no link ${name}`);
    return address;
  }

  /** Starts the process. @returns when it stands */
  async start(): Promise<void> {
    const { role, configuration, files = {} } = this.#options;
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(path.join(this.#folder, name), text, { mode: 0o600 });
    }
    const file = path.join(this.#folder, 'node.yaml');
    const document = {
      version: 1,
      role,
      runDirectory: path.join(this.#folder, 'run'),
      control: this.#socket,
      ...configuration,
    };
    // Every JSON text is YAML.
    writeFileSync(file, JSON.stringify(document));
    const output = openSync(path.join(this.#folder, 'said'), 'w');
    const command = [process.execPath, MAIN, COMMANDS[role], '--config', file];
    const child = spawn('ip', ['netns', 'exec', this.namespace, ...command], {
      cwd: ROOT,
      env: environment(),
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.#child = child;
    await this.#until(() => this.said.includes(`mip6guard: ${role} on `));
  }

  /** Number of the process. */
  get processId(): number {
    if (this.#child?.pid === undefined) throw new Error('the process does not run');
    return this.#child.pid;
  }

  /** Asks the process, as `mip6guard ctl` does. @returns its answer */
  async ask(command: string): Promise<unknown> {
    return JSON.parse(await exchanged(this.#socket, `${JSON.stringify({ command })}\n`));
  }

  /** Runs a program beside the process. @returns what it wrote */
  inside(...command: readonly string[]): string {
    return run('ip', 'netns', 'exec', this.namespace, ...command);
  }

  /** Hands on what has come on all links. */
  collect(): void {
    for (const link of this.links.values()) link.collect();
  }

  /** Lets time pass, in the turn of the test. */
  run(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    do {
      this.collect();
      pause(Math.min(2, Math.max(0, end - performance.now())));
    } while (performance.now() < end);
    this.collect();
  }

  /** Waits in the turn of the test. @throws Error with what the process said when it takes too long */
  waitFor(what: string, isThere: () => boolean): void {
    const end = performance.now() + PATIENCE;
    for (;;) {
      this.collect();
      if (isThere()) return;
      if (performance.now() > end) {
        throw new Error(`${what}: not within ${PATIENCE} ms\n${this.said.slice(-2000)}`);
      }
      pause(0.5);
    }
  }

  /** Waits and lets other things of the test process have their turn. */
  async #until(isThere: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (!isThere()) {
      const isGone = this.#child !== undefined && this.#child.exitCode !== null;
      if (isGone || performance.now() > end) throw new Error(this.said);
      this.collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends the process in good order. @returns its exit code; undefined when it was killed */
  async stop(): Promise<number | undefined> {
    const child = this.#child;
    if (child === undefined) return undefined;
    child.kill('SIGTERM');
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const end = performance.now() + PATIENCE;
    while (!isOver() && performance.now() < end) {
      this.collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#child = undefined;
    if (!isOver()) child.kill('SIGKILL');
    return child.exitCode ?? undefined;
  }

  /** Ends all, and removes the network. */
  async remove(): Promise<void> {
    await this.stop();
    for (const link of this.links.values()) link.close();
    run('ip', 'netns', 'del', this.namespace);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
