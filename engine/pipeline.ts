/**
 * Packets in, events and alerts out. Deterministic: time comes from the packets alone.
 */
import { equalBytes, u16, u32, u8 } from '../dissectors/core/bytes.ts';
import { DIAGNOSTICS, DiagnosticList } from '../dissectors/core/diagnostic.ts';
import type { Diagnostic } from '../dissectors/core/diagnostic.ts';
import { decodeIcmpv6, icmpv6Checksum } from '../dissectors/icmpv6/index.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import { decodeMobilityHeader, mobilityChecksum } from '../dissectors/mobility/header.ts';
import { FrameView, Ipv6View, walkExtensions, walkIpv6, walkLink } from '../dissectors/walk.ts';
import { findInnerIpv6 } from './encapsulation.ts';
import type { EngineCounters, EngineOptions, EngineSummary } from './engine.ts';
import { EspOpener } from './esp-opener.ts';
import type {
  EngineEvent,
  EspContext,
  EspEvent,
  EspLayout,
  Link,
  MobilityEvent,
  PacketContext,
  PacketReference,
  Protection,
} from './events.ts';
import { IncidentBuilder } from './incident.ts';
import type { PacketRecord } from './ports.ts';
import { RuleRunner } from './rule-runner.ts';
import { Bindings } from './state/bindings.ts';
import { EspRing } from './state/esp-ring.ts';
import type { EspSighting } from './state/esp-ring.ts';
import { HomeNetwork } from './state/home-network.ts';
import { Links } from './state/links.ts';
import { Reassembly } from './state/reassembly.ts';
import { ReturnRoutability } from './state/return-routability.ts';

/** IP headers looked through in one packet. */
const MAX_DEPTH = 8;
/** ESP packets longer than this cannot be Binding Updates or Acknowledgements worth remembering, octets. */
const SIGNALLING_ESP_OCTETS = 512;
/** Microseconds between events about home-address traffic of one kind on a link that is not foreign. */
const TRAFFIC_EVENT_INTERVAL = 1e6;
/** Addresses for which the last traffic event is remembered. */
const MAX_TRAFFIC_KEYS = 16_384;

/** ICMPv6 types that become events: neighbor, home agent and mobile prefix discovery. */
const SIGNALLING_ICMPV6 = new Set([133, 134, 135, 136, 137, 144, 145, 146, 147]);

/** One IP header level of the packet at hand. */
class Level {
  readonly view = new Ipv6View();
  protection: Protection = 'none';
  esp: EspContext | undefined = undefined;
  encapsulation: readonly string[] = [];
  hasFragmentHeader = false;
  /** Made when the first event of this level needs it. */
  context: PacketContext | undefined = undefined;

  reset(
    protection: Protection,
    esp: EspContext | undefined,
    encapsulation: readonly string[],
  ): void {
    this.protection = protection;
    this.esp = esp;
    this.encapsulation = encapsulation;
    this.hasFragmentHeader = false;
    this.context = undefined;
  }
}

const NO_ENCAPSULATION: readonly string[] = [];
const NO_PACKET: PacketReference = { input: 0, number: 0, time: 0, nanoseconds: 0 };

