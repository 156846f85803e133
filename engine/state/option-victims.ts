/**
 * Addresses that were named in Home Address options without a binding, and what is sent to them in answer.
 * RFC 4225 section 3.3.3.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';
import type { ReflectedEvent } from '../address-header-event.ts';
import type { Link, PacketReference } from '../packet.ts';
import { AddressTable } from './address-table.ts';

/** Addresses remembered. Of a flood with made-up ones those that got answers stay. */
const MAX_VICTIMS = 4096;
/** Receivers of the option remembered of one address. */
const MAX_REFLECTORS = 8;
/** Microseconds after a packet with the option in which an answer to it comes. */
const ANSWER_TIME = 10e6;
/** Microseconds for which a node that has spoken itself is taken to be asking for what it gets. */
const SPOKEN_TIME = 300e6;

interface Victim {
  readonly address: Uint8Array;
  readonly reflectors: Uint8Array[];
  lastRequest: number;
  /** When it last sent to one of `reflectors` from this very address; 0 = never. */
  spokeAt: number;
  hasAnswers: boolean;
  packets: number;
  octets: number;
  request: PacketReference;
  requester: Uint8Array;
  reflector: Uint8Array;
  packet: PacketReference;
  link: Link | undefined;
  protocol: number;
}

/** A packet without tunnel and without Home Address option or type 2 routing header. */
export interface BarePacket {
  readonly bytes: Uint8Array;
  /** Offsets of the addresses, and octets of the packet. */
  readonly source: number;
  readonly destination: number;
  readonly octets: number;
  readonly protocol: number;
}

/** Who is named in options and gets answers. When full, the one named longest ago without answers goes first. */
export class OptionVictims {
  evictions = 0;
  readonly #known: AddressTable<Victim>;
  readonly #answered = new Set<Victim>();

  constructor(seed?: number) {
    this.#known = new AddressTable<Victim>({
      maxEntries: MAX_VICTIMS,
      ...(seed === undefined ? {} : { seed }),
      mayEvict: ({ hasAnswers }) => !hasAnswers,
      onEvict: (victim) => {
        this.evictions++;
        this.#answered.delete(victim);
      },
    });
  }

  get size(): number {
    return this.#known.size;
  }

  /** `requester` sent `reflector` a packet that names `address` as home address, and no binding says so. */
  note(
    address: Uint8Array,
    requester: Uint8Array,
    reflector: Uint8Array,
    request: PacketReference,
  ): void {
    let victim = this.#known.get(address);
    if (victim === undefined) {
      victim = {
        address,
        reflectors: [],
        lastRequest: request.time,
        spokeAt: 0,
        hasAnswers: false,
        packets: 0,
        octets: 0,
        request,
        requester,
        reflector,
        packet: request,
        link: undefined,
        protocol: 0,
      };
      this.#known.set(address, 0, victim);
    }
    victim.lastRequest = request.time;
    victim.request = request;
    victim.requester = requester;
    const { reflectors } = victim;
    if (reflectors.some((item) => isSameAddress(item, reflector))) return;
    if (reflectors.length >= MAX_REFLECTORS) reflectors.shift();
    reflectors.push(reflector);
  }

  /**
   * Offset-wise look at a packet. @param time microseconds since 1970.
   * @returns whether it is an answer to a Home Address option: `answered` takes it then.
   */
  isAnswer({ bytes, source, destination }: BarePacket, time: number): boolean {
    const speaker = this.#known.peek(bytes, source);
    if (speaker !== undefined && isReflector(speaker, bytes, destination)) speaker.spokeAt = time;
    const victim = this.#known.peek(bytes, destination);
    return (
      victim !== undefined &&
      time - victim.lastRequest <= ANSWER_TIME &&
      (victim.spokeAt === 0 || time - victim.spokeAt > SPOKEN_TIME) &&
      isReflector(victim, bytes, source)
    );
  }

  /** Counts a packet that `isAnswer` took for one. */
  answered(bare: BarePacket, reflector: Uint8Array, packet: PacketReference, link: Link): void {
    const victim = this.#known.get(bare.bytes, bare.destination);
    if (victim === undefined) return;
    victim.hasAnswers = true;
    victim.packets++;
    victim.octets += bare.octets;
    victim.reflector = reflector;
    victim.packet = packet;
    victim.link = link;
    victim.protocol = bare.protocol;
    this.#answered.add(victim);
  }

  /** Tells of the answers since the last call. @param time microseconds since 1970. */
  flush(time: number, emit: (event: ReflectedEvent) => void): void {
    for (const victim of this.#answered) {
      const { link } = victim;
      if (link === undefined) continue;
      emit({
        kind: 'reflected',
        time,
        victim: victim.address,
        reflector: victim.reflector,
        packets: victim.packets,
        octets: victim.octets,
        packet: victim.packet,
        link,
        protocol: victim.protocol,
        request: victim.request,
        requester: victim.requester,
      });
      victim.packets = 0;
      victim.octets = 0;
    }
    this.#answered.clear();
  }
}

function isReflector({ reflectors }: Victim, bytes: Uint8Array, offset: number): boolean {
  for (const item of reflectors) if (equalBytes(bytes, offset, item, 0, 16)) return true;
  return false;
}
