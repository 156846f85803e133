/**
 * Sections of the text report about attacks: incidents, and findings that belong to none.
 */
import { SEVERITIES } from '../../engine/rule-api.ts';
import type { Stage } from '../../engine/rule-api.ts';
import type {
  AlertLink,
  AlertRecord,
  AuditDocument,
  EvidenceRecord,
  IncidentRecord,
  PacketPointer,
} from '../../io/export/records.ts';
import { countText, plural } from './numbers.ts';
import type { References } from './numbers.ts';
import { wrap } from './page.ts';
import type { Cell, Page } from './page.ts';
import { SEVERITY_STYLE } from './palette.ts';

/** Most of each that are shown; who needs all takes the json format. */
const MAX_INCIDENTS = 50;
const MAX_FINDINGS = 50;
const MAX_EVIDENCE = 16;
const MAX_FINDING_EVIDENCE = 4;

/** Names of the steps of an attack. */
export const STAGES: Readonly<Record<Stage, string>> = {
  'rogue-advertisement': 'Rogue advertisement',
  'deregistration-provoked': 'De-registration provoked',
  'binding-update-relayed': 'Binding Update relayed',
  'acknowledgement-stripped': 'Acknowledgement stripped and relayed',
  'unprotected-traffic': 'Unprotected traffic',
  'denial-of-service': 'Denial of service',
  evasion: 'Evasion',
  'policy-breach': 'Breach of policy',
};

/** Section "Incidents". */
export function writeIncidents(page: Page, document: AuditDocument, references: References): void {
  const { incidents } = document;
  if (incidents.length === 0) return;
  page.heading('Incidents');
  for (const [i, incident] of incidents.slice(0, MAX_INCIDENTS).entries()) {
    if (i > 0) page.blank();
    writeIncident(page, incident, document, references);
  }
  writeRest(page, incidents.length, MAX_INCIDENTS, 'incident');
}

function writeIncident(
  page: Page,
  incident: IncidentRecord,
  document: AuditDocument,
  references: References,
): void {
  const { severity } = incident;
  const badge = { text: `${severity.toUpperCase()}  `, style: SEVERITY_STYLE[severity] };
  const number = `${incident.incident_id}. `;
  const [first = '', ...rest] = wrap(
    incident.title,
    page.width - 2 - number.length - badge.text.length,
  );
  page.line(2, { text: number, style: 'bold' }, badge, { text: first, style: 'bold' });
  for (const line of rest) page.line(5, { text: line, style: 'bold' });
  const rows: Cell[][] = [];
  const row = (name: string, text: string): void => {
    if (text !== '') rows.push([{ text: name, style: 'dim' }, text]);
  };
  row(
    'How far',
    [incident.assessment ?? '', incident.confidence].filter((t) => t !== '').join(', '),
  );
  row('Whom', concerned(incident));
  row('By', incident.attackers.join(', '));
  row('When', spanText(incident.first, incident.last, references));
  page.table(5, rows);
  writeList(page, 'What happened', incident.narrative);
  writeStages(page, incident, document, references);
  writeUnstaged(page, incident, document, references);
  if (incident.evidence.length > 0) {
    part(page, 'Evidence');
    writeEvidence(page, 7, incident.evidence, MAX_EVIDENCE, references);
  }
  writeList(page, 'What to do', incident.advice);
  if (incident.references.length > 0) {
    part(page, 'Read');
    page.paragraph(7, incident.references.join('; '));
  }
}

/** The chain of steps, in the order an attack takes them. */
function writeStages(
  page: Page,
  incident: IncidentRecord,
  document: AuditDocument,
  references: References,
): void {
  if (incident.stages.length === 0) return;
  part(page, 'Steps of the attack');
  for (const [i, { stage, alerts }] of incident.stages.entries()) {
    const isLast = i === incident.stages.length - 1;
    page.line(
      7,
      { text: isLast ? '└─ ' : '├─ ', style: 'dim' },
      { text: STAGES[stage], style: 'bold' },
    );
    for (const alert of alerts) {
      writeStep(page, alert, isLast ? '   ' : '│  ', document, references);
    }
  }
}

/** Findings that are no step of a longer attack. */
function writeUnstaged(
  page: Page,
  incident: IncidentRecord,
  document: AuditDocument,
  references: References,
): void {
  const staged = new Set(incident.stages.flatMap(({ alerts }) => alerts.map((a) => a.alert_id)));
  const others = incident.alerts.filter((alert) => !staged.has(alert.alert_id));
  if (others.length === 0) return;
  part(page, staged.size > 0 ? 'Further findings' : 'Findings');
  for (const alert of others.slice(0, MAX_EVIDENCE)) {
    writeStep(page, alert, '', document, references);
  }
  if (others.length > MAX_EVIDENCE) {
    page.paragraph(7, `… and ${countText(others.length - MAX_EVIDENCE)} more`, 'dim');
  }
}

