/**
 * A sensor: the engine over a source without an end, and what has to be done beside it.
 */
import type { Alert } from '../../engine/alert.ts';
import type { EngineOptions } from '../../engine/engine.ts';
import { Engine } from '../../engine/pipeline.ts';
import type { PacketRecord } from '../../engine/ports.ts';
import type { RuleChanges } from '../../engine/rules/rule-changes.ts';
import type { PacketMatcher } from '../../engine/rules/packet-matcher.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import { EveWriter } from '../../io/export/eve.ts';
import type { BindingRecord } from '../../io/export/records.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';
import { EventRecords } from '../report/event-records.ts';
import { faultRecords } from '../report/faults.ts';
import { RecordMaker } from '../report/record-maker.ts';
import { RunFollower } from '../report/run-follower.ts';
import { filterMatcher } from '../rules/packet-matcher.ts';
import type { SensorConfiguration } from './configuration.ts';
import { IncidentWatch } from './incident-watch.ts';
import { Mutes } from './mutes.ts';
import { Overload, captureTotals } from './overload.ts';
import { reloaded } from './reload.ts';
import type { KeyReload } from './reload.ts';
import type { ReloadCounts, SensorFacts, SensorParts, WatchedEngine } from './sensor-facts.ts';
import { SensorObserver } from './sensor-observer.ts';
import { sensorDocument } from './sensor-document.ts';
import { statsLine } from './stats-line.ts';

/** What a reload changed. */
export interface ReloadResult {
  readonly rules: RuleChanges;
  readonly keys: KeyReload;
}

/** Milliseconds between two rounds of: lines and rows on their way; mutes and disks; incidents; old rows. */
const FLUSH_INTERVAL = 250;
const CHORE_INTERVAL = 1000;
const INCIDENT_INTERVAL = 10_000;
const RETENTION_INTERVAL = 3_600_000;
const FIRST_RETENTION = 30_000;
/** After an alert incidents are looked for so often: a binding that ends a little later changes what they say. */
const ROUNDS_AFTER_ALERT = 3;
/** Between two searches lies at least so many times what one takes. */
const INCIDENT_REST = 50;
/** Alerts of which the store gets newer numbers at a time. */
const UPDATED_AT_ONCE = 500;
/** Different internal errors told. */
const MAX_ERRORS_TOLD = 20;

/** One sensor, from its first packet to its last. */
export class Sensor implements SensorFacts {
  readonly parts: SensorParts;
  readonly engine: Engine;
  readonly #watched: WatchedEngine;
  readonly observer: SensorObserver;
  readonly mutes = new Mutes();
  readonly overload: Overload;
  readonly incidents: IncidentWatch;
  readonly reloads: ReloadCounts = { ok: 0, failed: 0 };
  /** Packets at which something went wrong inside mip6guard: bugs. */
  internalErrors = 0;
  readonly startedAt: number;
  #configuration: SensorConfiguration;
  readonly #eve: EveWriter;
  readonly #events: EventRecords;
  readonly #records: RecordMaker;
  /** Asks the filters of the operator's rules that are in use. */
  #matcher: PacketMatcher | undefined;
  readonly #errorsTold = new Set<string>();
  #faultsTold = 0;
  #today: string;
  /** How often an alert had been seen when the store was told last. */
  readonly #stored = new WeakMap<Alert, number>();
  #toldAtIncidents = 0;
  /** How often incidents are still looked for, and from when on again. */
  #incidentRounds = 0;
  #incidentsAt = 0;
  #isReloading = false;
  #reloadIsDue = false;
  #timers: NodeJS.Timeout[] = [];

