/**
 * What goes to and comes from the nodes that have bindings: counted packet by packet, told once a second. Of a node that
 * has answered from its care-of address, and of which nothing odd is seen, it is told every two minutes only.
 *
 * Packets between a care-of address or home address and the peer of a binding are found by one look-up of the pair.
 * Bounded by the number of pairs; a binding without traffic costs nothing.
 */
import { equalBytes, u16, u32, u8 } from '../../dissectors/core/bytes.ts';
import { isSameAddress } from '../../dissectors/core/address.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { Ipv6View } from '../../dissectors/walk.ts';
import type { BindingTraffic, BindingTrafficEvent, QuotedError } from '../binding-traffic-event.ts';
import type { BindingEvent, PacketReference } from '../events.ts';
import { isBindingValid } from '../registration/messages.ts';
import type { Binding } from './binding-cache.ts';
import { PairTable } from './pair-table.ts';
import { TOLD_AGAIN, ToldTunnel } from './told-tunnel.ts';
import type { TunnelSighting } from './told-tunnel.ts';

/** Pairs of addresses watched: two for each binding. */
const MAX_PAIRS = 65_536;
/** Last ICMPv6 error type that says a packet did not arrive. RFC 4443 section 2.1. */
const LAST_ERROR = 4;
/** ICMPv6 header in front of the packet that an error quotes, and the quoted IPv6 header. RFC 4443 section 3.1. */
const ERROR_OCTETS = 8;
const IPV6_OCTETS = 40;
const SOURCE = 8;
const DESTINATION = 24;
/** TCP header without options, offsets in it, and the ACK flag. RFC 9293 section 3.1. */
const TCP_OCTETS = 20;
const TCP_SEQUENCE = 4;
const TCP_ACKNOWLEDGMENT = 8;
const TCP_OFFSET = 12;
const TCP_FLAGS = 13;
const ACK = 0x10;
/** Number of a pair of home address and peer; those of care-of addresses begin with 1. */
const OF_HOME_ADDRESS = 0;
/** Octets an acknowledgement may be ahead of what was seen: packets get lost on their way into a capture as well. */
const AHEAD = 65_536;
const HALF = 2 ** 31;
/** Microseconds after which traffic is told again though nothing is odd about it. */
const QUIET_INTERVAL = 120e6;

/** A packet, as numbers: no object is made for one that may never be told of. */
class Noted {
  input = 0;
  number = 0;
  time = 0;

  set(at: Moment): void {
    this.input = at.input;
    this.number = at.number;
    this.time = at.time;
  }

  reference(): PacketReference | undefined {
    if (this.number === 0) return undefined;
    return { input: this.input, number: this.number, time: this.time, nanoseconds: 0 };
  }
}

/** Where in the capture a packet is. */
export interface Moment {
  readonly input: number;
  readonly number: number;
  /** Microseconds since 1970. */
  readonly time: number;
}

/** One binding and what was counted since it was told last. */
class Watched {
  binding: Readonly<Binding>;
  isTouched = false;
  /** The care-of address of the pair that counts, and its number in the table: another one is out of date. */
  careOfAddress: Uint8Array | undefined = undefined;
  careOfNumber = 0;
  /** The node was heard at its care-of address. */
  hasAnswered = false;
  /** When it was told last, microseconds since 1970, and whether something was odd then. */
  toldAt = 0;
  wasOdd = true;
  toByRouting = 0;
  toByTunnel = 0;
  toOctets = 0;
  tcpData = 0;
  fromByOption = 0;
  fromByTunnel = 0;
  fromCareOf = 0;
  fromHome = 0;
  bareAcknowledgements = 0;
  aheadAcknowledgements = 0;
  errors = 0;
  toHome = 0;
  toHomeOctets = 0;
  errorType = 0;
  errorCode = 0;
  readonly errorSource = new Uint8Array(16);
  readonly lastTo = new Noted();
  readonly lastToHome = new Noted();
  readonly lastBare = new Noted();
  readonly lastError = new Noted();
  /** Ports of the TCP flow that was sent last to the care-of address, and the end of its data. */
  ports = 0;
  end = 0;
  hasFlow = false;
  /** What was told of its tunnel from the care-of address, and when to it, microseconds since 1970. */
  fromCareOfAddress: ToldTunnel | undefined = undefined;
  toldOfArrivals = -Infinity;

