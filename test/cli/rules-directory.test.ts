import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RULES_DIRECTORY, RuleFilesError, loadRules } from '../../cli/rules-directory.ts';
import { signatureId } from '../../cli/report/record-maker.ts';

const rules = await loadRules();
const files = readdirSync(RULES_DIRECTORY, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

describe('the rules of the package', () => {
  it('are all loaded, once each, in order of their ids', () => {
    const names = files.map((file) => path.basename(file, '.ts').toUpperCase()).sort();
    expect(rules.length).toBeGreaterThanOrEqual(12);
    expect(rules.map(({ id }) => id)).toEqual(names);
  });

  it('lie in a folder named after their category', () => {
    const folders = new Map(
      files.map((file) => [path.basename(file, '.ts').toUpperCase(), path.dirname(file)]),
    );
    expect(rules.filter(({ id, category }) => folders.get(id) !== category)).toEqual([]);
  });

  it('have titles that nobody can mix up', () => {
    expect(new Set(rules.map(({ title }) => title)).size).toBe(rules.length);
  });

  it.each(rules)('$id tells a newcomer what it means and what to do', (rule) => {
    expect(rule.title).toMatch(/^[A-Z0-9]/);
    expect(rule.title).not.toMatch(/\.$/);
    expect(rule.explanation.length).toBeGreaterThan(150);
    expect(rule.explanation).toMatch(/[.!]$/);
    expect(rule.advice.length).toBeGreaterThan(50);
    expect(rule.advice).toMatch(/\.$/);
  });

  it.each(rules)('$id cites documents', (rule) => {
    for (const reference of rule.references)
      expect(reference).toMatch(/^((RFC|BCP) \d+|draft-[a-z0-9-]+)/);
  });

  it.each(rules)('$id has the number of its id as signature id', (rule) => {
    expect(signatureId(rule.id)).toBe(Number(rule.id.slice('MIP6-'.length)));
  });
});

describe('loading a folder of rules', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-rules-'));
    writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const GOOD = {
    title: 'Title',
    severity: 'low',
    category: 'integrity',
    references: ['RFC 6275 section 9.2'],
    needs: [],
    verdict: 'alert',
    explanation: 'What it is.',
    advice: 'What to do.',
    on: ['mobility'],
    params: {},
  };

  /** Folder of its own with the files of a case. */
  function write(name: string, sources: Readonly<Record<string, string>>): string {
    const root = path.join(folder, name);
    for (const [file, source] of Object.entries(sources)) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), source);
    }
    return root;
  }

  const source = (rule: Readonly<Record<string, unknown>>): string =>
    `export default { ...${JSON.stringify(rule)}, evaluate() {} };`;

  async function problemsOf(root: string): Promise<readonly string[]> {
    const error: unknown = await loadRules(root).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof RuleFilesError)) throw new Error('no RuleFilesError');
    expect(error.exitCode).toBe(5);
    for (const problem of error.problems) expect(error.message).toContain(problem);
    return error.problems;
  }

  it('takes rules of several families and leaves declarations and other files alone', async () => {
    const root = write('good', {
      'b/mip6-1101.js': source({ ...GOOD, id: 'MIP6-1101' }),
      'a/mip6-1002.js': source({ ...GOOD, id: 'MIP6-1002' }),
      'a/mip6-1002.d.ts': 'export {};',
      'a/mip6-1002.js.map': '{}',
      'README.md': 'text',
    });
    expect((await loadRules(root)).map(({ id }) => id)).toEqual(['MIP6-1002', 'MIP6-1101']);
  });

  it('refuses an id that two files define', async () => {
    const root = write('double', {
      'a/mip6-1001.js': source({ ...GOOD, id: 'MIP6-1001' }),
      'b/mip6-1001.js': source({ ...GOOD, id: 'MIP6-1001' }),
    });
    expect(await problemsOf(root)).toEqual([
      `${path.join('b', 'mip6-1001.js')}: MIP6-1001 is also defined in ${path.join('a', 'mip6-1001.js')}`,
    ]);
  });

  it('names every fault of every file at once', async () => {
    const root = write('bad', {
      'mip6-1001.js': source({ ...GOOD, id: 'MIP6-1002', severity: 'bad', references: [] }),
      'mip6-1003.js': source({
        ...GOOD,
        id: 'MIP6-1003',
        on: ['packet'],
        params: { window: { default: 9, min: 0, max: 5, unit: 's', doc: 'text' } },
      }),
      'mip6-1004.js': 'export const rule = 1;',
      'mip6-1005.js': `export default ${JSON.stringify({ ...GOOD, id: 'MIP6-1005' })};`,
      'mip6-1006.js': 'export default {',
      'mip6-7.js': 'export default {};',
    });
    const problems = await problemsOf(root);
    expect(problems.slice(0, 3)).toEqual([
      'mip6-1001.js: id: expected MIP6-1001, as the file is named',
      'mip6-1001.js: severity: expected one of info, low, medium, high, critical',
      'mip6-1001.js: references: expected a list of documents with their sections',
    ]);
    expect(problems.slice(3, 5)).toEqual([
      expect.stringMatching(/^mip6-1003\.js: on: expected a list of mobility, /),
      'mip6-1003.js: params.window: default 9 is not within 0 to 5',
    ]);
    expect(problems.slice(5)).toEqual([
      expect.stringMatching(/^mip6-1004\.js: has no rule as default export/),
      'mip6-1005.js: evaluate: expected a function',
      expect.stringMatching(/^mip6-1006\.js: does not load: /),
      'mip6-7.js: a rule file is named mip6- and the four digits of its id',
    ]);
  });

  it('refuses a folder that is absent or holds no rule', async () => {
    expect(await problemsOf(path.join(folder, 'absent'))).toEqual([
      expect.stringContaining('ENOENT'),
    ]);
    expect(await problemsOf(write('empty', { 'README.md': '' }))).toEqual([
      expect.stringContaining('holds no rule files'),
    ]);
  });
});
