/**
 * A run under way: packets through the engine, into the catalogue, and behind that into the index.
 */
import { randomInt } from 'node:crypto';
import type { Alert, Incident } from '../../engine/alert.ts';
import type { EngineEvent, PacketReference } from '../../engine/events.ts';
import { formatIkeNotice } from '../../engine/ike/notices.ts';
import { Engine } from '../../engine/pipeline.ts';
import type { PacketRecord, PacketSource, SourceProgress } from '../../engine/ports.ts';
import { AuthenticationNotes } from '../../engine/views/routability-rows.ts';
import { StatisticsCounter } from '../../engine/views/statistics.ts';
import type { ViewName } from '../../engine/views/model/index.ts';
import { PlainPackets, TOLD_PROTOCOLS } from '../read/plain-packets.ts';
import { filterMatcher } from '../rules/packet-matcher.ts';
import type { SessionWithoutCaptures } from '../session.ts';
import { MARK, PacketCatalogue } from './catalogue.ts';
import { FindingsTable } from './findings-table.ts';
import { Indexer } from './indexer.ts';
import type { ModelLog } from './model-log.ts';
import type { Mutes } from './mutes.ts';
import { OrderedAnswers } from './ordered-answers.ts';
import { PacketLooker } from './packet-looker.ts';
import { PacketWarmer } from './packet-warmer.ts';
import { PacketStore } from './packet-store.ts';
import { Slices, othersTurn } from './slices.ts';
import { ValueIndex } from './value-index.ts';

/** Packets between two looks at the clock. */
const PACKETS_PER_LOOK = 16;
/** Packets of a live capture forgotten together. */
const FORGOTTEN_AT_ONCE = 1024;

/** Bounds of a live capture. */
export interface LiveBounds {
  /** Octets of packets that are kept. */
  readonly octets: number;
  /** Packets that are kept. */
  readonly packets: number;
}

/** What a run needs. */
export interface RunParts {
  readonly session: SessionWithoutCaptures;
  readonly source: PacketSource;
  /** Undefined for files. */
  readonly live: LiveBounds | undefined;
  readonly log: ModelLog;
  readonly mutes: Mutes;
  /** Index of the input that a line names. */
  readonly inputOf: (record: PacketRecord) => number;
  /** What reading waits for; undefined when it may go on. */
  readonly rest: () => Promise<void> | undefined;
  /** Called when old packets were forgotten. @param isSegmentGone with a segment of the index */
  readonly onForgotten: (first: number, isSegmentGone: boolean) => void;
}

/** Views that an event makes others. */
const VIEWS_OF: Partial<Record<EngineEvent['kind'], readonly ViewName[]>> = {
  binding: ['bindings', 'topology', 'statistics'],
  esp: ['associations', 'statistics'],
  ipsec: ['associations'],
  ike: ['associations'],
  mobility: ['routability', 'statistics'],
  icmpv6: ['topology', 'statistics'],
  tick: ['statistics', 'bindings'],
};

