/**
 * Packets in, events and alerts out. Deterministic: time comes from the packets alone.
 */
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import { walkIpv6, walkLink } from '../dissectors/walk.ts';
import { findInnerIpv6 } from './encapsulation.ts';
import type { InnerPacket } from './encapsulation.ts';
import { AddressHeaderStage } from './address-header-stage.ts';
import { BootstrappingStage } from './bootstrapping-stage.ts';
import type { EngineConfiguration, EngineOptions, EngineSummary, TableFill } from './engine.ts';
import { newCounters } from './engine-counters.ts';
import { Ipv4EspStage, MAX_IPV4_ESP } from './esp-ipv4.ts';
import { EspOpener } from './esp-opener.ts';
import { EspStage } from './esp-stage.ts';
import type { EngineMemory } from './engine-memory.ts';
import { Evictions } from './bounded-tables.ts';
import { ClockSteps } from './engine-health.ts';
import type { EngineHealth } from './engine-health.ts';
import type { EngineKnowledge } from './engine-knowledge.ts';
import type { EngineEvent, EspContext, PacketReference, Protection } from './events.ts';
import { IpsecStage } from './ipsec-stage.ts';
import { PolicyDatabase, defaultEntries } from './ipsec/policy-database.ts';
import { TunnelEndpoints } from './ipsec/tunnel-endpoints.ts';
import type { Admission } from './inline/admission.ts';
import { IkeSessions } from './ike/sessions.ts';
import { IkeStage } from './ike-stage.ts';
import { FragmentStage } from './fragment-stage.ts';
import { Icmpv6NoticeStage } from './icmpv6-notice-stage.ts';
import { IncidentBuilder } from './incident.ts';
import { PacketState } from './packet-state.ts';
import type { Level } from './packet-state.ts';
import type { Link } from './packet.ts';
import type { PacketRecord } from './ports.ts';
import { MAX_ALERTS, RuleRunner } from './rule-runner.ts';
import { matchEvents } from './rules/packet-matcher.ts';
import type { RuleChanges } from './rules/rule-changes.ts';
import { SignallingStage, isSignallingIcmpv6 } from './signalling-stage.ts';
import { BindingTrafficCounter } from './state/binding-traffic.ts';
import type { Site } from './site.ts';
import { MAX_HOME_ADDRESSES } from './state/binding-cache.ts';
import { Bindings } from './state/bindings.ts';
import { HomeNetwork } from './state/home-network.ts';
import { ExtensionState } from './state/extension-state.ts';
import { MAX_PROXY_BINDINGS } from './state/proxy-bindings.ts';
import { LinkState } from './state/link-state.ts';
import { Links } from './state/links.ts';
import { ReturnRoutability } from './state/return-routability.ts';
import type { SecurityAssociation } from './state/security-association.ts';
import { TrafficStage } from './traffic-stage.ts';
import { TunnelLoopStage } from './tunnel-loop-stage.ts';
import { TunnelStage } from './tunnel-stage.ts';
import { PacketVerifier } from './verification/packet-verifier.ts';

/** Microseconds of capture time between ticks. */
const TICK = 1e6;
/** Bindings told of between two packets that wait for their verdicts: telling of all takes milliseconds. */
const AT_A_TIME = 8;
/** Microseconds of capture time between two looks at alerts that may be let go. */
const FORGET_INTERVAL = 10e6;

