import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../cli/configuration-error.ts';
import { nodeAdvice } from '../../../cli/nodes/node-advice.ts';
import { parseNodeFile, readNodeFile } from '../../../cli/nodes/node-file.ts';
import type { NodeRole } from '../../../cli/nodes/node-schema.ts';

async function problems(text: string, role?: NodeRole): Promise<string[]> {
  try {
    await parseNodeFile(text, 'n.yaml', role);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map(
      ({ line, column, path: at, message }) => `${line}:${column}: ${at}: ${message}`,
    );
  }
  return [];
}

const CORRESPONDENT = 'version: 1\nrole: correspondent-node\nlinks: [{ interface: eth0 }]\n';

const homeAgent = (more: string, links = ''): string => `version: 1
role: home-agent
links:
  - { interface: eth0, addresses: ["2001:db8:1::1/64"] }${links}
homeAgent:
  prefixes: [{ prefix: "2001:db8:1::/64", interface: eth0, agentAddress: 2001:db8:1::1 }]
${more}`;

const mobileNode = (more: string, home = 'homeAgents: [2001:db8:1::1]'): string => `version: 1
role: mobile-node
links: [{ interface: eth0 }]
mobileNode:
  homeAddresses: [{ address: 2001:db8:1::10/64, ${home} }]
${more}`;

describe('the configuration of a node', () => {
  it('needs version, role and links, and takes defaults for the rest', async () => {
    const settings = await parseNodeFile(CORRESPONDENT, 'n.yaml');
    expect(settings).toMatchObject({
      ipsec: { bindingUpdates: 'esp-transport', keying: 'manual', replayProtection: false },
      correspondent: { routeOptimisation: true, refreshRequests: true, limits: {} },
    });
  });

  it('is told everything that the schema refuses at once, each with line and column', async () => {
    const text = `version: 2
role: home-agnt
links:
  - interface: an interface with a long name
    adresses: []
homeAgent:
  prefixes: []
`;
    expect(await problems(text)).toEqual([
      '1:10: version: expected 1, the version of this format; found 2',
      '2:7: role: expected one of home-agent, mobile-node, correspondent-node; found "home-agnt"; did you mean home-agent?',
      '4:16: links[0].interface: expected the name of an interface, at most 15 characters; found "an interface with a long name"',
      '5:5: links[0].adresses: unknown key; did you mean addresses?',
      '7:13: homeAgent.prefixes: expected a list of at least one home prefix; found an empty list',
    ]);
  });

  it('has to be for the command', async () => {
    expect(await problems(CORRESPONDENT, 'home-agent')).toEqual([
      '2:7: role: expected home-agent for this command; found correspondent-node',
    ]);
    expect(await problems(CORRESPONDENT, 'correspondent-node')).toEqual([]);
  });

  it('has the section of its role, and no other', async () => {
    expect(await problems('version: 1\nrole: home-agent\nlinks: [{ interface: e }]\n')).toEqual([
      '1:1: : missing: a home-agent needs the section homeAgent',
    ]);
    const text = mobileNode('').replace('role: mobile-node', 'role: correspondent-node');
    expect((await problems(text))[0]).toContain('has no section mobileNode; remove it');
  });

  it('names each interface once', async () => {
    expect(
      await problems(
        'version: 1\nrole: correspondent-node\nlinks: [{ interface: e }, { interface: e }]\n',
      ),
    ).toEqual(['3:40: links[1].interface: this interface is given twice']);
    expect(await problems(`${CORRESPONDENT}tun: { name: eth0 }\n`)).toEqual([
      '4:14: tun.name: a link has this name; the device needs its own',
    ]);
  });

  it.each<[string, string, string]>([
    [
      'a home address elsewhere',
      '  mobileNodes: [{ homeAddress: 2001:db8:2::10 }]',
      'this address is in none of the home prefixes',
    ],
    [
      'a home address twice',
      '  mobileNodes: [{ homeAddress: 2001:db8:1::10 }, { homeAddress: 2001:db8:1::10 }]',
      'this home address is given twice',
    ],
    [
      'the address of the home agent as home address',
      '  mobileNodes: [{ homeAddress: 2001:db8:1::1 }]',
      'this is the address of the home agent',
    ],
    [
      'networks without router',
      '  mobileNodes: [{ homeAddress: 2001:db8:1::10, mobileNetworks: ["2001:db8:5::/64"] }]',
      'say mobileRouter: true',
    ],
    [
      'a router where none is served',
      '  mobileNodes: [{ homeAddress: 2001:db8:1::10, mobileRouter: true }]',
      'mobile routers are refused with status 140',
    ],
    [
      'a minimum above three quarters',
      '  advertisements: { maximumInterval: 4, minimumInterval: 3.5 }',
      'expected at most three quarters of maximumInterval, 3',
    ],
    [
      'a router lifetime below the interval',
      '  advertisements: { maximumInterval: 100, routerLifetime: 99 }',
      'at least maximumInterval',
    ],
    [
      'no lifetime for the home agent',
      '  advertisements: { routerLifetime: 0 }',
      'homeAgentLifetime has to be given',
    ],
  ])('of a home agent is refused with %s', async (_name, more, expected) => {
    const found = await problems(homeAgent(more));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
    expect(found[0]).toMatch(/^7:\d+: homeAgent\./);
    expect(await problems(homeAgent('  mobileNodes: [{ homeAddress: 2001:db8:1::10 }]'))).toEqual(
      [],
    );
  });

  it('asks for the address of the home agent on its home link, not on a virtual one', async () => {
    const text = homeAgent('').replace('"2001:db8:1::1/64"', '"2001:db8:7::1/64"');
    expect(await problems(text)).toEqual([
      '6:74: homeAgent.prefixes[0].agentAddress: the link eth0 has not this address; add it to its addresses',
    ]);
    expect(await problems(text.replace(' interface: eth0, agent', ' agent'))).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['a preference without link', '  interfacePreferences: [eth9]', 'links has no interface eth9'],
    ['send without anchors', '  homeLink: send', 'send needs trustAnchors'],
    ['anchors without send', '  trustAnchors: [a.pem]', 'they are for homeLink: send'],
    ['explicit mode without networks', '  mobileRouter: explicit', 'explicit needs mobileNetworks'],
  ])('of a mobile node is refused with %s', async (_name, more, expected) => {
    const found = await problems(mobileNode(more));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
    expect(await problems(mobileNode(''))).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['nobody to share keys with', 'homeAgents: []', 'missing: homeAgents, or keysWith'],
    [
      'a second home agent, which no key protects',
      'homeAgents: [2001:db8:1::1, 2001:db8:1::2]',
      'with one home agent',
    ],
    [
      'two answers to who has the keys',
      'homeAgents: [2001:db8:1::1], keysWith: 2001:db8:1::2',
      'homeAgents names another one',
    ],
  ])('of a mobile node is refused with %s', async (_name, home, expected) => {
    const found = await problems(mobileNode('', home));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
    expect(await problems(mobileNode('', 'keysWith: 2001:db8:1::1'))).toEqual([]);
  });
});

