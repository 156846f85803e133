/**
 * Nodes of the configurations in docs/examples on links in memory and a virtual clock: home link, an access network with a
 * router, and the network of a correspondent.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { composeNode } from '../../../cli/nodes/compose.ts';
import type { ComposedNode } from '../../../cli/nodes/compose.ts';
import { declarationsOf } from '../../../cli/nodes/declarations.ts';
import { parseNodeFile } from '../../../cli/nodes/node-file.ts';
import { nodeAssociations } from '../../../cli/nodes/node-keys.ts';
import type { NodeDocument } from '../../../cli/nodes/node-schema.ts';
import type { SendSigning } from '../../../cli/nodes/send-files.ts';
import { parseAddress, parsePrefix } from '../../../dissectors/core/address.ts';
import type { Certificate } from '../../../engine/crypto/certificate.ts';
import type { LocalStack } from '../../../engine/ports.ts';
import type { BindingStore } from '../../../nodes/home-agent/binding-store.ts';
import type { NetworkInterface } from '../../../nodes/interface/network-interface.ts';
import { RouterAdvertiser } from '../../../nodes/interface/router-advertiser.ts';
import { Host } from '../../../nodes/ip/host.ts';
import type { LogEntry } from '../../../nodes/node-log.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import type { MemoryPort } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';

/** Folder of the examples. */
export const EXAMPLES = path.join(import.meta.dirname, '../../../docs/examples');

export type NodeName = 'ha' | 'mn' | 'cn';
type NetworkName = 'home' | 'core' | 'access' | 'server';

/** Octets of an address. */
export function ip(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets?.length !== 16) throw new Error(`no IPv6 address: ${text}`);
  return octets;
}

/** Text of an example. */
export function example(name: NodeName): string {
  return readFileSync(path.join(EXAMPLES, `${name}.yaml`), 'utf8');
}

/** A node with what it was made of. */
export interface MemoryNode {
  readonly settings: NodeDocument;
  readonly node: ComposedNode;
  readonly ports: readonly MemoryPort[];
  /** Packets for programs. */
  readonly delivered: Uint8Array[];
  /** A program sends. */
  send(packet: Uint8Array): void;
}

/** What a node may differ in. */
export interface MemoryNodeOptions {
  readonly store?: BindingStore;
  /** Secure neighbor discovery: what a home agent signs with, whom a mobile node trusts. */
  readonly signing?: SendSigning | undefined;
  readonly trustAnchors?: readonly Certificate[];
}

/** The networks. */
export class MemoryNodes {
  readonly scheduler = new VirtualScheduler();
  readonly log: (LogEntry & { readonly node: string })[] = [];
  readonly links: Readonly<Record<NetworkName, MemoryLink>>;
  readonly #router: Host;
  readonly #nodes: ComposedNode[] = [];
  readonly #advertisers: RouterAdvertiser[] = [];
  #seed = 1;

  constructor() {
    const link = (name: NetworkName): MemoryLink =>
      new MemoryLink({ scheduler: this.scheduler, random: new SeededRandom(9), name, delay: 5 });
    this.links = {
      home: link('home'),
      core: link('core'),
      access: link('access'),
      server: link('server'),
    };
    this.#router = new Host({
      scheduler: this.scheduler,
      random: this.#random(),
      log: () => undefined,
      isRouter: true,
    });
    const networks = [
      ['core', '2001:db8:f::1', '2001:db8:f::/64', undefined],
      ['access', '2001:db8:ac::1', '2001:db8:ac::/64', undefined],
      ['server', '2001:db8:9::1', '2001:db8:9::/64', undefined],
      ['core', undefined, '2001:db8:1::/64', '2001:db8:f::2'],
    ] as const;
    const added = new Map<string, ReturnType<Host['addInterface']>>();
    for (const [name, own, prefix, via] of networks) {
      const on =
        added.get(name) ?? this.#router.addInterface(this.links[name].attach('router', MAC));
      added.set(name, on);
      if (own !== undefined) on.addAddress(ip(own), { detection: 'skip' });
      this.#router.routes.add({
        prefix: parsePrefix(prefix) ?? { bytes: new Uint8Array(16), length: 0 },
        interface: on,
        nextHop: via === undefined ? undefined : ip(via),
      });
    }
    for (const [name, prefix] of [
      ['access', '2001:db8:ac::'],
      ['server', '2001:db8:9::'],
    ] as const) {
      const on = added.get(name);
      if (on !== undefined) this.#advertise(on, ip(prefix));
    }
  }

  /** Puts a node on its links. @param on network of each link of the configuration */
  async add(
    name: NodeName,
    on: readonly NetworkName[],
    change: (text: string) => string = (text) => text,
    options: MemoryNodeOptions = {},
  ): Promise<MemoryNode> {
    // fe80::1 of the examples is the router, whose interfaces have the address of MAC.
    const text = change(example(name)).replace('router: fe80::1', 'router: fe80::ff:fe00:1');
    const settings = await parseNodeFile(text, `${name}.yaml`);
    const files = settings.keys.map((file) => path.join(EXAMPLES, file));
    const associations = await nodeAssociations(files, declarationsOf(settings), () => undefined);
    const ports = settings.links.map((link, at) =>
      this.links[on[at] ?? 'core'].attach(
        `${name}-${link.interface}`,
        // The same after a restart.
        Uint8Array.of(2, 0, 0, name.charCodeAt(0), name.charCodeAt(1), at),
      ),
    );
    const delivered: Uint8Array[] = [];
    const stack: LocalStack = {
      mtu: 1400,
      deliver: (packet) => delivered.push(packet),
      onPacket: undefined,
    };
    const node = composeNode(settings, associations, {
      scheduler: this.scheduler,
      random: this.#random(),
      log: (entry) => this.log.push({ ...entry, node: name }),
      port: (wanted) => {
        const port = ports[settings.links.findIndex((link) => link.interface === wanted)];
        if (port === undefined) throw new Error(`no port ${wanted}`);
        return port;
      },
      localStack: stack,
      ...options,
    });
    this.#nodes.push(node);
    return { settings, node, ports, delivered, send: (packet) => stack.onPacket?.(packet) };
  }

  /** Names of alarms of all nodes. */
  alarms(): string[] {
    return this.log
      .filter(({ level }) => level === 'alarm')
      .map(({ node, event }) => `${node} ${event}`);
  }

  close(): void {
    for (const each of [...this.#nodes, ...this.#advertisers]) each.close();
    this.#router.close();
  }

  #advertise(on: NetworkInterface, address: Uint8Array): void {
    const lifetimes = { preferredLifetime: 14_400, validLifetime: 86_400 };
    const flags = { isOnLink: true, isAutonomous: true, isRouterAddress: false };
    const { scheduler } = this;
    const advertiser = new RouterAdvertiser({
      interface: on,
      scheduler,
      random: this.#random(),
      log: () => undefined,
      configuration: {
        maxInterval: 4,
        prefixes: [{ address, prefixLength: 64, ...flags, ...lifetimes }],
      },
    });
    this.#advertisers.push(advertiser);
  }

  #random(): SeededRandom {
    return new SeededRandom(this.#seed++);
  }
}

/** Link-local address fe80::ff:fe00:1. */
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
