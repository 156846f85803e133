/**
 * ICMPv6 that is no signalling: whatever is out of the ordinary becomes an event.
 */
import { u8 } from '../dissectors/core/bytes.ts';
import type { EngineEvent } from './events.ts';
import type { Level, PacketState } from './packet-state.ts';
import { TunnelLimit } from './tunnel-limit.ts';

/**
 * Highest code of the types that every network has: errors 1 to 3 (RFC 4443 section 3, RFC 8883 section 3), echo
 * (RFC 4443 section 4), multicast listeners (RFC 2710, RFC 3810).
 */
const ORDINARY: ReadonlyMap<number, number> = new Map([
  [1, 9],
  [2, 0],
  [3, 1],
  [128, 0],
  [129, 0],
  [130, 0],
  [131, 0],
  [132, 0],
  [143, 0],
]);

/** Tells of Parameter Problems, unassigned types and unassigned codes. */
export class Icmpv6NoticeStage {
  readonly #packet: PacketState;
  readonly #emit: (event: EngineEvent) => void;
  readonly #limit: TunnelLimit;

  constructor(parts: { packet: PacketState; emit: (event: EngineEvent) => void }, seed?: number) {
    this.#packet = parts.packet;
    this.#emit = parts.emit;
    this.#limit = new TunnelLimit(seed);
  }

  /** The upper layer of `level` is ICMPv6, and no signalling. */
  icmpv6(level: Level): void {
    const { view } = level;
    const { upperBytes, upperOffset: at, upperEnd } = view;
    if (at + 4 > upperEnd) return;
    const type = u8(upperBytes, at);
    const code = u8(upperBytes, at + 1);
    if (code <= (ORDINARY.get(type) ?? -1)) return;
    const limit = this.#limit;
    limit.start();
    limit.address(view.bytes, view.destination);
    limit.endOfPair();
    limit.address(view.bytes, view.source);
    limit.number(type * 256 + code);
    if (!limit.isDue(this.#packet.time)) return;
    const context = this.#packet.contextOf(level);
    this.#emit({ kind: 'icmpv6-notice', context, type, code, packets: limit.packets });
  }
}
