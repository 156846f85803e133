/**
 * Goes over the packets of a run in their order and puts their values into the index.
 */
import { allNodes, dissectRecord } from '../read/packet-view.ts';
import type { PacketView } from '../read/packet-view.ts';
import type { PacketRecord } from '../../engine/ports.ts';
import { emptyPacketRecord } from '../../engine/ports.ts';
import { MARK } from './catalogue.ts';
import type { PacketCatalogue } from './catalogue.ts';
import type { OrderedAnswers } from './ordered-answers.ts';
import type { PacketLooker } from './packet-looker.ts';
import type { PacketStore } from './packet-store.ts';
import { Slices } from './slices.ts';
import type { PacketKind, ValueIndex } from './value-index.ts';

/** Parts of a run. */
export interface IndexerParts {
  readonly catalogue: PacketCatalogue;
  readonly store: PacketStore;
  readonly answers: OrderedAnswers;
  readonly looker: PacketLooker;
  readonly index: ValueIndex;
}

/** Fills the index, signalling first. */
export class Indexer {
  /** Somebody asked for what plain packets have. */
  wantsPlain = false;
  readonly #parts: IndexerParts;
  readonly #record = emptyPacketRecord();
  readonly #done: Record<PacketKind, number> = { signalling: 0, plain: 0 };

  constructor(parts: IndexerParts) {
    this.#parts = parts;
  }

  /** Packets of a kind below this position are in the index. */
  done(kind: PacketKind): number {
    return this.#done[kind];
  }

  /** Whether there is something to do. */
  get hasWork(): boolean {
    const { length } = this.#parts.catalogue;
    return this.#done.signalling < length || (this.wantsPlain && this.#done.plain < length);
  }

  /** Works for a slice. */
  step(): void {
    const slices = new Slices();
    const { catalogue } = this.#parts;
    const isSignalling = this.#done.signalling < catalogue.length;
    const kind: PacketKind = isSignalling ? 'signalling' : 'plain';
    let looks = 0;
    for (;;) {
      const position = Math.max(this.#done[kind], catalogue.first);
      if (position >= catalogue.length) return;
      this.#done[kind] = position + 1;
      const isPlain = (catalogue.marks(position) & MARK.plain) !== 0;
      if (isPlain === (kind === 'plain')) this.#add(kind, position);
      // Passing over a packet takes no time worth a look at the clock.
      else if (++looks % 1024 !== 0) continue;
      if (slices.isOver) return;
    }
  }

  #add(kind: PacketKind, position: number): void {
    const { index } = this.#parts;
    const view = kind === 'plain' ? this.#parts.looker.view(position) : this.#followed(position);
    // A packet whose octets are gone is in no list of a filter.
    if (view === undefined) index.add(kind, position, [], []);
    else {
      const { sources } = view.dissection;
      index.add(kind, position, withoutState(view), sources);
    }
  }

  /** The view of the next packet in order, with what depends on that order remembered. */
  #followed(position: number): PacketView | undefined {
    const { store, answers, looker, catalogue } = this.#parts;
    const record: PacketRecord = this.#record;
    if (!store.read(position, record)) return undefined;
    const reassembled = answers.addFragment(record, position);
    const tools = answers.follow(record);
    const dissection = dissectRecord(record, tools, reassembled);
    answers.remember(position);
    if (dissection.sources.length > 1) catalogue.mark(position, MARK.opened);
    return looker.viewOf(record, position, position - 1, dissection);
  }
}

function withoutState(view: PacketView): ReturnType<typeof allNodes> {
  const { frame, experts } = view.nodes;
  return [frame, ...view.dissection.nodes, ...experts];
}
