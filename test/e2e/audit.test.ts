import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badValues, schemaCheck } from '../schema-check.ts';
import { ATTACK, HARMLESS, capture, mip6guard } from './command.ts';
import type { Outcome } from './command.ts';

const ESCAPE = '\u001b';

let folder = '';
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-audit-'));
  const attack = capture([HARMLESS, HARMLESS, ATTACK]);
  writeFileSync(inFolder('clean.pcap'), capture([HARMLESS, HARMLESS]));
  writeFileSync(inFolder('attack.pcap'), attack);
  writeFileSync(inFolder('cut.pcap'), capture([HARMLESS, HARMLESS]).subarray(0, -5));
  writeFileSync(inFolder('cut-attack.pcap'), capture([ATTACK, HARMLESS]).subarray(0, -5));
  writeFileSync(inFolder('text.pcap'), 'this is text, not a capture\n');
  writeFileSync(inFolder('empty.pcap'), '');
  writeFileSync(inFolder('no-packets.pcap'), capture([]));
  mkdirSync(inFolder('none'));
  writeFileSync(inFolder('none/notes.txt'), 'nothing here\n');
  mkdirSync(inFolder('some/below'), { recursive: true });
  cpSync(inFolder('clean.pcap'), inFolder('some/clean.pcap'));
  cpSync(inFolder('attack.pcap'), inFolder('some/below/attack.pcap'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Audits files of the folder. */
function audit(args: readonly string[], options: Parameters<typeof mip6guard>[1] = {}): Outcome {
  return mip6guard(['audit', ...args], { cwd: folder, ...options });
}

/** Values of JSON lines. */
function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const value: unknown = JSON.parse(line);
      if (typeof value !== 'object' || value === null) throw new Error(line);
      return { ...value };
    });
}

describe('exit codes of an audit', () => {
  it.each([
    ['a clean capture', ['clean.pcap'], 0],
    ['a capture without packets', ['no-packets.pcap'], 0],
    ['an attack', ['attack.pcap'], 1],
    ['an attack below the threshold', ['--fail-on', 'critical', 'attack.pcap'], 0],
    ['a capture that is cut short', ['cut.pcap'], 3],
    ['an attack in a capture that is cut short', ['cut-attack.pcap'], 1],
    ['a clean capture and one that is not there', ['clean.pcap', 'absent.pcap'], 3],
    ['an attack and a capture that is not there', ['attack.pcap', 'absent.pcap'], 1],
    ['a file that is not there', ['absent.pcap'], 3],
    ['a text file named .pcap', ['text.pcap'], 3],
    ['an empty file', ['empty.pcap'], 3],
    ['a directory without captures', ['none'], 3],
    ['a directory with captures below it', ['--recursive', 'some'], 1],
    ['a directory whose captures are clean', ['some'], 0],
    ['a pattern', ['*ttack.pcap'], 1],
    ['a pattern that fits nothing', ['*.nothing'], 3],
  ])('for %s', (_, args, code) => {
    const outcome = audit(args);
    expect(outcome.code, outcome.stderr).toBe(code);
    const isReported = args.some((arg) => /clean|attack|ttack|cut|no-packets|some/.test(arg));
    expect(outcome.stdout === '').toBe(!isReported);
  });
});

