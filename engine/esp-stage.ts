/**
 * ESP packets: opened where a key fits, and recognised when they were relayed under another layout.
 */
import { isSameAddress } from '../dissectors/core/address.ts';
import { u16, u32 } from '../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import { walkExtensions } from '../dissectors/walk.ts';
import type { Ipv6View } from '../dissectors/walk.ts';
import { EspStatus } from './crypto/esp.ts';
import type { EngineCounters, EspWatcher } from './engine.ts';
import type { EspOpener, OpenedEsp } from './esp-opener.ts';
import { AssociationRegister } from './ipsec/association-facts.ts';
import { EspInference } from './ipsec/esp-inference.ts';
import type { Admission } from './inline/admission.ts';
import type { IpsecStage } from './ipsec-stage.ts';
import type { EngineEvent, EspEvent, EspLayout, PacketContext, RelayEvent } from './events.ts';
import type { Level, PacketState } from './packet-state.ts';
import type { Bindings } from './state/bindings.ts';
import { EspRefusals, SETTLED_FLOW } from './state/esp-refusals.ts';
import { EspRing } from './state/esp-ring.ts';
import type { EspSighting } from './state/esp-ring.ts';
import type { HomeNetwork } from './state/home-network.ts';

/** Longer ESP packets cannot be Binding Updates or Acknowledgements worth remembering, octets. */
const SIGNALLING_OCTETS = 512;
/** RFC 8200 section 3. */
const IPV6_OCTETS = 40;
const PAYLOAD_LENGTH_OFFSET = 4;

/** Opens ESP and remembers what looks like signalling. */
export class EspStage {
  readonly ring = new EspRing();
  readonly inference: EspInference;
  /** ESP that home agents cannot use. */
  readonly refusals: EspRefusals;
  /** ESP packets in signalling layout that could and could not be opened. */
  readableSignalling = 0;
  unreadableSignalling = 0;
  readonly #packet: PacketState;
  readonly #counters: EngineCounters;
  readonly #bindings: Bindings;
  readonly #home: HomeNetwork;
  readonly #opener: EspOpener;
  readonly #ipsec: IpsecStage;
  readonly #register = new AssociationRegister();
  readonly #watcher: EspWatcher | undefined;
  readonly #emit: (event: EngineEvent) => void;
  readonly #admission: Admission | undefined;

  constructor(parts: {
    packet: PacketState;
    counters: EngineCounters;
    bindings: Bindings;
    home: HomeNetwork;
    opener: EspOpener;
    ipsec: IpsecStage;
    watcher: EspWatcher | undefined;
    emit: (event: EngineEvent) => void;
    seed: number | undefined;
    admission?: Admission | undefined;
  }) {
    this.#packet = parts.packet;
    this.#counters = parts.counters;
    this.#bindings = parts.bindings;
    this.#home = parts.home;
    this.#opener = parts.opener;
    this.#ipsec = parts.ipsec;
    this.#watcher = parts.watcher;
    this.#emit = parts.emit;
    this.#admission = parts.admission;
    this.refusals = new EspRefusals(parts.seed);
    this.inference = new EspInference(parts.home, parts.seed);
  }

