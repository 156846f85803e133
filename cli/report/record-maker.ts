/**
 * Turns what the engine found into the records that exports and the store take.
 */
import { formatAddress, formatMac, formatPrefix } from '../../dissectors/core/address.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { Alert, Incident } from '../../engine/alert.ts';
import type { PacketReference } from '../../engine/events.ts';
import type { CaptureInput } from '../../engine/ports.ts';
import type { Evidence } from '../../engine/rule-api.ts';
import type { Binding, BindingChange } from '../../engine/state/binding-cache.ts';
import type {
  AlertLink,
  AlertRecord,
  BindingChangeRecord,
  BindingRecord,
  EvidenceRecord,
  IncidentRecord,
  PacketPointer,
} from '../../io/export/records.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';
import { alertFingerprint } from './fingerprint.ts';
import { flagNames } from './flag-names.ts';

/** Text of an IPv6 address (16 octets) or a link-layer address. */
export function addressText(octets: Uint8Array): string {
  return octets.length === 16 ? formatAddress(octets) : formatMac(octets, 0, octets.length);
}

/** Address text of an optional address. */
export function optionalAddress(octets: Uint8Array | undefined): string | undefined {
  return octets === undefined ? undefined : addressText(octets);
}

/** Suricata's range for rules of the site begins here. */
const LOCAL_SIGNATURES = 1_000_000;

/** Number of a rule: 1106 of `MIP6-1106`, 1000007 of `LOCAL-0007`; 0 for an identifier of another form. */
export function signatureId(ruleId: string): number {
  const local = /^LOCAL-(\d{4})$/.exec(ruleId)?.[1];
  if (local !== undefined) return LOCAL_SIGNATURES + Number(local);
  return Number(/^MIP6-(\d{1,9})$/.exec(ruleId)?.[1] ?? 0);
}

/** Makes records of one run; it knows the names of the run's inputs. */
export class RecordMaker {
  readonly #inputs: readonly CaptureInput[];

  constructor(inputs: readonly CaptureInput[]) {
    this.#inputs = inputs;
  }

  pointer(packet: PacketReference): PacketPointer {
    return {
      pcap_filename: this.#inputs[packet.input]?.name ?? '',
      pcap_cnt: packet.number,
      timestamp: eveTimestamp(packet.time),
    };
  }

  alert(alert: Alert): AlertRecord {
    const { rule, draft } = alert;
    return {
      alert_id: alert.id,
      rule: rule.id,
      signature_id: signatureId(rule.id),
      signature: rule.title,
      category: rule.category,
      severity: alert.severity,
      ...(alert.verdict === undefined ? {} : { verdict: alert.verdict }),
      confidence: alert.confidence,
      ...(draft.stage === undefined ? {} : { stage: draft.stage }),
      message: draft.message,
      packet: this.pointer(draft.packet),
      count: alert.count,
      last_packet: this.pointer(alert.lastPacket),
      ...concerned(draft),
      ...(draft.attacker === undefined ? {} : { attacker: addressText(draft.attacker) }),
      ...(draft.homePrefix === undefined
        ? {}
        : {
            home_prefix: formatPrefix({
              bytes: draft.homePrefix.prefix,
              length: draft.homePrefix.length,
            }),
          }),
      evidence: draft.evidence.map((item) => this.evidence(item)),
      related: alert.related.map(({ ruleId, message }) => ({ rule: ruleId, message })),
      references: rule.references,
      explanation: rule.explanation,
      advice: rule.advice,
      ...(alert.incidentId === undefined ? {} : { incident_id: alert.incidentId }),
      fingerprint: alertFingerprint(alert),
    };
  }

  incident(incident: Incident): IncidentRecord {
    return {
      incident_id: incident.id,
      title: incident.title,
      severity: incident.severity,
      confidence: incident.confidence,
      ...(incident.assessment === undefined ? {} : { assessment: incident.assessment }),
      ...concerned(incident),
      attackers: incident.attackers.map(addressText),
      first: this.pointer(incident.first),
      last: this.pointer(incident.last),
      stages: incident.stages.map(({ stage, alerts }) => ({
        stage,
        alerts: alerts.map((alert) => this.#link(alert)),
      })),
      alerts: incident.alerts.map((alert) => this.#link(alert)),
      evidence: incident.evidence.map((item) => this.evidence(item)),
      narrative: incident.narrative,
      references: incident.references,
      advice: incident.advice,
    };
  }

  binding(binding: Readonly<Binding>): BindingRecord {
    const { flags, registeredAt, expiresAt } = binding;
    const changesOf = (): BindingChangeRecord[] =>
      binding.history.map((change) => this.#change(change));
    return {
      home_address: formatAddress(binding.homeAddress),
      peer: formatAddress(binding.peer),
      role: binding.role,
      phase: binding.phase,
      care_of_address: formatAddress(binding.careOfAddress),
      ...numbers(binding),
      ...(flags === undefined ? {} : { flags: flagNames(BINDING_UPDATE_FLAGS, flags) }),
      known_by: binding.knownBy,
      first_seen: eveTimestamp(binding.firstSeen),
      ...(registeredAt === 0 ? {} : { registered_at: eveTimestamp(registeredAt) }),
      ...(expiresAt === 0 ? {} : { expires_at: eveTimestamp(expiresAt) }),
      tunnel_packets: binding.tunnelPackets,
      // Made when looked at: a text report shows a few of many thousand bindings.
      get changes() {
        return changesOf();
      },
      changes_dropped: binding.historyDropped,
    };
  }

  #change(change: BindingChange): BindingChangeRecord {
    return {
      ...this.pointer(change.packet),
      phase: change.phase,
      care_of_address: formatAddress(change.careOfAddress),
      ...numbers(change),
      ...(change.status === undefined ? {} : { status: change.status }),
      known_by: change.knownBy,
    };
  }

  /** A packet and what in it proves something. */
  evidence(evidence: Evidence): EvidenceRecord {
    const place = evidence.link === undefined ? {} : { in_iface: evidence.link.name };
    return { ...this.pointer(evidence.packet), ...place, text: evidence.text };
  }

  #link(alert: Alert): AlertLink {
    return {
      ...this.pointer(alert.draft.packet),
      alert_id: alert.id,
      signature_id: signatureId(alert.rule.id),
      severity: alert.severity,
      signature: alert.rule.title,
      message: alert.draft.message,
    };
  }
}

/** Whom an alert or incident concerns. */
export function concerned(about: {
  readonly homeAddress?: Uint8Array | undefined;
  readonly homeAgent?: Uint8Array | undefined;
}): { home_address?: string; home_agent?: string } {
  const { homeAddress, homeAgent } = about;
  return {
    ...(homeAddress === undefined ? {} : { home_address: formatAddress(homeAddress) }),
    ...(homeAgent === undefined ? {} : { home_agent: formatAddress(homeAgent) }),
  };
}

/** Sequence number and lifetime in seconds, where a readable message told them. */
export function numbers(from: {
  readonly sequence: number | undefined;
  readonly lifetime: number | undefined;
}): { sequence?: number; lifetime?: number } {
  return {
    ...(from.sequence === undefined ? {} : { sequence: from.sequence }),
    ...(from.lifetime === undefined ? {} : { lifetime: from.lifetime }),
  };
}
