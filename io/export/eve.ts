/**
 * EVE JSON lines, compatible with Suricata's: the same outer fields, `alert` object and packet references.
 * What only this tool knows is in `mip6` (signalling, alerts), `binding` and `incident`. Schema: docs/eve.schema.json.
 */
import type { Severity } from '../../engine/rule-api.ts';
import type { TextSink } from '../output.ts';
import { jsonString, jsonText } from './json-text.ts';
import type {
  AlertLink,
  AlertRecord,
  AnomalyRecord,
  AuditDocument,
  BindingEventRecord,
  DropRecord,
  EventHead,
  IncidentRecord,
  SignallingRecord,
} from './records.ts';

/** Suricata's scale, 1 = worst; its rules know four steps, so `low` and `info` share the last. */
export const EVE_SEVERITY: Readonly<Record<Severity, 1 | 2 | 3 | 4>> = {
  critical: 1,
  high: 2,
  medium: 3,
  low: 4,
  info: 4,
};

/** Generator 1 is Suricata's number for signatures. */
const GENERATOR = 1;
/** Revision of the signatures: a change of what one means gets a new number instead. */
const REVISION = 1;
/** Names kept with their quotes; the names of a run are few, but a hostile file may hold many. */
const MAX_NAMES = 1024;

/** `,"name":"text"`, or nothing when there is no text. For text that needs no escape. */
function plain(name: string, text: string | undefined): string {
  return text === undefined ? '' : `,"${name}":"${text}"`;
}

function numeric(name: string, value: number | undefined): string {
  return value === undefined ? '' : `,"${name}":${value}`;
}

function flag(name: string, value: boolean | undefined): string {
  return value === undefined ? '' : `,"${name}":${value ? 'true' : 'false'}`;
}

function list(name: string, texts: readonly string[] | undefined): string {
  if (texts === undefined) return '';
  let text = '';
  for (const item of texts) text += text === '' ? jsonString(item) : `,${jsonString(item)}`;
  return `,"${name}":[${text}]`;
}

function linkOf(alert: AlertLink): object {
  const { alert_id, signature_id, signature, pcap_filename, pcap_cnt, timestamp } = alert;
  return { alert_id, signature_id, signature, pcap_filename, pcap_cnt, timestamp };
}

