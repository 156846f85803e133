import { describe, expect, it } from 'vitest';
import { loadRules } from '../../cli/rules-directory.ts';
import { MOST_SECONDS, caseOf } from '../e2e/gateway-rule-cases.ts';
import type { RuleCapture, RuleCase } from '../e2e/gateway-rule-cases.ts';

const HEAD = `# Rules that drop, one by one

<!-- Written by test/docs/gateway-rules.test.ts: npx vitest run test/docs/gateway-rules.test.ts -u -->

What an inline gateway (\`mip6guard gateway\`) drops, rule by rule: every rule whose verdict is \`drop\` by default, with the capture of
\`fixtures/rules\` that shows it. All other rules have the verdict \`alert\` meanwhile, so that a packet that does not come out was
dropped by this one. Of each capture with an attack some packets are dropped, and all others pass; of its quiet twin all pass.

*Wire*: sent through a process of the gateway in a network namespace, as a transparent bridge, in the time that the capture took
(\`test/e2e/gateway-rules.test.ts\`). *Judge*: put to the judge in the order of the capture; in brackets why it is not on the wire: more than
${MOST_SECONDS} s are too long for a test. *On request*: the finding allows another reading, and is dropped with \`dropPartial: true\` only.

`;

/** A case by words. */
function rowOf({ rule, isPartial, alert, quiet }: RuleCase): string {
  const shown = (capture: RuleCapture | undefined): string =>
    capture === undefined
      ? 'none'
      : `${capture.file}: ${capture.dropped.size} of ${capture.packets} dropped (${capture.hindrance === undefined ? 'wire' : `judge: ${capture.hindrance}`})`;
  const when = isPartial ? 'on request' : 'always';
  return `| [${rule.id}](rules.md) | ${rule.title.replaceAll('|', '\\|')} | ${when} | ${shown(alert)} | ${shown(quiet)} |`;
}

describe('rules that drop', async () => {
  const rules = await loadRules();
  const dropping = rules.filter(({ verdict }) => verdict === 'drop');
  const cases: RuleCase[] = [];
  for (const rule of dropping) cases.push(await caseOf(rule, rules));

  it.each(cases)('$rule.id drops packets of its alert and none of its quiet twin', (found) => {
    expect(found.alert?.dropped.size ?? 0).toBeGreaterThan(0);
    expect(found.quiet?.dropped.size).toBe(0);
  });

  it('are told in docs (write it anew with: npx vitest run test/docs/gateway-rules.test.ts -u)', async () => {
    const table = [
      '| Rule | Title | Drops | Attack | Quiet twin |',
      '|---|---|---|---|---|',
      ...cases.map(rowOf),
    ];
    await expect(`${HEAD}${table.join('\n')}\n`).toMatchFileSnapshot('../../docs/gateway-rules.md');
  });
});
