/**
 * SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), for code scanning services and viewers.
 *
 * The text says nothing of the machine and of the time of the run: the same inputs give the same text.
 */
import type { RuleDefinition, Severity } from '../../engine/rule-api.ts';
import { jsonText } from './json-text.ts';
import { referenceUri } from './reference-uri.ts';
import type {
  AlertRecord,
  AuditDocument,
  EvidenceRecord,
  FaultRecord,
  KnownFinding,
  PacketPointer,
} from './records.ts';

/** Name of the fingerprint among `partialFingerprints`; the number is raised when its making changes. */
export const SARIF_FINGERPRINT = 'mip6guardFinding/v1';

/** SARIF knows three levels (section 3.27.10). */
const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};

/** Score of 0 to 10 by which code scanning services sort. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '3.0',
  info: '0.0',
};

const SCHEMA =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** What the log is made of besides the document. */
export interface SarifMaterial {
  /** All rules that ran, in order of their ids. */
  readonly rules: readonly RuleDefinition[];
  /** Findings that the baseline left out of the document; they become suppressed results. */
  readonly known: readonly AlertRecord[];
  readonly exitCode: number;
}

/** The log of a run, ended by a line feed. */
export function sarifText(document: AuditDocument, material: SarifMaterial): string {
  const { rules, known, exitCode } = material;
  const { run } = document;
  const places = new Map(run.inputs.map(({ pcap_filename }, i) => [pcap_filename, i]));
  const ruleIndexes = new Map(rules.map(({ id }, i) => [id, i]));
  const base = { document, places, ruleIndexes };
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'mip6guard',
            semanticVersion: run.version,
            version: run.version,
            rules: rules.map(reportingDescriptor),
          },
        },
        invocations: [invocation(document, exitCode, ruleIndexes, places)],
        artifacts: run.inputs.map(({ pcap_filename, packets }) => ({
          location: { uri: uriOf(pcap_filename) },
          roles: ['analysisTarget'],
          properties: { packets },
        })),
        results: [
          ...document.alerts.map((alert) => result(alert, base)),
          ...known.map((alert) => ({
            ...result(alert, base),
            baselineState: 'unchanged',
            suppressions: [
              {
                kind: 'external',
                status: 'accepted',
                justification: `in the baseline ${run.baseline?.file ?? ''}`,
              },
            ],
          })),
          ...(run.baseline?.not_seen ?? []).map((finding) => absentResult(finding, ruleIndexes)),
        ],
        columnKind: 'utf16CodeUnits',
        properties: {
          packets: document.counters.packets,
          failOn: run.fail_on,
          ...(run.first_packet === undefined ? {} : { firstPacket: run.first_packet }),
          ...(run.last_packet === undefined ? {} : { lastPacket: run.last_packet }),
          incidents: document.incidents.map((incident) => ({
            id: incident.incident_id,
            title: incident.title,
            severity: incident.severity,
            confidence: incident.confidence,
            ...(incident.assessment === undefined ? {} : { assessment: incident.assessment }),
            attackers: incident.attackers,
            narrative: incident.narrative,
          })),
        },
      },
    ],
  };
  return `${jsonText(log, 2)}\n`;
}

interface Base {
  readonly document: AuditDocument;
  /** Index of each input among the artifacts. */
  readonly places: ReadonlyMap<string, number>;
  readonly ruleIndexes: ReadonlyMap<string, number>;
}

function reportingDescriptor(rule: RuleDefinition): object {
  const { id, title, severity, category, references, explanation, advice, needs, verdict } = rule;
  const uri = references.map(referenceUri).find((item) => item !== undefined);
  return {
    id,
    // Words that a name of a programming language could have (section 3.49.7).
    name: title.replace(/[^A-Za-z0-9]+(.?)/g, (_, next: string) => next.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: explanation },
    ...(uri === undefined ? {} : { helpUri: uri }),
    help: { text: `${explanation}\n\nWhat to do: ${advice}\n\nRead: ${references.join('; ')}` },
    defaultConfiguration: { level: LEVEL[severity] },
    properties: {
      tags: ['security', category],
      severity,
      'security-severity': SECURITY_SEVERITY[severity],
      verdict,
      needs,
    },
  };
}

function result(alert: AlertRecord, { document, places, ruleIndexes }: Base): object {
  const { rule, severity, message, packet, evidence } = alert;
  const incident = document.incidents.find((item) => item.incident_id === alert.incident_id);
  const index = ruleIndexes.get(rule);
  const link = evidence.find((item) => isSamePacket(item, packet))?.in_iface;
  return {
    ruleId: rule,
    ...(index === undefined ? {} : { ruleIndex: index }),
    kind: 'fail',
    level: LEVEL[severity],
    message: { text: message },
    locations: [location(packet, link, places)],
    relatedLocations: evidence.map((item, id) => ({
      id,
      ...location(item, item.in_iface, places),
      message: { text: item.text },
    })),
    partialFingerprints: { [SARIF_FINGERPRINT]: alert.fingerprint },
    occurrenceCount: alert.count,
    ...(document.run.baseline === undefined ? {} : { baselineState: 'new' }),
    properties: {
      severity,
      'security-severity': SECURITY_SEVERITY[severity],
      confidence: alert.confidence,
      category: alert.category,
      ...(alert.stage === undefined ? {} : { stage: alert.stage }),
      ...(alert.home_address === undefined ? {} : { homeAddress: alert.home_address }),
      ...(alert.home_agent === undefined ? {} : { homeAgent: alert.home_agent }),
      ...(alert.attacker === undefined ? {} : { attacker: alert.attacker }),
      ...(alert.home_prefix === undefined ? {} : { homePrefix: alert.home_prefix }),
      lastPacket: packetProperties(alert.last_packet, undefined),
      related: alert.related,
      ...(incident === undefined
        ? {}
        : { incident: incident.incident_id, incidentTitle: incident.title }),
    },
  };
}

