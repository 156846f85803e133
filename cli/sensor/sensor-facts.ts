/**
 * What a sensor is made of, and what it lets others look at.
 */
import type { EngineConfiguration, EngineOptions } from '../../engine/engine.ts';
import type { Engine } from '../../engine/pipeline.ts';
import type { PacketSource } from '../../engine/ports.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import type { LiveSource } from '../../io/capture/live-source.ts';
import type { RuleChanges } from '../../engine/rules/rule-changes.ts';
import type { EveFile } from '../../io/export/eve-file.ts';
import type { EveWriter } from '../../io/export/eve.ts';
import type { BindingRecord } from '../../io/export/records.ts';
import type { StoreQueue } from '../../io/store/store-queue.ts';
import type { Terminal } from '../terminal.ts';
import type { NamedSettings, SensorConfiguration } from './configuration.ts';
import type { IncidentWatch } from './incident-watch.ts';
import type { Mutes } from './mutes.ts';
import type { Overload } from './overload.ts';
import type { SensorObserver } from './sensor-observer.ts';

/** Where packets come from: interfaces, or anything else in tests. */
export type SensorSource = PacketSource & Partial<LiveSource>;

/** An engine, and who changes its configuration. */
export interface WatchedEngine {
  readonly engine: Engine;
  reconfigure(configuration: EngineConfiguration): RuleChanges;
}

/** What a sensor is made of; all of it is open. */
export interface SensorParts {
  readonly source: SensorSource;
  readonly configuration: SensorConfiguration;
  readonly eve: EveFile;
  readonly store: StoreQueue | undefined;
  readonly terminal: Terminal;
  readonly version: string;
  /** Seconds after which an alert that is not seen again is let go. */
  readonly alertMemory: number;
  /** Seconds between two lines of numbers; undefined = none but the last. */
  readonly stats: number | undefined;
  /** Seconds after which rows of the store are removed; undefined = never. */
  readonly retention: number | undefined;
  readonly seed: number;
  /** Clock of the machine, microseconds since 1970. */
  readonly now: () => number;
  /** Makes the engine; by default one that watches what the source gives. */
  readonly makeEngine?: (options: EngineOptions) => WatchedEngine;
  /** Loads site and rules again; by default those of the files of the configuration. */
  readonly load?: () => Promise<NamedSettings>;
  /** Writes events to `eve`; by default all of them. */
  readonly writer?: EveWriter;
  /** More numbers for the lines of numbers. */
  readonly moreStats?: () => Readonly<Record<string, unknown>>;
}

/** How often the configuration was loaded again. */
export interface ReloadCounts {
  ok: number;
  failed: number;
}

/** A sensor as its status, its numbers and its commands see it. */
export interface SensorFacts {
  readonly parts: SensorParts;
  readonly engine: Engine;
  readonly observer: SensorObserver;
  readonly mutes: Mutes;
  readonly overload: Overload;
  readonly incidents: IncidentWatch;
  readonly reloads: Readonly<ReloadCounts>;
  /** Packets at which something went wrong inside mip6guard: bugs. */
  readonly internalErrors: number;
  /** Microseconds since 1970. */
  readonly startedAt: number;
  readonly configuration: SensorConfiguration;
  /** A binding as outputs show it. */
  recordOf(binding: Readonly<Binding>): BindingRecord;
}
