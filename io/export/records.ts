/**
 * What exports and the store are given: plain values under the names that the outputs use.
 *
 * Addresses are text (RFC 5952), times are EVE timestamps, lifetimes are seconds. A field that is not known is
 * absent, never null, and a field always has the same type. No record holds keys.
 */
import type {
  Confidence,
  RuleDefinition,
  Severity,
  Stage,
  Verdict,
} from '../../engine/rule-api.ts';
import type { BindingEvent, EspEvent, LinkRole, Link, Protection } from '../../engine/rule-api.ts';

/** A packet of the inputs. */
export interface PacketPointer {
  /** Input as the user named it; `-` for standard input. */
  readonly pcap_filename: string;
  /** 1-based number in that input. */
  readonly pcap_cnt: number;
  readonly timestamp: string;
}

/** A packet and what in it proves something. */
export interface EvidenceRecord extends PacketPointer {
  /** Name of the link it was captured on. */
  readonly in_iface?: string;
  readonly text: string;
}

/** What a rule found. */
export interface AlertRecord {
  /** 1, 2, 3 ... in order of appearance. */
  readonly alert_id: number;
  /** `MIP6-1106`. */
  readonly rule: string;
  /** 1106. */
  readonly signature_id: number;
  readonly signature: string;
  readonly category: RuleDefinition['category'];
  readonly severity: Severity;
  /** Of the gateway, where a rate filter changed it. */
  readonly verdict?: Verdict;
  readonly confidence: Confidence;
  readonly stage?: Stage;
  readonly message: string;
  readonly packet: PacketPointer;
  /** How often it was seen up to `last_packet`. */
  readonly count: number;
  readonly last_packet: PacketPointer;
  readonly home_address?: string;
  readonly home_agent?: string;
  /** IPv6 or link-layer address that acts. */
  readonly attacker?: string;
  readonly home_prefix?: string;
  readonly evidence: readonly EvidenceRecord[];
  readonly related: readonly { readonly rule: string; readonly message: string }[];
  readonly references: readonly string[];
  readonly explanation: string;
  readonly advice: string;
  /** Known when the run has ended. */
  readonly incident_id?: number;
  /** 32 hexadecimal digits: the same for the same finding in every run. */
  readonly fingerprint: string;
}

