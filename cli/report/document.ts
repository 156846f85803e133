/**
 * The result of a run as one document: what the `json` format shows and the text report is made from.
 */
import { DIAGNOSTICS } from '../../dissectors/core/diagnostic.ts';
import { MH_TYPES } from '../../dissectors/mobility/header.ts';
import type { EngineCounters, EngineSummary } from '../../engine/engine.ts';
import type { KeyProblem } from '../../engine/keys/key-problem.ts';
import type { CaptureInput } from '../../engine/ports.ts';
import type { Severity } from '../../engine/rule-api.ts';
import type {
  AuditDocument,
  BaselineRecord,
  CounterRecord,
  FaultRecord,
  RunRecord,
  UnusedKeyRowRecord,
} from '../../io/export/records.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';
import { associationRecord } from './association-record.ts';
import { flowRecord } from './flow-record.ts';
import { RecordMaker } from './record-maker.ts';
import { suppressionRecord } from './suppressions-section.ts';

/** What the command knows of a run besides its result. */
export interface RunDescription {
  readonly version: string;
  readonly inputs: readonly CaptureInput[];
  readonly faults: readonly FaultRecord[];
  /** Bugs met besides those of rules. */
  readonly crashes: readonly string[];
  /** Name of the site file, when there was one. */
  readonly site: string | undefined;
  readonly keyFiles: readonly string[];
  /** Security policies of the key files. */
  readonly policies?: number;
  /** Rows of key files that were not used. */
  readonly unusedKeys?: readonly KeyProblem[];
  /** Number of rules that ran. */
  readonly rules: number;
  readonly failOn: Severity;
  readonly isStopped: boolean;
  /** Filter of the findings, and what it hid. */
  readonly filter?:
    | {
        readonly text: string;
        readonly hiddenAlerts: number;
        readonly hiddenIncidents: number;
      }
    | undefined;
  /** What a baseline left out. */
  readonly baseline?: BaselineRecord | undefined;
}

const MH_NAMES = new Map(MH_TYPES.map(({ value, name }) => [value, name]));

/** The document of a run. The same inputs and settings give the same document, octet for octet. */
export function auditDocument(summary: EngineSummary, run: RunDescription): AuditDocument {
  const records = new RecordMaker(run.inputs);
  return {
    schema_version: 1,
    run: runRecord(summary, run),
    counters: counterRecord(summary.counters),
    links: summary.links.map((link) => ({
      id: link.id,
      name: link.name,
      role: link.role,
      role_known_by: link.roleKnownBy,
      effective_role: link.effectiveRole,
    })),
    bindings: summary.bindings.map((binding) => records.binding(binding)),
    associations: summary.associations.map(associationRecord),
    esp_flows: summary.espFlows.map(flowRecord),
    alerts: summary.alerts.map((alert) => records.alert(alert)),
    incidents: summary.incidents.map((incident) => records.incident(incident)),
    not_judged: summary.notJudged.map(({ ruleId, title, reason }) => ({
      rule: ruleId,
      title,
      reason,
    })),
    faults: run.faults,
    internal_errors: [...run.crashes, ...summary.internalErrors],
  };
}

function runRecord(summary: EngineSummary, run: RunDescription): RunRecord {
  const hasPackets = summary.counters.packets > 0;
  return {
    tool: 'mip6guard',
    version: run.version,
    inputs: run.inputs.map(({ name, packets }) => ({ pcap_filename: name, packets })),
    ...(run.site === undefined ? {} : { site: run.site }),
    key_files: run.keyFiles,
    ...(run.policies === undefined || run.policies === 0 ? {} : { policies: run.policies }),
    ...(run.unusedKeys === undefined || run.unusedKeys.length === 0
      ? {}
      : { unused_key_rows: run.unusedKeys.map(unusedKeyRow) }),
    rules: run.rules,
    ...(hasPackets
      ? {
          first_packet: eveTimestamp(summary.firstTime),
          last_packet: eveTimestamp(summary.lastTime),
        }
      : {}),
    duration_seconds: Math.max(0, summary.lastTime - summary.firstTime) / 1_000_000,
    fail_on: run.failOn,
    is_stopped: run.isStopped,
    ...(run.filter === undefined
      ? {}
      : {
          filter: run.filter.text,
          hidden_alerts: run.filter.hiddenAlerts,
          hidden_incidents: run.filter.hiddenIncidents,
        }),
    ...(summary.suppressions.length === 0
      ? {}
      : { suppressions: summary.suppressions.map(suppressionRecord) }),
    ...(summary.heldBack === 0 ? {} : { held_back: summary.heldBack }),
    ...(run.baseline === undefined ? {} : { baseline: run.baseline }),
  };
}

function unusedKeyRow({ file, line, column, field, message }: KeyProblem): UnusedKeyRowRecord {
  return { file, line, column, ...(field === undefined ? {} : { field }), message };
}

/** Code of a diagnostic that a name is, or undefined. */
function diagnosticOf(code: string): { severity: string; text: string } | undefined {
  return Object.entries(DIAGNOSTICS).find(([name]) => name === code)?.[1];
}

/** Numbers of a run as outputs show them. */
export function counterRecord(counters: EngineCounters): CounterRecord {
  return {
    packets: counters.packets,
    octets: counters.octets,
    ipv6: counters.ipv6,
    ipv4: counters.ipv4,
    undecoded: counters.undecoded,
    cut: counters.cut,
    fragments: counters.fragments,
    reassembled: counters.reassembled,
    mobility: counters.mobility,
    icmpv6_signalling: counters.icmpv6Signalling,
    home_address_options: counters.homeAddressOptions,
    type_2_routing_headers: counters.type2RoutingHeaders,
    tunnelled: counters.tunnelled,
    esp: counters.esp,
    esp_opened: counters.espOpened,
    esp_no_key: counters.espNoKey,
    esp_read_as_null: counters.espReadAsNull,
    esp_icv_mismatch: counters.espIcvMismatch,
    esp_malformed: counters.espMalformed,
    mobility_by_type: counters.mobilityByType.flatMap((packets, type) =>
      packets === 0
        ? []
        : [{ mh_type: type, name: MH_NAMES.get(type) ?? `MH Type ${type}`, packets }],
    ),
    diagnostics: [...counters.diagnostics]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, packets]) => {
        const { severity, text } = diagnosticOf(code) ?? { severity: 'note', text: code };
        return { code, severity, text, packets };
      }),
    evictions: [...counters.evictions].map(([table, entries]) => ({ table, entries })),
  };
}