/** One finding of an incident; the sentences about it are in what happened. */
function writeStep(
  page: Page,
  alert: AlertLink,
  branch: string,
  document: AuditDocument,
  references: References,
): void {
  const full = document.alerts.find(({ alert_id }) => alert_id === alert.alert_id);
  const rule = full?.rule ?? `MIP6-${alert.signature_id}`;
  const times = full !== undefined && full.count > 1 ? `  ${countText(full.count)} times` : '';
  page.line(
    7,
    { text: branch, style: 'dim' },
    { text: `${rule} ${alert.severity}`, style: SEVERITY_STYLE[alert.severity] },
    { text: `  ${references.packet(alert)}`, style: 'name' },
    { text: `  ${references.time(alert.timestamp)}${times}`, style: 'dim' },
  );
  for (const line of wrap(alert.signature, page.width - 7 - branch.length - 2)) {
    page.line(7, { text: branch, style: 'dim' }, `  ${line}`);
  }
}

/** Section "Other findings": alerts that belong to no incident, worst first. */
export function writeFindings(page: Page, document: AuditDocument, references: References): void {
  const others = document.alerts
    .filter((alert) => alert.incident_id === undefined)
    .sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  if (others.length === 0) return;
  page.heading(document.incidents.length > 0 ? 'Other findings' : 'Findings');
  for (const [i, alert] of others.slice(0, MAX_FINDINGS).entries()) {
    if (i > 0) page.blank();
    writeFinding(page, alert, references);
  }
  writeRest(page, others.length, MAX_FINDINGS, 'finding');
}

function writeFinding(page: Page, alert: AlertRecord, references: References): void {
  const { severity } = alert;
  page.line(
    2,
    { text: severity.toUpperCase(), style: SEVERITY_STYLE[severity] },
    ` ${alert.rule} `,
    { text: alert.confidence === 'partial' ? '(partial evidence) ' : '', style: 'dim' },
    { text: alert.count > 1 ? `${countText(alert.count)} times, ` : '', style: 'dim' },
    { text: references.time(alert.packet.timestamp), style: 'dim' },
    ' ',
    { text: references.packet(alert.packet), style: 'name' },
  );
  page.paragraph(4, alert.signature, 'bold');
  page.paragraph(4, alert.message);
  writeEvidence(page, 6, alert.evidence, MAX_FINDING_EVIDENCE, references);
  for (const { rule, message } of alert.related)
    page.paragraph(6, `also ${rule}: ${message}`, 'dim');
  page.paragraph(4, alert.advice, 'plain', { text: 'What to do  ', style: 'dim' });
  page.paragraph(4, alert.references.join('; '), 'dim', { text: 'Read        ', style: 'dim' });
}

/** Packets and what in them proves it; what is said of one packet stands together. */
function writeEvidence(
  page: Page,
  indent: number,
  evidence: readonly EvidenceRecord[],
  limit: number,
  references: References,
): void {
  let last = '';
  for (const item of evidence.slice(0, limit)) {
    const packet = references.packet(item);
    if (packet !== last) {
      // A link without a name of its own has that of the file, which is said already.
      const isNamed = item.in_iface !== undefined && !item.pcap_filename.endsWith(item.in_iface);
      page.line(
        indent,
        { text: packet, style: 'name' },
        { text: `  ${references.time(item.timestamp)}`, style: 'dim' },
        isNamed ? `  ${item.in_iface}` : '',
      );
      last = packet;
    }
    page.paragraph(indent + 2, item.text, 'plain', '· ');
  }
  if (evidence.length > limit) {
    const rest = plural(evidence.length - limit, 'more item', 'more items');
    page.paragraph(indent, `… and ${rest}: --format json has all of them.`, 'dim');
  }
}

function concerned(incident: IncidentRecord): string {
  const { home_address: home, home_agent: agent } = incident;
  const node = home === undefined ? '' : `mobile node with home address ${home}`;
  if (agent === undefined) return node;
  return node === '' ? `home agent ${agent}` : `${node}, home agent ${agent}`;
}

function spanText(first: PacketPointer, last: PacketPointer, references: References): string {
  const from = `${references.time(first.timestamp)} (${references.packet(first)})`;
  if (first.pcap_filename === last.pcap_filename && first.pcap_cnt === last.pcap_cnt) return from;
  return `${from} to ${references.time(last.timestamp)} (${references.packet(last)})`;
}

function part(page: Page, title: string): void {
  page.blank();
  page.line(5, { text: title, style: 'bold' });
}

function writeList(page: Page, title: string, items: readonly string[]): void {
  if (items.length === 0) return;
  part(page, title);
  for (const item of items) page.paragraph(7, item, 'plain', '· ');
}

function writeRest(page: Page, total: number, shown: number, name: string): void {
  if (total <= shown) return;
  page.blank();
  page.paragraph(
    2,
    `… and ${plural(total - shown, `more ${name}`)}: --format json has all of them.`,
  );
}
