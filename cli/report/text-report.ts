/**
 * The text report: a summary a person can act on.
 */
import type { AuditDocument } from '../../io/export/records.ts';
import { MAX_BINDINGS, writeBindings } from './bindings-section.ts';
import { writeFindings, writeIncidents } from './findings-section.ts';
import { isUnopened } from './faults.ts';
import { writeFlows } from './flows-section.ts';
import { countText, durationText, plural, References } from './numbers.ts';
import { Page } from './page.ts';
import type { Paint } from './palette.ts';
import { safeValue } from './safe-text.ts';
import { writeAssociations, writeLinks, writeSeen } from './seen-section.ts';
import { writeSuppressions } from './suppressions-section.ts';
import { verdictOf } from './verdict.ts';

/** Rows of key files that are named. */
const MAX_KEY_ROWS = 20;
/** Entries of a baseline that are named. */
const MAX_NOT_SEEN = 20;

/** How the report looks. */
export interface ReportStyle {
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
}

/** The report of a run. Text of captures in it cannot reach the terminal as control characters. */
export function textReport(found: AuditDocument, style: ReportStyle): string {
  // A capture of a large network has tens of thousands of bindings: only those shown are made safe.
  const document = safeValue({ ...found, bindings: found.bindings.slice(0, MAX_BINDINGS) });
  const page = new Page(style.width, style.paint);
  const references = new References(document);
  writeHeader(page, document, references);
  writeSeen(page, document);
  writeLinks(page, document);
  writeBindings(page, document, found.bindings.length, references);
  writeAssociations(page, document);
  writeFlows(page, document);
  writeIncidents(page, document, references);
  writeFindings(page, document, references);
  writeNotJudged(page, document);
  writeSuppressions(page, document);
  writeNotSeen(page, document);
  writeUnusedKeys(page, document);
  writeFaults(page, document, references);
  writeClosing(page, document);
  return page.toString();
}

function writeHeader(page: Page, document: AuditDocument, references: References): void {
  const { run } = document;
  const { inputs, first_packet: first, last_packet: last } = run;
  page.line(0, { text: `mip6guard ${run.version}`, style: 'bold' }, ' audit');
  page.blank();
  const rows = inputs.map((input, i) => [
    { text: i > 0 ? '' : inputs.length > 1 ? 'Inputs' : 'Input', style: 'dim' as const },
    `${input.pcap_filename === '-' ? 'standard input' : input.pcap_filename}, ${plural(input.packets, 'packet')}`,
  ]);
  if (first !== undefined && last !== undefined) {
    const until = references.dateTime(last).startsWith(first.slice(0, 10))
      ? last.slice(11, 19)
      : references.dateTime(last);
    rows.push([
      { text: 'Time', style: 'dim' },
      `${references.dateTime(first)} to ${until} UTC (${durationText(run.duration_seconds)})`,
    ]);
  }
  rows.push([
    { text: 'Site', style: 'dim' },
    run.site ?? 'no site file: roles of links and home agents are only what the packets show',
  ]);
  const { policies = 0, unused_key_rows: unused = [] } = run;
  const held = [
    plural(document.associations.length, 'security association'),
    ...(policies === 0 ? [] : [plural(policies, 'policy', 'policies')]),
    ...(unused.length === 0 ? [] : [`${plural(unused.length, 'row')} not used, see below`]),
  ];
  const keys = `${run.key_files.join(', ')} (${held.join(', ')})`;
  rows.push([
    { text: 'Keys', style: 'dim' },
    run.key_files.length === 0 ? 'none: encrypted signalling is judged by its layout' : keys,
  ]);
  if (run.filter !== undefined) {
    const hidden = plural(run.hidden_alerts ?? 0, 'finding');
    const lead = `${run.filter} (-Y): the analysis saw all packets;`;
    rows.push([
      { text: 'Filter', style: 'dim' },
      `${lead} ${hidden} without a selected packet left out`,
    ]);
  }
  if (run.baseline !== undefined) {
    const { file, known, not_seen: notSeen } = run.baseline;
    const text = `${file}: ${plural(known.length, 'known finding')} left out`;
    const gone = notSeen.length === 0 ? '' : `, ${notSeen.length} of it not found again, see below`;
    rows.push([{ text: 'Baseline', style: 'dim' }, text + gone]);
  }
  page.table(2, rows);
  if (run.is_stopped) {
    page.blank();
    page.paragraph(
      2,
      'Stopped before the end of the inputs: this is what was found until then.',
      'warning',
    );
  }
}

function writeNotJudged(page: Page, document: AuditDocument): void {
  if (document.not_judged.length === 0) return;
  page.heading('Could not be judged');
  const byReason = new Map<string, { rule: string; title: string }[]>();
  for (const { rule, title, reason } of document.not_judged) {
    const rules = byReason.get(reason);
    if (rules === undefined) byReason.set(reason, [{ rule, title }]);
    else rules.push({ rule, title });
  }
  for (const [reason, rules] of byReason) {
    page.paragraph(2, `${plural(rules.length, 'rule')} could not be judged because ${reason}:`);
    page.table(
      4,
      rules.map(({ rule, title }) => [{ text: rule, style: 'name' }, title]),
    );
  }
}

/** Entries of the baseline that may be struck out of it. */
function writeNotSeen(page: Page, { run }: AuditDocument): void {
  const notSeen = run.baseline?.not_seen ?? [];
  if (notSeen.length === 0) return;
  page.heading('Of the baseline, not found again');
  const shown = notSeen.slice(0, MAX_NOT_SEEN);
  page.table(
    2,
    shown.map(({ rule, message }) => [{ text: rule, style: 'name' }, message]),
  );
  if (notSeen.length > shown.length) {
    page.paragraph(2, `and ${notSeen.length - shown.length} more`);
  }
}

/** What the user thinks is used and is not: without it packets stay closed, and nobody sees why. */
function writeUnusedKeys(page: Page, { run }: AuditDocument): void {
  const { unused_key_rows: rows = [] } = run;
  if (rows.length === 0) return;
  page.heading('Rows of key files that are not used');
  for (const { file, line, column, field, message } of rows.slice(0, MAX_KEY_ROWS)) {
    const place = [file, ...(line > 0 ? [line] : []), ...(column > 0 ? [column] : [])].join(':');
    const text = `${place}: ${field === undefined ? '' : `${field}: `}${message}`;
    page.paragraph(2, text, 'warning');
  }
  if (rows.length > MAX_KEY_ROWS) page.paragraph(2, `and ${rows.length - MAX_KEY_ROWS} more`);
}

function writeFaults(page: Page, document: AuditDocument, references: References): void {
  if (document.faults.length > 0) {
    page.heading('Faults of the inputs');
    for (const fault of document.faults) {
      const name = references.input(fault.pcap_filename);
      const place = `${name} at octet ${countText(fault.offset)}, after ${plural(fault.packets_before, 'packet')}`;
      const where = isUnopened(fault) ? name : place;
      page.paragraph(2, `${where}: ${fault.message} (${fault.code})`, 'warning');
    }
  }
  if (document.internal_errors.length > 0) {
    page.heading('Internal errors');
    page.paragraph(
      2,
      'Bugs of mip6guard: the rules named here were switched off. Please report them.',
    );
    for (const error of document.internal_errors) page.paragraph(2, error, 'bad');
  }
}

function writeClosing(page: Page, document: AuditDocument): void {
  const { text, style } = verdictOf(document);
  page.blank();
  page.paragraph(0, text, style);
}