  constructor(binding: Readonly<Binding>) {
    this.binding = binding;
  }

  /** What was counted, and starts anew. */
  take(): BindingTraffic {
    const taken: BindingTraffic = {
      toByRouting: this.toByRouting,
      toByTunnel: this.toByTunnel,
      toOctets: this.toOctets,
      tcpData: this.tcpData,
      fromByOption: this.fromByOption,
      fromByTunnel: this.fromByTunnel,
      fromCareOf: this.fromCareOf,
      fromHome: this.fromHome,
      bareAcknowledgements: this.bareAcknowledgements,
      aheadAcknowledgements: this.aheadAcknowledgements,
      errors: this.errors,
      toHome: this.toHome,
      toHomeOctets: this.toHomeOctets,
      lastTo: this.lastTo.reference(),
      lastToHome: this.lastToHome.reference(),
      lastBare: this.lastBare.reference(),
      lastError: this.#error(),
    };
    this.#restart();
    return taken;
  }

  /**
   * Whether there is something to tell: traffic to a node that has not answered, errors, acknowledgements that go astray,
   * traffic to the home address, an end of the binding, or what ends one of these. Otherwise starts anew.
   */
  isDue(time: number): boolean {
    const answers = this.fromByOption + this.fromByTunnel + this.fromCareOf;
    const isOdd =
      !this.hasAnswered ||
      this.bareAcknowledgements + this.aheadAcknowledgements + this.errors + this.toHome > 0 ||
      !isLive(this.binding);
    if (answers > 0) this.hasAnswered = true;
    const isDue = isOdd || this.wasOdd || Math.abs(time - this.toldAt) >= QUIET_INTERVAL;
    this.wasOdd = isOdd;
    if (isDue) this.toldAt = time;
    else this.#restart();
    return isDue;
  }

  #restart(): void {
    this.toByRouting = this.toByTunnel = this.toOctets = this.tcpData = 0;
    this.fromByOption = this.fromByTunnel = this.fromCareOf = this.fromHome = 0;
    this.bareAcknowledgements = this.aheadAcknowledgements = this.errors = 0;
    this.toHome = this.toHomeOctets = 0;
    this.lastTo.number = this.lastToHome.number = 0;
    this.lastBare.number = this.lastError.number = 0;
    this.isTouched = false;
  }

  #error(): QuotedError | undefined {
    const packet = this.lastError.reference();
    if (packet === undefined) return undefined;
    const { errorType: type, errorCode: code, errorSource } = this;
    return { packet, type, code, source: errorSource.slice() };
  }
}

/** Whether the upper layer is an ICMPv6 error. */
function isError({ upperBytes: bytes, upperOffset: offset, upperEnd: end }: Ipv6View): boolean {
  const type = offset < end ? u8(bytes, offset) : 0;
  return type > 0 && type <= LAST_ERROR;
}

function isLive({ phase }: Readonly<Binding>): boolean {
  return phase === 'registered' || phase === 'deregistration-sent';
}

/** Counts traffic of bindings. */
export class BindingTrafficCounter {
  readonly #pairs: PairTable<Watched>;
  /** Bindings that had traffic since the last `begin`, and those that had before it, of which `next` is told next. */
  #touched: Watched[] = [];
  #due: Watched[] = [];
  #next = 0;
  /** Microseconds since 1970, of the last `begin`. */
  #dueAt = 0;
  /** Of the packet that was found in its tunnel last. */
  #tunnel: Watched | undefined;
  #isOut = false;
  /** Of which home agent it was told last that it sends into its tunnels, and when. */
  #sender: Uint8Array | undefined;
  #senderToldAt = -Infinity;

