/**
 * A run that can be looked at while it goes on, in this process.
 */
import type { PacketRecord, PacketSource } from '../../engine/ports.ts';
import type {
  FilterOutcome,
  Ladder,
  LadderSubject,
  ModelStatus,
  ModelViews,
  Mute,
  PacketDetail,
  PacketRow,
  SearchQuery,
  ViewName,
  WriteSelection,
} from '../../engine/views/model/index.ts';
import type { LiveSource } from '../../io/capture/live-source.ts';
import type { SessionWithoutCaptures } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { Attention } from './attention.ts';
import { FieldValues } from './field-values.ts';
import { filterOutcome } from './filter-outcome.ts';
import { ModelLog } from './model-log.ts';
import type { NotedModel } from './noted-model.ts';
import { ModelRun } from './model-run.ts';
import type { LiveBounds } from './model-run.ts';
import { ViewMaker } from './model-views.ts';
import { Mutes } from './mutes.ts';
import { searchTest } from './packet-search.ts';
import { writePackets } from './selection-writer.ts';
import { StatusMaker } from './model-status.ts';
import { ShownLists } from './shown-lists.ts';
import { Slices, othersTurn } from './slices.ts';

/** Lines given at once. */
export const MAX_ROWS = 1000;
/** Least milliseconds between two notices of the status. */
export const STATUS_INTERVAL = 100;
/** Milliseconds that `setFilter` waits for a list to be complete before it tells what there is. */
const FILTER_PATIENCE = 100;
/** What a live capture keeps unless told otherwise. */
export const LIVE_BOUNDS: LiveBounds = { octets: 2 ** 30, packets: 1_000_000 };
/** What a model is made of. */
export interface LocalModelOptions {
  readonly session: SessionWithoutCaptures;
  readonly source: PacketSource;
  /** The source again, when it is a live capture. */
  readonly live?: LiveSource | undefined;
  /** What a live capture keeps. */
  readonly bounds?: LiveBounds | undefined;
  /** Display filter from the start; '' for none. */
  readonly filter?: string | undefined;
  /** Lines for the start of the log. */
  readonly said?: readonly string[] | undefined;
  readonly terminal: Terminal;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** The model of a run in this process. `start` begins it. */
export class LocalModel implements NotedModel {
  readonly #options: LocalModelOptions;
  readonly #log: ModelLog;
  readonly #mutes: Mutes;
  readonly #run: ModelRun;
  readonly #views: ViewMaker;
  readonly #values: FieldValues;
  readonly #lists: ShownLists;
  readonly #status: StatusMaker;
  readonly #listeners = new Set<(status: ModelStatus) => void>();
  #timer: NodeJS.Timeout | undefined;
  /** The status told last. */
  #told = '';
  #isClosed = false;
  #wake: (() => void) | undefined;
  #search = 0;
  readonly #attention = new Attention();
  readonly #abort = new AbortController();

