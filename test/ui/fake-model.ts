/**
 * A model with made-up packets and views, the same in every run. Filters are real: they are asked about the trees.
 */
import { compileFilter, fieldSource, FilterError } from '../../engine/filter/index.ts';
import type {
  FilterOutcome,
  Ladder,
  LadderSubject,
  ModelStatus,
  ModelViews,
  Mute,
  PacketDetail,
  PacketModel,
  PacketRow,
  SearchQuery,
  ViewName,
  WriteSelection,
} from '../../engine/views/model/index.ts';
import { fakeDetail, fakeRow, START } from './fake-packets.ts';
import { CORRESPONDENT, FAKE_VIEWS, HOME_ADDRESS, HOME_AGENT, HOSTILE } from './fake-state.ts';

/** What the model is. */
export interface FakeOptions {
  /** Default 200. */
  readonly packets?: number;
  /** Default `complete`. */
  readonly phase?: ModelStatus['phase'];
  readonly views?: Partial<ModelViews>;
}

/** A call that changed or wrote something, for tests to look at. */
export type FakeCall =
  | { readonly call: 'setFilter'; readonly filter: string }
  | { readonly call: 'write'; readonly file: string; readonly selection: WriteSelection }
  | { readonly call: 'mute'; readonly mute: Mute }
  | { readonly call: 'setCapturing'; readonly isOn: boolean }
  | { readonly call: 'ladder'; readonly subject: LadderSubject }
  | { readonly call: 'view'; readonly name: ViewName }
  | { readonly call: 'close' };

/** The model. */
export class FakeModel implements PacketModel {
  status: ModelStatus;
  /** What was done, in order. */
  readonly calls: FakeCall[] = [];
  readonly #listeners = new Set<(status: ModelStatus) => void>();
  #views: ModelViews;
  /** Packets that the filter shows; undefined = all. */
  #shown: readonly number[] | undefined;

  constructor(options: FakeOptions = {}) {
    const { packets = 200, phase = 'complete', views = {} } = options;
    this.#views = { ...FAKE_VIEWS, ...views };
    const isLive = phase === 'following' || phase === 'stopped';
    this.status = {
      phase,
      inputs: [
        {
          name: isLive ? 'eth0' : 'sample.pcapng',
          packets,
          dropped: isLive ? 0 : undefined,
          fault: undefined,
        },
      ],
      packets,
      shown: packets,
      forgotten: 0,
      progress: phase === 'loading' ? 0.43 : undefined,
      filter: '',
      isFiltering: false,
      firstTime: START,
      lastTime: START + packets / 10,
      shed: 0,
      alerts: { info: 0, low: 0, medium: 0, high: 1, critical: 1 },
      incidents: this.#views.incidents.length,
      failure: undefined,
      versions: {
        bindings: 1,
        associations: 1,
        routability: 1,
        incidents: 1,
        topology: 1,
        statistics: 1,
        log: 1,
      },
    };
  }

