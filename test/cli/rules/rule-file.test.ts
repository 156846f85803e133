import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { format } from 'oxfmt';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../cli/configuration-error.ts';
import { filterOffset } from '../../../cli/rules/filter-place.ts';
import { parseRules } from '../../../cli/rules/rule-file.ts';
import { ruleFileJsonSchema, ruleKeysAt } from '../../../cli/rules/rule-schema.ts';

/** A file of one rule. */
function file(changes: Readonly<Record<string, string>> = {}): string {
  const rule: Record<string, string> = {
    id: 'LOCAL-0001',
    title: 'Binding Updates of a partner',
    severity: 'medium',
    filter: 'mip6.bu',
    explanation: 'Why.',
    advice: 'What to do.',
    ...changes,
  };
  const lines = Object.entries(rule).flatMap(([key, value]) =>
    value === '' ? [] : [`    ${key}: ${value}`],
  );
  return ['version: 1', 'rules:', ...lines].join('\n').replace('    id', '  - id');
}

async function problems(text: string): Promise<string> {
  const error: unknown = await parseRules(text, 'own.rule.yaml').then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigurationError)) throw new Error('no ConfigurationError');
  return error.message;
}

describe('the JSON Schema of rule files', () => {
  it('is the one in docs (write it anew with: npx vitest run test/cli/rules -u)', async () => {
    const { code: text } = await format('schema.json', JSON.stringify(ruleFileJsonSchema()), {
      printWidth: 100,
    });
    await expect(text).toMatchFileSnapshot('../../../docs/rule.schema.json');
  });

  const accepts = new Ajv2020({ validateFormats: false }).compile(ruleFileJsonSchema());
  const rule = {
    id: 'LOCAL-0001',
    title: 'a',
    severity: 'low',
    filter: 'mip6',
    explanation: 'b',
    advice: 'c',
  };

  it('accepts what the program accepts, and refuses what it refuses', () => {
    expect(accepts({ version: 1, rules: [rule] })).toBe(true);
    expect(accepts({ version: 1, rules: [{ ...rule, id: 'MIP6-1101' }] })).toBe(false);
    expect(accepts({ version: 1, rules: [{ ...rule, x: 1 }] })).toBe(false);
    expect(accepts({ version: 1, rules: [] })).toBe(false);
    expect(ruleKeysAt(['rules', 0, 'threshold'])).toEqual(['count', 'seconds', 'by']);
  });
});

describe('a rule file', () => {
  it('gives rules with parameters that a site file can change', async () => {
    const text = file({
      threshold: '{ count: 5, seconds: 60, by: mip6.bu.seqnr }',
      verdict: 'drop',
    });
    const [rule] = await parseRules(text, 'a');
    expect(rule?.countedBy).toEqual(['mip6.bu.seqnr']);
    expect(rule?.definition).toMatchObject({
      id: 'LOCAL-0001',
      category: 'local',
      verdict: 'drop',
      params: { count: { default: 5 }, seconds: { default: 60 } },
    });
  });

  it('has equal rules when their texts are equal', async () => {
    const [a] = await parseRules(file(), 'a');
    const [b] = await parseRules(`# again\n${file()}`, 'b');
    const [c] = await parseRules(file({ severity: 'low' }), 'c');
    expect(a?.definition.revision).toBe(b?.definition.revision);
    expect(a?.definition.revision).not.toBe(c?.definition.revision);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'an id of the program',
      { id: 'MIP6-1101' },
      'own.rule.yaml:3:9: rules[0].id: expected an id from LOCAL-0001',
    ],
    [
      'an unknown severity',
      { severity: 'hihg' },
      'own.rule.yaml:5:15: rules[0].severity: expected one of info, low, medium, high, critical; found "hihg"; did you mean high?',
    ],
    ['no advice', { advice: '' }, 'missing: expected text of 1 to 4000 characters'],
    ['an unknown key', { advise: 'x' }, 'unknown key; did you mean advice?'],
    [
      'a threshold of nothing',
      { threshold: '{ count: 0, seconds: 60 }' },
      'expected a whole number from 1 to 1000000; found 0',
    ],
    [
      'a field that nobody has',
      { threshold: '{ count: 2, seconds: 60, by: mip6.bu.seqnrr }' },
      'mip6.bu.seqnrr is none, did you mean mip6.bu.seqnr',
    ],
    [
      'a protocol to count by',
      { threshold: '{ count: 2, seconds: 60, by: mip6 }' },
      'mip6 has none',
    ],
    ['a filter about findings', { filter: 'mip6guard.severity >= 3' }, 'a rule cannot ask for it'],
  ])('with %s is refused with its place', async (_name, changes, message) => {
    expect(await problems(file(changes))).toContain(message);
  });

  it('with an id twice is refused', async () => {
    const [, , ...rule] = file().split('\n');
    const text = [file(), ...rule].join('\n');
    expect(await problems(text)).toContain('rules[1].id: this id is already given at rules[0]');
  });

  it('with a wrong filter marks the very word', async () => {
    expect(await problems(file({ filter: 'mip6.bu and mip6.xyz' }))).toMatch(
      /^own\.rule\.yaml:6:25: rules\[0\]\.filter: mip6\.xyz is neither a field nor a protocol.*\n {2}mip6\.bu and mip6\.xyz\n {14}\^{8}$/,
    );
  });

  it.each([
    ["'mip6.bu and mip6.xyz'", 26],
    ['"mip6.bu and mip6.xyz"', 26],
    ['"frame.protocols contains \\"esp\\" and mip6.xyz"', 51],
    ["'frame.protocols contains ''esp'' and mip6.xyz'", 0],
  ])('finds the column in %s', async (filter, column) => {
    const text = file({ filter });
    const line = text.split('\n').find((item) => item.includes('filter:')) ?? '';
    const expected = column === 0 ? undefined : column;
    const found = /own\.rule\.yaml:6:(\d+): rules\[0\]\.filter: /.exec(await problems(text));
    expect(found).not.toBeNull();
    if (expected !== undefined) expect(Number(found?.[1])).toBe(line.indexOf('mip6.xyz') + 1);
  });

  it('tells places within the text for any filter in quotes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fc.nat(30), (filter, offset) => {
        const written = `  filter: ${JSON.stringify(filter)}`;
        const found = filterOffset(written, { line: 1, column: 11 }, filter, offset);
        if (found !== undefined) expect(found.column).toBeLessThanOrEqual(written.length + 11);
        if (found !== undefined && offset < filter.length) {
          const rest = JSON.stringify(filter.slice(offset)).slice(1);
          expect(written.slice(found.column - 1)).toBe(rest);
        }
      }),
    );
  });

  it('never fails for what a file may hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => {
        await expect(parseRules(text, 'x')).rejects.toBeInstanceOf(ConfigurationError);
      }),
      { numRuns: 50 },
    );
  });
});
