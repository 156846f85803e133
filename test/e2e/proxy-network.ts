/**
 * A home link with a legacy home agent at the end of a cable, a visited link, and a correspondent, in network namespaces: home
 * agent, mobile node and proxy are processes of the built command, router and correspondent are Linux machines.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MAIN, ROOT, environment, hasProgram } from './command.ts';
import { canRunNodes } from './node-network.ts';
import { PATIENCE } from '../patience.ts';

/** Whether it can be built here. */
export const canProxy = canRunNodes && hasProgram('radvd');
export const PROXY_NEEDS = 'needs root, network namespaces, koffi, radvd, ping and python3';

export const HOME_AGENT = '2001:db8:1::1';
export const HOME_ADDRESS = '2001:db8:1::10';
export const CORRESPONDENT = '2001:db8:9::1';
/** On the visited link, beside the mobile node. */
export const ATTACKER = '2001:db8:2::bad';

const MACHINES = ['ha', 'gw', 'rt', 'mn', 'cn'] as const;
export type Machine = (typeof MACHINES)[number];

const ROUTER_ADVERTISEMENTS = `interface visited0 {
  AdvSendAdvert on;
  MinRtrAdvInterval 3;
  MaxRtrAdvInterval 4;
  prefix 2001:db8:2::/64 { AdvOnLink on; AdvAutonomous on; };
};
`;

/** Takes all that RFC 6275 allows, from everywhere. */
const LEGACY = `version: 1
role: home-agent
links:
  - { interface: eth0, addresses: ["${HOME_AGENT}/64"], router: "fe80::1" }
keys: [node-keys.yaml]
ipsec: { payload: esp }
homeAgent:
  prefixes: [{ prefix: "2001:db8:1::/64", interface: eth0, agentAddress: "${HOME_AGENT}" }]
  deregistration: rfc
  deregistrationIngress: alarm
  alternateCareOfAddress: optional
  mobileNodes: [{ homeAddress: "${HOME_ADDRESS}" }]
control: ha.sock
runDirectory: run-ha
`;
const MOBILE = `version: 1
role: mobile-node
links: [{ interface: eth0 }]
tun: { name: mip0, routes: [default] }
keys: [node-keys.yaml]
ipsec: { payload: esp }
mobileNode:
  homeAddresses: [{ address: "${HOME_ADDRESS}/64", homeAgents: ["${HOME_AGENT}"] }]
  homeLink: never
  lifetime: 600
control: mn.sock
runDirectory: run-mn
`;
const PROXY = `version: 1
as: proxy
failMode: closed
proxy:
  homeAgent: "${HOME_AGENT}"
  outside: out0
  inside: in0
  homeLink: outside
  # It does not advertise itself on the home link.
  routers: ["02:00:00:00:00:01"]
  keys: [node-keys.yaml]
  ipsec: { payload: esp }
  mobileNodes: [{ homeAddress: "${HOME_ADDRESS}" }]
control: proxy.sock
state: proxy.db
runDirectory: run-proxy
`;

/** The home agent with a judge in front of its links. */
const GUARDED = `version: 1
as: home-agent
homeAgent: ha.yaml
failMode: open
mode: enforce
eve: { file: eve.json }
control: guarded.sock
`;

/** Namespaces, files and processes. `remove` it when it is not needed any more. */
export class ProxyNetwork {
  readonly id = randomBytes(3).toString('hex');
  readonly folder = mkdtempSync(path.join(tmpdir(), 'mip6-proxy-'));
  readonly #children = new Set<ChildProcessWithoutNullStreams>();

