/**
 * What the engine knows, as rows that a screen shows. Addresses are text (RFC 5952), times are seconds since the first
 * packet unless said, lifetimes are seconds.
 */
import type { Confidence, Severity, Stage } from '../../rule-api.ts';

/** How far a claim can be trusted: `suspicious` when an alert of medium or above names the binding. */
export type Trust = 'authenticated' | 'clear' | 'inferred' | 'suspicious';

/** One movement of a mobile node. */
export interface BindingStep {
  /** Position of the packet; -1 when it is not kept. */
  readonly packet: number;
  readonly seconds: number;
  /** `registered`, `deregistered`, `rejected` ... */
  readonly phase: string;
  readonly careOfAddress: string;
  readonly sequence: number | undefined;
  readonly lifetime: number | undefined;
  readonly status: number | undefined;
  readonly knownBy: string;
}

/** A binding at a home agent or correspondent node. */
export interface BindingRow {
  readonly homeAddress: string;
  readonly peer: string;
  readonly role: 'home' | 'correspondent';
  readonly phase: string;
  readonly careOfAddress: string;
  readonly sequence: number | undefined;
  /** Granted. */
  readonly lifetime: number | undefined;
  /** When it ends; undefined when not known. */
  readonly expires: number | undefined;
  /** Names of the flags that are set. */
  readonly flags: readonly string[];
  readonly trust: Trust;
  readonly knownBy: string;
  readonly tunnelPackets: number;
  readonly history: readonly BindingStep[];
  /** Steps left out of `history`. */
  readonly historyDropped: number;
}

/** A security association: of a key file, derived from IKE, or seen on the wire alone. */
export interface AssociationRow {
  readonly spi: number | undefined;
  readonly source: string;
  readonly destination: string;
  /** `transport`, `tunnel`, `any`; undefined when only seen. */
  readonly mode: string | undefined;
  /** Transforms; undefined when no key is known. Never a key. */
  readonly encryption: string | undefined;
  readonly integrity: string | undefined;
  /** `file:line`, `IKE SA ...`, or undefined when only seen. */
  readonly origin: string | undefined;
  readonly role: string;
  readonly packets: number;
  readonly opened: number;
  readonly verified: number;
  readonly icvMismatches: number;
  readonly malformed: number;
  /** Highest sequence number seen, and the last 64 below it as marks: `#` seen, `.` not seen, newest first. */
  readonly highestSequence: number | undefined;
  readonly replayWindow: string | undefined;
  readonly verdict: string;
}

/** One leg of a return routability exchange. */
export interface RoutabilityLeg {
  /** Packet of the Init and of the Test; undefined when not seen. */
  readonly init: number | undefined;
  readonly test: number | undefined;
  readonly nonceIndex: number | undefined;
  /** When the token was seen; undefined without one. */
  readonly seconds: number | undefined;
}

/** Return routability between a mobile node and a correspondent. */
export interface RoutabilityRow {
  readonly homeAddress: string;
  readonly careOfAddress: string;
  readonly correspondent: string;
  readonly home: RoutabilityLeg;
  readonly careOf: RoutabilityLeg;
  /** What an authenticator said of the last Binding Update: `right`, `wrong`, `unknown`; undefined without one. */
  readonly authentication: string | undefined;
  /** What is missing or odd, in words; empty when all is there. */
  readonly missing: readonly string[];
}

/** Something that proves an alert. */
export interface EvidenceRow {
  /** Position of the packet in the list; undefined when it is not kept. */
  readonly packet: number | undefined;
  readonly number: number;
  readonly seconds: number;
  readonly link: string | undefined;
  readonly text: string;
}

/** An alert. */
export interface AlertRow {
  readonly id: number;
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly stage: Stage | undefined;
  readonly message: string;
  readonly count: number;
  readonly evidence: readonly EvidenceRow[];
  readonly explanation: string;
  readonly advice: string;
  readonly references: readonly string[];
  /** Of the rule: the attack drawn in characters. */
  readonly illustration: string | undefined;
  readonly homeAddress: string | undefined;
  readonly attacker: string | undefined;
}

