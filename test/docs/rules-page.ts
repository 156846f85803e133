/**
 * Makes the reference of the rules from the rules themselves.
 */
import type { Need, RuleDefinition } from '../../engine/rule-api.ts';

/** What a need is called in the table. */
const NEEDS: Readonly<Record<Need, string>> = {
  'link-roles': 'roles of links',
  'home-link': 'a home link',
  'foreign-link': 'a foreign link',
  'transit-link': 'a transit link',
  'home-prefixes': 'home prefixes',
  'home-agents': 'home agents',
  'readable-signalling': 'readable signalling',
  'readable-ike': 'readable IKE',
  'security-associations': 'security associations',
  'access-gateways': 'access gateways told',
  'mobility-anchors': 'mobility anchors told',
  'mobility-anchor-points': 'mobility anchor points told',
  perimeter: 'inside and outside told apart',
};

const HEAD = `# Rules of this release

Written from the rules by a test; do not edit. To write it anew: \`npx vitest run test/docs/rules.test.ts -u\`.

**Needs**: without it the rule is listed in a report under *Could not be judged*. A *foreign link* is one that the
site file calls so or that a relayed packet proves to be one; *home prefixes* and *home agents* come from the site
file or from acknowledged registrations; *readable signalling* means keys, NULL encryption or signalling in clear;
*readable IKE* means a secret of an IKE SA;
*inside and outside told apart* takes a transit link or \`outsideLinkLayerAddresses\` in the site file; *security
associations* are those of key files; gateways, anchors and anchor points are told by \`domain\` of the site file, and
asked for only where a capture has messages of them.

**Class**: where several rules describe one fact of one packet, the first of relay, layout, sequence, ipsec, header
speaks and the others become its evidence; rules without class stand beside each other.

A rule may report with less than its severity where the evidence is weaker. The numbers are stable: an id is never
given to another meaning. The captures named show what must raise the rule and what must not.
`;

/** Markdown of the reference. */
export function rulesPage(
  rules: readonly RuleDefinition[],
  capturesOf: (rule: RuleDefinition) => readonly string[],
): string {
  return [
    HEAD,
    '| Id | Title | Severity | Needs | Class |',
    '|---|---|---|---|---|',
    ...rules.map(
      (rule) =>
        `| [${rule.id}](#${anchor(rule)}) | ${rule.title} | ${rule.severity} | ${needsText(rule)} | ${rule.precedence ?? ''} |`,
    ),
    '',
    ...rules.map((rule) => ruleSection(rule, capturesOf(rule))),
  ].join('\n');
}

function anchor({ id, title }: RuleDefinition): string {
  return `${id} ${title}`
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function needsText({ needs }: RuleDefinition): string {
  return needs.map((need) => NEEDS[need]).join(', ');
}

function ruleSection(rule: RuleDefinition, captures: readonly string[]): string {
  const { id, title, severity, category, explanation, advice, references, params } = rule;
  const folder = `../fixtures/rules/${id.toLowerCase()}`;
  const parameters = Object.entries(params);
  return [
    `## ${id} ${title}`,
    '',
    `Severity **${severity}**, family \`${category}\`${rule.needs.length > 0 ? `, needs ${needsText(rule)}` : ''}.`,
    '',
    explanation,
    '',
    `*What to do.* ${advice}`,
    '',
    ...(parameters.length === 0
      ? []
      : [
          '| Parameter | Default | Range | Unit | Meaning |',
          '|---|---|---|---|---|',
          ...parameters.map(
            ([name, { default: start, min, max, unit, doc }]) =>
              `| \`${name}\` | ${start} | ${min} to ${max} | ${unit} | ${doc} |`,
          ),
          '',
        ]),
    `*Read.* ${references.join('; ')}.`,
    '',
    `*Captures.* ${captures.map((name) => `[${name}](${folder}/${name})`).join(', ')}`,
    '',
  ].join('\n');
}
