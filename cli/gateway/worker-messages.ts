/**
 * What the main process of a gateway and those of its further queues tell each other.
 */
import type { JudgeMode } from '../../engine/inline/index.ts';
import type { VerdictCounts } from '../../engine/ports.ts';
import type { AlertRecord, DropRecord, EventHead } from '../../io/export/records.ts';
import type { HistogramCounts } from '../../io/metrics.ts';
import type { RuleDrops } from './drop-log.ts';

/** A packet that went through the first queue. */
export interface PassedPacket {
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly linkType: number;
  /** Name of the interface that it came in by. */
  readonly link: string;
}

/** Numbers of a process since its start. */
export interface WorkerReport {
  readonly counts: VerdictCounts;
  /** Packets that the kernel gave it. */
  readonly queued: number;
  readonly byRule: readonly (readonly [ruleId: string, drops: RuleDrops])[];
  readonly latency: HistogramCounts;
  /** Why it does not do all it should, a sentence each. */
  readonly troubles: readonly string[];
}

/** To a process. */
export type ToWorker =
  | { readonly kind: 'observe'; readonly packets: readonly PassedPacket[] }
  | { readonly kind: 'mode'; readonly mode: JudgeMode }
  | { readonly kind: 'reload' }
  | { readonly kind: 'stop' };

/** From a process. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'report'; readonly report: WorkerReport }
  | { readonly kind: 'drop'; readonly record: DropRecord }
  | {
      readonly kind: 'alert';
      readonly head: EventHead;
      readonly record: AlertRecord;
      readonly isBlocked: boolean;
    }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'reloaded'; readonly error: string | undefined }
  | { readonly kind: 'stopped'; readonly report: WorkerReport };

/** The variable by which a process knows which queue it is for. */
export const WORKER_QUEUE = 'MIP6GUARD_GATEWAY_QUEUE';

function hasKind(value: unknown): value is { readonly kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** Only the two processes of one program speak here, and the kind tells the rest. */
export function isToWorker(value: unknown): value is ToWorker {
  return hasKind(value) && ['observe', 'mode', 'reload', 'stop'].includes(value.kind);
}

/** As `isToWorker`, the other way. */
export function isFromWorker(value: unknown): value is FromWorker {
  const kinds = ['ready', 'report', 'drop', 'alert', 'say', 'reloaded', 'stopped'];
  return hasKind(value) && kinds.includes(value.kind);
}
