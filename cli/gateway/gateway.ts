/**
 * A gateway: a judge in the path of packets, what watches it, and what has to be done beside it.
 *
 * What an engine finds is told, stored, muted and reloaded as by a sensor; the sensor's source gives nothing here, because
 * packets come from a place in their path.
 */
import type { EngineOptions } from '../../engine/engine.ts';
import { PacketJudge } from '../../engine/inline/index.ts';
import type { JudgeMode } from '../../engine/inline/index.ts';
import type { PacketRecord, VerdictCounts, VerdictSource } from '../../engine/ports.ts';
import type { EveFile } from '../../io/export/eve-file.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';
import type { GatewayStore } from '../../io/store/gateway-store.ts';
import type { StoreQueue } from '../../io/store/store-queue.ts';
import type { SensorSource, WatchedEngine } from '../sensor/sensor-facts.ts';
import { Sensor } from '../sensor/sensor.ts';
import type { ReloadResult } from '../sensor/sensor.ts';
import type { Terminal } from '../terminal.ts';
import { DropLog } from './drop-log.ts';
import type { RuleDrops } from './drop-log.ts';
import type { DroppedPackets } from './dropped-packets.ts';
import {
  namedGateway,
  restartSettings,
  takenSettings,
  verdictsOf,
} from './gateway-configuration.ts';
import type { GatewayConfiguration } from './gateway-configuration.ts';
import type { GatewaySettings } from './gateway-file.ts';
import { refuseLockOut } from './gateway-refusals.ts';
import { KeptState } from './gateway-state.ts';
import { GatewayWriter } from './gateway-writer.ts';
import { Judging } from './judging.ts';
import { Latency } from './latency.ts';
import { PathWatch } from './path-watch.ts';
import type { AccountedQueue, InstalledFilter } from './path-watch.ts';
import { sumOf } from './queue-workers.ts';
import type { QueueWorkers } from './queue-workers.ts';
import { UnjudgedWatch } from './unjudged-alarm.ts';

/** Seconds after which an alert that is not seen again is let go. */
const ALERT_MEMORY = 3600;
/** Milliseconds between two rounds of chores, and rounds between two questions to the packet filter. */
const CHORE_INTERVAL = 1000;
const ROUNDS_PER_VERIFY = 10;

/** What a gateway is made of; all of it is open. */
export interface GatewayParts {
  readonly configuration: GatewayConfiguration;
  readonly source: VerdictSource;
  readonly mode: JudgeMode;
  readonly eve: EveFile;
  readonly store: StoreQueue | undefined;
  readonly state: GatewayStore | undefined;
  readonly keeper: DroppedPackets | undefined;
  readonly terminal: Terminal;
  readonly version: string;
  readonly seed: number;
  /** Clock of the machine, microseconds since 1970. */
  readonly now: () => number;
  /** Lock-outs are told instead of refused, also by a reload. */
  readonly isForced: boolean;
  readonly queue: AccountedQueue | undefined;
  readonly isOwned: () => boolean;
}

/** What can be had only when packets are judged already. */
export interface GatewayPath {
  readonly filter: InstalledFilter | undefined;
  readonly workers: QueueWorkers | undefined;
}

/** What a reload changed. */
export interface GatewayReload extends ReloadResult {
  /** What is not as the files say, and why. */
  readonly notes: readonly string[];
}

/** One gateway, from its first packet to its last. */
export class Gateway {
  readonly parts: GatewayParts;
  readonly sensor: Sensor;
  readonly judge: PacketJudge;
  readonly judging: Judging;
  readonly drops: DropLog;
  readonly path: PathWatch;
  readonly unjudged = new UnjudgedWatch();
  readonly writer: GatewayWriter;
  /** Sentences of the path that failed, and how often. */
  readonly faults = new Map<string, number>();
  /** What became of the state of the last run, a sentence. */
  readonly restored: string | undefined;
  settings: GatewaySettings;
  #kept: KeptState | undefined;
  #filter: InstalledFilter | undefined;
  #workers: QueueWorkers | undefined;
  #pending: GatewaySettings | undefined;
  /** Settings of the last reload that take a restart. */
  #restarts: readonly string[] = [];
  #chores: NodeJS.Timeout | undefined;
  #rounds = 0;