  /** Changes the status and tells it. */
  change(changes: Partial<ModelStatus>): void {
    this.status = { ...this.status, ...changes };
    for (const listener of this.#listeners) listener(this.status);
  }

  /** More packets come. */
  grow(packets: number): void {
    const all = this.status.packets + packets;
    this.change({ packets: all, shown: this.#shown?.length ?? all });
  }

  /** Replaces a view; its version rises. */
  setView<V extends ViewName>(name: V, view: ModelViews[V]): void {
    this.#views = { ...this.#views, [name]: view };
    const versions = { ...this.status.versions, [name]: this.status.versions[name] + 1 };
    this.change({ versions });
  }

  subscribe(listener: (status: ModelStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  rows(from: number, count: number): Promise<readonly PacketRow[]> {
    const end = Math.min(from + count, this.status.shown);
    const rows: PacketRow[] = [];
    for (let line = from; line < end; line++) rows.push(fakeRow(this.#shown?.[line] ?? line));
    return Promise.resolve(rows);
  }

  detail(packet: number): Promise<PacketDetail | undefined> {
    const isThere = packet >= 0 && packet < this.status.packets;
    return Promise.resolve(isThere ? fakeDetail(packet) : undefined);
  }

  lineOf(packet: number): Promise<number> {
    if (this.#shown === undefined) return Promise.resolve(packet);
    const line = this.#shown.findIndex((shown) => shown >= packet);
    return Promise.resolve(line < 0 ? Math.max(0, this.#shown.length - 1) : line);
  }

  packetOf(number: number): Promise<number | undefined> {
    return Promise.resolve(number >= 1 && number <= this.status.packets ? number - 1 : undefined);
  }

  checkFilter(text: string): FilterOutcome {
    try {
      compileFilter(text);
      return { ok: true, matched: 0 };
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      const { message, offset, length, hint } = error;
      return { ok: false, message, offset, length, hint };
    }
  }

  setFilter(text: string): Promise<FilterOutcome> {
    this.calls.push({ call: 'setFilter', filter: text });
    const outcome = this.checkFilter(text);
    if (!outcome.ok) return Promise.resolve(outcome);
    const filter = compileFilter(text);
    this.#shown =
      text.trim() === ''
        ? undefined
        : Array.from({ length: this.status.packets }, (_, packet) => packet).filter((packet) => {
            const { nodes, sources } = fakeDetail(packet);
            return filter.matches(fieldSource(nodes, sources));
          });
    const shown = this.#shown?.length ?? this.status.packets;
    this.change({ filter: text, shown });
    return Promise.resolve({ ok: true, matched: shown });
  }

  valuesOf(field: string, start: string, limit: number): Promise<readonly string[]> {
    const values: Readonly<Record<string, readonly string[]>> = {
      'ipv6.src': ['2001:db8:2::5', '2001:db8:1::1', '2001:db8:3::9'],
      'mip6.mnid.identifier': ['mobile node', HOSTILE],
    };
    const found = (values[field] ?? []).filter((value) => value.startsWith(start));
    return Promise.resolve(found.slice(0, limit));
  }

  search(query: SearchQuery, from: number, isBackward: boolean): Promise<number | undefined> {
    const all = this.#shown ?? Array.from({ length: this.status.packets }, (_, i) => i);
    const pattern = query.kind === 'regex' ? new RegExp(query.text, 'i') : undefined;
    const has = (packet: number): boolean => {
      if (query.kind === 'hex') return packet % 7 === 3;
      const { info } = fakeRow(packet);
      return pattern?.test(info) ?? info.toLowerCase().includes(query.text.toLowerCase());
    };
    const found = all.filter(has);
    const next = isBackward
      ? (found.findLast((packet) => packet < from) ?? found.at(-1))
      : (found.find((packet) => packet > from) ?? found[0]);
    return Promise.resolve(next);
  }

  view<V extends ViewName>(name: V): Promise<ModelViews[V]> {
    this.calls.push({ call: 'view', name });
    return Promise.resolve(this.#views[name]);
  }

  ladder(subject: LadderSubject): Promise<Ladder> {
    this.calls.push({ call: 'ladder', subject });
    return Promise.resolve({
      title: subject.kind === 'binding' ? `Binding of ${subject.homeAddress}` : 'Incident 1',
      lanes: [
        { role: 'mobile-node', name: 'MN', addresses: [HOME_ADDRESS] },
        { role: 'attacker', name: 'ATK', addresses: [HOSTILE] },
        { role: 'home-agent', name: 'HA', addresses: [HOME_AGENT] },
        { role: 'correspondent', name: 'CN', addresses: [CORRESPONDENT] },
      ],
      steps: [0, 1, 3, 4].map((packet) => ({
        packet,
        number: packet + 1,
        seconds: packet / 10,
        from: packet % 2 === 0 ? 0 : 2,
        to: packet === 4 ? ('all' as const) : packet % 2 === 0 ? 2 : 0,
        label: packet === 3 ? `BU seq 3 ${HOSTILE}` : `BU seq ${packet} lifetime 420 A H`,
        layout: packet === 0 ? ['HAO', 'ESP'] : ['tunnel'],
        isEvidence: packet === 3,
        severity: packet === 3 ? ('critical' as const) : undefined,
      })),
      dropped: 0,
      notes: ['BU seq 4 was not answered'],
    });
  }

  mute(mute: Mute): Promise<void> {
    this.calls.push({ call: 'mute', mute });
    return Promise.resolve();
  }

  write(file: string, selection: WriteSelection): Promise<{ readonly packets: number }> {
    this.calls.push({ call: 'write', file, selection });
    if (file.startsWith('/nowhere/')) {
      return Promise.reject(new Error(`cannot write ${file}: there is no such folder`));
    }
    const packets = selection.kind === 'packets' ? selection.packets.length : this.status.shown;
    return Promise.resolve({ packets });
  }

  setCapturing(isOn: boolean): Promise<void> {
    this.calls.push({ call: 'setCapturing', isOn });
    if (this.status.phase === 'following' || this.status.phase === 'stopped') {
      this.change({ phase: isOn ? 'following' : 'stopped' });
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push({ call: 'close' });
    return Promise.resolve();
  }
}
