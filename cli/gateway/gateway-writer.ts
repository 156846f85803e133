/**
 * EVE lines of a gateway: fewer than those of a sensor, because packets wait while they are written.
 */
import { EveWriter } from '../../io/export/eve.ts';
import type {
  AlertRecord,
  AnomalyRecord,
  EventHead,
  SignallingRecord,
} from '../../io/export/records.ts';
import type { TextSink } from '../../io/output.ts';

/** How lines are chosen. */
export interface GatewayWriterOptions {
  /** Also lines of every signalling message, and of faults in packets. */
  readonly signalling: boolean;
  /** Whether the packet at hand is dropped. */
  readonly isBlocking: () => boolean;
}

/** Writes what happened. */
export class GatewayWriter extends EveWriter {
  readonly #options: GatewayWriterOptions;

  constructor(sink: TextSink, options: GatewayWriterOptions) {
    super(sink);
    this.#options = options;
  }

  override signalling(record: SignallingRecord): void {
    if (this.#options.signalling) super.signalling(record);
  }

  override anomaly(record: AnomalyRecord): void {
    if (this.#options.signalling || record.type !== 'decode') super.anomaly(record);
  }

  override alert(
    head: EventHead,
    record: AlertRecord,
    action: 'allowed' | 'blocked' = this.#options.isBlocking() ? 'blocked' : 'allowed',
  ): void {
    super.alert(head, record, action);
  }
}
