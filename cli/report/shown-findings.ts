/**
 * Findings of a run that are reported: all, or those that a filter selects and no baseline holds.
 */
import type { Alert } from '../../engine/alert.ts';
import type { EngineObserver, EngineSummary } from '../../engine/engine.ts';
import type { AlertRecord, BaselineRecord } from '../../io/export/records.ts';
import { knownFinding } from '../baseline.ts';
import type { Baseline } from '../baseline.ts';
import { alertFingerprint } from './fingerprint.ts';
import type { TrafficCounter } from './html/traffic.ts';
import { reducedIncident } from './reduced-incident.ts';

/**
 * Follows a run, but for alerts that are not reported.
 * @param traffic counts signalling, where somebody draws it
 */
export function shownOnly(
  follower: EngineObserver,
  traffic: TrafficCounter | undefined,
  isShown: (alert: Alert) => boolean,
): EngineObserver {
  return {
    onEvent(event) {
      if (
        traffic !== undefined &&
        (event.kind === 'mobility' || event.kind === 'icmpv6' || event.kind === 'esp')
      ) {
        traffic.addSignalling(event.context.packet.time);
      }
      follower.onEvent?.(event);
    },
    onAlert(alert) {
      if (isShown(alert)) follower.onAlert?.(alert);
    },
  };
}

/** What was found, without alerts that are not reported. */
export function shownSummary(
  summary: EngineSummary,
  isShown: (alert: Alert) => boolean,
): EngineSummary {
  return {
    ...summary,
    alerts: summary.alerts.filter(isShown),
    incidents: summary.incidents.flatMap((incident) => reducedIncident(incident, isShown) ?? []),
  };
}

/**
 * What a baseline did. An entry was seen when the run found it, whatever a filter shows.
 * @param found everything that the run found
 * @param known findings that would have been reported without the baseline
 * @param knownIncidents incidents that would have been
 */
export function baselineRecord(
  { file, findings }: Baseline,
  found: EngineSummary,
  known: readonly AlertRecord[],
  knownIncidents: number,
): BaselineRecord {
  const seen = new Set(found.alerts.map(alertFingerprint));
  return {
    file,
    known: known.map(knownFinding),
    known_incidents: knownIncidents,
    not_seen: [...findings.values()].filter(({ fingerprint }) => !seen.has(fingerprint)),
  };
}