  /**
   * Handles the ESP header of `level`.
   * @returns true when it was opened; the upper layer of the view is then what was inside.
   */
  open(level: Level): boolean {
    const { view } = level;
    const { time, record } = this.#packet;
    const { bytes, esp: offset, end } = view;
    this.#counters.esp++;
    if (end - offset < 8) {
      this.#counters.espMalformed++;
      if (!view.isCut) view.diagnostics.add('ESP_TRUNCATED', offset, end - offset);
      return false;
    }
    const spi = u32(bytes, offset);
    const sequence = u32(bytes, offset + 4);
    const opened = this.#opener.open(view, level.depth, spi, record, time);
    this.#watcher?.onEsp(view, spi, opened, record);
    const length = wireLength(view);
    const flow = this.inference.note(view, length, time);
    if (opened.isIntegrityWrong) view.diagnostics.add('ESP_ICV', offset, end - offset);
    else if (opened.outcome === 'malformed' && !view.isCut) {
      const { triedStatus } = opened;
      if (triedStatus === EspStatus.TOO_SHORT) {
        view.diagnostics.add('ESP_TRUNCATED', offset, end - offset);
      } else if (triedStatus === EspStatus.NOT_BLOCK_ALIGNED) {
        view.diagnostics.add('ESP_ALIGNMENT', offset, end - offset);
      } else if (triedStatus === EspStatus.PAD_LENGTH || triedStatus === EspStatus.PAD_CONTENT) {
        view.diagnostics.add('ESP_PADDING', offset, end - offset);
      }
    }
    const { integrityVerified, association, triedAssociation: tried } = opened;
    // Two literals: putting one together with spreads costs as much as the look-up of the association.
    level.esp =
      association === undefined || tried === undefined
        ? { spi, sequence, integrityVerified }
        : { spi, sequence, integrityVerified, association, security: this.#register.of(tried) };
    if (opened.outcome === 'opened') {
      level.protection = 'esp-transport';
      flow.openedWithKey++;
    }
    this.#ipsec.esp(level, spi, sequence, opened);
    this.#refusal(level, opened, flow.packets);
    if (opened.outcome === 'no-key' && !view.isCut && this.inference.open(flow, view, opened)) {
      this.#counters.espReadAsNull++;
      level.protection = 'esp-transport';
      const security = flow.security;
      level.esp = { spi, sequence, integrityVerified: false, ...(security && { security }) };
      // What was told before it could be read keeps its own context.
      level.context = undefined;
    } else this.#count(opened.outcome);
    const { outcome, nextHeader } = opened;
    const isTunnel = nextHeader === NEXT_HEADER.ipv6 || nextHeader === NEXT_HEADER.ipv4;
    if (isTunnel || length > SIGNALLING_OCTETS) this.#noteTunnel(level);
    else this.#signalling(level, spi, sequence, length, outcome, nextHeader);
    if (outcome !== 'opened') return false;
    const { payloadOffset, payloadEnd, nextHeaderPointer } = opened;
    walkExtensions(view, opened.bytes, nextHeaderPointer, payloadOffset, payloadEnd, true);
    this.inference.content(flow, view);
    this.#ipsec.opened(level);
    return true;
  }

  /** Counts what a home agent has no use for. @param packets of this flow, with this one */
  #refusal({ view }: Level, { outcome, verified }: OpenedEsp, packets: number): void {
    const isFailed = outcome === 'icv-mismatch' && verified > 0;
    // Once the table of flows forgets, the first packet it sees may be the hundredth of an old flow.
    const isFresh = outcome === 'no-key' && packets === 1 && this.inference.flows.evictions === 0;
    const isSettled = outcome === 'no-key' && packets === SETTLED_FLOW;
    if ((!isFailed && !isFresh && !isSettled) || view.isCut) return;
    const { bytes, source, destination } = view;
    if (!this.#home.isHomeAgent(bytes, destination)) {
      // A home agent that opens a flow of its own answers one that it can use: nobody answers garbage.
      if (!isFresh || !this.#home.isHomeAgent(bytes, source)) return;
      this.refusals.note(
        'settled',
        bytes.slice(source, source + 16),
        bytes.slice(destination, destination + 16),
        this.#packet.packet,
      );
      return;
    }
    this.refusals.note(
      isFailed ? 'failed' : isFresh ? 'fresh' : 'settled',
      bytes.slice(destination, destination + 16),
      bytes.slice(source, source + 16),
      this.#packet.packet,
    );
  }

  #count(outcome: EspEvent['outcome']): void {
    const counters = this.#counters;
    if (outcome === 'opened') counters.espOpened++;
    else if (outcome === 'no-key') counters.espNoKey++;
    else if (outcome === 'icv-mismatch') counters.espIcvMismatch++;
    else counters.espMalformed++;
  }

