/**
 * Packets whose headers change an address on the way: payload with a Home Address option or a type 2 routing header,
 * type 0 and several routing headers; and the answers that such packets make others send.
 *
 * A packet with such a header costs two hashes; only what is new in its second is looked at.
 */
import { isMulticast } from '../dissectors/core/address.ts';
import { copyOctets, u8 } from '../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import type { PairRelation } from './address-header-event.ts';
import type { EngineEvent, PacketContext } from './events.ts';
import type { Admission } from './inline/admission.ts';
import type { Level, PacketState } from './packet-state.ts';
import type { BindingTrafficCounter } from './state/binding-traffic.ts';
import type { Bindings } from './state/bindings.ts';
import { OptionVictims } from './state/option-victims.ts';
import { optionRelation, routingRelation } from './state/pair-relation.ts';
import { TunnelLimit } from './tunnel-limit.ts';

/** Microseconds between events of one sender, receiver and relation. */
const INTERVAL = 1e6;
/** Senders and receivers of which the last event is remembered; all are forgotten when full. */
const MAX_PAIRS = 16_384;
/** Types of home agent and mobile prefix discovery. RFC 6275 sections 6.5 to 6.8. */
const FIRST_DISCOVERY = 144;
const LAST_DISCOVERY = 147;
/** Offset of Segments Left and of the addresses in a routing header. RFC 8200 section 4.4, RFC 6275 section 6.4. */
const SEGMENTS_LEFT = 3;
const ADDRESSES = 8;
const MAX_ADDRESSES = 8;
/** Types that `Ipv6View.routingTypes` holds. */
const MAX_TYPES = 4;

/** What was found since the last event of one sender, receiver and relation. */
interface Found {
  time: number;
  homeAddresses: number;
}

/** Whether the upper layer is payload: signalling and what IPsec protects have rules of their own. */
function isPayload({ view }: Level): boolean {
  if (view.esp >= 0 || view.ah >= 0) return false;
  const { upperProtocol, upperBytes, upperOffset, upperEnd } = view;
  if (upperProtocol < 0 || upperProtocol === NEXT_HEADER.mobility) return false;
  if (upperProtocol !== NEXT_HEADER.icmpv6 || upperOffset >= upperEnd) return true;
  const type = u8(upperBytes, upperOffset);
  return type < FIRST_DISCOVERY || type > LAST_DISCOVERY;
}

