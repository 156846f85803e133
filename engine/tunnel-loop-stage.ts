/**
 * Inner packets of tunnels that come again: a tunnel that leads into itself. RFC 2473 section 4.1.2.
 *
 * Memory is fixed: a place for each hash of an inner packet, found by another hash that a seed makes unpredictable.
 */
import { u32 } from '../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import type { EngineEvent } from './events.ts';
import type { Admission } from './inline/admission.ts';
import { EventLimit } from './ipsec/event-limit.ts';
import type { Level, PacketState } from './packet-state.ts';
import { addressKey } from '../dissectors/core/address.ts';

/** Places, a power of two: a newer packet takes the place of another. */
const PLACES = 8192;
/** Octets of the upper layer that tell packets apart. */
const COMPARED = 40;
/** Microseconds in which a packet has to come again. */
const WINDOW = 10e6;
/**
 * Times that a packet comes with less hops or more tunnels before it is taken to go round: mobile networks inside mobile
 * networks, and a node that talks to another one of the same home agent, come to two.
 */
const ROUNDS = 3;
const FIRST = 0x85ebca6b;
const SECOND = 0xc2b2ae35;

/** Mixes a 32-bit word into a hash. */
function mix(hash: number, factor: number, word: number): number {
  const product = Math.imul(hash ^ word, factor);
  return product ^ (product >>> 15);
}

/** Finds packets that go round. */
export class TunnelLoopStage {
  readonly #packet: PacketState;
  readonly #emit: (event: EngineEvent) => void;
  readonly #seed: number;
  /** Undefined where every packet waits for its verdict: then each is told. */
  readonly #limit: EventLimit | undefined;
  readonly #tags = new Int32Array(PLACES);
  readonly #times = new Float64Array(PLACES).fill(-WINDOW);
  readonly #hopLimits = new Uint8Array(PLACES);
  readonly #firstHopLimits = new Uint8Array(PLACES);
  readonly #depths = new Uint8Array(PLACES);
  readonly #firstDepths = new Uint8Array(PLACES);
  readonly #rounds = new Uint8Array(PLACES);

  constructor(
    parts: {
      packet: PacketState;
      emit: (event: EngineEvent) => void;
      admission?: Admission | undefined;
    },
    seed = 0x5bd1e995,
  ) {
    this.#limit = parts.admission === undefined ? new EventLimit() : undefined;
    this.#packet = parts.packet;
    this.#emit = parts.emit;
    this.#seed = seed | 0;
  }

  /** A level with a tunnel around it. */
  inner(level: Level): void {
    const { view, depth } = level;
    const { bytes, source, upperBytes, upperOffset, upperEnd, upperProtocol } = view;
    // The innermost packet is what stays the same.
    if (upperProtocol === NEXT_HEADER.ipv6 || upperProtocol < 0) return;
    const { time, link } = this.#packet;
    let first = mix(this.#seed, FIRST, link.id * 256 + upperProtocol);
    let second = mix(~this.#seed, SECOND, view.end - view.start);
    // Source and destination stand side by side.
    for (let at = source; at < source + 32; at += 4) {
      const word = u32(bytes, at);
      first = mix(first, FIRST, word);
      second = mix(second, SECOND, word);
    }
    const end = Math.min(upperEnd, upperOffset + COMPARED);
    for (let at = upperOffset; at + 4 <= end; at += 4) {
      const word = u32(upperBytes, at);
      first = mix(first, FIRST, word);
      second = mix(second, SECOND, word);
    }
    const place = first & (PLACES - 1);
    const isKnown =
      this.#tags[place] === second && Math.abs(time - (this.#times[place] ?? 0)) <= WINDOW;
    this.#times[place] = time;
    if (!isKnown || view.hopLimit > (this.#hopLimits[place] ?? 0)) {
      this.#tags[place] = second;
      this.#hopLimits[place] = view.hopLimit;
      this.#firstHopLimits[place] = view.hopLimit;
      this.#depths[place] = depth;
      this.#firstDepths[place] = depth;
      this.#rounds[place] = 0;
      return;
    }
    const isRound =
      view.hopLimit < (this.#hopLimits[place] ?? 0) || depth > (this.#depths[place] ?? 0);
    if (!isRound) return;
    this.#hopLimits[place] = view.hopLimit;
    this.#depths[place] = Math.max(depth, this.#depths[place] ?? 0);
    const rounds = Math.min((this.#rounds[place] ?? 0) + 1, 255);
    this.#rounds[place] = rounds;
    if (rounds >= ROUNDS) this.#tell(level, place, rounds);
  }

  #tell(level: Level, place: number, rounds: number): void {
    const context = this.#packet.contextOf(level);
    const { outer } = context;
    const ends =
      outer === undefined
        ? ''
        : [outer.source, outer.destination]
            .map((end) => addressKey(end))
            .sort()
            .join();
    if (this.#limit?.isDue(`${context.link.id}/${ends}`, this.#packet.time) === false) return;
    this.#emit({
      kind: 'tunnel-loop',
      context,
      sightings: rounds + 1,
      firstHopLimit: this.#firstHopLimits[place] ?? 0,
      firstDepth: this.#firstDepths[place] ?? 0,
      depth: level.depth,
    });
  }
}
