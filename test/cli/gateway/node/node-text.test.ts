import { mkdtempSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { namedGateway } from '../../../../cli/gateway/gateway-configuration.ts';
import { kindOf, readGatewayText } from '../../../../cli/gateway/gateway-file.ts';
import { formatAddress } from '../../../../dissectors/core/address.ts';

const EXAMPLES = path.join(import.meta.dirname, '../../../../docs/examples');
const GATEWAY = `version: 1
as: home-agent
homeAgent: ha.yaml
failMode: open
eve: { file: eve.json }
`;
let folder = '';

function written(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-as-'));
  for (const name of ['ha.yaml', 'mn.yaml', 'node-keys.yaml']) {
    copyFileSync(path.join(EXAMPLES, name), path.join(folder, name));
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('what a gateway is stands in its configuration', async () => {
  const kind = async (file: string): Promise<unknown> => kindOf(await readGatewayText(file));
  expect(await kind(written('gw.yaml', GATEWAY))).toBe('home-agent');
  expect(await kind(path.join(EXAMPLES, 'gateway-proxy.yaml'))).toBe('proxy');
  expect(await kind(written('none.yaml', 'version: 1\n'))).toBe('inline');
});

test('a gateway that is a home agent stands where its home agent does, with its keys', async () => {
  const { settings, named } = await namedGateway(written('gw.yaml', GATEWAY));
  expect(settings.place).toEqual(['home-agent']);
  expect(settings.homeAgents.map((each) => formatAddress(each))).toEqual(['2001:db8:1::1']);
  expect(settings.path.ports).toEqual({ outside: ['eth1'], inside: ['eth0'] });
  expect(settings.keys).toEqual([path.join(folder, 'node-keys.yaml')]);
  const roles = named.site.links.map(({ role, interfaces }) => [role, ...interfaces]);
  expect(roles).toEqual([
    ['transit', 'eth1'],
    ['home', 'eth0'],
  ]);
});

test.each([
  ['a place of its own', `${GATEWAY}place: access-link\n`, 'place: it follows from'],
  ['no home agent', GATEWAY.replace('homeAgent: ha.yaml\n', ''), 'homeAgent: missing'],
  ['another node', GATEWAY.replace('ha.yaml', 'mn.yaml'), 'expected home-agent'],
])('with %s it is refused', async (_, text, expected) => {
  await expect(namedGateway(written('bad.yaml', text))).rejects.toThrow(expected);
});
