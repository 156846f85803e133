/**
 * A proxy home agent: in the cable of a legacy home agent, so that what attacks it does not get there. All that is not
 * mobility of the home agent passes as frames; see docs/gateway-proxy.md for what becomes of the rest.
 */
import {
  addressKey,
  formatAddress,
  isMulticast,
  isSameAddress,
} from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { Ipv6View, walkIpv6 } from '../../dissectors/walk.ts';
import { Reassembly } from '../../engine/state/reassembly.ts';
import type { LinkPort } from '../../engine/ports.ts';
import { destinationOf, sourceOf, wholePacket } from '../ip/wire.ts';
import { ProxyAcknowledgements } from './acknowledgements.ts';
import { AgentSide } from './agent-side.ts';
import { ProxyBindings } from './bindings.ts';
import { concernOf, includesAddress, isFragment, packetTooBig } from './concern.ts';
import { HEADER_OCTETS, headerOf, linkSourceOf, packetOffset } from './ethernet.ts';
import { Exchanges } from './exchanges.ts';
import { HomeRouters } from './home-routers.ts';
import { MobileSide, mayPassBy } from './mobile-side.ts';
import { ProxyContext } from './proxy-context.ts';
import type {
  FrameVerdict,
  ProxiedMobileNode,
  ProxyHomeAgentOptions,
  ProxyPortPair,
  Way,
} from './proxy-parts.ts';
import { ProxyRegistrations, detailsOfExchange } from './registrations.ts';
import { Stations } from './stations.ts';

/** Whom a packet to the home agent is addressed to: where mobile nodes register, or another address of it. */
type Interest = 'home-agent' | 'other-address';

/** One pair at work. */
interface Cable {
  readonly pair: ProxyPortPair;
  readonly stations: Stations;
  readonly reassembly: Readonly<Record<Way, Reassembly>>;
}

/** The node. It passes frames from its construction on; bindings of a store come back with `start`. */
export class ProxyHomeAgent {
  readonly bindings: ProxyBindings;
  readonly registrations: ProxyRegistrations;
  readonly acknowledgements: ProxyAcknowledgements;
  readonly exchanges: Exchanges;
  /** Frames that passed as they are. */
  readonly passed: Record<Way, number> = { inwards: 0, outwards: 0 };
  readonly #context: ProxyContext;
  readonly #cables: readonly Cable[];
  readonly #mobileSide: MobileSide;
  readonly #agentSide: AgentSide;
  readonly #routers: HomeRouters;
  readonly #otherAddresses: readonly Uint8Array[];
  readonly #view = new Ipv6View();

