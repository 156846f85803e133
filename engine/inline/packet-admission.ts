/**
 * Decides about the packet at hand from what the rules found in it.
 */
import type { PacketReference } from '../events.ts';
import { resolvePrecedence } from '../precedence.ts';
import { SEVERITIES } from '../rule-api.ts';
import type { RuleDefinition, Verdict } from '../rule-api.ts';
import { ExpiringTable } from '../rule-table.ts';
import type { Admission, JudgedFinding, Undoable } from './admission.ts';
import type { DropReason } from './drop-reason.ts';
import { TokenBuckets } from './token-buckets.ts';
import type { RateLimit } from './token-buckets.ts';

/** `monitor`: everything passes, and what would not is told. `enforce`: it is dropped. */
export type JudgeMode = 'monitor' | 'enforce';

/** How findings become verdicts. */
export interface AdmissionPolicy {
  /** Instead of those of the rules and of what the site says of whole rules; by id. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Whether findings that allow another reading drop as well. */
  readonly dropsPartial: boolean;
  readonly rateLimit: RateLimit;
}

/** Packets in parts that are refused; parts are put together for a minute (RFC 8200 section 4.5). */
const PARTS = { maxEntries: 4096, ttlSeconds: 61 };

/** A finding that counts. */
interface Charge extends JudgedFinding {
  readonly verdict: Verdict;
  /** Whether it drops the packet: it says `drop`, or its bucket is empty. */
  readonly isRefusal: boolean;
}

/**
 * The packet at hand. The verdict of a finding is, first that says something: a rate filter of the site that holds now,
 * an override of the site that it lies in, the gateway's configuration, the site's settings of the rule, the rule.
 */
export class PacketAdmission implements Admission {
  mode: JudgeMode;
  /** Packets are only taken note of: nobody is asked about them, and they use up no limit. */
  isObserving = false;
  #policy: AdmissionPolicy;
  #buckets: TokenBuckets;
  #isOpen = false;
  #isSettled = false;
  #refusals = 0;
  #time = 0;
  #charges: Charge[] = [];
  #actions: (() => void)[] = [];
  /** What the packet at hand is a part of. */
  #part: string | undefined;
  readonly #refusedParts = new ExpiringTable<readonly Charge[]>(PARTS, () => this.#time);
  readonly #undoables: Undoable[] = [];
  #undoableCount = 0;

  /** @throws RangeError for a rate limit that lets nothing pass */
  constructor(mode: JudgeMode, policy: AdmissionPolicy) {
    this.mode = mode;
    this.#policy = policy;
    this.#buckets = new TokenBuckets(policy.rateLimit);
  }

  get policy(): AdmissionPolicy {
    return this.#policy;
  }

  /** From the next packet on. @throws RangeError for a rate limit that lets nothing pass; then nothing has changed */
  set policy(policy: AdmissionPolicy) {
    const { perSecond, burst } = this.#policy.rateLimit;
    const { rateLimit } = policy;
    if (rateLimit.perSecond !== perSecond || rateLimit.burst !== burst) {
      this.#buckets = new TokenBuckets(rateLimit);
    }
    this.#policy = policy;
  }

  /** Whether rules object to the packet at hand enough to drop it, whatever the mode. */
  get isObjectedTo(): boolean {
    return this.#refusals > 0;
  }