  constructor(parts: GatewayParts) {
    const { configuration, source, eve, store, terminal, state } = parts;
    this.parts = parts;
    this.settings = configuration.settings;
    this.writer = new GatewayWriter(eve, {
      signalling: this.settings.eve.signalling,
      isBlocking: () => this.judge.mode === 'enforce' && this.judge.isRefusing,
    });
    const judges: PacketJudge[] = [];
    this.sensor = new Sensor({
      source: silentSource(source),
      configuration: configuration.watched,
      ...{ eve, store, terminal, version: parts.version, seed: parts.seed, now: parts.now },
      alertMemory: ALERT_MEMORY,
      stats: this.settings.stats === 0 ? undefined : this.settings.stats,
      retention: retentionOf(this.settings),
      makeEngine: (options) => this.#watched(options, judges),
      load: () => this.#load(),
      writer: this.writer,
      moreStats: () => ({ gateway: this.statsRecord() }),
    });
    const [judge] = judges;
    if (judge === undefined) throw new Error('no judge was made');
    this.judge = judge;
    this.drops = new DropLog(source, (record) => {
      this.writer.drop(record);
    });
    this.judging = new Judging({
      ...{ source, judge, drops: this.drops, keeper: parts.keeper },
      onError: (error, record) => {
        this.sensor.noteError(error, `packet ${record.number}`);
      },
      onPassed: (record) => {
        this.#workers?.copy(record);
      },
    });
    this.path = new PathWatch({
      queue: parts.queue,
      queuedElsewhere: () => this.#workers?.queued ?? 0,
      isOwned: parts.isOwned,
      counts: () => source.counts(),
    });
    this.#kept = state === undefined ? undefined : new KeptState(judge, state);
    this.restored = this.#kept?.restored;
  }

  get mode(): JudgeMode {
    return this.judge.mode;
  }

  get workers(): QueueWorkers | undefined {
    return this.#workers;
  }

  get filter(): InstalledFilter | undefined {
    return this.#filter;
  }

