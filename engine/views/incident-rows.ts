/**
 * Incidents as rows of a screen. An alert that belongs to none is a row of its own.
 */
import { formatAddress, formatMac } from '../../dissectors/core/address.ts';
import type { Alert, Incident } from '../alert.ts';
import { SEVERITIES } from '../rule-api.ts';
import type { Evidence } from '../rule-api.ts';
import type { AlertRow, EvidenceRow, IncidentRow } from './model/state.ts';
import { secondsAt } from './row-place.ts';
import type { RowPlace } from './row-place.ts';

/** Rows of a view; of more the worst are shown. */
export const MAX_INCIDENT_ROWS = 500;
/** Evidence of an alert and of an incident. */
export const MAX_EVIDENCE_ROWS = 64;
/** Alerts of a row. */
export const MAX_ALERT_ROWS = 64;

/** Text of an address of 16 octets or of a link-layer address. */
export function partyText(bytes: Uint8Array): string {
  return bytes.length === 16 ? formatAddress(bytes) : formatMac(bytes, 0, bytes.length);
}

/** Numbers of incidents that stay the same as long as their first alert does. */
export class IncidentNumbers {
  readonly #byAlert = new Map<number, number>();

  /** Number of what begins with an alert. */
  of(alertId: number): number {
    let id = this.#byAlert.get(alertId);
    if (id === undefined) {
      id = this.#byAlert.size + 1;
      this.#byAlert.set(alertId, id);
    }
    return id;
  }

  /** The first alert of a number. */
  alertOf(id: number): number | undefined {
    for (const [alert, known] of this.#byAlert) if (known === id) return alert;
    return undefined;
  }
}

function evidenceRow({ packet, text, link }: Evidence, place: RowPlace): EvidenceRow {
  return {
    packet: place.positionOf(packet),
    number: packet.number,
    seconds: secondsAt(packet.time, place),
    link: link?.name,
    text,
  };
}

function alertRow(alert: Alert, place: RowPlace): AlertRow {
  const { id, rule, severity, confidence, draft, count } = alert;
  const { homeAddress, attacker } = draft;
  // What decided it is shown also when the rule names nothing else.
  const evidence: readonly Evidence[] =
    draft.evidence.length === 0
      ? [{ packet: draft.packet, text: draft.message }]
      : draft.evidence.slice(0, MAX_EVIDENCE_ROWS);
  return {
    id,
    rule: rule.id,
    title: rule.title,
    severity,
    confidence,
    stage: draft.stage,
    message: draft.message,
    count,
    evidence: evidence.map((item) => evidenceRow(item, place)),
    explanation: rule.explanation,
    advice: rule.advice,
    references: rule.references,
    illustration: rule.illustration,
    homeAddress: homeAddress === undefined ? undefined : formatAddress(homeAddress),
    attacker: attacker === undefined ? undefined : partyText(attacker),
  };
}

/** How rows of incidents are made. */
export interface IncidentRowOptions {
  readonly numbers: IncidentNumbers;
  /** Until when an alert is muted, milliseconds since 1970; undefined when it is not. */
  readonly mutedUntil: (alert: Alert) => number | undefined;
}

/** Until when all of them are muted; undefined when one is not. */
function allMutedUntil(
  alerts: readonly Alert[],
  mutedUntil: IncidentRowOptions['mutedUntil'],
): number | undefined {
  let least: number | undefined;
  for (const alert of alerts) {
    const until = mutedUntil(alert);
    if (until === undefined) return undefined;
    least = Math.min(least ?? until, until);
  }
  return least;
}

function firstAlert(alerts: readonly Alert[]): number {
  return alerts.reduce((least, { id }) => Math.min(least, id), Number.POSITIVE_INFINITY);
}

function incidentRow(
  incident: Incident,
  place: RowPlace,
  { numbers, mutedUntil }: IncidentRowOptions,
): IncidentRow {
  const { alerts, homeAddress, homeAgent, stages } = incident;
  const until = allMutedUntil(alerts, mutedUntil);
  // A muted alert of an incident that goes on is left out.
  const shown =
    until === undefined ? alerts.filter((alert) => mutedUntil(alert) === undefined) : alerts;
  const isShown = new Set(shown);
  return {
    id: numbers.of(firstAlert(alerts)),
    title: incident.title,
    severity: incident.severity,
    confidence: incident.confidence,
    assessment: incident.assessment,
    homeAddress: homeAddress === undefined ? undefined : formatAddress(homeAddress),
    homeAgent: homeAgent === undefined ? undefined : formatAddress(homeAgent),
    attackers: incident.attackers.map(partyText),
    first: secondsAt(incident.first.time, place),
    last: secondsAt(incident.last.time, place),
    stages: stages.flatMap(({ stage, alerts: ofStage }) => {
      const ids = ofStage.filter((alert) => isShown.has(alert)).map(({ id }) => id);
      return ids.length === 0 ? [] : [{ stage, alerts: ids }];
    }),
    alerts: shown.slice(0, MAX_ALERT_ROWS).map((alert) => alertRow(alert, place)),
    evidence: incident.evidence.slice(0, MAX_EVIDENCE_ROWS).map((item) => evidenceRow(item, place)),
    narrative: incident.narrative,
    advice: incident.advice,
    mutedUntil: until,
  };
}

function loneRow(
  alert: Alert,
  place: RowPlace,
  { numbers, mutedUntil }: IncidentRowOptions,
): IncidentRow {
  const row = alertRow(alert, place);
  const { draft, severity, confidence, rule } = alert;
  const times = row.evidence.map(({ seconds }) => seconds);
  return {
    id: numbers.of(alert.id),
    title:
      row.homeAddress === undefined ? rule.title : `${rule.title}: home address ${row.homeAddress}`,
    severity,
    confidence,
    assessment: undefined,
    homeAddress: row.homeAddress,
    homeAgent: draft.homeAgent === undefined ? undefined : formatAddress(draft.homeAgent),
    attackers: row.attacker === undefined ? [] : [row.attacker],
    first: Math.min(...times, secondsAt(draft.packet.time, place)),
    last: Math.max(...times, secondsAt(alert.lastPacket.time, place)),
    stages: draft.stage === undefined ? [] : [{ stage: draft.stage, alerts: [alert.id] }],
    alerts: [row],
    evidence: row.evidence,
    narrative: [`${draft.message}.`],
    advice: [rule.advice],
    mutedUntil: mutedUntil(alert),
  };
}

/** Rows of incidents and of alerts that belong to none: worst first, then the one that began first. */
export function incidentRows(
  incidents: readonly Incident[],
  alerts: readonly Alert[],
  place: RowPlace,
  options: IncidentRowOptions,
): IncidentRow[] {
  const joined = new Set(incidents.flatMap((incident) => incident.alerts));
  const lone = alerts.filter((alert) => !joined.has(alert));
  const worth = (severity: Alert['severity']): number => SEVERITIES.indexOf(severity);
  // Numbers follow the order in which things were found, whatever is shown.
  const all = [
    ...incidents.map((incident) => ({
      first: firstAlert(incident.alerts),
      severity: incident.severity,
      make: () => incidentRow(incident, place, options),
    })),
    ...lone.map((alert) => ({
      first: alert.id,
      severity: alert.severity,
      make: () => loneRow(alert, place, options),
    })),
  ].sort((a, b) => a.first - b.first);
  for (const { first } of all) options.numbers.of(first);
  return all
    .sort((a, b) => worth(b.severity) - worth(a.severity) || a.first - b.first)
    .slice(0, MAX_INCIDENT_ROWS)
    .map(({ make }) => make());
}