/** An attack with its stages, or an alert that belongs to none. */
export interface IncidentRow {
  /** 1, 2, 3 ...; stable while the run goes on as far as its first alert is the same. */
  readonly id: number;
  readonly title: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly assessment: string | undefined;
  readonly homeAddress: string | undefined;
  readonly homeAgent: string | undefined;
  readonly attackers: readonly string[];
  readonly first: number;
  readonly last: number;
  /** Kill chain in the order of an attack; alerts by id. */
  readonly stages: readonly { readonly stage: Stage; readonly alerts: readonly number[] }[];
  readonly alerts: readonly AlertRow[];
  readonly evidence: readonly EvidenceRow[];
  /** What happened, in sentences. */
  readonly narrative: readonly string[];
  readonly advice: readonly string[];
  /** Muted until then, milliseconds since 1970; undefined when not muted. */
  readonly mutedUntil: number | undefined;
}

/** Who takes part in a ladder. */
export interface LadderLane {
  readonly role: 'mobile-node' | 'attacker' | 'home-agent' | 'correspondent' | 'other';
  /** `MN`, `ATK`, `HA`, `CN`, `other`. */
  readonly name: string;
  readonly addresses: readonly string[];
}

/** One message of a ladder. */
export interface LadderStep {
  readonly packet: number;
  readonly number: number;
  readonly seconds: number;
  /** Index of a lane; `to` is 'all' for multicast. */
  readonly from: number;
  readonly to: number | 'all';
  /** `BU seq 4 lifetime 0 A H`, what the message is. */
  readonly label: string;
  /** Headers in order as the draft writes them: `HAO`, `ESP`, `RH2`, `tunnel`. */
  readonly layout: readonly string[];
  /** Whether it is evidence of an alert. */
  readonly isEvidence: boolean;
  readonly severity: Severity | undefined;
}

/** The messages of one binding or incident. */
export interface Ladder {
  readonly title: string;
  readonly lanes: readonly LadderLane[];
  readonly steps: readonly LadderStep[];
  /** Steps that were left out because there were too many. */
  readonly dropped: number;
  /** Registrations that were not answered, in words. */
  readonly notes: readonly string[];
}

/** What a ladder is of. */
export type LadderSubject =
  | { readonly kind: 'binding'; readonly homeAddress: string; readonly peer?: string | undefined }
  | { readonly kind: 'incident'; readonly incident: number };

/** A node of the network. */
export interface TopologyNode {
  readonly address: string;
  readonly roles: readonly (
    | 'home-agent'
    | 'mobile-node'
    | 'correspondent'
    | 'router'
    | 'attacker'
  )[];
  /** Where it is attached by what is known: name of a link. */
  readonly link: string | undefined;
  readonly linkLayerAddress: string | undefined;
  /** Care-of address of a mobile node. */
  readonly careOfAddress: string | undefined;
  /** Who says so: `site`, `learned`. */
  readonly knownBy: string;
}

/** A link that is captured on. */
export interface TopologyLink {
  readonly name: string;
  readonly role: string;
  readonly roleKnownBy: string;
  readonly prefixes: readonly string[];
}

/** Nodes, links and tunnels. */
export interface TopologyView {
  readonly links: readonly TopologyLink[];
  readonly nodes: readonly TopologyNode[];
  readonly tunnels: readonly {
    readonly from: string;
    readonly to: string;
    readonly homeAddress: string;
    readonly packets: number;
  }[];
  /** Nodes left out. */
  readonly dropped: number;
}

/** Values over time, for a sparkline. */
export interface Series {
  readonly name: string;
  /** One value for each slot of time, oldest first; at most 256. */
  readonly values: readonly number[];
}

/** Numbers in classes. */
export interface Histogram {
  readonly name: string;
  readonly unit: string;
  readonly classes: readonly { readonly label: string; readonly count: number }[];
}

/** Numbers of the run. */
export interface StatisticsView {
  /** Seconds of one slot of the series. */
  readonly slotSeconds: number;
  readonly series: readonly Series[];
  readonly messages: readonly { readonly name: string; readonly packets: number }[];
  readonly statusCodes: readonly {
    readonly status: number;
    readonly name: string;
    readonly packets: number;
  }[];
  /** From the first Binding Update of a handover to its accepting Acknowledgement, milliseconds. */
  readonly handoverLatency: Histogram;
  readonly counters: readonly { readonly name: string; readonly value: number }[];
}

/** A line of the log. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}
