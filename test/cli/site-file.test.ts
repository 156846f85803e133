import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../cli/configuration-error.ts';
import { loadRules } from '../../cli/rules-directory.ts';
import { MAX_SITE_FILE_OCTETS, parseSite, readSiteFile } from '../../cli/site-file.ts';
import { identityKey } from '../../engine/ike/identity.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import { IS_ENDURANCE, enduranceRuns } from '../endurance.ts';
import { address, linkLayer, prefix } from '../rules/event-builders.ts';

const packages = vi.hoisted(() => new Set<string>());
vi.mock('zod', async (original) => {
  packages.add('zod');
  return original();
});
vi.mock('yaml', async (original) => {
  packages.add('yaml');
  return original();
});
const packagesAtStart = [...packages];

const MIB = 2 ** 20;
/** Octets of a hostile file: all that is read with `npm run endurance`, else a fourth. */
const LARGE = IS_ENDURANCE ? MAX_SITE_FILE_OCTETS : MIB;

const rules = await loadRules();
const site = (text: string) => parseSite(text, 'site.yaml', rules);

/** Lines of the error that a text ends in, without the one that counts them. */
async function problems(text: string): Promise<readonly string[]> {
  const error: unknown = await site(text).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigurationError)) throw new Error('no ConfigurationError');
  expect(error.exitCode).toBe(2);
  expect(error.code).toBe('ERR_CONFIG');
  const lines = error.message.split('\n');
  if (lines.length === 1) return lines;
  expect(lines.shift()).toBe(`${error.problems.length} problems in site.yaml`);
  return lines;
}