/** An entry of the baseline that was not found again. */
function absentResult(finding: KnownFinding, ruleIndexes: ReadonlyMap<string, number>): object {
  const { rule, fingerprint, severity, message } = finding;
  const index = ruleIndexes.get(rule);
  return {
    ...(rule === '' ? {} : { ruleId: rule }),
    ...(index === undefined ? {} : { ruleIndex: index }),
    kind: 'fail',
    level: LEVEL[severity],
    message: { text: message === '' ? 'a finding of the baseline' : message },
    partialFingerprints: { [SARIF_FINGERPRINT]: fingerprint },
    baselineState: 'absent',
    properties: { severity },
  };
}

/** A packet: a capture has no lines, so its number is a logical location within the file. */
function location(
  packet: PacketPointer,
  link: string | undefined,
  places: ReadonlyMap<string, number>,
): object {
  const index = places.get(packet.pcap_filename);
  return {
    physicalLocation: {
      artifactLocation: {
        uri: uriOf(packet.pcap_filename),
        ...(index === undefined ? {} : { index }),
      },
    },
    logicalLocations: [
      {
        name: `packet ${packet.pcap_cnt}`,
        fullyQualifiedName: `${packet.pcap_filename}#${packet.pcap_cnt}`,
        kind: 'packet',
      },
    ],
    properties: packetProperties(packet, link),
  };
}

function packetProperties(packet: PacketPointer, link: string | undefined): object {
  const { pcap_cnt: number, timestamp } = packet;
  return { packet: number, timestamp, ...(link === undefined ? {} : { link }) };
}

function isSamePacket(a: EvidenceRecord, b: PacketPointer): boolean {
  return a.pcap_cnt === b.pcap_cnt && a.pcap_filename === b.pcap_filename;
}

/** How the run ended, what went wrong, and what could not be judged. */
function invocation(
  document: AuditDocument,
  exitCode: number,
  ruleIndexes: ReadonlyMap<string, number>,
  places: ReadonlyMap<string, number>,
): object {
  const { faults, internal_errors: errors, not_judged: notJudged, run } = document;
  return {
    // Findings are no failure of the tool (section 3.20.14).
    executionSuccessful: exitCode <= 1 && errors.length === 0,
    exitCode,
    exitCodeDescription: EXIT_DESCRIPTION[exitCode] ?? 'the run failed',
    toolExecutionNotifications: [
      ...faults.map((fault) => faultNotification(fault, places)),
      ...errors.map((text) => ({ level: 'error', message: { text } })),
      ...(run.is_stopped
        ? [{ level: 'warning', message: { text: 'stopped before the end of the inputs' } }]
        : []),
    ],
    toolConfigurationNotifications: [
      ...notJudged.map(({ rule, reason }) => {
        const index = ruleIndexes.get(rule);
        return {
          level: 'note',
          message: { text: `${rule} could not be judged: ${reason}` },
          associatedRule: { id: rule, ...(index === undefined ? {} : { index }) },
        };
      }),
      ...(run.unused_key_rows ?? []).map(({ file, line, message }) => ({
        level: 'warning',
        message: { text: `${file}${line > 0 ? `:${line}` : ''}: ${message}; it is not used` },
      })),
    ],
  };
}

const EXIT_DESCRIPTION: Readonly<Record<number, string>> = {
  0: 'no finding at or above the threshold',
  1: 'findings at or above the threshold',
  3: 'an input cannot be read or is cut short',
  5: 'internal error',
};

function faultNotification(fault: FaultRecord, places: ReadonlyMap<string, number>): object {
  const index = places.get(fault.pcap_filename);
  return {
    level: 'error',
    descriptor: { id: fault.code },
    message: { text: `${fault.pcap_filename}: ${fault.message}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: {
            uri: uriOf(fault.pcap_filename),
            ...(index === undefined ? {} : { index }),
          },
          ...(fault.offset === 0 ? {} : { region: { byteOffset: fault.offset } }),
        },
      },
    ],
  };
}

/** Relative reference or `file:` URI of a path (RFC 3986); what a name holds is escaped, wherever it came from. */
export function uriOf(file: string): string {
  if (file === '-') return 'stdin';
  const text = file.split('/').map(encodeSegment).join('/');
  if (text.startsWith('/')) return `file://${text}`;
  // RFC 3986 section 4.2: a first segment with a colon would read as a scheme; `encodeSegment` leaves none.
  return text === '' ? '.' : text;
}

function encodeSegment(segment: string): string {
  // Halves of surrogate pairs, as in names that are no UTF-8, have no escape.
  return encodeURIComponent(segment.replace(/[\ud800-\udfff]/gu, '\ufffd'));
}
