import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliError } from '../../../cli/exit-codes.ts';
import { checkNodeFile } from '../../../cli/nodes/config-check.ts';
import { declarationsOf } from '../../../cli/nodes/declarations.ts';
import { parseNodeFile } from '../../../cli/nodes/node-file.ts';
import { logLine } from '../../../cli/nodes/node-log-line.ts';
import { nodeAssociations } from '../../../cli/nodes/node-keys.ts';
import { capturedTerminal } from '../captured-terminal.ts';
import { EXAMPLES, example } from './memory-nodes.ts';

const KEYS = readFileSync(path.join(EXAMPLES, 'node-keys.yaml'), 'utf8');
/** Start of the first key there is. */
const SECRET = '10111213';
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6-node-keys-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function written(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

async function load(node: string, keys: readonly string[]) {
  const warnings: string[] = [];
  const declarations = declarationsOf(await parseNodeFile(node, 'n.yaml'));
  const associations = await nodeAssociations(keys, declarations, (text) => warnings.push(text));
  return { associations, warnings };
}

async function refusal(node: string, keys: readonly string[]): Promise<CliError> {
  try {
    await load(node, keys);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

/** Rows of the example without the one of this name. */
const without = (name: string): string =>
  KEYS.replace(new RegExp(` {2}- name: ${name}\\n(?: {4}.*\\n)+`), '');

describe('associations of a node', () => {
  it('are those that both sides find in the same file', async () => {
    const file = written('all.yaml', KEYS);
    const ha = await load(example('ha'), [file]);
    const mn = await load(example('mn'), [file]);
    expect(ha.warnings).toEqual([]);
    const seen = ({ associations }: typeof ha, incoming: string): (readonly [number, string])[] =>
      associations.map(({ spi, direction, purposes }) => [
        spi,
        `${direction === incoming ? 'to the home agent' : 'to the mobile node'} ${purposes.join()}`,
      ]);
    expect(seen(ha, 'in')).toHaveLength(8);
    expect(new Map(seen(mn, 'out'))).toEqual(new Map(seen(ha, 'in')));
  });

  it('have to be there: what is missing is told with home address, purpose and way', async () => {
    const file = written('less.yaml', without('binding to the mobile node'));
    const error = await refusal(example('ha'), [file]);
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/^2001:db8:1::10: binding to the mobile node: no association/);
    expect(error.message).not.toContain(SECRET);
  });

  it('are not guessed: two that fit alike are told with their lines', async () => {
    const [, row = ''] = /( {2}- name: binding to the home agent\n(?: {4}.*\n)+)/.exec(KEYS) ?? [];
    const file = written('double.yaml', KEYS + row.replace('0x1001', '0x2001'));
    const error = await refusal(example('ha'), [file]);
    expect(error.message).toContain('2 associations fit');
    expect(error.message).toMatch(/double\.yaml:\d+, .*double\.yaml:\d+/);
    expect(error.message).not.toContain(SECRET);
    // An SPI that the configuration gives decides.
    const said = example('ha').replace(
      'homeAddress: 2001:db8:1::10\n',
      'homeAddress: 2001:db8:1::10\n      spis: { binding: { toHomeAgent: 0x2001 } }\n',
    );
    const { associations } = await load(said, [file]);
    expect(associations.map(({ spi }) => spi)).toContain(0x2001);
  });

  it('of a home address may be protected in another way than the rest', async () => {
    const text = example('ha').replace(
      'homeAddress: 2001:db8:1::10\n',
      'homeAddress: 2001:db8:1::10\n      ipsec: { payload: none, prefixDiscovery: none, replayProtection: true, replayWindow: 128 }\n',
    );
    const { associations, warnings } = await load(text, [written('own.yaml', KEYS)]);
    expect(associations.map(({ purposes }) => purposes.join())).toEqual([
      'binding',
      'home-tests',
      'binding',
      'home-tests',
    ]);
    expect(associations.every(({ replayWindow }) => replayWindow === 128)).toBe(true);
    expect(
      warnings.filter((each) => each.includes('no home address here has use for it')),
    ).toHaveLength(4);
  });

  it('come in the form of setkey as well, in the order of RFC 3776 section 5.2', async () => {
    const rows = ['transport', 'tunnel', 'transport'].flatMap((mode, at) => {
      const keys = `-m ${mode} -E aes-cbc 0x${'0'.repeat(31)}${at} -A hmac-sha1 0x${'1'.repeat(40)}`;
      return [
        `add 2001:db8:1::10 2001:db8:1::1 esp ${2000 + at} ${keys};`,
        `add 2001:db8:1::1 2001:db8:1::10 esp ${3000 + at} ${keys};`,
      ];
    });
    const node = example('mn').replace('payload: esp', 'payload: none');
    const { associations } = await load(node, [written('sa.conf', `${rows.join('\n')}\n`)]);
    expect(associations.map(({ spi, purposes }) => [spi, purposes.join()])).toEqual([
      [2000, 'binding'],
      [2002, 'prefix-discovery'],
      [2001, 'home-tests'],
      [3000, 'binding'],
      [3002, 'prefix-discovery'],
      [3001, 'home-tests'],
    ]);
  });

  const HEADERS = (key: string, integrity = 'HMAC-SHA-256-128'): string => `${KEYS}
authenticationHeaders:
  - { source: 2001:db8:1::10, destination: 2001:db8:1::1, spi: 0x3001, integrity: ${integrity}, integrityKey: "${key}" }
  - { source: 2001:db8:1::1, destination: 2001:db8:1::10, spi: 0x3002, integrity: ${integrity}, integrityKey: "${key}" }
`;
  const AH = example('ha').replace('payload: esp', 'payload: esp\n  bindingUpdates: ah-transport');

  it('of AH come from a list of their own in a YAML key file', async () => {
    const { associations, warnings } = await load(AH, [
      written('ah.yaml', HEADERS(`0x${'3c'.repeat(32)}`)),
    ]);
    expect(
      associations
        .filter(({ protocol }) => protocol === 'ah')
        .map(({ spi, direction, purposes }) => [spi, direction, purposes.join()]),
    ).toEqual([
      [0x3001, 'in', 'binding'],
      [0x3002, 'out', 'binding'],
    ]);
    // Those of ESP for Binding Updates have no use then.
    expect(warnings).toHaveLength(2);
  });

  it('of AH that cannot be used are told with line and column, and without the key', async () => {
    const error = await refusal(AH, [
      written('short.yaml', HEADERS('0x3c3c3c'.repeat(1), 'HMAC-SHA-257')),
    ]);
    expect(error.message).toMatch(/short\.yaml:\d+:\d+.*did you mean/);
    const key = await refusal(AH, [written('odd.yaml', HEADERS('0x3c3'))]);
    expect(key.message).toContain('an even number of hexadecimal digits');
    expect(`${error.message}${key.message}`).not.toContain('3c3');
  });

  it('are not looked for in a file that is not there', async () => {
    const error = await refusal(example('mn'), [path.join(folder, 'none.conf')]);
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain('none.conf');
  });
});

describe('config check', () => {
  it('tells what a node would be, and advice', async () => {
    for (const name of ['ha', 'mn', 'cn'] as const) {
      copyFileSync(path.join(EXAMPLES, `${name}.yaml`), path.join(folder, `${name}.yaml`));
    }
    written('node-keys.yaml', KEYS);
    const terminal = capturedTerminal();
    expect(await checkNodeFile(path.join(folder, 'ha.yaml'), terminal)).toBe(0);
    expect(await checkNodeFile(path.join(folder, 'mn.yaml'), terminal)).toBe(0);
    expect(await checkNodeFile(path.join(folder, 'cn.yaml'), terminal)).toBe(0);
    expect(terminal.written.out).toBe(
      'home-agent on eth0, eth1: 1 home addresses, 8 associations\n' +
        'mobile-node on wlan0: 1 home addresses, 8 associations\n' +
        'correspondent-node on eth0: 0 home addresses, 0 associations\n',
    );
    expect(terminal.written.err).toBe('');
  });

  it('tells what is wrong with keys and with trust anchors at once', async () => {
    const text = example('mn')
      .replace('keys: [node-keys.yaml]', 'keys: []')
      .replace('homeLink: never', 'homeLink: send\n  trustAnchors: [none.pem, node-keys.yaml]');
    const error = await checkNodeFile(written('two.yaml', text), capturedTerminal()).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CliError);
    const message = String(error);
    expect(message).toContain('binding to the home agent: no association');
    expect(message).toContain('none.pem: ENOENT');
    expect(message).toContain('node-keys.yaml: expected certificates in PEM or DER');
  });

  it('refuses what a start would refuse', async () => {
    const file = written('bad.yaml', example('mn').replace('keys: [node-keys.yaml]', 'keys: []'));
    await expect(checkNodeFile(file, capturedTerminal())).rejects.toThrow(
      'binding to the home agent: no association',
    );
  });
});

describe('log lines', () => {
  const entry = {
    level: 'alarm',
    event: 'binding-refused',
    details: { home: '2001:db8:1::10', reason: 'no "such" \n thing', tries: 3, empty: '' },
  } as const;

  it('for people are one line, with values that would break it in quotes', () => {
    expect(logLine(entry, 1_700_000_000.25, 'text')).toBe(
      '2023-11-14T22:13:20.250Z alarm binding-refused home=2001:db8:1::10 reason="no \\"such\\" \\n thing" tries=3 empty=""',
    );
  });

  it('for programs are JSON', () => {
    expect(JSON.parse(logLine(entry, 1_700_000_000.25, 'json'))).toEqual({
      timestamp: '2023-11-14T22:13:20.250Z',
      level: 'alarm',
      event: 'binding-refused',
      ...entry.details,
    });
  });
});
