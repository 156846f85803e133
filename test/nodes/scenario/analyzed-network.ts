/**
 * A whole network of this project's nodes whose every frame goes through the analyzer, which knows the site and the keys.
 */
import { formatAddress, parsePrefix } from '../../../dissectors/core/address.ts';
import { udpDatagram } from '../../../dissectors/ipv6/build.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import type { EngineEvent } from '../../../engine/events.ts';
import type { EngineSummary } from '../../../engine/engine.ts';
import type { SecurityAssociation } from '../../../engine/state/security-association.ts';
import { readKeyText } from '../../../engine/keys/key-text.ts';
import { Engine } from '../../../engine/pipeline.ts';
import type { PacketRecord } from '../../../engine/ports.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import type { Site, SitePrefix } from '../../../engine/site.ts';
import { CorrespondentNode } from '../../../nodes/correspondent-node/correspondent-node.ts';
import type { Host } from '../../../nodes/ip/host.ts';
import { receiveBindingUpdates } from '../../../nodes/mobility/binding-update.ts';
import {
  installRouteOptimisation,
  messageTunnel,
} from '../../../nodes/mobile-node/route-optimisation/install.ts';
import type { RouteOptimisation } from '../../../nodes/mobile-node/route-optimisation/route-optimisation.ts';
import { associationsFor } from '../ipsec/protected-pair.ts';
import { AGENT, CORRESPONDENT, HOME, echo } from '../mobile-node/bench.ts';
import { WholeNetwork } from '../mobile-node/whole-network.ts';
import type { Carried, NetworkOptions } from '../mobile-node/whole-network.ts';

const LINKS = ['home', 'one', 'two', 'core'] as const;
const ICMPV6 = 58;
const UDP = 17;
const LINK_TYPE_ETHERNET = 1;
/** Capture time of the first millisecond, seconds since 1970. */
const START = 1_700_000_000;

/** A frame and where it was. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly link: (typeof LINKS)[number];
}

/** What the analyzer says. */
export interface Analysis {
  readonly summary: EngineSummary;
  readonly events: ReadonlyMap<string, number>;
  /** Severity, rule and message of each alert. */
  readonly alerts: readonly { readonly severity: string; readonly text: string }[];
}

/** The network with route optimisation at both ends. */
export class AnalyzedNetwork {
  readonly frames: Frame[] = [];
  readonly network: WholeNetwork;
  readonly correspondent: CorrespondentNode;
  readonly own: CorrespondentNode;
  readonly routes: RouteOptimisation;
  /** Echo replies and datagrams that arrived, by node. */
  readonly arrived = { mobileNode: 0, correspondent: 0 };
  #isStreaming = false;

  constructor(options: NetworkOptions = {}) {
    this.network = new WholeNetwork({
      ...options,
      onFrame: (bytes, at, link) => {
        this.frames.push({ bytes, at, link });
      },
    });
    const { mobileHost, correspondent, node } = this.network;
    this.correspondent = new CorrespondentNode({ host: correspondent });
    receiveBindingUpdates(correspondent, {
      home: undefined,
      correspondent: this.correspondent.registrar,
    });
    this.own = new CorrespondentNode({
      host: mobileHost,
      installsPath: false,
      tunnelFor: messageTunnel(node),
    });
    receiveBindingUpdates(mobileHost, { home: undefined, correspondent: this.own.registrar });
    const routes = installRouteOptimisation(node, { correspondent: this.own });
    if (routes === undefined) throw new Error('no route optimisation');
    this.routes = routes;
    this.#count(mobileHost, 'mobileNode');
    this.#count(correspondent, 'correspondent');
  }

  advance(milliseconds: number): void {
    this.network.scheduler.advance(milliseconds);
  }

  /** An echo request and a datagram each way, with a reply to both requests. @returns what was on the wire meanwhile */
  converse(): Carried[] {
    const { network } = this;
    network.take();
    this.#talk(false);
    this.advance(2000);
    return network.take();
  }

