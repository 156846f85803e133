import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDocument, KnownFinding } from '../../io/export/records.ts';
import { IS_ENDURANCE } from '../endurance.ts';
import { sarifCheck } from '../sarif-schema.ts';
import { schemaCheck } from '../schema-check.ts';
import { ATTACK, HARMLESS, ROOT, capture, mip6guard } from './command.ts';
import type { Outcome } from './command.ts';

const CAPTURES = path.join(ROOT, 'fixtures/captures');
const FORMATS = ['text', 'html', 'eve', 'json', 'sarif', 'junit'];

/** The two legs of a relay. */
const RELAY = ['many/home.pcap', 'many/foreign.pcap'];

let folder = '';
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-reports-'));
  mkdirSync(inFolder('many/below'), { recursive: true });
  copyFileSync(path.join(CAPTURES, 'relay-attack-home.pcap'), inFolder('many/home.pcap'));
  copyFileSync(path.join(CAPTURES, 'relay-attack-foreign.pcap'), inFolder('many/foreign.pcap'));
  writeFileSync(inFolder('many/below/odd.pcap'), capture([HARMLESS, ATTACK, HARMLESS]));
  writeFileSync(inFolder('many/below/cut.pcap'), capture([ATTACK, HARMLESS]).subarray(0, -5));
  writeFileSync(inFolder('odd.pcap'), capture([ATTACK]));
  writeFileSync(inFolder('odd-again.pcap'), capture([HARMLESS, HARMLESS, ATTACK, ATTACK]));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function audit(...args: string[]): Outcome {
  return mip6guard(['audit', ...args], { cwd: folder });
}

function documentOf(...args: string[]): AuditDocument {
  const { stdout } = audit('--format', 'json', ...args);
  const document = JSON.parse(stdout) as AuditDocument;
  expect(schemaCheck('audit.schema.json')(document)).toEqual([]);
  return document;
}

function fingerprints(...args: string[]): string[] {
  const { alerts } = documentOf(...args);
  return alerts.map(({ rule, fingerprint }) => `${rule} ${fingerprint}`).sort();
}

describe('an audit of a directory', () => {
  // Two and four workers take turns; with `npm run endurance` each format has both.
  const cases = FORMATS.map((format, turn) => {
    const several = IS_ENDURANCE ? [2, 4] : [turn % 2 === 0 ? 2 : 4];
    return { format, several };
  });
  it.each(cases)(
    'gives the same $format with $several workers as with 1',
    ({ format, several }) => {
      const run = (workers: number): Outcome =>
        audit('--format', format, '--workers', `${workers}`, '--recursive', 'many');
      const alone = run(1);
      expect(alone.code).toBe(1);
      expect(alone.stdout.length).toBeGreaterThan(1000);
      for (const workers of several) expect(run(workers)).toEqual(alone);
    },
  );

  it('gives the same fingerprints whatever the order of the inputs', () => {
    const inputs = ['many/home.pcap', 'many/foreign.pcap', 'many/below/odd.pcap'];
    const found = fingerprints(...inputs);
    expect(found.length).toBeGreaterThan(3);
    expect(new Set(found).size).toBe(found.length);
    expect(fingerprints(...inputs.toReversed())).toEqual(found);
    expect(fingerprints('many/foreign.pcap', 'many/home.pcap', 'many/below/odd.pcap')).toEqual(
      found,
    );
  });

  it('gives a SARIF log that fits its schema, with the exit code of the run', () => {
    const { stdout, code } = audit('--format', 'sarif', '--recursive', 'many');
    const log = JSON.parse(stdout) as { runs: { invocations: { exitCode: number }[] }[] };
    expect(sarifCheck()(log)).toEqual([]);
    expect(log.runs[0]?.invocations[0]?.exitCode).toBe(code);
  });
});