  constructor() {
    try {
      this.#build();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  name(machine: Machine): string {
    return `mip6-proxy-${this.id}-${machine}`;
  }

  /** Path of a file of the folder. */
  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** Joins both ends of the home agent's cable, as if there were no gateway; or parts them again. */
  bridge(isJoined: boolean): void {
    if (isJoined) {
      this.ip('gw', 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
      for (const port of ['out0', 'in0']) this.ip('gw', 'link', 'set', port, 'master', 'br0');
      this.ip('gw', 'link', 'set', 'br0', 'up');
    } else this.ip('gw', 'link', 'del', 'br0');
  }

  /** Runs a program to its end. */
  run(machine: Machine, ...command: readonly string[]): { code: number | null; text: string } {
    const run = spawnSync('ip', ['netns', 'exec', this.name(machine), ...command], {
      cwd: ROOT,
      env: environment(),
      encoding: 'utf8',
      timeout: PATIENCE,
    });
    return { code: run.status, text: run.stdout + run.stderr };
  }

  /** Starts a program that stays. */
  start(machine: Machine, ...command: readonly string[]): ChildProcessWithoutNullStreams {
    const child = spawn('ip', ['netns', 'exec', this.name(machine), ...command], {
      cwd: ROOT,
      env: environment(),
    });
    this.#children.add(child);
    child.on('exit', () => this.#children.delete(child));
    return child;
  }

  /**
   * Starts one of the processes, and waits until it says that it is there; `guarded` is the home agent with a judge.
   * @returns the process, and what it has said so far
   */
  async startNode(
    what: 'ha' | 'mn' | 'gw' | 'guarded',
  ): Promise<{ child: ChildProcessWithoutNullStreams; said: () => string }> {
    const isGateway = what === 'gw' || what === 'guarded';
    const words = [isGateway ? 'gateway' : what, '--config', this.file(`${what}.yaml`)];
    const machine = what === 'guarded' ? 'ha' : what;
    const child = this.start(machine, process.execPath, MAIN, ...words);
    let text = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (/mip6guard: (?:home-agent|mobile-node|proxy home agent) on/.test(text)) resolve();
      });
      child.on('exit', (code) => {
        reject(new Error(`${what} ended with ${code}: ${text}`));
      });
    });
    return { child, said: () => text };
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const machine of MACHINES) spawnSync('ip', ['netns', 'del', this.name(machine)]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Configures something in a namespace. */
  ip(machine: Machine, ...words: readonly string[]): void {
    command('ip', '-n', this.name(machine), ...words);
  }

  #build(): void {
    for (const machine of MACHINES) {
      command('ip', 'netns', 'add', this.name(machine));
      this.ip(machine, 'link', 'set', 'lo', 'up');
    }
    this.#wire(['ha', 'eth0'], ['gw', 'in0']);
    this.#wire(['gw', 'out0'], ['rt', 'home0']);
    this.#wire(['mn', 'eth0'], ['rt', 'visited0']);
    this.#wire(['cn', 'eth0'], ['rt', 'net0']);
    // Neither end of the cable is one of this machine's own links.
    for (const port of ['out0', 'in0']) {
      this.#shell('gw', `echo 1 >/proc/sys/net/ipv6/conf/${port}/disable_ipv6`);
    }
    this.#shell('rt', 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding');
    this.ip('rt', 'link', 'set', 'home0', 'address', '02:00:00:00:00:01');
    const addresses: readonly (readonly [Machine, string, string])[] = [
      ['rt', 'home0', 'fe80::1/64'],
      ['rt', 'home0', '2001:db8:1::2/64'],
      ['rt', 'visited0', '2001:db8:2::1/64'],
      ['rt', 'net0', '2001:db8:9::2/64'],
      ['cn', 'eth0', `${CORRESPONDENT}/64`],
    ];
    for (const [machine, on, address] of addresses) {
      this.ip(machine, 'address', 'add', address, 'dev', on, 'nodad');
    }
    this.ip('ha', 'address', 'add', '192.0.2.1/24', 'dev', 'eth0');
    this.ip('rt', 'address', 'add', '192.0.2.2/24', 'dev', 'home0');
    this.ip('cn', '-6', 'route', 'add', 'default', 'via', '2001:db8:9::2');
    const files = {
      ...{ 'ha.yaml': LEGACY, 'mn.yaml': MOBILE, 'gw.yaml': PROXY },
      'guarded.yaml': GUARDED,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(this.file(name), text);
    writeFileSync(this.file('radvd.conf'), ROUTER_ADVERTISEMENTS);
    copyFileSync(path.join(ROOT, 'docs/examples/node-keys.yaml'), this.file('node-keys.yaml'));
    const radvd = ['radvd', '-n', '-C', this.file('radvd.conf'), '-p', this.file('radvd.pid')];
    this.start('rt', ...radvd);
  }

  #shell(machine: Machine, text: string): void {
    command('ip', 'netns', 'exec', this.name(machine), 'sh', '-c', text);
  }

  #wire(...ends: readonly [readonly [Machine, string], readonly [Machine, string]]): void {
    const [[machine, name], [farMachine, farName]] = ends;
    const peer = ['peer', 'name', farName, 'netns', this.name(farMachine)];
    this.ip(machine, 'link', 'add', name, 'type', 'veth', ...peer);
    for (const [of, on] of ends) this.ip(of, 'link', 'set', on, 'up');
  }
}

function command(program: string, ...words: readonly string[]): void {
  const run = spawnSync(program, words, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${program} ${words.join(' ')}: ${run.stderr}`);
}
