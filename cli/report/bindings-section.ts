/**
 * Section of the text report: bindings over time.
 */
import type { AuditDocument, BindingChangeRecord, BindingRecord } from '../../io/export/records.ts';
import { countText, durationText, plural } from './numbers.ts';
import type { References } from './numbers.ts';
import type { Cell, Page } from './page.ts';
import type { Style } from './palette.ts';

/** Most bindings, and most changes of one; who needs all takes the json format. */
export const MAX_BINDINGS = 24;
const MAX_CHANGES = 12;

const PHASE_STYLE: Readonly<Record<string, Style>> = {
  registered: 'good',
  deregistered: 'warning',
  'deregistration-sent': 'warning',
  expired: 'dim',
  rejected: 'warning',
};

/** What a binding is known from. */
export const KNOWN_BY: Readonly<Record<string, string>> = {
  decrypted: 'decrypted with a key',
  authenticated: 'verified by return routability',
  clear: 'sent in clear, nothing vouches for it',
  'null-encryption': 'read in ESP with NULL encryption without a key, nothing vouches for it',
  inferred: 'inferred from the layout of encrypted packets',
};

/** Writes the timelines, one for each binding. @param total bindings of the run, of which the document has the first */
export function writeBindings(
  page: Page,
  document: AuditDocument,
  total: number,
  references: References,
): void {
  page.heading('Bindings over time');
  const { bindings } = document;
  if (bindings.length === 0) {
    page.paragraph(2, 'No binding was seen.');
    return;
  }
  for (const [i, binding] of bindings.entries()) {
    if (i > 0) page.blank();
    writeBinding(page, binding, references);
  }
  if (total > bindings.length) {
    page.blank();
    const rest = countText(total - bindings.length);
    page.paragraph(2, `… and ${rest} more bindings: --format json has all of them.`);
  }
}

function writeBinding(page: Page, binding: BindingRecord, references: References): void {
  const at = binding.role === 'home' ? 'home agent' : 'correspondent node';
  page.line(2, { text: binding.home_address, style: 'bold' }, ` at ${at} ${binding.peer}: `, {
    text: binding.phase,
    style: PHASE_STYLE[binding.phase] ?? 'plain',
  });
  const { changes } = binding;
  // The beginning and the end tell more than the middle.
  const isLong = changes.length > MAX_CHANGES;
  const head = isLong ? changes.slice(0, MAX_CHANGES / 2) : changes;
  const tail = isLong ? changes.slice(-MAX_CHANGES / 2) : [];
  const left = changes.length - head.length - tail.length + binding.changes_dropped;
  const rows = head.map((change, i) => changeRow(change, head[i - 1], binding, references));
  if (left > 0) rows.push([{ text: `… ${plural(left, 'change')}`, style: 'dim' }, '']);
  rows.push(...tail.map((change, i) => changeRow(change, tail[i - 1], binding, references)));
  page.table(4, rows);
  const facts = [`known: ${KNOWN_BY[binding.known_by] ?? binding.known_by}`];
  if (binding.tunnel_packets > 0) {
    facts.push(`${plural(binding.tunnel_packets, 'packet')} through its tunnel`);
  }
  if (binding.phase === 'registered' && binding.expires_at !== undefined) {
    facts.push(`runs out ${references.time(binding.expires_at)}`);
  }
  page.paragraph(4, facts.join(' · '), 'dim');
}

/** @param before the change above it: a care-of address that stays is not said again */
function changeRow(
  change: BindingChangeRecord,
  before: BindingChangeRecord | undefined,
  binding: BindingRecord,
  references: References,
): Cell[] {
  const details: string[] = [];
  if (change.care_of_address !== before?.care_of_address) {
    const isAtHome = change.care_of_address === binding.home_address;
    details.push(isAtHome ? 'at home' : `care-of ${change.care_of_address}`);
  }
  if (change.sequence !== undefined) details.push(`sequence ${change.sequence}`);
  if (change.lifetime !== undefined && change.lifetime > 0) {
    details.push(durationText(change.lifetime));
  }
  if (change.status !== undefined) details.push(`status ${change.status}`);
  if (change.known_by !== binding.known_by) details.push(change.known_by);
  return [
    { text: references.time(change.timestamp), style: 'dim' },
    { text: change.phase, style: PHASE_STYLE[change.phase] ?? 'plain' },
    { text: references.packet(change), style: 'name' },
    details.join(', '),
  ];
}
