/**
 * Joins a place in the path of packets with a judge: verdicts, and what is written down of them.
 */
import type { PacketJudge } from '../../engine/inline/index.ts';
import type { PacketRecord, VerdictSource } from '../../engine/ports.ts';
import type { DropLog } from './drop-log.ts';
import type { DroppedPackets } from './dropped-packets.ts';
import { Latency } from './latency.ts';

/** What judging needs; `keeper` and `onPassed` may be absent. */
export interface JudgingParts {
  readonly source: VerdictSource;
  readonly judge: PacketJudge;
  readonly drops: DropLog;
  readonly keeper: DroppedPackets | undefined;
  /** Told of a bug of ours at a packet, which is then treated as one that nobody judged. */
  readonly onError: (error: unknown, record: PacketRecord) => void;
  /** Takes packets that pass; the octets are its only during the call. */
  readonly onPassed?: ((record: PacketRecord) => void) | undefined;
}

/** Judges what a source hands over, from `start` on. */
export class Judging {
  readonly parts: JudgingParts;
  readonly latency = new Latency();

  constructor(parts: JudgingParts) {
    this.parts = parts;
  }

  start(): void {
    this.parts.source.onPacket = (record) => this.#judge(record);
  }

  #judge(record: PacketRecord): boolean {
    const { judge, drops, keeper, onPassed, onError } = this.parts;
    const begin = performance.now();
    let passes: boolean;
    try {
      passes = judge.judge(record);
    } catch (error) {
      onError(error, record);
      throw error;
    }
    const { reason } = judge;
    if (reason !== undefined) {
      drops.note(reason, record);
      keeper?.keep(record, reason);
    }
    if (passes) onPassed?.(record);
    this.latency.add((performance.now() - begin) * 1000);
    return passes;
  }
}
