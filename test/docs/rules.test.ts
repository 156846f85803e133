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

  it('is summed up in the README by groups', () => {
    const counts = new Map<string, number>();
    for (const { id } of rules) {
      const group = `${id.slice('MIP6-'.length, -2)}xx`;
      counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    const rows = [...pageText('README.md').matchAll(/^\| (\d\dxx) \| .+ \| (\d+) \|$/gm)];
    expect(new Map(rows.map((row) => [row[1], Number(row[2])]))).toEqual(counts);
    expect(pageText('README.md')).toContain(`\n${rules.length} rules: `);
  });
});
