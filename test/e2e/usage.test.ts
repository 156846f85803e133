import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mip6guard } from './command.ts';

const TOPICS = ['exit-codes', 'formats', 'inputs', 'filters'];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-usage-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('help', () => {
  it('is shown without arguments, examples first', () => {
    const { code, stdout, stderr } = mip6guard([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.startsWith('Examples:\n  mip6guard demo')).toBe(true);
    expect(stdout).toContain('Exit codes:');
    expect(mip6guard(['--help']).stdout).toBe(stdout);
    expect(mip6guard(['help']).stdout).toBe(stdout);
  });

  it.each(['audit', 'read', 'fields', 'demo'])('of %s describes every option', (command) => {
    const { code, stdout } = mip6guard(['help', command]);
    expect(code).toBe(0);
    expect(mip6guard([command, '--help']).stdout).toBe(stdout);
    const options = stdout.split('\n').filter((line) => /^ {2}-/.test(line));
    expect(options.length).toBeGreaterThan(1);
    // An option without a description has nothing after two blanks.
    for (const line of options) expect(line.trim()).toMatch(/ {2,}\S/);
  });

  it('has the exit codes, formats, inputs and filters as topics', () => {
    expect(mip6guard(['help', 'exit-codes']).stdout).toMatch(/\n {2}3 +input/);
    expect(mip6guard(['help', 'formats']).stdout).toContain('docs/eve.schema.json');
    expect(mip6guard(['help', 'inputs']).stdout).toContain('--recursive');
    expect(mip6guard(['help', 'filters']).stdout).toContain('docs/filters.md');
  });

  it('fits in 100 columns', () => {
    for (const topic of ['', 'audit', 'read', 'fields', 'demo', ...TOPICS]) {
      const { stdout } = mip6guard(topic === '' ? [] : ['help', topic]);
      expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    }
  });

  it('tells the version', () => {
    expect(mip6guard(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^mip6guard \d+\.\d+\.\d+\n$/) as string,
    });
  });
});

describe('a mistake on the command line', () => {
  it.each([
    [['adit', 'x.pcap'], "unknown command 'adit'", 'audit'],
    [['audit', '--formt', 'eve', 'x.pcap'], "unknown option '--formt'", '--format'],
    [['audit', '--format', 'xml', 'x.pcap'], "argument 'xml' is invalid", 'text, eve, json'],
    [['audit', '--fail-on', 'info', 'x.pcap'], "argument 'info' is invalid", 'low, medium'],
    [['audit', '--workers', '0', 'x.pcap'], "argument '0' is invalid", '1 to 64'],
    [['audit', '--workers', '65', 'x.pcap'], "argument '65' is invalid", '1 to 64'],
    [['audit', '--workers', 'many', 'x.pcap'], "argument 'many' is invalid", '1 to 64'],
    [['audit'], "missing required argument 'input'", 'audit --help'],
    [['audit', '--keys'], 'argument missing', 'audit --help'],
    [['read', '-c', '-1', 'x.pcap'], "argument '-1' is invalid", 'whole number'],
    [['read', 'one.pcap', 'two.pcap'], 'too many arguments', 'read --help'],
    [['help', 'nothing'], "no help about 'nothing'", 'exit-codes'],
  ])('in %j ends with 2 and says what to do', (args, problem, hint) => {
    const { code, stdout, stderr } = mip6guard(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.startsWith('mip6guard: ')).toBe(true);
    expect(stderr).toContain(problem);
    expect(stderr).toContain(hint);
  });

  it('in place of a command says how to audit a file of that name', () => {
    const file = path.join(folder, 'a.pcap');
    writeFileSync(file, '');
    const { code, stderr } = mip6guard([file]);
    expect(code).toBe(2);
    expect(stderr).toContain(`mip6guard audit ${file}`);
  });
});

describe('files named on the command line', () => {
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };

  it.each(['audit', 'read'])('%s says that a key file is not there', (command) => {
    const { code, stdout, stderr } = mip6guard([command, '--keys', 'absent.keys', 'x.pcap']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('absent.keys: no such file');
  });

  it('says all that is wrong with a key file, with lines', () => {
    const row = '"IPv6","2001:db8::1","2001:db8::2"';
    const rest = '"AES-CBC [RFC3602]","0x00","NULL",""';
    const keys = write('bad.keys', `${row},"0x100",${rest}\n# comment\n${row},"spi",${rest}\n`);
    const { code, stdout, stderr } = mip6guard(['audit', '--keys', keys, 'x.pcap']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`${keys}:1`);
    expect(stderr).toContain(`${keys}:3`);
  });

  it('says that a key file is something else', () => {
    const keys = write('text.keys', 'hello\n');
    const { code, stderr } = mip6guard(['audit', '--keys', keys, 'x.pcap']);
    expect(code).toBe(2);
    expect(stderr).toContain('not a key file of a known format');
  });

  it('says that the site file is not there', () => {
    const { code, stderr } = mip6guard(['audit', '--config', 'absent.yaml', 'x.pcap']);
    expect(code).toBe(2);
    expect(stderr).toContain('absent.yaml');
  });

  it('says all that is wrong with a site file, with line and column', () => {
    const site = write('site.yaml', 'homeAgentz: []\nlinks:\n  - name: 7\n    role: kitchen\n');
    const { code, stdout, stderr } = mip6guard(['audit', '--config', site, 'x.pcap']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`${site}:1:1`);
    expect(stderr).toMatch(/:4:\d+/);
  });

  it('complains about the configuration before it opens outputs', () => {
    const output = path.join(folder, 'report.txt');
    mip6guard(['audit', '--config', 'absent.yaml', '--output', output, 'x.pcap']);
    expect(existsSync(output)).toBe(false);
  });
});
