import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allFindings, readBaseline, writeBaseline } from '../../cli/baseline.ts';
import { CliError } from '../../cli/exit-codes.ts';
import { auditDocument } from '../../cli/report/document.ts';
import { sarifText } from '../../io/export/sarif.ts';
import type { AuditDocument } from '../../io/export/records.ts';
import { makeRule, makeRun, makeSummary } from './report/audit-builders.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-baseline-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function fileWith(text: string): string {
  const file = path.join(folder, 'baseline.json');
  writeFileSync(file, text);
  return file;
}

const document: AuditDocument = auditDocument(makeSummary(), makeRun());
const known = allFindings(document);
const byFingerprint = new Map(known.map((finding) => [finding.fingerprint, finding]));

/** The result of a second run: its first alert is new, the other one known, and one is gone. */
function secondRun(): AuditDocument {
  const [first] = document.alerts;
  const [, second] = known;
  if (first === undefined || second === undefined) throw new Error('two findings are needed');
  const gone = { ...second, fingerprint: 'f'.repeat(32) };
  const baseline = { file: 'b', known: [second], known_incidents: 0, not_seen: [gone] };
  return { ...document, alerts: [first], run: { ...document.run, baseline } };
}

describe('a baseline', () => {
  it('is read from the file that was written of the findings', () => {
    const file = path.join(folder, 'written.json');
    writeBaseline(file, known);
    expect(readBaseline(file).findings).toEqual(byFingerprint);
  });

  it('is the same text whatever the order of the findings', () => {
    const file = path.join(folder, 'sorted.json');
    writeBaseline(file, known);
    const text = readFileSync(file, 'utf8');
    writeBaseline(file, [...known].reverse());
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('is read from a result in the json format', () => {
    expect(readBaseline(fileWith(JSON.stringify(document))).findings).toEqual(byFingerprint);
  });

  it('is read from a result in the sarif format', () => {
    const text = sarifText(document, { rules: [makeRule()], known: [], exitCode: 1 });
    expect(readBaseline(fileWith(text)).findings).toEqual(byFingerprint);
  });

  it('holds what an earlier baseline left out of a result, and not what was gone', () => {
    const result = secondRun();
    const [, second] = document.alerts;
    const left = second === undefined ? [] : [second];
    const sarif = sarifText(result, { rules: [makeRule()], known: left, exitCode: 1 });
    for (const text of [JSON.stringify(result), sarif]) {
      expect(readBaseline(fileWith(text)).findings).toEqual(byFingerprint);
    }
    expect(allFindings(result)).toEqual(known);
  });

  it.each([
    ['no JSON', 'not json', /it is no JSON/],
    ['a list', '[]', /it is no baseline/],
    ['another object', '{"findings": []}', /it is no baseline/],
    ['a later version', '{"mip6guard_baseline": 2, "findings": []}', /it is no baseline/],
    [
      'SARIF of another tool',
      '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}',
      /it is no/,
    ],
    [
      'a finding without fingerprint',
      '{"mip6guard_baseline": 1, "findings": [{"rule": "MIP6-1106"}]}',
      /finding 1 has no fingerprint/,
    ],
  ])('of %s is refused, with what is wrong and what to give', (_, text, reason) => {
    const read = (): unknown => readBaseline(fileWith(text));
    expect(read).toThrow(CliError);
    expect(read).toThrow(reason);
    expect(read).toThrow(/Give --baseline a file of --write-baseline/);
  });

  it('that is not there is refused by name', () => {
    expect(() => readBaseline(path.join(folder, 'absent.json'))).toThrow(/absent\.json/);
  });
});