/** A finding by what stays the same from run to run. */
export interface KnownFinding {
  /** As in `AlertRecord`. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
}

/** What a baseline left out of a result. */
export interface BaselineRecord {
  /** File as the user named it. */
  readonly file: string;
  /** Findings of this run that the baseline holds; they are not among the alerts. */
  readonly known: readonly KnownFinding[];
  /** Incidents of which the baseline holds all alerts. */
  readonly known_incidents: number;
  /** Entries of the baseline that this run did not find. */
  readonly not_seen: readonly KnownFinding[];
}

/** Packets of one rule and object that a gateway dropped, or would have dropped in monitor mode. */
export interface DropRecord {
  /** Of the last packet that it stands for. */
  readonly head: EventHead;
  readonly action: 'drop' | 'would_drop';
  /** By the verdict of the rule: `drop`, or more than `rate-limit` lets pass. */
  readonly reason: 'rule' | 'rate-limit';
  /** Octets on the wire. */
  readonly length: number;
  /** Packets that it stands for. */
  readonly count: number;
  /** Packets of this rule and object so far. */
  readonly total: number;
  /** Time of the first packet that it stands for. */
  readonly first: string;
  readonly rule: string;
  readonly signature_id: number;
  readonly signature: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly stage?: Stage;
  readonly message: string;
  readonly home_address?: string;
  readonly home_agent?: string;
  readonly attacker?: string;
  readonly home_prefix?: string;
  readonly evidence: readonly EvidenceRecord[];
  readonly related: readonly { readonly rule: string; readonly message: string }[];
}

/** An alert that belongs to an incident. */
export interface AlertLink extends PacketPointer {
  readonly alert_id: number;
  readonly signature_id: number;
  readonly severity: Severity;
  readonly signature: string;
  readonly message: string;
}

/** One attack with its stages. */
export interface IncidentRecord {
  readonly incident_id: number;
  readonly title: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly assessment?: string;
  readonly home_address?: string;
  readonly home_agent?: string;
  readonly attackers: readonly string[];
  readonly first: PacketPointer;
  readonly last: PacketPointer;
  readonly stages: readonly { readonly stage: Stage; readonly alerts: readonly AlertLink[] }[];
  readonly alerts: readonly AlertLink[];
  readonly evidence: readonly EvidenceRecord[];
  readonly narrative: readonly string[];
  readonly references: readonly string[];
  readonly advice: readonly string[];
}

/** One change in the life of a binding. */
export interface BindingChangeRecord extends PacketPointer {
  readonly phase: string;
  readonly care_of_address: string;
  readonly sequence?: number;
  /** Seconds. */
  readonly lifetime?: number;
  readonly status?: number;
  readonly known_by: string;
}

/** A binding of a home address at a home agent or correspondent node. */
export interface BindingRecord {
  readonly home_address: string;
  readonly peer: string;
  readonly role: 'home' | 'correspondent';
  readonly phase: string;
  readonly care_of_address: string;
  readonly sequence?: number;
  /** Granted lifetime in seconds. */
  readonly lifetime?: number;
  /** Flags of the Binding Update that are set. */
  readonly flags?: readonly string[];
  readonly known_by: string;
  readonly first_seen: string;
  readonly registered_at?: string;
  readonly expires_at?: string;
  readonly tunnel_packets: number;
  readonly changes: readonly BindingChangeRecord[];
  /** Changes left out of `changes` because there were too many. */
  readonly changes_dropped: number;
}

/** A security association as the user gave it, without its keys, and how it fared. */
export interface AssociationRecord {
  readonly label: string;
  /** `file:line` of the key file. */
  readonly origin: string;
  /** Absent: fits any. */
  readonly spi?: number;
  readonly mode: 'transport' | 'tunnel' | 'any';
  /** Address, prefix, or `*` for any. */
  readonly source: string;
  readonly destination: string;
  readonly encryption: string;
  readonly integrity: string;
  /** ESP packets that it was tried on. */
  readonly packets: number;
  readonly opened: number;
  /** Opened ones whose integrity check value was checked and right. */
  readonly verified: number;
  readonly icv_mismatches: number;
  readonly malformed: number;
  readonly verdict: 'unused' | 'works' | 'wrong-key' | 'unreadable' | 'mixed';
}

/** A security association as its packets show it: an SPI between two addresses. */
export interface EspFlowRecord {
  readonly spi: number;
  /** Normalised: the home address where a header names it. */
  readonly source: string;
  readonly destination: string;
  readonly packets: number;
  /** Octets of its ESP packets. */
  readonly octets: number;
  readonly opened_with_key: number;
  readonly first_packet: string;
  readonly last_packet: string;
  readonly role: 'binding' | 'prefix-discovery' | 'return-routability' | 'payload' | 'unknown';
  /** `content`: its packets were read. */
  readonly basis: 'content' | 'inferred';
  readonly reason: string;
  /** Recognised without a key as not encrypted. */
  readonly null_encryption?: {
    /** Whose checksum was right. */
    readonly proof: string;
    readonly packets: number;
    /** Packets since the first one read that are not in the clear. */
    readonly misfits: number;
    readonly iv_octets: number;
    readonly icv_octets: number;
  };
}

/** A link. */
export interface LinkRecord {
  readonly id: number;
  readonly name: string;
  readonly role: LinkRole;
  readonly role_known_by: Link['roleKnownBy'];
  readonly effective_role: LinkRole;
}

/** A rule that could not judge, and why. */
export interface NotJudgedRecord {
  readonly rule: string;
  readonly title: string;
  readonly reason: string;
}

/** Something wrong with an input. */
export interface FaultRecord {
  readonly pcap_filename: string;
  readonly code: string;
  readonly message: string;
  /** Octets from the start of the (decompressed) input. */
  readonly offset: number;
  readonly packets_before: number;
}

/** Numbers of a run. */
export interface CounterRecord {
  readonly packets: number;
  readonly octets: number;
  readonly ipv6: number;
  readonly ipv4: number;
  readonly undecoded: number;
  readonly cut: number;
  readonly fragments: number;
  readonly reassembled: number;
  readonly mobility: number;
  readonly icmpv6_signalling: number;
  readonly home_address_options: number;
  readonly type_2_routing_headers: number;
  readonly tunnelled: number;
  readonly esp: number;
  readonly esp_opened: number;
  readonly esp_no_key: number;
  readonly esp_read_as_null: number;
  readonly esp_icv_mismatch: number;
  readonly esp_malformed: number;
  readonly mobility_by_type: readonly {
    readonly mh_type: number;
    readonly name: string;
    readonly packets: number;
  }[];
  readonly diagnostics: readonly {
    readonly code: string;
    readonly severity: string;
    readonly text: string;
    readonly packets: number;
  }[];
  /** Live entries evicted from full tables. */
  readonly evictions: readonly { readonly table: string; readonly entries: number }[];
}

/** A row of a key file that was not used. What it holds is nowhere. */
export interface UnusedKeyRowRecord {
  readonly file: string;
  /** 1-based; 0 for a file as a whole. */
  readonly line: number;
  /** 1-based; 0 for the whole line. */
  readonly column: number;
  readonly field?: string;
  readonly message: string;
}

/** What a suppression of the site file hid. */
export interface SuppressionRecord {
  readonly rules: readonly string[] | 'all';
  readonly track?: string;
  /** Addresses and prefixes. */
  readonly addresses?: readonly string[];
  /** Last day it holds, `2026-12-31`. */
  readonly until?: string;
  readonly reason?: string;
  readonly is_expired: boolean;
  /** Alerts hidden: one for each rule and object. */
  readonly alerts: number;
  /** Findings hidden, with the repetitions. */
  readonly findings: number;
}

/** What was run over what. */
export interface RunRecord {
  readonly tool: 'mip6guard';
  readonly version: string;
  readonly inputs: readonly { readonly pcap_filename: string; readonly packets: number }[];
  readonly site?: string;
  readonly key_files: readonly string[];
  /** Security policies of the key files; absent without any. */
  readonly policies?: number;
  /** Rows of key files that were not used, because something is wrong with them; absent without any. */
  readonly unused_key_rows?: readonly UnusedKeyRowRecord[];
  readonly rules: number;
  readonly first_packet?: string;
  readonly last_packet?: string;
  /** Capture time from the first to the last packet. */
  readonly duration_seconds: number;
  readonly fail_on: Severity;
  /** True when the user, or the end of whoever read the output, stopped the run before the end of the inputs. */
  readonly is_stopped: boolean;
  /** Display filter: only findings with a packet that it selects are here. */
  readonly filter?: string;
  /** Findings that the filter left out. */
  readonly hidden_alerts?: number;
  readonly hidden_incidents?: number;
  /** What suppressions of the site file hid, in its order; absent without any. */
  readonly suppressions?: readonly SuppressionRecord[];
  /** Findings that thresholds of the site file held back; absent when none was. */
  readonly held_back?: number;
  /** What a baseline left out; absent without one. */
  readonly baseline?: BaselineRecord;
}

/** Everything a run found: the `json` format, and the source of the text report and the store. */
export interface AuditDocument {
  readonly schema_version: 1;
  readonly run: RunRecord;
  readonly counters: CounterRecord;
  readonly links: readonly LinkRecord[];
  readonly bindings: readonly BindingRecord[];
  readonly associations: readonly AssociationRecord[];
  readonly esp_flows: readonly EspFlowRecord[];
  readonly alerts: readonly AlertRecord[];
  readonly incidents: readonly IncidentRecord[];
  readonly not_judged: readonly NotJudgedRecord[];
  readonly faults: readonly FaultRecord[];
  readonly internal_errors: readonly string[];
}

/** Where an event of the stream happened. */
export interface EventHead extends PacketPointer {
  readonly in_iface?: string | undefined;
  readonly src_ip?: string | undefined;
  readonly dest_ip?: string | undefined;
  /** IANA protocol name as Suricata writes it. */
  readonly proto?: string | undefined;
}

/**
 * A Mobility Header or signalling ICMPv6 message. There are many: all have all fields in one order, so that the
 * engine that runs this keeps them as plain structures.
 */
export interface SignallingRecord {
  readonly head: EventHead;
  /** `binding-update`, `router-advertisement`, ... */
  readonly message: string;
  readonly mh_type: number | undefined;
  readonly icmp_type: number | undefined;
  readonly icmp_code: number | undefined;
  readonly checksum: 'right' | 'wrong' | 'unknown';
  readonly home_address: string | undefined;
  readonly care_of_address: string | undefined;
  readonly home_agent: string | undefined;
  readonly sequence: number | undefined;
  /** Seconds. */
  readonly lifetime: number | undefined;
  readonly status: number | undefined;
  readonly flags: readonly string[] | undefined;
  readonly layout: EspEvent['layout'];
  readonly protection: Protection;
  readonly spi: number | undefined;
  readonly esp_sequence: number | undefined;
  readonly integrity_verified: boolean | undefined;
  readonly is_tunnelled: boolean;
  readonly encapsulation: readonly string[] | undefined;
  readonly options: readonly string[] | undefined;
}

/** A binding appeared, changed or ended. */
export interface BindingEventRecord extends EventHead {
  readonly change: BindingEvent['change'];
  readonly home_address: string;
  readonly peer: string;
  readonly role: 'home' | 'correspondent';
  readonly phase: string;
  readonly care_of_address: string;
  readonly previous_care_of_address?: string;
  readonly sequence?: number;
  readonly lifetime?: number;
  readonly known_by: string;
}

/** Something wrong in the octets of a packet, or with an input. */
export interface AnomalyRecord extends EventHead {
  /** `decode` for a packet, `capture` for an input, `gateway` for packets that nobody judged. */
  readonly type: 'decode' | 'capture' | 'gateway';
  readonly code: string;
  readonly severity: 'warn' | 'error';
  readonly group: string;
  readonly text: string;
  readonly detail?: string;
}
