/**
 * ESP packets and tunnels held against what IPsec for Mobile IPv6 asks for: sequence numbers, the association of the
 * home address, and the end of the tunnel. RFC 3776 sections 4.2 and 4.3, RFC 4303 section 3.4.
 *
 * Most packets are as they should be and cost a look-up; only the others become events.
 */
import { isMulticast } from '../dissectors/core/address.ts';
import { equalBytes, u8 } from '../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import type { EspOpener, OpenedEsp } from './esp-opener.ts';
import type { AssociationFacts, EngineEvent, IpsecFinding } from './events.ts';
import type { Admission } from './inline/admission.ts';
import { EspSequences, SequenceVerdict } from './ipsec/esp-sequence.ts';
import type { EspSighted } from './ipsec/esp-sequence.ts';
import { EventLimit } from './ipsec/event-limit.ts';
import type { PolicyDatabase } from './ipsec/policy-database.ts';
import { fitsSelector } from './ipsec/selector.ts';
import { ICMPV6, MOBILITY_HEADER, formatTrafficSelector } from './state/traffic-selector.ts';
import { endpointRelation } from './ipsec/tunnel-endpoints.ts';
import type { TunnelEndpoint, TunnelEndpoints } from './ipsec/tunnel-endpoints.ts';
import type { Level, PacketState } from './packet-state.ts';
import type { HomeNetwork } from './state/home-network.ts';

/** Numbers of findings in keys of the limit. */
const KINDS: Readonly<Record<IpsecFinding['kind'], number>> = {
  copy: 0,
  behind: 1,
  restart: 2,
  ahead: 3,
  integrity: 4,
  'unknown-spi': 5,
  'other-home-address': 6,
  'missing-home-address': 7,
  'outside-selector': 8,
};