/** One run. */
export class ModelRun {
  readonly catalogue: PacketCatalogue;
  readonly store: PacketStore;
  readonly answers: OrderedAnswers;
  readonly findings: FindingsTable;
  readonly looker: PacketLooker;
  readonly warmer: PacketWarmer;
  readonly index = new ValueIndex();
  readonly indexer: Indexer;
  readonly engine: Engine;
  readonly statistics = new StatisticsCounter();
  readonly authentications = new AuthenticationNotes();
  /** Views that changed since somebody looked. */
  readonly changed = new Set<ViewName>();
  /** All packets were given to the engine. */
  isRead = false;
  progress: SourceProgress | undefined;
  readonly #parts: RunParts;
  readonly #plain = new PlainPackets(TOLD_PROTOCOLS, false);
  #position = 0;
  #faults = 0;
  #notices = 0;
  #hasFailed = false;
  readonly #abort = new AbortController();
  readonly #slices = new Slices();

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { session, source, live, log, mutes } = parts;
    const { inputs, interfaces } = source;
    const catalogue = new PacketCatalogue(interfaces);
    this.catalogue = catalogue;
    const names = inputs.map(({ name }) => name);
    const store = new PacketStore(names, catalogue, {
      isLive: live !== undefined,
      spoolLimit: live?.octets ?? Number.POSITIVE_INFINITY,
      onTrouble: (text) => {
        log.add('warning', text);
      },
    });
    this.store = store;
    const answers = new OrderedAnswers(session, catalogue);
    this.answers = answers;
    const findings = new FindingsTable(
      (packet) => this.positionOf(packet),
      (alert) => mutes.until(alert) === undefined,
    );
    this.findings = findings;
    const { inputOf } = parts;
    const looker = new PacketLooker({
      catalogue,
      store,
      answers,
      findings,
      interfaces,
      inputOf,
    });
    this.looker = looker;
    const warmer = new PacketWarmer((position) => store.placeOf(position));
    this.warmer = warmer;
    const { index } = this;
    this.indexer = new Indexer({ catalogue, store, answers, looker, warmer, index });
    this.engine = new Engine({
      site: session.site,
      rules: session.rules,
      associations: session.associations,
      ike: session.ike,
      verification: session.verification,
      policies: session.policies,
      matcher: filterMatcher(session.localRules, session, interfaces),
      inputs,
      interfaces,
      observer: {
        onEvent: (event) => {
          this.#onEvent(event);
        },
        onAlert: (alert) => {
          this.#onAlert(alert);
        },
      },
      seed: randomInt(2 ** 31),
      today: new Date().toISOString().slice(0, 10),
    });
  }

  /** Reads all packets. Rejects when reading fails. */
  async read(): Promise<void> {
    const { source } = this.#parts;
    await source.run(
      (record) => {
        this.#add(record);
      },
      {
        signal: this.#abort.signal,
        backPressure: () => this.#rest(),
        onProgress: (progress) => {
          this.progress = progress;
          this.noteFaults();
        },
      },
    );
    this.noteFaults();
    // The end of a long run takes a while: who waits for lines is answered before and behind it.
    await this.#parts.rest();
    this.engine.end();
    await othersTurn();
    await this.#parts.rest();
    this.setIncidents(this.engine.knowledge.incidents());
    this.findings.version++;
    for (const view of ['bindings', 'associations', 'routability', 'incidents'] as const) {
      this.changed.add(view);
    }
    this.isRead = true;
  }

  /** Stops reading. */
  stop(): void {
    this.#abort.abort();
  }

  /** Where a packet stands; undefined when it is not kept. */
  positionOf({ input, number }: PacketReference): number | undefined {
    const { catalogue } = this;
    // Nearly always the packet at hand.
    const last = catalogue.length - 1;
    const isLast =
      last >= 0 && catalogue.number(last) === number && catalogue.input(last) === input;
    return isLast ? last : catalogue.positionOf(input, number);
  }

  /** Incidents as of now, for what is said of packets. */
  setIncidents(incidents: readonly Incident[]): void {
    this.findings.setIncidents(incidents);
  }

  /** Puts what is wrong with inputs into the log. */
  noteFaults(): void {
    const { source, log } = this.#parts;
    for (const fault of source.faults.slice(this.#faults)) {
      this.#faults++;
      const name = source.inputs[fault.inputIndex]?.name ?? '';
      log.add('warning', `${name}: ${fault.message}`);
    }
    for (const notice of this.answers.notices.slice(this.#notices)) {
      this.#notices++;
      log.add('warning', formatIkeNotice(notice));
    }
  }

  /** What reading a file waits for: requests, and the turn of others. Live packets wait for nothing. */
  #rest(): Promise<void> | undefined {
    const { live, rest } = this.#parts;
    if (live !== undefined) return undefined;
    const request = rest();
    if (request !== undefined) return request;
    if (this.catalogue.length % PACKETS_PER_LOOK !== 0 || !this.#slices.isOver) return undefined;
    return this.#slices.pause();
  }

  #add(record: PacketRecord): void {
    const { live, log } = this.#parts;
    const marks = this.#plain.lacks(record) ? MARK.plain : 0;
    this.#position = this.store.add(record, marks);
    if (this.#position === 0) this.looker.noteFirst();
    this.statistics.packet(record.seconds + record.nanoseconds / 1e9, record.originalLength);
    this.changed.add('statistics');
    try {
      this.engine.feed(record);
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      const reason = error instanceof Error ? error.message : String(error);
      log.add('error', `packet ${record.number}: ${reason}; this is a bug, please report it`);
    }
    if (live !== undefined) while (this.#isFull(live)) this.#forget();
  }

  #isFull({ packets }: LiveBounds): boolean {
    const { catalogue, store } = this;
    const kept = catalogue.length - catalogue.first;
    return kept > packets || (kept > 0 && store.isGone(catalogue.first));
  }

  /** Forgets some of the oldest packets: often enough few, seldom enough many. */
  #forget(): void {
    const { catalogue } = this;
    const before = catalogue.first;
    catalogue.forget(Math.min(FORGOTTEN_AT_ONCE, Math.ceil((catalogue.length - before) / 4)));
    const { first } = catalogue;
    this.answers.forget(first);
    const isSegmentGone = this.index.forget(first);
    if (isSegmentGone) this.findings.forget(first);
    this.#parts.onForgotten(first, isSegmentGone);
  }

  #onEvent(event: EngineEvent): void {
    if (event.kind === 'binding') this.findings.addChange(event, this.#position);
    else if (event.kind === 'mobility') this.authentications.note(event);
    this.statistics.event(event);
    for (const view of VIEWS_OF[event.kind] ?? []) this.changed.add(view);
  }

  #onAlert(alert: Alert): void {
    this.findings.addAlert(alert);
    const { rule, severity, draft } = alert;
    this.statistics.alert(draft.packet.time);
    for (const view of ['incidents', 'topology', 'bindings'] as const) this.changed.add(view);
    const level = severity === 'info' || severity === 'low' ? 'info' : 'warning';
    const text = `${rule.id} ${severity}: ${draft.message} (packet ${draft.packet.number})`;
    this.#parts.log.add(level, text);
  }
}
