/**
 * What was found about a packet, as packet comments.
 */
import { DIAGNOSTICS } from '../../dissectors/core/diagnostic.ts';
import type { Diagnostic } from '../../dissectors/index.ts';
import type { Alert } from '../../engine/alert.ts';
import { safeText } from '../report/safe-text.ts';
import type { FindingsIndex } from './findings-index.ts';
import type { PacketView } from './packet-view.ts';

/** Where alerts of packets are looked up. */
export type AlertSource = Pick<FindingsIndex, 'alertsOf' | 'incidentOf'>;

/** Comments of a packet: those of its file, one for each alert it decides or proves, one for each fault in it. */
export function commentsOf(view: PacketView, findings: AlertSource | undefined): string[] {
  const { inputIndex, number } = view.record;
  const alerts = findings?.alertsOf(inputIndex, number) ?? [];
  const found = [
    ...alerts.map((alert) => alertComment(alert, inputIndex, number, findings)),
    ...view.dissection.diagnostics.flatMap(diagnosticComment),
  ];
  // A file that was written by us before has them already. What others wrote stays as it is.
  return [...new Set([...view.comments, ...found.map(safeText)])];
}

function alertComment(
  alert: Alert,
  input: number,
  number: number,
  findings: AlertSource | undefined,
): string {
  const { rule, severity, confidence, draft } = alert;
  const incident = findings?.incidentOf(alert);
  const lead = `${rule.id} ${severity} (${confidence}): ${rule.title}`;
  const tail = incident === undefined ? '' : `; incident ${incident.id}: ${incident.title}`;
  const { packet, evidence } = draft;
  if (packet.input === input && packet.number === number) {
    return `${lead}: ${draft.message}${tail}`;
  }
  const text = evidence.find(
    (item) => item.packet.input === input && item.packet.number === number,
  )?.text;
  return `${lead}, evidence: ${text ?? ''}; decided at packet ${packet.number}${tail}`;
}

function diagnosticComment({ code, detail }: Diagnostic): string[] {
  const { severity, text, ...rest } = DIAGNOSTICS[code];
  if (severity !== 'warn' && severity !== 'error') return [];
  const said = detail === undefined ? text : `${text}: ${detail}`;
  const spec = 'spec' in rest ? ` (RFC ${rest.spec.rfc} section ${rest.spec.section})` : '';
  return [`${severity} ${code}: ${said}${spec}`];
}