/** The one line. */
async function problem(text: string): Promise<string> {
  const lines = await problems(text);
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

const FULL = `
# yaml-language-server: $schema=site.schema.json
version: 1
homeAgents:
  - name: agent
    addresses: [2001:db8:1::1, fe80::1]
    homePrefixes:
      - 2001:db8:1::/64
    linkLayerAddresses: [02:00:5e:00:53:01, 02-00-5E-00-53-02]
links:
  - { name: home, role: home, interfaces: [eth1], vlans: [10] }
  - { name: visited, role: foreign, files: ['visited-*.pcap'] }
mobileNodes:
  - name: alice
    homeAddress: 2001:db8:1::10
    identities: [Alice@Example.org, 'C=CH, CN=alice', '@mn1.example.org']
ipsec: { signalling: optional, payload: required }
compatibility: { umipHomeDeregistration: true }
outsideLinkLayerAddresses: ['02:00:5e:00:53:ff']
rules:
  MIP6-1003:
    severity: info
    params: { highestExpectedType: 16 }
  MIP6-1008: { enabled: false }
`;

describe('a site file', () => {
  it('becomes a site with octets for addresses', async () => {
    expect(await site(FULL)).toEqual({
      homeAgents: [
        {
          name: 'agent',
          addresses: [address('2001:db8:1::1'), address('fe80::1')],
          homePrefixes: [prefix('2001:db8:1::/64')],
          linkLayerAddresses: [linkLayer('02:00:5e:00:53:01'), linkLayer('02:00:5e:00:53:02')],
        },
      ],
      links: [
        { name: 'home', role: 'home', interfaces: ['eth1'], files: [], vlans: [10] },
        { name: 'visited', role: 'foreign', interfaces: [], files: ['visited-*.pcap'], vlans: [] },
      ],
      mobileNodes: [
        {
          name: 'alice',
          homeAddress: address('2001:db8:1::10'),
          identities: ['alice@example.org', 'CN=alice,C=CH', 'mn1.example.org'].map(identityKey),
          mobileNetworkPrefixes: [],
        },
      ],
      infrastructure: [],
      routers: [],
      domain: UNKNOWN_SITE.domain,
      ipsec: { signalling: 'optional', payload: 'required' },
      compatibility: { umipHomeDeregistration: true },
      outsideLinkLayerAddresses: [linkLayer('02:00:5e:00:53:ff')],
      rules: {
        'MIP6-1003': { severity: 'info', params: { highestExpectedType: 16 } },
        'MIP6-1008': { enabled: false },
      },
      overrides: [],
      thresholds: [],
      rateFilters: [],
      suppressions: [],
    });
  });

  it('with nothing but its version tells nothing', async () => {
    expect(await site('version: 1')).toEqual(UNKNOWN_SITE);
  });

  it('keeps the defaults of policies it names in part', async () => {
    const { ipsec, compatibility } = await site(
      'version: 1\nipsec: {payload: required}\ncompatibility: {}',
    );
    expect(ipsec).toEqual({ signalling: 'required', payload: 'required' });
    expect(compatibility).toEqual({ umipHomeDeregistration: false });
  });

  it('may be JSON, and may repeat a value through an alias', async () => {
    const json = await site(
      '{"version": 1, "mobileNodes": [{"name": "a", "homeAddress": "2001:db8::1"}]}',
    );
    expect(json.mobileNodes[0]?.name).toBe('a');
    const alias = await site(
      'version: 1\nlinks:\n- {name: a, role: home, vlans: &v [1, 2]}\n- {name: b, role: foreign, interfaces: [e], vlans: *v}',
    );
    expect(alias.links[1]?.vlans).toEqual([1, 2]);
  });

  it('does not load the YAML reader and the schema before one is read', () => {
    expect(packagesAtStart).toEqual([]);
    expect([...packages].sort()).toEqual(['yaml', 'zod']);
  });
});

describe('all problems of a site file', () => {
  it('are told at once, in order, each with its place, its path and what was meant', async () => {
    const text = [
      'version: 2',
      'homeAgent: []',
      'homeAgents:',
      '  - name: agent',
      '    addresses: [2001:db8:1::1, 2001:db8::g]',
      '    homePrefixes: [2001:db8:1::1/64]',
      'links:',
      '  - name: home',
      '    role: hom',
      '    vlans: [5000]',
      'ipsec: {signalling: never}',
      'rules:',
      '  MIP6-1003: {params: {highestExpectedType: 300}, severity: hihg}',
      '  MIP6-1O03: {enabled: false}',
    ].join('\n');
    expect(await problems(text)).toEqual([
      'site.yaml:1:10: version: expected 1, the version of this format; found 2',
      'site.yaml:2:1: homeAgent: unknown key; did you mean homeAgents?',
      'site.yaml:5:32: homeAgents[0].addresses[1]: expected the IPv6 address of a node; found "2001:db8::g"',
      'site.yaml:6:20: homeAgents[0].homePrefixes[0]: expected an IPv6 prefix with its length from 1 to 128 and no bits set behind it, like 2001:db8:1::/64; found "2001:db8:1::1/64"; did you mean 2001:db8:1::/64?',
      'site.yaml:9:11: links[0].role: expected one of home, foreign, transit; found "hom"; did you mean home?',
      'site.yaml:10:13: links[0].vlans[0]: expected a VLAN identifier from 1 to 4094; found 5000',
      'site.yaml:11:21: ipsec.signalling: expected one of required, optional; found "never"',
      'site.yaml:13:45: rules.MIP6-1003.params.highestExpectedType: expected a number from 7 to 255 (MH Type); found 300',
      'site.yaml:13:61: rules.MIP6-1003.severity: expected one of info, low, medium, high, critical; found "hihg"; did you mean high?',
      'site.yaml:14:3: rules.MIP6-1O03: no rule has this id; did you mean MIP6-1003?',
    ]);
  });

  it('are also there as values', async () => {
    const error: unknown = await site('version: 1\nlinkz: []').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      file: 'site.yaml',
      problems: [
        { line: 2, column: 1, path: 'linkz', message: 'unknown key; did you mean links?' },
      ],
    });
  });

  it('name the place of what is missing by what it is missing from', async () => {
    expect(await problems('# a site\nhomeAgents:\n  - name: a\n')).toEqual([
      'site.yaml:2:1: version: missing: expected 1, the version of this format',
      'site.yaml:3:5: homeAgents[0].addresses: missing: expected a list of IPv6 addresses',
    ]);
  });

  it('list the keys to choose from when none is near, and say when a rule has no parameters', async () => {
    expect(await problem('version: 1\nipsec: {colour: red}')).toBe(
      'site.yaml:2:9: ipsec.colour: unknown key; known here: signalling, payload',
    );
    expect(await problem('version: 1\nrules: {MIP6-1001: {params: {a: 1}}}')).toBe(
      'site.yaml:2:30: rules.MIP6-1001.params.a: unknown key; this rule has no parameters',
    );
    expect(await problem('version: 1\nrules: {bogus: {}}')).toMatch(
      /no rule has this id; known here: MIP6-1001 to MIP6-\d{4}$/,
    );
  });

  it('do not run on without end', async () => {
    const lines = await problems(Array.from({ length: 199 }, (_, i) => `key${i}: 1`).join('\n'));
    expect(lines).toHaveLength(51);
    expect(lines[50]).toBe('and 150 more');
  });
});

