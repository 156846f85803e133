/**
 * Bare packets from and to known home addresses.
 */
import { u16 } from '../dissectors/core/bytes.ts';
import type { EngineEvent, Link } from './events.ts';
import type { Admission } from './inline/admission.ts';
import type { Level, PacketState } from './packet-state.ts';
import type { HomeNetwork } from './state/home-network.ts';

/** Microseconds between events of one kind on a link that is not known to be foreign. */
const INTERVAL = 1e6;
/** Addresses for which the last event is remembered; all are forgotten when full. */
const MAX_KEYS = 16_384;

/** Tells of traffic that uses a home address without tunnel, Home Address option or type 2 routing header. */
export class TrafficStage {
  readonly #packet: PacketState;
  readonly #home: HomeNetwork;
  readonly #emit: (event: EngineEvent) => void;
  /** Every packet waits for its verdict: each is told. */
  readonly #isJudged: boolean;
  readonly #last = new Map<string, number>();

  constructor(parts: {
    packet: PacketState;
    home: HomeNetwork;
    emit: (event: EngineEvent) => void;
    admission?: Admission | undefined;
  }) {
    this.#isJudged = parts.admission !== undefined;
    this.#packet = parts.packet;
    this.#home = parts.home;
    this.#emit = parts.emit;
  }

  bare(level: Level): void {
    const { view } = level;
    const { bytes, source, destination } = view;
    const isFrom = this.#home.isHomeAddress(bytes, source);
    if (!isFrom && !this.#home.isHomeAddress(bytes, destination)) return;
    const { link } = this.#packet;
    if (link.effectiveRole === 'home') return;
    // On other links a home address in clear may be normal life: one event a second tells enough.
    if (
      link.effectiveRole !== 'foreign' &&
      !this.#isJudged &&
      !this.#isDue(bytes, isFrom ? source : destination, isFrom, link)
    ) {
      return;
    }
    const context = this.#packet.contextOf(level);
    this.#emit({
      kind: 'home-address-traffic',
      context,
      direction: isFrom ? 'from' : 'to',
      homeAddress: isFrom ? context.source : context.destination,
      protocol: view.upperProtocol,
    });
  }

  #isDue(bytes: Uint8Array, at: number, isFrom: boolean, link: Link): boolean {
    const key = String.fromCharCode(
      link.id * 2 + (isFrom ? 1 : 0),
      u16(bytes, at),
      u16(bytes, at + 2),
      u16(bytes, at + 4),
      u16(bytes, at + 6),
      u16(bytes, at + 8),
      u16(bytes, at + 10),
      u16(bytes, at + 12),
      u16(bytes, at + 14),
    );
    const { time } = this.#packet;
    const last = this.#last.get(key);
    if (last !== undefined && time - last < INTERVAL) return false;
    if (last === undefined && this.#last.size >= MAX_KEYS) this.#last.clear();
    this.#last.set(key, time);
    return true;
  }
}
