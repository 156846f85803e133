/**
 * Rows of a store as text, JSON or CSV.
 */
import { jsonText } from '../../io/export/json-text.ts';
import type { HistoryRow, Subject } from '../../io/store/history.ts';
import type { TextSink } from '../../io/output.ts';
import { safeText } from '../report/safe-text.ts';
import { textsOf } from './address-filter.ts';

/** How rows are shown. */
export type HistoryFormat = 'text' | 'json' | 'csv';

/** A column of the text format. */
type Column = readonly [title: string, value: (row: HistoryRow) => string];

const cell =
  (name: string) =>
  (row: HistoryRow): string =>
    String(row[name] ?? '');

const time =
  (name: string) =>
  (row: HistoryRow): string =>
    String(row[name] ?? '')
      .slice(0, 23)
      .replace('T', ' ');

const packet = (row: HistoryRow): string =>
  `${row['pcap_filename'] ?? ''}#${row['pcap_cnt'] ?? ''}`;

/** Columns that are lists in JSON. */
const LISTS: ReadonlySet<string> = new Set(['attackers']);

const COLUMNS: Readonly<Record<Subject, readonly Column[]>> = {
  runs: [
    ['RUN', cell('run_id')],
    ['STARTED', time('started_at')],
    ['EXIT', cell('exit_code')],
    ['PACKETS', cell('packets')],
    ['INCIDENTS', cell('incidents')],
    ['ALERTS', cell('alerts')],
    ['FIRST PACKET', time('first_packet')],
    ['LAST PACKET', time('last_packet')],
    ['INPUTS', cell('inputs')],
  ],
  bindings: [
    ['TIME', time('time')],
    ['HOME ADDRESS', cell('home_address')],
    ['CHANGE', cell('change')],
    ['CARE-OF ADDRESS', whereOf],
    ['PEER', cell('peer')],
    ['SEQUENCE', cell('sequence')],
    ['LIFETIME', (row) => (row['lifetime'] === null ? '' : `${cell('lifetime')(row)} s`)],
    ['KNOWN BY', cell('known_by')],
    ['PACKET', packet],
    ['RUN', cell('run_id')],
  ],
  incidents: [
    ['FIRST', time('first_time')],
    ['LAST', time('last_time')],
    ['SEVERITY', cell('severity')],
    ['ASSESSMENT', cell('assessment')],
    ['RUN', cell('run_id')],
    ['TITLE', cell('title')],
  ],
  alerts: [
    ['TIME', time('time')],
    ['SEVERITY', cell('severity')],
    ['RULE', cell('rule')],
    ['TIMES', cell('count')],
    ['PACKET', packet],
    ['RUN', cell('run_id')],
    ['MESSAGE', cell('message')],
  ],
};

function whereOf(row: HistoryRow): string {
  return row['care_of_address'] === row['home_address'] ? 'at home' : cell('care_of_address')(row);
}

/** Writes rows. Throws OutputError. */
export function writeHistory(
  sink: TextSink,
  subject: Subject,
  rows: readonly HistoryRow[],
  format: HistoryFormat,
): void {
  if (format === 'json') sink.write(`${jsonText(rows.map(jsonRow), 2)}\n`);
  else if (format === 'csv') writeCsv(sink, rows);
  else writeText(sink, COLUMNS[subject], rows);
}

/** What is not known is absent, as in all our JSON. */
function jsonRow(row: HistoryRow): object {
  const known = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(
    known.map(([name, value]) => [name, LISTS.has(name) ? textsOf(String(value)) : value]),
  );
}

function writeText(sink: TextSink, columns: readonly Column[], rows: readonly HistoryRow[]): void {
  const lines = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, value]) => safeText(value(row)))),
  ];
  const widths = columns.map((_, i) =>
    lines.reduce((width, line) => Math.max(width, line[i]?.length ?? 0), 0),
  );
  for (const line of lines) {
    const cells = line.map((text, i) => text.padEnd(widths[i] ?? 0));
    sink.write(`${cells.join('  ').trimEnd()}\n`);
  }
}

/** RFC 4180, with line feeds; the first line names the columns. Nothing for no rows. */
function writeCsv(sink: TextSink, rows: readonly HistoryRow[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const names = Object.keys(first);
  sink.write(`${names.join(',')}\n`);
  for (const row of rows) {
    sink.write(`${names.map((name) => csvField(csvText(name, row))).join(',')}\n`);
  }
}

function csvText(name: string, row: HistoryRow): string {
  const text = String(row[name] ?? '');
  return safeText(LISTS.has(name) ? textsOf(text).join(' ') : text);
}

/** RFC 4180 section 2, rules 5 to 7. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
