/**
 * Whether the packet at hand is let in: what the stages of the pipeline and the rules tell of it, and what they ask.
 *
 * A packet that is refused has not happened for its receiver, so it may not change what the engine believes of bindings,
 * neighbours and prefixes. Where somebody judges, stages hand over what they would change; it is done when all rules
 * have spoken and the packet passes, and forgotten otherwise. Without a judge they do it at once, as ever.
 */
import type { AlertDraft, RuleDefinition, Severity, Verdict } from '../rule-api.ts';

/** A finding of a rule in the packet at hand. */
export interface JudgedFinding {
  readonly rule: RuleDefinition;
  readonly draft: AlertDraft;
  /** Severity as an alert would have it. */
  readonly severity: Severity;
  /** It became certain with the packet at hand; what is only told now is about an earlier one. */
  readonly isOfPacket: boolean;
  /** By a rate filter of the site that holds now. */
  readonly changed: Verdict | undefined;
  /** By an override of the site that the finding lies in. */
  readonly scoped: Verdict | undefined;
  /** By what the site says of the rule as a whole. */
  readonly ofSite: Verdict | undefined;
}

/** Something that can be put back as it was before the packet at hand. */
export interface Undoable {
  undo(): void;
}

/** What an engine tells whoever judges its packets. */
export interface Admission {
  /**
   * A packet begins: findings count from now on, those that passing time made before do not.
   * @param time microseconds since 1970
   */
  begin(time: number): void;
  /** A rule found something. */
  found(finding: JudgedFinding): void;
  /** To be done when the packet passes; between packets at once. */
  defer(action: () => void): void;
  /** Was changed already; to be put back when the packet is refused. */
  changed(what: Undoable): void;
  /**
   * The packet at hand is a part of something: it is refused when an earlier part was, and with it go those that follow.
   * @param key the same for all parts
   */
  isPartOf(key: string): void;
  /** All events of the packet are told: what waits is done, or what was done undone. @returns whether it is let in */
  settle(): boolean;
  /** Nothing belongs to a packet any more. */
  end(): void;
}
