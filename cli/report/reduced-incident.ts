/**
 * Incidents of which some alerts are not shown.
 */
import type { Alert, Incident } from '../../engine/alert.ts';
import { SEVERITIES } from '../../engine/rule-api.ts';
import type { Severity } from '../../engine/rule-api.ts';

/**
 * An incident with the alerts that are shown and their evidence.
 * @returns the incident itself when all its alerts are shown, undefined when none is
 */
export function reducedIncident(
  incident: Incident,
  isShown: (alert: Alert) => boolean,
): Incident | undefined {
  const alerts = incident.alerts.filter(isShown);
  if (alerts.length === 0) return undefined;
  if (alerts.length === incident.alerts.length) return incident;
  const texts = new Set(alerts.flatMap(({ draft }) => draft.evidence.map(({ text }) => text)));
  return {
    ...incident,
    alerts,
    severity: worstOf(alerts),
    stages: incident.stages.flatMap(({ stage, alerts: all }) => {
      const shown = all.filter((alert) => alerts.includes(alert));
      return shown.length === 0 ? [] : [{ stage, alerts: shown }];
    }),
    evidence: incident.evidence.filter(({ text }) => texts.has(text)),
  };
}

function worstOf(alerts: readonly Alert[]): Severity {
  const ranks = alerts.map(({ severity }) => SEVERITIES.indexOf(severity));
  return SEVERITIES[Math.max(...ranks)] ?? 'info';
}
