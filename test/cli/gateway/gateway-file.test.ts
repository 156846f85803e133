import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { format } from 'oxfmt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadGateway, restartSettings } from '../../../cli/gateway/gateway-configuration.ts';
import type { GatewayConfiguration } from '../../../cli/gateway/gateway-configuration.ts';
import { planOf } from '../../../cli/gateway/gateway-plan.ts';
import { refusals, refuseLockOut } from '../../../cli/gateway/gateway-refusals.ts';
import { gatewayJsonSchema } from '../../../cli/gateway/gateway-schema.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import { capturedTerminal } from '../captured-terminal.ts';
import { address } from '../../rules/site.ts';
import { LEAST } from './gateway-bench.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-gateway-file-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function load(text: string): Promise<GatewayConfiguration> {
  const file = path.join(folder, 'gw.yaml');
  writeFileSync(file, text);
  return loadGateway(file, capturedTerminal());
}

/** Lines of what is wrong, without the folder. */
async function problems(text: string): Promise<string[]> {
  try {
    await load(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replaceAll(`${folder}/`, '').split('\n');
  }
  return [];
}

const without = (key: string): string =>
  LEAST.split('\n')
    .filter((line) => !line.startsWith(`${key}:`))
    .join('\n');

describe('the configuration of a gateway', () => {
  it('takes defaults for what it does not say', async () => {
    const { settings } = await load(LEAST);
    expect(settings).toMatchObject({
      ...{ as: 'inline', failMode: 'open', mode: 'monitor', place: ['home-agent'] },
      path: { firewall: 'auto', queue: { first: 600, count: 1, length: 65_536 } },
      ...{ deadline: 50, watchdog: 5000, dropPartial: false, verdicts: {}, stats: 60 },
      rateLimit: { perSecond: 10, burst: 20 },
      eve: { file: path.join(folder, 'eve.json'), signalling: false },
      runDirectory: path.join(folder, 'run'),
    });
  });

  it('never implies what happens when the gateway fails, and says what the choices mean', async () => {
    const [line = ''] = await problems(without('failMode'));
    expect(line).toMatch(
      /^gw\.yaml:1:1: failMode: missing: expected open \(what nobody could judge/,
    );
    expect(line).toContain('closed (what nobody could judge is dropped');
  });

  it('never implies on which side home is', async () => {
    expect((await problems(without('homeLink')))[0]).toContain(
      'homeLink: missing: expected inside, outside or elsewhere',
    );
    const local = without('homeLink').replace(/^path: .*$/m, 'path: { hook: local }');
    expect(await problems(local)).toEqual([]);
  });

  it('is told everything that is wrong with it at once, each with line and column', async () => {
    const text = `version: 2
failMode: opn
place: home-agnt
homeAgents: [fe80::1]
path: { hok: bridge, queue: { first: -1 } }
deadline: soon
verdicts: { MIP6-1106: dropp, MIP6-1: drop }
site: { homeAgents: [{ name: ha }] }
`;
    const lines = await problems(text);
    expect(lines[0]).toBe('11 problems in gw.yaml');
    expect(lines.slice(1).map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
      'gw.yaml:1:1: eve',
      'gw.yaml:1:10: version',
      'gw.yaml:2:11: failMode',
      'gw.yaml:3:8: place',
      'gw.yaml:4:14: homeAgents[0]',
      'gw.yaml:5:9: path.hok',
      'gw.yaml:5:38: path.queue.first',
      'gw.yaml:6:11: deadline',
      'gw.yaml:7:24: verdicts.MIP6-1106',
      'gw.yaml:7:31: verdicts.MIP6-1',
      'gw.yaml:8:22: site.homeAgents[0].addresses',
    ]);
  });

  it('tells what is wrong with the files it names, besides what is wrong with itself', async () => {
    writeFileSync(path.join(folder, 'site.yaml'), 'version: 1\nlinks: [{ name: x }]\n');
    const found = await problems(`${LEAST}site: site.yaml\nkeys: [none.sa]\n`);
    expect(found.join('\n')).toContain('site.yaml:2:9: links[0].role');
  });

  it.each<[string, string, string]>([
    [
      'neither hook nor pair',
      LEAST.replace(/^path: .*$/m, 'path: {}'),
      'path: missing: expected hook',
    ],
    [
      'both of them',
      LEAST.replace(/^path: .*$/m, 'path: { hook: local, pair: [eth0, eth1] }'),
      'path.pair: expected either hook or pair',
    ],
    [
      'a bridge without ports',
      LEAST.replace(/^path: .*$/m, 'path: { hook: bridge }'),
      'path.ports: missing: expected outside and inside',
    ],
    [
      'a port on both sides',
      LEAST.replace('inside: [in0]', 'inside: [out0]'),
      'path.ports.inside[0]: outside has this interface as well',
    ],
    [
      'a place without what is protected',
      LEAST.replace('homeAgents: ["2001:db8:1::1"]', 'homeAgents: []'),
      'homeAgents: missing: expected the addresses',
    ],
    [
      'correspondents that no place is about',
      `${LEAST}correspondents: ["2001:db8:9::5"]\n`,
      'correspondents: they are protected by place: correspondent',
    ],
    [
      'a home link on the outer side of a router',
      LEAST.replace('homeLink: inside', 'homeLink: outside'),
      'homeLink: a gateway that routes is never within the home link',
    ],
    [
      'two places whose ports have different roles',
      LEAST.replace('place: home-agent', 'place: [home-agent, access-link]'),
      'place: the ports of one gateway cannot be',
    ],
    [
      'an agent twice',
      LEAST.replace('["2001:db8:1::1"]', '["2001:db8:1::1", "2001:db8:1:0::1"]'),
      'homeAgents[1]: 2001:db8:1::1 is given twice',
    ],
  ])('is refused with %s', async (_, text, part) => {
    expect((await problems(text)).join('\n')).toContain(part);
  });

  it('has the schema that editors are given (write it anew with: npx vitest run test/cli/gateway/gateway-file.test.ts -u)', async () => {
    const schema = JSON.stringify(gatewayJsonSchema(await loadRules()));
    const { code: text } = await format('schema.json', schema, { printWidth: 100 });
    await expect(text).toMatchFileSnapshot('../../../docs/gateway.schema.json');
  });
});

describe('the site of a gateway', () => {
  const bridge = (homeLink: string): string =>
    LEAST.replace('hook: routed', 'hook: bridge').replace('homeLink: inside', homeLink);

  it('follows from where it stands', async () => {
    const { watched } = await load(LEAST);
    expect(watched.site.links).toMatchObject([
      { name: 'outside', role: 'transit', interfaces: ['out0'] },
      { name: 'inside', role: 'home', interfaces: ['in0'] },
    ]);
    expect(watched.site.homeAgents).toMatchObject([
      { name: 'home agent 1', homePrefixes: [{ length: 64 }] },
    ]);
  });

  it('is one link on both sides of a bridge within it', async () => {
    const { watched } = await load(bridge('homeLink: outside'));
    expect(watched.site.links).toMatchObject([
      { name: 'home link', role: 'home', interfaces: ['out0', 'in0'] },
    ]);
    const access = bridge('').replace('place: home-agent', 'place: access-link');
    expect((await load(access)).watched.site.links).toMatchObject([
      { name: 'access link', role: 'foreign', interfaces: ['out0', 'in0'] },
    ]);
  });

  it('is what its settings say, where they say it', async () => {
    const text = `${bridge('')}site:
  homeAgents: [{ name: ha, addresses: ["2001:db8:1::1", "fe80::1"] }]
  links: [{ name: core, role: transit, interfaces: [out0] }]
`;
    await expect(load(text)).resolves.toMatchObject({
      watched: {
        site: {
          homeAgents: [{ name: 'ha', homePrefixes: [{ length: 64 }] }],
          links: [{ name: 'core', role: 'transit', interfaces: ['out0'] }],
        },
      },
    });
  });
});

describe('the plan of what is queued', () => {
  it('has the addresses of the configuration, and a name of its own', async () => {
    const { settings } = await load(
      LEAST.replace('inside: [in0] }', 'inside: [in0] }, queue: { first: 7, count: 3 }'),
    );
    expect(planOf(settings)).toMatchObject({
      ...{ id: 'gw7', hook: 'routed', failMode: 'open', queues: { first: 7, count: 3 } },
      pairs: [
        { from: 'out0', to: 'in0' },
        { from: 'in0', to: 'out0' },
      ],
    });
  });

  it('is none for two joined interfaces', async () => {
    const { settings } = await load(LEAST.replace(/^path: .*$/m, 'path: { pair: [eth0, eth1] }'));
    expect(planOf(settings)).toBe(undefined);
  });
});

const KEYS = `2001:db8:1::10 2001:db8:1::1 esp 0x1001 -m transport -E aes-cbc 0x000102030405060708090a0b0c0d0e0f -A hmac-sha1 0x000102030405060708090a0b0c0d0e0f10111213;`;

describe('a configuration that would lock somebody out', () => {
  const reasons = async (text: string, own: readonly Uint8Array[] = []): Promise<string[]> =>
    refusals(await load(text), own).map(({ path: at, message }) => `${at}: ${message}`);
  const closed = LEAST.replace('failMode: open', 'failMode: closed');

  it('is closed without keys for what it protects', async () => {
    expect(await reasons(LEAST)).toEqual([]);
    expect(await reasons(closed)).toEqual([
      'homeAgents[0]: there are no keys for 2001:db8:1::1, and failMode is closed: what cannot be judged would be dropped; give keys, or failMode: open',
    ]);
    writeFileSync(path.join(folder, 'sa.conf'), `add ${KEYS}\n`, { mode: 0o600 });
    expect(await reasons(`${closed}keys: [sa.conf]\n`)).toEqual([]);
  });

  it('is closed around an address of the machine itself', async () => {
    writeFileSync(path.join(folder, 'sa.conf'), `add ${KEYS}\n`, { mode: 0o600 });
    const own = [address('2001:db8:1::77'), address('2001:db8:7::1')];
    expect(await reasons(`${closed}keys: [sa.conf]\n`, own)).toEqual([
      expect.stringContaining('covers 2001:db8:1::77, an address of this machine'),
    ]);
    expect(await reasons(LEAST, own)).toEqual([]);
  });

  it('takes every address for one of mobile nodes', async () => {
    expect(await reasons(LEAST.replace('2001:db8:1::/64', '::/0'))).toEqual([
      expect.stringMatching(/^homePrefixes\[0\]: ::\/0 is every address/),
    ]);
  });

  it.each<[string, string, string]>([
    ['all ESP', 'esp', 'all ESP of the protected home agents would be dropped'],
    ['all neighbor discovery', 'icmpv6.type == 135', 'all neighbor discovery would be dropped'],
  ])('drops %s by a rule of the operator', async (_, filter, part) => {
    writeFileSync(
      path.join(folder, 'own.rule.yaml'),
      `version: 1
rules:
  - id: LOCAL-0001
    title: Everything of a kind
    severity: high
    verdict: drop
    filter: ${filter}
    explanation: Too much.
    advice: None.
`,
    );
    const [reason = '', ...more] = await reasons(`${LEAST}rules: [own.rule.yaml]\n`);
    expect(reason).toContain(part);
    expect(reason).toContain('LOCAL-0001');
    expect(more).toEqual([]);
    const alert = `${LEAST}rules: [own.rule.yaml]\nverdicts: { LOCAL-0001: alert }\n`;
    expect(await reasons(alert)).toEqual([]);
  });

  it('is refused with line and column, unless it is forced', async () => {
    const configuration = await load(closed);
    const terminal = capturedTerminal();
    expect(() => {
      refuseLockOut(configuration, false, terminal, []);
    }).toThrow(/gw\.yaml:4:14: homeAgents\[0\]: there are no keys[^]*--force/);
    refuseLockOut(configuration, true, terminal, []);
    expect(terminal.written.err).toContain('warning: forced');
  });
});

describe('settings that take a restart', () => {
  it('are named, others are not', async () => {
    const { settings: one } = await load(LEAST);
    const { settings: other } = await load(
      `${LEAST.replace('2001:db8:1::/64', '2001:db8:2::/64')}deadline: 20ms\ndropPartial: true\n`,
    );
    expect(restartSettings(one, other)).toEqual(['homePrefixes', 'deadline']);
  });
});