describe('paths', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mip6-node-file-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('start at the folder of the configuration', async () => {
    const file = path.join(folder, 'cn.yaml');
    writeFileSync(
      file,
      `${CORRESPONDENT}control: run/cn.sock\nstate: /srv/cn.db\nkeys: [k.conf]\n`,
    );
    const { control, state, keys, runDirectory } = await readNodeFile(file);
    expect(control).toBe(path.join(folder, 'run/cn.sock'));
    expect(state).toBe('/srv/cn.db');
    expect(keys).toEqual([path.join(folder, 'k.conf')]);
    expect(runDirectory).toBe('/run/mip6guard');
  });
});

describe('advice', () => {
  const advice = async (text: string): Promise<string> =>
    [...nodeAdvice(await parseNodeFile(text, 'n.yaml'))].join('\n');

  it('names what weakens a home agent', async () => {
    const weak = await advice(homeAgent('  deregistration: rfc'));
    expect(weak).toContain('no state');
    expect(weak).toContain('deregistration: rfc takes layouts that a relay attack uses');
    const node = '  mobileNodes: [{ homeAddress: 2001:db8:1::10 }]\nstate: a.db\n';
    expect(await advice(homeAgent(node))).toBe('');
  });

  it('names what weakens a mobile node', async () => {
    expect(await advice(mobileNode('  homeLink: prefix\ntun: {}'))).toContain('homeLink: prefix');
    expect(await advice(mobileNode('tun: {}'))).toBe('');
  });
});