/** The engine of an audit: feed it packets in order of time, then finish. */
export class Engine {
  readonly counters = newCounters();
  readonly #options: EngineOptions;
  readonly #links: Links;
  readonly #packet: PacketState;
  readonly #home: HomeNetwork;
  readonly #bindings: Bindings;
  readonly #bindingTraffic: BindingTrafficCounter;
  readonly #emit: (event: EngineEvent) => void;
  readonly #linkState: LinkState;
  readonly #extensions: ExtensionState;
  readonly #fragments: FragmentStage;
  readonly #returnRoutability: ReturnRoutability;
  readonly #runner: RuleRunner;
  readonly #policy: PolicyDatabase;
  readonly #opener: EspOpener;
  /** Those that were given. */
  #associations: readonly SecurityAssociation[];
  #site: Site;
  readonly #incidents = new IncidentBuilder();
  readonly #signalling: SignallingStage;
  readonly #esp: EspStage;
  readonly #ipv4Esp: Ipv4EspStage;
  readonly #traffic: TrafficStage;
  readonly #bootstrapping: BootstrappingStage;
  readonly #ipsec: IpsecStage;
  readonly #tunnels: TunnelStage;
  readonly #tunnelLoops: TunnelLoopStage;
  readonly #addressHeaders: AddressHeaderStage;
  readonly #notices: Icmpv6NoticeStage;
  readonly #evictions: Evictions;
  /** Undefined without secrets. */
  readonly #sessions: IkeSessions | undefined;
  /** Undefined when nobody listens. */
  #ike: IkeStage | undefined;
  /** The packet at hand, as numbers. */
  readonly #moment = { input: 0, number: 0, time: 0 };
  #firstTime = 0;
  #lastTick = 0;
  #lastForgetting = 0;
  readonly #clock = new ClockSteps();