/** Finds what is wrong with ESP packets and tunnels. */
export class IpsecStage {
  readonly sequences: EspSequences;
  readonly endpoints: TunnelEndpoints;
  readonly #packet: PacketState;
  readonly #home: HomeNetwork;
  readonly #opener: EspOpener;
  readonly #policy: PolicyDatabase;
  readonly #emit: (event: EngineEvent) => void;
  /** Undefined where every packet waits for its verdict: then each is told. */
  readonly #limit: EventLimit | undefined;
  readonly #sighted: EspSighted = {
    bytes: new Uint8Array(),
    esp: 0,
    end: 0,
    destination: 0,
    linkId: 0,
    hopLimit: 0,
    layout: 0,
    mayWrap: true,
    time: 0,
    input: 0,
    number: 0,
  };

  /** Payload of a tunnel that the policy is asked about. */
  readonly #payload = {
    source: new Uint8Array(16),
    destination: new Uint8Array(16),
    protocol: 0,
    type: undefined as number | undefined,
    code: undefined as number | undefined,
    tunnel: undefined as TunnelEndpoint | undefined,
  };

  constructor(parts: {
    packet: PacketState;
    home: HomeNetwork;
    opener: EspOpener;
    endpoints: TunnelEndpoints;
    policy: PolicyDatabase;
    emit: (event: EngineEvent) => void;
    admission?: Admission | undefined;
  }) {
    const isJudged = parts.admission !== undefined;
    this.sequences = new EspSequences(isJudged);
    this.#limit = isJudged ? undefined : new EventLimit();
    this.#packet = parts.packet;
    this.#home = parts.home;
    this.#opener = parts.opener;
    this.endpoints = parts.endpoints;
    this.#policy = parts.policy;
    this.#emit = parts.emit;
  }

  /** An ESP packet that was tried to open, before what is in it is looked at. */
  esp(level: Level, spi: number, sequence: number, opened: OpenedEsp): void {
    const { view } = level;
    const { bytes, effectiveDestination } = view;
    if (view.isCut || isMulticast(bytes, effectiveDestination)) return;
    switch (opened.outcome) {
      case 'icv-mismatch': {
        // A key that never fitted is the wrong key, and no attack. RFC 4303 section 3.4.4.
        const { verified } = opened;
        if (verified > 0) this.#tell(level, spi, sequence, { kind: 'integrity', verified });
        return;
      }
      case 'no-key':
        if (this.#opener.hasAssociations) this.#unopened(level, spi, sequence);
        break;
      case 'opened':
      case 'malformed':
    }
    // Opened with an ICV over 32 bits of the number: it has no more. RFC 4303 section 2.2.1.
    const isShort = opened.integrityVerified && opened.triedAssociation?.extendedSequence === false;
    this.#sequence(level, spi, sequence, !isShort);
  }

  /** An ESP packet that was opened: its upper layer is now in the view. */
  opened(level: Level): void {
    const { view } = level;
    const { upperProtocol: protocol } = view;
    const security = level.esp?.security;
    // A tunnel is judged by its inner packet; a dummy packet by nothing. RFC 4303 section 2.6.
    const isNothing = protocol < 0 || protocol === NEXT_HEADER.none;
    if (security === undefined || isNothing || protocol === NEXT_HEADER.ipv4) return;
    if (protocol === NEXT_HEADER.ipv6) return;
    this.#content(level, security, view.effectiveSource, view.effectiveDestination);
    if (protocol === MOBILITY_HEADER) security.mobilityPackets++;
    else security.otherPackets++;
  }

  #content(level: Level, security: AssociationFacts, source: number, destination: number): void {
    const { view } = level;
    const { bytes, upperBytes, upperOffset, upperProtocol: protocol } = view;
    const { esp } = level;
    if (esp === undefined || view.isCut) return;
    const isMobility = protocol === MOBILITY_HEADER;
    const hasType = isMobility || protocol === ICMPV6;
    const type = u8(upperBytes, upperOffset + (isMobility ? 2 : 0));
    const { selector } = security;
    if (selector === undefined) {
      const isOdd = security.mobilityPackets >= 2 && security.otherPackets === 0 && !isMobility;
      if (!isOdd || security.isInferred === true || level.protection !== 'esp-transport') return;
    } else {
      const code = u8(upperBytes, upperOffset + 1);
      if (fitsSelector(selector, bytes, source, destination, protocol, type, code)) return;
    }
    this.#tell(level, esp.spi, esp.sequence, {
      kind: 'outside-selector',
      expected: selector === undefined ? 'Mobility Headers' : formatTrafficSelector(selector),
      protocol,
      type: hasType ? type : undefined,
      isInferred: selector === undefined,
    });
  }

  /** A packet in a tunnel: IPv6 in IPv6, or in ESP, which may be over IPv4. */
  inner(level: Level): void {
    const outer = this.#packet.levels[level.depth - 1];
    const { view } = level;
    const isEsp = level.protection === 'esp-tunnel';
    const security = level.esp?.security;
    if (isEsp && security !== undefined && view.upperProtocol !== NEXT_HEADER.mobility) {
      security.payloadPackets++;
    }
    if (isEsp && security?.selector !== undefined && view.upperProtocol >= 0) {
      this.#content(level, security, view.source, view.destination);
    }
    if (outer?.depth !== 0 || level.encapsulation.length > 0 || outer.encapsulation.length > 0) {
      return;
    }
    const { bytes, source, destination } = view;
    const from = this.endpoints.peek(bytes, source);
    if (from !== undefined && isAt(outer, outer.view.destination, from.homeAgent)) {
      this.#end(level, from, 'from', outer, outer.view.source);
      return;
    }
    const to = this.endpoints.peek(bytes, destination);
    if (to !== undefined && isAt(outer, outer.view.source, to.homeAgent)) {
      this.#end(level, to, 'to', outer, outer.view.destination);
    }
  }

  #end(
    level: Level,
    tunnel: TunnelEndpoint,
    direction: 'from' | 'to',
    outer: Level,
    at: number,
  ): void {
    const { view } = level;
    const isEsp = level.protection === 'esp-tunnel';
    const isRegistered =
      tunnel.isActive && equalBytes(outer.view.bytes, at, tunnel.careOfAddress, 0, 16);
    // What carries signalling is the business of rules on that signalling.
    const isClear =
      !isEsp &&
      this.#policy.protectsPayload &&
      view.upperProtocol !== NEXT_HEADER.mobility &&
      this.#isToBeProtected(level, tunnel);
    if (isRegistered && !isClear) return;
    const context = this.#packet.contextOf(level);
    const endpoint = direction === 'from' ? context.outer?.source : context.outer?.destination;
    if (endpoint === undefined) return;
    const relation = endpointRelation(tunnel, endpoint);
    if (!isClear && (relation !== 'unknown' || !isEsp)) return;
    const key = `${direction}${isEsp ? 1 : 0}${String.fromCharCode(...tunnel.homeAddress, ...endpoint)}`;
    if (this.#limit?.isDue(key, this.#packet.time) === false) return;
    this.#emit({
      kind: 'tunnel',
      context,
      direction,
      homeAddress: tunnel.homeAddress,
      homeAgent: tunnel.homeAgent,
      endpoint,
      relation,
      careOfAddress: tunnel.careOfAddress,
      protocol: view.upperProtocol,
    });
  }

  /** Whether the policy demands ESP for what is in a tunnel. No allocation. */
  #isToBeProtected(level: Level, tunnel: TunnelEndpoint): boolean {
    const { view } = level;
    const { bytes, upperBytes, upperOffset, upperProtocol } = view;
    const payload = this.#payload;
    for (let i = 0; i < 16; i++) {
      payload.source[i] = u8(bytes, view.source + i);
      payload.destination[i] = u8(bytes, view.destination + i);
    }
    const hasType = upperProtocol === ICMPV6;
    payload.protocol = upperProtocol;
    payload.type = hasType ? u8(upperBytes, upperOffset) : undefined;
    payload.code = hasType ? u8(upperBytes, upperOffset + 1) : undefined;
    payload.tunnel = tunnel;
    const verdict = this.#policy.lookup(payload);
    return verdict.kind === 'protect' && verdict.demand === 'must';
  }

  /** No association fits the addresses: the SPI alone may explain why, and never opens anything. */
  #unopened(level: Level, spi: number, sequence: number): void {
    const { view } = level;
    const { bytes, source, destination } = view;
    const home = this.#home;
    const isToAgent = home.isHomeAgent(bytes, destination);
    if (!isToAgent && !home.isHomeAgent(bytes, source)) return;
    if (this.#opener.knowsSpi(spi)) {
      const found = this.#opener.explain(view, level.depth, spi, isToAgent);
      if (found === undefined || !home.isHome(found.owner, 0)) return;
      const { owner, isVerified } = found;
      const named = isToAgent ? view.homeAddress : view.routingHomeAddress;
      if (named >= 0) {
        // Only the receiver's choice makes an SPI unique, and the receiver is the home agent. RFC 4301 section 4.1.
        if (!isToAgent && !isVerified) return;
        const used = bytes.slice(named, named + 16);
        this.#tell(level, spi, sequence, {
          kind: 'other-home-address',
          owner,
          used,
          isVerified,
        });
      } else if (isVerified) {
        this.#tell(level, spi, sequence, { kind: 'missing-home-address', owner });
      }
      return;
    }
    this.#tell(level, spi, sequence, { kind: 'unknown-spi' });
  }

  /** @param mayWrap the numbers may go on at 0: they are extended, or nobody knows that they are not. */
  #sequence(level: Level, spi: number, sequence: number, mayWrap: boolean): void {
    const { view } = level;
    const packet = this.#packet;
    const sighted = this.#sighted;
    sighted.bytes = view.bytes;
    sighted.esp = view.esp;
    sighted.end = view.end;
    sighted.destination = view.effectiveDestination;
    sighted.linkId = packet.link.id;
    sighted.hopLimit = view.hopLimit;
    sighted.layout = view.homeAddress >= 0 ? 1 : view.routingHomeAddress >= 0 ? 2 : 0;
    sighted.mayWrap = mayWrap;
    sighted.time = packet.time;
    sighted.input = packet.record?.inputIndex ?? 0;
    sighted.number = packet.record?.number ?? 0;
    const verdict = this.sequences.note(sighted);
    if (verdict === SequenceVerdict.FINE) return;
    const { highest, ...earlier } = this.sequences.before;
    switch (verdict) {
      case SequenceVerdict.COPY:
        this.#tell(level, spi, sequence, { kind: 'copy', earlier: { ...earlier, nanoseconds: 0 } });
        return;
      case SequenceVerdict.BEHIND:
        this.#tell(level, spi, sequence, { kind: 'behind', highest });
        return;
      case SequenceVerdict.RESTART:
        this.#tell(level, spi, sequence, { kind: 'restart', highest });
        return;
      case SequenceVerdict.AHEAD:
        this.#tell(level, spi, sequence, { kind: 'ahead', highest });
    }
  }

  #tell(level: Level, spi: number, sequence: number, finding: IpsecFinding): void {
    const key = `${KINDS[finding.kind]}/${spi}`;
    if (this.#limit?.isDue(key, this.#packet.time) === false) return;
    const { view } = level;
    this.#emit({
      kind: 'ipsec',
      context: this.#packet.contextOf(level),
      layout:
        view.homeAddress >= 0
          ? 'home-address-option'
          : view.routingHomeAddress >= 0
            ? 'type-2-routing-header'
            : 'plain',
      spi,
      sequence,
      finding,
    });
  }
}

function isAt(level: Level, offset: number, address: Uint8Array): boolean {
  return equalBytes(level.view.bytes, offset, address, 0, 16);
}
