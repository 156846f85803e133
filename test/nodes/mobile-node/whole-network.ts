/**
 * A home link with a home agent, two foreign links with routers, and a correspondent, joined by a core link: everybody is a
 * node of this project, and all frames are written down.
 */
import { formatMac, parsePrefix } from '../../../dissectors/core/address.ts';
import type { Prefix } from '../../../dissectors/core/address.ts';
import { u16 } from '../../../dissectors/core/bytes.ts';
import type { LinkPort } from '../../../engine/ports.ts';
import { HomeAgent } from '../../../nodes/home-agent/home-agent.ts';
import type { RegistrationOptions } from '../../../nodes/home-agent/home-agent-parts.ts';
import { MobileNodeTable } from '../../../nodes/home-agent/mobile-node-directory.ts';
import { RouterAdvertiser } from '../../../nodes/interface/router-advertiser.ts';
import { Host } from '../../../nodes/ip/host.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import type { ProtectionDeclaration } from '../../../nodes/ipsec/policy.ts';
import { MobileNode } from '../../../nodes/mobile-node/mobile-node.ts';
import type {
  HomeLinkVerifier,
  MobileNodeConfiguration,
} from '../../../nodes/mobile-node/mobile-node-parts.ts';
import type { LogEntry } from '../../../nodes/node-log.ts';
import type { SendSigner } from '../../../nodes/send/signer.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import type { MemoryPort } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { protect } from '../ipsec/protected-pair.ts';
import type { Keying } from '../ipsec/protected-pair.ts';
import { ip, readPacket } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';
import { AGENT, CORRESPONDENT, HOME, NODE_LINK } from './bench.ts';
import type { LinkName } from './bench.ts';

/** A packet on a link. */
export interface Carried extends WirePacket {
  readonly link: string;
  readonly at: number;
  /** Link-layer source. */
  readonly by: string;
}

/** What a network may differ in. */
export interface NetworkOptions {
  readonly configuration?: Partial<MobileNodeConfiguration>;
  readonly protection?: Partial<ProtectionDeclaration>;
  readonly start?: LinkName;
  /** Milliseconds from port to port of the core link. */
  readonly delay?: number;
  /** Signs the advertisements of the home agent. */
  readonly signer?: (agentScheduler: VirtualScheduler) => SendSigner;
  /** Judges those that the mobile node hears. */
  readonly verifier?: (mobileHost: Host) => HomeLinkVerifier;
  /** Registration options of the home agent. */
  readonly registration?: RegistrationOptions;
  /** Associations of the home agent where they differ from those of the mobile node: somebody is between the two. */
  readonly agentProtection?: Partial<ProtectionDeclaration>;
  readonly agentKeying?: Keying;
  /** Sees every frame from the beginning on, in the order in which they are put on links. */
  readonly onFrame?: (frame: Uint8Array, at: number, link: LinkName | 'core') => void;
  /** What stands between the home agent and its links. */
  readonly agentPort?: (port: MemoryPort, link: 'home' | 'core') => LinkPort;
  /** What stands between the mobile node and the link that it is on. */
  readonly mobilePort?: (port: MemoryPort) => LinkPort;
}

export function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`no prefix: ${text}`);
  return prefix;
}

const CORE: Readonly<Record<LinkName, string>> = {
  home: '2001:db8:c::a',
  one: '2001:db8:c::1',
  two: '2001:db8:c::2',
};
const PREFIXES: Readonly<Record<LinkName, string>> = {
  home: '2001:db8:a::',
  one: '2001:db8:1::',
  two: '2001:db8:2::',
};
const NAMES = ['home', 'one', 'two'] as const;

/** The network. */
export class WholeNetwork {
  readonly scheduler = new VirtualScheduler();
  readonly links: Readonly<Record<LinkName | 'core', MemoryLink>>;
  readonly agentHost: Host;
  readonly agent: HomeAgent;
  readonly mobileHost: Host;
  readonly node: MobileNode;
  readonly correspondent: Host;
  readonly port: MemoryPort;
  readonly log: (LogEntry & { readonly node: string })[] = [];
  readonly carried: Carried[] = [];
  readonly ipsec: NodeIpsec;
  readonly #options: NetworkOptions;
  #seed = 100;

