/**
 * Settings of rules that hold in part of the network.
 */
import type { RuleDefinition } from '../rule-api.ts';
import type { Site, SiteHomeAgent } from '../site.ts';
import { isWithin } from './finding-place.ts';
import type { PlacedFinding } from './finding-place.ts';
import { isSelected } from './settings.ts';
import type { RuleOverride } from './settings.ts';

/** The instance of a rule that judges everywhere. */
export const BASE = -1;

/** An override of one rule. */
export interface ScopedOverride {
  readonly settings: RuleOverride;
  /** The rule runs once more for it: with other parameters, or where it is off elsewhere. */
  readonly hasInstance: boolean;
  /** Whether a finding lies in its scope. */
  contains(finding: PlacedFinding): boolean;
}

/**
 * Overrides of one rule, in the order of the site file.
 * @throws Error when one names a home agent that the site does not have
 */
export function overridesOf(rule: RuleDefinition, site: Site): readonly ScopedOverride[] {
  const isOff = site.rules[rule.id]?.enabled === false;
  return (site.overrides ?? [])
    .filter(({ rules }) => isSelected(rules, rule.id))
    .map((settings) => ({
      settings,
      hasInstance:
        settings.enabled !== false &&
        (hasOwnParams(rule, settings) || (isOff && settings.enabled === true)),
      contains: scopeOf(settings, site),
    }));
}

/** An override of several rules may have parameters of some of them only. */
function hasOwnParams(rule: RuleDefinition, { params = {} }: RuleOverride): boolean {
  return Object.keys(params).some((name) => Object.hasOwn(rule.params, name));
}

function scopeOf({ homeAgent, address }: RuleOverride, site: Site): ScopedOverride['contains'] {
  if (address !== undefined) {
    return ({ draft, source, destination }) =>
      [draft.homeAddress, draft.homeAgent, draft.attacker, source, destination].some((item) =>
        isWithin(item, address),
      );
  }
  const agent = site.homeAgents.find(({ name }) => name === homeAgent);
  if (agent === undefined) throw new Error(`an override names no home agent: ${homeAgent ?? ''}`);
  return (finding) => concerns(finding, agent);
}

/** Whether a finding is about a home agent: it names it, a node that it serves, or its home prefix. */
function concerns({ draft, source, destination }: PlacedFinding, agent: SiteHomeAgent): boolean {
  if (draft.homeAgent !== undefined) return isOf(draft.homeAgent, agent);
  if (draft.homeAddress !== undefined) return isServed(draft.homeAddress, agent);
  const { homePrefix } = draft;
  if (homePrefix !== undefined) return isServed(homePrefix.prefix, agent);
  return isOf(source, agent) || isOf(destination, agent);
}

function isOf(address: Uint8Array | undefined, { addresses }: SiteHomeAgent): boolean {
  return addresses.some((prefix) => isWithin(address, { prefix, length: 128 }));
}

function isServed(address: Uint8Array, { homePrefixes }: SiteHomeAgent): boolean {
  return homePrefixes.some((item) => isWithin(address, item));
}

/** What an override makes of a finding. */
export interface OverriddenFinding {
  readonly severity: NonNullable<RuleOverride['severity']> | undefined;
  readonly verdict: NonNullable<RuleOverride['verdict']> | undefined;
}

const AS_IT_IS: OverriddenFinding = { severity: undefined, verdict: undefined };

/**
 * What becomes of a finding of one instance of a rule.
 * @param scope instance that found it: `BASE`, or the index of an override
 * @returns undefined when another instance speaks for its part of the network, or nobody
 */
export function settleScope(
  overrides: readonly ScopedOverride[],
  scope: number,
  finding: PlacedFinding,
): OverriddenFinding | undefined {
  const index = overrides.findIndex((item) => item.contains(finding));
  const override = overrides[index];
  if (override === undefined) return scope === BASE ? AS_IT_IS : undefined;
  const { settings, hasInstance } = override;
  if (settings.enabled === false || scope !== (hasInstance ? index : BASE)) return undefined;
  return { severity: settings.severity, verdict: settings.verdict };
}
