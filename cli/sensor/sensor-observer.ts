/**
 * Follows the engine of a sensor: lines first, then everything that shows the same to others.
 */
import type { Alert } from '../../engine/alert.ts';
import type { EngineObserver } from '../../engine/engine.ts';
import type { EngineEvent } from '../../engine/events.ts';
import type { EveFile } from '../../io/export/eve-file.ts';
import type { RunFollower } from '../report/run-follower.ts';
import type { Mutes } from './mutes.ts';

/** Alerts shown by `status`. */
const RECENT = 10;
/** Lines that may wait while the file takes none; then only alerts, incidents and bindings are kept. */
const MAX_WAITING_LINES = 1000;

/** Alerts told so far, by rule and severity. */
export interface AlertCount {
  readonly rule: string;
  readonly severity: string;
  count: number;
}

/** Hands on what the engine tells. */
export class SensorObserver implements EngineObserver {
  /** Alerts that were told. */
  told = 0;
  readonly counts = new Map<string, AlertCount>();
  /** The youngest, oldest first. */
  readonly recent: Alert[] = [];
  readonly #follower: RunFollower;
  readonly #eve: EveFile;
  readonly #mutes: Mutes;
  readonly #onForgotten: (alert: Alert) => void;

  /** @param onForgotten told of alerts that the engine lets go of and somebody heard of */
  constructor(
    follower: RunFollower,
    eve: EveFile,
    mutes: Mutes,
    onForgotten: (alert: Alert) => void,
  ) {
    this.#follower = follower;
    this.#eve = eve;
    this.#mutes = mutes;
    this.#onForgotten = onForgotten;
  }

  onEvent(event: EngineEvent): void {
    const eve = this.#eve;
    if (eve.fault !== undefined && event.kind !== 'binding' && eve.waiting >= MAX_WAITING_LINES) {
      if (event.kind === 'mobility' || event.kind === 'icmpv6') eve.counts.lost++;
      return;
    }
    this.#follower.onEvent(event);
  }

  onAlert(alert: Alert): void {
    if (!this.#mutes.hides(alert)) this.tell(alert);
  }

  onAlertForgotten(alert: Alert): void {
    if (!this.#mutes.isSilent(alert)) this.#onForgotten(alert);
    this.#mutes.forget(alert);
  }

  /** Tells of an alert: its line is out before anybody else can see it. */
  tell(alert: Alert): void {
    this.#follower.onAlert(alert);
    this.#eve.flush();
    this.told++;
    const key = `${alert.rule.id}/${alert.severity}`;
    const known = this.counts.get(key);
    if (known !== undefined) known.count++;
    else this.counts.set(key, { rule: alert.rule.id, severity: alert.severity, count: 1 });
    this.recent.push(alert);
    if (this.recent.length > RECENT) this.recent.shift();
  }
}
