/**
 * How a run is, for whoever looks at it.
 */
import type { PacketSource } from '../../engine/ports.ts';
import type { InputStatus, ModelStatus, ViewName } from '../../engine/views/model/index.ts';
import type { LiveSource } from '../../io/capture/live-source.ts';
import type { ModelLog } from './model-log.ts';
import type { ModelRun } from './model-run.ts';
import type { ViewMaker } from './model-views.ts';
import type { Mutes } from './mutes.ts';
import type { ShownLists } from './shown-lists.ts';

/** Share of the progress that reading has; the rest is the index. */
const READ_SHARE = 0.5;

const NO_VERSIONS: Readonly<Record<ViewName, number>> = {
  bindings: 0,
  associations: 0,
  routability: 0,
  incidents: 0,
  topology: 0,
  statistics: 0,
  log: 0,
};
const VIEWS: readonly ViewName[] = [
  'bindings',
  'associations',
  'routability',
  'incidents',
  'topology',
  'statistics',
  'log',
];

/** Parts of a model that say how it is. */
export interface StatusParts {
  readonly run: ModelRun;
  readonly lists: ShownLists;
  readonly views: ViewMaker;
  readonly mutes: Mutes;
  readonly log: ModelLog;
  readonly source: PacketSource;
  readonly live: LiveSource | undefined;
}

/** Makes the status. */
export class StatusMaker {
  /** A file that is followed has been read as far as it goes. */
  isFollowing = false;
  isCapturing = true;
  failure: string | undefined;
  readonly #parts: StatusParts;
  readonly #versions: Record<ViewName, number> = { ...NO_VERSIONS };
  #logVersion = 0;

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  /** The status as of now. */
  make(): ModelStatus {
    const { run, lists, views, live } = this.#parts;
    const { catalogue } = run;
    const last = catalogue.length - 1;
    const { first } = run.looker;
    const end = catalogue.time(last);
    return {
      phase: this.#phase(),
      inputs: live === undefined ? this.#fileInputs() : liveInputs(live),
      packets: catalogue.length,
      shown: lists.length,
      forgotten: catalogue.first,
      progress: this.#progress(),
      filter: lists.text,
      isFiltering: lists.isFiltering,
      firstTime: last < 0 ? 0 : first.seconds + first.nanoseconds / 1e9,
      lastTime: last < 0 ? 0 : end.seconds + end.nanoseconds / 1e9,
      shed: live === undefined ? 0 : shedOf(live),
      alerts: this.#alertCounts(),
      incidents: views.incidentCount,
      failure: this.failure,
      versions: this.#currentVersions(),
    };
  }

  #phase(): ModelStatus['phase'] {
    const { run, live } = this.#parts;
    if (this.failure !== undefined) return 'failed';
    if (live !== undefined && !run.isRead) return this.isCapturing ? 'following' : 'stopped';
    if (run.isRead) return run.indexer.hasWork ? 'loading' : 'complete';
    return this.isFollowing ? 'following' : 'loading';
  }

  #progress(): number | undefined {
    const { run, live } = this.#parts;
    if (this.isFollowing || live !== undefined) return undefined;
    const { isRead, indexer, catalogue, progress } = run;
    if (isRead) {
      const share = catalogue.length === 0 ? 1 : indexer.done('signalling') / catalogue.length;
      return READ_SHARE + (1 - READ_SHARE) * share;
    }
    if (progress === undefined || progress.octetsTotal === 0) return undefined;
    return READ_SHARE * Math.min(1, progress.octetsRead / progress.octetsTotal);
  }

  #fileInputs(): InputStatus[] {
    const { inputs, faults } = this.#parts.source;
    return inputs.map(({ name, packets }, index) => ({
      name,
      packets,
      dropped: undefined,
      fault: faults.find(({ inputIndex }) => inputIndex === index)?.message,
    }));
  }

  #alertCounts(): ModelStatus['alerts'] {
    const { run, mutes } = this.#parts;
    const counts = { info: 0, low: 0, medium: 0, high: 0, critical: 0 };
    for (const alert of run.engine.knowledge.alerts) {
      if (mutes.until(alert) === undefined) counts[alert.severity]++;
    }
    return counts;
  }

  #currentVersions(): Record<ViewName, number> {
    const { run, log } = this.#parts;
    if (log.version !== this.#logVersion) run.changed.add('log');
    this.#logVersion = log.version;
    for (const name of VIEWS) if (run.changed.has(name)) this.#versions[name]++;
    run.changed.clear();
    return { ...this.#versions };
  }
}

function liveInputs(live: LiveSource): InputStatus[] {
  return live.counts.map(({ name, received, dropped, droppedByInterface, fault }) => ({
    name,
    packets: received,
    dropped: dropped + droppedByInterface,
    fault,
  }));
}

function shedOf({ counts }: LiveSource): number {
  return counts.reduce((sum, item) => sum + item.shedPayload + item.shedSignalling, 0);
}