  /** A datagram each way every 200 ms, from now on. */
  stream(): void {
    const { scheduler } = this.network;
    const next = (): void => {
      this.#talk(true);
      if (this.#isStreaming) scheduler.after(200, next);
    };
    this.#isStreaming = true;
    next();
  }

  endStream(): void {
    this.#isStreaming = false;
  }

  /** All frames so far, through the analyzer with every rule. */
  async analyze(): Promise<Analysis> {
    const events = new Map<string, number>();
    const engine = new Engine({
      site: siteOf(this.network),
      rules: await loadRules(),
      associations: keysOfNetwork(),
      inputs: [{ name: 'network', packets: 0 }],
      interfaces: LINKS.map((name) => ({
        inputIndex: 0,
        name,
        description: undefined,
        linkType: LINK_TYPE_ETHERNET,
        snapLength: 0,
      })),
      seed: 1,
      observer: {
        onEvent: ({ kind }: EngineEvent) => {
          events.set(kind, (events.get(kind) ?? 0) + 1);
        },
      },
    });
    let last = -1;
    let withinMillisecond = 0;
    for (const [index, frame] of this.frames.entries()) {
      withinMillisecond = frame.at === last ? withinMillisecond + 1 : 0;
      last = frame.at;
      engine.feed(recordOf(frame, index + 1, withinMillisecond));
    }
    const summary = engine.finish();
    return {
      summary,
      events,
      alerts: summary.alerts.map(({ severity, rule, draft, count }) => ({
        severity,
        text: `${severity} ${rule.id} x${count}: ${draft.message}`,
      })),
    };
  }

  close(): void {
    this.routes.close();
    this.own.close();
    this.correspondent.close();
    this.network.close();
  }

  /** Both ways. */
  #talk(isDatagramOnly: boolean): void {
    const { network } = this;
    for (const [host, source, destination] of [
      [network.mobileHost, HOME, CORRESPONDENT],
      [network.correspondent, CORRESPONDENT, HOME],
    ] as const) {
      const datagram = udpDatagram({
        source,
        destination,
        sourcePort: 5000,
        destinationPort: 5001,
        payload: Uint8Array.of(1, 2, 3, 4),
      });
      host.send({ source, destination, protocol: UDP, payload: datagram });
      if (isDatagramOnly) continue;
      const payload = encodeIcmpv6(echo('echo-request'), { source, destination });
      host.send({ source, destination, protocol: ICMPV6, payload });
    }
  }

  #count(host: Host, who: 'mobileNode' | 'correspondent'): void {
    host.icmpv6.handle('echo-reply', () => {
      this.arrived[who]++;
    });
    host.protocols.set(UDP, () => {
      this.arrived[who]++;
    });
  }
}

/** The network as a site file tells it. */
export function siteOf({ agentHost }: Pick<WholeNetwork, 'agentHost'>): Site {
  const routerAt = (link: string): Uint8Array => {
    const port = agentHost.interfaces.find(({ name }) => name.startsWith(link))?.port;
    if (port === undefined) throw new Error(`no port ${link}`);
    return port.linkLayerAddress;
  };
  const link = (
    name: (typeof LINKS)[number],
    role: 'home' | 'foreign' | 'transit',
  ): Site['links'][number] => ({ name, role, interfaces: [name], files: [], vlans: [] });
  return {
    ...UNKNOWN_SITE,
    homeAgents: [
      {
        name: 'agent',
        addresses: [AGENT],
        homePrefixes: [prefix('2001:db8:a::/64')],
        linkLayerAddresses: [routerAt('home')],
      },
    ],
    links: [
      link('home', 'home'),
      link('one', 'foreign'),
      link('two', 'foreign'),
      link('core', 'transit'),
    ],
    mobileNodes: [{ name: 'mobile', homeAddress: HOME, identities: [], mobileNetworkPrefixes: [] }],
    infrastructure: [{ name: 'correspondent', addresses: [prefix('2001:db8:c::/64')] }],
    ipsec: { signalling: 'required', payload: 'required' },
    rules: {},
  };
}

/** The keys of the network, as a file of tshark's tells them. */
export function keysOfNetwork(): SecurityAssociation[] {
  const declaration = {
    homeAddress: HOME,
    homeAgent: AGENT,
    bindingUpdates: 'esp-transport',
    prefixDiscovery: 'esp',
    homeTests: 'esp',
    payload: 'esp',
  } as const;
  const lines = associationsFor(declaration, 'mobile-node').map(({ spi, mode, direction }) => {
    const octets = (length: number, first: number): string =>
      Buffer.from(Array.from({ length }, (_, i) => (first + 7 * i + 31 * spi) & 0xff)).toString(
        'hex',
      );
    const far = formatAddress(AGENT);
    const near = mode === 'tunnel' ? '*' : formatAddress(HOME);
    const ends = direction === 'out' ? [near, far] : [far, near];
    const encryption = ['AES-CBC [RFC3602]', `0x${octets(16, 1)}`];
    const integrity = ['HMAC-SHA-1-96 [RFC2404]', `0x${octets(20, 101)}`];
    const row = ['IPv6', ...ends, `0x${spi.toString(16)}`, ...encryption, ...integrity];
    return row.map((each) => `"${each}"`).join(',');
  });
  const { entries, problems } = readKeyText(`${lines.join('\n')}\n`, 'esp_sa');
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return entries.map(({ association }) => association);
}

function prefix(text: string): SitePrefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return { prefix: parsed.bytes, length: parsed.length };
}

/** @param microseconds after the millisecond, so that packets keep their order */
function recordOf({ bytes, at, link }: Frame, number: number, microseconds: number): PacketRecord {
  const seconds = Math.floor(at / 1000);
  return {
    bytes,
    offset: 0,
    end: bytes.length,
    originalLength: bytes.length,
    seconds: START + seconds,
    nanoseconds: Math.round((at - seconds * 1000) * 1e6) + Math.min(999, microseconds) * 1000,
    linkType: LINK_TYPE_ETHERNET,
    interfaceIndex: LINKS.indexOf(link),
    inputIndex: 0,
    number,
    fileOffset: 0,
  };
}
