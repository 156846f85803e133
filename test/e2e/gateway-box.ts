/**
 * A gateway as a process in a network namespace of its own, between ends of wires that belong to the test.
 *
 * Each link is a bridge of two ports, `LINK-out` and `LINK-in`; what is sent into the one end comes out of the other one
 * unless the gateway drops it.
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
import { MAIN, ROOT, environment, hasProgram } from './command.ts';
import { WireLink, hasKoffi, pause } from './wire-link.ts';

/** Whether gateways can run here: for root alone, with the package koffi and a packet filter. */
export const canGate = canIsolate && hasKoffi && hasProgram('ip6tables');
/** What they need, for the names of tests. */
export const GATE_NEEDS = 'needs root, network namespaces, koffi and ip6tables';

const interfaces = z.array(z.looseObject({ ifname: z.string(), ifindex: z.int() }));

/** Numbers of packets as the gateway tells them. */
export const counts = z.looseObject({
  judged: z.number(),
  passed: z.number(),
  dropped: z.number(),
  passed_unjudged: z.number(),
  dropped_unjudged: z.number(),
  waiting: z.number(),
});
export type Counts = z.infer<typeof counts>;

function run(...[program = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Both ends of the wire through a bridge. */
interface Wire {
  readonly outside: WireLink;
  readonly inside: WireLink;
}

/** Namespace, bridges, process. `remove` it when it is not needed any more. */
export class GatewayBox {
  readonly namespace = `mip6-gate-${randomBytes(4).toString('hex')}`;
  readonly folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-gate-'));
  readonly links: readonly string[];
  readonly #wires = new Map<string, Wire>();
  #child: ChildProcess | undefined;
  #starts = 0;

  constructor(links: readonly string[]) {
    this.links = links;
    try {
      this.#build();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  #build(): void {
    run('ip', 'netns', 'add', this.namespace);
    const quiet = ['all', 'default'].map(
      (each) => `echo 1 >/proc/sys/net/ipv6/conf/${each}/disable_ipv6`,
    );
    this.inside('sh', '-c', quiet.join('; '));
    this.inside('ip', 'link', 'set', 'lo', 'up');
    const commands = this.links.flatMap((link) => [
      `link add br-${link} type bridge mcast_snooping 0 forward_delay 0 stp_state 0`,
      `link set br-${link} mtu 9000 up`,
      ...(['out', 'in'] as const).flatMap((side) => [
        `link add ${link}-${side} mtu 9000 type veth peer name ${link}-${side}p mtu 9000`,
        `link set ${link}-${side} master br-${link} up`,
        // Packets of both ways are sent into the same end.
        `link set ${link}-${side} type bridge_slave learning off`,
        `link set ${link}-${side}p up`,
      ]),
    ]);
    const batch = spawnSync('ip', ['-n', this.namespace, '-batch', '-'], {
      input: `${commands.join('\n')}\n`,
      encoding: 'utf8',
    });
    if (batch.status !== 0) throw new Error(batch.stderr);
    const found = interfaces.parse(JSON.parse(this.inside('ip', '-j', 'link')));
    const end = (name: string): WireLink => {
      const index = found.find(({ ifname }) => ifname === name)?.ifindex ?? 0;
      return new WireLink(this.namespace, name, index, new Uint8Array(6));
    };
    for (const link of this.links) {
      this.#wires.set(link, { outside: end(`${link}-outp`), inside: end(`${link}-inp`) });
    }
  }

  get #file(): string {
    return path.join(this.folder, 'gateway.yaml');
  }

  get #socket(): string {
    return path.join(this.folder, 'control.sock');
  }

  /** What the process has said. */
  get said(): string {
    return readFileSync(path.join(this.folder, `said-${this.#starts}`), 'utf8');
  }

  /** Ports of the bridges, as a configuration names them. */
  get ports(): { readonly outside: readonly string[]; readonly inside: readonly string[] } {
    return {
      outside: this.links.map((link) => `${link}-out`),
      inside: this.links.map((link) => `${link}-in`),
    };
  }

  wire(link: string): Wire {
    const wire = this.#wires.get(link);
    if (wire === undefined) throw new Error(`no link ${link}`);
    return wire;
  }

  /** Runs a program beside the process. @returns what it wrote */
  inside(...command: readonly string[]): string {
    return run('ip', 'netns', 'exec', this.namespace, ...command);
  }

  /** Writes a file into the folder. @returns its path */
  write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  /** Writes the configuration. @param settings everything but what every test has */
  configure(settings: Readonly<Record<string, unknown>>): void {
    const document = {
      version: 1,
      path: { hook: 'bridge', ports: this.ports },
      control: this.#socket,
      runDirectory: path.join(this.folder, 'run'),
      eve: { file: path.join(this.folder, 'eve.json') },
      stats: 0,
      ...settings,
    };
    // Every JSON text is YAML.
    this.write('gateway.yaml', JSON.stringify(document));
  }

  /** Starts the process. @returns when it stands in the path of packets */
  async start(...options: readonly string[]): Promise<void> {
    this.#starts++;
    const output = openSync(path.join(this.folder, `said-${this.#starts}`), 'w');
    const words = [process.execPath, MAIN, 'gateway', '--config', this.#file, ...options];
    this.#child = spawn('ip', ['netns', 'exec', this.namespace, ...words], {
      cwd: ROOT,
      env: environment(),
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const end = performance.now() + PATIENCE;
    for (;;) {
      if (this.#isOver || performance.now() > end) throw new Error(this.said);
      try {
        await this.ask('status');
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  get #isOver(): boolean {
    return (
      this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
    );
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

  /** Numbers of packets so far. */
  async counts(): Promise<Counts> {
    return counts.parse(await this.ask('drops'));
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Waits for the end of the process. @returns its exit code; undefined when a signal ended it */
  async ended(): Promise<number | undefined> {
    const end = performance.now() + PATIENCE;
    while (!this.#isOver) {
      if (performance.now() > end) throw new Error(`it does not end: ${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const code = this.#child?.exitCode ?? undefined;
    this.#child = undefined;
    return code;
  }

  /** Ends the process in good order. @returns its exit code */
  stop(): Promise<number | undefined> {
    this.signal('SIGTERM');
    return this.ended();
  }

  /** Ends the process at once, and removes everything. */
  remove(): void {
    this.#child?.kill('SIGKILL');
    for (const { outside, inside } of this.#wires.values()) {
      outside.close();
      inside.close();
    }
    spawnSync('ip', ['netns', 'del', this.namespace]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Lets time pass for everybody, and hands on what comes meanwhile. */
export async function settle(links: readonly WireLink[], milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    for (const link of links) link.collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (const link of links) link.collect();
}

/** Sends at a steady rate from the turn of the test. @param perSecond packets */
export function sendSteadily(
  count: number,
  perSecond: number,
  send: (index: number) => void,
  between: () => void,
): void {
  const start = performance.now();
  for (let index = 0; index < count; index++) {
    const due = start + (index * 1000) / perSecond;
    while (performance.now() < due) {
      between();
      pause(Math.min(1, Math.max(0, due - performance.now())));
    }
    send(index);
  }
  between();
}
