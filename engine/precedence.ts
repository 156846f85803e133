/**
 * Where several rules describe one fact of one packet, the most specific one speaks.
 */
import { addressKey } from '../dissectors/core/address.ts';
import { PRECEDENCE } from './rule-api.ts';
import type { AlertDraft, RuleDefinition } from './rule-api.ts';

/** What one rule found in the packet at hand. */
export interface Finding {
  readonly rule: RuleDefinition;
  readonly draft: AlertDraft;
}

/** What is said of a finding that becomes an alert. */
export interface Settled {
  /** Findings that say the same less specifically. */
  readonly related: readonly { readonly ruleId: string; readonly message: string }[];
}

/** Rank of a rule in `PRECEDENCE`, 0 = most specific; -1 = takes no part. */
function rankOf(rule: RuleDefinition): number {
  return rule.precedence === undefined ? -1 : PRECEDENCE.indexOf(rule.precedence);
}

/** What a finding is about, as far as precedence is concerned; findings about nobody share one group. */
function subjectOf({ homeAddress }: AlertDraft): string {
  return homeAddress === undefined ? '' : addressKey(homeAddress);
}

/**
 * Applies `PRECEDENCE` to the findings of one packet: for each home address those of the most specific class
 * remain, and the others become `related` of the first of them. Findings of rules without a class, and several
 * of one class, stand beside each other. What one rule finds twice about one object in one packet, by two
 * events of that packet, counts once. Order is kept.
 */
export function resolvePrecedence<F extends Finding>(all: readonly F[]): readonly (F & Settled)[] {
  const seen = new Set<string>();
  const findings = all.filter(({ rule, draft }) => {
    const key = `${rule.id}/${draft.object}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const best = new Map<string, number>();
  for (const { rule, draft } of findings) {
    const rank = rankOf(rule);
    if (rank < 0) continue;
    const subject = subjectOf(draft);
    const known = best.get(subject);
    if (known === undefined || rank < known) best.set(subject, rank);
  }
  const related = new Map<string, { ruleId: string; message: string }[]>();
  const remaining = findings.filter(({ rule, draft }) => {
    const rank = rankOf(rule);
    const subject = subjectOf(draft);
    if (rank < 0 || rank === best.get(subject)) return true;
    const list = related.get(subject);
    const item = { ruleId: rule.id, message: draft.message };
    if (list === undefined) related.set(subject, [item]);
    else if (!list.some(({ ruleId }) => ruleId === item.ruleId)) list.push(item);
    return false;
  });
  return remaining.map((finding) => {
    const subject = subjectOf(finding.draft);
    if (rankOf(finding.rule) < 0) return { ...finding, related: [] };
    const others = related.get(subject) ?? [];
    // Only the first of several carries them.
    related.delete(subject);
    return { ...finding, related: others };
  });
}