describe('traps of YAML', () => {
  it.each([
    ['mobileNodes:', 'expected a list of mobile nodes; found nothing'],
    [
      'mobileNodes: [{name: a, homeAddress: 2001:db8::1, identities: [""]}]',
      'expected an identity of IKE of 1 to 1024 characters on one line: user@host, a host name, a distinguished name, an address, or 0x and hexadecimal digits; found ""',
    ],
    ['compatibility: {umipHomeDeregistration: no}', 'found "no"; YAML 1.2 takes this as text'],
    [
      'links: [{name: 7, role: home, vlans: [1]}]',
      'found 7; text that looks like something else must be in quotes',
    ],
    [
      'outsideLinkLayerAddresses:\n  - 2001:db8::',
      'found a mapping; a value that ends in a colon must be in quotes',
    ],
    [
      'mobileNodes:\n  - name: a\n    homeAddress: 2001:db8::\n',
      'a value that ends in a colon must be in quotes',
    ],
    ['links: [{name: a, role: home, vlans: ["1"]}]', 'a VLAN identifier from 1 to 4094; found "1"'],
    ['homeAgents: {name: a}', 'expected a list of home agents; found a mapping'],
  ])('are explained: %s', async (text, expected) => {
    expect((await problems(`version: 1\n${text}`)).join('\n')).toContain(expected);
  });

  it.each([
    ['a: 1\na: 2', 'site.yaml:3:1: the key a is already given in this mapping'],
    ['links:\n\t- a', 'site.yaml:3:1: a tab in the indentation'],
    ['links: [1', 'a bracket before it is not closed'],
    ['links: "1', 'a colon, comma, quote or bracket is missing here'],
    ['links: !secret x', 'site.yaml:2:8: a tag (!name); tags are not used in this file'],
    ['links: *nobody', 'site.yaml:2:8: an alias (*name) must refer to an anchor'],
    ['links: &a [*a]', '500000 values once the aliases'],
    ['---\nversion: 1', 'a second document starts here'],
  ])('are refused: %s', async (text, expected) => {
    expect((await problems(`version: 1\n${text}`)).join('\n')).toContain(expected);
  });

  it.each(['', '~', '- 1', 'text'])('are no site without a mapping: %j', async (text) => {
    expect(await problem(text)).toMatch(
      /^site\.yaml:1:1: expected a mapping with version: 1; found/,
    );
  });

  it('do not reach the prototype of the site', async () => {
    const lines = await problems('version: 1\n__proto__: {x: 1}\nconstructor: {y: 2}');
    expect(lines.map((line) => line.split(': ')[1])).toEqual(['__proto__', 'constructor']);
  });
});