  #noteTunnel(level: Level): void {
    const { view } = level;
    if (level.depth > 0) return;
    this.#bindings.noteTunnel(view.bytes, view.source, view.destination, this.#packet.time);
  }

  /** An ESP packet of signalling size that is no tunnel, as far as can be told. */
  #signalling(
    level: Level,
    spi: number,
    sequence: number,
    length: number,
    outcome: EspEvent['outcome'],
    nextHeader: number | undefined,
  ): void {
    const { view } = level;
    const layout = layoutOf(view);
    const context = this.#packet.contextOf(level);
    const { packet, link, source, destination } = context;
    const homeAddress = context.homeAddressOption ?? context.routingHomeAddress;
    const isCut = length > view.end - view.esp;
    const sighting: EspSighting = { layout, source, destination, homeAddress, packet, link, isCut };
    // Also of a packet that is refused: that it was seen under this layout is what convicts the next one.
    const before = this.ring.note(view.bytes, view.esp, view.end, sighting, length);
    const isRelay = this.#relay(context, before, sighting, spi, sequence);
    const isBare = layout === 'plain' && level.encapsulation.length === 0;
    if (layout === 'plain' && !isRelay && !(isBare && this.#isHomeStyle(view))) {
      // Neither end is known as a home address: most likely a tunnel.
      this.#noteTunnel(level);
      return;
    }
    if (outcome === 'opened') this.readableSignalling++;
    else this.unreadableSignalling++;
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
    const mayInfer = !isRelay || layout !== 'home-address-option';
    const admission = this.#admission;
    if (admission === undefined) this.#infer(event, mayInfer);
    else {
      admission.defer(() => {
        this.#infer(event, mayInfer);
      });
    }
  }

  /** What an ESP packet that could not be opened gives away. @param ofBinding of the binding as well */
  #infer(event: EspEvent, ofBinding: boolean): void {
    if (ofBinding) this.#bindings.encrypted(event);
    const { source, routingHomeAddress: answered } = event.context;
    if (answered !== undefined && this.#bindings.find(answered, source)?.role === 'home') {
      this.#home.learn(answered, source);
    }
  }

  /** Plain ESP between a home address, or an address of a home prefix, and a home agent. */
  #isHomeStyle(view: Ipv6View): boolean {
    const { bytes, source, destination } = view;
    const home = this.#home;
    return (
      (home.isHomeAgent(bytes, destination) && home.isHome(bytes, source)) ||
      (home.isHomeAgent(bytes, source) && home.isHome(bytes, destination))
    );
  }

  /** Whether this packet was seen under another layout; an event says so the first time. */
  #relay(
    context: PacketContext,
    before: Readonly<Partial<Record<EspLayout, EspSighting>>>,
    now: EspSighting,
    spi: number,
    sequence: number,
  ): boolean {
    const pair = relayedPair(before, now);
    if (pair === undefined) return false;
    if (before[now.layout] !== undefined) return true;
    const { plain, extended, homeAddress } = pair;
    // The plain copy went over a link where the node was told it is at home: that link is not its home. Two sightings
    // prove it, whether both were let through or not.
    const { link } = plain;
    if (link.roleKnownBy === 'none' && link !== extended.link) {
      link.effectiveRole = 'foreign';
      link.roleKnownBy = 'relay';
    }
    const isToAgent = extended.layout === 'home-address-option';
    const homeAgent = isToAgent ? plain.destination : plain.source;
    const home = this.#home;
    const learned = home.learn(homeAddress, homeAgent);
    const admission = this.#admission;
    const event: RelayEvent = {
      kind: 'relay',
      direction: isToAgent ? 'to-home-agent' : 'from-home-agent',
      spi,
      sequence,
      homeAddress,
      homeAgent,
      relay: isToAgent ? extended.source : extended.destination,
      plain: plain.packet,
      plainLink: plain.link,
      extended: extended.packet,
      extendedLink: extended.link,
      isCut: plain.isCut === true || extended.isCut === true,
      context,
    };
    this.#emit(event);
    if (admission === undefined) this.#bindings.relayed(event);
    else {
      admission.defer(() => {
        this.#bindings.relayed(event);
      });
      admission.changed({
        undo: () => {
          home.unlearn(learned, homeAddress, homeAgent);
          this.#bindings.keptFromAgent(event);
        },
      });
    }
    return true;
  }
}

/** The plain and the extended copy of one packet, when addresses show that one was made of the other. */
function relayedPair(
  before: Readonly<Partial<Record<EspLayout, EspSighting>>>,
  now: EspSighting,
): { plain: EspSighting; extended: EspSighting; homeAddress: Uint8Array } | undefined {
  const isPlain = now.layout === 'plain';
  const other = isPlain
    ? (before['home-address-option'] ?? before['type-2-routing-header'])
    : before.plain;
  if (other === undefined) return undefined;
  const plain = isPlain ? now : other;
  const extended = isPlain ? other : now;
  const { homeAddress } = extended;
  if (homeAddress === undefined) return undefined;
  const isMatch =
    extended.layout === 'home-address-option'
      ? isSameAddress(plain.source, homeAddress) &&
        isSameAddress(plain.destination, extended.destination)
      : isSameAddress(plain.destination, homeAddress) &&
        isSameAddress(plain.source, extended.source);
  return isMatch ? { plain, extended, homeAddress } : undefined;
}

/** Octets of the ESP packet on the wire, more than the view has when the capture cut it. */
function wireLength(view: Ipv6View): number {
  const captured = view.end - view.esp;
  if (!view.isCut) return captured;
  const end = view.start + IPV6_OCTETS + u16(view.bytes, view.start + PAYLOAD_LENGTH_OFFSET);
  return Math.max(captured, end - view.esp);
}

function layoutOf(view: Ipv6View): EspLayout {
  if (view.homeAddress >= 0) return 'home-address-option';
  return view.routingHomeAddress >= 0 ? 'type-2-routing-header' : 'plain';
}