/** Writes events as they come. The lines of signalling are put together by hand, because there are many. */
export class EveWriter {
  readonly #sink: TextSink;
  readonly #names = new Map<string, string>();

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** `event_type` `mip6`: one for each Mobility Header and signalling ICMPv6 message. */
  signalling(record: SignallingRecord): void {
    this.#sink.write(
      this.#head('mip6', record.head) +
        numeric('icmp_type', record.icmp_type) +
        numeric('icmp_code', record.icmp_code) +
        `,"mip6":{"message":"${record.message}"` +
        numeric('mh_type', record.mh_type) +
        plain('checksum', record.checksum) +
        plain('home_address', record.home_address) +
        plain('care_of_address', record.care_of_address) +
        plain('home_agent', record.home_agent) +
        numeric('sequence', record.sequence) +
        numeric('lifetime', record.lifetime) +
        numeric('status', record.status) +
        list('flags', record.flags) +
        plain('layout', record.layout) +
        plain('protection', record.protection) +
        numeric('spi', record.spi) +
        numeric('esp_sequence', record.esp_sequence) +
        flag('integrity_verified', record.integrity_verified) +
        flag('is_tunnelled', record.is_tunnelled) +
        list('encapsulation', record.encapsulation) +
        list('options', record.options) +
        '}}\n',
    );
  }

  /** `event_type` `binding`: a binding appeared, changed or ended. */
  binding(record: BindingEventRecord): void {
    this.#sink.write(
      this.#head('binding', record) +
        `,"binding":{"change":"${record.change}"` +
        plain('home_address', record.home_address) +
        plain('peer', record.peer) +
        plain('role', record.role) +
        plain('phase', record.phase) +
        plain('care_of_address', record.care_of_address) +
        plain('previous_care_of_address', record.previous_care_of_address) +
        numeric('sequence', record.sequence) +
        numeric('lifetime', record.lifetime) +
        plain('known_by', record.known_by) +
        '}}\n',
    );
  }

  /** `event_type` `anomaly`: a fault in the octets of a packet, or of an input. */
  anomaly(record: AnomalyRecord): void {
    const { type, code, severity, group, text, detail } = record;
    const anomaly = {
      type,
      event: code,
      severity,
      group,
      text,
      ...(detail === undefined ? {} : { detail }),
    };
    this.#sink.write(`${this.#head('anomaly', record)},"anomaly":${jsonText(anomaly)}}\n`);
  }

  /**
   * `event_type` `alert`: once for each rule and object, at the packet where it became certain.
   * @param action `blocked`: the packet was dropped
   */
  alert(head: EventHead, record: AlertRecord, action: 'allowed' | 'blocked' = 'allowed'): void {
    const alert = {
      action,
      gid: GENERATOR,
      signature_id: record.signature_id,
      rev: REVISION,
      signature: record.signature,
      category: record.category,
      severity: EVE_SEVERITY[record.severity],
    };
    const { alert_id, rule, severity, confidence, stage, message } = record;
    const { home_address, home_agent, attacker, home_prefix, incident_id } = record;
    const mip6 = {
      alert_id,
      rule,
      severity_name: severity,
      verdict: record.verdict,
      confidence,
      stage,
      message,
      home_address,
      home_agent,
      attacker,
      home_prefix,
      incident_id,
      evidence: record.evidence,
      related: record.related,
      references: record.references,
      advice: record.advice,
    };
    this.#sink.write(
      `${this.#head('alert', head)},"alert":${jsonText(alert)},"mip6":${jsonText(mip6)}}\n`,
    );
  }

  /** `event_type` `drop`: packets of one rule and object that a gateway dropped, or would have. */
  drop(record: DropRecord): void {
    const { action, reason, length, count, total, first, severity } = record;
    const { signature_id, signature } = record;
    const drop = {
      ...{ action, reason, len: length, count, total, first, signature_id, signature },
      severity: EVE_SEVERITY[severity],
    };
    const { rule, confidence, stage, message, home_address, home_agent, attacker } = record;
    const { home_prefix, evidence, related } = record;
    const mip6 = {
      ...{ rule, severity_name: severity, confidence, stage, message, home_address, home_agent },
      ...{ attacker, home_prefix, evidence, related },
    };
    this.#sink.write(
      `${this.#head('drop', record.head)},"drop":${jsonText(drop)},"mip6":${jsonText(mip6)}}\n`,
    );
  }

  /** `event_type` `incident`: one attack, with links to its alerts; written when the run has ended. */
  incident(record: IncidentRecord): void {
    const { incident_id, title, severity, confidence, assessment, home_address, home_agent } =
      record;
    const incident = {
      incident_id,
      title,
      severity: EVE_SEVERITY[severity],
      severity_name: severity,
      confidence,
      assessment,
      home_address,
      home_agent,
      attackers: record.attackers,
      first: record.first,
      last: record.last,
      stages: record.stages.map(({ stage, alerts }) => ({
        stage,
        alert_ids: alerts.map(({ alert_id }) => alert_id),
      })),
      alerts: record.alerts.map(linkOf),
      evidence: record.evidence,
      narrative: record.narrative,
      references: record.references,
      advice: record.advice,
    };
    this.#sink.write(`${this.#head('incident', record.last)},"incident":${jsonText(incident)}}\n`);
  }

  /** `event_type` `stats`: the last line of a run. `timestamp` is the time of the last packet. */
  stats(document: AuditDocument, timestamp: string): void {
    const { counters, run } = document;
    const stats = {
      uptime: Math.round(run.duration_seconds),
      decoder: {
        pkts: counters.packets,
        bytes: counters.octets,
        ipv4: counters.ipv4,
        ipv6: counters.ipv6,
        undecoded: counters.undecoded,
      },
      detect: { alert: document.alerts.length, incident: document.incidents.length },
      mip6: {
        ...counters,
        bindings: document.bindings.length,
        alerts: document.alerts.map(({ alert_id, signature_id, count }) => ({
          alert_id,
          signature_id,
          count,
        })),
        not_judged: document.not_judged,
        ...(run.suppressions === undefined
          ? {}
          : { suppressed_alerts: run.suppressions.reduce((sum, item) => sum + item.alerts, 0) }),
        ...(run.held_back === undefined ? {} : { held_back: run.held_back }),
        ...(run.unused_key_rows === undefined ? {} : { unused_key_rows: run.unused_key_rows }),
        associations: document.associations,
        esp_flows: document.esp_flows,
        is_stopped: run.is_stopped,
      },
    };
    this.#sink.write(
      `{"timestamp":"${timestamp}","event_type":"stats","stats":${jsonText(stats)}}\n`,
    );
  }

  /** Hands over what is buffered. Throws OutputError. */
  flush(): void {
    this.#sink.flush();
  }

  /** The common part, without the closing brace. */
  #head(type: string, head: EventHead): string {
    const { in_iface, src_ip, dest_ip, proto }: EventHead = head;
    const place = in_iface === undefined ? '' : `,"in_iface":${this.#name(in_iface)}`;
    return (
      `{"timestamp":"${head.timestamp}","event_type":"${type}","pcap_cnt":${head.pcap_cnt}` +
      `,"pcap_filename":${this.#name(head.pcap_filename)}${place}` +
      plain('src_ip', src_ip) +
      plain('dest_ip', dest_ip) +
      plain('proto', proto)
    );
  }

  #name(name: string): string {
    let quoted = this.#names.get(name);
    if (quoted === undefined) {
      quoted = jsonString(name);
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      this.#names.set(name, quoted);
    }
    return quoted;
  }
}
