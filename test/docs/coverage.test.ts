import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MixedTraffic, mixedTrafficAssociations } from '../../bench/mixed-traffic.ts';
import { loadRules } from '../../cli/rules-directory.ts';
import { keyFile } from '../../fixtures/scenario/security.ts';
import { auditMixedTraffic } from '../bench/mixed-audit.ts';
import { expectationFolders, expectedAudits } from '../fixtures/expectations.ts';
import type { ExpectedAudit } from '../fixtures/expectations.ts';
import { IS_ENDURANCE } from '../endurance.ts';
import { auditPackets, holdCaptures } from '../fixtures/mutations.ts';
import { coveragePage, provenOf, ruleId } from './coverage-page.ts';
import type { BenignFigure, CostFigure, MutationFigure, Proof } from './coverage-page.ts';
import { DRAFT_EBALARD, RFC_4225 } from './coverage-rows.ts';
import { ROOT } from './pages.ts';

/** Rules of the catalogue. */
const CATALOGUE = 178;
const MIXED_PACKETS = 20_000;
/** Every so many quiet captures are audited: test/fixtures/audit.test.ts holds that of all of them nothing is said. */
const EVERY = IS_ENDURANCE ? 1 : 10;

const mutationFigures = z.array(
  z.strictObject({
    name: z.string(),
    captures: z.int(),
    packets: z.int(),
    accusations: z.int(),
    expected: z.int(),
    found: z.int(),
  }),
);
const share = z.strictObject({ median: z.number(), least: z.number(), most: z.number() });
const costFigure = z.strictObject({
  packets: z.int(),
  rules: z.int(),
  accusations: z.int(),
  share,
  shareOfEngine: share,
  pairs: z.int(),
  node: z.string(),
});

function json(file: string): unknown {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
}

const accusationsOf = (alerts: readonly { readonly severity: string }[]): number =>
  alerts.filter(({ severity }) => severity !== 'info' && severity !== 'low').length;

const audits = expectationFolders().flatMap(expectedAudits);
const rules = await loadRules();

const isQuiet = ({ outcome }: ExpectedAudit): boolean =>
  outcome.checks.length === 0 && outcome.otherwise === 'none' && outcome.also === undefined;

const proofs: readonly Proof[] = rules.map((rule) => {
  const folder = `rules/${rule.id.toLowerCase()}`;
  const own = audits.filter((audit) => audit.folder === folder);
  const files = (list: readonly ExpectedAudit[]): string[] => [
    ...new Set(list.flatMap((audit) => audit.files.map((name) => `${folder}/${name}`))),
  ];
  const isAlert = ({ outcome }: ExpectedAudit): boolean =>
    outcome.checks.some(({ match }) => [match.rule].flat().includes(rule.id));
  return {
    rule,
    alerts: files(own.filter(isAlert)),
    quiet: files(
      own.filter((audit) => /(^|\/)quiet/.test(audit.files.join('/')) && !isAlert(audit)),
    ),
  };
});

async function benignFixtures(): Promise<BenignFigure[]> {
  const quiet = audits.filter(isQuiet);
  const lives = quiet.filter(({ folder }) => folder === 'captures');
  const others = quiet.filter(({ folder }) => folder !== 'captures');
  const count = async (name: string, list: readonly ExpectedAudit[]): Promise<BenignFigure> => {
    let [packets, accusations] = [0, 0];
    for (const [i, audit] of list.entries()) {
      const held = await holdCaptures(audit);
      packets += held.packets.length;
      if (i % EVERY !== 0) continue;
      const summary = await auditPackets(audit, held, held.packets);
      accusations += accusationsOf(summary.alerts);
    }
    return { name, packets, accusations };
  };
  return [
    await count('a normal life, with and without site file and keys', lives),
    await count('captures of rules and layouts that must raise nothing', others),
  ];
}

function benignMix(): BenignFigure {
  const traffic = new MixedTraffic();
  const frames = Array.from({ length: MIXED_PACKETS }, () => traffic.next());
  const { alerts } = auditMixedTraffic(frames, rules, keyFile(mixedTrafficAssociations()));
  const accusations = accusationsOf(alerts);
  return { name: 'generated mixed traffic, in this test', packets: MIXED_PACKETS, accusations };
}

describe('the page of figures', () => {
  it('is the one in docs (write it anew with: npx vitest run test/docs/coverage.test.ts -u)', async () => {
    const mutations: readonly MutationFigure[] = mutationFigures.parse(
      json('test/fixtures/mutation-figures.json'),
    );
    const file = 'bench/rules-cost.json';
    const cost: CostFigure | undefined = existsSync(path.join(ROOT, file))
      ? costFigure.parse(json(file))
      : undefined;
    const benign = [...(await benignFixtures()), benignMix()];
    if (cost !== undefined) {
      const { packets, accusations } = cost;
      benign.push({ name: 'generated mixed traffic, `npm run bench:rules`', packets, accusations });
    }
    console.log(
      `rules with proving captures: ${provenOf(proofs).length} of ${CATALOGUE}; ` +
        `benign packets: ${benign.reduce((sum, { packets }) => sum + packets, 0)}`,
    );
    expect(benign.filter(({ accusations }) => accusations > 0)).toEqual([]);
    const text = coveragePage({ proofs, catalogue: CATALOGUE, mutations, benign, cost });
    await expect(text).toMatchFileSnapshot('../../docs/coverage.md');
  });
});

describe('coverage of the documents', () => {
  const rows = [...RFC_4225, ...DRAFT_EBALARD];

  it.each(rows)('section $section, $title: each rule is there and a capture proves it', (row) => {
    const lacking = row.rules.filter((number) => {
      const proof = proofs.find(({ rule }) => rule.id === ruleId(number));
      return proof === undefined || provenOf([proof]).length === 0;
    });
    expect(lacking).toEqual([]);
  });

  it('names every row of RFC 4225 section 3.4', () => {
    const sections = RFC_4225.filter(({ severity }) => severity !== undefined).map(
      ({ section }) => section,
    );
    expect(sections).toEqual([
      ...['3.1.1', '3.1.2', '3.1.3', '3.1.4', '3.1.5', '3.1.6'],
      ...['3.2.1', '3.2.2', '3.3.1', '3.3.2', '3.3.3'],
    ]);
  });

  it('is of as many rules as the catalogue has', () => {
    expect(rules).toHaveLength(CATALOGUE);
    expect(provenOf(proofs).map(({ rule }) => rule.id)).toEqual(rules.map(({ id }) => id));
  });
});