  /** @throws RangeError when a home address comes twice, or is that of the home agent */
  constructor(options: ProxyHomeAgentOptions) {
    const nodes = new Map<AddressKey, ProxiedMobileNode>();
    for (const node of options.mobileNodes) {
      const { homeAddress } = node.policy;
      const key = addressKey(homeAddress);
      if (nodes.has(key) || isSameAddress(homeAddress, options.homeAgent)) {
        const text = formatAddress(homeAddress);
        throw new RangeError(`home address ${text} comes twice, or is that of the home agent`);
      }
      nodes.set(key, node);
    }
    const context = new ProxyContext(options, nodes);
    this.#context = context;
    this.#otherAddresses = options.otherAddresses ?? [];
    this.#routers = new HomeRouters(options.routers ?? []);
    const { scheduler, homeAgent, outside, store } = options;
    const { log } = context;
    this.bindings = new ProxyBindings({ scheduler, log, homeAgent, outside, nodes, store });
    const { bindings } = this;
    this.exchanges = new Exchanges(scheduler, (exchange) => {
      context.tell('alarm', 'legacy-home-agent-silent', detailsOfExchange(exchange));
    });
    const { exchanges } = this;
    this.registrations = new ProxyRegistrations({
      ...{ context, bindings, exchanges },
      routers: this.#routers,
      frame: () => this.#mobileSide.frame,
    });
    const { registrations } = this;
    this.acknowledgements = new ProxyAcknowledgements({
      ...{ context, bindings, exchanges, registrations },
    });
    const { acknowledgements } = this;
    const isAgent = (address: Uint8Array): boolean =>
      context.isHomeAgent(address) || includesAddress(this.#otherAddresses, address);
    this.#mobileSide = new MobileSide({ context, bindings, registrations, isAgent });
    this.#agentSide = new AgentSide({ context, bindings, exchanges, acknowledgements });
    this.#cables = options.pairs.map((pair) => this.#connect(pair, isAgent));
  }

  /** Packets thrown away, by reason. */
  get drops(): ReadonlyMap<string, number> {
    return this.#context.drops;
  }

  /** Binding Errors that were not sent because of the limit. */
  get suppressedErrors(): number {
    return this.#mobileSide.endpoint.suppressedErrors;
  }

  /** Sizes of what is kept, all bounded: for tests and metrics. */
  get sizes(): Readonly<
    Record<'bindings' | 'former' | 'exchanges' | 'stations' | 'routers' | 'fragmentOctets', number>
  > {
    let stations = 0;
    let fragmentOctets = 0;
    for (const cable of this.#cables) {
      stations += cable.stations.size;
      fragmentOctets += cable.reassembly.inwards.octets + cable.reassembly.outwards.octets;
    }
    return {
      bindings: this.bindings.size,
      former: this.bindings.former.size,
      exchanges: this.exchanges.size,
      stations,
      routers: this.#routers.size,
      fragmentOctets,
    };
  }

  /** Takes up the bindings of the store. Once, before the first packet. */
  start(): void {
    this.bindings.restore();
  }

  /** Stops timers; nothing passes any more. Bindings stay in the store. */
  close(): void {
    for (const { pair } of this.#cables) {
      for (const port of [pair.outside, pair.inside]) {
        port.onFrame = undefined;
        port.onStateChange = undefined;
      }
    }
    this.bindings.close();
    this.exchanges.close();
  }

  #connect(pair: ProxyPortPair, isAgent: (address: Uint8Array) => boolean): Cable {
    const { scheduler } = this.#context.options;
    const cable: Cable = {
      pair,
      stations: new Stations(scheduler),
      reassembly: { inwards: new Reassembly(), outwards: new Reassembly() },
    };
    pair.outside.onFrame = (frame) => {
      this.#inwards(cable, frame, isAgent);
    };
    pair.inside.onFrame = (frame) => {
      this.#outwards(cable, frame);
    };
    for (const port of [pair.outside, pair.inside]) {
      port.onStateChange = (isUp) => {
        this.#context.tell('warn', isUp ? 'link-up' : 'link-down', { interface: port.name });
      };
    }
    return cable;
  }