  /** Judges from now on; before control goes back to the event loop. */
  start(): void {
    const { source } = this.parts;
    source.onFault = (sentence) => {
      this.fault(sentence);
    };
    this.judging.start();
    this.#chores = setInterval(() => {
      this.#guarded(() => {
        this.chores();
      });
    }, CHORE_INTERVAL);
  }

  /** The rules stand, and other queues have their processes. */
  join({ filter, workers }: GatewayPath): void {
    this.#filter = filter;
    this.#workers = workers;
    this.path.filter = filter;
  }

  /** Does the work of a sensor until `signal` is aborted. Afterwards everything is written and closed. */
  run(signal: AbortSignal): Promise<void> {
    return this.sensor.run(signal);
  }

  /** Enforces, or only watches, from the next packet on. */
  setMode(mode: JudgeMode): void {
    if (mode === this.judge.mode) return;
    this.judge.mode = mode;
    this.#workers?.setMode(mode);
    const what = mode === 'enforce' ? 'attacks are dropped' : 'nothing is dropped, only told';
    this.alarm('GATEWAY_MODE', `mode ${mode}: ${what}`, 'warn');
  }

  /** Says something of the path in the log and in the EVE file. */
  alarm(code: string, sentence: string, severity: 'warn' | 'error' = 'error'): void {
    this.sensor.say(sentence);
    const { source, now } = this.parts;
    this.writer.anomaly({
      timestamp: eveTimestamp(now()),
      pcap_cnt: source.inputs[0]?.packets ?? 0,
      pcap_filename: source.name,
      ...{ type: 'gateway', code, severity, group: 'gateway', text: sentence },
    });
    this.parts.eve.flush();
  }

  /** The path failed. Each sentence is told once. */
  fault(sentence: string): void {
    const times = this.faults.get(sentence) ?? 0;
    if (times === 0 && this.faults.size >= MAX_FAULTS) return;
    this.faults.set(sentence, times + 1);
    if (times === 0) this.alarm('GATEWAY_PATH', sentence);
  }

  /**
   * Loads the files again and uses them from the next packet on, all or nothing.
   * @returns undefined when another reload was under way
   * @throws CliError with what is wrong; what was in use stays so
   */
  async reload(): Promise<GatewayReload | undefined> {
    const { mode } = this.settings;
    const result = await this.sensor.reload();
    if (result === undefined) return undefined;
    const notes = [...result.keys.notes];
    const restarts = this.#restarts;
    if (restarts.length > 0) notes.push(`${restarts.join(', ')}: a restart takes the new settings`);
    if (mode !== this.settings.mode) this.setMode(this.settings.mode);
    notes.push(...((await this.#workers?.reload()) ?? []));
    return { ...result, notes };
  }

  /** As `reload`; tells the log how it went. */
  async reloadAndTell(): Promise<void> {
    try {
      const result = await this.reload();
      if (result === undefined) return;
      const { added, removed, changed, unchanged } = result.rules;
      const counts = `${added.length} added, ${removed.length} removed, ${changed.length} changed, ${unchanged} as before`;
      this.sensor.say(`configuration loaded again: rules: ${counts}; keys: ${result.keys.state}`);
      for (const note of result.notes) this.sensor.say(note);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.sensor.say(`configuration not loaded, the one in use stays:\n${reason}`);
    }
  }

  /** Counts of all queues together. */
  counts(): VerdictCounts {
    const own = this.parts.source.counts();
    return sumOf([own, ...(this.#workers?.queues.map(({ counts }) => counts) ?? [])]);
  }

  /** Drops of all processes by rule. */
  dropsByRule(): ReadonlyMap<string, RuleDrops> {
    const all = new Map([...this.drops.byRule].map(([id, drops]) => [id, { ...drops }] as const));
    this.#workers?.addDrops(all);
    return all;
  }

  /** How long packets were judged, in all processes. */
  latency(): Latency {
    const all = new Latency();
    all.merge(this.judging.latency);
    this.#workers?.addLatency(all);
    return all;
  }

  /** Numbers as lines of numbers, the status and the store have them. */
  statsRecord(): object {
    const { judged, passed, dropped, passedUnjudged, droppedUnjudged, waiting } = this.counts();
    const byRule = [...this.dropsByRule()];
    return {
      mode: this.mode,
      fail_mode: this.settings.failMode,
      ...{ judged, passed, dropped, passed_unjudged: passedUnjudged },
      ...{ dropped_unjudged: droppedUnjudged, waiting },
      would_drop: byRule.reduce((sum, [, { wouldDrop }]) => sum + wouldDrop, 0),
      by_rule: Object.fromEntries(
        byRule.map(([id, drops]) => [
          id,
          { dropped: drops.dropped, would_drop: drops.wouldDrop, rate_limited: drops.rateLimited },
        ]),
      ),
      processes: 1 + (this.#workers?.size ?? 0),
      restarts: this.#workers?.restarts ?? 0,
    };
  }

  /** What has to be done every second. */
  chores(): void {
    this.drops.tellDue();
    this.parts.keeper?.tick();
    this.#kept?.save();
    this.path.look();
    for (const { code, sentence } of this.unjudged.look(this.counts(), performance.now())) {
      this.alarm(code, sentence);
    }
    if (this.#rounds++ % ROUNDS_PER_VERIFY === 0) void this.verify();
  }

  /** Asks the packet filter whether packets still come by. Never rejects. */
  async verify(): Promise<void> {
    for (const problem of await this.path.verify()) this.alarm('GATEWAY_RULES', problem);
  }

  /** Writes what is left to be written, before the run ends. */
  end(): void {
    clearInterval(this.#chores);
    this.drops.tellDue(true);
    this.#guarded(() => {
      this.#kept?.save(true);
    });
    for (const { code, sentence } of this.unjudged.look(this.counts(), Infinity)) {
      this.alarm(code, sentence);
    }
    this.parts.keeper?.close();
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.sensor.noteError(error, 'a round of chores');
    }
  }

  #watched(options: EngineOptions, made: PacketJudge[]): WatchedEngine {
    const judge = new PacketJudge({
      engine: options,
      mode: this.parts.mode,
      ...policyOf(this.settings),
    });
    made.push(judge);
    return {
      engine: judge.engine,
      reconfigure: (configuration) => {
        // Another day changes suppressions only; a reload brings everything.
        const next = configuration.associations === undefined ? undefined : this.#pending;
        const changes = judge.reconfigure({
          engine: configuration,
          ...(next === undefined ? {} : policyOf(next)),
        });
        if (next !== undefined) {
          this.#restarts = restartSettings(this.settings, next);
          this.settings = takenSettings(this.settings, next);
        }
        return changes ?? { added: [], removed: [], changed: [], unchanged: 0 };
      },
    };
  }

  async #load(): ReturnType<NonNullable<Sensor['parts']['load']>> {
    this.#pending = undefined;
    const { settings, named } = await namedGateway(this.settings.file, this.settings);
    const before = { settings: this.settings, watched: this.sensor.configuration };
    const { keys, keyDigests } = before.watched;
    const known = settings.keys.length > 0 ? keys : { ...keys, associations: [], ike: [] };
    const watched = { ...named, keys: known, keyDigests };
    const { isForced, terminal } = this.parts;
    refuseLockOut({ settings, watched }, isForced, terminal, undefined, before);
    this.#pending = settings;
    return named;
  }
}

/** Different faults told. */
const MAX_FAULTS = 100;

function retentionOf({ db }: GatewaySettings): number | undefined {
  return db?.retention === undefined ? undefined : db.retention / 1000;
}

/** How findings become verdicts. */
export function policyOf(
  settings: GatewaySettings,
): Pick<ConstructorParameters<typeof PacketJudge>[0], 'verdicts' | 'dropsPartial' | 'rateLimit'> {
  return {
    verdicts: verdictsOf(settings),
    dropsPartial: settings.dropPartial,
    rateLimit: settings.rateLimit,
  };
}

/** A source for what watches: packets come another way. */
function silentSource({ inputs, interfaces }: VerdictSource): SensorSource {
  return {
    inputs,
    interfaces,
    faults: [],
    run: (_: (record: PacketRecord) => void, { signal } = {}) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) resolve();
        signal?.addEventListener('abort', () => {
          resolve();
        });
      }),
  };
}
