/**
 * Further networks on the link of a process: routers of the kernel, and attackers with programs of others.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { WireLink } from './wire-link.ts';
import type { WiredNode } from './wired-node.ts';
import { PATIENCE } from '../patience.ts';

/** Frames of one side in a row before the other one has its turn. */
const IN_A_ROW = 64;

const interfaces = z.array(z.looseObject({ ifindex: z.int(), address: z.string() }));

function ip(...args: readonly string[]): string {
  const run = spawnSync('ip', args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`ip ${args.join(' ')}: ${run.stderr}`);
  return run.stdout;
}

/** What a program has done. */
export interface Ended {
  /** Exit code; 124 = it was ended when its time was over. */
  readonly code: number | null;
  readonly output: string;
}

/** A plug in the link of a process. */
interface Plug {
  readonly port: WireLink;
  isIn: boolean;
}

/** A network of its own with the kernel's IPv6. `remove` it when it is not needed any more. */
export class WiredSegment {
  readonly namespace = `mip6-side-${randomBytes(4).toString('hex')}`;
  readonly #children = new Set<ChildProcess>();
  readonly #plugs = new Map<string, Plug>();

  constructor() {
    ip('netns', 'add', this.namespace);
    this.inside('ip', 'link', 'set', 'lo', 'up');
    // Addresses are there at once.
    for (const scope of ['all', 'default']) this.set(`${scope}.accept_dad`, 0);
  }

  /** Runs a program to its end. @returns what it wrote */
  inside(...command: readonly string[]): string {
    return ip('netns', 'exec', this.namespace, ...command);
  }

  /** Changes a setting of the kernel's IPv6. */
  set(name: string, value: number): void {
    this.inside('sysctl', '-q', '-w', `net.ipv6.conf.${name}=${value}`);
  }

  /**
   * Joins this network to a link of a process, beside the test: what the process sends comes to both, and it hears both. The
   * test hands the frames on, so that it needs no bridge, behind which it would not hear anything itself.
   * @param name of the interface here
   */
  plug(node: WiredNode, link: string, name: string, addresses: readonly string[] = []): void {
    const outer = `${name}p`;
    this.inside('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', outer);
    this.set(`${outer}.disable_ipv6`, 1);
    for (const address of addresses) {
      this.inside('ip', 'addr', 'add', address, 'dev', name, 'nodad');
    }
    for (const device of [outer, name]) this.inside('ip', 'link', 'set', device, 'up');
    const found = interfaces.parse(JSON.parse(this.inside('ip', '-j', 'link', 'show', outer)))[0];
    if (found === undefined) throw new Error(`no interface ${outer}`);
    const octets = found.address.split(':').map((digits) => parseInt(digits, 16));
    const port = new WireLink(this.namespace, outer, found.ifindex, Uint8Array.from(octets));
    const plug: Plug = { port, isIn: true };
    this.#plugs.set(name, plug);
    const wire = node.link(link);
    const { tap } = wire;
    wire.tap = (frame, at) => {
      tap?.(frame, at);
      if (plug.isIn) port.send(frame);
    };
    let count = 0;
    port.onFrame = (frame) => {
      if (plug.isIn) wire.send(frame);
      count++;
      // Floods come faster than they are handed on.
      if (count % IN_A_ROW === 0) node.collect();
    };
  }

  /** Pulls a plug, or puts it in again; what comes meanwhile is lost. */
  setPlugged(name: string, isIn: boolean): void {
    const plug = this.#plugs.get(name);
    if (plug === undefined) throw new Error(`no plug ${name}`);
    plug.port.collect();
    plug.isIn = isIn;
  }

  /** Hands on what has come from here. */
  collect(): void {
    for (const { port } of this.#plugs.values()) port.collect();
  }

  /** Starts a program that stays. */
  start(...command: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.namespace, ...command], { stdio: 'ignore' });
    this.#children.add(child);
    child.on('exit', () => this.#children.delete(child));
    return child;
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const { port } of this.#plugs.values()) port.close();
    ip('netns', 'del', this.namespace);
  }
}

/**
 * Runs a program in a network for some seconds at most, while the test goes on to hand frames on and to answer.
 * @param turn what the test does meanwhile, again and again
 */
export async function bounded(
  namespace: string,
  seconds: number,
  command: readonly string[],
  turn: () => void,
): Promise<Ended> {
  const limit = ['timeout', '--kill-after', '1', String(seconds)];
  const child = spawn('ip', ['netns', 'exec', namespace, ...limit, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      // A flood tells of each packet.
      if (output.length < 2000) output += chunk;
    });
  }
  const isOver = new Promise<boolean>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      resolve(true);
    });
  });
  const isNotYet = (): Promise<boolean> =>
    new Promise((resolve) => {
      setTimeout(resolve, 2, false);
    });
  while (!(await Promise.race([isOver, isNotYet()]))) turn();
  turn();
  return { code: child.exitCode, output };
}

/** Asks until an answer is as expected. @throws Error with what the process said when it takes too long */
export async function until(
  what: string,
  node: WiredNode,
  turn: () => void,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what}\n${node.said.slice(-3000)}`);
    for (let turns = 0; turns < 20; turns++) {
      turn();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}