/** Tells of headers that change addresses. */
export class AddressHeaderStage {
  readonly victims: OptionVictims;
  readonly #packet: PacketState;
  readonly #bindings: Pick<Bindings, 'find' | 'home'>;
  readonly #traffic: Pick<BindingTrafficCounter, 'isExpected'>;
  readonly #emit: (event: EngineEvent) => void;
  /** Every packet waits for its verdict: each is told. */
  readonly #isJudged: boolean;
  readonly #options: TunnelLimit;
  readonly #routing: TunnelLimit;
  readonly #found = new Map<string, Found>();
  /** The bare packet at hand; the same object for all. */
  readonly #bare = {
    bytes: new Uint8Array() as Uint8Array,
    source: 0,
    destination: 0,
    octets: 0,
    protocol: 0,
  };

  constructor(
    parts: {
      packet: PacketState;
      bindings: Pick<Bindings, 'find' | 'home'>;
      bindingTraffic: Pick<BindingTrafficCounter, 'isExpected'>;
      emit: (event: EngineEvent) => void;
      admission?: Admission | undefined;
    },
    seed?: number,
  ) {
    this.#isJudged = parts.admission !== undefined;
    this.#packet = parts.packet;
    this.#bindings = parts.bindings;
    this.#traffic = parts.bindingTraffic;
    this.#emit = parts.emit;
    this.#options = new TunnelLimit(seed);
    this.#routing = new TunnelLimit(seed);
    this.victims = new OptionVictims(seed);
  }

  /** A level with a Home Address option or a routing header, walked to its upper layer. */
  inspect(level: Level): void {
    const { view } = level;
    if (view.homeAddress >= 0) this.#homeAddress(level);
    if (view.routing0 >= 0 || view.routingHeaders > 1) this.#routingHeader(level, false);
    else if (view.routingHomeAddress >= 0 && isPayload(level)) this.#routingHeader(level, true);
  }

  /** A packet without tunnel, Home Address option and type 2 routing header. */
  bare(level: Level): void {
    const { victims } = this;
    if (victims.size === 0) return;
    const { view } = level;
    const bare = this.#bare;
    bare.bytes = view.bytes;
    bare.source = view.source;
    bare.destination = view.destination;
    bare.octets = view.end - view.start;
    bare.protocol = view.upperProtocol;
    const packet = this.#packet;
    if (!victims.isAnswer(bare, packet.time)) return;
    victims.answered(bare, packet.contextOf(level).source, packet.packet, packet.link);
  }

  /** Tells of what was sent in answer. @param time microseconds since 1970. */
  flush(time: number): void {
    this.victims.flush(time, this.#emit);
  }

  #homeAddress(level: Level): void {
    const { view } = level;
    const { bytes } = view;
    const isGroup = isMulticast(bytes, view.destination);
    if (!isGroup && (!isPayload(level) || this.#traffic.isExpected(view, this.#packet.time)))
      return;
    const limit = this.#options;
    limit.start();
    limit.address(bytes, view.destination);
    limit.endOfPair();
    limit.address(bytes, view.source);
    limit.address(bytes, view.homeAddress);
    const packet = this.#packet;
    const isDue = limit.isDue(packet.time);
    if (!isDue && !this.#isJudged) return;
    const context = packet.contextOf(level);
    const { source, destination, homeAddressOption: homeAddress } = context;
    if (homeAddress === undefined) return;
    const relation = optionRelation(this.#bindings, homeAddress, source, destination, packet.time);
    // Where the packet itself says that its sender has this address there is nobody else to be hit.
    if (relation === 'none' && !isGroup) {
      this.victims.note(homeAddress, source, destination, packet.packet);
    }
    // Of packets that are told one by one each counts its own home address, once a second.
    const homeAddresses = this.#isJudged ? (isDue ? 1 : 0) : this.#isDue(context, relation);
    if (homeAddresses === 0 && !this.#isJudged) return;
    this.#emit({
      kind: 'home-address-option',
      context,
      homeAddress,
      relation,
      protocol: view.upperProtocol,
      homeAddresses,
      watched: packet.watched,
    });
  }

  /** Home addresses to tell of, 0 = not yet. */
  #isDue({ source, destination }: PacketContext, relation: PairRelation): number {
    const key = `${String.fromCharCode(...source, ...destination)}${relation}`;
    const { time } = this.#packet;
    const known = this.#found.get(key);
    if (known !== undefined) {
      known.homeAddresses = Math.min(known.homeAddresses + 1, 256);
      // Packets of several captures may step back in time.
      if (Math.abs(time - known.time) < INTERVAL) return 0;
      const { homeAddresses } = known;
      known.time = time;
      known.homeAddresses = 0;
      return homeAddresses;
    }
    if (this.#found.size >= MAX_PAIRS) this.#found.clear();
    this.#found.set(key, { time, homeAddresses: 0 });
    return 1;
  }

  #routingHeader(level: Level, isBareType2: boolean): void {
    const { view } = level;
    const { bytes } = view;
    if (
      isBareType2 &&
      view.homeAddress < 0 &&
      u8(bytes, view.lastRouting + SEGMENTS_LEFT) === 1 &&
      this.#traffic.isExpected(view, this.#packet.time)
    ) {
      return;
    }
    const limit = this.#routing;
    limit.start();
    limit.address(bytes, view.destination);
    limit.endOfPair();
    limit.address(bytes, view.source);
    if (view.routingHomeAddress >= 0) limit.address(bytes, view.routingHomeAddress);
    limit.number(view.routingTypes);
    limit.number(view.routingHeaders);
    const packet = this.#packet;
    if (!limit.isDue(packet.time) && !this.#isJudged) return;
    const header = view.routing0 >= 0 ? view.routing0 : view.lastRouting;
    const headerEnd = header + (u8(bytes, header + 1) + 1) * 8;
    const addresses: Uint8Array[] = [];
    for (let at = header + ADDRESSES; at + 16 <= headerEnd; at += 16) {
      if (addresses.length < MAX_ADDRESSES) addresses.push(copyOctets(bytes, at, at + 16));
    }
    const context = packet.contextOf(level);
    const { routingHomeAddress: home, source, destination } = context;
    const isPair = isBareType2 && home !== undefined;
    this.#emit({
      kind: 'routing-header',
      context,
      headers: view.routingHeaders,
      types: typesOf(view.routingTypes, view.routingHeaders),
      segmentsLeft: u8(bytes, header + SEGMENTS_LEFT),
      addresses,
      relation: isPair
        ? routingRelation(this.#bindings, home, destination, source, packet.time)
        : undefined,
      protocol: view.upperProtocol,
      packets: this.#isJudged ? 1 : limit.packets,
      watched: packet.watched,
    });
  }
}

/** The types in order. */
function typesOf(packed: number, headers: number): number[] {
  const types: number[] = [];
  for (let i = Math.min(headers, MAX_TYPES) - 1; i >= 0; i--)
    types.push((packed >>> (i * 8)) & 255);
  return types;
}
