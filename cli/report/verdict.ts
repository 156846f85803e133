/**
 * What a run comes down to: its exit code and the sentence that says why.
 */
import { SEVERITIES } from '../../engine/rule-api.ts';
import type { Severity } from '../../engine/rule-api.ts';
import type { AuditDocument } from '../../io/export/records.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { plural } from './numbers.ts';
import type { Style } from './palette.ts';

/** Whether `severity` is `limit` or worse. */
export function isAtLeast(severity: Severity, limit: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(limit);
}

/** Whether the run found something at or above its threshold. */
function hasFindings(document: AuditDocument): boolean {
  const limit = document.run.fail_on;
  return [...document.alerts, ...document.incidents].some(({ severity }) =>
    isAtLeast(severity, limit),
  );
}

/** Exit code of a run: findings win over damaged inputs, and both over our own bugs. */
export function exitCodeOf(document: AuditDocument): ExitCode {
  if (hasFindings(document)) return EXIT.findings;
  if (document.faults.length > 0) return EXIT.input;
  return document.internal_errors.length > 0 ? EXIT.internal : EXIT.clean;
}

/** `1 critical, 2 medium`, worst first. */
function bySeverity(found: readonly { readonly severity: Severity }[]): string {
  return [...SEVERITIES]
    .reverse()
    .map((severity) => ({ severity, count: found.filter((f) => f.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}`)
    .join(', ');
}

/** The closing sentence, and how it looks. */
export function verdictOf(document: AuditDocument): { text: string; style: Style } {
  const { incidents, run } = document;
  const others = document.alerts.filter((alert) => alert.incident_id === undefined);
  const parts: string[] = [];
  if (incidents.length > 0) {
    parts.push(`${plural(incidents.length, 'incident')} (${bySeverity(incidents)})`);
  }
  if (others.length > 0) {
    const name = incidents.length > 0 ? 'other finding' : 'finding';
    parts.push(`${plural(others.length, name)} (${bySeverity(others)})`);
  }
  const hidden = run.hidden_alerts ?? 0;
  const known = run.baseline?.known.length ?? 0;
  const left = [
    hidden === 0 ? '' : `, ${plural(hidden, 'finding')} left out by the filter`,
    known === 0 ? '' : `, ${plural(known, 'known finding')} left out by the baseline`,
  ].join('');
  const found =
    (parts.length === 0 ? (known > 0 ? 'No new findings' : 'No findings') : parts.join(' and ')) +
    left;
  switch (exitCodeOf(document)) {
    case EXIT.findings:
      return {
        text: `${found}. Exit code 1: at least one is ${run.fail_on} or worse (--fail-on).`,
        style: 'bad',
      };
    case EXIT.input:
      return {
        text: `${found}. Exit code 3: an input is damaged or cut short, so there may be more.`,
        style: 'warning',
      };
    case EXIT.internal:
      return {
        text: `${found}. Exit code 5: a rule failed, which is a bug; the other rules ran.`,
        style: 'bad',
      };
    default:
      return parts.length === 0
        ? { text: `${found}.`, style: 'good' }
        : { text: `${found}, none ${run.fail_on} or worse (--fail-on).`, style: 'plain' };
  }
}