  constructor(parts: SensorParts) {
    const { source, configuration, eve, store } = parts;
    this.parts = parts;
    this.#configuration = configuration;
    this.startedAt = parts.now();
    this.#today = dayOf(this.startedAt);
    this.overload = new Overload((text) => {
      this.say(text);
    });
    this.#eve = parts.writer ?? new EveWriter(eve);
    this.#events = new EventRecords(source.inputs);
    this.#records = new RecordMaker(source.inputs);
    const follower = new RunFollower(source.inputs, { eve: this.#eve, store });
    this.incidents = new IncidentWatch((alert) => !this.mutes.isSilent(alert));
    this.observer = new SensorObserver(follower, eve, this.mutes, (alert) => {
      this.incidents.forget(alert);
      this.#update(alert);
    });
    this.#useMatcher();
    const { keys, site, rules } = configuration;
    const options: EngineOptions = {
      site,
      rules,
      associations: keys.associations,
      ike: keys.ike,
      verification: keys.verification,
      policies: keys.policies,
      matcher: { match: (record) => this.#matcher?.match(record) },
      inputs: source.inputs,
      interfaces: source.interfaces,
      observer: this.observer,
      seed: parts.seed,
      today: this.#today,
      forgetAlertsAfter: parts.alertMemory,
    };
    this.#watched = parts.makeEngine?.(options) ?? watchingEngine(options);
    this.engine = this.#watched.engine;
  }

  /** The configuration in use. */
  get configuration(): SensorConfiguration {
    return this.#configuration;
  }

  /** A binding as outputs show it. */
  recordOf(binding: Readonly<Binding>): BindingRecord {
    return this.#records.binding(binding);
  }

  /** Says something to whoever reads the log. */
  say(text: string): void {
    this.parts.terminal.say(`mip6guard: ${text}`);
  }

  /** Judges packets until the source ends or `signal` is aborted. Afterwards everything is written and closed. */
  async run(signal: AbortSignal): Promise<void> {
    this.#startTimers();
    try {
      await this.parts.source.run(
        (record) => {
          this.#feed(record);
        },
        { signal },
      );
    } finally {
      for (const timer of this.#timers) clearInterval(timer);
      await this.#end();
    }
  }

  /**
   * Loads the files again and uses them from the next packet on, all or nothing.
   * @returns undefined when another one was under way, which begins anew then
   * @throws CliError with what is wrong; what was in use stays so
   */
  async reload(): Promise<ReloadResult | undefined> {
    this.#reloadIsDue = this.#isReloading;
    if (this.#isReloading) return undefined;
    this.#isReloading = true;
    try {
      const result = await this.#reload();
      this.reloads.ok++;
      return result;
    } catch (error) {
      this.reloads.failed++;
      throw error;
    } finally {
      this.#isReloading = false;
      if (this.#reloadIsDue) void this.reloadAndTell();
    }
  }

  /** As `reload`; tells the log how it went. */
  async reloadAndTell(): Promise<void> {
    try {
      const result = await this.reload();
      if (result === undefined) return;
      const { added, removed, changed, unchanged } = result.rules;
      const named = (what: string, ids: readonly string[]): string =>
        ids.length === 0 ? '' : `${ids.length} ${what} (${ids.slice(0, 10).join(', ')}), `;
      const rules = `${named('added', added)}${named('removed', removed)}${named('changed', changed)}${unchanged} as before`;
      this.say(`configuration loaded again: rules: ${rules}; keys: ${result.keys.state}`);
      for (const note of result.keys.notes) this.say(note);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.say(`configuration not loaded, the one in use stays:\n${reason}`);
    }
  }

  /** Writes a line of numbers, and notes in the store how far the run is. */
  writeStats(): void {
    const { eve, store } = this.parts;
    eve.write(statsLine(this));
    const { firstTime, lastTime } = this.engine.knowledge;
    const { packets, octets } = this.engine.counters;
    const times = packets === 0 ? {} : placesOf(firstTime, lastTime);
    store?.progress({ ...times, packets, octets });
    this.#updateAlerts();
  }

  /**
   * Tells incidents that are new or have changed. To find them costs time for each alert, so it is left out while
   * nothing happens, and done more rarely the more it costs.
   */
  tellIncidents(isEnd = false): void {
    const { store, eve } = this.parts;
    const start = performance.now();
    if (this.observer.told !== this.#toldAtIncidents) this.#incidentRounds = ROUNDS_AFTER_ALERT;
    if (!isEnd && (this.#incidentRounds === 0 || start < this.#incidentsAt)) return;
    this.#toldAtIncidents = this.observer.told;
    this.#incidentRounds--;
    const found = this.engine.knowledge.incidents();
    for (const incident of this.incidents.changed(found, isEnd)) {
      const record = this.#records.incident(incident);
      this.#eve.incident(record);
      store?.incident(record);
    }
    eve.flush();
    const end = performance.now();
    this.#incidentsAt = end + (end - start) * INCIDENT_REST;
  }

  /** What has to be done every second. */
  chores(): void {
    const now = this.parts.now();
    for (const alert of this.mutes.expire(now)) this.observer.tell(alert);
    this.parts.eve.sync();
    const { counts } = this.parts.source;
    if (counts !== undefined) this.overload.look(captureTotals(counts), performance.now());
    this.#tellFaults();
    const today = dayOf(now);
    if (today !== this.#today) {
      // Suppressions that ended yesterday hide nothing any more.
      this.#today = today;
      const { rules, site } = this.#configuration;
      this.#watched.reconfigure({ rules, site, today });
    }
  }

  /** Hands on lines and rows that wait. */
  flush(): void {
    this.parts.eve.flush();
    this.parts.store?.pump();
  }

  #startTimers(): void {
    const { stats, store, retention } = this.parts;
    const every = (milliseconds: number, action: () => void): void => {
      const guarded = (): void => {
        try {
          action();
        } catch (error) {
          this.noteError(error, 'a round of chores');
        }
      };
      this.#timers.push(setInterval(guarded, milliseconds));
    };
    every(FLUSH_INTERVAL, () => {
      this.flush();
    });
    every(CHORE_INTERVAL, () => {
      this.chores();
    });
    every(INCIDENT_INTERVAL, () => {
      this.tellIncidents();
    });
    if (stats !== undefined) {
      every(stats * 1000, () => {
        this.writeStats();
      });
    }
    if (store === undefined || retention === undefined) return;
    const tidy = (): void => {
      store.tidy(eveTimestamp(this.parts.now() - retention * 1e6));
    };
    this.#timers.push(setTimeout(tidy, FIRST_RETENTION));
    every(RETENTION_INTERVAL, tidy);
  }

  #feed(record: PacketRecord): void {
    try {
      this.engine.feed(record);
    } catch (error) {
      this.noteError(error, `packet ${record.number}`);
    }
  }

  /** A sensor outlives its bugs: each is told once. */
  noteError(error: unknown, where: string): void {
    this.internalErrors++;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const first = reason.split('\n').slice(0, 2).join(' ');
    if (this.#errorsTold.has(first) || this.#errorsTold.size >= MAX_ERRORS_TOLD) return;
    this.#errorsTold.add(first);
    this.say(`internal error at ${where}, please report it with this text:\n${reason}`);
  }

  async #reload(): Promise<ReloadResult> {
    const { configuration, keys } = await reloaded(
      this.#configuration,
      this.parts.terminal,
      this.parts.load,
    );
    const { rules, site } = configuration;
    const changes = this.#watched.reconfigure({
      rules,
      site,
      today: this.#today,
      associations: configuration.keys.associations,
    });
    this.#configuration = configuration;
    this.#useMatcher();
    return { rules: changes, keys };
  }

  #useMatcher(): void {
    const { localRules, keys } = this.#configuration;
    this.#matcher = filterMatcher(localRules, keys, this.parts.source.interfaces);
  }

  /** Interfaces that went, and came back. */
  #tellFaults(): void {
    const { source } = this.parts;
    if (source.faults.length === this.#faultsTold) return;
    const faults = faultRecords(source, []);
    for (const fault of faults.slice(this.#faultsTold)) {
      this.say(fault.message);
      this.#eve.anomaly(this.#events.fault(fault, this.parts.now()));
    }
    this.#faultsTold = source.faults.length;
  }

  /** Tells the store how often alerts were seen by now. */
  #updateAlerts(): void {
    let left = UPDATED_AT_ONCE;
    for (const alert of this.engine.knowledge.alerts) {
      if (left === 0) return;
      if (this.mutes.isSilent(alert)) continue;
      if (this.#update(alert)) left--;
    }
  }

  #update(alert: Alert): boolean {
    const { store } = this.parts;
    if (store === undefined || (this.#stored.get(alert) ?? 1) === alert.count) return false;
    this.#stored.set(alert, alert.count);
    store.alert(this.#records.alert(alert));
    return true;
  }

  async #end(): Promise<void> {
    const { eve, store } = this.parts;
    const summary = this.engine.finish();
    for (const text of summary.internalErrors) this.say(text);
    this.#tellFaults();
    this.tellIncidents(true);
    this.writeStats();
    eve.close();
    if (store === undefined) return;
    store.finish(sensorDocument(this, summary), 0, new Date().toISOString());
    await store.close(CLOSE_MILLISECONDS);
  }
}

/** Milliseconds that the store has at the end. */
const CLOSE_MILLISECONDS = 10_000;

/** An engine that only watches. */
function watchingEngine(options: EngineOptions): WatchedEngine {
  const engine = new Engine(options);
  return { engine, reconfigure: (configuration) => engine.reconfigure(configuration) };
}

/** `2026-12-31` of microseconds since 1970. */
function dayOf(time: number): string {
  return new Date(time / 1000).toISOString().slice(0, 10);
}

function placesOf(first: number, last: number): { first_packet: string; last_packet: string } {
  return { first_packet: eveTimestamp(first), last_packet: eveTimestamp(last) };
}
