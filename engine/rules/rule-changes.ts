/**
 * What another set of rules changes.
 */
import type { RuleInstance } from './instances.ts';
import { isAlike } from './settings.ts';

/** Rules by id, in order. */
export interface RuleChanges {
  readonly added: readonly string[];
  /** Gone, or switched off. */
  readonly removed: readonly string[];
  /** Defined otherwise, or with other parameters, severity, verdict or overrides. */
  readonly changed: readonly string[];
  /** Number of rules that are as before; their state is kept. */
  readonly unchanged: number;
}

/** What differs between the rules that run and those that are to run. */
export function ruleChanges(
  before: readonly RuleInstance[],
  after: readonly RuleInstance[],
): RuleChanges {
  const old = byRule(before);
  const next = byRule(after);
  const both = [...next].filter(([id]) => old.has(id));
  const changed = both
    .filter(([id, instances]) => !isSame(old.get(id) ?? [], instances))
    .map(([id]) => id);
  return {
    added: [...next.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !next.has(id)),
    changed,
    unchanged: both.length - changed.length,
  };
}

function byRule(all: readonly RuleInstance[]): ReadonlyMap<string, readonly RuleInstance[]> {
  const found = new Map<string, RuleInstance[]>();
  for (const instance of all) {
    const list = found.get(instance.rule.id);
    if (list === undefined) found.set(instance.rule.id, [instance]);
    else list.push(instance);
  }
  return found;
}

function isSame(a: readonly RuleInstance[], b: readonly RuleInstance[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((before, i) => {
    const after = b[i];
    return (
      after !== undefined &&
      before.key === after.key &&
      before.isAlike(after.rule) &&
      before.severity === after.severity &&
      before.verdict === after.verdict &&
      isAlike(settingsOf(before), settingsOf(after))
    );
  });
}

function settingsOf({ overrides }: RuleInstance): unknown {
  return overrides.map(({ settings }) => settings);
}
