/**
 * Makes the page of figures: what is covered, by which captures, and what it costs.
 */
import type { RuleDefinition } from '../../engine/rule-api.ts';
import type { CoverageRow } from './coverage-rows.ts';
import { DRAFT_EBALARD, RFC_4225 } from './coverage-rows.ts';

/** Proof of one rule. */
export interface Proof {
  readonly rule: RuleDefinition;
  /** Captures that raise it, and those nearest to them that raise nothing; paths below `fixtures/`. */
  readonly alerts: readonly string[];
  readonly quiet: readonly string[];
}

/** Row of `test/fixtures/mutation-figures.json`. */
export interface MutationFigure {
  readonly name: string;
  readonly captures: number;
  readonly packets: number;
  readonly accusations: number;
  readonly expected: number;
  readonly found: number;
}

interface Share {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** What `npm run bench:rules -- --write` measured. */
export interface CostFigure {
  readonly packets: number;
  readonly rules: number;
  /** Alerts of medium or higher. */
  readonly accusations: number;
  /** Of 100 seconds of the command `audit` so many are spent on rules, over the pairs. */
  readonly share: Share;
  /** Of 100 seconds of the engine alone, without start and report. */
  readonly shareOfEngine: Share;
  readonly pairs: number;
  readonly node: string;
}

/** Packets in which nothing is wrong, and what was raised of medium or higher. */
export interface BenignFigure {
  readonly name: string;
  readonly packets: number;
  readonly accusations: number;
}

/** All that the page shows. */
export interface Figures {
  readonly proofs: readonly Proof[];
  readonly catalogue: number;
  readonly mutations: readonly MutationFigure[];
  readonly benign: readonly BenignFigure[];
  readonly cost: CostFigure | undefined;
}

/** Of 100 seconds of an audit, rules may take so many. */
const TARGET_SHARE = 25;

const HEAD = `# Coverage and figures

Written by a test from rules, captures and measurements; do not edit. To write it anew: \`MIP6GUARD_ENDURANCE=1
npx vitest run test/fixtures/mutations.test.ts test/docs/coverage.test.ts -u\`, after \`npm run bench:rules -- --write\` where the last
table is to be measured again.
`;

const percent = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;

/** Rules that a capture proves and another bounds. */
export const provenOf = (proofs: readonly Proof[]): readonly Proof[] =>
  proofs.filter(({ alerts, quiet }) => alerts.length > 0 && quiet.length > 0);

/** Id of a rule from its number. */
export const ruleId = (number: number): string => `MIP6-${number}`;

function figuresSection({ proofs, catalogue, mutations, benign, cost }: Figures): string[] {
  const packets = benign.reduce((sum, item) => sum + item.packets, 0);
  const accusations = benign.reduce((sum, item) => sum + item.accusations, 0);
  return [
    '## Figures',
    '',
    `Rules with a capture that must raise them and one that must not: **${provenOf(proofs).length} of ${catalogue}**.`,
    '',
    'Every capture of the fixtures, as it was made and as a bad capture point would have written it. *Found*: of what the',
    'capture as it was made has to raise, so much is still raised. *Accusations*: alerts of medium or higher about',
    'captures in which nothing is wrong. Seeds are fixed, so that the figures are the same each time.',
    '',
    '| Capture | Audits | Packets | Expected | Found | Accusations |',
    '|---|---|---|---|---|---|',
    ...mutations.map(
      (row) =>
        `| ${row.name} | ${row.captures} | ${row.packets} | ${row.expected} | ${row.found} (${percent(row.found, row.expected)}) | ${row.accusations} |`,
    ),
    '',
    'Reordered: 20 of 100 packets change places with the next of the same sender within 50 ms. Duplicated: 20 of 100',
    'come twice. What is cut loses the rest of its signalling, and what begins in the middle the attack itself, where',
    'that came first.',
    '',
    `Packets in which nothing is wrong: ${packets}, alerts of medium or higher about them: **${accusations}**, ${((accusations * 1e6) / Math.max(packets, 1)).toFixed(1)} a million.`,
    '',
    '| Captures | Packets | Medium or higher |',
    '|---|---|---|',
    ...benign.map((row) => `| ${row.name} | ${row.packets} | ${row.accusations} |`),
    '',
    ...(cost === undefined
      ? ['The cost of the rules was not measured: `npm run bench:rules -- --write`.']
      : [
          `All ${cost.rules} rules together take **${cost.share.median.toFixed(1)} %** of the CPU time of \`audit --keys FILE --format eve\`, start and report in it`,
          `(${spreadOf(cost.share, cost.pairs)} of runs with and without rules), and ${cost.shareOfEngine.median.toFixed(1)} % of that of the engine alone`,
          `(${spreadOf(cost.shareOfEngine, cost.pairs)} in one process), over ${cost.packets} packets of mixed traffic, of which 18 % is signalling; Node ${cost.node}.`,
          'Both are differences: what rules cost others (caches, memory, the events that are made for them) is in them.',
          cost.share.median <= TARGET_SHARE
            ? `The target, at most ${TARGET_SHARE} % of an audit, is reached.`
            : `The target, at most ${TARGET_SHARE} % of an audit, is **not reached** with so much signalling.`,
        ]),
    '',
  ];
}

function spreadOf({ least, most }: Share, pairs: number): string {
  return `${least.toFixed(1)} to ${most.toFixed(1)} % in ${pairs} pairs`;
}

function link(file: string): string {
  return `[${file.replace(/^rules\//, '')}](../fixtures/${file})`;
}

function rowText({ section, title, severity, rules }: CoverageRow, figures: Figures): string {
  const cells = rules.map((number) => {
    const proof = figures.proofs.find(({ rule }) => rule.id === ruleId(number));
    const capture = proof?.alerts[0];
    return `${number}${capture === undefined ? '' : ` by ${link(capture)}`}`;
  });
  const severityCell = severity === undefined ? '' : ` ${severity}`;
  return `| ${section} | ${title} |${severityCell} | ${cells.join('<br>')} |`;
}

/** Markdown of the page. */
export function coveragePage(figures: Figures): string {
  return [
    HEAD,
    ...figuresSection(figures),
    '## RFC 4225',
    '',
    'Every row of the table in section 3.4, and the two residual threats of section 5 that can be seen in packets. *Severity* is',
    'that of the RFC. Each rule is proven by the capture beside it.',
    '',
    '| Section | Attack | Severity | Rules |',
    '|---|---|---|---|',
    ...RFC_4225.map((row) => rowText(row, figures)),
    '',
    '## draft-ebalard-mext-hld-security-00',
    '',
    'Sections 4 and 5, and section 3.1 that they build on. What a section is about is said in our words.',
    '',
    '| Section | What it describes | | Rules |',
    '|---|---|---|---|',
    ...DRAFT_EBALARD.map((row) => rowText(row, figures)),
    '',
    'The whole attack of section 5.3 is in [relay-attack.pcapng](../fixtures/captures/relay-attack.pcapng), and performed live',
    'between network namespaces by `test/attackers/relay_attack.py`; the partial ones of section 5.2 are',
    '[partial-deregistration-optimistic.pcapng](../fixtures/captures/partial-deregistration-optimistic.pcapng) and',
    '[partial-deregistration-patient.pcapng](../fixtures/captures/partial-deregistration-patient.pcapng).',
    '',
  ].join('\n');
}
