/**
 * Which packets of a run a display filter selects, told while the run goes on.
 */
import type { Alert, Incident } from '../../engine/alert.ts';
import type { CompiledFilter } from '../../engine/filter/filter.ts';
import { fieldSource } from '../../engine/filter/source.ts';
import type { PacketReference } from '../../engine/packet.ts';
import type { PacketRecord } from '../../engine/ports.ts';
import { reducedIncident } from '../report/reduced-incident.ts';
import { PacketViews, allNodes } from './packet-view.ts';

/** Packets whose bits lie in one piece: a piece is made when one of its packets is selected. */
const PIECE_PACKETS = 64 * 1024;

/** The selected packets of a run: a bit for each packet, so that a capture of any length can be told. */
export class PacketSelection {
  readonly #filter: CompiledFilter;
  readonly #views: PacketViews;
  /** Pieces by input and number of the piece. */
  readonly #pieces = new Map<string, Uint8Array>();

  constructor(filter: CompiledFilter, views: PacketViews) {
    this.#filter = filter;
    this.#views = views;
  }

  /** Takes the next packet of the run. */
  add(record: PacketRecord): void {
    const view = this.#views.next(record);
    if (!this.#filter.matches(fieldSource(allNodes(view), view.dissection.sources))) return;
    const { inputIndex, number } = record;
    const key = keyOf(inputIndex, number);
    let piece = this.#pieces.get(key);
    if (piece === undefined) {
      piece = new Uint8Array(PIECE_PACKETS / 8);
      this.#pieces.set(key, piece);
    }
    const at = number % PIECE_PACKETS;
    piece[at >> 3] = (piece[at >> 3] ?? 0) | (1 << (at & 7));
  }

  /** Whether a packet was selected. */
  has({ input, number }: PacketReference): boolean {
    const piece = this.#pieces.get(keyOf(input, number));
    const at = number % PIECE_PACKETS;
    return (((piece?.[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
  }

  /** Whether the packet that decided an alert, or one of its evidence, was selected. */
  hasAlert({ draft: { packet, evidence } }: Alert): boolean {
    return this.has(packet) || evidence.some((item) => this.has(item.packet));
  }

  /** An incident with the alerts that are shown and their evidence; undefined when none of its alerts is. */
  incident(incident: Incident): Incident | undefined {
    return reducedIncident(incident, (alert) => this.hasAlert(alert));
  }
}

function keyOf(input: number, number: number): string {
  return `${input}:${Math.floor(number / PIECE_PACKETS)}`;
}
