/**
 * What the site file hid: the section of the text report, and its record.
 */
import { formatPrefix } from '../../dissectors/core/address.ts';
import type { ScopePrefix } from '../../engine/rules/settings.ts';
import type { SuppressionReport } from '../../engine/rules/suppressions.ts';
import type { AuditDocument, SuppressionRecord } from '../../io/export/records.ts';
import { plural } from './numbers.ts';
import type { Page } from './page.ts';

/** Suppressions that are named. */
const MAX_NAMED = 20;
/** Rules and addresses named of each. */
const MAX_WORDS = 6;

function prefixText({ prefix, length }: ScopePrefix): string {
  return formatPrefix({ bytes: prefix, length }).replace(/\/128$/, '');
}

/** Record of what a suppression did. */
export function suppressionRecord({
  settings,
  isExpired,
  alerts,
  findings,
}: SuppressionReport): SuppressionRecord {
  const { rules, track, addresses, until, reason } = settings;
  return {
    rules,
    ...(track === undefined ? {} : { track }),
    ...(addresses === undefined ? {} : { addresses: addresses.map(prefixText) }),
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
    is_expired: isExpired,
    alerts,
    findings,
  };
}

/** `3 alerts hidden by suppressions, 1 suppression expired`; empty when there is nothing to say. */
export function hiddenText({ run }: AuditDocument): string {
  const { suppressions = [], held_back: held = 0 } = run;
  const alerts = suppressions.reduce((sum, item) => sum + item.alerts, 0);
  const expired = suppressions.filter((item) => item.is_expired).length;
  return [
    ...(alerts === 0 ? [] : [`${plural(alerts, 'alert')} hidden by suppressions`]),
    ...(expired === 0 ? [] : [`${plural(expired, 'suppression')} expired`]),
    ...(held === 0 ? [] : [`${plural(held, 'finding')} held back by thresholds`]),
  ].join(', ');
}

/** Section "Hidden by the site file". */
export function writeSuppressions(page: Page, document: AuditDocument): void {
  const text = hiddenText(document);
  if (text === '') return;
  page.heading('Hidden by the site file');
  page.paragraph(2, `${text}.`);
  const { suppressions = [] } = document.run;
  const shown = suppressions.filter((item) => item.alerts > 0 || item.is_expired);
  for (const item of shown.slice(0, MAX_NAMED)) {
    const what = item.is_expired
      ? `expired after ${item.until ?? ''}, hid nothing`
      : `${plural(item.alerts, 'alert')}, found ${plural(item.findings, 'time')}`;
    const why = item.reason === undefined ? '' : ` (${item.reason})`;
    page.paragraph(
      2,
      `${nameOf(item)}: ${what}${why}`,
      item.is_expired ? 'warning' : 'plain',
      '· ',
    );
  }
  if (shown.length > MAX_NAMED) page.paragraph(2, `and ${shown.length - MAX_NAMED} more`);
}

function nameOf({ rules, track, addresses = [] }: SuppressionRecord): string {
  const which = rules === 'all' ? 'all rules' : shortList(rules);
  return track === undefined ? which : `${which} ${track} ${shortList(addresses)}`;
}

function shortList(words: readonly string[]): string {
  const rest = words.length - MAX_WORDS;
  return words.slice(0, MAX_WORDS).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