  constructor(seed?: number) {
    this.#pairs = new PairTable<Watched>({
      maxEntries: MAX_PAIRS,
      ...(seed === undefined ? {} : { seed }),
      mayEvict: ({ binding }) => !isLive(binding),
    });
  }

  /** Pairs forgotten while there was no room. */
  get evictions(): number {
    return this.#pairs.evictions;
  }

  /** Takes note of what became of a binding. */
  apply({ change, binding, previousCareOfAddress: previous }: BindingEvent): void {
    const { homeAddress, careOfAddress, peer } = binding;
    const pairs = this.#pairs;
    if (change === 'evicted') {
      pairs.delete(homeAddress, peer);
      pairs.delete(careOfAddress, peer);
      return;
    }
    if (change !== 'registered' && change !== 'moved' && change !== 'refreshed') return;
    const known = pairs.of(homeAddress, peer);
    const watched = known?.binding === binding ? known : new Watched(binding);
    if (previous !== undefined && !isSameAddress(previous, careOfAddress)) {
      pairs.delete(previous, peer);
      watched.hasFlow = false;
      watched.hasAnswered = false;
    }
    pairs.set(homeAddress, peer, watched, { third: careOfAddress, number: OF_HOME_ADDRESS });
    if (watched.careOfAddress !== careOfAddress) {
      watched.careOfAddress = careOfAddress;
      watched.careOfNumber++;
    }
    pairs.set(careOfAddress, peer, watched, { third: homeAddress, number: watched.careOfNumber });
  }

  /**
   * Counts a packet of the outermost level. No allocation.
   * @param isTunnel it carries another packet, or ESP that may
   */
  note(view: Ipv6View, isTunnel: boolean, at: Moment): void {
    const pairs = this.#pairs;
    if (pairs.size === 0) return;
    const { bytes, source, destination } = view;
    // An error is no answer, whoever sends it.
    if (view.upperProtocol === NEXT_HEADER.icmpv6 && !isTunnel && isError(view)) {
      this.#error(view, at);
      return;
    }
    const watched = pairs.get(bytes, source, destination);
    if (watched === undefined) return;
    // Pairs are set with the peer as their second address.
    if (pairs.isTurned) this.#to(watched, view, isTunnel, at);
    else this.#from(watched, view, isTunnel, at);
  }

  /**
   * Whether the Home Address option of a packet, or without one its type 2 routing header, is what a valid binding of its
   * two ends asks for. No allocation. RFC 6275 sections 9.3.1 and 9.3.2
   * @param time microseconds since 1970
   */
  isExpected(view: Ipv6View, time: number): boolean {
    const { bytes, source, destination, homeAddress, routingHomeAddress } = view;
    const watched = this.#pairs.get(bytes, source, destination);
    if (watched === undefined || !isBindingValid(watched.binding, time)) return false;
    const isFrom = homeAddress >= 0;
    const careOf = isFrom ? source : destination;
    return (
      this.#isAtCareOfAddress(watched, isFrom, bytes, careOf) &&
      this.#isHomeAddress(watched, bytes, isFrom ? homeAddress : routingHomeAddress)
    );
  }

  /**
   * Whether an address of the pair that was found last is the care-of address of its binding.
   * @param isFirst it is the first address that was asked for
   */
  #isAtCareOfAddress(
    { binding, careOfAddress, careOfNumber }: Watched,
    isFirst: boolean,
    bytes: Uint8Array,
    at: number,
  ): boolean {
    const pairs = this.#pairs;
    const isCurrent = pairs.number === careOfNumber && careOfAddress === binding.careOfAddress;
    if (isCurrent && pairs.isTurned !== isFirst) return true;
    return equalBytes(bytes, at, binding.careOfAddress, 0, 16);
  }

  /** Whether an address is the home address of the binding of the pair that was found last. */
  #isHomeAddress({ binding }: Watched, bytes: Uint8Array, at: number): boolean {
    return this.#pairs.number === OF_HOME_ADDRESS
      ? equalBytes(bytes, at, binding.homeAddress, 0, 16)
      : this.#pairs.isThird(bytes, at);
  }

  /**
   * Whether a packet is in the tunnel that a valid home registration of its node asks for. No allocation. RFC 6275
   * section 10.4
   * @param outer header of the tunnel
   * @param inner header of the packet in it
   * @param time microseconds since 1970
   */
  isInItsTunnel(outer: Ipv6View, inner: Ipv6View, time: number): boolean {
    const pairs = this.#pairs;
    const { bytes, source, destination } = outer;
    const watched = pairs.get(bytes, source, destination);
    if (watched === undefined) return false;
    const { binding } = watched;
    if (binding.role !== 'home' || !isBindingValid(binding, time)) return false;
    const isOut = this.#isAtCareOfAddress(watched, true, bytes, source);
    this.#tunnel = watched;
    this.#isOut = isOut;
    // The peer is the second address of the pair, so the first one that was asked for when it was turned.
    return (
      pairs.isTurned !== isOut &&
      (isOut || this.#isAtCareOfAddress(watched, false, bytes, destination)) &&
      this.#isHomeAddress(watched, inner.bytes, isOut ? inner.source : inner.destination)
    );
  }

  /**
   * What was told of the tunnel of the packet that `isInItsTunnel` found last, from its care-of address; undefined in
   * the other direction.
   */
  get toldTunnel(): ToldTunnel | undefined {
    return this.#isOut ? this.#tunnel?.fromCareOfAddress : undefined;
  }

  /**
   * Notes that it is told of the packet that `isInItsTunnel` found last.
   * @returns whether the same was told less than a minute ago: from the care-of address with the same link, link-layer
   * source and hop limit, and to it of the same home agent or registration
   */
  tell(seen: TunnelSighting, outer: Ipv6View): boolean {
    const watched = this.#tunnel;
    if (watched === undefined) return false;
    const { peer, careOfAddress } = watched.binding;
    if (this.#isOut) {
      const told = watched.fromCareOfAddress;
      const isLike = told?.isLike(seen, careOfAddress, outer.hopLimit) === true;
      if (isLike) told.packet = seen.packet;
      else watched.fromCareOfAddress = new ToldTunnel(seen, careOfAddress, outer.hopLimit);
      return isLike;
    }
    const { time } = seen;
    const isKnownSender = this.#sender !== undefined && isSameAddress(this.#sender, peer);
    if (isKnownSender && Math.abs(time - this.#senderToldAt) < TOLD_AGAIN) return true;
    if (Math.abs(time - watched.toldOfArrivals) < TOLD_AGAIN) return true;
    this.#sender = peer;
    this.#senderToldAt = time;
    watched.toldOfArrivals = time;
    return false;
  }

  #to(watched: Watched, view: Ipv6View, isTunnel: boolean, at: Moment): void {
    const { bytes, destination, routingHomeAddress } = view;
    const { binding } = watched;
    const octets = view.end - view.start;
    if (routingHomeAddress >= 0) {
      if (!this.#isHomeAddress(watched, bytes, routingHomeAddress)) return;
      watched.toByRouting++;
      watched.toOctets += octets;
      this.#data(watched, view);
    } else if (isTunnel) {
      watched.toByTunnel++;
      watched.toOctets += octets;
    } else if (equalBytes(bytes, destination, binding.homeAddress, 0, 16)) {
      watched.toHome++;
      watched.toHomeOctets += octets;
      watched.lastToHome.set(at);
      this.#touch(watched);
      return;
    } else return;
    watched.lastTo.set(at);
    this.#touch(watched);
  }

  /** TCP data towards the care-of address. */
  #data(watched: Watched, view: Ipv6View): void {
    const { upperBytes: bytes, upperOffset: tcp, upperEnd: end } = view;
    if (view.upperProtocol !== NEXT_HEADER.tcp || tcp + TCP_OCTETS > end) return;
    const length = end - tcp - (u8(bytes, tcp + TCP_OFFSET) >>> 4) * 4;
    if (length <= 0) return;
    watched.tcpData++;
    const ports = u32(bytes, tcp);
    const last = (u32(bytes, tcp + TCP_SEQUENCE) + length) >>> 0;
    const isSame = watched.hasFlow && watched.ports === ports;
    if (isSame && (last - watched.end) >>> 0 >= HALF) return;
    watched.hasFlow = true;
    watched.ports = ports;
    watched.end = last;
  }

  #from(watched: Watched, view: Ipv6View, isTunnel: boolean, at: Moment): void {
    const { bytes, source, homeAddress } = view;
    const { binding } = watched;
    if (homeAddress >= 0) {
      if (!this.#isHomeAddress(watched, bytes, homeAddress)) return;
      watched.fromByOption++;
      this.#acknowledgement(watched, view, false, at);
    } else if (isTunnel) watched.fromByTunnel++;
    else if (equalBytes(bytes, source, binding.homeAddress, 0, 16)) {
      watched.fromHome++;
      this.#acknowledgement(watched, view, true, at);
    } else watched.fromCareOf++;
    this.#touch(watched);
  }

  #acknowledgement(watched: Watched, view: Ipv6View, isBare: boolean, at: Moment): void {
    const { upperBytes: bytes, upperOffset: tcp, upperEnd: end } = view;
    if (view.upperProtocol !== NEXT_HEADER.tcp || tcp + TCP_OCTETS > end) return;
    if ((u8(bytes, tcp + TCP_FLAGS) & ACK) === 0) return;
    if (isBare) {
      watched.bareAcknowledgements++;
      watched.lastBare.set(at);
    }
    if (!watched.hasFlow) return;
    const isFlow =
      u16(bytes, tcp) === (watched.ports & 0xffff) && u16(bytes, tcp + 2) === watched.ports >>> 16;
    if (!isFlow) return;
    const ahead = (u32(bytes, tcp + TCP_ACKNOWLEDGMENT) - watched.end) >>> 0;
    if (ahead <= AHEAD || ahead >= HALF) return;
    watched.aheadAcknowledgements++;
    watched.lastBare.set(at);
  }

  /** An ICMPv6 error about a packet to a care-of address. */
  #error(view: Ipv6View, at: Moment): void {
    const { upperBytes: bytes, upperOffset: offset, upperEnd: end } = view;
    const quoted = offset + ERROR_OCTETS;
    if (quoted + IPV6_OCTETS > end) return;
    const watched = this.#pairs.get(bytes, quoted + SOURCE, quoted + DESTINATION);
    if (watched === undefined) return;
    const { binding } = watched;
    if (!equalBytes(bytes, quoted + SOURCE, binding.peer, 0, 16)) return;
    if (!equalBytes(bytes, quoted + DESTINATION, binding.careOfAddress, 0, 16)) return;
    watched.errors++;
    watched.errorType = u8(bytes, offset);
    watched.errorCode = u8(bytes, offset + 1);
    for (let i = 0; i < 16; i++) watched.errorSource[i] = u8(view.bytes, view.source + i);
    watched.lastError.set(at);
    this.#touch(watched);
  }

  #touch(watched: Watched): void {
    if (watched.isTouched) return;
    watched.isTouched = true;
    this.#touched.push(watched);
  }

  /** Bindings that are yet to be told of. */
  get waiting(): number {
    return this.#due.length - this.#next;
  }

  /**
   * Makes the bindings due that had traffic since the last time. Those that still wait are told of first.
   * @param time microseconds since 1970
   */
  begin(time: number, emit: (event: BindingTrafficEvent) => void): void {
    this.flush(Infinity, emit);
    const told = this.#due;
    told.length = 0;
    this.#due = this.#touched;
    this.#touched = told;
    this.#next = 0;
    this.#dueAt = time;
  }

  /** Tells of bindings that are due. @param most looked at by this call */
  flush(most: number, emit: (event: BindingTrafficEvent) => void): void {
    const due = this.#due;
    const time = this.#dueAt;
    for (const end = Math.min(due.length, this.#next + most); this.#next < end; this.#next++) {
      const watched = due[this.#next];
      if (watched?.isDue(time) !== true) continue;
      emit({ kind: 'binding-traffic', time, binding: watched.binding, traffic: watched.take() });
    }
  }
}
