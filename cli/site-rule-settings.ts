/**
 * Schema of what a site file says about rules: changes to single ones, overrides for parts of the network, thresholds,
 * rate filters and suppressions. Loads zod.
 */
import { z } from 'zod';
import { SEVERITIES } from '../engine/rule-api.ts';
import type { RuleDefinition, RuleParameter } from '../engine/rule-api.ts';
import { isSelected } from '../engine/rules/settings.ts';
import type { RuleSelection } from '../engine/rules/settings.ts';
import { safeText } from './report/safe-text.ts';
import { addressOrPrefix, flag, name, oneOf } from './site-schema-parts.ts';
import { nearest } from './suggestion.ts';

/** Longest reason, in characters. */
const MAX_REASON = 500;
/** Most entries of one list. */
const MAX_ENTRIES = 1000;
/** A week: what is rarer than that is no rate. */
const MAX_SECONDS = 604_800;
const MAX_COUNT = 1_000_000;

const REASON = `text of 1 to ${MAX_REASON} characters on one line`;
const reason = z
  .string({ error: REASON })
  .min(1, { error: REASON })
  .max(MAX_REASON, { error: REASON })
  .refine((text) => safeText(text) === text, { error: REASON })
  .exactOptional()
  .meta({ description: 'why, for whoever reads this next' });

const VERDICTS = ['drop', 'alert', 'rate-limit'] as const;

const RULES = 'all, or a list of rule ids like [MIP6-1101]';
const selection = z
  .union(
    [z.literal('all'), z.array(z.string().meta({ pattern: '^(MIP6|LOCAL)-[0-9]{4}$' })).min(1)],
    { error: RULES },
  )
  .meta({ description: 'ids of rules, or all' });

const whole = (most: number, of: string, description: string) => {
  const error = `a whole number from 1 to ${most}${of}`;
  return z.int({ error }).min(1, { error }).max(most, { error }).meta({ description });
};
const count = (description: string) => whole(MAX_COUNT, '', description);
const seconds = (description: string) => whole(MAX_SECONDS, ' (seconds)', description);

const SRC = 'by_src = source of the deciding packet, else the attacker that the finding names';
const track = oneOf(
  ['by_src', 'by_dst', 'by_both', 'by_rule', 'by_home_address'],
  `what findings are counted by: ${SRC}; by_dst = its destination; by_both; by_rule = all together; by_home_address`,
);

const entries = <T extends z.ZodType>(item: T, of: string, description: string) =>
  z
    .array(item, { error: `a list of ${of}` })
    .max(MAX_ENTRIES, { error: `a list of at most ${MAX_ENTRIES} ${of}` })
    .default([])
    .meta({ description });

/** A parameter of a rule, with the range the rule gives. */
function parameter({ default: start, min, max, unit, doc }: RuleParameter) {
  const error = `a number from ${min} to ${max} (${unit})`;
  const description = `${doc}; unit: ${unit}; default ${start}`;
  return z
    .number({ error })
    .min(min, { error })
    .max(max, { error })
    .meta({ description })
    .exactOptional();
}

/** Changes to one rule. */
export function ruleSettings(rule: RuleDefinition) {
  const names = Object.keys(rule.params);
  const params = Object.fromEntries(
    Object.entries(rule.params).map(([key, value]) => [key, parameter(value)]),
  );
  return z
    .strictObject(
      {
        enabled: flag('false = the rule is not run').exactOptional(),
        severity: oneOf(SEVERITIES, `instead of ${rule.severity}`).exactOptional(),
        verdict: oneOf(VERDICTS, `of the gateway, instead of ${rule.verdict}`).exactOptional(),
        params: z
          .strictObject(params, {
            error: names.length > 0 ? `a mapping with ${names.join(', ')}` : 'no parameters: {}',
          })
          .exactOptional()
          .meta({ description: 'parameters of the rule' }),
      },
      { error: 'a mapping with enabled, severity, verdict and params' },
    )
    .exactOptional()
    .meta({ title: rule.title, description: `${rule.title} (${rule.severity})` });
}

/** Something expected at a place within an entry. */
interface Expectation {
  readonly path: (string | number)[];
  readonly message: string;
  readonly meant?: string | undefined;
}

/** Ids that no rule has. */
function unknownRules(rules: readonly RuleDefinition[], selected: RuleSelection): Expectation[] {
  if (selected === 'all') return [];
  const ids = rules.map(({ id }) => id);
  return selected.flatMap((id, i) =>
    ids.includes(id)
      ? []
      : [
          {
            path: ['rules', i],
            message: 'the id of a rule (rules of your own are loaded with --rules DIR)',
            meant: nearest(id, ids),
          },
        ],
  );
}

/** Parameters that no selected rule has, and values out of their ranges. */
function wrongParams(
  rules: readonly RuleDefinition[],
  selected: RuleSelection,
  params: Readonly<Record<string, number>>,
): Expectation[] {
  const meant = rules.filter(({ id }) => isSelected(selected, id));
  return Object.entries(params).flatMap(([key, value]): Expectation[] => {
    const owners = meant.filter((rule) => Object.hasOwn(rule.params, key));
    const path = ['params', key];
    if (owners.length === 0) {
      const names = [...new Set(meant.flatMap((rule) => Object.keys(rule.params)))];
      const known = names.length === 0 ? 'there are none' : names.slice(0, 12).join(', ');
      return [
        { path, message: `a parameter of these rules: ${known}`, meant: nearest(key, names) },
      ];
    }
    return owners.flatMap(({ id, params: own }) => {
      const { min = 0, max = 0, unit = '' } = own[key] ?? {};
      if (value >= min && value <= max) return [];
      return [{ path, message: `a number from ${min} to ${max} (${unit}) for ${id}` }];
    });
  });
}

