import fc from 'fast-check';
import { expect, test } from 'vitest';
import { declarationsOf } from '../../../cli/nodes/declarations.ts';
import { parseNodeFile } from '../../../cli/nodes/node-file.ts';
import type { NodeDocument } from '../../../cli/nodes/node-schema.ts';
import { umipYaml } from '../../../cli/nodes/umip/import-text.ts';
import { umipSettings } from '../../../cli/nodes/umip/settings.ts';

const MOBILE_NODE = `
# Mobile node of the house
NodeConfig MN;
DebugLevel 10;
DoRouteOptimizationCN enabled;
DoRouteOptimizationMN disabled;
UseCnBuAck enabled;
MnDiscardHaParamProb enabled;
MnMaxHaBindingLife 1000;
Interface "eth0" { MnIfPreference 2; }
Interface "wlan0" { MnIfPreference 1; }
Interface "ppp0" { MnIfPreference 0; }
MnHomeLink "eth0" {
  HomeAgentAddress 2001:db8:a::1;
  HomeAddress 2001:db8:a::10/64 (2001:db8:100::/56, 2001:db8:200::/56);
  IsMobRtr enabled;
}
UseMnHaIPsec enabled;
KeyMngMobCapability disabled;
IPsecPolicySet {
  HomeAgentAddress 2001:db8:a::1;
  HomeAddress 2001:db8:a::10 / 64;
  IPsecPolicy Mh UseESP 1 2;
  IPsecPolicy ICMP UseESP 5;
  IPsecPolicy TunnelMh UseESP 3 4;
}
`;

const HOME_AGENT = `
NodeConfig HA;
Interface "eth0";
HaAcceptMobRtr enabled;
HaMaxBindingLife 500000;
SendMobPfxAdvs disabled;
DefaultBindingAclPolicy deny;
BindingAclPolicy 2001:db8:a::10 (2001:db8:100::/56) allow;
BindingAclPolicy 2001:db8:a::11 deny;
UseMnHaIPsec enabled;
IPsecPolicySet {
  HomeAgentAddress 2001:db8:a::1;
  HomeAddress 2001:db8:a::10/64;
  IPsecPolicy HomeRegBinding UseESP;
  IPsecPolicy MobPfxDisc UseESP;
  IPsecPolicy TunnelPayload UseESP;
}
`;

function imported(text: string, keys: readonly string[] = ['sa.conf']) {
  const settings = umipSettings(text);
  if ('length' in settings) throw new Error(settings.map(({ message }) => message).join('\n'));
  return umipYaml(settings, { file: 'mip6d.conf', keys });
}

const checked = (text: string): Promise<NodeDocument> => parseNodeFile(text, 'made.yaml');

function problems(text: string): string[] {
  const settings = umipSettings(text);
  return 'length' in settings
    ? settings.map(({ line, column, message }) => `${line}:${column}: ${message}`)
    : [];
}

test('the configuration of a mobile node becomes one that can be used', async () => {
  const { text, missing } = imported(MOBILE_NODE);
  expect(missing).toEqual([]);
  const { role, links, mobileNode, ipsec, correspondent, keys } = await checked(text);
  expect(role).toBe('mobile-node');
  expect(links.map((link) => link.interface)).toEqual(['wlan0', 'eth0']);
  expect(keys).toEqual(['sa.conf']);
  expect(correspondent.routeOptimisation).toBe(true);
  expect(ipsec).toMatchObject({
    bindingUpdates: 'esp-transport',
    prefixDiscovery: 'esp',
    homeTests: 'esp',
    payload: 'none',
    granularity: 'protocol',
  });
  expect(mobileNode).toMatchObject({
    homeLink: 'never',
    lifetime: 1000,
    routeOptimisation: false,
    mobileRouter: 'explicit',
    interfacePreferences: ['wlan0', 'eth0'],
  });
  expect(mobileNode?.mobileNetworks).toHaveLength(2);
});

test('the configuration of a home agent becomes one that can be used', async () => {
  const { text, missing } = imported(HOME_AGENT);
  expect(missing).toEqual([]);
  const settings = await checked(text);
  const { homeAgent, ipsec } = settings;
  expect(homeAgent).toMatchObject({
    deregistration: 'strict',
    mobileRouters: true,
    maximumLifetime: 262_140,
    prefixDiscovery: false,
  });
  expect(homeAgent?.mobileNodes.map(({ allowed }) => allowed)).toEqual([true, false]);
  expect(ipsec).toMatchObject({ payload: 'esp', granularity: 'message-type' });
  // One that is not allowed needs no keys.
  expect(declarationsOf(settings)).toHaveLength(1);
  expect(text).toContain('"deregistration: umip"');
});

