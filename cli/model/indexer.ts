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
import type { PacketWarmer } from './packet-warmer.ts';
import { Slices } from './slices.ts';
import type { PacketKind, ValueIndex } from './value-index.ts';

/** Packets warmed together, while those before them are indexed. */
const WARMED_AT_ONCE = 2048;

/** Parts of a run. */
export interface IndexerParts {
  readonly catalogue: PacketCatalogue;
  readonly store: PacketStore;
  readonly answers: OrderedAnswers;
  readonly looker: PacketLooker;
  readonly warmer: PacketWarmer;
  readonly index: ValueIndex;
}

/** Fills the index, signalling first. */
export class Indexer {
  /** Somebody asked for what plain packets have. */
  wantsPlain = false;
  readonly #parts: IndexerParts;
  readonly #record = emptyPacketRecord();
  readonly #done: Record<PacketKind, number> = { signalling: 0, plain: 0 };
  /** Reading packets below this position waits for no disk. */
  readonly #warm: Record<PacketKind, number> = { signalling: 0, plain: 0 };
  #warming: Promise<void> | undefined;

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

  /** What to wait for before a step; undefined when it would do something at once. */
  ready(): Promise<void> | undefined {
    const kind = this.#kind;
    const warm = this.#warm[kind];
    const position = this.#next(kind);
    const { length } = this.#parts.catalogue;
    if (this.#warming === undefined && warm < length && position + WARMED_AT_ONCE > warm) {
      const start = Math.max(warm, position);
      const end = Math.min(start + WARMED_AT_ONCE, length);
      this.#warming = this.#warmUp(kind, start, end);
    }
    return position < this.#warm[kind] ? undefined : this.#warming;
  }

  /** Works for a slice. */
  step(): void {
    const slices = new Slices();
    const { catalogue } = this.#parts;
    const kind = this.#kind;
    const end = Math.min(this.#warm[kind], catalogue.length);
    let looks = 0;
    for (;;) {
      const position = this.#next(kind);
      if (position >= end) return;
      this.#done[kind] = position + 1;
      const isPlain = (catalogue.marks(position) & MARK.plain) !== 0;
      if (isPlain === (kind === 'plain')) this.#add(kind, position);
      // Passing over a packet takes no time worth a look at the clock.
      else if (++looks % 1024 !== 0) continue;
      if (slices.isOver) return;
    }
  }

  /** Signalling comes first. */
  get #kind(): PacketKind {
    return this.#done.signalling < this.#parts.catalogue.length ? 'signalling' : 'plain';
  }

  #next(kind: PacketKind): number {
    return Math.max(this.#done[kind], this.#parts.catalogue.first);
  }

  #warmUp(kind: PacketKind, start: number, end: number): Promise<void> | undefined {
    const warming = this.#parts.warmer.warm(range(start, end));
    if (warming === undefined) {
      this.#warm[kind] = end;
      return undefined;
    }
    return warming.then(() => {
      this.#warm[kind] = end;
      this.#warming = undefined;
    });
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

function* range(start: number, end: number): Generator<number> {
  for (let position = start; position < end; position++) yield position;
}

function withoutState(view: PacketView): ReturnType<typeof allNodes> {
  const { frame, experts } = view.nodes;
  return [frame, ...view.dissection.nodes, ...experts];
}
