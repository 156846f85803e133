/**
 * Whether packets come faster than they are judged. What is left out goes in an order: payload first, then signalling
 * where the ring is full; what the kernel drops was never seen at all.
 */
import type { InterfaceCounts } from '../../io/capture/live-source.ts';

/** What is being left out, the worst first. */
export type OverloadState = 'none' | 'payload-shed' | 'signalling-shed' | 'kernel-drops';

/** What each state means, for the log. */
const MEANINGS: Readonly<Record<OverloadState, string>> = {
  none: 'over: every packet is judged again',
  'payload-shed': 'payload is left out, all signalling is judged',
  'signalling-shed': 'the ring is full: signalling is left out as well; see --ring',
  'kernel-drops': 'the kernel drops packets before they are seen; see --kernel-buffer',
};

/** Milliseconds after which a state ends when nothing more is left out. */
const CALM_MILLISECONDS = 10_000;

/** Totals of all interfaces. */
export interface CaptureTotals {
  readonly received: number;
  readonly dropped: number;
  readonly droppedByInterface: number;
  readonly shedPayload: number;
  readonly shedSignalling: number;
}

/** Sums the counts of interfaces. */
export function captureTotals(counts: readonly InterfaceCounts[]): CaptureTotals {
  const sum = (value: (item: InterfaceCounts) => number): number =>
    counts.reduce((total, item) => total + value(item), 0);
  return {
    received: sum(({ received }) => received),
    dropped: sum(({ dropped }) => dropped),
    droppedByInterface: sum(({ droppedByInterface }) => droppedByInterface),
    shedPayload: sum(({ shedPayload }) => shedPayload),
    shedSignalling: sum(({ shedSignalling }) => shedSignalling),
  };
}

/** Follows the counts. */
export class Overload {
  state: OverloadState = 'none';
  readonly #say: (text: string) => void;
  #before: CaptureTotals = captureTotals([]);
  #changedAt = 0;

  /** @param say told when a state begins and ends */
  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** @param now milliseconds from any start */
  look(totals: CaptureTotals, now: number): void {
    const worst = stateOf(this.#before, totals);
    this.#before = totals;
    if (worst !== 'none') this.#changedAt = now;
    if (worst === 'none' && now - this.#changedAt < CALM_MILLISECONDS) return;
    if (worst === this.state) return;
    // A lesser state after a worse one is not news until it is over.
    if (worst !== 'none' && ORDER.indexOf(worst) < ORDER.indexOf(this.state)) return;
    this.state = worst;
    this.#say(`overload: ${MEANINGS[worst]}`);
  }
}

const ORDER: readonly OverloadState[] = ['none', 'payload-shed', 'signalling-shed', 'kernel-drops'];

function stateOf(before: CaptureTotals, after: CaptureTotals): OverloadState {
  if (after.dropped > before.dropped) return 'kernel-drops';
  if (after.droppedByInterface > before.droppedByInterface) return 'kernel-drops';
  if (after.shedSignalling > before.shedSignalling) return 'signalling-shed';
  return after.shedPayload > before.shedPayload ? 'payload-shed' : 'none';
}
