import { Ajv2020 } from 'ajv/dist/2020.js';
import { format } from 'oxfmt';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../cli/rules-directory.ts';
import { keysAt, siteJsonSchema } from '../../cli/site-schema.ts';

const rules = await loadRules();
const schema = siteJsonSchema(rules);

describe('the JSON Schema of the site file', () => {
  it('is the one in docs (write it anew with: npx vitest run test/cli/site-schema.test.ts -u)', async () => {
    const { code: text } = await format('schema.json', JSON.stringify(schema), { printWidth: 100 });
    await expect(text).toMatchFileSnapshot('../../docs/site.schema.json');
  });

  const ajv = new Ajv2020({ validateFormats: false });
  const accepts = ajv.compile(schema);

  it.each<[string, unknown]>([
    ['only a version', { version: 1 }],
    [
      'everything',
      {
        version: 1,
        homeAgents: [{ name: 'a', addresses: ['2001:db8::1'], homePrefixes: ['2001:db8::/64'] }],
        links: [{ name: 'l', role: 'home', vlans: [1] }],
        mobileNodes: [{ name: 'm', homeAddress: '2001:db8::2' }],
        ipsec: { payload: 'required' },
        compatibility: {},
        outsideLinkLayerAddresses: [],
        rules: { 'MIP6-1006': { severity: 'low', params: { largestWholeMessage: 100 } } },
      },
    ],
  ])('accepts a site with %s', (_name, value) => {
    expect(accepts(value), JSON.stringify(accepts.errors)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['no version', {}],
    ['an unknown key', { version: 1, x: 1 }],
    ['an unknown role', { version: 1, links: [{ name: 'l', role: 'x' }] }],
    ['an unknown rule', { version: 1, rules: { 'MIP6-9999': {} } }],
    [
      'a parameter out of range',
      { version: 1, rules: { 'MIP6-1006': { params: { largestWholeMessage: 1 } } } },
    ],
  ])('refuses a site with %s', (_name, value) => {
    expect(accepts(value)).toBe(false);
  });

  it('tells of every rule its title, and of every parameter unit and default', () => {
    const text = JSON.stringify(schema);
    for (const { title, params } of rules) {
      expect(text).toContain(JSON.stringify(title).slice(1, -1));
      for (const { unit, default: value } of Object.values(params)) {
        expect(text).toContain(`unit: ${unit}; default ${value}`);
      }
    }
  });
});

describe('keys of a place', () => {
  it('are those of the schema, also within lists and rules', () => {
    expect(keysAt(rules, ['links', 3])).toEqual(['name', 'role', 'interfaces', 'files', 'vlans']);
    expect(keysAt(rules, ['rules', 'MIP6-1006', 'params'])).toEqual(['largestWholeMessage']);
    expect(keysAt(rules, ['rules', 'MIP6-1001', 'params'])).toEqual([]);
    expect(keysAt(rules, ['version', 'x'])).toEqual([]);
  });
});
