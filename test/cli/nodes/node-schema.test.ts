import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { format } from 'oxfmt';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { nodeJsonSchema, nodeKeysAt } from '../../../cli/nodes/node-schema.ts';

const DOCS = path.join(import.meta.dirname, '../../../docs');
const schema = nodeJsonSchema();

describe('the JSON Schema of the configuration of nodes', () => {
  it('is the one in docs (write it anew with: npx vitest run test/cli/nodes/node-schema.test.ts -u)', async () => {
    const { code: text } = await format('schema.json', JSON.stringify(schema), { printWidth: 100 });
    await expect(text).toMatchFileSnapshot('../../../docs/node.schema.json');
  });

  const accepts = new Ajv2020({ validateFormats: false }).compile(schema);

  it.each(['ha', 'mn', 'cn'])('accepts the example %s.yaml', (name) => {
    const value: unknown = parse(readFileSync(path.join(DOCS, 'examples', `${name}.yaml`), 'utf8'));
    expect(accepts(value), JSON.stringify(accepts.errors)).toBe(true);
  });

  it.each<[string, object]>([
    ['no role', { version: 1, links: [{ interface: 'eth0' }] }],
    ['an unknown key', { version: 1, role: 'mobile-node', links: [{ interface: 'e' }], x: 1 }],
    ['no link', { version: 1, role: 'correspondent-node', links: [] }],
    ['an unknown role', { version: 1, role: 'router', links: [{ interface: 'eth0' }] }],
  ])('refuses a configuration with %s', (_name, value) => {
    expect(accepts(value)).toBe(false);
  });

  it('describes every key', () => {
    const bare: string[] = [];
    const visit = (part: unknown, place: string): void => {
      if (typeof part !== 'object' || part === null) return;
      const { properties = {}, items } = part as {
        properties?: Readonly<Record<string, { description?: string }>>;
        items?: unknown;
      };
      for (const [key, value] of Object.entries(properties)) {
        if (value.description === undefined) bare.push(`${place}.${key}`);
        visit(value, `${place}.${key}`);
      }
      visit(items, `${place}[]`);
    };
    visit(schema, '');
    expect(bare).toEqual([]);
  });
});

describe('keys of a place', () => {
  it('are those of the schema, also within lists', () => {
    expect(nodeKeysAt(['links', 2])).toEqual(['interface', 'addresses', 'router', 'routes']);
    expect(nodeKeysAt(['homeAgent', 'multicast'])).toContain('groupsPerMobileNode');
    expect(nodeKeysAt(['homeAgent', 'mobileNodes', 0, 'spis'])).toContain('home-tests');
    expect(nodeKeysAt(['version', 'x'])).toEqual([]);
  });
});