  #inwards(cable: Cable, frame: Uint8Array, isAgent: (address: Uint8Array) => boolean): void {
    const { pair } = cable;
    const route = cable.stations.route(frame, true);
    if (route === 'local') return;
    if (route === 'spoofed') {
      this.#context.drop('link-address-of-inside');
      return;
    }
    const offset = packetOffset(frame);
    if (offset < 0) {
      this.#pass('inwards', pair.inside, frame);
      return;
    }
    const packet = wholePacket(frame.subarray(offset));
    if (packet === undefined || isMulticast(sourceOf(packet))) {
      this.#context.drop('header-malformed');
      return;
    }
    const isTagged = offset !== HEADER_OCTETS;
    const header = headerOf(frame);
    const destination = destinationOf(packet);
    if (!isAgent(destination)) {
      if (pair.isHomeLink && !isTagged) this.#routers.hear(packet, linkSourceOf(header));
      if (mayPassBy(packet, isAgent)) this.#pass('inwards', pair.inside, frame);
      else this.#refuse('hidden-signalling', packet);
      return;
    }
    // What is put together of fragments has a header without tags.
    if (isTagged && isFragment(packet)) {
      this.#refuse('tagged-signalling', packet);
      return;
    }
    const interest = this.#context.isHomeAgent(destination) ? 'home-agent' : 'other-address';
    const judge = (whole: Uint8Array, wasFragmented: boolean): FrameVerdict =>
      this.#judgeInwards(cable, { header, whole, wasFragmented, interest, isTagged });
    this.#judge(cable, 'inwards', { frame, header, packet }, judge);
  }

  #judgeInwards(
    { pair }: Cable,
    {
      header,
      whole: packet,
      wasFragmented,
      interest,
      isTagged,
    }: {
      readonly header: Uint8Array;
      readonly whole: Uint8Array;
      readonly wasFragmented: boolean;
      readonly interest: Interest;
      readonly isTagged: boolean;
    },
  ): FrameVerdict {
    switch (concernOf(packet)) {
      case 'none': {
        const told = packetTooBig(packet);
        // RFC 8201 section 4: only about packets that somebody here may have sent.
        if (told !== undefined && this.#isOfTunnel(told.quoted)) {
          this.#context.pathMtu.note(told.quoted, told.mtu);
        }
        return 'pass';
      }
      case 'mobility':
        if (interest === 'other-address') return this.#refuse('other-address', packet);
        // An interface without tags takes them off, and would see what nobody has judged.
        if (isTagged) return this.#refuse('tagged-signalling', packet);
        return this.#mobileSide.receive({ pair, header, packet, wasFragmented });
      case 'fragment':
      case 'unclear':
        return this.#refuse('headers-unclear', packet);
    }
  }

  /** Whether a quoted packet is one of the home agent's to somebody who is registered. */
  #isOfTunnel(quoted: Uint8Array): boolean {
    if (quoted.length < 40 || !this.#context.isHomeAgent(sourceOf(quoted))) return false;
    const [entry] = this.bindings.atCareOf(destinationOf(quoted));
    return entry !== undefined;
  }

  #outwards(cable: Cable, frame: Uint8Array): void {
    const { pair } = cable;
    if (cable.stations.route(frame, false) === 'local') return;
    if (packetOffset(frame) !== HEADER_OCTETS) {
      this.#pass('outwards', pair.outside, frame);
      return;
    }
    const packet = wholePacket(frame.subarray(HEADER_OCTETS));
    if (packet === undefined) {
      this.#context.drop('header-malformed');
      return;
    }
    if (!this.#context.isHomeAgent(sourceOf(packet))) {
      this.#pass('outwards', pair.outside, frame);
      return;
    }
    const header = headerOf(frame);
    this.#judge(cable, 'outwards', { frame, header, packet }, (whole, wasFragmented) => {
      switch (concernOf(whole)) {
        case 'mobility':
          return this.#agentSide.receive({ pair, header, packet: whole, wasFragmented });
        case 'none':
        case 'unclear':
          return 'pass';
        case 'fragment':
          return this.#context.drop('fragments-of-fragments');
      }
    });
  }

  /** Puts fragments together, asks, and passes on what may pass. */
  #judge(
    { pair, reassembly }: Cable,
    way: Way,
    { frame, header, packet }: { frame: Uint8Array; header: Uint8Array; packet: Uint8Array },
    ask: (whole: Uint8Array, wasFragmented: boolean) => FrameVerdict,
  ): void {
    const to = way === 'inwards' ? pair.inside : pair.outside;
    if (!isFragment(packet)) {
      if (ask(packet, false) === 'pass') this.#pass(way, to, frame);
      return;
    }
    const whole = this.#whole(reassembly[way], packet);
    if (whole === undefined || ask(whole, true) !== 'pass') return;
    this.passed[way]++;
    this.#context.put(to, header, whole);
  }

  #whole(reassembly: Reassembly, packet: Uint8Array): Uint8Array | undefined {
    walkIpv6(packet, 0, packet.length, false, this.#view);
    if (this.#view.fragment < 0) {
      this.#context.drop('fragments');
      return undefined;
    }
    const time = this.#context.options.scheduler.now * 1000;
    const result = reassembly.add(this.#view, 0, time);
    if (result.kind === 'complete') return wholePacket(result.bytes);
    if (result.kind !== 'pending') this.#context.drop('fragments');
    return undefined;
  }

  #refuse(reason: string, packet: Uint8Array): FrameVerdict {
    return this.#context.refuse('packet-refused', {
      reason,
      source: formatAddress(sourceOf(packet)),
      destination: formatAddress(destinationOf(packet)),
    });
  }

  #pass(way: Way, to: LinkPort, frame: Uint8Array): void {
    this.passed[way]++;
    to.send(frame.slice());
  }
}