function tell(context: z.core.$RefinementCtx, found: readonly Expectation[]): void {
  for (const { path, message, meant } of found) {
    context.addIssue({ code: 'custom', path, message, params: { meant } });
  }
}

/** `overrides` of a site file. */
export function overrideList(rules: readonly RuleDefinition[]) {
  const override = z
    .strictObject(
      {
        rules: selection,
        homeAgent: name(
          'home agent of this file: findings about it and the nodes it serves',
        ).exactOptional(),
        address: addressOrPrefix
          .meta({
            description:
              'findings whose home address, home agent, attacker, or source or destination of the deciding packet lies in it',
          })
          .exactOptional(),
        enabled: flag(
          'false = the rules are silent there; true = they run there only, where rules switches them off',
        ).exactOptional(),
        severity: oneOf(SEVERITIES, 'severity there').exactOptional(),
        verdict: oneOf(VERDICTS, 'verdict of the gateway there').exactOptional(),
        params: z
          .record(z.string(), z.number({ error: 'a number' }), { error: 'a mapping of parameters' })
          .exactOptional()
          .meta({ description: 'parameters there, besides those of rules' }),
        reason,
      },
      { error: 'a mapping with rules, homeAgent or address, and what changes' },
    )
    .superRefine((value, context) => {
      const { rules: selected, homeAgent, address, enabled, severity, verdict, params } = value;
      const changes = [enabled, severity, verdict, params];
      const found = [
        ...unknownRules(rules, selected),
        ...wrongParams(rules, selected, params ?? {}),
      ];
      if ((homeAgent === undefined) === (address === undefined)) {
        found.push({ path: [], message: 'either homeAgent or address' });
      }
      if (changes.every((item) => item === undefined)) {
        const message = 'something that changes: enabled, severity, verdict or params';
        found.push({ path: [], message });
      }
      tell(context, found);
    })
    .meta({ description: 'settings of rules in part of the network' });
  return entries(
    override,
    'overrides',
    'settings of rules for one home agent or for some addresses; the first that fits a finding counts',
  );
}

/** `thresholds` of a site file. */
export function thresholdList(rules: readonly RuleDefinition[]) {
  const threshold = z
    .strictObject(
      {
        rules: selection,
        type: oneOf(
          ['threshold', 'limit', 'both'],
          'threshold = every count-th finding; limit = the first count of each period; both = one in a period, once there were count',
        ),
        track,
        count: count('findings'),
        seconds: seconds('length of a period, which begins with a finding'),
        reason,
      },
      { error: 'a mapping with rules, type, track, count and seconds' },
    )
    .superRefine((value, context) => {
      tell(context, unknownRules(rules, value.rules));
    })
    .meta({ description: 'how often rules speak' });
  return entries(
    threshold,
    'thresholds',
    'how often rules speak, as threshold of Suricata; a finding must pass all that are about its rule',
  );
}

/** `rateFilters` of a site file. */
export function rateFilterList(rules: readonly RuleDefinition[]) {
  const filter = z
    .strictObject(
      {
        rules: selection,
        track,
        count: count('findings of a period that stay as they are'),
        seconds: seconds('length of a period'),
        timeout: seconds('how long the change holds'),
        severity: oneOf(SEVERITIES, 'severity meanwhile').exactOptional(),
        verdict: oneOf(VERDICTS, 'verdict of the gateway meanwhile').exactOptional(),
        reason,
      },
      { error: 'a mapping with rules, track, count, seconds, timeout, and severity or verdict' },
    )
    .superRefine((value, context) => {
      const found = unknownRules(rules, value.rules);
      if (value.severity === undefined && value.verdict === undefined) {
        found.push({ path: [], message: 'something that changes: severity or verdict' });
      }
      tell(context, found);
    })
    .meta({ description: 'what findings become that are too many' });
  return entries(
    filter,
    'rate filters',
    'what findings become when there are more than count in a period, as rate_filter of Suricata',
  );
}

const DAY = 'a day like 2026-12-31';

/** `suppressions` of a site file. */
export function suppressionList(rules: readonly RuleDefinition[]) {
  const suppression = z
    .strictObject(
      {
        rules: selection,
        track: oneOf(
          ['by_src', 'by_dst', 'by_either', 'by_home_address'],
          'whose address must lie in addresses; absent = all findings of the rules',
        ).exactOptional(),
        addresses: z
          .array(addressOrPrefix, { error: 'a list of IPv6 addresses or prefixes' })
          .min(1, { error: 'a list of at least one IPv6 address or prefix' })
          .max(MAX_ENTRIES, { error: `a list of at most ${MAX_ENTRIES} addresses or prefixes` })
          .exactOptional()
          .meta({ description: 'IPv6 addresses or prefixes' }),
        until: z.iso.date({ error: DAY }).exactOptional().meta({
          description: 'last day it holds, by the day of the run (UTC); absent = for ever',
        }),
        reason,
      },
      { error: 'a mapping with rules, track, addresses, until and reason' },
    )
    .superRefine((value, context) => {
      const found = unknownRules(rules, value.rules);
      if ((value.track === undefined) !== (value.addresses === undefined)) {
        found.push({ path: [], message: 'both track and addresses, or neither' });
      }
      tell(context, found);
    })
    .meta({ description: 'findings that nobody wants to see' });
  return entries(
    suppression,
    'suppressions',
    'findings that are not reported, as suppress of Suricata; the report says how many there were',
  );
}