  constructor(options: EngineOptions) {
    this.#options = options;
    const { site, rules, seed, observer, today, stopwatch, admission } = options;
    this.#site = site;
    this.#associations = options.associations;
    const emit = (event: EngineEvent): void => {
      this.#runner.handle(event, this.#packet.time);
      if (event.kind === 'binding') {
        this.#ipsec.endpoints.apply(event);
        this.#bindingTraffic.apply(event);
        this.#returnRoutability.binding(event);
      } else if (event.kind === 'mobility') this.#esp.inference.mobility(event);
      if (event.kind === 'mobility' || event.kind === 'icmpv6') {
        if (admission === undefined) this.#extensions.observe(event);
        else {
          admission.defer(() => {
            this.#extensions.observe(event);
          });
        }
      }
      observer?.onEvent?.(event);
    };
    this.#emit = emit;
    this.#bindingTraffic = new BindingTrafficCounter(seed);
    this.#links = new Links(site, options.inputs, options.interfaces);
    const packet = new PacketState(this.#links, seed);
    const home = new HomeNetwork(site, seed);
    const bindings = new Bindings(emit, seed);
    this.#packet = packet;
    this.#home = home;
    this.#bindings = bindings;
    const returnRoutability = new ReturnRoutability(seed);
    this.#returnRoutability = returnRoutability;
    this.#extensions = new ExtensionState(seed);
    const linkState = new LinkState(seed);
    this.#linkState = linkState;
    const endpoints = new TunnelEndpoints(site.ipsec.signalling === 'optional', seed);
    const entries = [...(options.policies ?? []), ...defaultEntries(site.ipsec)];
    const policy = new PolicyDatabase(entries, endpoints);
    this.#policy = policy;
    this.#runner = new RuleRunner({
      rules,
      site,
      home,
      bindings,
      linkState,
      extensions: this.#extensions,
      returnRoutability,
      policy,
      seed,
      today,
      stopwatch,
      admission,
      onAlert: (alert) => {
        this.#incidents.add(alert);
        observer?.onAlert?.(alert);
      },
    });
    const { counters } = this;
    const bindingTraffic = this.#bindingTraffic;
    const shared = { packet, counters, bindings, bindingTraffic, home, linkState, emit, admission };
    const verifier = new PacketVerifier(options.verification);
    const hasMobilityKeys = (options.verification?.mobility.length ?? 0) > 0;
    this.#signalling = new SignallingStage({
      ...shared,
      returnRoutability,
      verifier,
      hasMobilityKeys,
      seed,
    });
    const opener = new EspOpener(options.associations, bindings, admission);
    this.#opener = opener;
    const ipsec = new IpsecStage({ ...shared, opener, endpoints, policy });
    this.#ipsec = ipsec;
    this.#esp = new EspStage({ ...shared, opener, ipsec, watcher: options.espWatcher, seed });
    this.#ipv4Esp = new Ipv4EspStage({ packet, counters, opener, watcher: options.espWatcher });
    this.#fragments = new FragmentStage(shared);
    this.#traffic = new TrafficStage(shared);
    this.#bootstrapping = new BootstrappingStage(shared);
    const wantsRepeats = (link: Link): boolean => this.#runner.wantsRepeats(link);
    this.#tunnels = new TunnelStage({ ...shared, wantsRepeats }, seed);
    this.#tunnelLoops = new TunnelLoopStage(shared, seed);
    this.#addressHeaders = new AddressHeaderStage(shared, seed);
    this.#notices = new Icmpv6NoticeStage(shared, seed);
    const tables = {
      ...shared,
      esp: this.#esp,
      ipsec,
      reassembly: this.#fragments.reassembly,
      seen: this.#signalling.seen,
      returnRoutability,
      extensions: this.#extensions,
      victims: this.#addressHeaders.victims,
      runner: this.#runner,
    };
    this.#evictions = new Evictions(tables, counters.evictions);
    const { ike = [] } = options;
    if (ike.length > 0) {
      this.#sessions = new IkeSessions(ike, (association) => {
        opener.add(association);
      });
    }
    const sessions = this.#sessions;
    if (sessions !== undefined || this.#runner.wants('ike') || observer?.onEvent !== undefined) {
      this.#ike = new IkeStage({ sessions, packet, emit });
    }
  }

  /** Takes one packet. The record may be reused afterwards. Never throws for what the packet holds. */
  feed(record: PacketRecord): void {
    const { counters } = this;
    const packet = this.#packet;
    const before = packet.time;
    packet.start(record);
    counters.packets++;
    counters.octets += record.originalLength;
    const { time, frame } = packet;
    if (before - time >= TICK) this.#clock.note(before - time);
    if (counters.packets === 1) {
      this.#firstTime = time;
      this.#lastTick = time;
    } else if (time - this.#lastTick >= TICK) this.#tick(time, false);
    else if (this.#bindingTraffic.waiting > 0) this.#bindingTraffic.flush(AT_A_TIME, this.#emit);
    const { admission } = this.#options;
    admission?.begin(time);

    const { bytes, offset, end } = record;
    const isCut = end - offset < record.originalLength;
    if (isCut) counters.cut++;
    walkLink(bytes, offset, end, record.linkType, isCut, frame);
    if (frame.ipVersion === 6) {
      counters.ipv6++;
      this.#ipv6(0, bytes, frame.ipOffset, end, isCut, 'none', undefined);
    } else if (frame.ipVersion === 4) {
      counters.ipv4++;
      const inner = findInnerIpv6(NEXT_HEADER.ipv4, bytes, frame.ipOffset, end);
      if (inner !== undefined) {
        this.#ipv6(0, bytes, inner.offset, end, isCut, 'none', undefined, [inner.name], inner);
      } else if (this.#ipv4Esp.find(bytes, frame.ipOffset, end)) this.#espInIpv4(0);
      else this.#ike?.ipv4(bytes, frame.ipOffset, end);
    } else counters.undecoded++;
    this.#judgeByFilters(record);
    if (admission !== undefined) this.#settle(admission);
    this.#runner.endPacket();
    admission?.end();
  }

  /** What the packet changes is done when it is let in, and undone when not. */
  #settle(admission: Admission): void {
    const isLetIn = admission.settle();
    this.#opener.endPacket(isLetIn);
    this.#ipsec.sequences.endPacket(isLetIn);
  }

  /** Rules of the operator see the packet after the state has. */
  #judgeByFilters(record: PacketRecord): void {
    const found = this.#options.matcher?.match(record);
    if (found === undefined) return;
    for (const event of matchEvents(found, this.#packet.packet, this.#packet.link))
      this.#emit(event);
  }

  /** Identity of the packet taken last. */
  get lastPacket(): PacketReference {
    return this.#packet.packet;
  }

  /** Ends the run. */
  finish(): EngineSummary {
    this.end();
    return this.snapshot();
  }

  /** Ends the run for who asks for its result by parts: see `knowledge`. */
  end(): void {
    if (this.counters.packets === 0) return;
    this.#tick(this.#packet.time, true);
    this.#runner.endPacket();
  }

  /** The result as of now; the run goes on. To be called between packets. */
  snapshot(): EngineSummary {
    this.#evictions.count();
    const associations = this.#associations;
    const sessions = this.#sessions;
    return {
      counters: this.counters,
      firstTime: this.#firstTime,
      lastTime: this.#packet.time,
      links: this.#links.all,
      bindings: [...this.#bindings.all()].sort((a, b) => a.firstSeen - b.firstSeen),
      associations: this.#allAssociations(),
      ikeNotices: sessions?.notices.all ?? [],
      espFlows: this.#esp.inference.facts(),
      alerts: this.#runner.alerts,
      incidents: this.#incidents.build(this.#bindings.all()),
      notJudged: this.#runner.notJudged({
        links: this.#links.all,
        associations: associations.length + (sessions?.derived.length ?? 0),
        hasPerimeter: this.#site.outsideLinkLayerAddresses.length > 0,
        unreadableSignalling: this.#esp.unreadableSignalling,
        readableSignalling: this.#esp.readableSignalling,
        unreadableIke: this.#ike?.unreadable ?? 0,
        readableIke: this.#ike?.readable ?? 0,
        extensions: this.#extensions.seen,
      }),
      suppressions: this.#runner.hidden.suppressions,
      heldBack: this.#runner.hidden.held,
      internalErrors: this.#runner.internalErrors,
    };
  }

  /** Those that were given, then those that were derived. */
  #allAssociations(): readonly SecurityAssociation[] {
    const associations = this.#associations;
    const sessions = this.#sessions;
    return sessions === undefined ? associations : [...associations, ...sessions.derived];
  }

  /** What is known now. To be asked between packets. */
  get knowledge(): EngineKnowledge {
    const { routers, neighbors } = this.#linkState;
    const home = this.#home;
    const routability = this.#returnRoutability;
    return {
      site: this.#site,
      links: this.#links.all,
      firstTime: this.#firstTime,
      lastTime: this.#packet.time,
      alerts: this.#runner.alerts,
      homePrefixes: home.prefixes,
      associations: this.#allAssociations(),
      ikeNotices: this.#sessions?.notices.all ?? [],
      bindings: () => this.#bindings.all(),
      espFlows: () => this.#esp.inference.facts(),
      incidents: () => this.#incidents.build(this.#bindings.all()),
      tests: (kind) => routability.tests(kind),
      updatesOf: (homeAddress) => routability.updatesOf(homeAddress),
      routers: (link) => routers.of(link),
      neighbor: (link, address) => neighbors.find(link, address),
      isHomeAgent: (address) => home.isHomeAgent(address),
      isHomeAddress: (address) => home.isHomeAddress(address),
    };
  }

  /** What may outlive this engine. To be read and filled between packets. */
  get memory(): EngineMemory {
    return {
      time: this.#packet.time,
      links: this.#links,
      home: this.#home,
      bindings: this.#bindings,
      bindingTraffic: this.#bindingTraffic,
      endpoints: this.#ipsec.endpoints,
      ring: this.#esp.ring,
      sequences: this.#ipsec.sequences,
      seen: this.#signalling.seen,
      associations: this.#allAssociations(),
    };
  }

  /** How full the tables are that whoever sends packets may fill. */
  get fill(): readonly TableFill[] {
    const { proxies } = this.#extensions;
    return [
      { table: 'bindings', entries: this.#bindings.homeAddresses, limit: MAX_HOME_ADDRESSES },
      { table: 'proxy-bindings', entries: proxies.size, limit: MAX_PROXY_BINDINGS },
      { table: 'alerts', entries: this.#runner.alerts.length, limit: MAX_ALERTS },
    ];
  }

  /** What each rule cost so far; times only with a stopwatch. */
  get ruleCosts(): RuleRunner['costs'] {
    return this.#runner.costs;
  }

  /**
   * Other rules and another site from the next packet on: to be called between packets, not from an observer. All or
   * nothing. Bindings, neighbours, associations and what rules that are as before keep in their tables stay. Links that
   * the new site gives another role are new links.
   * @throws Error when the rules cannot be used with the site; then nothing has changed
   */
  reconfigure({ rules, site, today, associations }: EngineConfiguration): RuleChanges {
    const { policies = [], observer } = this.#options;
    const entries = [...policies, ...defaultEntries(site.ipsec)];
    const changes = this.#runner.reconfigure(rules, site, today);
    this.#home.reconfigure(this.#site, site);
    this.#links.reconfigure(site);
    this.#policy.replace(entries);
    this.#ipsec.endpoints.reconfigure(site.ipsec.signalling === 'optional');
    this.#site = site;
    if (associations !== undefined) {
      this.#associations = associations;
      this.#opener.replace(associations);
    }
    if (this.#runner.wants('ike') || observer?.onEvent !== undefined) {
      this.#ike ??= new IkeStage({
        sessions: this.#sessions,
        packet: this.#packet,
        emit: this.#emit,
      });
    }
    return changes;
  }

  /** ESP in an IPv4 packet: IPv6 inside is that of a tunnel, as nodes with an IPv4 care-of address have it. */
  #espInIpv4(depth: number): void {
    const opened = this.#ipv4Esp.open(depth);
    this.#signalling.count(this.#ipv4Esp.diagnostics.items);
    if (opened === undefined) return;
    const { bytes, offset, end, nextHeader, esp, carrier, names } = opened;
    if (nextHeader === NEXT_HEADER.ipv6) {
      this.counters.tunnelled++;
      this.#ipv6(0, bytes, offset, end, false, 'esp-tunnel', esp, names, carrier);
      return;
    }
    const inner = findInnerIpv6(nextHeader, bytes, offset, end);
    if (inner === undefined) {
      const isNested = nextHeader === NEXT_HEADER.ipv4 && depth + 1 < MAX_IPV4_ESP;
      if (isNested && this.#ipv4Esp.find(bytes, offset, end)) this.#espInIpv4(depth + 1);
      return;
    }
    // In transport mode the IPv4 header around it is the one in front of ESP.
    const around = inner.ipv4 < 0 ? carrier : inner;
    const all = [...names, inner.name];
    this.#ipv6(0, bytes, inner.offset, end, false, 'esp-tunnel', esp, all, around);
  }

  /** One IPv6 header and what it carries. */
  #ipv6(
    depth: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    isCut: boolean,
    protection: Protection,
    esp: EspContext | undefined,
    encapsulation?: readonly string[],
    carrier?: InnerPacket,
  ): void {
    const level = this.#packet.levels[depth];
    if (level === undefined) return;
    level.reset(protection, esp, encapsulation);
    if (carrier !== undefined) level.carry(carrier, bytes);
    const { view } = level;
    if (!walkIpv6(bytes, start, end, isCut, view)) {
      this.#signalling.count(view.diagnostics.items);
      return;
    }
    if (view.fragment >= 0) {
      level.hasFragmentHeader = true;
      if ((view.fragmentOffset !== 0 || view.moreFragments) && !this.#fragments.add(level)) {
        this.#signalling.malformed(level, view.diagnostics.items.slice());
        return;
      }
    }
    const { traffic } = this.#returnRoutability;
    if (view.homeAddress >= 0) {
      this.counters.homeAddressOptions++;
      traffic.from(view.bytes, view.homeAddress, view.destination, this.#packet.time);
    }
    if (view.routingHomeAddress >= 0) {
      this.counters.type2RoutingHeaders++;
      traffic.to(view.bytes, view.routingHomeAddress, view.source, this.#packet.time);
    }
    const isInner = depth > 0 || carrier !== undefined;
    if (view.esp < 0 || this.#esp.open(level)) {
      if (depth > 0 || protection === 'esp-tunnel') this.#ipsec.inner(level);
      if (view.homeAddress >= 0 || view.routingHeaders > 0) this.#addressHeaders.inspect(level);
      if (isInner) this.#inner(level);
      this.#upper(level);
    } else if (isInner) this.#inner(level);
    else this.#payload(level, true);
    if (view.diagnostics.items.length > 0) {
      this.#signalling.malformed(level, view.diagnostics.items.slice());
    }
  }

  /** A packet with a tunnel around it. */
  #inner(level: Level): void {
    this.#tunnels.inner(level);
    this.#tunnelLoops.inner(level);
  }

  /** What follows the extension headers, in clear or decrypted. */
  #upper(level: Level): void {
    const { view, depth } = level;
    const { upperBytes: bytes, upperOffset: offset, upperEnd: end } = view;
    switch (view.upperProtocol) {
      case NEXT_HEADER.mobility:
        this.#signalling.mobility(level);
        return;
      case NEXT_HEADER.icmpv6:
        if (isSignallingIcmpv6(bytes, offset)) {
          this.#signalling.icmpv6(level);
          return;
        }
        this.#notices.icmpv6(level);
        break;
      case NEXT_HEADER.ipv6: {
        this.counters.tunnelled++;
        const isProtected = level.protection === 'esp-transport';
        if (depth === 0) this.#payload(level, true);
        if (depth === 0 && !isProtected) {
          this.#bindings.noteTunnel(view.bytes, view.source, view.destination, this.#packet.time);
        }
        const protection = isProtected ? 'esp-tunnel' : 'none';
        this.#ipv6(depth + 1, bytes, offset, end, view.isCut, protection, level.esp);
        return;
      }
      case NEXT_HEADER.gre:
      case NEXT_HEADER.udp: {
        const inner = findInnerIpv6(view.upperProtocol, bytes, offset, end);
        if (inner === undefined) {
          if (view.upperProtocol === NEXT_HEADER.udp) {
            this.#ike?.ipv6(level);
            this.#bootstrapping.udp(level);
          }
          break;
        }
        const names = [...level.encapsulation, inner.name];
        this.#ipv6(
          depth + 1,
          bytes,
          inner.offset,
          end,
          view.isCut,
          'none',
          undefined,
          names,
          inner,
        );
        return;
      }
      default:
    }
    if (depth === 0 && level.protection !== 'esp-tunnel') this.#payload(level, false);
    const isBare = view.homeAddress < 0 && view.routingHomeAddress < 0;
    if (depth === 0 && isBare && level.protection !== 'esp-tunnel') {
      this.#traffic.bare(level);
      this.#addressHeaders.bare(level);
    }
  }

  /** Counts a packet of the outermost header for the binding it belongs to. */
  #payload({ view }: Level, isTunnel: boolean): void {
    const moment = this.#moment;
    const { record } = this.#packet;
    moment.input = record?.inputIndex ?? 0;
    moment.number = record?.number ?? 0;
    moment.time = this.#packet.time;
    this.#bindingTraffic.note(view, isTunnel, moment);
  }

  #tick(time: number, isEnd: boolean): void {
    this.#lastTick = time;
    this.#bindings.expire(this.#packet.packet, isEnd);
    this.#bindingTraffic.begin(time, this.#emit);
    if (isEnd || this.#options.admission === undefined)
      this.#bindingTraffic.flush(Infinity, this.#emit);
    this.#esp.refusals.flush(time, this.#emit);
    this.#addressHeaders.flush(time);
    const event: EngineEvent = { kind: 'tick', time, isEnd, health: this.#health() };
    this.#runner.handle(event, time);
    this.#options.observer?.onEvent?.(event);
    if (Math.abs(time - this.#lastForgetting) >= FORGET_INTERVAL) this.#forgetAlerts(time);
  }

  #forgetAlerts(time: number): void {
    this.#lastForgetting = time;
    const { forgetAlertsAfter, observer } = this.#options;
    if (forgetAlertsAfter === undefined) return;
    const gone = this.#runner.forget(time - forgetAlertsAfter * 1e6);
    this.#incidents.forget(gone);
    for (const alert of gone) observer?.onAlertForgotten?.(alert);
  }

  #health(): EngineHealth {
    this.#evictions.count();
    const { packets, cut, undecoded, evictions } = this.counters;
    return {
      packet: this.#packet.packet,
      packets,
      cut,
      undecoded,
      evictions,
      clockSteps: this.#clock.steps,
      largestClockStep: this.#clock.largest,
      associations: this.#associations.length + (this.#sessions?.derived.length ?? 0),
      unreadableSignalling: this.#esp.unreadableSignalling,
    };
  }
}