  begin(time: number): void {
    this.#isOpen = !this.isObserving;
    this.#isSettled = false;
    this.#time = time;
    this.#refusals = 0;
    this.#part = undefined;
    this.#undoableCount = 0;
    // Left over only when an observer failed.
    if (this.#actions.length > 0) this.#actions = [];
    if (this.#charges.length > 0) this.#charges = [];
  }

  found(finding: JudgedFinding): void {
    if (!this.#isOpen) return;
    const verdict = this.#verdictOf(finding);
    // What becomes of bindings is told when the packet has been let in: it cannot be called back.
    const isRefusal = !this.#isSettled && this.#isRefusal(finding, verdict);
    this.#charge({ ...finding, verdict, isRefusal });
  }

  defer(action: () => void): void {
    if (this.#isOpen) this.#actions.push(action);
    else action();
  }

  changed(what: Undoable): void {
    if (this.#isOpen) this.#undoables[this.#undoableCount++] = what;
  }

  isPartOf(key: string): void {
    if (!this.#isOpen) return;
    this.#part = key;
    const charges = this.#refusedParts.get(key);
    for (const charge of charges ?? []) this.#charge(charge);
  }

  settle(): boolean {
    if (!this.#isOpen) return true;
    this.#isSettled = true;
    if (this.#part !== undefined && this.isObjectedTo) {
      this.#refusedParts.set(
        this.#part,
        this.#charges.filter(({ isRefusal }) => isRefusal),
      );
    }
    if (this.#undoableCount > 0 && this.#isRefused) {
      for (let i = this.#undoableCount - 1; i >= 0; i--) this.#undoables[i]?.undo();
    }
    this.#undoableCount = 0;
    const isLetIn = !this.#isRefused;
    if (this.#actions.length === 0) return isLetIn;
    const actions = this.#actions;
    this.#actions = [];
    if (isLetIn) for (const action of actions) action();
    return isLetIn;
  }

  end(): void {
    this.#isOpen = false;
  }

  /** Why the packet at hand is, or would be, dropped; undefined when nothing speaks against it. */
  reason(packet: PacketReference): DropReason | undefined {
    if (this.#refusals === 0) return undefined;
    const refusals = this.#charges.filter(({ isRefusal }) => isRefusal);
    const speaker = [...resolvePrecedence(refusals)].sort(byWeight)[0];
    if (speaker === undefined) return undefined;
    const { rule, draft, severity, verdict } = speaker;
    const related = new Map<string, string>();
    for (const charge of this.#charges) {
      if (charge.rule.id === rule.id || related.has(charge.rule.id)) continue;
      related.set(charge.rule.id, charge.draft.message);
    }
    return {
      ruleId: rule.id,
      title: rule.title,
      severity,
      verdict: verdict === 'rate-limit' ? 'rate-limit' : 'drop',
      confidence: draft.confidence,
      object: draft.object,
      message: draft.message,
      packet,
      evidence: draft.evidence,
      stage: draft.stage,
      attacker: draft.attacker,
      homeAddress: draft.homeAddress,
      homeAgent: draft.homeAgent,
      homePrefix: draft.homePrefix,
      related: [...related].map(([ruleId, message]) => ({ ruleId, message })),
      wouldDrop: this.mode === 'monitor',
    };
  }

  #charge(charge: Charge): void {
    if (charge.isRefusal) this.#refusals++;
    this.#charges.push(charge);
  }

  get #isRefused(): boolean {
    return this.#refusals > 0 && this.mode === 'enforce';
  }

  #verdictOf({ rule, changed, scoped, ofSite }: JudgedFinding): Verdict {
    return changed ?? scoped ?? this.#policy.verdicts.get(rule.id) ?? ofSite ?? inlineVerdict(rule);
  }

  #isRefusal({ rule, draft, isOfPacket }: JudgedFinding, verdict: Verdict): boolean {
    if (verdict === 'alert' || !isOfPacket || draft.isToPass === true) return false;
    if (draft.confidence === 'partial' && !this.#policy.dropsPartial) return false;
    if (verdict === 'drop') return true;
    const { object } = draft;
    const before = this.#charges.find(
      (charge) => charge.rule === rule && charge.draft.object === object,
    );
    // Two events of one packet take one token.
    if (before?.verdict === 'rate-limit') return before.isRefusal;
    return !this.#buckets.take(`${rule.id}/${object}`, this.#time);
  }
}

/** Verdict of a rule that nobody changed. */
function inlineVerdict({ verdict }: RuleDefinition): Verdict {
  return verdict;
}

/** Drops before limits, then the worst first; of equals the order of the rules stays. */
function byWeight(a: Charge, b: Charge): number {
  if (a.verdict !== b.verdict) return a.verdict === 'drop' ? -1 : 1;
  return SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity);
}