test('without NodeConfig it is a correspondent, as for UMIP', async () => {
  const { text } = imported('Interface "eth0"; DoRouteOptimizationCN disabled;');
  const { role, correspondent } = await checked(text);
  expect([role, correspondent.routeOptimisation]).toEqual(['correspondent-node', false]);
});

test('what has no counterpart is a comment with its place, and nothing else is', () => {
  const { text } = imported(MOBILE_NODE);
  expect(text).toContain('# 4:1: DebugLevel: ');
  expect(text).toContain('# 7:1: UseCnBuAck: ');
  expect(text).toContain('STRICTER: UMIP believes whoever advertises the home prefix');
  expect(text).not.toContain('MnDiscardHaParamProb:');
});

test('what UMIP took from the kernel has to be added by hand, and is told', () => {
  const { missing } = imported('NodeConfig HA; Interface "eth0";', []);
  expect(missing.map((each) => each.split(':')[0])).toEqual([
    'keys',
    'homeAgent.prefixes',
    'homeAgent.mobileNodes',
  ]);
});

test('names that YAML takes for something else are in quotes', async () => {
  const { text } = imported('Interface "123"; Interface "null";', []);
  const { links } = await checked(text);
  expect(links.map((link) => link.interface)).toEqual(['123', 'null']);
});

test.each<[string, string, string[]]>([
  [
    'a value of another kind',
    'DebugLevel high;',
    ['1:12: DebugLevel: expected a whole number; found high'],
  ],
  ['an unknown role', '\n NodeConfig MAG;', ['2:13: NodeConfig: expected CN, HA or MN; found MAG']],
  [
    'no semicolon at the end',
    'NodeConfig HA',
    ['1:1: NodeConfig: a semicolon is missing before this'],
  ],
  ['a brace too many', 'NodeConfig HA; }', ['1:16: this } closes nothing']],
  ['a block that is not closed', 'Interface "e" {', ['1:15: this { is never closed']],
  ['an open quote', 'Interface "e;\n;', ['1:11: a quote that is not closed on its line']],
  [
    'a home link without address',
    'MnHomeLink "e" { }',
    ['1:1: MnHomeLink: expected a HomeAddress in it'],
  ],
  [
    'an address that is none',
    'BindingAclPolicy fe80::1 allow;',
    ['1:18: BindingAclPolicy: expected an IPv6 address that can be routed'],
  ],
])('%s is told with line and column', (_name, text, expected) => {
  expect(problems(text)).toEqual(expected);
});

test('several mistakes are told at once', () => {
  expect(problems('NodeConfig X;\nDebugLevel x;\nMnHomeLink;')).toHaveLength(4);
});

test('an option that nobody knows is left out with a hint', () => {
  const settings = umipSettings('NodeConfg HA;');
  if ('length' in settings) throw new Error('expected settings');
  expect(settings.notes).toMatchObject([
    {
      line: 1,
      column: 1,
      isUnknown: true,
      text: expect.stringContaining('did you mean NodeConfig?') as string,
    },
  ]);
});

test('deep nesting and long files are refused, not followed', () => {
  expect(problems('a {'.repeat(100_000))[0]).toContain('nested deeper');
  expect(problems(';'.repeat(500_000))).toEqual([]);
  expect(problems('a;'.repeat(200_000)).at(-1)).toContain('more than 100000 statements');
});

const word = fc.oneof(
  fc.constantFrom(
    ...[
      'NodeConfig',
      'HA',
      'MN',
      'Interface',
      '"eth0"',
      'MnHomeLink',
      'HomeAddress',
      'IPsecPolicySet',
    ],
    ...[
      '2001:db8::1/64',
      '2001:db8::1',
      '{',
      '}',
      ';',
      '(',
      ')',
      ',',
      'IPsecPolicy',
      'Mh',
      'UseESP',
      '7',
    ],
    ...[
      'BindingAclPolicy',
      'allow',
      'HomeAgentAddress',
      'enabled',
      'IsMobRtr',
      '#',
      '\n',
      '"',
      '/',
      '::',
    ],
  ),
  fc.string(),
  fc.string({ unit: 'binary' }),
);

test('whatever the text is: problems with places in it, or YAML of one document that can be read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 60 }), async (words) => {
      const text = words.join(' ');
      const settings = umipSettings(text);
      if ('length' in settings) {
        const lines = text.split('\n');
        for (const { line, column } of settings) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
        }
        return;
      }
      const { text: made, missing } = umipYaml(settings, { file: text, keys: [text] });
      const found = await checked(made).catch((error: unknown) => String(error));
      if (typeof found === 'string') {
        // Contradictions of the source stay, and lists that have to be filled; the text itself is sound.
        expect(found).not.toContain('this is not YAML');
        expect(found).not.toContain('unknown key');
        if (missing.length === 0) expect(found).toContain('made.yaml:');
      }
    }),
    { numRuns: 300 },
  );
});
