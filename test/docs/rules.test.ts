import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../cli/rules-directory.ts';
import { ROOT, pageText } from './pages.ts';
import { rulesPage } from './rules-page.ts';

describe('the reference of the rules', async () => {
  const rules = await loadRules();

  it('is the one in docs (write it anew with: npx vitest run test/docs/rules.test.ts -u)', async () => {
    const text = rulesPage(rules, ({ id }) =>
      readdirSync(path.join(ROOT, 'fixtures/rules', id.toLowerCase()))
        .filter((name) => name.includes('.pcap'))
        .sort(),
    );
    await expect(text).toMatchFileSnapshot('../../docs/rules.md');
  });

  it('is summed up in the README with the same titles and severities', () => {
    const readme = pageText('README.md');
    const rows = rules.map(
      ({ id, title, severity }) => `| ${id.slice('MIP6-'.length)} | ${title} | ${severity} |`,
    );
    expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
  });
});