/** The engine of an audit: feed it packets in order of time, then finish. */
export class Engine {
  readonly counters: EngineCounters = {
    packets: 0,
    octets: 0,
    ipv6: 0,
    ipv4: 0,
    undecoded: 0,
    cut: 0,
    fragments: 0,
    reassembled: 0,
    mobility: 0,
    icmpv6Signalling: 0,
    homeAddressOptions: 0,
    type2RoutingHeaders: 0,
    tunnelled: 0,
    esp: 0,
    espOpened: 0,
    espNoKey: 0,
    espIcvMismatch: 0,
    espMalformed: 0,
    mobilityByType: new Array<number>(256).fill(0),
    diagnostics: new Map(),
    evictions: new Map(),
  };
  readonly #options: EngineOptions;
  readonly #links: Links;
  readonly #home: HomeNetwork;
  readonly #bindings: Bindings;
  readonly #ring = new EspRing();
  readonly #reassembly = new Reassembly();
  readonly #returnRoutability = new ReturnRoutability();
  readonly #opener: EspOpener;
  readonly #runner: RuleRunner;
  readonly #incidents = new IncidentBuilder();
  readonly #frame = new FrameView();
  readonly #levels = Array.from({ length: MAX_DEPTH }, () => new Level());
  readonly #diagnostics = new DiagnosticList();
  readonly #lastTraffic = new Map<string, number>();
  #record: PacketRecord | undefined;
  #packet: PacketReference | undefined;
  #link: Link | undefined;
  #time = 0;
  #firstTime = 0;
  #lastTick = 0;
  #unreadableSignalling = 0;
  #readableSignalling = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { site, seed } = options;
    this.#links = new Links(site, options.inputs, options.interfaces);
    this.#home = new HomeNetwork(site, seed);
    this.#bindings = new Bindings((event) => {
      this.#emit(event);
    }, seed);
    this.#opener = new EspOpener(options.associations, this.#bindings);
    this.#runner = new RuleRunner({
      rules: options.rules,
      site,
      home: this.#home,
      bindings: this.#bindings,
      onAlert: (alert) => {
        this.#incidents.add(alert);
        options.observer?.onAlert?.(alert);
      },
    });
  }

  /** Takes one packet. The record may be reused afterwards. Never throws for what the packet holds. */
  feed(record: PacketRecord): void {
    const { counters } = this;
    counters.packets++;
    counters.octets += record.originalLength;
    const time = record.seconds * 1e6 + Math.floor(record.nanoseconds / 1000);
    this.#record = record;
    this.#packet = undefined;
    this.#link = undefined;
    this.#time = time;
    if (counters.packets === 1) {
      this.#firstTime = time;
      this.#lastTick = time;
    } else if (time - this.#lastTick >= 1e6) this.#tick(time, false);

    const isCut = record.end - record.offset < record.originalLength;
    if (isCut) counters.cut++;
    const frame = this.#frame;
    walkLink(record.bytes, record.offset, record.end, record.linkType, isCut, frame);
    if (frame.ipVersion === 6) {
      counters.ipv6++;
      this.#ipv6(
        0,
        record.bytes,
        frame.ipOffset,
        record.end,
        isCut,
        'none',
        undefined,
        NO_ENCAPSULATION,
      );
    } else if (frame.ipVersion === 4) {
      counters.ipv4++;
      const inner = findInnerIpv6(4, record.bytes, frame.ipOffset, record.end);
      if (inner !== undefined) {
        this.#ipv6(0, record.bytes, inner.offset, record.end, isCut, 'none', undefined, [
          inner.name,
        ]);
      }
    } else counters.undecoded++;
    this.#runner.endPacket();
  }

  /** Ends the run. */
  finish(): EngineSummary {
    if (this.counters.packets > 0) {
      this.#tick(this.#time, true);
      this.#runner.endPacket();
    }
    this.#countEvictions();
    const { site } = this.#options;
    return {
      counters: this.counters,
      firstTime: this.#firstTime,
      lastTime: this.#time,
      links: this.#links.all,
      bindings: [...this.#bindings.all()].sort((a, b) => a.firstSeen - b.firstSeen),
      associations: this.#options.associations,
      alerts: this.#runner.alerts,
      incidents: this.#incidents.build(),
      notJudged: this.#runner.notJudged({
        links: this.#links.all,
        hasPerimeter: site.outsideLinkLayerAddresses.length > 0,
        unreadableSignalling: this.#unreadableSignalling,
        readableSignalling: this.#readableSignalling,
      }),
      internalErrors: this.#runner.internalErrors,
    };
  }

  // --- one packet ---------------------------------------------------------------------------------

  #ipv6(
    depth: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    isCut: boolean,
    protection: Protection,
    esp: EspContext | undefined,
    encapsulation: readonly string[],
  ): void {
    const level = this.#levels[depth];
    if (level === undefined) return;
    level.reset(protection, esp, encapsulation);
    const { view } = level;
    const isIpv6 = walkIpv6(bytes, start, end, isCut, view);
    if (!isIpv6) {
      this.#countDiagnostics(view.diagnostics.items);
      return;
    }
    if (view.fragment >= 0) {
      level.hasFragmentHeader = true;
      if (view.fragmentOffset !== 0 || view.moreFragments) {
        this.#fragment(depth, level);
        return;
      }
    }
    this.#level(depth, level);
  }

  #fragment(depth: number, level: Level): void {
    const { view } = level;
    this.counters.fragments++;
    if (view.isCut) return;
    const result = this.#reassembly.add(view, this.#linkOf().id, this.#time);
    if (result.kind === 'overlap') {
      view.diagnostics.add('FRAGMENT_OVERLAP', view.fragment, 8);
    } else if (result.kind === 'malformed') {
      view.diagnostics.add('FRAGMENT_LENGTH', view.fragment, 8, result.detail);
    }
    if (result.kind !== 'complete') {
      this.#malformed(level);
      return;
    }
    this.counters.reassembled++;
    // A first fragment without the whole header chain is told by what only the whole packet shows.
    const { bytes } = result;
    if (!walkIpv6(bytes, 0, bytes.length, false, view)) return;
    view.isReassembled = true;
    level.context = undefined;
    this.#level(depth, level);
  }

  #level(depth: number, level: Level): void {
    const { view } = level;
    if (view.homeAddress >= 0) this.counters.homeAddressOptions++;
    if (view.routingHomeAddress >= 0) this.counters.type2RoutingHeaders++;
    if (view.esp >= 0) this.#esp(depth, level);
    else this.#upper(depth, level);
    if (view.diagnostics.items.length > 0) this.#malformed(level);
  }

  #upper(depth: number, level: Level): void {
    const { view } = level;
    switch (view.upperProtocol) {
      case NEXT_HEADER.mobility:
        this.#mobility(depth, level);
        return;
      case NEXT_HEADER.icmpv6:
        if (SIGNALLING_ICMPV6.has(u8(view.upperBytes, view.upperOffset))) {
          this.#icmpv6(depth, level);
          return;
        }
        break;
      case NEXT_HEADER.ipv6:
        this.counters.tunnelled++;
        if (depth === 0) {
          this.#bindings.noteTunnel(view.bytes, view.source, view.destination, this.#time);
        }
        this.#ipv6(
          depth + 1,
          view.upperBytes,
          view.upperOffset,
          view.upperEnd,
          view.isCut,
          level.protection === 'esp-transport' ? 'esp-tunnel' : 'none',
          level.esp,
          level.encapsulation,
        );
        return;
      case NEXT_HEADER.gre:
      case NEXT_HEADER.udp: {
        const inner = findInnerIpv6(
          view.upperProtocol,
          view.upperBytes,
          view.upperOffset,
          view.upperEnd,
        );
        if (inner === undefined) break;
        this.#ipv6(
          depth + 1,
          view.upperBytes,
          inner.offset,
          view.upperEnd,
          view.isCut,
          'none',
          undefined,
          [...level.encapsulation, inner.name],
        );
        return;
      }
      default:
    }
    if (depth === 0 && view.homeAddress < 0 && view.routingHomeAddress < 0) this.#traffic(level);
  }

  // --- ESP ----------------------------------------------------------------------------------------

  #esp(depth: number, level: Level): void {
    const { view } = level;
    const { counters } = this;
    counters.esp++;
    const { bytes, esp: offset, end } = view;
    if (end - offset < 8) {
      counters.espMalformed++;
      if (!view.isCut) view.diagnostics.add('ESP_TRUNCATED', offset, end - offset);
      return;
    }
    const spi = u32(bytes, offset);
    const sequence = u32(bytes, offset + 4);
    const opened = this.#opener.open(view, depth, spi, this.#time, this.#record?.number ?? 0);
    const { outcome } = opened;
    if (outcome === 'opened') counters.espOpened++;
    else if (outcome === 'no-key') counters.espNoKey++;
    else if (outcome === 'icv-mismatch') counters.espIcvMismatch++;
    else counters.espMalformed++;
    if (opened.isIntegrityWrong) view.diagnostics.add('ESP_ICV', offset, end - offset);

    const layout = layoutOf(view);
    const isTunnel =
      opened.nextHeader === NEXT_HEADER.ipv6 || opened.nextHeader === NEXT_HEADER.ipv4;
    level.esp = {
      spi,
      sequence,
      integrityVerified: opened.integrityVerified,
      ...(opened.association === undefined ? {} : { association: opened.association }),
    };
    if (outcome === 'opened') level.protection = 'esp-transport';
    if (!isTunnel && end - offset <= SIGNALLING_ESP_OCTETS) {
      this.#espEvent(level, layout, spi, sequence, outcome, opened.nextHeader);
    } else if (depth === 0) {
      this.#bindings.noteTunnel(bytes, view.source, view.destination, this.#time);
    }
    if (outcome !== 'opened') return;
    walkExtensions(
      view,
      opened.bytes,
      opened.nextHeaderPointer,
      opened.payloadOffset,
      opened.payloadEnd,
      true,
    );
    this.#upper(depth, level);
  }

  #espEvent(
    level: Level,
    layout: EspLayout,
    spi: number,
    sequence: number,
    outcome: EspEvent['outcome'],
    nextHeader: number | undefined,
  ): void {
    const { view } = level;
    const length = view.end - view.esp;
    const isKnown = layout !== 'plain' || this.#isHomeStyle(view);
    const context = this.#contextOf(level);
    const sighting: EspSighting = {
      layout,
      source: context.source,
      destination: context.destination,
      homeAddress: context.homeAddressOption ?? context.routingHomeAddress,
      packet: context.packet,
      link: context.link,
    };
    const before = this.#ring.note(view.bytes, view.esp, view.end, sighting);
    const isRelay = this.#relay(context, before, sighting, spi, sequence);
    if (!isKnown && !isRelay) {
      // Neither end is known as a home address: most likely a tunnel.
      this.#bindings.noteTunnel(view.bytes, view.source, view.destination, this.#time);
      return;
    }
    if (outcome === 'opened') this.#readableSignalling++;
    else this.#unreadableSignalling++;
    const event: EspEvent = {
      kind: 'esp',
      context,
      layout,
      spi,
      sequence,
      length,
      outcome,
      nextHeader,
    };
    this.#emit(event);
    if (outcome === 'opened') return;
    if (!isRelay || layout !== 'home-address-option') this.#bindings.encrypted(event);
    const answered = context.routingHomeAddress;
    if (answered !== undefined && this.#bindings.find(answered, context.source)?.role === 'home') {
      this.#home.learn(answered, context.source);
    }
  }

  /** Plain ESP between a home address, or an address of a home prefix, and a home agent. */
  #isHomeStyle(view: Ipv6View): boolean {
    const { bytes, source, destination } = view;
    return (
      (this.#home.isHomeAgent(bytes, destination) && this.#isHome(bytes, source)) ||
      (this.#home.isHomeAgent(bytes, source) && this.#isHome(bytes, destination))
    );
  }

  #isHome(bytes: Uint8Array, offset: number): boolean {
    if (this.#home.isHomeAddress(bytes, offset)) return true;
    if (this.#home.prefixes.length === 0) return false;
    return this.#home.prefixOf(bytes.subarray(offset, offset + 16)) !== undefined;
  }

  /** Looks whether this ESP packet was seen under another layout, and says so once. */
  #relay(
    context: PacketContext,
    before: Readonly<Partial<Record<EspLayout, EspSighting>>>,
    now: EspSighting,
    spi: number,
    sequence: number,
  ): boolean {
    const isFirst = before[now.layout] === undefined;
    const other =
      now.layout === 'plain'
        ? (before['home-address-option'] ?? before['type-2-routing-header'])
        : before.plain;
    if (other === undefined) return false;
    const [plain, extended] = now.layout === 'plain' ? [now, other] : [other, now];
    const { homeAddress } = extended;
    if (homeAddress === undefined) return false;
    const isToAgent = extended.layout === 'home-address-option';
    const matches = isToAgent
      ? equalBytes(plain.source, 0, homeAddress, 0, 16) &&
        equalBytes(plain.destination, 0, extended.destination, 0, 16)
      : equalBytes(plain.destination, 0, homeAddress, 0, 16) &&
        equalBytes(plain.source, 0, extended.source, 0, 16);
    if (!matches) return false;
    if (!isFirst) return true;
    // The plain copy went over a link where the node was told it is at home: that link is not its home.
    const { link } = plain;
    if (link.roleKnownBy === 'none' && link !== extended.link) {
      link.effectiveRole = 'foreign';
      link.roleKnownBy = 'relay';
    }
    const homeAgent = isToAgent ? plain.destination : plain.source;
    const relay = isToAgent ? extended.source : extended.destination;
    this.#home.learn(homeAddress, homeAgent);
    const event: EngineEvent = {
      kind: 'relay',
      direction: isToAgent ? 'to-home-agent' : 'from-home-agent',
      spi,
      sequence,
      homeAddress,
      homeAgent,
      relay,
      plain: plain.packet,
      plainLink: plain.link,
      extended: extended.packet,
      extendedLink: extended.link,
      context,
    };
    this.#emit(event);
    this.#bindings.relayed(event);
    return true;
  }

  // --- signalling ---------------------------------------------------------------------------------

  #mobility(depth: number, level: Level): void {
    const { view } = level;
    const { counters } = this;
    counters.mobility++;
    const { upperBytes: bytes, upperOffset: offset, upperEnd: end } = view;
    const found = this.#diagnostics;
    found.clear();
    const header = decodeMobilityHeader(bytes, offset, end, found);
    const { isCut } = view;
    // A length fault of a cut packet is the capture's, not the sender's.
    const diagnostics = isCut
      ? found.items.filter((item) => DIAGNOSTICS[item.code].group !== 'malformed')
      : found.items.slice();
    const context = this.#contextOf(level);
    if (header === undefined) {
      if (!isCut) this.#emitMalformed(context, diagnostics);
      return;
    }
    counters.mobilityByType[header.mhType] = (counters.mobilityByType[header.mhType] ?? 0) + 1;
    const sumEnd = Math.min(end, offset + header.length);
    const isRight =
      mobilityChecksum(
        view.bytes,
        view.effectiveSource,
        view.effectiveDestination,
        bytes,
        offset,
        sumEnd,
      ) === 0;
    const checksum = isCut ? 'unknown' : isRight ? 'right' : 'wrong';
    if (checksum === 'wrong') {
      diagnostics.push({ code: 'MH_CHECKSUM', offset: offset + 4, length: 2, source: 0 });
    }
    const event: MobilityEvent = {
      kind: 'mobility',
      context,
      header,
      checksum,
      diagnostics,
    };
    this.#countDiagnostics(diagnostics);
    this.#emit(event);
    if (checksum === 'wrong') return;
    this.#applyMobility(depth, event, bytes, offset);
  }

  #applyMobility(depth: number, event: MobilityEvent, bytes: Uint8Array, offset: number): void {
    const { message } = event.header;
    const { context } = event;
    switch (message.kind) {
      case 'home-test':
      case 'care-of-test':
        this.#returnRoutability.observe(event);
        return;
      case 'binding-update': {
        const isAuthentic =
          this.#returnRoutability.verify(event, message, bytes, offset) === 'right';
        this.#bindings.bindingUpdate(event, message, isAuthentic);
        return;
      }
      case 'binding-acknowledgement': {
        const homeAddress = context.routingHomeAddress ?? context.destination;
        const binding = this.#bindings.find(homeAddress, context.source);
        const isHome =
          binding?.role === 'home' ||
          (binding === undefined && context.protection === 'esp-transport');
        if (isHome && message.status < 128) this.#home.learn(homeAddress, context.source);
        this.#bindings.bindingAcknowledgement(event, message);
        return;
      }
      default:
        if (depth > 0) return;
    }
  }

  #icmpv6(depth: number, level: Level): void {
    const { view } = level;
    this.counters.icmpv6Signalling++;
    const { upperBytes: bytes, upperOffset: offset, upperEnd: end, isCut } = view;
    const found = this.#diagnostics;
    found.clear();
    const message = decodeIcmpv6(bytes, offset, end, found);
    const diagnostics = isCut ? [] : found.items.slice();
    const context = this.#contextOf(level);
    if (message === undefined) {
      this.#emitMalformed(context, diagnostics);
      return;
    }
    const checksum = isCut
      ? 'unknown'
      : icmpv6Checksum(
            view.bytes,
            view.effectiveSource,
            view.effectiveDestination,
            bytes,
            offset,
            end,
          ) === 0
        ? 'right'
        : 'wrong';
    if (checksum === 'wrong') {
      diagnostics.push({ code: 'ICMPV6_CHECKSUM', offset: offset + 2, length: 2, source: 0 });
    }
    // RFC 4861 section 6.1: a neighbor discovery message must not have been forwarded.
    const type = u8(bytes, offset);
    if (type <= 137 && view.hopLimit !== 255) {
      diagnostics.push({ code: 'ND_HOP_LIMIT', offset: view.start + 7, length: 1, source: 0 });
    }
    this.#countDiagnostics(diagnostics);
    this.#emit({ kind: 'icmpv6', context, message, checksum, diagnostics });
  }

  /** Bare packets from and to known home addresses. */
  #traffic(level: Level): void {
    const { view } = level;
    const { bytes, source, destination } = view;
    const isFrom = this.#home.isHomeAddress(bytes, source);
    if (!isFrom && !this.#home.isHomeAddress(bytes, destination)) return;
    const link = this.#linkOf();
    if (link.effectiveRole === 'home') return;
    if (link.effectiveRole !== 'foreign' && !this.#mayReport(view, isFrom, link)) return;
    const context = this.#contextOf(level);
    this.#emit({
      kind: 'home-address-traffic',
      context,
      direction: isFrom ? 'from' : 'to',
      homeAddress: isFrom ? context.source : context.destination,
      protocol: view.upperProtocol,
    });
  }

  /** At most one event a second for an address, direction and link: the link is not known to be foreign. */
  #mayReport(view: Ipv6View, isFrom: boolean, link: Link): boolean {
    const at = isFrom ? view.source : view.destination;
    const key = String.fromCharCode(
      link.id,
      isFrom ? 1 : 0,
      u16(view.bytes, at),
      u16(view.bytes, at + 2),
      u16(view.bytes, at + 4),
      u16(view.bytes, at + 6),
      u16(view.bytes, at + 8),
      u16(view.bytes, at + 10),
      u16(view.bytes, at + 12),
      u16(view.bytes, at + 14),
    );
    const last = this.#lastTraffic.get(key);
    if (last !== undefined && this.#time - last < TRAFFIC_EVENT_INTERVAL) return false;
    if (last === undefined && this.#lastTraffic.size >= MAX_TRAFFIC_KEYS) this.#lastTraffic.clear();
    this.#lastTraffic.set(key, this.#time);
    return true;
  }

  // --- events -------------------------------------------------------------------------------------

  #malformed(level: Level): void {
    const { items } = level.view.diagnostics;
    if (items.length === 0) return;
    this.#emitMalformed(this.#contextOf(level), items.slice());
  }

  #emitMalformed(context: PacketContext, diagnostics: readonly Diagnostic[]): void {
    this.#countDiagnostics(diagnostics);
    if (diagnostics.length > 0) this.#emit({ kind: 'malformed', context, diagnostics });
  }

  #countDiagnostics(items: readonly Diagnostic[]): void {
    const counts = this.counters.diagnostics;
    for (const { code } of items) counts.set(code, (counts.get(code) ?? 0) + 1);
  }

  #emit(event: EngineEvent): void {
    this.#runner.handle(event, this.#time);
    this.#options.observer?.onEvent?.(event);
  }

  #tick(time: number, isEnd: boolean): void {
    this.#lastTick = time;
    this.#bindings.expire(this.#record === undefined ? NO_PACKET : this.#packetOf(), isEnd);
    this.#emit({ kind: 'tick', time, isEnd });
  }

  #packetOf(): PacketReference {
    const record = this.#record;
    if (record === undefined) return NO_PACKET;
    this.#packet ??= {
      input: record.inputIndex,
      number: record.number,
      time: this.#time,
      nanoseconds: record.nanoseconds % 1000,
    };
    return this.#packet;
  }

  #linkOf(): Link {
    this.#link ??= this.#links.of(this.#record?.interfaceIndex ?? 0, this.#frame.vlan);
    return this.#link;
  }

  #contextOf(level: Level): PacketContext {
    if (level.context !== undefined) return level.context;
    const { view } = level;
    const { bytes } = view;
    const depth = this.#levels.indexOf(level);
    const outer = depth > 0 ? this.#levels[depth - 1] : undefined;
    const frame = this.#frame;
    level.context = {
      packet: this.#packetOf(),
      link: this.#linkOf(),
      source: bytes.slice(view.source, view.source + 16),
      destination: bytes.slice(view.destination, view.destination + 16),
      homeAddressOption: addressAt(bytes, view.homeAddress),
      routingHomeAddress: addressAt(bytes, view.routingHomeAddress),
      hopLimit: view.hopLimit,
      linkSource:
        frame.linkSource < 0
          ? undefined
          : frame.bytes.slice(frame.linkSource, frame.linkSource + 6),
      protection: level.protection,
      esp: level.esp,
      outer: outer === undefined ? undefined : this.#contextOf(outer),
      encapsulation: level.encapsulation,
      isReassembled: view.isReassembled,
      extensions: view.extensions,
      hasFragmentHeader: level.hasFragmentHeader,
    };
    return level.context;
  }

  #countEvictions(): void {
    const { evictions } = this.counters;
    const note = (table: string, count: number): void => {
      if (count > 0) evictions.set(table, count);
    };
    note('bindings', this.#bindings.evictions);
    note('esp-ring', this.#ring.evictions);
    note('reassembly', this.#reassembly.evictions);
    note('return-routability', this.#returnRoutability.evictions);
    note('home-network', this.#home.evictions);
    note('rule-tables', this.#runner.evictions);
    note('alerts', this.#runner.droppedAlerts);
  }
}

function layoutOf(view: Ipv6View): EspLayout {
  if (view.homeAddress >= 0) return 'home-address-option';
  return view.routingHomeAddress >= 0 ? 'type-2-routing-header' : 'plain';
}

function addressAt(bytes: Uint8Array, offset: number): Uint8Array | undefined {
  return offset < 0 ? undefined : bytes.slice(offset, offset + 16);
}