  constructor(options: NetworkOptions = {}) {
    this.#options = options;
    const { scheduler } = this;
    const link = (name: LinkName | 'core', delay = 0): MemoryLink => {
      const made = new MemoryLink({ scheduler, random: new SeededRandom(99), name, delay });
      made.tap((frame, at) => {
        options.onFrame?.(frame, at, name);
        if (u16(frame, 12) !== 0x86dd) return;
        const packet = readPacket(frame.slice(14, 54 + u16(frame, 18)));
        this.carried.push({ ...packet, link: name, at, by: formatMac(frame, 6) });
      });
      return made;
    };
    this.links = {
      home: link('home'),
      one: link('one'),
      two: link('two'),
      core: link('core', options.delay ?? 5),
    };
    const declaration: ProtectionDeclaration = {
      homeAddress: HOME,
      homeAgent: AGENT,
      bindingUpdates: 'esp-transport',
      prefixDiscovery: 'esp',
      homeTests: 'esp',
      payload: 'esp',
      ...options.protection,
    };
    const agentIpsec = new NodeIpsec({ random: this.#random() });
    protect(
      agentIpsec,
      { ...declaration, ...options.agentProtection },
      'home-agent',
      options.agentKeying,
    );
    const signer = options.signer?.(scheduler);
    this.agentHost = this.#router('home', agentIpsec, signer?.linkLocal);
    const [homeInterface] = this.agentHost.interfaces;
    homeInterface?.addAddress(AGENT, { detection: 'skip' });
    this.agent = new HomeAgent({
      host: this.agentHost,
      prefixes: [
        { prefix: prefixOf('2001:db8:a::/64'), interface: homeInterface, agentAddress: AGENT },
      ],
      mobileNodes: new MobileNodeTable([{ homeAddress: HOME }]),
      ...(options.registration === undefined ? {} : { registration: options.registration }),
      ...(signer === undefined ? {} : { network: { signer } }),
    });
    this.agent.start();
    for (const name of ['one', 'two'] as const) this.#advertise(this.#router(name), name);
    this.correspondent = this.#host('correspondent');
    const core = this.correspondent.addInterface(this.links.core.attach('correspondent'));
    core.addAddress(CORRESPONDENT, { detection: 'skip' });
    this.#addRoutes(this.correspondent, undefined);
    this.ipsec = new NodeIpsec({ random: this.#random() });
    protect(this.ipsec, declaration, 'mobile-node');
    this.mobileHost = this.#host('mobile-node', this.ipsec, false);
    this.port = this.links[options.start ?? 'one'].attach('wlan0', NODE_LINK);
    this.mobileHost.addInterface(options.mobilePort?.(this.port) ?? this.port);
    this.node = new MobileNode({
      host: this.mobileHost,
      configuration: {
        homeAddresses: [{ address: HOME, homeAgents: [AGENT] }],
        homeLink: 'prefix',
        ...(options.verifier === undefined
          ? {}
          : { homeLink: 'send', homeLinkVerifier: options.verifier(this.mobileHost) }),
        ...options.configuration,
      },
    });
    // Addresses of the others are there by then.
    scheduler.advance(5000);
    this.node.start();
  }

  get state(): string {
    return this.node.homeAddresses[0]?.state ?? 'none';
  }

  /** Plugs the node into another link. */
  move(to: LinkName, milliseconds = 8000): void {
    this.port.moveTo(this.links[to]);
    this.scheduler.advance(milliseconds);
  }

  /** One more node on a link. */
  addHost(name: string, link: LinkName | 'core', address: Uint8Array): Host {
    const host = this.#host(name);
    const added = host.addInterface(this.links[link].attach(name));
    added.addAddress(address, { detection: 'skip' });
    this.scheduler.advance(2000);
    return host;
  }

  /** Packets since the last time. */
  take(): Carried[] {
    return this.carried.splice(0);
  }

  alarms(): string[] {
    return this.log
      .filter(({ level }) => level === 'alarm')
      .map(({ event, node }) => `${node} ${event}`);
  }

  close(): void {
    this.node.close();
    this.agent.close();
    for (const host of [this.agentHost, this.mobileHost, this.correspondent]) host.close();
  }

  #random(): SeededRandom {
    return new SeededRandom(this.#seed++);
  }

  #host(name: string, ipsec?: NodeIpsec, isRouter = false): Host {
    return new Host({
      scheduler: this.scheduler,
      random: this.#random(),
      log: (entry) => this.log.push({ ...entry, node: name }),
      isRouter,
      ipsec,
    });
  }

  #router(name: LinkName, ipsec?: NodeIpsec, linkLocal?: Uint8Array): Host {
    const host = this.#host(name, ipsec, true);
    const wired = (port: MemoryPort, link: 'home' | 'core'): LinkPort =>
      name === 'home' ? (this.#options.agentPort?.(port, link) ?? port) : port;
    host.addInterface(
      wired(this.links[name].attach(`${name}-router`), 'home'),
      linkLocal === undefined ? {} : { linkLocal },
    );
    const core = host.addInterface(wired(this.links.core.attach(`${name}-core`), 'core'));
    core.addAddress(ip(CORE[name]), { detection: 'skip' });
    this.#addRoutes(host, name);
    return host;
  }

  #addRoutes(host: Host, own: LinkName | undefined): void {
    const core = host.interfaces.at(-1);
    const first = host.interfaces[0];
    if (core === undefined || first === undefined) throw new Error('no interface');
    for (const name of NAMES) {
      host.routes.add({
        prefix: prefixOf(`${PREFIXES[name]}/64`),
        interface: name === own ? first : core,
        nextHop: name === own ? undefined : ip(CORE[name]),
      });
    }
  }

  #advertise(host: Host, name: LinkName): void {
    const [first] = host.interfaces;
    if (first === undefined) throw new Error('no interface');
    const advertiser = new RouterAdvertiser({
      interface: first,
      scheduler: this.scheduler,
      random: this.#random(),
      log: host.log,
      configuration: {
        maxInterval: 10,
        prefixes: [
          {
            address: ip(PREFIXES[name]),
            prefixLength: 64,
            isOnLink: true,
            isAutonomous: true,
            isRouterAddress: false,
            preferredLifetime: 14400,
            validLifetime: 86400,
          },
        ],
      },
    });
    host.tell('debug', 'advertises', { interval: advertiser.configuration.maxInterval });
  }
}