describe('values of a site file', () => {
  const node = (homeAddress: string) =>
    `version: 1\nmobileNodes: [{name: a, homeAddress: '${homeAddress}'}]`;
  const agent = (key: string, value: string) =>
    `version: 1\nhomeAgents: [{name: a, addresses: ['2001:db8::1'], ${key}: ['${value}']}]`;

  it.each([
    '192.0.2.1',
    'fe80::1',
    'ff02::1',
    '::',
    '::1',
    '2001:db8::1/64',
    '2001:db8::1%eth0',
    '',
  ])('cannot have the home address %j', async (text) => {
    expect(await problem(node(text))).toContain('expected a unicast IPv6 address');
  });

  it.each(['::/0', '2001:db8::/129', '192.0.2.0/24', '2001:db8::', 'fe80::1/64'])(
    'cannot have the home prefix %s',
    async (text) => {
      expect(await problem(agent('homePrefixes', text))).toContain('expected an IPv6 prefix');
    },
  );

  it.each([
    '01:00:5e:00:53:01',
    '00:00:00:00:00:00',
    '02:00:5e:00:53',
    '02:00-5e:00:53:01',
    '0200.5e00.5301',
  ])('cannot have the link-layer address %s', async (text) => {
    expect(await problem(agent('linkLayerAddresses', text))).toContain('of an interface');
  });

  it('cannot have names that break lines of a report', async () => {
    const named = (name: string) =>
      `version: 1\nmobileNodes: [{name: ${name}, homeAddress: 2001:db8::1}]`;
    for (const name of ['"a\\nb"', '"\\e[2J"', '""', '" a"', 'x'.repeat(65)]) {
      expect(await problem(named(name))).toContain('a name of 1 to 64 characters on one line');
    }
  });

  it('are shown short and without control characters', async () => {
    const line = await problem(`version: 1\nipsec: {signalling: "\\e[2J${'x'.repeat(500)}"}`);
    expect(line).toContain('found "\\x1b[2Jx');
    expect(line.length).toBeLessThan(200);
  });
});

describe('contradictions of a site file', () => {
  it('are found even when single values are wrong as well', async () => {
    const text = `version: 1
homeAgents:
  - {name: a, addresses: [2001:db8::1], linkLayerAddresses: [02:00:5e:00:53:01]}
  - {name: a, addresses: ['2001:db8:0::1', fe80::1]}
  - {name: b, addresses: [2001:db8::2, fe80::1]}
links:
  - {name: x, role: home, interfaces: [eth0]}
  - {name: y, role: foreign, interfaces: [eth0]}
  - {name: z, role: wrong}
mobileNodes:
  - {name: m, homeAddress: 2001:db8::2}
outsideLinkLayerAddresses: [02-00-5E-00-53-01]
`;
    expect(await problems(text)).toEqual([
      'site.yaml:4:12: homeAgents[1].name: this name is already given at homeAgents[0].name',
      'site.yaml:4:27: homeAgents[1].addresses[0]: this address is already given at homeAgents[0].addresses[0]',
      'site.yaml:8:43: links[1].interfaces[0]: this interface is already given at links[0].interfaces[0]',
      'site.yaml:9:5: links[2]: no packet can be on this link: give interfaces, files or vlans',
      'site.yaml:9:21: links[2].role: expected one of home, foreign, transit; found "wrong"',
      'site.yaml:11:28: mobileNodes[0].homeAddress: this address is already given at homeAgents[2].addresses[0]',
      'site.yaml:12:29: outsideLinkLayerAddresses[0]: this link-layer address is already given at homeAgents[0].linkLayerAddresses[0]',
    ]);
  });

  it('are not seen where VLANs tell links of one interface apart', async () => {
    const text =
      'version: 1\nlinks:\n- {name: a, role: home, interfaces: [e], vlans: [1]}\n- {name: b, role: foreign, interfaces: [e], vlans: [2]}';
    expect((await site(text)).links).toHaveLength(2);
  });
});

