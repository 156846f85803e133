/**
 * Alerts and incidents as the engine reports them.
 */
import type {
  AlertDraft,
  Confidence,
  Evidence,
  RuleDefinition,
  Severity,
  Stage,
  Verdict,
} from './rule-api.ts';
import type { PacketReference } from './events.ts';

/** An alert: one per rule and object. */
export interface Alert {
  /** 1, 2, 3 ... in order of appearance. */
  readonly id: number;
  readonly rule: RuleDefinition;
  readonly severity: Severity;
  /** Instead of the rule's, where the site says so. */
  readonly verdict?: Verdict;
  /** Rises to `certain` when a later packet proves it. */
  confidence: Confidence;
  readonly draft: AlertDraft;
  /** Rules that describe the same fact less specifically. */
  readonly related: readonly { readonly ruleId: string; readonly message: string }[];
  /** How often it was seen, this one included; grows while the run goes on. */
  count: number;
  lastPacket: PacketReference;
  /** Incident it belongs to; set when the incident is known. */
  incidentId: number | undefined;
}

/** How far an attack came. */
export type Assessment =
  | 'attempted'
  | 'succeeded on the home agent'
  | 'succeeded on the mobile node'
  | 'succeeded on both';

/** One attack with its stages. */
export interface Incident {
  readonly id: number;
  readonly title: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly assessment: Assessment | undefined;
  readonly homeAddress: Uint8Array | undefined;
  readonly homeAgent: Uint8Array | undefined;
  readonly attackers: readonly Uint8Array[];
  readonly stages: readonly { readonly stage: Stage; readonly alerts: readonly Alert[] }[];
  readonly alerts: readonly Alert[];
  readonly first: PacketReference;
  readonly last: PacketReference;
  /** All evidence of its alerts, in packet order, without doubles. */
  readonly evidence: readonly Evidence[];
  /** What happened, in sentences. */
  readonly narrative: readonly string[];
  readonly references: readonly string[];
  readonly advice: readonly string[];
}

/** A rule that could not judge, and why. */
export interface NotJudged {
  readonly ruleId: string;
  readonly title: string;
  readonly reason: string;
}