  /** @throws FilterError for a filter that is wrong */
  constructor(options: LocalModelOptions) {
    this.#options = options;
    const { session, source, live, now } = options;
    this.#log = new ModelLog(now);
    this.#mutes = new Mutes(now);
    for (const text of options.said ?? []) this.#log.add('info', text);
    const bounds = options.bounds ?? LIVE_BOUNDS;
    this.#run = new ModelRun({
      session,
      source,
      live: live === undefined ? undefined : bounds,
      log: this.#log,
      mutes: this.#mutes,
      inputOf: (record) => this.#inputOf(record),
      rest: () => this.#attention.rest(),
      onForgotten: (first, isSegmentGone) => {
        this.#lists.forget(first);
        if (isSegmentGone) this.#values.clear();
      },
    });
    this.#views = new ViewMaker(this.#run, this.#mutes, this.#log);
    this.#values = new FieldValues(this.#run.index);
    this.#lists = new ShownLists(this.#run);
    this.#lists.set(options.filter ?? '');
    this.#status = new StatusMaker({
      run: this.#run,
      lists: this.#lists,
      views: this.#views,
      mutes: this.#mutes,
      log: this.#log,
      source,
      live,
    });
  }

  /** Begins to read; the promise ends when all is read, and never rejects. */
  async start(): Promise<void> {
    void this.#work();
    try {
      await this.#run.read();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#status.failure = reason;
      this.#log.add('error', reason);
    }
    this.#changed();
  }

  /** All that there is so far of a file that is followed was read. */
  reachedEnd(): void {
    this.#status.isFollowing = true;
    this.#changed();
  }

  get status(): ModelStatus {
    return this.#status.make();
  }

  subscribe(listener: (status: ModelStatus) => void): () => void {
    this.#listeners.add(listener);
    this.#told = '';
    this.#changed();
    return () => {
      this.#listeners.delete(listener);
    };
  }

  rows(from: number, count: number): Promise<readonly PacketRow[]> {
    return this.#attention.first(() => this.#rows(from, count));
  }

  async #rows(from: number, count: number): Promise<readonly PacketRow[]> {
    const rows: PacketRow[] = [];
    const slices = new Slices();
    const start = Math.max(0, Math.floor(from));
    const end = start + Math.min(Math.max(0, count), MAX_ROWS);
    await this.#run.warmer.warm(this.#unknown(start, end));
    for (let line = start; line < end; line++) {
      const position = this.#lists.at(line);
      if (position === undefined) break;
      rows.push(this.#run.looker.row(position, position < this.#run.indexer.done('signalling')));
      if (slices.isOver) await slices.pause();
    }
    return rows;
  }

  /** Packets of lines that must be read to be shown. */
  *#unknown(start: number, end: number): Generator<number> {
    for (let line = start; line < end; line++) {
      const position = this.#lists.at(line);
      if (position === undefined) return;
      if (!this.#run.looker.isKnown(position)) yield position;
    }
  }

  detail(packet: number): Promise<PacketDetail | undefined> {
    return this.#attention.first(async () => {
      await this.#run.warmer.warm([packet]);
      return this.#detail(packet);
    });
  }

  #detail(packet: number): PacketDetail | undefined {
    const { catalogue, looker, engine } = this.#run;
    if (!catalogue.has(packet)) return undefined;
    const { knowledge } = engine;
    // The packet shown before; without one itself.
    const displayed = this.#lists.at(this.#lists.lineOf(packet) - 1) ?? packet;
    return looker.detail(packet, displayed, (address) => knowledge.isHomeAddress(address));
  }

  lineOf(packet: number): Promise<number> {
    return Promise.resolve(this.#lists.lineOf(packet));
  }

  packetOf(number: number): Promise<number | undefined> {
    const { inputs } = this.#options.source;
    for (let input = 0; input < inputs.length; input++) {
      const position = this.#run.catalogue.positionOf(input, number);
      if (position !== undefined) return Promise.resolve(position);
    }
    return Promise.resolve(undefined);
  }

  checkFilter(text: string): FilterOutcome {
    return filterOutcome(text);
  }

  async setFilter(text: string): Promise<FilterOutcome> {
    const outcome = filterOutcome(text);
    if (!outcome.ok) return outcome;
    const lists = this.#lists;
    lists.set(text);
    this.#wake?.();
    this.#changed();
    const start = performance.now();
    while (lists.isFiltering && lists.text === text && !this.#isClosed) {
      if (performance.now() - start >= FILTER_PATIENCE) break;
      await othersTurn();
    }
    return { ok: true, matched: lists.length };
  }

  async valuesOf(field: string, start: string, limit: number): Promise<readonly string[]> {
    return this.#values.of(field, start, limit);
  }

  async search(query: SearchQuery, from: number, isBackward: boolean): Promise<number | undefined> {
    const own = ++this.#search;
    const test = searchTest(query, this.#run);
    const count = this.#lists.length;
    if (test === undefined || count === 0) return undefined;
    const slices = new Slices();
    const at = this.#lists.lineOf(from);
    const step = isBackward ? -1 : 1;
    // Of a packet that is not shown, the line of the next one: going forward begins there.
    let line = !isBackward && this.#lists.at(at) !== from ? at - 1 : at;
    for (let i = 0; i < count; i++) {
      line = (line + step + count) % count;
      const position = this.#lists.at(line);
      if (position !== undefined && test(position)) return position;
      if (slices.isOver) {
        await slices.pause();
        // Somebody looks for something else now.
        if (own !== this.#search || this.#isClosed) return undefined;
      }
    }
    return undefined;
  }

  view<V extends ViewName>(name: V): Promise<ModelViews[V]> {
    return this.#attention.first(() => Promise.resolve(this.#views.view(name)));
  }

  async ladder(subject: LadderSubject): Promise<Ladder> {
    return this.#views.ladder(subject);
  }

  mute(mute: Mute): Promise<void> {
    this.#mutes.add(mute);
    for (const view of ['incidents', 'bindings'] as const) this.#run.changed.add(view);
    this.#changed();
    return Promise.resolve();
  }

  async write(file: string, selection: WriteSelection): Promise<{ readonly packets: number }> {
    const { session, source, terminal } = this.#options;
    const { siteFile, keyFiles } = session;
    const names = source.inputs.map(({ name }) => name);
    const readFiles = [...(siteFile === undefined ? [] : [siteFile]), ...keyFiles, ...names];
    const parts = {
      looker: this.#run.looker,
      findings: this.#run.findings,
      inputs: source.inputs,
      interfaces: source.interfaces,
      readFiles,
      terminal,
    };
    const packets = await writePackets(file, this.#chosen(selection), parts, this.#abort.signal);
    this.#log.add('info', `${file}: ${packets} packets written`);
    return { packets };
  }

  setCapturing(isOn: boolean): Promise<void> {
    const { live } = this.#options;
    if (live !== undefined) {
      live.setCapturing(isOn);
      this.#status.isCapturing = isOn;
      this.#changed();
    }
    return Promise.resolve();
  }

  note(text: string): Promise<void> {
    this.#log.add('warning', text);
    this.#changed();
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#abort.abort();
      this.#run.stop();
      clearTimeout(this.#timer);
      this.#listeners.clear();
      this.#wake?.();
      this.#options.live?.close();
      this.#run.store.close();
    }
    return Promise.resolve();
  }

  /** Indexes and filters behind the packets, in slices. */
  async #work(): Promise<void> {
    while (!this.#isClosed) {
      if (this.#indexes) await this.#run.indexer.ready();
      await this.#attention.rest();
      if (!this.#workStep()) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          // Packets come without telling.
          setTimeout(resolve, STATUS_INTERVAL).unref();
        });
      } else await othersTurn();
    }
  }

  /** @returns whether there was something to do */
  #workStep(): boolean {
    const { indexer, isRead } = this.#run;
    const isListing = this.#lists.step();
    const isIndexing = this.#indexes;
    if (isIndexing) indexer.step();
    if (isListing || isIndexing || !isRead || this.#views.isStale) this.#changed();
    return isListing || isIndexing;
  }

  /** Whether there is something to index now: while a file is read that comes first, unless a filter waits for values. */
  get #indexes(): boolean {
    const { indexer, isRead } = this.#run;
    const isFirst = isRead || this.#status.isFollowing || this.#options.live !== undefined;
    return (isFirst || this.#lists.isFiltered) && indexer.hasWork;
  }

  *#chosen(selection: WriteSelection): Generator<number> {
    const { catalogue } = this.#run;
    switch (selection.kind) {
      case 'all': {
        const end = catalogue.length;
        for (let position = catalogue.first; position < end; position++) yield position;
        return;
      }
      case 'shown': {
        const count = this.#lists.length;
        for (let line = 0; line < count; line++) {
          const position = this.#lists.at(line);
          if (position !== undefined) yield position;
        }
        return;
      }
      case 'packets':
        yield* [...new Set(selection.packets)]
          .filter((position) => catalogue.has(position))
          .sort((a, b) => a - b);
        return;
      case 'incident':
        yield* this.#views.evidenceOf(selection.incident);
    }
  }

  /** Tells listeners, at most every `STATUS_INTERVAL`. */
  #changed(): void {
    if (this.#timer !== undefined || this.#isClosed || this.#listeners.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const { status } = this;
      const text = JSON.stringify(status);
      if (text === this.#told) return;
      this.#told = text;
      for (const listener of this.#listeners) listener(status);
    }, STATUS_INTERVAL);
    this.#timer.unref();
  }

  /** Of a live capture the interface, else the input. */
  #inputOf({ inputIndex, interfaceIndex }: PacketRecord): number {
    const { live, source } = this.#options;
    if (live === undefined) return inputIndex;
    const name = source.interfaces[interfaceIndex]?.name;
    return Math.max(
      0,
      live.counts.findIndex((item) => item.name === name),
    );
  }
}