describe('a file that is no site file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-site-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function messageOf(name: string, content: string | Uint8Array): Promise<string> {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    const error: unknown = await readSiteFile(file, rules).catch((reason: unknown) => reason);
    if (!(error instanceof ConfigurationError)) throw new Error('no ConfigurationError');
    return error.message.replaceAll(folder, '');
  }

  it('is read from disk when it is one', async () => {
    const file = path.join(folder, 'good.yaml');
    writeFileSync(file, `\ufeff${FULL}`);
    expect((await readSiteFile(file, rules)).mobileNodes).toHaveLength(1);
  });

  it('is refused when absent, a folder, too large, or not text', async () => {
    for (const name of ['absent.yaml', '.']) {
      await expect(readSiteFile(path.join(folder, name), rules)).rejects.toThrow(
        /cannot be read: E/,
      );
    }
    expect(await messageOf('large.yaml', ' '.repeat(MAX_SITE_FILE_OCTETS + 1))).toContain(
      'expected at most 4194304 octets',
    );
    expect(await messageOf('latin1.yaml', Uint8Array.of(0x61, 0xe9, 0x0a))).toContain('UTF-8');
  });

  it('never has its content repeated, since it may be a key file', async () => {
    const secret = '00112233445566778899aabbccddeeff';
    for (const content of [
      `"IPv6","2001:db8::1","2001:db8::2","0x1000","AES-CBC","0x${secret}","NULL",""`,
      `add 2001:db8::1 2001:db8::2 esp 0x1000 -E aes-cbc 0x${secret};`,
      `encryptionKey: 0x${secret}\nassociations: [{key: ${secret}}]`,
      `version: 1\n"${secret}`,
      `x: *${secret}`,
      `x: !${secret} 1`,
    ]) {
      expect(await messageOf('keys', content)).not.toContain(secret);
    }
  });

  it.each([
    ['brackets', '['],
    ['list marks', '- '],
    ['marks with anchors', '- &a '],
    ['key marks', '? a: '],
    ['items', '- 1\n'],
    ['aliases', '- *a\n'],
    ['wrong escapes', '"\\q"\n'],
    ['documents', 'a\n---\n'],
    ['comments', '#\n'],
    ['indentation', ' '],
  ])(`is refused within bounds when it is ${LARGE / MIB} MiB of %s`, async (_name, piece) => {
    const text = piece.repeat(Math.floor((LARGE - 8) / piece.length));
    expect(await problem(`- &a 1\n${text}`)).toMatch(
      /nested deeper than|more keys and values|expected a mapping/,
    );
  });

  it('is refused when its aliases multiply', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const bomb = names.map((name, i) =>
      i === 0 ? 'a: &a [1, 2, 3]' : `${name}: &${name} [${`*${names[i - 1] ?? ''}, `.repeat(9)}]`,
    );
    expect(await problem(bomb.join('\n'))).toContain('100 times at most');
    const wide = `a: &a [${'1,'.repeat(20_000)}]\nb: [${'*a,'.repeat(90)}]`;
    expect(await problem(wide)).toContain('500000 values');
  });

  it('is read or refused with a ConfigurationError, whatever it holds', async () => {
    const piece = fc.constantFrom(
      ...[
        'version: 1\n',
        'links:',
        ' ',
        '\n',
        '- ',
        '[',
        ']',
        '{',
        '}',
        ',',
        ': ',
        '"',
        "'",
        '&a ',
        '*a',
      ],
      ...[
        '!t ',
        '| \n',
        '? ',
        '#',
        '%',
        '\t',
        'name: x',
        '2001:db8::',
        'rules:',
        '---\n',
        '<<: ',
        '\0',
        '1',
      ],
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        try {
          await site(content);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
        }
      }),
      { numRuns: enduranceRuns(500) },
    );
  });
});