describe('what cannot be read', () => {
  it.each([
    ['absent.pcap', 'no such file or directory'],
    ['text.pcap', 'printable text'],
    ['empty.pcap', 'empty'],
    ['none', 'holds no pcap or pcapng file'],
  ])('%s is named with the reason', (name, reason) => {
    const { stdout, stderr } = audit([name]);
    expect(stdout).toBe('');
    expect(stderr.startsWith(`mip6guard: ${name}: `)).toBe(true);
    expect(stderr).toContain(reason);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('does not hide what was found', () => {
    const { stdout, stderr } = audit(['cut-attack.pcap', 'absent.pcap']);
    expect(stdout).toContain('MIP6-1009');
    expect(stdout).toContain('Faults of the inputs');
    expect(stdout).toContain('absent.pcap: no such file');
    expect(stderr).toContain('absent.pcap: no such file');
  });

  it('is said on standard error where the format has no place people read', () => {
    expect(audit(['--format', 'eve', 'cut.pcap']).stderr).toContain('cut.pcap: ');
    expect(audit(['cut.pcap']).stderr).toBe('');
  });
});

describe('the text report', () => {
  it('goes to standard output, without colour, and nothing else is said', () => {
    const { stdout, stderr } = audit(['attack.pcap']);
    expect(stderr).toBe('');
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).toContain('attack.pcap#3');
    expect(stdout).toContain('Exit code 1');
  });

  it.each([
    [['--color', 'always'], {}, true],
    [['--color', 'never'], { FORCE_COLOR: '1' }, false],
    [[], { FORCE_COLOR: '1' }, true],
    [[], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('with %j and %o has colour: %s', (args, env, expected) => {
    const { stdout } = audit([...args, 'attack.pcap'], { env });
    expect(stdout.includes(ESCAPE)).toBe(expected);
  });

  it('is the same whatever the number of workers', () => {
    const one = audit(['--recursive', 'some']);
    expect(audit(['--workers', '4', '--recursive', 'some'])).toEqual(one);
  });

  it('reads standard input', () => {
    const input = readFileSync(inFolder('attack.pcap'));
    const { code, stdout } = audit(['-'], { input });
    expect(code).toBe(1);
    expect(stdout).toContain('standard input, 3 packets');
    expect(stdout).toContain('-#3');
  });
});

describe('EVE lines', () => {
  const check = schemaCheck('eve.schema.json');

  it('fit the schema, and have every alert where it became certain', () => {
    const { code, stdout, stderr } = audit(['--format', 'eve', 'attack.pcap', 'cut.pcap']);
    expect(stderr).toContain('cut.pcap');
    expect(code).toBe(1);
    const lines = linesOf(stdout);
    for (const line of lines) {
      expect(check(line), JSON.stringify(line)).toEqual([]);
      expect(badValues(line)).toEqual([]);
    }
    const alerts = lines.filter((line) => line['event_type'] === 'alert');
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({
      pcap_filename: 'attack.pcap',
      pcap_cnt: 3,
      src_ip: '2001:db8:1::1',
      alert: { signature_id: 1009, severity: 2 },
    });
    expect(lines.filter((line) => line['event_type'] === 'incident')).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ event_type: 'stats', stats: { decoder: { pkts: 4 } } });
    expect(lines.at(-1)?.['event_type']).toBe('stats');
  });

  it('are the same in a file', () => {
    const { stdout } = audit(['--format', 'eve', 'attack.pcap']);
    const outcome = audit(['--format', 'eve', '--output', 'eve.json', 'attack.pcap']);
    expect(outcome).toEqual({ code: 1, stdout: '', stderr: '' });
    expect(readFileSync(inFolder('eve.json'), 'utf8')).toBe(stdout);
  });
});

describe('the JSON document', () => {
  it('fits its schema and is the same every time', () => {
    const { code, stdout } = audit(['--format', 'json', 'attack.pcap']);
    expect(code).toBe(1);
    const document: unknown = JSON.parse(stdout);
    expect(schemaCheck('audit.schema.json')(document)).toEqual([]);
    expect(document).toMatchObject({ alerts: [{ rule: 'MIP6-1009' }], run: { fail_on: 'high' } });
    expect(audit(['--format', 'json', 'attack.pcap']).stdout).toBe(stdout);
  });
});

describe('an output file', () => {
  it('replaces another one when the run has come to its end', () => {
    writeFileSync(inFolder('report.txt'), 'old');
    const { stdout } = audit(['attack.pcap']);
    const outcome = audit(['--output', 'report.txt', 'attack.pcap']);
    expect(outcome).toEqual({ code: 1, stdout: '', stderr: '' });
    expect(readFileSync(inFolder('report.txt'), 'utf8')).toBe(stdout);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('is left alone when no input can be read', () => {
    writeFileSync(inFolder('report.txt'), 'old');
    expect(audit(['--output', 'report.txt', 'absent.pcap']).code).toBe(3);
    expect(readFileSync(inFolder('report.txt'), 'utf8')).toBe('old');
  });

  it.each([
    ['absent/report.txt', 'no such directory'],
    ['.', 'it is a directory'],
  ])('cannot be %s, which is said before anything is read', (output, reason) => {
    for (const format of ['text', 'eve', 'json']) {
      const outcome = audit(['--format', format, '--output', output, 'attack.pcap']);
      expect(outcome).toMatchObject({ code: 2, stdout: '' });
      expect(outcome.stderr).toContain(`cannot write ${output}: ${reason}`);
    }
  });

  it.each([
    ['--output', 'attack.pcap', 'would overwrite attack.pcap'],
    ['--output', './some/../attack.pcap', 'would overwrite attack.pcap'],
    ['--db', 'attack.pcap', 'would overwrite attack.pcap'],
  ])('is never an input: %s %s', (option, file, reason) => {
    const before = readFileSync(inFolder('attack.pcap'));
    const outcome = audit(['--format', 'eve', option, file, 'attack.pcap']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain(reason);
    expect(readFileSync(inFolder('attack.pcap')).equals(before)).toBe(true);
  });

  it('is not the database as well', () => {
    const outcome = audit(['--output', 'both', '--db', './both', 'attack.pcap']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain('name the same file');
  });

  it.skipIf(!existsSync('/dev/full')).each(['text', 'eve', 'json'])(
    'that is full does not lose the findings: --format %s (needs /dev/full)',
    (format) => {
      const outcome = audit(['--format', format, '--output', '/dev/full', 'attack.pcap']);
      expect(outcome.code).toBe(4);
      expect(outcome.stderr).toContain('cannot write /dev/full: no space left on the device');
      expect(outcome.stdout).toContain('MIP6-1009');
    },
  );
});

describe('a database', () => {
  const hasStore = existsSync(
    path.join(import.meta.dirname, '../../node_modules/better-sqlite3/build'),
  );

  it.skipIf(!hasStore)('takes run after run (needs better-sqlite3)', async () => {
    const run = (): Outcome => audit(['--db', 'runs.db', 'attack.pcap']);
    expect(run()).toMatchObject({ code: 1, stderr: '' });
    expect(run()).toMatchObject({ code: 1, stderr: '' });
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(inFolder('runs.db'), { readonly: true });
    const alerts = database.prepare('SELECT run_id, rule, number FROM alerts').all();
    database.close();
    expect(alerts).toEqual([
      { run_id: 1, rule: 'MIP6-1009', number: 3 },
      { run_id: 2, rule: 'MIP6-1009', number: 3 },
    ]);
  });

  it.skipIf(!hasStore)('that is something else is refused (needs better-sqlite3)', () => {
    const { code, stdout, stderr } = audit(['--db', 'text.pcap', 'attack.pcap']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('text.pcap');
    expect(readFileSync(inFolder('text.pcap'), 'utf8')).toBe('this is text, not a capture\n');
  });
});
