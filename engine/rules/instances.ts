/**
 * Which rules run, and with what: each once for the whole site, and once more for each override that gives it other
 * parameters.
 */
import type { RuleDefinition, Severity, Verdict } from '../rule-api.ts';
import type { Site } from '../site.ts';
import { isStateCondition } from './guards.ts';
import { BASE, overridesOf } from './overrides.ts';
import type { ScopedOverride } from './overrides.ts';
import { isTraitOf } from './traits.ts';

/** One run of a rule. */
export interface RuleInstance {
  /** The same for what may keep its state: rule, parameters and scope. */
  readonly key: string;
  readonly rule: RuleDefinition;
  readonly params: Readonly<Record<string, number>>;
  /** Severity that the site gives it. */
  readonly severity: Severity | undefined;
  /** Verdict that the site gives it. */
  readonly verdict: Verdict | undefined;
  /** `BASE`, or the index of the override it runs for. */
  readonly scope: number;
  /** All overrides of the rule. */
  readonly overrides: readonly ScopedOverride[];
  /** Whether another definition of the rule is the same. */
  isAlike(other: RuleDefinition): boolean;
}

/**
 * Instances of all rules that a site does not switch off, in the order of their ids.
 * @throws Error for an id used twice, a condition that no event can meet, a parameter out of its range, or an override without a home agent
 */
export function ruleInstances(
  rules: readonly RuleDefinition[],
  site: Site,
): readonly RuleInstance[] {
  const sorted = [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const [i, { id }] of sorted.entries()) {
    if (sorted[i + 1]?.id === id) throw new Error(`two rules have the id ${id}`);
  }
  for (const rule of sorted) checkConditions(rule);
  return sorted.flatMap((rule) => instancesOf(rule, site));
}

/** @throws Error for a condition that no event can meet: the rule would never be asked */
function checkConditions({ id, asksOnly = {} }: RuleDefinition): void {
  for (const [key, conditions] of Object.entries(asksOnly)) {
    for (const condition of conditions) {
      if (isStateCondition(condition) || isTraitOf(key, condition)) continue;
      throw new Error(`${id}: no ${key} is ${condition}`);
    }
  }
}

function instancesOf(rule: RuleDefinition, site: Site): RuleInstance[] {
  const settings = site.rules[rule.id];
  const overrides = overridesOf(rule, site);
  const make = (scope: number, changes: Readonly<Record<string, number>>): RuleInstance => {
    const params = paramsOf(rule, { ...settings?.params, ...changes });
    const override = overrides[scope]?.settings;
    const place = scope === BASE ? '' : [override?.homeAgent, override?.address];
    return {
      key: JSON.stringify([rule.id, params, place]),
      rule,
      params,
      severity: settings?.severity,
      verdict: settings?.verdict,
      scope,
      overrides,
      isAlike: (other) => isSameDefinition(rule, other),
    };
  };
  const instances = settings?.enabled === false ? [] : [make(BASE, {})];
  for (const [i, { hasInstance, settings: own }] of overrides.entries()) {
    if (hasInstance) instances.push(make(i, own.params ?? {}));
  }
  return instances;
}

/** @throws Error when a parameter is out of its range; those of other rules are left out */
function paramsOf(
  rule: RuleDefinition,
  changes: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const params: Record<string, number> = {};
  for (const [name, { default: start, min, max }] of Object.entries(rule.params)) {
    const value = changes[name] ?? start;
    if (!(value >= min && value <= max)) {
      throw new Error(`${rule.id}: ${name} must be a number from ${min} to ${max}`);
    }
    params[name] = value;
  }
  return params;
}

/** Rules of the program are the same when they are one object, rules that are data when their texts are. */
function isSameDefinition(a: RuleDefinition, b: RuleDefinition): boolean {
  return a === b || (a.revision !== undefined && a.revision === b.revision);
}