describe('a baseline', () => {
  // Written once: what differs between the tests is how it is used.
  let known = '';
  beforeAll(() => {
    expect(audit('--write-baseline', 'known.json', 'odd.pcap').code).toBe(1);
    known = readFileSync(inFolder('known.json'), 'utf8');
  });
  beforeEach(() => {
    writeFileSync(inFolder('known.json'), known);
  });

  it('leaves known findings out of result and exit code, in another capture too', () => {
    const again = audit('--baseline', 'known.json', 'odd-again.pcap');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('No new findings, 1 known finding left out by the baseline.');
    const { alerts, incidents, run } = documentOf('--baseline', 'known.json', 'odd-again.pcap');
    expect({ alerts, incidents }).toEqual({ alerts: [], incidents: [] });
    expect(run.baseline).toMatchObject({ known: [{ rule: 'MIP6-1009' }], not_seen: [] });
  });

  it('counts what is new', () => {
    const { code, stdout } = audit('--baseline', 'known.json', 'odd.pcap', ...RELAY);
    expect(code).toBe(1);
    expect(stdout).not.toContain('MIP6-1009');
    expect(stdout).toContain('1 known finding left out by the baseline');
  });

  it('is told of what it holds that was not found again', () => {
    writeFileSync(inFolder('harmless.pcap'), capture([HARMLESS]));
    const { stdout, code } = audit('--baseline', 'known.json', 'harmless.pcap');
    expect(code).toBe(0);
    expect(stdout).toContain('Of the baseline, not found again');
    expect(stdout).toContain('MIP6-1009');
  });

  it.each(['json', 'sarif'])('may be a result in the format %s', (format) => {
    audit('--format', format, '--output', `known.${format}`, 'odd.pcap');
    expect(audit('--baseline', `known.${format}`, 'odd-again.pcap').code).toBe(0);
  });

  it.each(FORMATS)('leaves nothing of a known finding among the findings of %s', (format) => {
    const { code, stdout } = audit('--baseline', 'known.json', '-f', format, 'odd-again.pcap');
    expect(code).toBe(0);
    if (format === 'eve') expect(stdout).not.toContain('"event_type":"alert"');
    if (format === 'junit') expect(stdout).not.toContain('<failure');
    if (format === 'sarif') expect(stdout).toContain('"baselineState": "unchanged"');
    if (format === 'html') expect(stdout).toContain('Known findings');
  });

  it('can be written over by its successor, which keeps what is known still', () => {
    const args = ['--baseline', 'known.json', '--write-baseline', 'known.json'];
    audit(...args, 'odd.pcap', ...RELAY);
    const { findings } = JSON.parse(readFileSync(inFolder('known.json'), 'utf8')) as {
      findings: KnownFinding[];
    };
    expect(findings.map(({ rule }) => rule)).toContain('MIP6-1009');
    expect(findings.length).toBeGreaterThan(1);
    expect(audit('--baseline', 'known.json', 'odd.pcap', ...RELAY).code).toBe(0);
  });

  it('that is none is refused before anything is read, with exit code 2', () => {
    writeFileSync(inFolder('none.json'), '{}');
    for (const file of ['none.json', 'absent.json', 'odd.pcap']) {
      const { code, stderr, stdout } = audit('--baseline', file, 'odd.pcap');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/baseline|would overwrite/);
    }
  });

  it('is not overwritten by the output, nor are captures by a baseline', () => {
    const overwriting = [
      ['--baseline', 'known.json', '--output', 'known.json', 'odd.pcap'],
      ['--write-baseline', 'odd.pcap', 'odd.pcap'],
    ];
    for (const args of overwriting) {
      const { code, stderr } = audit(...args);
      expect(code).toBe(2);
      expect(stderr).toContain('would overwrite');
    }
  });

  it('that cannot be written ends in exit code 2 for a folder that is not there', () => {
    const { code, stderr } = audit('--write-baseline', 'nowhere/known.json', 'odd.pcap');
    expect(stderr).toContain('cannot write nowhere/known.json');
    expect([2, 4]).toContain(code);
  });
});
